"""Prompt styles, read from the templates in config/prompts/."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from reasonome.config import NAMING_TEXTS, RANKING_PLACEHOLDERS, STYLE, AnyStyle, RankingStyle, Style
from reasonome.config.project.prompt_template import read_template
from reasonome.config.project.validation import NO_MAPPING, named_well, validated
from reasonome.core.errors import InputError
from reasonome.core.yaml_text import YamlText


def read_styles(folder: Path) -> dict[tuple[str, str], AnyStyle]:
    """The prompt styles in a folder of templates, by task and name; InputError for a template that cannot be used."""
    found = {}
    for path in sorted(folder.glob("*.*.txt")):
        task, style = path.stem.split(".", 1)
        if task != "teacher" and named_well(path, style, STYLE):
            ranking = task in RANKING_PLACEHOLDERS
            found[task, style] = _read_ranking_style(path, task) if ranking else _read_style(path, Style, *NAMING_TEXTS)
    return found


def _read_style(path: Path, kind: type[AnyStyle], user: Collection[str], system: Collection[str]) -> Any:
    """A task's prompt template, whose head is YAML; `user` and `system` are its placeholders, as in read_template."""
    template = read_template(path, True, user, system)
    values = YamlText(template.head, path, above=1)
    if not isinstance(values.data, Mapping):
        raise values.error(NO_MAPPING, (), None)
    return validated(kind, {**values.data, "system": template.system, "user": template.user}, values)


def _read_ranking_style(path: Path, task: str) -> RankingStyle:
    """A ranking's prompt template; InputError where its question is not in it."""
    needed, optional = RANKING_PLACEHOLDERS[task]
    style = _read_style(path, RankingStyle, ("genes", *needed, *optional), ())
    for name in (*needed, *optional):
        count = style.user.count(f"{{{name}}}")
        if count > 1 or (name in needed and not count):
            what = f"the [user] text needs {{{name}}} once and has it {count} times"
            raise InputError(what, file=path, field="user")
    return style
