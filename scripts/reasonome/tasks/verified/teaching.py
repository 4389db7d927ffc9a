"""Reasoning for verified answers: a teacher behind an endpoint answers, and is believed where its answer is right."""

from collections.abc import Mapping, Sequence

from reasonome.config.project import Project
from reasonome.prompts.prompts import Prompt
from reasonome.tasks.base import Teaching
from reasonome.tasks.verified.task import Question, VerifiedTask
from reasonome.teaching import Proposal, filtering, openai

WRONG = "the answer is not right"


def propose(
    task: VerifiedTask, project: Project, of: Teaching, examples: Sequence[Question], prompts: Mapping[str, Prompt]
) -> list[Proposal]:
    """What a teacher answers to the task's own prompts, without being told the answers; a proposal each."""
    style = project.style(of.benchmark, of.style)

    def read(text: str) -> tuple[str, list[str], list[str]]:
        found = task.parse(text, style)
        return found.name, found.steps, found.problems

    messages = {id: prompt.messages for id, prompt in prompts.items()}
    answers = openai.ask_beside(project.teachers[of.teacher], messages, of.output)
    return openai.to_proposals(examples, answers, read)


def keep(
    task: VerifiedTask, project: Project, of: Teaching, proposals: Sequence[Proposal], examples: Sequence[Question]
) -> tuple[list[dict], list[dict]]:
    """Kept and dropped rows: what is kept is right by `verify`."""
    by_id = {example.id: example for example in examples}
    kept, dropped = [], []
    for proposal in proposals:
        example = by_id[proposal.id]
        row = filtering.row_of(proposal, example.answer, None)
        right = not proposal.problem and task.verify(proposal.proposed, example) == 1
        if right:
            kept.append(row)
        else:
            dropped.append(row | {"reason": proposal.problem or WRONG})
    return kept, dropped
