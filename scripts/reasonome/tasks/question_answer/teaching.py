"""Reasoning for verified answers: a teacher behind an endpoint answers, and its right answers are kept."""

from collections.abc import Sequence

from reasonome.task_parts import Teaching, TeachingJob
from reasonome.tasks.question_answer.dialogue import VerifiedDialogue
from reasonome.teaching import openai
from reasonome.teaching.proposals import Proposal, keep_right

WRONG = "the answer is not right"


class VerifiedTeaching(Teaching[VerifiedDialogue]):
    """A teacher answers the task's own prompts, and what is right is kept."""

    def propose(self, job: TeachingJob) -> list[Proposal]:
        """A teacher's proposal for each of the task's own prompts; it does not see the answers."""

        def read(text: str) -> tuple[str, list[str], list[str]]:
            verdict = self.task.parse(text, job.style)
            return verdict.name, verdict.steps, verdict.problems

        return openai.propose(job, self.asked(job), read)

    def keep(self, job: TeachingJob, proposals: Sequence[Proposal]) -> tuple[list[dict], list[dict]]:
        """Kept and dropped rows: what is kept is right by `verify`."""
        by_id = {example.id: example for example in job.examples}
        truths = {example.id: example.answer for example in job.examples}

        def right(proposal: Proposal) -> bool:
            return self.task.verified(self.task.bare(proposal.proposed), by_id[proposal.id]) == 1

        return keep_right(proposals, truths, right, WRONG)
