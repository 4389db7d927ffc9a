"""Reasoning for verified answers: a teacher behind an endpoint answers, and its right answers are kept."""

from collections.abc import Mapping, Sequence

from reasonome.config.project import Project
from reasonome.prompts.prompts import Message, Prompt
from reasonome.tasks.base import Teaching
from reasonome.tasks.verified.task import Question, VerifiedTask
from reasonome.teaching import Proposal, filtering, openai

WRONG = "the answer is not right"


def propose(
    task: VerifiedTask, project: Project, job: Teaching, examples: Sequence[Question], prompts: Mapping[str, Prompt]
) -> list[Proposal]:
    """A teacher's proposal for each of the task's own prompts; it does not see the answers."""
    style = project.style(job.benchmark, job.style)

    def read(text: str) -> tuple[str, list[str], list[str]]:
        verdict = task.parse(text, style)
        return verdict.name, verdict.steps, verdict.problems

    return openai.propose(
        project.teachers[job.teacher], asked(project, job.benchmark, prompts), examples, read, job.output
    )


def asked(project: Project, benchmark: str, prompts: Mapping[str, Prompt]) -> dict[str, Sequence[Message]]:
    """The messages that a teacher behind an endpoint gets for each prompt, by id: the student's own."""
    return openai.own_prompts(prompts)


def keep(
    task: VerifiedTask, project: Project, job: Teaching, proposals: Sequence[Proposal], examples: Sequence[Question]
) -> tuple[list[dict], list[dict]]:
    """Kept and dropped rows: what is kept is right by `verify`."""
    by_id = {example.id: example for example in examples}
    truths = {example.id: example.answer for example in examples}

    def right(proposal: Proposal) -> bool:
        return task.verified(task.bare(proposal.proposed), by_id[proposal.id]) == 1

    return filtering.keep_right(proposals, truths, right, WRONG)
