"""Baselines of rankings: orders of genes that need no model, each with the information that it uses."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from reasonome.core.errors import InputError
from reasonome.facts.sources.formats import read_genes
from reasonome.scoring.encoders import SentenceEncoder, load_encoders
from reasonome.task_parts import BaselineJob, Baselines
from reasonome.tasks.ranking.clusters import clusters
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.tasks.ranking.metrics import expected_metrics, list_metrics
from reasonome.tasks.ranking.phenotypes import PhenotypeOverlap
from reasonome.tasks.ranking.questions import CaseExample, RankingExample
from reasonome.tasks.ranking.scoring import joined, labels
from reasonome.tasks.ranking.settings import RankingBenchmark, RankingStyle

RANDOM_ORDER = "random_order"
BY_CHANCE = "any gene, by chance"  # the answer of a baseline whose scores are expected values
_UNSURE = {"confidence": math.nan, "confidence_kind": ""}


@dataclass(frozen=True)
class RankingQuestions:
    """Questions to be ranked (`asked`), and all data for baselines; each uses no more than its `information` says.

    `shown` are the candidates of each question in the order of its prompt, empty where every gene is one; `genes` are
    all human genes, symbol → official name; `encoders` are by name.
    """

    asked: Sequence[RankingExample]
    shown: Sequence[Sequence[str]]
    longest_list: int
    genes: Mapping[str, str] = field(default_factory=dict)
    training: Sequence[RankingExample] = ()
    encoders: Mapping[str, SentenceEncoder] = field(default_factory=dict)
    overlap: PhenotypeOverlap | None = None

    @cached_property
    def alphabet(self) -> list[str]:
        """All human genes by the alphabet."""
        return sorted(self.genes)

    @cached_property
    def counts(self) -> Counter:
        """How often each gene is a right one of a training question, the commonest first."""
        counts = Counter(gene.symbol for example in self.training for gene in example.causal)
        return Counter(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))

    @cached_property
    def names(self) -> dict[str, str]:
        """The official name of each gene, as far as it is known."""
        candidates = [gene for example in self.asked for gene in example.candidates]
        return {**self.genes, **{gene.symbol: gene.name for gene in candidates if gene.name}}

    def among(self, place: int) -> list[str]:
        """The genes that a question asks about: the prompt's candidates in their order, or all by the alphabet."""
        return list(self.shown[place]) or self.alphabet


@dataclass(frozen=True)
class RankingBaseline:
    """One model-free way to rank: (questions, position of one) → symbols, of which the first `longest_list` count.

    `information` is what it uses: "none", "prompt", "training data", "a database", or "a database with the own term".
    `usable(questions)` is whether the data that it needs are there.
    """

    information: str
    rank: Callable[[RankingQuestions, int], list[str]]
    usable: Callable[[RankingQuestions], bool] = lambda questions: True


def commonest_gene(questions: RankingQuestions, place: int) -> list[str]:
    """The candidates by how often each is a right gene of a training question; equals in the order of the prompt."""
    return sorted(questions.shown[place], key=lambda symbol: -questions.counts[symbol]) or list(questions.counts)


def _by_value(attribute: str, questions: RankingQuestions, place: int) -> list[str]:
    """The candidates by the tool's score, or by their distance from the lead variant, those without one last.

    Equals stand in the order of the prompt.
    """
    sign = -1 if attribute == "distance" else 1
    values = {gene.symbol: getattr(gene, attribute) for gene in questions.asked[place].candidates}
    known = {symbol: sign * value for symbol, value in values.items() if value is not None}
    return sorted(questions.shown[place], key=lambda symbol: -known.get(symbol, -math.inf))


def name_similarity(questions: RankingQuestions, place: int) -> list[str]:
    """The genes by the mean cosine, over encoders, of their official name and what is asked (trait or phenotypes).

    A gene without an official name is read as its symbol. Equals in the order of the prompt.
    """
    text, genes = "; ".join(questions.asked[place].asked), questions.among(place)
    written = [questions.names.get(symbol) or symbol for symbol in genes]
    cosines = np.mean([e.embed(written) @ e.embed([text])[0] for e in questions.encoders.values()], axis=0)
    # Rounded, so that equals are equal whatever the order in which their products were summed.
    return _best(genes, cosines.astype(float).round(6), questions.longest_list)


def phenotype_overlap(questions: RankingQuestions, place: int, leave_out_disease: bool = True) -> list[str]:
    """The genes by how well the present phenotypes fit their known ones, without those of the case's own disease."""
    example, overlap = questions.asked[place], questions.overlap
    if overlap is None or not isinstance(example, CaseExample):
        raise TypeError("phenotypes overlap in cases of rare diseases")
    if symbols := questions.shown[place]:
        by_symbol = {gene.symbol: gene for gene in example.candidates}
        scores = overlap.scores(example, [by_symbol[symbol] for symbol in symbols], leave_out_disease)
    else:
        symbols, scores = overlap.genes, overlap.all_scores(example, leave_out_disease)
    return example.meant(_best(symbols, np.asarray(scores, float).round(6), questions.longest_list))


