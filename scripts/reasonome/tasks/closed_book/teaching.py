"""Reasoning for the closed book: the pathway of each shown gene, recited before the name."""

from collections.abc import Sequence

from reasonome.prompts.prompts import Prompt
from reasonome.task_parts import TeachingJob
from reasonome.tasks.closed_book.questions import Question
from reasonome.tasks.naming.teaching import NamingTeaching
from reasonome.teaching.proposals import Proposal, keep_right


class ClosedBookTeaching(NamingTeaching):
    """A teacher that recites what was read, and knows the name."""

    def subjects(self, example: Question, prompt: Prompt) -> Sequence[str]:
        """The shown genes, and last the pathway that leads to the answer."""
        return [*prompt.shown, *([] if example.through is None else [example.through.name])]

    def keep(self, job: TeachingJob, proposals: Sequence[Proposal]) -> tuple[list[dict], list[dict]]:
        """Kept and dropped rows: those without a statement about a shown gene are dropped.

        That the pathways of test questions are named, where their genes are strangers, is the design.
        """
        names = {example.id: example.name for example in job.examples}
        return keep_right(proposals, names, lambda proposal: True, "")
