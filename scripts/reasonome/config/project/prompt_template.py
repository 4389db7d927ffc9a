"""Prompt templates under config/prompts/: texts under [system] and [user], in a style's file below a YAML head."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from reasonome.config import STYLE, Style
from reasonome.config.project.folder import NO_MAPPING, check_file_name, validated
from reasonome.config.task_settings import TaskSettings
from reasonome.core.errors import InputError, nearest
from reasonome.core.yaml_text import YamlText, read_text

_HEAD = r"---\n(?P<head>.*?)\n---\n"
_TEXTS = r"\[system\]\n(?P<system>.*?)\n\[user\]\n(?P<user>.*)"
_PLACEHOLDER = re.compile(r"\{\s*(\w+)\s*\}")


class PromptTemplate(NamedTuple):
    """The parts of a template. `head` is YAML, from line 2 on, or "" without one."""

    head: str
    system: str
    user: str


def read_template(
    path: Path,
    headed: bool,
    needed: Collection[str] = ("genes",),
    optional: Collection[str] = ("kind",),
    system: Collection[str] = (),
) -> PromptTemplate:
    """Read a template, with a head between two `---` lines if `headed`.

    `needed` and `optional` are the placeholders below [user], `system` those below [system]. Raises InputError for a
    missing file or section, a needed placeholder that is not exactly once under [user], an optional one that is there
    more than once, and an unknown placeholder.
    """
    text = read_text(path)
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


def _no_template(path: Path, headed: bool) -> InputError:
    above = "a YAML head between two --- lines" if headed else "nothing"
    fix = f"write a text under [system], then one under [user], and above them {above}"
    return InputError("not a prompt template", file=path, fix=fix)


def read_styles(folder: Path, tasks: Mapping[str, TaskSettings]) -> dict[tuple[str, str], Style]:
    """The prompt styles of tasks in a folder of templates, by task and name; InputError for an invalid template."""
    styles = {}
    for path in sorted(folder.glob("*.*.txt")):
        task, style = path.stem.split(".", 1)
        if task == "teacher":
            continue
        check_file_name(path, style, STYLE)
        if task not in tasks:
            fix = f"name the file TASK.STYLE.txt: {nearest(task, tasks)}"
            raise InputError(f"there is no task '{task}'", file=path, fix=fix)
        styles[task, style] = _read_style(path, tasks[task])
    return styles


def _read_style(path: Path, task: TaskSettings) -> Style:
    """A task's prompt template with its YAML head; InputError for missing parts.

    With `like: STYLE` in the head it has what that style has, but for what it says itself, and may leave out the texts.
    """
    given, values = _parts(path, task)
    if "like" in given:
        given = _merged(_liked(path, task, given.pop("like"), values), given)
    elif "system" not in given:
        raise _no_template(path, headed=True)
    return validated(task.Style, given, values)


def _parts(path: Path, task: TaskSettings) -> tuple[dict[str, Any], YamlText]:
    """The values of a style's head and its texts, if it has any, and the head."""
    alone = re.fullmatch(_HEAD, read_text(path).rstrip("\n") + "\n", re.DOTALL)
    template = None if alone else read_template(path, True, *task.user_texts, task.system_texts)
    values = YamlText(alone["head"] if alone else template.head, path, above=1)
    if not isinstance(values.data, Mapping):
        raise values.error(NO_MAPPING, (), None)
    texts = {"system": template.system, "user": template.user} if template else {}
    return {**values.data, **texts}, values


def _liked(path: Path, task: TaskSettings, name: str, values: YamlText) -> dict[str, Any]:
    """What a style of the same folder and task says, which is not itself like another; InputError without it."""
    others = {other.stem.split(".", 1)[1]: other for other in path.parent.glob(f"{task.name}.*.txt") if other != path}
    if name not in others:
        raise values.error(f"there is no style '{name}'", ("like",), nearest(str(name), others))
    given, _ = _parts(others[name], task)
    if "like" in given:
        raise values.error(f"style '{name}' is itself like another", ("like",), f"write like: {given['like']}")
    return given


def _merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
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
