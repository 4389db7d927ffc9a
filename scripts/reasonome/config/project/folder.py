"""The config folder: its files and prompt templates read into models, and where mistakes stand."""

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, reduce
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from reasonome.config import NAME, STYLE, Recipe, RecipeFile, Style
from reasonome.config.recipes import varied
from reasonome.config.strict import FILE_AND_NAME, WrongValue
from reasonome.config.task_settings import TaskSettings
from reasonome.core.errors import InputError, Mistakes, nearest, nearest_of_all
from reasonome.core.yaml_text import Loc, YamlText, is_inside, read_text

CHECKOUT = "REASONOME_CHECKOUT"  # the variable by which Snakemake tells its jobs where its Snakefile is
SETTINGS = "config.yaml"
WHOLE = "backbones.yaml"  # which a folder of one's own files has not
_ANOTHER_NAME = "give one of them another name"
NO_MAPPING = "should hold keys with values (key: value)"
_HEAD = r"---\n(?P<head>.*?)\n---\n"
_TEXTS = r"\[system\]\n(?P<system>.*?)\n\[user\]\n(?P<user>.*)"
_FORMS = {
    NAME: "write small letters, digits, dots, _ and -, and a letter or digit first",
    FILE_AND_NAME: "write it as file.py:Class, and a reward or a metric as file.py:function",
}
_PLACEHOLDER = re.compile(r"\{\s*(\w+)\s*\}")
M = TypeVar("M", bound=BaseModel)
_adapter = cache(TypeAdapter)  # hundreds of values are of a few types


def tell_jobs(checkout: Path) -> None:
    """Let programs that this process starts know the folder of the Snakefile."""
    os.environ[CHECKOUT] = str(checkout)


def is_whole(config: Path) -> bool:
    """Whether a folder is a whole configuration, which needs no other beside it."""
    return (config / WHOLE).is_file()


def checkout(config: Path) -> Path:
    """The pipeline's folder: where Snakemake's Snakefile is, else this folder, or that of a config folder.

    InputError where none of them has the pipeline.
    """
    for place in (Path(os.environ.get(CHECKOUT, "")), config.parent):
        if (place / "Snakefile").is_file() and is_whole(place / "config"):
            return place
    raise without_checkout(config)


def without_checkout(config: Path) -> InputError:
    """The InputError of what needs the pipeline where there is none."""
    what = "this needs the project's repository, and there is none here"
    fix = "clone the project (git clone …) and run this there, or name its folder config/ by --config"
    return InputError(what, file=config, fix=fix)


class _Files:
    """The YAML files of one name: the one that ships, and those of users beside it."""

    def __init__(self, paths: Iterable[Path]):
        self.texts = [YamlText.read(path) for path in paths]

    def placed(self, loc: Loc) -> tuple[YamlText, Loc]:
        """The text that has most of `loc`, the last of several, and the path there; lists are behind each other."""
        if not loc or not isinstance(loc[0], int):
            return max(reversed(self.texts), key=lambda text: _depth(text.data, loc)), loc
        text, before = self.texts[0], 0
        for text in self.texts:
            if loc[0] < before + len(text.data):
                break
            before += len(text.data)
        return text, (loc[0] - before, *loc[1:])

    def error(self, what: str, loc: Loc, fix: str | None, missing: bool = False) -> InputError:
        """As of `YamlText.error`, in the file that has the place."""
        text, loc = self.placed(loc)
        return text.error(what, loc, fix, missing)

    def last(self, *locs: Loc) -> Loc:
        """As of `YamlText.last`."""
        return self.placed(locs[0])[0].last(*locs)


def _depth(node: Any, loc: Loc) -> int:
    """How many parts of a path there are."""
    for depth, part in enumerate(loc):
        if not is_inside(node, part):
            return depth
        node = node[part]
    return len(loc)


