"""Reasoning for rankings: what a teacher writes, and which of it is kept because it ranks a right gene first."""

from collections.abc import Mapping, Sequence

from reasonome.config import GeneNamesTeacher
from reasonome.config.project import Project
from reasonome.prompts.prompts import Prompt
from reasonome.tasks.base import Teaching
from reasonome.tasks.ranking import teacher as gene_names
from reasonome.tasks.ranking.questions import RankingExample
from reasonome.tasks.ranking.task import RankingTask
from reasonome.teaching import Proposal, counting, filtering, openai

WRONG_GENE = "the first gene is not right"


def propose(
    task: RankingTask, project: Project, of: Teaching, examples: Sequence[RankingExample], prompts: Mapping[str, Prompt]
) -> list[Proposal]:
    """A teacher's proposal for each training question.

    The gene-names teacher knows the right gene. One behind an endpoint does not: it gets the task's own prompts.
    A list that repeats genes is no problem, since only its reasoning is learned.
    """
    teacher = project.teachers[of.teacher]
    if isinstance(teacher, GeneNamesTeacher):
        proposals = [
            gene_names.propose(example, prompts[example.id], task.plain_reasoning, teacher.genes, teacher.seed)
            for example in examples
        ]
        return counting.without_contradictions(proposals, prompts)
    style = project.style(of.benchmark, of.style)

    def read(text: str) -> tuple[str, list[str], list[str]]:
        answer = task.parse(text, style)
        problems = [problem for problem in answer.problems if problem != "repeated_genes"]
        return ", ".join(answer.genes), answer.steps, problems

    proposals = openai.ask_own_prompts(teacher, prompts, examples, read, of.output)
    return counting.without_contradictions(proposals, prompts)


def keep(
    task: RankingTask, project: Project, of: Teaching, proposals: Sequence[Proposal], examples: Sequence[RankingExample]
) -> tuple[list[dict], list[dict]]:
    """Kept and dropped rows: what is kept has a right gene first. `proposed` are genes between commas."""
    by_id = {example.id: example for example in examples}
    truths = {example.id: ", ".join(sorted(example.right)) for example in examples}

    def right_first(proposal: Proposal) -> bool:
        example = by_id[proposal.id]
        return not example.right.isdisjoint(example.meant(proposal.proposed.split(",")[:1]))

    return filtering.keep_right(proposals, truths, right_first, WRONG_GENE)