def _best(genes: Sequence[str], scores: np.ndarray, most: int) -> list[str]:
    """At most so many genes, the highest scores first; equals as they stand."""
    return [genes[int(place)] for place in np.argsort(-scores, kind="stable")[:most]]


def _any_candidate(attribute: str, questions: RankingQuestions) -> bool:
    return any(getattr(gene, attribute) is not None for e in questions.asked for gene in e.candidates)


BASELINES: dict[str, RankingBaseline] = {
    "prompt_order": RankingBaseline("prompt", lambda q, place: list(q.shown[place]), lambda q: any(q.shown)),
    "name_similarity": RankingBaseline("prompt", name_similarity, lambda q: bool(q.encoders)),
    "commonest_gene": RankingBaseline("training data", commonest_gene, lambda q: bool(q.training)),
    "nearest_gene": RankingBaseline("a database", partial(_by_value, "distance"), partial(_any_candidate, "distance")),
    "tool_score": RankingBaseline("a database", partial(_by_value, "score"), partial(_any_candidate, "score")),
    "phenotype_overlap": RankingBaseline("a database", phenotype_overlap, lambda q: q.overlap is not None),
    # A ceiling: what looking the tested disease up would give.
    "phenotype_overlap_own_disease": RankingBaseline(
        "a database with the own term",
        partial(phenotype_overlap, leave_out_disease=False),
        lambda q: q.overlap is not None,
    ),
}


class RankingBaselines(Baselines[RankingDialogue]):
    """Scores of orders that need no model."""

    def score(self, job: BaselineJob[RankingBenchmark, RankingStyle]) -> pd.DataFrame:
        """The scores of a benchmark's baselines, as `baseline_scores` gives them."""
        genes = read_genes(job.files["authority"]).genes
        phenotypes = job.files["phenotypes"]
        return baseline_scores(
            self.task,
            job.style,
            job.training,
            job.asked,
            {symbol: gene.name for symbol, gene in genes.items()},
            job.benchmark.longest_list,
            load_encoders(job.encoders),
            PhenotypeOverlap(phenotypes["obo"], phenotypes["genes"]) if phenotypes else None,
        )

    def cells(self, scores: pd.DataFrame) -> list[str]:
        return [", ".join(genes.split()) for genes in scores["genes"]]


def baseline_scores(
    task: RankingDialogue,
    style: RankingStyle,
    training: Sequence[RankingExample],
    examples: Sequence[RankingExample],
    genes: Mapping[str, str],
    longest_list: int,
    encoders: Mapping[str, SentenceEncoder] | None = None,
    overlap: PhenotypeOverlap | None = None,
) -> pd.DataFrame:
    """Score every baseline that can answer, a row per question; `random_order` has exact expected values, and 0 draws.

    `commonest_gene` is as sure of its first gene as that is common in training; the others state no confidence.
    `genes` are all human genes, symbol → official name, which questions without candidates are about. InputError
    without examples.
    """
    if not examples:
        raise InputError("there are no examples to score baselines on", fix="give the test split of a benchmark")
    shown = [task.listed(example, style) for example in examples]
    questions = RankingQuestions(examples, shown, longest_list, genes, training, encoders or {}, overlap)
    rows: list[dict[str, Any]] = []
    labelled = [labels(*pair) for pair in zip(examples, clusters(examples), strict=True)]
    for example, label in zip(examples, labelled, strict=True):
        expected = expected_metrics(len(example.candidates), len(example.causal), longest_list, len(genes))
        row = {"baseline": RANDOM_ORDER, "information": "none", "answer": BY_CHANCE, "genes": "", "draws": 0}
        rows.append(row | _UNSURE | label | expected)
    for name, baseline in BASELINES.items():
        if not baseline.usable(questions):
            continue
        for place, (example, label) in enumerate(zip(examples, labelled, strict=True)):
            ranked = baseline.rank(questions, place)[:longest_list]
            row = {"baseline": name, "information": baseline.information, "answer": ranked[0] if ranked else ""}
            row |= {"genes": joined(ranked), "draws": 1} | _UNSURE | label
            if name == "commonest_gene" and ranked:
                row |= {"confidence": questions.counts[ranked[0]] / len(training), "confidence_kind": "stated"}
            metrics = list_metrics(ranked, example, longest_list)
            rows.append(row | {metric: metrics[metric] for metric in expected})
    return pd.DataFrame(rows)
