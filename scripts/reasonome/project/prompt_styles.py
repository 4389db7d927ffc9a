"""Prompt styles, read from the templates in config/prompts/."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasonome.config import RANKING_PLACEHOLDERS, STYLE, AnyStyle, RankingStyle, Style
from reasonome.errors import InputError, nearest
from reasonome.project.validation import NO_MAPPING, named_well, validated
from reasonome.prompt_template import read_template
from reasonome.yamltext import YamlText


def read_styles(folder: Path) -> dict[tuple[str, str], AnyStyle]:
    """The prompt styles in a folder of templates, by task and name; InputError for a template that cannot be used."""
    found = {}
    for path in sorted(folder.glob("*.*.txt")):
        task, style = path.stem.split(".", 1)
        if task != "teacher" and named_well(path, style, STYLE):
            found[task, style] = _read_ranking_style(path, task) if task in RANKING_PLACEHOLDERS else _read_style(path)
    return found


def _read_style(path: Path, kind: type[AnyStyle] = Style) -> Any:
    """A task's prompt template, whose head is YAML."""
    template = read_template(path, headed=True)
    values = YamlText(template.head, path, above=1)
    if not isinstance(values.data, Mapping):
        raise values.error(NO_MAPPING, (), None)
    return validated(kind, {**values.data, "system": template.system, "user": template.user}, values)


def _read_ranking_style(path: Path, task: str) -> RankingStyle:
    """A ranking's prompt template; InputError where its question is not in it, or a placeholder is unknown."""
    style = _read_style(path, RankingStyle)
    needed, optional = RANKING_PLACEHOLDERS[task]
    found = Counter(re.findall(r"\{(\w+)\}", style.user))
    for name in found:
        if name not in (known := ["genes", *needed, *optional]):
            raise InputError(f"unknown placeholder {{{name}}}", file=path, field="user", fix=nearest(name, known))
    for name in (*needed, *optional):
        if found[name] > 1 or (name in needed and not found[name]):
            what = f"the [user] text needs {{{name}}} once and has it {found[name]} times"
            raise InputError(what, file=path, field="user")
    return style
