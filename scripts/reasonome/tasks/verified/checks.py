"""Checks of the settings of tasks with verified answers."""

from typing import Any

from reasonome.config.project import Project
from reasonome.tasks.base import question_leak

# Whether `reasonome annotate` can ask as benchmarks of the task do.
ANNOTATES = False
# The kinds of teachers that write about any questions.
TEACHERS = ("openai",)


def _nothing(project: Project, *settings: Any) -> None:
    """No checks: building reads the tables, templates are checked against the columns, and any recipe can train."""


check_benchmark = check_style = check_recipe = _nothing
leak = question_leak
