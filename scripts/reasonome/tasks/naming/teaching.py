"""Reasoning for gene-set naming: what a teacher writes, and which of it is close enough to the truth to be kept.

The knowledge teacher writes short reasoning out of facts, offline, the same every time. Its first part says what single
genes are or do, the second what the shown genes share and what that suggests. Every sentence states a fact of the table
about genes that the prompt shows.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import hypergeom
from tqdm import tqdm

from reasonome.answering.chat_endpoint import Message
from reasonome.config.project import Project
from reasonome.config.teachers import KnowledgeTeacher, OpenAITeacher, RecallTeacher
from reasonome.core import atomic
from reasonome.facts import statements
from reasonome.facts.selection import StatedFact, object_names, stated_facts
from reasonome.facts.sources.source import read_facts
from reasonome.facts.text import normalise
from reasonome.facts.wording import PARAPHRASES, worded_as
from reasonome.prompts.prompts import Prompt
from reasonome.scoring.encoders import load_encoders
from reasonome.task import held_out_terms
from reasonome.task_parts import Teaching, TeachingJob
from reasonome.tasks.naming import files
from reasonome.tasks.naming.completion import parse_completion
from reasonome.tasks.naming.dialogue import Example, NamingDialogue
from reasonome.tasks.naming.leaks import without_test_names
from reasonome.tasks.naming.rows import read_sets
from reasonome.teaching import openai
from reasonome.teaching.proposals import Proposal, keep, keep_right, without_contradictions

Row = dict
Mode = Literal["given", "blind"]


class _Kind(NamedTuple):
    """The words for facts of one kind: about one gene, and about several."""

    single: tuple[str, ...]
    several: tuple[str, ...]


_KINDS = {
    "process": _Kind(("takes part in {}", "acts in {}"), ("take part in {}", "act in {}")),
    "upstream": _Kind(("acts upstream of or within {}",), ("act upstream of or within {}",)),
    "function": _Kind(("has {}", "shows {}"), ("share {}", "have {}")),
    "contribution": _Kind(("contributes to {}",), ("contribute to {}",)),
    "component": _Kind(("is found in {}", "localizes to {}"), ("are found in {}", "localize to {}")),
    "colocalization": _Kind(("colocalizes with {}",), ("colocalize with {}",)),
    "pathway": _Kind(("belongs to pathway {}",), ("belong to pathway {}", "share the pathway {}")),
    "group": _Kind(("is in gene group {}",), ("are in gene group {}", "share gene group {}")),
    "name": _Kind(("is {}", "stands for {}"), ()),
}

# A relation that is not listed (such as a NOT qualifier) is left out: no words here would state it correctly.
_KIND_OF_RELATION = {
    "involved_in": "process",
    "acts_upstream_of": "upstream",
    "acts_upstream_of_positive_effect": "upstream",
    "acts_upstream_of_negative_effect": "upstream",
    "acts_upstream_of_or_within": "upstream",
    "acts_upstream_of_or_within_positive_effect": "upstream",
    "acts_upstream_of_or_within_negative_effect": "upstream",
    "enables": "function",
    "contributes_to": "contribution",
    "located_in": "component",
    "is_active_in": "component",
    "part_of": "component",
    "colocalizes_with": "colocalization",
    "member_of_pathway": "pathway",
    "in_gene_group": "group",
    "has_name": "name",
}
_GO_KINDS = {
    "bp": ("process", "upstream"),
    "mf": ("function", "contribution"),
    "cc": ("component", "colocalization"),
}

_SHARED = {
    "pair": ("Both {genes} {verb}", "{genes} {verb}"),
    "three": ("{genes} {verb}", "{genes} all {verb}"),
    "all": ("All {n} genes {verb}", "The {n} genes all {verb}", "All {n} of these genes {verb}"),
    "some": ("{k} of the {n} genes {verb}", "{k} of {n} genes {verb}", "Among {n} genes, {k} {verb}"),
}
# The completion opens with the name; saying it again would double the length of a short answer.
_SUGGESTS = ("suggesting the name", "which points to the name", "so the name fits", "hence the name")
_SUGGESTS_ALONE = ("This suggests the name.", "Together this points to the name.", "The name fits the set as a whole.")
_NAMES_THE_SET = ("which names the set", "so the set is named after it", "the theme of the set")
_LAST_JOINT = ("; ", ", and ", ", while ")

# The most characters per gene of sentences about single genes, which keeps a step near 20 tokens.
_CHARACTERS_PER_GENE = 24
# Names up to this many characters are preferred for a single gene over longer, even more specific ones.
_SHORT_NAME = 36
# Rows that are scored together: bounds the memory of the join with the facts.
_CHUNK = 500

NOTHING_SHARED = "nothing shared by the genes"
NO_FACTS = "no facts about the shown genes"


def propose_from_facts(
    rows: Sequence[Row],
    facts: pd.DataFrame,
    *,
    mode: Mode,
    seed: int,
    shown_genes: Callable[[Row], Sequence[str]],
    genes_per_step: int = 3,
) -> list[Proposal]:
    """One proposal a row, in the order of `rows`.

    `rows`: benchmark rows (id, subset, name, genes). `facts`: columns gene, relation, object_id,
    object_name, evidence; facts about held-out terms must be gone already. `shown_genes(row)`: the symbols that
    the row's prompt shows. "given" leads to the row's own name; "blind" proposes the most specific object
    that the genes share, of the GO aspect named by `subset` where there is one, and never sees the row's
    own term. A row without usable facts gets a Proposal whose `problem` is NOTHING_SHARED or NO_FACTS.
    """
    table = _statements(facts)
    proposals = []
    with tqdm(total=len(rows), desc=f"reasoning ({mode})", unit="set", delay=2) as progress:
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            shown = {row["id"]: sorted(set(shown_genes(row))) for row in chunk}
            shared, by_gene = _evidence(chunk, shown, table)
            for row in chunk:
                writer = _Writer(seed, row["id"], shown[row["id"]], by_gene.get(row["id"], {}))
                proposals.append(_propose_one(row, writer, shared.get(row["id"], []), mode, genes_per_step))
            progress.update(len(chunk))
    return proposals


# --- facts -------------------------------------------------------------------------------------------


class _Statement(NamedTuple):
    """An object that one gene has."""

    kind: str
    object_name: str


class _Shared(NamedTuple):
    """An object that several of the shown genes have."""

    kind: str
    object_name: str
    genes: set[str]
    own: bool


def _statements(facts: pd.DataFrame) -> pd.DataFrame:
    """The facts that there are words for, once each, with `background`: how many genes have the object."""
    table = facts.loc[facts["evidence"] != "ND", ["gene", "relation", "object_id", "object_name"]]
    table = table.assign(kind=table["relation"].map(_KIND_OF_RELATION)).dropna(subset=["kind"])
    table = table[table["object_name"] != ""].drop_duplicates(["gene", "kind", "object_id"])
    background = table.groupby(["kind", "object_id"])["gene"].transform("size")
    return table.drop(columns="relation").assign(background=background)


def _evidence(
    rows: Sequence[Row], shown: dict[str, list[str]], table: pd.DataFrame
) -> tuple[dict[str, list[_Shared]], dict[str, dict[str, list[_Statement]]]]:
    """By row: the objects that its shown genes share, and the statements about each gene; the most specific first.

    All rows are scored at once: P(at least k of the n shown genes have the object), hypergeometric.
    """
    pairs = pd.DataFrame(
        [(row["id"], gene, normalise(row["name"])) for row in rows for gene in shown[row["id"]]],
        columns=["row", "gene", "row_name"],
    )
    evidence = pairs.merge(table, on="gene")
    if evidence.empty:
        return {}, {}
    by_object = evidence.groupby(["row", "kind", "object_id"])["gene"]
    evidence["hits"] = by_object.transform("size")
    evidence["known"] = evidence.groupby("row")["gene"].transform("nunique")
    universe = table["gene"].nunique()
    chance = hypergeom.sf(evidence["hits"] - 1, universe, evidence["background"], evidence["known"])
    evidence["score"] = np.log10(np.maximum(chance, 1e-300))
    normalised = {name: normalise(name) for name in evidence["object_name"].unique()}
    evidence["own"] = (evidence["object_id"] == evidence["row"]) | (
        evidence["object_name"].map(normalised) == evidence["row_name"]
    )
    evidence = evidence.sort_values(["score", "hits", "object_id", "kind"], ascending=[True, False, True, True])

    columns = ["row", "gene", "kind", "object_id", "object_name", "hits", "own"]
    shared: dict[str, dict[tuple[str, str], _Shared]] = defaultdict(dict)
    by_gene: dict[str, dict[str, list[_Statement]]] = defaultdict(lambda: defaultdict(list))
    for row, gene, kind, object_id, name, hits, own in evidence[columns].itertuples(index=False, name=None):
        if not own:
            by_gene[row][gene].append(_Statement(kind, name))
        if hits > 1 and kind != "name":
            shared[row].setdefault((kind, object_id), _Shared(kind, name, set(), own)).genes.add(gene)
    return {row: list(objects.values()) for row, objects in shared.items()}, by_gene


# --- words -------------------------------------------------------------------------------------------


def _propose_one(row: Row, writer: "_Writer", objects: Sequence[_Shared], mode: Mode, genes_per_step: int) -> Proposal:
    shared = _choose_shared(objects, row["subset"], mode)
    nothing = NOTHING_SHARED if writer.by_gene else NO_FACTS
    if mode == "given":
        name = row["name"]
    elif shared is not None:
        name = shared.object_name
    else:
        return Proposal(row["id"], row["subset"], problem=nothing)
    about_genes = writer.about_genes(shared, genes_per_step)
    if shared is None and not about_genes:
        return Proposal(row["id"], row["subset"], proposed=name, problem=nothing)
    steps = [step for step in (about_genes, writer.ending(shared, name)) if step]
    return Proposal(row["id"], row["subset"], proposed=name, steps=steps)


def _choose_shared(shared: Sequence[_Shared], subset: str, mode: Mode) -> _Shared | None:
    """The most specific shared object; blind tries the GO aspect of the subset first, never the own term."""
    others = [candidate for candidate in shared if not candidate.own]
    if mode == "given":
        return next(iter(others or shared), None)
    aspect = _GO_KINDS.get(subset.lower(), ())
    return next((candidate for candidate in others if candidate.kind in aspect), next(iter(others), None))


class _Writer:
    """Writes about one row; its choices depend only on the seed, the row id and a label."""

    def __init__(self, seed: int, row_id: str, shown: Sequence[str], by_gene: Mapping[str, list[_Statement]]):
        self._prefix = f"{seed}\0{row_id}\0"
        self.genes = sorted(shown, key=self._rank)
        self.by_gene = by_gene

    def _rank(self, label: str) -> int:
        return int.from_bytes(hashlib.sha256((self._prefix + label).encode()).digest()[:8], "big")

    def _pick(self, label: str, choices: Sequence[str]) -> str:
        return choices[self._rank(label) % len(choices)]

    def about_genes(self, shared: _Shared | None, most: int) -> str:
        """A sentence about at most `most` single genes, in seeded order; "" where none has facts."""
        clauses = [clause for gene in self.genes if (clause := self._clause(gene, shared))]
        if not clauses:
            return ""
        lengths = list(accumulate(map(len, clauses[:most])))
        fitting = sum(length <= _CHARACTERS_PER_GENE * most for length in lengths)
        *head, last = clauses[: max(1, fitting)]
        joint = self._pick("joint 0", _LAST_JOINT) if head else ""
        return "; ".join(head) + joint + last + "."

    def _clause(self, gene: str, shared: _Shared | None) -> str:
        """One thing about one gene: its name, its group or its most specific short object."""
        statements = [
            statement
            for statement in self.by_gene.get(gene, ())
            if shared is None or normalise(statement.object_name) != normalise(shared.object_name)
        ]
        if not statements:
            return ""
        short = [statement for statement in statements if len(statement.object_name) <= _SHORT_NAME]
        best: dict[str, _Statement] = {}
        for statement in short or [min(statements, key=lambda statement: len(statement.object_name))]:
            best.setdefault(statement.kind if statement.kind in ("name", "group") else "object", statement)
        chosen = best[min(best, key=lambda slot: self._rank(f"{gene} {slot}"))]
        return f"{gene} {self._pick(f'{gene} verb', _KINDS[chosen.kind].single).format(chosen.object_name)}"

    def ending(self, shared: _Shared | None, name: str) -> str:
        """A sentence on what the genes share and what that suggests."""
        if shared is None:
            return self._pick("suggests", _SUGGESTS_ALONE)
        label, choices = ("suggests", _SUGGESTS)
        if normalise(shared.object_name) == normalise(name):
            label, choices = ("names", _NAMES_THE_SET)
        return f"{self._sharing(shared)}, {self._pick(label, choices)}."

    def _sharing(self, shared: _Shared) -> str:
        holders = [gene for gene in self.genes if gene in shared.genes]
        k, n = len(holders), len(self.genes)
        form = {2: "pair", 3: "three"}.get(k, "all" if k == n else "some")
        *head, last = holders
        verb = self._pick("sharing verb", _KINDS[shared.kind].several).format(shared.object_name)
        return self._pick("sharing", _SHARED[form]).format(genes=f"{', '.join(head)} and {last}", k=k, n=n, verb=verb)


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
        if isinstance(spec, OpenAITeacher):
            asked = self.asked(project, job.benchmark, prompts)
            return without_contradictions(openai.propose(spec, asked, examples, _read, job.output), prompts)
        if not isinstance(spec, KnowledgeTeacher):
            raise TypeError(f"teacher '{job.teacher}' writes nothing about sets")
        terms = [
            term for folder in _held_out_folders(project, job).values() for term in held_out_terms(self.task, folder)
        ]
        inputs = self.task.files.teaching(project, job.benchmark, job.style, job.teacher).files
        facts, _ = statements.leave_out(read_facts(inputs["facts"]), terms)
        proposals = propose_from_facts(
            [example.model_dump() for example in examples],
            facts,
            mode=spec.mode,
            seed=spec.seed,
            shown_genes=lambda row: prompts[row["id"]].shown,
            genes_per_step=spec.genes_per_step,
        )
        return without_contradictions(proposals, prompts)

    def asked(self, project: Project, benchmark: str, prompts: Mapping[str, Prompt]) -> dict[str, Sequence[Message]]:
        """The messages that a teacher behind an endpoint gets for each prompt, by id."""
        return openai.prompts(files.teacher_template(project, benchmark), prompts)

    def keep(
        self, project: Project, job: TeachingJob, proposals: Sequence[Proposal], examples: Sequence[Example]
    ) -> tuple[list[dict], list[dict]]:
        """Kept and dropped rows. Kept ones name no test term of a benchmark whose policy is to drop these. They are
        similar to the true name by the teacher's encoder; a teacher that recites gives the true name."""
        spec = project.teachers[job.teacher]
        truths = {example.id: example.name for example in examples}
        if isinstance(spec, KnowledgeTeacher | OpenAITeacher):
            encoders = load_encoders(project.encoders, [project.results.encoder(spec.encoder)])
            kept, dropped = keep(proposals, truths, encoders[spec.encoder].similarity, spec.threshold)
        else:
            kept, dropped = keep_right(proposals, truths, lambda proposal: True, "")
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
    own = {job.benchmark: project.examples(job.benchmark, job.style)}
    return own | {name: project.results.benchmark(name) for name in left_out}


def _read(text: str) -> tuple[str, list[str], list[str]]:
    answer = parse_completion(text)
    return answer.name, answer.steps, answer.problems
