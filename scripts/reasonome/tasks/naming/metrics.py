"""Metrics of names, by words, encoders and terms, and of reasoning; and the judges that compute them for a benchmark.

A name is linked to a term of the background; the metrics of terms say how near that one is to the truth.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.config.backbones import EncoderFolder
from reasonome.facts.sources.source import FACT_COLUMNS, read_facts
from reasonome.facts.text import normalise
from reasonome.rewards import Similarity
from reasonome.scoring import rouge
from reasonome.scoring.encoders import SentenceEncoder, load_encoders
from reasonome.tasks.naming.background import Background, BackgroundTerm, read_background
from reasonome.tasks.naming.claims import CONTRADICTED, TRUE, UNKNOWN, Knowledge
from reasonome.tasks.naming.dialogue import ABSTENTION
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.settings import NamingBenchmark

_ABSTENTION = normalise(ABSTENTION)
_CHUNK = 256  # rows of cosines held at once: with 20,000 names 20 MB per encoder
_EQUAL = 1e-6  # cosines of one pair of texts, computed in two ways, differ by less
# One scale for the two parts of term_score: what 95 % of random terms of the true term's branch do not exceed, which
# earns 0, and the median of its direct parents, which earns 1/2. From training sets (docs/metrics.md).
CHANCE_LIN, PARENT_LIN = 0.325, 0.864
CHANCE_OVERLAP, PARENT_OVERLAP = 0.001, 0.167
_FAR = 0.05  # of the background's names are farther from their nearest other name than a link may be
_NAMES_FOR_FAR = 500  # which that is measured on, if there are more
# The candidate that a name is linked to, and by what: "name", "synonym", "encoder", "far" for an encoder whose link is
# no term's name, or "" for none.
Link = tuple[BackgroundTerm | None, str]
_NO_LINK: Link = (None, "")


class TermScorer:
    """Scores names by the terms of a background.

    A name that equals no candidate's is linked by the encoders (by name), or to nothing without any. The names of all
    candidates are embedded once, when first needed.
    """

    def __init__(self, background: Background, encoders: Mapping[str, SentenceEncoder]):
        self.background = background
        self.encoders = encoders
        self._nearest: dict[str, tuple[str, bool]] = {}
        self._names = background.candidate_names

    def score(self, names: Sequence[str], examples: Sequence[Example]) -> pd.DataFrame:
        """Scores of names, each against the example at its position; "" is no answer. A row per name, in order.

        term, term_name and term_by say what a name was linked to; relation is that of the linked to the true term (see
        Background.relation; "none" where either is missing). term_part and gene_part are lin and gene_overlap on one
        scale, and term_score is the larger one; a link that is "far" has no term_part, and is not the same term.
        resnik is in nats, percentile_<encoder> and their mean, percentile, are in [0, 100], other numbers in [0, 1]. A
        name linked to nothing scores 0. nan: lin, resnik and term_part where the truth has no information, specificity
        where the term has none.
        """
        table = self.score_terms(names, examples)
        percentiles = self._percentiles(names, examples)
        table = table.assign(**percentiles)
        return table.assign(percentile=np.mean(list(percentiles.values()), axis=0)) if percentiles else table

    def score_terms(self, names: Sequence[str], examples: Sequence[Example]) -> pd.DataFrame:
        """As `score`, without the percentiles, which take most of its time."""
        truths = [self.truth(example) for example in examples]
        links = self._links(names, examples, truths)
        rows = [self._row(*each) for each in zip(names, examples, truths, links, strict=True)]
        columns = [*_TEXTS, *_NUMBERS]
        return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(_NUMBERS, float))

    # one name

    def truth(self, example: Example) -> BackgroundTerm | None:
        """The true term, by id or else by name; None where the background has none."""
        for identifier in (example.main_id, example.term, example.id):
            if identifier in self.background.by_id:
                return self.background.by_id[identifier]
        return self.background.by_name(normalise(example.name))

    def _row(self, name: str, example: Example, truth: BackgroundTerm | None, link: Link) -> dict[str, str | float]:
        linked, by = link
        texts = {"term": "", "term_name": "", "term_by": by, "relation": "none"}
        scores = dict.fromkeys(_NUMBERS, 0.0)
        if truth is None or math.isnan(truth.information):
            scores["lin"] = scores["resnik"] = scores["term_part"] = math.nan
        if linked is not None:
            texts |= {"term": linked.id, "term_name": linked.name}
            scores["specificity"] = math.nan if by == _BY_FAR else self.background.specificity(linked.id)
        if linked is not None:
            scores |= self._term_scores(linked, truth, example, far=by == _BY_FAR)
            if truth is not None and by != _BY_FAR:
                texts["relation"] = self.background.relation(linked.id, truth.id)
        elif truth is None and _names(name, example.name, *example.synonyms):  # right, if unknown to the background
            texts["relation"] = "same"
            ones = dict.fromkeys(("gene_overlap", "gene_part", "same_term", "term_score"), 1.0)
            scores |= ones | {"specificity": math.nan}
        return texts | scores

    def _term_scores(
        self, term: BackgroundTerm, truth: BackgroundTerm | None, example: Example, far: bool
    ) -> dict[str, float]:
        symbols = {gene.symbol for gene in example.genes}
        genes = self.background.genes(term.id)
        shared = len(symbols & genes)
        overlap = shared / (len(symbols) + len(genes) - shared)
        gene_part = on_one_scale(overlap, CHANCE_OVERLAP, PARENT_OVERLAP)
        same = float(term == truth and not far)
        scores = {"gene_overlap": overlap, "gene_part": gene_part, "same_term": same}
        if truth is not None and not math.isnan(truth.information):
            # A term without an ontology shares no ancestors with one that has it.
            known = not math.isnan(term.information)
            scores["lin"] = self.background.lin(term.id, truth.id) if known else 0.0
            scores["resnik"] = self.background.resnik(term.id, truth.id) if known else 0.0
            scores["term_part"] = 0.0 if far else on_one_scale(scores["lin"], CHANCE_LIN, PARENT_LIN)
        return scores | {"term_score": max(gene_part, scores.get("term_part", 0.0), same)}

    # all names at once

    def _links(
        self, names: Sequence[str], examples: Sequence[Example], truths: Sequence[BackgroundTerm | None]
    ) -> list[Link]:
        links = [self._lexical(*each) for each in zip(names, examples, truths, strict=True)]
        if not (self.encoders and self._names):
            return [link or _NO_LINK for link in links]
        nearest = self._nearest_names([name for name, link in zip(names, links, strict=True) if link is None])

        def by_encoders(name: str, truth: BackgroundTerm | None) -> Link:
            near, far = nearest[name]
            by = _BY_FAR if far else "encoder"
            return self.background.candidate(normalise(near), truth.namespace if truth else "")[0], by

        return [link or by_encoders(name, truth) for link, name, truth in zip(links, names, truths, strict=True)]

    def _lexical(self, name: str, example: Example, truth: BackgroundTerm | None) -> Link | None:
        """The link of a name by its words; None where an encoder must decide."""
        if not normalise(name) or _abstains(name):
            return _NO_LINK
        if truth is not None and _names(name, example.name, truth.name):
            return truth, "name"  # whether it is a candidate or not
        candidate, by = self.background.candidate(normalise(name), truth.namespace if truth else "")
        if by != "name" and _names(name, *example.synonyms, *([] if truth else [example.name])):
            return truth, "synonym" if truth else ""
        return (candidate, by) if candidate else None

    def _nearest_names(self, names: Sequence[str]) -> Mapping[str, tuple[str, bool]]:
        """Name → the candidate's name with the highest mean cosine over the encoders, and whether it is far; also for
        earlier names."""
        new = list(dict.fromkeys(name for name in names if name not in self._nearest))
        vectors = {encoder: self.encoders[encoder].embed(new) for encoder in self.encoders} if new else {}
        for start in tqdm(range(0, len(new), _CHUNK), "nearest terms", delay=5):
            rows = slice(start, start + _CHUNK)
            cosines = np.sum([vectors[name][rows] @ self._candidates[name].T for name in self.encoders], axis=0)
            best = np.argmax(cosines, axis=1)
            far = cosines[np.arange(len(best)), best] < self._farthest - _EQUAL
            found = zip((self._names[place] for place in best.tolist()), far.tolist(), strict=True)
            self._nearest.update(zip(new[rows], found, strict=True))
        return self._nearest

    @cached_property
    def _farthest(self) -> float:
        """The sum of cosines over the encoders from which a link is no longer far: that of most candidates' names and
        the nearest other name. Any is near enough for a single candidate."""
        count = len(self._names)
        if count < 2:
            return -math.inf
        places = np.linspace(0, count - 1, min(count, _NAMES_FOR_FAR)).astype(int)
        cosines = np.sum([vectors[places] @ vectors.T for vectors in self._candidates.values()], axis=0)
        cosines[np.arange(len(places)), places] = -np.inf
        return float(np.quantile(cosines.max(axis=1), _FAR))

    def _percentiles(self, names: Sequence[str], examples: Sequence[Example]) -> dict[str, np.ndarray]:
        """percentile_<encoder> of every name among the candidates' names, by similarity to the true name."""
        if not self._names:
            return {}
        scored = np.array([bool(normalise(name)) and not _abstains(name) for name in names], dtype=bool)
        places: list[int] = np.flatnonzero(scored).tolist()
        percentiles = {}
        for encoder, embeds in self.encoders.items():
            values = np.zeros(len(names))
            if places:
                answers = embeds.embed([names[place] for place in places])
                values[places] = self._shares(encoder, answers, [examples[place].name for place in places])
            percentiles[f"percentile_{encoder}"] = values
        return percentiles

    def _shares(self, encoder: str, answers: np.ndarray, truths: Sequence[str]) -> np.ndarray:
        """For each answer the percentage of candidates' names that are less similar to its truth; ties count half."""
        distinct, which = np.unique(np.array(truths, dtype=object), return_inverse=True)
        vectors = self.encoders[encoder].embed(distinct.tolist())
        similar = np.einsum("ij,ij->i", answers, vectors[which])
        shares = np.empty(len(answers))
        for start in tqdm(range(0, len(distinct), _CHUNK), f"percentiles by {encoder}", delay=5):
            cosines = vectors[start : start + _CHUNK] @ self._candidates[encoder].T
            for offset, row in enumerate(cosines):
                own = np.flatnonzero(which == start + offset)
                below = np.count_nonzero(row < similar[own, None] - _EQUAL, axis=1)
                upto = np.count_nonzero(row <= similar[own, None] + _EQUAL, axis=1)
                shares[own] = 50 * (below + upto) / len(row)
        return shares

    @cached_property
    def _candidates(self) -> dict[str, np.ndarray]:
        """The vectors of the candidates' names by each encoder."""
        return {name: encoder.embed(self._names) for name, encoder in self.encoders.items()}


