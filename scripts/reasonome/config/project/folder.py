"""The files of a config folder: read into models, and where in them a mistake was written."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from reasonome.config import NAME, Experiment, Recipe, RecipeFile
from reasonome.config.strict import WrongValue
from reasonome.core.errors import InputError, nearest
from reasonome.core.yaml_text import Loc, YamlText

# The two keys for the benchmarks that a recipe learns from; a recipe has one of them.
LEARNED_FROM = ("benchmark", "mixture")
NO_MAPPING = "should hold keys with values (key: value)"


class ConfigFolder:
    """The YAML files of a config folder. `file` is a path below it, `loc` the path of keys to a value in the file.

    Methods that read raise InputError for the mistakes in a file, or in a recipe's variant, all at once.
    """

    def __init__(self, root: Path):
        self.root = root
        self._texts: dict[str, YamlText] = {}

    def read(self, file: str, kind: Any) -> Any:
        """A file as `kind`, which may be any type that pydantic knows."""
        text = self._parsed(file)
        return validated(kind, text.data, text)

    def read_recipes(self, stage: str, model: type[Recipe]) -> dict[str, Recipe]:
        """The recipes of a stage by variant: the defaults with the changes of each variant; none without the file."""
        name = f"recipes/{stage}.yaml"
        if not (self.root / name).is_file():
            return {}
        text = self._parsed(name)
        file = validated(RecipeFile, text.data, text)
        merged = {}
        for variant, changes in file.variants.items():
            values = {"stage": stage, **_merged(file.defaults, changes or {})}
            merged[variant] = validated(
                model, values, text, lambda loc, variant=variant: self.place_in_recipe(name, variant, *loc)
            )
        return merged

    def read_experiments(self) -> dict[str, Experiment]:
        """Every experiment, by the name of its file."""
        experiments = {}
        for path in sorted((self.root / "experiments").glob("*.yaml")):
            check_file_name(path, path.stem, NAME)
            experiments[path.stem] = self.read(f"experiments/{path.name}", Experiment)
        return experiments

    def place_in_recipe(self, file: str, variant: str, *loc: str | int) -> Loc:
        """The place of a recipe's value: in its variant, or in the defaults if the variant does not change it."""
        parts = self._texts[file].data
        changes = parts["variants"][variant] or {}
        if loc and loc[0] not in changes and loc[0] in parts["defaults"]:
            return ("defaults", *loc)
        return ("variants", variant, *loc)

    def error(self, file: str, loc: Loc, what: str, fix: str) -> InputError:
        """The InputError for a mistake at `loc` in a file that was read, with its line."""
        return self._texts[file].error(what, loc, fix)

    def check_known(
        self, file: str, loc: Loc, names: str | Iterable[str], valid: Iterable[str], kind: str = "name"
    ) -> None:
        """InputError for one of `names` (at `loc`: a name, a list, or the keys of a mapping) that is not in `valid`."""
        is_single, valid = isinstance(names, str), list(valid)
        for position, name in enumerate([names] if is_single else names):
            if name not in valid:
                below = () if is_single else (name if isinstance(names, Mapping) else position,)
                raise self.error(file, loc + below, f"unknown {kind} '{name}'", nearest(name, valid))

    def _parsed(self, file: str) -> YamlText:
        self._texts[file] = YamlText.read(self.root / file)
        return self._texts[file]


def _merged(defaults: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Defaults with the changes of a variant; a variant's mixture replaces a default benchmark, and vice versa."""
    if not changes.keys().isdisjoint(LEARNED_FROM):
        defaults = {key: value for key, value in defaults.items() if key not in LEARNED_FROM}
    return {**defaults, **changes}


def validated(kind: Any, data: Any, text: YamlText, place: Callable[[Loc], Loc] = lambda loc: loc) -> Any:
    """`data` as `kind`; InputError for the mistakes, each at `place` of its path in `text`."""
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        lines = _of_one_branch(error.errors(include_url=False), data)
    found: dict[str | None, InputError] = {}
    for line in lines:
        error = _located(line, text, place)
        found.setdefault(error.field, error)
    first, *others = found.values()
    first.others = tuple(others)
    raise first


def _of_one_branch(lines: Sequence[ErrorDetails], data: Any) -> list[ErrorDetails]:
    """The errors but for those of other types that a value could have had, by the parts that pydantic adds to paths."""
    branches: dict[Loc, str | int] = {}
    kept = []
    for line in lines:
        node, same = data, True
        for position, part in enumerate(line["loc"]):
            if (isinstance(node, Mapping) and part in node) or (isinstance(node, list) and isinstance(part, int)):
                node = node[part]
            elif position + 1 < len(line["loc"]) or line["type"] != "missing":
                same &= branches.setdefault(line["loc"][:position], part) == part
        if same:
            kept.append(line)
    return kept


def _located(first: ErrorDetails, text: YamlText, place: Callable[[Loc], Loc]) -> InputError:
    """The InputError of a mistake that pydantic found."""
    loc = tuple(part for part in first["loc"] if part != "[key]")
    what = first["msg"].removeprefix("Value error, ")
    fix = "see docs/configuration.md for what is allowed here"
    context = first.get("ctx", {})
    wrong = context.get("error")
    if unknown := re.match(r"unknown key '(.*?)': ", what):
        loc, fix = (*loc, unknown[1]), None
    elif first["type"] == "truth":
        loc = (*loc, context["key"])
    elif first["type"] == "union_tag_invalid":
        key = context["discriminator"].strip("'")
        loc, what = (*loc, key), f"unknown {key} '{context['tag']}'"
        fix = nearest(context["tag"], _quoted(context["expected_tags"]))
    elif first["type"] == "union_tag_not_found":
        key = context["discriminator"].strip("'")
        loc, what = (*loc, key), f"key '{key}' is missing"
    elif first["type"] in ("model_type", "model_attributes_type", "dict_type"):
        what = NO_MAPPING
    elif first["type"] == "literal_error" and first["loc"][-1] == "[key]":
        valid = _quoted(context["expected"])
        what = f"unknown key '{first['input']}'"
        fix = f"{nearest(str(first['input']), valid)} All of them: {'; '.join(valid)}"
    elif first["type"] == "literal_error":
        what = f"'{first['input']}' is no {loc[-1] if loc and isinstance(loc[-1], str) else 'choice'}"
        fix = nearest(str(first["input"]), _quoted(context["expected"]))
    elif first["type"] == "less_than_equal" and context["le"] == 1:
        fix = f"'{first['input']}' is more: 15 percent are written as 0.15"
    elif first["type"] in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        fix = f"'{first['input']}' is not: give another number"
    elif isinstance(wrong, WrongValue):
        fix = wrong.fix
    elif first["type"] in ("int_parsing", "float_parsing"):
        fix = f"'{first['input']}' is none: write it bare, without a unit, as in 480"
    elif first["type"] == "list_type":
        empty = first["input"] is None
        what = "a list belongs here" if empty else f"'{first['input']}' stands where a list belongs"
        fix = "write []" if empty else f"write [{first['input']}]"
    keys = wrong.keys if isinstance(wrong, WrongValue) else ()
    where = text.last(*(place((*loc, *key.split("."))) for key in keys)) if keys else place(loc)
    return text.error(what, where, fix, missing=first["type"] in ("missing", "union_tag_not_found"))


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']+)'", text)


def check_file_name(path: Path, name: str, pattern: str) -> None:
    """InputError if the name of a file cannot be a name of results."""
    if not re.fullmatch(pattern.strip("^$"), name):
        raise InputError(f"'{name}' cannot be a name", file=path, fix=f"rename the file: names match {pattern}")
