"""Checks of the settings of tasks with verified answers."""

from reasonome.tasks.base import no_checks, question_leak

# Whether `reasonome annotate` can ask as benchmarks of the task do.
ANNOTATES = False
# The kinds of teachers that write about any questions.
TEACHERS = ("openai",)


# Building reads the tables, templates are checked against the columns, and any recipe can train.
check_benchmark = check_style = check_recipe = no_checks
leak = question_leak
