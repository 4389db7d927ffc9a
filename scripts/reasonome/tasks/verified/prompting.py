"""Prompts of verified answers: all columns of a question, which must fit into the style's budget."""

from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.core.token_count import count_tokens
from reasonome.tasks.base import Splits
from reasonome.tasks.verified.task import VerifiedTask


def with_material(task: VerifiedTask, project: Project, name: str, style: str, splits: Splits) -> Splits:
    """The splits as they are. InputError for a question whose columns exceed the budget."""
    budget = project.style(name, style).budget_tokens
    for rows in splits.values():
        for row in rows:
            if (tokens := sum(count_tokens(list(row.columns.values())))) > budget:
                raise InputError(
                    f"question '{row.id}' has {tokens} tokens, more than the {budget} of style '{style}'",
                    file=project.root / "prompts" / f"{task.name}.{style}.txt",
                    field="budget_tokens",
                    fix="raise it, or shorten the question",
                )
    return splits
