"""Baselines of rankings: orders of genes that need no model, each with the information that it uses."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from reasonome.scoring.encoders import SentenceEncoder
from reasonome.tasks.ranking.phenotype_overlap import PhenotypeOverlap
from reasonome.tasks.ranking.questions import RankingExample

BY_CHANCE = "any gene, by chance"  # what stands for the answer where a baseline's scores are expected values


@dataclass(frozen=True)
class RankingQuestions:
    """Questions to be ranked, and all that a baseline may look at; each looks at what its information allows.

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

    def among(self, place: int) -> list[str]:
        """The genes that a question asks about: the prompt's candidates in their order, or all by the alphabet."""
        return list(self.shown[place]) or self.alphabet


@dataclass(frozen=True)
class RankingBaseline:
    """One model-free way to rank: questions → a list of symbols for each, of which the first `longest_list` count.

    `information` is what it uses: "none", "prompt", "training data", "a database", or "a database with the own term".
    `usable` says whether it can answer; what it needs is there.
    """

    information: str
    rank: Callable[[RankingQuestions], list[list[str]]]
    usable: Callable[[RankingQuestions], bool] = lambda questions: True


def alphabetical(questions: RankingQuestions) -> list[list[str]]:
    """The candidates by the alphabet."""
    return [sorted(questions.among(place)) for place in range(len(questions.asked))]


def prompt_order(questions: RankingQuestions) -> list[list[str]]:
    """The candidates as the prompt lists them: shuffled, or as a tool's scores have them, by the style."""
    return [list(shown) for shown in questions.shown]


def commonest_gene(questions: RankingQuestions) -> list[list[str]]:
    """The candidates by how often each is a right gene of a training question; equals in the order of the prompt."""
    counts = Counter(gene.symbol for example in questions.training for gene in example.causal)
    common = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    return [
        sorted(shown, key=lambda symbol: -counts[symbol]) if shown else common for shown in map(list, questions.shown)
    ]


def nearest_gene(questions: RankingQuestions) -> list[list[str]]:
    """The candidates by their distance from the lead variant; what overlaps it alike in the order of the prompt."""
    return _by_value(questions, lambda gene: None if gene.distance is None else -gene.distance)


def tool_score(questions: RankingQuestions) -> list[list[str]]:
    """The candidates by the scores of the tool whose short list they are."""
    return _by_value(questions, lambda gene: gene.score)


def _by_value(questions: RankingQuestions, value: Callable[[Any], float | None]) -> list[list[str]]:
    """The candidates by a number, the highest first and those without one last; equals in the order of the prompt."""
    rankings = []
    for example, shown in zip(questions.asked, questions.shown, strict=True):
        values = {gene.symbol: value(gene) for gene in example.candidates}
        known = [symbol for symbol in shown if values[symbol] is not None]
        rest = [symbol for symbol in shown if values[symbol] is None]
        rankings.append(sorted(known, key=lambda symbol: -values[symbol]) + rest)
    return rankings


def name_similarity(questions: RankingQuestions) -> list[list[str]]:
    """The genes by the mean cosine, over encoders, of their official name and what is asked (trait or phenotypes).

    A gene without an official name is read as its symbol. Equals in the order of the prompt.
    """
    names = dict(questions.genes)
    for example in questions.asked:
        names |= {gene.symbol: gene.name for gene in example.candidates if gene.name}
    texts = ["; ".join(example.asked) for example in questions.asked]
    rankings = []
    for place, text in enumerate(texts):
        genes = questions.among(place)
        written = [names.get(symbol) or symbol for symbol in genes]
        cosines = np.mean([e.embed(written) @ e.embed([text])[0] for e in questions.encoders.values()], axis=0)
        # Rounded, so that equals are equal whatever the order in which their products were summed.
        rankings.append(_best(genes, cosines.astype(float).round(6), questions.longest_list))
    return rankings


def phenotype_overlap(questions: RankingQuestions) -> list[list[str]]:
    """The genes by how well the present phenotypes fit those known of them, less those of the case's own disease."""
    return _by_overlap(questions, leave_out_disease=True)


def phenotype_overlap_own_disease(questions: RankingQuestions) -> list[list[str]]:
    """The genes by how well the present phenotypes fit those known of them, the case's own disease among them."""
    return _by_overlap(questions, leave_out_disease=False)


def _by_overlap(questions: RankingQuestions, leave_out_disease: bool) -> list[list[str]]:
    rankings = []
    for example, shown in zip(questions.asked, questions.shown, strict=True):
        if shown:
            by_symbol = {gene.symbol: gene for gene in example.candidates}
            genes = list(shown)
            scores = questions.overlap.scores(example, [by_symbol[symbol] for symbol in shown], leave_out_disease)
        else:
            genes, scores = questions.overlap.genes, questions.overlap.all_scores(example, leave_out_disease)
        found = _best(genes, np.asarray(scores, float).round(6), questions.longest_list)
        rankings.append(list(dict.fromkeys(example.gene_of(gene) or gene for gene in found)))
    return rankings


def _best(genes: Sequence[str], scores: np.ndarray, most: int) -> list[str]:
    """At most so many genes, the highest scores first; equals as they stand."""
    return [genes[place] for place in np.argsort(-scores, kind="stable")[:most]]


BASELINES: dict[str, RankingBaseline] = {
    "alphabetical": RankingBaseline("none", alphabetical),
    "prompt_order": RankingBaseline("prompt", prompt_order, lambda q: any(q.shown)),
    "name_similarity": RankingBaseline("prompt", name_similarity, lambda q: bool(q.encoders)),
    "commonest_gene": RankingBaseline("training data", commonest_gene, lambda q: bool(q.training)),
    "nearest_gene": RankingBaseline("a database", nearest_gene, lambda q: _any_candidate(q, "distance")),
    "tool_score": RankingBaseline("a database", tool_score, lambda q: _any_candidate(q, "score")),
    "phenotype_overlap": RankingBaseline("a database", phenotype_overlap, lambda q: q.overlap is not None),
    # A ceiling: what looking the tested disease up would give.
    "phenotype_overlap_own_disease": RankingBaseline(
        "a database with the own term", phenotype_overlap_own_disease, lambda q: q.overlap is not None
    ),
}


def _any_candidate(questions: RankingQuestions, attribute: str) -> bool:
    return any(getattr(gene, attribute) is not None for e in questions.asked for gene in e.candidates)
