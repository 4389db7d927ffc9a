"""Prompt styles, read from the templates in config/prompts/."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reasonome.config import STYLE, Style
from reasonome.config.project.prompt_template import read_template
from reasonome.config.project.validation import NO_MAPPING, named_well, validated
from reasonome.core.errors import InputError, nearest
from reasonome.core.yaml_text import YamlText
from reasonome.tasks import registry

if TYPE_CHECKING:
    from reasonome.tasks.base import Task


def read_styles(folder: Path) -> dict[tuple[str, str], Style]:
    """The prompt styles in a folder of templates, by task and name; InputError for a template that cannot be used."""
    found = {}
    for path in sorted(folder.glob("*.*.txt")):
        task, style = path.stem.split(".", 1)
        if task == "teacher" or not named_well(path, style, STYLE):
            continue
        if task not in registry.TASKS:
            fix = f"name the file TASK.STYLE.txt: {nearest(task, registry.TASKS)}"
            raise InputError(f"there is no task '{task}'", file=path, fix=fix)
        found[task, style] = _read_style(path, registry.TASKS[task])
    return found


def _read_style(path: Path, task: "Task") -> Style:
    """A task's prompt template, whose head is YAML; InputError where what is asked is not in it."""
    template = read_template(path, True, *task.user_texts, task.system_texts)
    values = YamlText(template.head, path, above=1)
    if not isinstance(values.data, Mapping):
        raise values.error(NO_MAPPING, (), None)
    texts = {"system": template.system, "user": template.user}
    return validated(task.Style, {**values.data, **texts}, values)
