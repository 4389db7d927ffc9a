"""What settings of tasks with verified answers must agree with."""

from typing import Any

from reasonome.config.project import Project
from reasonome.tasks.base import leak_of_questions

# Whether `reasonome annotate` can ask as benchmarks of the task do.
ANNOTATES = False
# The kinds of teachers that write about any questions.
TEACHERS = ("openai",)


def _nothing(project: Project, *settings: Any) -> None:
    """Nothing: building reads the tables, templates are held against the columns, and any recipe of rewards trains."""


check_benchmark = check_style = check_recipe = _nothing
leak = leak_of_questions
