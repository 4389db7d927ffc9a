"""Reasoning for gene-set naming: what a teacher writes, and which of it is close enough to the truth to be kept.

The knowledge teacher writes short reasoning out of facts, offline, the same every time. The first step says what
further genes share, or what single genes are. The last says what most of the shown genes share, and which of them that
leaves. `traces.py` judges what every teacher writes.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import hypergeom
from tqdm import tqdm

from reasonome.answering.chat_endpoint import Message
from reasonome.benchmarks.rows import read_rows
from reasonome.config.teachers import KnowledgeTeacher, OpenAITeacher, RecallTeacher
from reasonome.core import atomic
from reasonome.facts import statements
from reasonome.facts.selection import StatedFact, object_names, stated_facts
from reasonome.facts.sources.go import RELATIONS
from reasonome.facts.sources.source import read_facts
from reasonome.facts.text import normalise
from reasonome.facts.wording import PARAPHRASES, listed, worded_as
from reasonome.prompts.prompts import Prompt, count_fitting
from reasonome.scoring.encoders import load_encoders
from reasonome.task_parts import Teaching, TeachingJob
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.leaks import without_test_names
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.traces import LEAST_OF_EXPLAINED, LEAST_OF_SHOWN, TraceJudge, load_judge
from reasonome.teaching import openai
from reasonome.teaching.proposals import Proposal, keep, keep_right, without_contradictions


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
    **dict.fromkeys(RELATIONS["P"], "upstream"),
    "involved_in": "process",
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
_SHARED = {
    "pair": ("Both {genes} {verb}", "{genes} {verb}"),
    "several": ("{genes} {verb}", "{genes} all {verb}"),
    "all": ("All {n} genes {verb}", "The {n} genes all {verb}", "All {n} of these genes {verb}"),
}
# The completion opens with the name; saying it again would double the length of a short answer.
_SUGGESTS = ("so the name fits", "hence the name")
_LAST_JOINT = ("; ", ", and ", ", while ")
# Genes of a sentence, or as many as the judge asks of an ending if that is more; the rest are "others".
_MOST_LISTED = 5

# The most characters per gene of sentences about single genes, which keeps a step near 20 tokens.
_CHARACTERS_PER_GENE = 24
# Longer names of objects are not said: they would take half of a trace.
_LONG_NAME = 64
# Names up to this many characters are preferred for a single gene over longer, even more specific ones.
_SHORT_NAME = 36
NOTHING_SHARED = "nothing shared by the genes"
NO_FACTS = "no facts about the shown genes"


def propose_from_facts(
    examples: Sequence[Example],
    facts: pd.DataFrame,
    judge: TraceJudge,
    *,
    seed: int,
    shown_genes: Callable[[Example], Sequence[str]],
    genes_per_step: int = 3,
    held_out: Sequence[tuple[str, str]] = (),
) -> list[Proposal]:
    """One proposal an example, in their order.

    `facts` are those that the teacher speaks of; `held_out` are the terms (id, name) that it never names, whose facts
    must be gone already. Genes have the terms above those of their facts too. The set's own term is no fact.
    `shown_genes`: the symbols that the prompt shows. The reasoning leads to the set's own name, from the most specific
    fact that bears on it and that enough of the shown genes share. What `judge` cannot read is not said. An example
    without a shared fact gets a Proposal whose `problem` is NOTHING_SHARED or NO_FACTS.
    """
    shown = {example.id: sorted(set(shown_genes(example))) for example in examples}
    sources = _Facts(facts, {gene for genes in shown.values() for gene in genes}, judge, held_out)
    return [
        _propose_one(example, _Writer(seed, example.id, shown[example.id]), sources, genes_per_step)
        for example in tqdm(examples, desc="reasoning", unit="set", delay=2)
    ]


# --- facts -------------------------------------------------------------------------------------------


class _Statement(NamedTuple):
    """An object that genes have."""

    kind: str
    object_id: str
    name: str


class _Shared(NamedTuple):
    """A statement about several of the shown genes."""

    about: _Statement
    genes: frozenset[str]


class _Facts:
    """What is known of genes, with the terms above it."""

    def __init__(
        self, facts: pd.DataFrame, genes: Collection[str], judge: TraceJudge, held_out: Sequence[tuple[str, str]]
    ):
        self.judge = judge
        self._ids = {term for term, _ in held_out}
        self._names = {normalise(name) for _, name in held_out}
        self._above: dict[_Statement, list[_Statement]] = {}
        self.of: dict[str, list[_Statement]] = defaultdict(list)
        chosen = facts[facts["gene"].isin(genes) & (facts["evidence"] != "ND") & (facts["object_name"] != "")]
        chosen = chosen.assign(kind=chosen["relation"].map(_KIND_OF_RELATION)).dropna(subset=["kind"])
        columns = ["gene", "kind", "object_id", "object_name"]
        chosen = chosen[columns].drop_duplicates(columns[:3]).sort_values(columns[:3])
        for gene, *statement in chosen.itertuples(index=False, name=None):
            self.of[gene].append(_Statement(*statement))

    def about(self, gene: str, example: Example) -> list[_Statement]:
        """What is known of a gene, but for the set's own term."""
        return [one for one in self.of.get(gene, ()) if not self.judge.is_own(example, (one.object_id,), one.name)]

    def shared(self, shown: Sequence[str], example: Example) -> list[_Shared]:
        """What two or more of the shown genes share, the least likely by chance first.

        By chance: P(at least k of the n genes of which anything is known have the object), hypergeometric.
        """
        genes: dict[_Statement, set[str]] = defaultdict(set)
        for gene in shown:
            for statement in self.about(gene, example):
                for one in self._with_above(statement):
                    genes[one].add(gene)
        shared = [
            _Shared(one, frozenset(of))
            for one, of in genes.items()
            if len(of) > 1 and not self.judge.is_own(example, (one.object_id,), one.name)
        ]
        known = len({gene for of in genes.values() for gene in of})
        hits = np.array([len(one.genes) for one in shared])
        sizes = np.array([max(len(self.judge.genes(one.about.object_id)), len(one.genes)) for one in shared])
        universe = max(self.judge.knowledge.annotated_genes, known, *sizes) if shared else 0
        chance = hypergeom.sf(hits - 1, universe, sizes, known).tolist()
        return [
            shared[place] for place in sorted(range(len(shared)), key=lambda i: (chance[i], -hits[i], shared[i][0]))
        ]

    def _with_above(self, statement: _Statement) -> list[_Statement]:
        """A statement and those with the terms above its object; without what is held out, or of most genes."""
        if statement not in self._above:
            background = self.judge.background
            known = statement.object_id in background.by_id
            ids = background.upwards(statement.object_id) if known else [statement.object_id]
            named = ((i, background.by_id[i].name if known else statement.name) for i in sorted(ids))
            self._above[statement] = [
                _Statement(statement.kind, i, name) for i, name in named if self._is_said(i, name)
            ]
        return self._above[statement]

    def _is_said(self, object_id: str, name: str) -> bool:
        held_out = object_id in self._ids or normalise(name) in self._names
        if held_out or len(name) > _LONG_NAME:
            return False
        knowledge = self.judge.knowledge
        return object_id in knowledge.named(name) and not knowledge.holds_for_most(object_id)


