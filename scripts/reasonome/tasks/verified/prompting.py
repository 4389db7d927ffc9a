"""Prompts of verified answers: the columns of a question that a style shows must fit into its budget."""

from reasonome.config.project import Project
from reasonome.config.styles import count_tokens
from reasonome.core.errors import InputError
from reasonome.task import Prompting, Splits
from reasonome.tasks.verified.dialogue import VerifiedDialogue


class VerifiedPrompting(Prompting[VerifiedDialogue]):
    """What prompts show must fit into the budget of their style."""

    def with_material(self, project: Project, name: str, style: str, splits: Splits) -> Splits:
        """The splits as they are. InputError for a question whose shown columns exceed the budget."""
        asked = project.style(name, style)
        budget = asked.budget_tokens
        for rows in splits.values():
            for row in rows:
                shown = [text for column, text in row.columns.items() if f"{{{column}}}" in asked.user]
                if (tokens := sum(count_tokens(shown))) > budget:
                    raise InputError(
                        f"question '{row.id}' has {tokens} tokens, more than the {budget} of style '{style}'",
                        file=project.root / "prompts" / f"{self.task.name}.{style}.txt",
                        field="budget_tokens",
                        fix="raise it, or shorten the question",
                    )
        return splits