_TEXTS = ("term", "term_name", "term_by", "relation")
_NUMBERS = ("lin", "resnik", "gene_overlap", "term_part", "gene_part", "same_term", "term_score", "specificity")
_BY_FAR = "far"


def on_one_scale(value: float, chance: float, parent: float) -> float:
    """0 up to `chance`, 1/2 at what a `parent` earns, 1 at 1, and straight lines between."""
    return float(np.interp(value, [chance, parent, 1.0], [0.0, 0.5, 1.0]))


def _abstains(name: str) -> bool:
    return normalise(name) == _ABSTENTION


def _names(name: str, *texts: str) -> bool:
    """Whether a name equals one of the texts, ignoring case, punctuation and spacing."""
    return normalise(name) in map(normalise, texts)


@dataclass(frozen=True)
class Judges:
    """Encoders by name, and the scorers of terms and claims; None where there is none.

    `jaccard` is the Jaccard index from which two test sets form a cluster.
    """

    encoders: Mapping[str, SentenceEncoder] = field(default_factory=dict)
    terms: TermScorer | None = None
    knowledge: Knowledge | None = None
    jaccard: float = 0.5

    def score_names(self, names: Sequence[str], examples: Sequence[Any]) -> pd.DataFrame:
        """Scores of names against the examples' truths, a row per name."""
        similarities = {name: encoder.similarity for name, encoder in self.encoders.items()}
        table = pd.DataFrame(name_scores(names, [example.name for example in examples], similarities))
        return table if self.terms is None else table.join(self.terms.score(names, examples))