# --- words -------------------------------------------------------------------------------------------


def _propose_one(example: Example, writer: "_Writer", facts: _Facts, genes_per_step: int) -> Proposal:
    shared = facts.shared(writer.genes, example)
    if not shared:
        problem = NOTHING_SHARED if any(facts.about(gene, example) for gene in writer.genes) else NO_FACTS
        return Proposal(example.id, example.subset, problem=problem)

    def bears(one: _Statement) -> str:
        """How a statement bears on the name."""
        return facts.judge.relation(one.object_id, example)

    ending = _ending(shared, len(writer.genes), bears)
    further = _further_group(shared, ending, bears)
    if further is not None:
        first, explained = f"{writer.sharing(further)}.", ending.genes | further.genes
    else:
        first, told = writer.about_genes(facts, example, ending, bears, genes_per_step)
        explained = ending.genes | told
    steps = [step for step in (first, writer.ending(ending, explained)) if step]
    return Proposal(example.id, example.subset, proposed=example.name, steps=steps)


def _ending(shared: Sequence[_Shared], shown: int, bears: Callable[[_Statement], str]) -> _Shared:
    """The first that bears on the name and is of half of the shown genes, else of a third; if none bears on it, the
    first of half of them, else of a third, else the first. What bears on it by ontology or words goes before genes."""
    half = [one for one in shared if len(one.genes) >= shown / 2]
    enough = [one for one in shared if len(one.genes) >= LEAST_OF_SHOWN * shown]
    for candidates in (half, enough):
        related = [(one, relation) for one in candidates if (relation := bears(one.about))]
        if related:
            return min(related, key=lambda pair: pair[1] == "genes")[0]
    return next(iter(half or enough or shared))


def _further_group(shared: Sequence[_Shared], ending: _Shared, bears: Callable[[_Statement], str]) -> _Shared | None:
    """The first that bears on the name and is of further genes, with these alone; None if there is none.

    They are not so many that the ending is of less than half of all that is explained.
    """
    most = len(ending.genes) / LEAST_OF_EXPLAINED - len(ending.genes)
    for one in shared:
        further = one.genes - ending.genes
        if 0 < len(further) <= most and one.about.name != ending.about.name and bears(one.about):
            return _Shared(one.about, further)
    return None