class ConfigFolder:
    """The YAML files of a config folder. `file` is a path below it, `loc` the path of keys to a value in the file.

    Files of one's own are read together with those that ship: below `own/`, or in a folder that has no
    `backbones.yaml`, beside which the configuration of `checkout` is read. A name that both have is refused.

    `given` are values of a command line over those of config.yaml; `look_up` raises WrongValue for a path that is not
    there. Methods that read raise InputError for all mistakes in what they read at once.
    """

    def __init__(self, root: Path, given: Mapping[str, Any], look_up: Callable[[str], str] | None = None):
        self.root, self.given, self._look_up = root, given, look_up
        alone = root.is_dir() and not is_whole(root)
        self.shipped, self.own = (checkout(root) / "config", root) if alone else (root, root / "own")
        self._files: dict[str, _Files] = {}
        self._recipes: dict[str, dict[str, Any]] = {}  # as merged, by stage.variant

    def path(self, file: str) -> Path:
        """A file of one's own, if it is there, else the one that ships."""
        return own if (own := self.own / file).is_file() else self.shipped / file

    def file_of(self, file: str, name: str) -> Path:
        """Which of the files that were read as `file` has an entry."""
        return self._files[file].placed((name,))[0].file

    def _found(self, path: str) -> str:
        """A path as it leads from here; if to nothing, as it leads from the folder of the configuration that ships."""
        beside = os.path.join(self.shipped.parent, path)
        if not os.path.exists(path) and os.path.exists(beside):
            return beside
        return self._look_up(path) if self._look_up else path

    def listed(self, folder: str, pattern: str, but: str = "") -> dict[str, Path]:
        """The files of a folder by their names, with one's own; not those whose names match `but`.

        InputError for a name that both have.
        """
        found: dict[str, Path] = {}
        for path in (path for layer in (self.shipped, self.own) for path in sorted((layer / folder).glob(pattern))):
            if but and path.match(but):
                continue
            if path.name in found:
                raise InputError(f"{found[path.name]} has this name too", file=path, fix=_ANOTHER_NAME)
            found[path.name] = path
        return found

    def has(self, file: str) -> bool:
        """Whether there is a file of this name."""
        return any(path.is_file() for path in self._paths(file))

    def read(self, file: str, kind: Any, missing: Any = None) -> Any:
        """A file as `kind`, which may be any type that pydantic knows; `missing` in place of a file that may be so.

        Entries and lists of one's own come after those that ship, and settings of one's own replace them.
        """
        if missing is not None and not self.has(file):
            return missing
        files = self._parsed(file)
        if get_origin(kind) not in (dict, list):
            values = reduce(_changed, (validated(dict[str, Any], text.data, text) for text in files.texts))
            return validated(kind, values, files, context=self._found)
        parts = [validated(kind, text.data, text, context=self._found) for text in files.texts]
        if get_origin(kind) is list:
            return [entry for part in parts for entry in part]
        return _united(parts, files)

    def read_recipes(self, stage: str, model: type[Recipe]) -> dict[str, Recipe]:
        """The recipes of a stage by variant: the defaults with the changes of each variant; none without the file."""
        name = f"recipes/{stage}.yaml"
        if not self.has(name):
            return {}
        files = self._parsed(name)
        parts = [validated(RecipeFile, text.data, text) for text in files.texts]
        _united([part.variants for part in parts], files, "variants")
        merged, mistakes = {}, Mistakes()
        for part in parts:
            own = part.model_copy(update={"defaults": varied(parts[0].defaults, part.defaults)})
            for variant in part.variants:
                self._recipes[f"{stage}.{variant}"] = values = {"stage": stage, **own.merged(variant)}
                with mistakes:
                    merged[variant] = validated(
                        model,
                        values,
                        files,
                        lambda loc, variant=variant: self._written(name, ("variants", variant, *loc)),
                        self._found,
                    )
        mistakes.tell()
        return merged

    def changed(self, model: type[Recipe], step: str, changes: Mapping[str, Any], file: str, loc: Loc) -> Recipe:
        """A recipe that was read, with the changes. A key may be in a mapping, as rewards.format; a number in the place
        of a function is its weight.

        InputError at `loc` of the file that has the changes.
        """
        values = self._recipes[step]
        for key, value in changes.items():
            values = _with(values, key.split("."), value)
        return validated(model, values, self._files[file], lambda _: loc, self._found)

    def read_all(self, folder: str, kind: type[M]) -> dict[str, M]:
        """Every file of a folder as `kind`, by its name."""
        entries, mistakes = {}, Mistakes()
        for name, path in self.listed(folder, "*.yaml").items():
            with mistakes:
                check_file_name(path, path.stem, NAME)
                entries[path.stem] = self.read(f"{folder}/{name}", kind)
        mistakes.tell()
        return entries

    def _written(self, file: str, loc: Loc) -> Loc:
        """Where a value is written: of a recipe, in its file's defaults if its variant does not change it."""
        if not file.startswith("recipes/") or len(loc) < 3:
            return loc
        _, variant, key, *_ = loc
        text, _ = self._files[file].placed(loc[:2])
        changes, defaults = text.data["variants"].get(variant) or {}, text.data.get("defaults", {})
        if key == "graders" and key not in {**defaults, **changes}:
            key, loc = "rewards", (*loc[:2], "rewards", *loc[3:])
        return ("defaults", *loc[2:]) if key not in changes and key in defaults else loc

    def error(self, file: str, loc: Loc, what: str, fix: str) -> InputError:
        """The InputError for a mistake at `loc` in a file that was read, with its line."""
        return self._files[file].error(what, self._written(file, loc), fix)

    def check_known(self, file: str, loc: Loc, name: str, valid: Collection[str], kind: str = "name") -> None:
        """InputError for a name, at this place of a file, that is not in `valid`."""
        if name not in valid:
            raise self.error(file, loc, f"unknown {kind} '{name}'", nearest(name, valid))

    def right(self, file: str, error: InputError) -> dict[str, Any]:
        """What a file says but for values with mistakes, and all of its own tasks; nothing if it is no mapping."""
        texts = self._files[file].texts if file in self._files else []
        mappings = [text.data for text in texts if isinstance(text.data, Mapping)]
        data = reduce(_changed, mappings) if mappings and len(mappings) == len(texts) else None
        wrong = {str(one.field).partition(".")[0] for one in (error, *error.others)} - {"tasks"}
        return {key: value for key, value in data.items() if key not in wrong} if isinstance(data, Mapping) else {}

    def _paths(self, file: str) -> list[Path]:
        """The file that ships and those of one's own, which may be one for each entry, in a folder of its name."""
        own = self.own / file
        return [self.shipped / file, own, *sorted(own.with_suffix("").glob("*.yaml"))]

    def _parsed(self, file: str) -> _Files:
        paths = self._paths(file)
        files = _Files([path for path in paths if path.is_file()] or paths[:1])
        if file == SETTINGS and self.given and isinstance(last := files.texts[-1].data, Mapping):
            files.texts[-1] = files.texts[-1].with_given(_changed(last, self.given), self.given)
        self._files[file] = files
        return files