def load_judges(
    benchmark: NamingBenchmark, encoders: Sequence[EncoderFolder], background: Path | None, facts: Sequence[Path]
) -> Judges:
    """The judges of a benchmark, by encoders, its background's table, and tables of facts."""
    loaded = load_encoders(encoders)
    terms = None if background is None else read_background(background)
    known = pd.concat([read_facts(path) for path in facts]).drop_duplicates() if facts else None
    return Judges(
        encoders=loaded,
        terms=None if terms is None else TermScorer(terms, loaded),
        knowledge=None if known is None else Knowledge(known, terms),
        jaccard=benchmark.jaccard,
    )


def name_scores(
    names: Sequence[str], truths: Sequence[str], encoders: Mapping[str, Similarity]
) -> dict[str, np.ndarray]:
    """Scores of names against truths, one array of len(names) per metric.

    rouge_l, rouge_1, rouge_2 and exact are in [0, 1]; similarity_<encoder> are cosines, and similarity
    is their mean. An empty name scores 0 everywhere.
    """
    answered = [place for place, name in enumerate(names) if name]
    rows = [rouge.score(name, truth) for name, truth in zip(names, truths, strict=True)]
    scores = {key: np.array([row[key] for row in rows], dtype=float) for key in rouge.NAMES}
    scores["exact"] = np.array(
        [bool(n) and normalise(n) == normalise(t) for n, t in zip(names, truths, strict=True)], dtype=float
    )
    for encoder, similarity in encoders.items():
        values = np.zeros(len(names))
        if answered:
            values[answered] = similarity([names[place] for place in answered], [truths[place] for place in answered])
        scores[f"similarity_{encoder}"] = values
    if encoders:
        scores["similarity"] = np.mean([scores[f"similarity_{e}"] for e in encoders], axis=0)
    return scores