class _Writer:
    """Writes about one set; its choices depend only on the seed, the set's id and a label."""

    def __init__(self, seed: int, row_id: str, shown: Sequence[str]):
        self._prefix = f"{seed}\0{row_id}\0"
        self.genes = sorted(shown, key=self._rank)

    def _rank(self, label: str) -> int:
        return int.from_bytes(hashlib.sha256((self._prefix + label).encode()).digest()[:8], "big")

    def _pick(self, label: str, choices: Sequence[str]) -> str:
        return choices[self._rank(label) % len(choices)]

    def about_genes(
        self, facts: _Facts, example: Example, ending: _Shared, bears: Callable[[_Statement], str], most: int
    ) -> tuple[str, set[str]]:
        """A sentence about at most `most` single genes, "" where none has facts, and the genes of which it says more
        than a name. Genes of the ending come first."""
        clauses: list[tuple[str, str, bool]] = []
        for gene in sorted(self.genes, key=lambda gene: gene not in ending.genes):
            if statement := self._single(gene, facts, example, ending, bears):
                verb = self._pick(f"{gene} verb", _KINDS[statement.kind].single)
                clauses.append((f"{gene} {verb.format(statement.name)}", gene, statement.kind != "name"))
        if not clauses:
            return "", set()
        fitting = count_fitting([len(text) for text, _, _ in clauses[:most]], _CHARACTERS_PER_GENE * most)
        clauses = clauses[: max(1, fitting)]
        *head, last = [text for text, _, _ in clauses]
        joint = self._pick("joint 0", _LAST_JOINT) if head else ""
        return "; ".join(head) + joint + last + ".", {gene for _, gene, tells in clauses if tells}

    def _single(
        self, gene: str, facts: _Facts, example: Example, ending: _Shared, bears: Callable[[_Statement], str]
    ) -> _Statement | None:
        """What is said of one gene: its most specific short object that bears on the name, else its name or group."""
        known = [one for one in facts.about(gene, example) if normalise(one.name) != normalise(ending.about.name)]
        names = [one for one in known if one.kind in ("name", "group")]
        if gene in ending.genes:
            known = [one for one in known if one not in names and len(one.name) <= _SHORT_NAME and bears(one)]
            if known:
                return min(known, key=lambda one: (len(facts.judge.genes(one.object_id)), one))
        short = [one for one in names if len(one.name) <= _SHORT_NAME]
        return min(short or names, key=lambda one: (one.kind != "name", len(one.name)), default=None)

    def ending(self, shared: _Shared, explained: Collection[str]) -> str:
        """A sentence on what the genes share, and on those that are not explained, or else on what that suggests."""
        left = [gene for gene in self.genes if gene not in explained]
        if left:
            who = left[0] if len(left) == 1 else "the others"
            return f"{self.sharing(shared)}; {who} {'is' if len(left) == 1 else 'are'} not explained."
        return f"{self.sharing(shared)}, {self._pick('suggests', _SUGGESTS)}."

    def sharing(self, shared: _Shared) -> str:
        """A clause on what several of the genes share."""
        holders = [gene for gene in self.genes if gene in shared.genes]
        if len(holders) == 1:
            return f"{holders[0]} {self._pick('sharing verb', _KINDS[shared.about.kind].single)}".format(
                shared.about.name
            )
        k, n = len(holders), len(self.genes)
        form = "pair" if k == 2 else "all" if k == n > 3 else "several"
        most = max(_MOST_LISTED, math.ceil(LEAST_OF_SHOWN * n))
        named = listed(holders if k <= most else [*holders[:most], "others"])
        verb = self._pick("sharing verb", _KINDS[shared.about.kind].several).format(shared.about.name)
        return self._pick("sharing", _SHARED[form]).format(genes=named, n=n, verb=verb)


NOTHING_SAID = "no statement about the shown genes"