def _united(parts: Sequence[Mapping[str, Any]], files: _Files, *loc: str) -> dict[str, Any]:
    """All entries of the files; InputError for a name, below `loc`, that two of them have."""
    entries: dict[str, Any] = {}
    owners: dict[str, YamlText] = {}
    for part, text in zip(parts, files.texts, strict=True):
        for name in part:
            if name in owners:
                first = owners[name].error("", (*loc, name), None)
                raise text.error(f"'{name}' stands in {first.file}:{first.line} too", (*loc, name), _ANOTHER_NAME)
            owners[name] = text
        entries |= part
    return entries


def validated(
    kind: Any,
    data: Any,
    text: YamlText | _Files,
    place: Callable[[Loc], Loc] = lambda loc: loc,
    context: Callable[[str], str] | None = None,
) -> Any:
    """`data` as `kind`; InputError for the mistakes, each at `place` of its path in `text`.

    `context` says which path a relative one is.
    """
    try:
        return _adapter(kind).validate_python(data, context=context)
    except ValidationError as error:
        lines = _of_one_branch(error.errors(include_url=False), data)
    found: dict[str | None, InputError] = {}
    for line in lines:
        error = _located(kind, line, text, place)
        found.setdefault(error.field, error)
    first, *others = found.values()
    first.others = tuple(others)
    raise first


def _of_one_branch(lines: Sequence[ErrorDetails], data: Any) -> list[ErrorDetails]:
    """The errors but for those of other types that a value could have had, by the parts that pydantic adds to paths."""
    branches: dict[Loc, str | int] = {}
    kept = []
    for line in lines:
        node: Any = data
        same = True
        for position, part in enumerate(line["loc"]):
            if is_inside(node, part):
                node = node[part]
            elif position + 1 < len(line["loc"]) or line["type"] != "missing":
                same &= branches.setdefault(line["loc"][:position], part) == part
        if same:
            kept.append(line)
    return kept


