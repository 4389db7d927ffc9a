"""Tables of other people's answers to questions that are verified: they are scored against a benchmark."""

from typing import Any

from reasonome.core.errors import InputError


def table_task(task: Any) -> Any:
    """InputError: a verifier may need more of a question than a table of answers has."""
    raise InputError(
        f"answers to {task.name} are verified against their questions",
        field="--task",
        fix="give --benchmark in place of --task",
    )
