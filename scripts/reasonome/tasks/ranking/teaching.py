"""Reasoning for rankings: what a teacher writes, and which of it is kept because it ranks a right gene first.

The gene-names teacher writes short reasoning from official gene names, offline and deterministic. It knows the right
gene, and states only the names of candidates: a model learns the form from it, and to look at names, not why the gene
is right.
"""

import random
from collections.abc import Callable, Sequence

from reasonome.config.project import Project
from reasonome.config.teachers import GeneNamesTeacher, OpenAITeacher
from reasonome.facts.text import one_line
from reasonome.prompts.prompts import Prompt
from reasonome.task_parts import Teaching, TeachingJob
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.tasks.ranking.questions import RankedGene, RankingExample
from reasonome.tasks.ranking.settings import ranking_style
from reasonome.teaching import openai
from reasonome.teaching.proposals import Proposal, keep_right, without_contradictions

WRONG_GENE = "the first gene is not right"
NOT_SHOWN = "the prompt shows no right gene"
NO_NAMES = "no official names of the shown genes"

_CALLED = ("{symbol} is {name}", "{symbol} stands for {name}", "{symbol}: {name}")
_JOINTS = ("; ", ", and ", ", while ")
_ENDINGS = ("{plain}", "Going by the names, {right} is the likeliest.", "That speaks for {right}.")


class RankingTeaching(Teaching[RankingDialogue]):
    """Reasoning from official names, or of a teacher behind an endpoint."""

    def propose(self, project: Project, job: TeachingJob) -> list[Proposal]:
        """A teacher's proposal for each training question.

        The gene-names teacher knows the right gene. One behind an endpoint does not: it gets the task's own prompts.
        A list that repeats genes is no problem, since only its reasoning is learned.
        """
        teacher, prompts = project.teachers[job.teacher], job.prompts
        if isinstance(teacher, GeneNamesTeacher):
            proposals = [
                write_from_names(example, prompts[example.id], self.task.plain_reasoning, teacher.genes, teacher.seed)
                for example in job.examples
            ]
        else:
            assert isinstance(teacher, OpenAITeacher)  # `Checks.teachers` lets no other pass
            style = ranking_style(project, job.benchmark, job.style)

            def read(text: str) -> tuple[str, list[str], list[str]]:
                answer = self.task.parse(text, style)
                problems = [problem for problem in answer.problems if problem != "repeated_genes"]
                return ", ".join(answer.genes), answer.steps, problems

            asked = self.asked(project, job.benchmark, prompts)
            proposals = openai.propose(teacher, asked, job.examples, read, job.output)
        return without_contradictions(proposals, prompts)

    def keep(self, project: Project, job: TeachingJob, proposals: Sequence[Proposal]) -> tuple[list[dict], list[dict]]:
        """Kept and dropped rows: what is kept has a right gene first. `proposed` are genes between commas."""
        by_id = {example.id: example for example in job.examples}
        truths = {example.id: ", ".join(sorted(example.right)) for example in job.examples}

        def right_first(proposal: Proposal) -> bool:
            example = by_id[proposal.id]
            return not example.right.isdisjoint(example.meant(proposal.proposed.split(",")[:1]))

        return keep_right(proposals, truths, right_first, WRONG_GENE)


def write_from_names(
    example: RankingExample,
    prompt: Prompt,
    plain_reasoning: Callable[[RankingExample, str], str],
    genes: int,
    seed: int,
) -> Proposal:
    """A sentence about `genes` shown candidates, and one for the right gene.

    The genes stand in the prompt's order with the right one among them, so that its position gives nothing away. For an
    open question only the right genes are described. `plain_reasoning(example, right)` is the task's own sentence, one
    of several endings. A proposal without reasoning has a `problem`: NOT_SHOWN or NO_NAMES.
    """
    by_symbol = {gene.symbol: gene for gene in example.candidates or example.causal}
    shown = [by_symbol[symbol] for symbol in prompt.shown] if example.candidates else list(example.causal)
    right = [gene.symbol for gene in shown if gene.symbol in example.right]
    if not right:
        return Proposal(example.id, example.subset, problem=NOT_SHOWN)
    draw = random.Random(f"{seed}\0{example.id}")
    chosen = _chosen([gene for gene in shown if gene.name], example.right, genes, draw)
    if not chosen:
        return Proposal(example.id, example.subset, ", ".join(right), problem=NO_NAMES)
    called, joint, ending = draw.choice(_CALLED), draw.choice(_JOINTS), draw.choice(_ENDINGS)
    *head, last = [called.format(symbol=gene.symbol, name=one_line(gene.name)) for gene in chosen]
    names_sentence = "; ".join(head) + (joint if head else "") + last + "."
    named = " and ".join(right)
    steps = [names_sentence, ending.format(plain=plain_reasoning(example, named), right=named)]
    return Proposal(example.id, example.subset, ", ".join(right), steps)


def _chosen(named: Sequence[RankedGene], right: frozenset[str], most: int, draw: random.Random) -> list[RankedGene]:
    """At most `most` genes in the order given, as many right ones as fit and others drawn at random."""
    order = draw.sample(range(len(named)), len(named))
    order.sort(key=lambda i: named[i].symbol not in right)
    return [named[i] for i in sorted(order[:most])]