def _description(kind: Any, loc: Loc) -> str:
    """What the model says of the value at `loc`; nothing if it does not."""
    schema = _adapter(kind).json_schema()
    nodes, told = [schema], ""
    for part in loc:
        found: list[Any] = []
        for node in nodes:  # grows by what its nodes refer to
            name = node.get("$ref", "").rpartition("/")[2]
            nodes += [*node.get("anyOf", ()), *node.get("oneOf", ()), *([schema["$defs"][name]] if name else ())]
            inner = [node.get("properties", {}).get(part), node.get("items"), node.get("additionalProperties")]
            found += [one for one in [*inner, *node.get("patternProperties", {}).values()] if isinstance(one, dict)]
        nodes = found or nodes  # without any it is a part that pydantic adds to paths
        told = next((one["description"] for one in found if "description" in one), "")
    return told


def _located(kind: Any, first: ErrorDetails, text: YamlText | _Files, place: Callable[[Loc], Loc]) -> InputError:
    """The InputError of a mistake that pydantic found in a value of this type."""
    loc = tuple(part for part in first["loc"] if part != "[key]")
    what = first["msg"].removeprefix("Value error, ")
    told = "" if first["type"] == "value_error" else _description(kind, loc)
    fix = f"give '{loc[-1]}': {told}" if told else "see docs/configuration.md for what is allowed here"
    context = first.get("ctx", {})
    wrong = context.get("error")
    if unknown := re.match(r"unknown key '(.*?)': ", what):
        loc, fix = (*loc, unknown[1]), None
    elif first["type"] == "truth":
        loc, fix = (*loc, context["key"]), 'put a word in quotes, as in "yes"; else give a number'
    elif first["type"] == "missing":
        what = f"key '{loc[-1]}' is missing"
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
        what = f"unknown key '{first['input']}'"
        fix = nearest_of_all(str(first["input"]), _quoted(context["expected"]))
    elif first["type"] == "literal_error":
        what = f"'{first['input']}' is no {loc[-1] if loc and isinstance(loc[-1], str) else 'choice'}"
        fix = nearest_of_all(str(first["input"]), _quoted(context["expected"]))
    elif first["type"] == "less_than_equal" and context["le"] == 1:
        fix = f"'{first['input']}' is more: 15 percent are written as 0.15"
    elif first["type"] in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        fix = f"'{first['input']}' is not: give another number"
    elif isinstance(wrong, WrongValue):
        fix = wrong.fix
    elif first["type"] in ("int_parsing", "float_parsing", "int_from_float"):
        what = f"'{first['input']}' is no {'number' if first['type'] == 'float_parsing' else 'whole number'}"
        fix = "round it" if first["type"] == "int_from_float" else "write it bare, without a unit, as in 480"
    elif first["type"] == "string_type" and isinstance(first["input"], int | float):
        what, fix = "a text belongs here, and YAML reads a number or true or false", "put it in quotes"
    elif first["type"] == "string_pattern_mismatch" and context["pattern"] in _FORMS:
        what, fix = f"'{first['input']}' has not the form that belongs here", _FORMS[context["pattern"]]
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


class PromptTemplate(NamedTuple):
    """The parts of a template. `head` is YAML, from line 2 on, or "" without one."""

    head: str
    system: str
    user: str