COUNTS = {"claims_supported": TRUE, "claims_unknown": UNKNOWN, "claims_contradicted": CONTRADICTED}


def reasoning_scores(
    answers: Sequence[Any], examples: Sequence[Any], shown: Sequence[Sequence[str]], checker: Knowledge | None
) -> dict[str, np.ndarray]:
    """Scores of the steps of parsed answers, one array of len(answers) per column; `shown`: symbols in the prompt.

    gene_coverage: share of the shown genes that are named, nan without reasoning. foreign_genes: number of named genes
    that are not in the set. claims, claims_supported, claims_unknown, claims_contradicted: numbers of distinct claims.
    supported_share: share of supported claims, nan without claims. checked_claims: JSON texts, a list of gene, term,
    negated, verdict, fact. Without a checker all but the coverage are nan, and checked_claims "[]".
    """
    # Without facts the reader still finds the genes of the set in a text.
    reader = checker or Knowledge(pd.DataFrame(columns=FACT_COLUMNS, dtype=str))
    columns: dict[str, list] = {name: [] for name in ("gene_coverage", "foreign_genes", "claims", *COUNTS)}
    checked = []
    rows = zip(answers, examples, shown, strict=True)
    for answer, example, visible in tqdm(rows, "claims", total=len(answers), delay=5):
        set_symbols = {gene.symbol for gene in example.genes}
        reading = reader.read("\n".join(answer.steps), set_symbols)
        verdicts = [claim.verdict for claim in reading.claims]
        covered = len(reading.genes & set(visible)) / len(set(visible)) if answer.steps and visible else np.nan
        columns["gene_coverage"].append(covered)
        columns["foreign_genes"].append(len(reading.genes - set_symbols))
        columns["claims"].append(len(verdicts))
        for name, verdict in COUNTS.items():
            columns[name].append(verdicts.count(verdict))
        checked.append(json.dumps([claim._asdict() for claim in reading.claims], ensure_ascii=False))
    scores = {name: np.array(values, dtype=float) for name, values in columns.items()}
    if checker is None:
        scores = {name: values if name == "gene_coverage" else values * np.nan for name, values in scores.items()}
    with np.errstate(invalid="ignore"):
        scores["supported_share"] = scores["claims_supported"] / scores["claims"]
    return {**scores, "checked_claims": np.array(checked, dtype=object)}
