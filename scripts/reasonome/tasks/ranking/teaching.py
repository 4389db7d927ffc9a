"""Reasoning for rankings: what a teacher writes, and which of it is kept because it ranks a right gene first."""

from collections.abc import Sequence

from reasonome.task_parts import Teaching, TeachingJob
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.teaching import openai
from reasonome.teaching.proposals import Proposal, keep_right, without_contradictions

WRONG_GENE = "the first gene is not right"


class RankingTeaching(Teaching[RankingDialogue]):
    """Reasoning of a teacher behind an endpoint."""

    def propose(self, job: TeachingJob) -> list[Proposal]:
        """The proposal of a teacher behind an endpoint for each training question, of which it gets the task's prompt.

        A list that repeats genes is no problem, since only its reasoning is learned.
        """

        def read(text: str) -> tuple[str, list[str], list[str]]:
            answer = self.task.parse(text, job.style)
            problems = [problem for problem in answer.problems if problem != "repeated_genes"]
            return ", ".join(answer.genes), answer.steps, problems

        return without_contradictions(openai.propose(job, self.asked(job), read), job.prompts)

    def keep(self, job: TeachingJob, proposals: Sequence[Proposal]) -> tuple[list[dict], list[dict]]:
        """Kept and dropped rows: what is kept has a right gene first. `proposed` are genes between commas."""
        by_id = {example.id: example for example in job.examples}
        truths = {example.id: ", ".join(sorted(example.right)) for example in job.examples}

        def right_first(proposal: Proposal) -> bool:
            example = by_id[proposal.id]
            return not example.right.isdisjoint(example.meant(proposal.proposed.split(",")[:1]))

        return keep_right(proposals, truths, right_first, WRONG_GENE)
