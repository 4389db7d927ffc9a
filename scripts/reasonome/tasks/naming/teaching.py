"""Reasoning for gene-set naming: what a teacher writes, and which of it is close enough to the truth to be kept."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reasonome.config import KnowledgeTeacher, RecallTeacher
from reasonome.config.project import Project
from reasonome.config.project.experiments import examples_folder
from reasonome.core import atomic
from reasonome.facts import statements
from reasonome.facts.sources.source import read_facts
from reasonome.facts.stated import StatedFact, object_names, stated_facts
from reasonome.facts.wording import PARAPHRASES, worded_as
from reasonome.prompts.prompts import Message, Prompt
from reasonome.scoring.encoders import load_encoders
from reasonome.task import Teaching, TeachingJob, held_out_terms
from reasonome.tasks.naming import files, teacher
from reasonome.tasks.naming.completion import parse_completion
from reasonome.tasks.naming.dialogue import Example, NamingDialogue
from reasonome.tasks.naming.leaks import without_test_names
from reasonome.tasks.naming.rows import read_sets
from reasonome.teaching import Proposal, counting, filtering, openai

NOTHING_SAID = "no statement about the shown genes"


class NamingTeaching(Teaching[NamingDialogue]):
    """Reasoning from facts, of what a model recalls, or of a teacher behind an endpoint."""

    def propose(
        self, project: Project, job: TeachingJob, examples: Sequence[Example], prompts: Mapping[str, Prompt]
    ) -> list[Proposal]:
        """A teacher's proposal for each training set.

        The knowledge teacher writes from facts, without those about held-out terms, about the genes that the prompt
        shows. A teacher behind an endpoint gets its own prompt template, without the answers. One that recites speaks
        of the genes that the prompt shows, in its order.
        """
        spec = project.teachers[job.teacher]
        if isinstance(spec, RecallTeacher):
            inputs = self.task.files.teaching(project, job.benchmark, job.style, job.teacher).files
            names = object_names(read_facts(inputs["facts"]))
            said = said_of(stated_facts(atomic.read_jsonl(inputs["statements"]), names))
            return [recited(example, prompts[example.id], said, spec) for example in examples]
        if isinstance(spec, KnowledgeTeacher):
            terms = [
                term
                for folder in _held_out_folders(project, job).values()
                for term in held_out_terms(self.task, folder)
            ]
            inputs = self.task.files.teaching(project, job.benchmark, job.style, job.teacher).files
            facts, _ = statements.leave_out(read_facts(inputs["facts"]), terms)
            proposals = teacher.propose(
                [example.model_dump() for example in examples],
                facts,
                mode=spec.mode,
                seed=spec.seed,
                shown_genes=lambda row: prompts[row["id"]].shown,
                steps=spec.steps,
                genes_per_step=spec.genes_per_step,
            )
        else:
            proposals = openai.propose(spec, self.asked(project, job.benchmark, prompts), examples, _read, job.output)
        return counting.without_contradictions(proposals, prompts)

    def asked(self, project: Project, benchmark: str, prompts: Mapping[str, Prompt]) -> dict[str, Sequence[Message]]:
        """The messages that a teacher behind an endpoint gets for each prompt, by id."""
        return openai.prompts(files.teacher_template(project, benchmark), prompts)

    def keep(
        self, project: Project, job: TeachingJob, proposals: Sequence[Proposal], examples: Sequence[Example]
    ) -> tuple[list[dict], list[dict]]:
        """Kept and dropped rows. Kept ones are similar to the true name by the teacher's encoder, as a teacher that
        recites is without one, and name no test term of a benchmark whose policy is to drop these."""
        spec = project.teachers[job.teacher]
        truths = {example.id: example.name for example in examples}
        if isinstance(spec, RecallTeacher):
            kept, dropped = filtering.keep_right(proposals, truths, lambda proposal: True, "")
        else:
            encoders = load_encoders(project.encoders, [project.results.encoder(spec.encoder)])
            kept, dropped = filtering.keep(proposals, truths, encoders[spec.encoder].similarity, spec.threshold)
        for name, folder in _held_out_folders(project, job).items():
            if project.benchmarks[name].audit.name_in_reasoning == "drop":
                test_names = [gene_set.name for gene_set in read_sets(folder, "test")]
                kept, leaking = without_test_names(kept, name, test_names)
                dropped += leaking
        return kept, dropped


def said_of(facts: Iterable[StatedFact]) -> dict[tuple[str, str], StatedFact]:
    """(gene, relation whose wordings are used) → the first fact of it."""
    first: dict[tuple[str, str], StatedFact] = {}
    for fact in facts:
        first.setdefault((fact.gene, fact.relation), fact)
    return first


def recited(
    example: Example, prompt: Prompt, said: Mapping[tuple[str, str], StatedFact], spec: RecallTeacher
) -> Proposal:
    """The true name, and a step with the facts of each of the first shown genes that anything is said of."""
    steps = []
    for gene in prompt.shown:
        facts = [said[gene, relation] for relation in map(worded_as, spec.relations) if (gene, relation) in said]
        if facts and len(steps) < spec.genes:
            sentences = (PARAPHRASES[fact.relation][0].format(gene=gene, object=fact.object) for fact in facts)
            steps.append(" ".join(sentences))
    return Proposal(example.id, example.subset, example.name, steps, problem="" if steps else NOTHING_SAID)


def _held_out_folders(project: Project, job: TeachingJob) -> dict[str, Path]:
    """The folder with the held-out sets of the benchmark, and of each that its training sets leave out."""
    left_out = project.benchmarks[job.benchmark].leave_out
    own = {job.benchmark: examples_folder(project, job.benchmark, job.style)}
    return own | {name: project.results.benchmark(name) for name in left_out}


def _read(text: str) -> tuple[str, list[str], list[str]]:
    answer = parse_completion(text)
    return answer.name, answer.steps, answer.problems
