"""YAML with line numbers, so that a mistake in a config file is reported with its place."""

import re
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import Any

import yaml

from reasonome.core.atomic import Json
from reasonome.core.errors import InputError

Loc = tuple[str | int, ...]  # the path of keys and list positions to a value of a YAML file


class _Loader(yaml.CSafeLoader):
    """Reads dates as text, as a release is a name, and 24:00:00 too, which YAML 1.1 takes for a number of base 60."""


_MERGE = "tag:yaml.org,2002:merge"
_BASE_60 = ("tag:yaml.org,2002:str", re.compile(r"[-+]?\d[\d_]*(:\d+)+(\.\d*)?$"))
_Loader.yaml_implicit_resolvers = {
    first: [_BASE_60, *((tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class YamlText:
    """A YAML text as data, with the line of every key. `above`: lines of the file that come before it.

    Raises InputError for text that is not YAML, and for a key given twice.
    """

    def __init__(self, text: str, file: Path, above: int = 0):
        self.file, self._lines, self._given = file, {}, {}
        try:
            loader = _Loader(text)
            node = loader.get_single_node()
            # Before construct_document, which expands merges (<<), so that their keys would appear twice.
            self._collect(node, (), above + 1)
            self.data: Any = loader.construct_document(node) if node else None
        except yaml.reader.ReaderError as error:
            line = above + text.encode()[: error.position].count(b"\n") + 1
            raise InputError("not valid YAML: a control character", file=file, line=line) from None
        except yaml.MarkedYAMLError as error:
            line = above + error.problem_mark.line + 1 if error.problem_mark else None
            fix = "check the indentation (blanks, no tabs), quotes and brackets of this line and the one before"
            raise InputError(f"not valid YAML: {error.problem}", file=file, line=line, fix=fix) from None

    @classmethod
    def read(cls, path: Path) -> "YamlText":
        """The YAML text of a file."""
        return cls(read_text(path), path)

    def with_given(self, data: Json, given: Mapping[str, Json]) -> "YamlText":
        """The text with other data, of which a command line has given the values of some keys."""
        other = copy(self)
        other.data, other._given = data, given
        return other

    def _collect(self, node: yaml.Node | None, loc: Loc, first: int) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue  # PyYAML refuses it
                if key.tag != _MERGE:  # a key is text as it is written, `1` and `yes` too
                    key.tag = "tag:yaml.org,2002:str"
                place, line = (*loc, key.value), key.start_mark.line + first
                if place in self._lines:
                    raise InputError(
                        f"key '{key.value}' is given twice (first in line {self._lines[place]})",
                        file=self.file,
                        line=line,
                        field=".".join(map(str, place)),
                        fix="keep one of them",
                    )
                self._lines[place] = line
                self._collect(value, place, first)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._lines[*loc, str(index)] = value.start_mark.line + first
                self._collect(value, (*loc, str(index)), first)

    def error(self, what: str, loc: Loc, fix: str | None, missing: bool = False) -> InputError:
        """An InputError at the line of `loc`, or of its nearest parent; `missing`: its last key is missing."""
        loc = (*self._as_written(loc[:-1]), loc[-1]) if missing else self._as_written(loc)
        field = ".".join(map(str, loc)) or None
        if loc and self._is_given(loc):
            return InputError(what, file="command line", field=field, fix=fix)
        return InputError(what, file=self.file, line=self._line(loc), field=field, fix=fix)

    def _is_given(self, loc: Loc) -> bool:
        """Whether the command line has given the value at `loc`, or one that it stands in."""
        node: Any = self._given
        for part in loc:
            if not isinstance(node, Mapping):
                return True
            if part not in node:
                return False
            node = node[part]
        return True

    def last(self, *locs: Loc) -> Loc:
        """Of several paths the one that is written last in the file; the first of those in one line."""
        return max(locs, key=lambda loc: self._line(self._as_written(loc)) or 0)

    def _line(self, loc: Loc) -> int | None:
        place = tuple(map(str, loc))
        return next((self._lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in self._lines), None)

    def _as_written(self, loc: Loc) -> Loc:
        """`loc` without the parts that pydantic adds: the tag of a union, the `steps` of an arm given as a list."""
        node: Any = self.data
        kept, added = [], False
        for part in loc:
            inside = is_inside(node, part)
            tag = isinstance(node, Mapping) and part in (node.get("kind"), node.get("source"))
            if not inside or (tag and not added):
                added = True
                continue
            kept.append(part)
            node, added = node[part], False
        return tuple(kept)


def is_inside(node: object, part: str | int) -> bool:
    """Whether a mapping has a key, or a list may have a position."""
    return part in node if isinstance(node, Mapping) else isinstance(node, list) and isinstance(part, int)


def read_text(path: Path) -> str:
    """The text of a file; InputError if it is missing or not UTF-8."""
    if not path.is_file():
        raise InputError(
            "file is missing",
            file=path,
            fix="stand in the folder of a project; else restore it from the repository or write it",
        )
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError("not UTF-8 text", file=path, line=line, fix="save it as UTF-8") from None