class NamingTeaching(Teaching[NamingDialogue]):
    """Reasoning from facts, of what a model recalls, or of a teacher behind an endpoint."""

    def propose(self, job: TeachingJob) -> list[Proposal]:
        """A teacher's proposal for each training set.

        The knowledge teacher writes from facts, without those about held-out terms, about the genes that the prompt
        shows. A teacher behind an endpoint gets its own prompt template, without the answers. One that recites speaks
        of the genes that the prompt shows, in its order.
        """
        spec, examples, prompts, inputs = job.teacher, job.examples, job.prompts, job.files
        if isinstance(spec, RecallTeacher):
            names = object_names(read_facts(inputs["facts"]))
            said = said_of(stated_facts(atomic.read_jsonl(inputs["statements"]), names))
            return [recited(example, self.subjects(example, prompts[example.id]), said, spec) for example in examples]
        if isinstance(spec, OpenAITeacher):
            proposals = openai.propose(job, self.asked(job), _read)
            checked = without_contradictions(proposals, prompts)
            if not spec.grounded:
                return checked
            return judged(load_judge(inputs["judging"], inputs["background"]), checked, examples, prompts)
        assert isinstance(spec, KnowledgeTeacher)  # `Checks.teachers` lets no other pass
        held_out = [row for file in inputs["held_out"] for row in read_rows(file, Example)]
        terms = [term for row in held_out for term in self.task.terms(row)]
        facts, _ = statements.leave_out(read_facts(inputs["facts"]), terms)
        judge = load_judge(inputs["judging"], inputs["background"])
        proposals = propose_from_facts(
            examples,
            facts,
            judge,
            seed=spec.seed,
            shown_genes=lambda example: prompts[example.id].shown,
            genes_per_step=spec.genes_per_step,
            held_out=terms,
        )
        return judged(judge, without_contradictions(proposals, prompts), examples, prompts)

    def subjects(self, example: Example, prompt: Prompt) -> Sequence[str]:
        """What a teacher that recites speaks of: the genes that the prompt shows."""
        return prompt.shown

    def asked(self, job: TeachingJob) -> dict[str, Sequence[Message]]:
        """The messages that a teacher behind an endpoint gets for each prompt, by id."""
        _, template = job.further
        return openai.prompts(template, job.prompts)

    def keep(self, job: TeachingJob, proposals: Sequence[Proposal]) -> tuple[list[dict], list[dict]]:
        """Kept and dropped rows. Kept ones name no test term of a benchmark whose policy is to drop these. They are
        similar to the true name by the teacher's encoder; a teacher that recites gives the true name."""
        spec = job.teacher
        truths = {example.id: example.name for example in job.examples}
        if isinstance(spec, KnowledgeTeacher | OpenAITeacher):
            encoders = load_encoders(job.encoders)
            kept, dropped = keep(proposals, truths, encoders[spec.encoder].similarity, spec.threshold)
        else:
            kept, dropped = keep_right(proposals, truths, lambda proposal: True, "")
        policies, _ = job.further or ([], None)
        names, tests = [job.name, *job.benchmark.leave_out], job.files.get("held_out", [])[1::2]
        for name, policy, file in zip(names, policies, tests, strict=False):
            if policy == "drop":
                test_names = [row.name for row in read_rows(file, Example) if not row.term]
                kept, leaking = without_test_names(kept, name, test_names)
                dropped += leaking
        return kept, dropped


def judged(
    judge: TraceJudge, proposals: Iterable[Proposal], examples: Iterable[Example], prompts: Mapping[str, Prompt]
) -> list[Proposal]:
    """The proposals; those whose reasoning does not follow get the reason as their `problem`."""
    of = {example.id: example for example in examples}
    return [
        one if one.problem else replace(one, problem=judge.judge(of[one.id], prompts[one.id].shown, one.steps).problem)
        for one in proposals
    ]


def said_of(facts: Iterable[StatedFact]) -> dict[tuple[str, str], StatedFact]:
    """(gene, relation whose wordings are used) → the first fact of it."""
    first: dict[tuple[str, str], StatedFact] = {}
    for fact in facts:
        first.setdefault((fact.gene, fact.relation), fact)
    return first


def recited(
    example: Example, subjects: Sequence[str], said: Mapping[tuple[str, str], StatedFact], spec: RecallTeacher
) -> Proposal:
    """The true name, and steps with the facts of each of the first subjects that anything is said of."""
    told = []
    for gene in subjects:
        worded = dict.fromkeys(map(worded_as, spec.relations))  # is_active_in is worded as located_in is: said once
        facts = [said[gene, relation] for relation in worded if (gene, relation) in said]
        if facts and len(told) < spec.genes:
            sentences = (PARAPHRASES[fact.relation][0].format(gene=gene, object=fact.object) for fact in facts)
            told.append(" ".join(sentences))
    steps = [" ".join(told[start : start + spec.genes_per_step]) for start in range(0, len(told), spec.genes_per_step)]
    return Proposal(example.id, example.subset, example.name, steps, problem="" if steps else NOTHING_SAID)


def _read(text: str) -> tuple[str, list[str], list[str]]:
    answer = NamingDialogue().parse(text)
    return answer.name, answer.steps, answer.problems