def parse_template(
    text: str,
    path: Path | None,
    headed: bool,
    needed: Collection[str] = ("genes",),
    optional: Collection[str] = ("kind",),
    system: Collection[str] = (),
) -> PromptTemplate:
    """The parts of a template's text, with a head between two `---` lines if `headed`; `path` is where it is from.

    `needed` and `optional` are the placeholders below [user], `system` those below [system]. Raises InputError for a
    missing section, a needed placeholder that is not exactly once under [user], an optional one that is there
    more than once, and an unknown placeholder.
    """
    match = re.fullmatch((_HEAD if headed else "(?P<head>)") + _TEXTS, text, re.DOTALL)
    if match is None:
        raise _no_template(path, headed)
    line = text[: match.start("user")].count("\n") + 1
    for name in (*needed, *optional):
        count = match["user"].count(f"{{{name}}}")
        if count > 1 or (name in needed and not count):
            what = f"the [user] text needs {{{name}}} exactly once and has it {count} times"
            raise InputError(what, file=path, line=line, field="user")
    for section, known in (("system", system), ("user", (*needed, *optional))):
        for placeholder in _PLACEHOLDER.finditer(text, *match.span(section)):
            if placeholder[0] not in [f"{{{name}}}" for name in known]:
                what, line = f"unknown placeholder {placeholder[0]}", text[: placeholder.start()].count("\n") + 1
                fix = (
                    nearest(placeholder[1], known) if known else f"nothing is filled in below [{section}]: leave it out"
                )
                raise InputError(what, file=path, line=line, field=section, fix=fix)
    return PromptTemplate(match["head"], match["system"].strip(), match["user"].strip())


def _no_template(path: Path | None, headed: bool) -> InputError:
    above = "a YAML head between two --- lines" if headed else "nothing"
    fix = f"write a text under [system], then one under [user], and above them {above}"
    return InputError("not a prompt template", file=path, fix=fix)


def read_styles(templates: Iterable[Path], tasks: Mapping[str, TaskSettings]) -> dict[tuple[str, str], Style]:
    """The prompt styles of tasks in templates, by task and name; InputError for an invalid template."""
    templates, styles, mistakes = list(templates), {}, Mistakes()
    for path in templates:
        task, style = path.stem.split(".", 1)
        with mistakes:
            check_file_name(path, style, STYLE)
            if task not in tasks:
                fix = f"name the file TASK.STYLE.txt: {nearest(task, tasks)}"
                raise InputError(f"there is no task '{task}'", file=path, fix=fix)
            styles[task, style] = _read_style(path, tasks[task], templates)
    mistakes.tell()
    return styles


def _read_style(path: Path, task: TaskSettings, templates: Iterable[Path]) -> Style:
    """A task's prompt template with its YAML head; InputError for missing parts.

    With `like: STYLE` in the head it has what that style has, but for what it says itself, and may leave out the texts.
    """
    given, values = _parts(path, task)
    if "like" in given:
        others = {p.stem.split(".", 1)[1]: p for p in templates if p != path and p.stem.startswith(f"{task.name}.")}
        given = _changed(_liked(others, task, given.pop("like"), values), given)
    elif "system" not in given:
        raise _no_template(path, headed=True)
    return validated(task.Style, given, values)


def _parts(path: Path, task: TaskSettings) -> tuple[dict[str, Any], YamlText]:
    """The values of a style's head and its texts, if it has any, and the head."""
    alone = re.fullmatch(_HEAD, read_text(path).rstrip("\n") + "\n", re.DOTALL)
    if alone:
        head, texts = alone["head"], {}
    else:
        head, system, user = parse_template(read_text(path), path, True, *task.user_texts, task.system_texts)
        texts = {"system": system, "user": user}
    values = YamlText(head, path, above=1)
    if not isinstance(values.data, Mapping):
        raise values.error(NO_MAPPING, (), None)
    return {**values.data, **texts}, values


def _liked(others: Mapping[str, Path], task: TaskSettings, name: str, values: YamlText) -> dict[str, Any]:
    """What another style of the task says, which is not itself like another; InputError without it."""
    if name not in others:
        raise values.error(f"there is no style '{name}'", ("like",), nearest(str(name), others))
    given, _ = _parts(others[name], task)
    if "like" in given:
        raise values.error(f"style '{name}' is itself like another", ("like",), f"write like: {given['like']}")
    return given


def _with(values: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    inner = values.get(path[0])
    if len(path) > 1:
        value = _with(inner if isinstance(inner, Mapping) else {}, path[1:], value)
    elif isinstance(inner, Mapping) and "function" in inner and isinstance(value, int | float):
        value = {**inner, "weight": value}
    return {**values, path[0]: value}


def _changed(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with the `changes`, which say of a mapping what differs in it."""
    return {
        **values,
        **{
            key: {**values[key], **value}
            if isinstance(value, Mapping) and isinstance(values.get(key), Mapping)
            else value
            for key, value in changes.items()
        },
    }
