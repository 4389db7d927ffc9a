"""How well the phenotypes of a case fit those that each gene is known for: semantic similarity over HPO.

`fits` and `gene_fit` compare a gene's diseases with a case, where HPO's frequencies count too: of what the patient has
not, and of what the patient has.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reasonome.facts.sources import hpo
from reasonome.facts.sources.go import read_obo
from reasonome.tasks.ranking.questions import CaseExample, RankedGene


class Match(NamedTuple):
    """The most informative phenotype that one of a case implies and a gene is known for, and the diseases in which.

    `same` says that it is the phenotype of the case itself: the gene is known for it, or for a kind of it.
    """

    term: str
    same: bool
    information: float
    diseases: tuple[str, ...]


class PhenotypeOverlap:
    """Similarity of cases to genes: Resnik's, the best match of each phenotype of the case, then their mean.

    A gene has the phenotypes of its diseases in genes_to_phenotype.txt, and all that these imply. The information
    content of a phenotype is -ln of the share of genes that have it. A phenotype of the case is as similar to a gene
    as the most informative phenotype that it implies and the gene has (Resnik 1995, doi:10.48550/arXiv.cmp-lg/9511007);
    the score is the mean over the case's phenotypes, as in Phenomizer's one-sided query (Köhler et al. 2009,
    doi:10.1016/j.ajhg.2009.09.003). Only terms below Phenotypic abnormality count; absent phenotypes and ids that the
    ontology does not know do not.

    `genes` are the symbols as HPO writes them, in the order of `all_scores`.
    """

    def __init__(self, obo: str | Path, genes_to_phenotype: str | Path):
        """Raises InputError for files that are not of HPO (`reasonome.facts.sources.hpo`)."""
        self.ontology = read_obo(obo)
        self._phenotypes = hpo.below(hpo.PHENOTYPIC_ABNORMALITY, self.ontology, Path(obo))
        rows = hpo.read_annotations(Path(genes_to_phenotype))
        rows = rows[[hpo.NOBODY.fullmatch(frequency) is None for frequency in rows["frequency"]]]
        terms = rows["hpo_id"].map({term: self._known(term) for term in rows["hpo_id"].unique()})
        rows = rows.assign(term=terms).dropna(subset=["term"])
        gene_terms = rows.groupby("gene_symbol")["term"].agg(set)
        self.genes: list[str] = gene_terms.index.tolist()
        self._column = {symbol: column for column, symbol in enumerate(self.genes)}
        self._annotated = rows.groupby(["gene_symbol", "disease_id"])["term"].agg(set)
        self._rows = rows[["gene_symbol", "disease_id", "term", "frequency"]]
        self._genes_of = rows.groupby("disease_id")["gene_symbol"].unique().to_dict()
        self._columns: dict[str, list[int]] = defaultdict(list)
        for column, terms in enumerate(gene_terms):
            for term in self._implied(terms):
                self._columns[term].append(column)
        # To 24 bits: sums of a few hundred of them in 53 bits are exact in any order, so that equal scores are equal.
        self.information = {
            term: float(np.float32(math.log(len(self.genes) / len(columns)))) for term, columns in self._columns.items()
        }
        self._best: dict[str, np.ndarray] = {}
        self._implied_in: dict[str, dict[str, set[str]]] = {}

    def scores(self, example: CaseExample, genes: Sequence[RankedGene], leave_out_disease: bool = False) -> list[float]:
        """The score of each of `genes` for a case, in nats; 0 for a gene without phenotypes in HPO.

        With `leave_out_disease`, rows with the case's own disease id do not count, as for a new disease; information
        contents do not change. If two databases describe the disease, its rows under the other id still count.
        """
        all_scores = self.all_scores(example, leave_out_disease)
        symbols = map(self._symbol, genes)
        return [0.0 if symbol is None else float(all_scores[self._column[symbol]]) for symbol in symbols]

    def all_scores(self, example: CaseExample, leave_out_disease: bool = False) -> np.ndarray:
        """The scores of `self.genes` for a case, float64 of shape (genes,); zeros where no phenotype is known."""
        present = self.known(phenotype.id for phenotype in example.present)
        if not present:
            return np.zeros(len(self.genes))
        scores = np.asarray(np.mean([self._best_matches(term) for term in present], axis=0, dtype=np.float64))
        if leave_out_disease:
            for symbol in self._genes_of.get(example.disease_id, ()):
                others = self._annotated[symbol].drop(example.disease_id)
                known = self._implied(set().union(*others))
                shared = [self.ancestors(term) & known for term in present]
                best = [max((self.information[term] for term in terms), default=0.0) for terms in shared]
                scores[self._column[symbol]] = np.mean(best)
        return scores

    def match(self, term_id: str, gene: RankedGene) -> Match | None:
        """What the gene is known for that fits a phenotype; None where that is nothing that tells genes apart."""
        term, by_disease = self._known(term_id), self.diseases(gene)
        if term is None:
            return None
        shared = self.ancestors(term) & set().union(*by_disease.values())
        best = max(shared, key=lambda other: (self.information[other], other == term, other), default=None)
        if best is None or self.information[best] == 0:
            return None
        diseases = sorted(disease for disease, terms in by_disease.items() if best in terms)
        return Match(best, best == term, self.information[best], tuple(diseases))

    def implies(self, term_id: str, other: str) -> bool:
        """Whether who has the phenotype `term_id` also has `other`."""
        term = self._known(term_id)
        return term is not None and other in self.ancestors(term)

    def diseases(self, gene: RankedGene) -> dict[str, set[str]]:
        """The phenotypes of each disease that HPO links to a gene, and all that they imply, by the disease's id."""
        symbol = self._symbol(gene)
        if symbol is None:
            return {}
        if symbol not in self._implied_in:
            diseases = self._annotated[symbol].items()
            self._implied_in[symbol] = {disease: self._implied(terms) for disease, terms in diseases}
        return self._implied_in[symbol]

    def frequencies(self, gene: RankedGene, disease_id: str) -> dict[str, str]:
        """How many patients with a gene's disease have each of its phenotypes, as HPO has it; those that say so."""
        return self._stated.get((self._symbol(gene), disease_id), {})

    def annotated(self, gene: RankedGene, disease_id: str) -> set[str]:
        """The phenotypes of a gene's disease as HPO has them, without those that they imply."""
        symbol = self._symbol(gene)
        return set() if symbol is None else self._annotated[symbol][disease_id]

    def ancestors(self, term: str) -> set[str]:
        """A phenotype in use, and all that it implies."""
        return self._implied({term})

    @cached_property
    def _stated(self) -> dict[tuple[str | None, str], dict[str, str]]:
        stated: dict[tuple[str | None, str], dict[str, str]] = defaultdict(dict)
        rows = self._rows[~self._rows["frequency"].isin(("", "-"))]
        for symbol, disease, term, frequency in rows.itertuples(index=False):
            stated[symbol, disease][term] = frequency
        return dict(stated)

    def known(self, term_ids: Iterable[str]) -> list[str]:
        """The phenotypes of the ontology that the ids mean, each once; others, such as onset, are skipped."""
        terms = (self._known(term_id) for term_id in term_ids)
        return list(dict.fromkeys(term for term in terms if term is not None))

    def _known(self, term_id: str) -> str | None:
        term = self.ontology.live_id(term_id)
        return term if term in self._phenotypes else None

    def _implied(self, terms: set[str]) -> set[str]:
        """`terms` and all phenotypes above them."""
        above = set().union(*(self.ontology.ancestors[term] for term in terms)) & self._phenotypes
        return terms | above

    def _best_matches(self, term: str) -> np.ndarray:
        """How similar one phenotype is to every gene, float32 of shape (genes,).

        Genes that have it: its information content, which no phenotype above exceeds; others: the best of its parents.
        """
        if term not in self._best:
            parents = [parent for parent in self.ontology.parents[term] if parent in self._phenotypes]
            best = np.zeros(len(self.genes), dtype=np.float32)
            for parent in parents:
                np.maximum(best, self._best_matches(parent), out=best)
            if term in self._columns:
                best[self._columns[term]] = self.information[term]
            self._best[term] = best
        return self._best[term]

    def _symbol(self, gene: RankedGene) -> str | None:
        """The symbol of a gene as HPO has it, else the one alias that HPO has."""
        if gene.symbol in self._column:
            return gene.symbol
        known = {alias for alias in gene.aliases if alias in self._column}
        return known.pop() if len(known) == 1 else None


# The share of patients by HPO's terms of frequency: the middle of the range that each of them names.
_CLASSES = {
    "HP:0040280": (1.0, "obligate (100 %)"),
    "HP:0040281": (0.895, "very frequent (80 to 99 %)"),
    "HP:0040282": (0.545, "frequent (30 to 79 %)"),
    "HP:0040283": (0.17, "occasional (5 to 29 %)"),
    "HP:0040284": (0.025, "very rare (1 to 4 %)"),
}
_COUNTED = re.compile(r"(\d+)/(\d+)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
# The share of patients above which an absent phenotype speaks against a disease, and below which a present one does.
MOST = 0.5
_SUREST = 0.95  # no share counts as more: records have errors, and diseases begin


class Against(NamedTuple):
    """A phenotype of a case: an absent one that most patients of a disease have, or a present one that few have.

    `known` is the disease's phenotype, the same or a kind of it; `share` of its patients have it, `stated` in words;
    `cost` is -ln of the share of patients who are like the case, in nats, and for a present one no more than its match.
    """

    term: str
    known: str
    share: float
    stated: str
    cost: float
    is_present: bool = False


class DiseaseFit(NamedTuple):
    """A disease of a gene: its overlap with the case's present phenotypes, and what of the case is against it.

    `fit` is the overlap less the mean cost, over as many phenotypes as the overlap, in nats.
    """

    disease: str
    overlap: float
    against: tuple[Against, ...]
    fit: float


class GeneFit(NamedTuple):
    """A gene's phenotype overlap less what is against it costs; its diseases, the best first."""

    fit: float
    diseases: tuple[DiseaseFit, ...]


def share_of(frequency: str) -> tuple[float, str] | None:
    """(share of patients, in words) of a frequency as HPO has it; None where it says none.

    So many of so few patients are (n + 1) / (m + 2), the rule of succession: one of one is no certainty.
    """
    if frequency in _CLASSES:
        return _CLASSES[frequency]
    if counted := _COUNTED.fullmatch(frequency):
        some, of = int(counted[1]), int(counted[2])
        return ((some + 1) / (of + 2), f"{some} of {of} patient{'s' * (of > 1)}") if of else None
    if percent := _PERCENT.fullmatch(frequency):
        return float(percent[1]) / 100, f"{percent[1]} %"
    return None


def fits(example: CaseExample, genes: Sequence[RankedGene], overlap: PhenotypeOverlap) -> list[tuple[float, float]]:
    """(phenotype overlap, fit) of each gene for a case, in nats; equal where no frequency counts."""
    scores = overlap.scores(example, genes)
    present, absent = counted_terms(example, overlap)
    return [
        (score, _rounded(gene_fit(gene, present, absent, overlap, score).fit, score) if score else 0.0)
        for gene, score in zip(genes, scores, strict=True)
    ]


def _rounded(fit: float, score: float) -> float:
    """A fit to six digits, so that equals are equal; the score itself where nothing is against the gene."""
    return score if fit == score else round(fit, 6)


def counted_terms(example: CaseExample, overlap: PhenotypeOverlap) -> tuple[list[str], list[str]]:
    """The present phenotypes of a case in the ontology, and the absent ones but those that a present one implies."""
    present, absent = (overlap.known(one.id for one in terms) for terms in (example.present, example.absent))
    implied = set().union(*map(overlap.ancestors, present))
    return present, [term for term in absent if term not in implied]


def gene_fit(
    gene: RankedGene, present: Sequence[str], absent: Sequence[str], overlap: PhenotypeOverlap, score: float
) -> GeneFit:
    """How well a gene fits a case of `counted_terms`; `score` is its phenotype overlap, of all its diseases together.

    A phenotype that is absent speaks against a disease if most of its patients have it, or one that implies it; one
    that is present does if few have it, and all that is known of the disease says how many. The gene loses what its
    best disease loses: its fit is `score` less the difference between the best overlap of a disease and the best fit
    of one.
    """
    above = [overlap.ancestors(term) for term in present]
    diseases = []
    for disease, known in overlap.diseases(gene).items():
        matches = [max((overlap.information[term] for term in terms & known), default=0) for terms in above]
        shared = sum(matches) / max(len(present), 1)
        stated = overlap.frequencies(gene, disease)
        annotated = overlap.annotated(gene, disease)
        against = (*_against(stated, absent, overlap), *_rare(stated, annotated, present, matches, overlap))
        cost = sum(one.cost for one in against) / max(len(present), 1)
        diseases.append(DiseaseFit(disease, shared, against, shared - cost))
    if not diseases:
        return GeneFit(score, ())
    lost = max(one.overlap for one in diseases) - max(one.fit for one in diseases)
    return GeneFit(score - lost, tuple(sorted(diseases, key=lambda one: (-one.fit, one.disease))))


def _against(stated: Mapping[str, str], absent: Sequence[str], overlap: PhenotypeOverlap) -> tuple[Against, ...]:
    """The absent phenotypes that most patients have, each with the commonest of what they have of it."""
    found = []
    for term in absent:
        kinds = [
            Against(term, known, *share, -math.log(1 - min(share[0], _SUREST)))
            for known, frequency in stated.items()
            if (known == term or term in overlap.ontology.ancestors[known])
            and (share := share_of(frequency))
            and share[0] > MOST
        ]
        if kinds:
            found.append(max(kinds, key=lambda one: (one.share, one.known == term, one.known)))
    return tuple(found)


def _rare(
    stated: Mapping[str, str],
    known: set[str],
    present: Sequence[str],
    matches: Sequence[float],
    overlap: PhenotypeOverlap,
) -> Iterator[Against]:
    """The present phenotypes that few patients have, each with the commonest of what they have of it."""
    for term, match in zip(present, matches, strict=True):
        kinds = [one for one in known if one == term or term in overlap.ontology.ancestors[one]]
        shares = {one: share_of(stated.get(one, "")) for one in kinds}
        told = [(share, one == term, one) for one, share in shares.items() if share]
        if told and len(told) == len(kinds) and (most := max(told))[0][0] < 1 - MOST:
            cost = min(match, -math.log(max(most[0][0], 1 - _SUREST)))
            yield Against(term, most[2], *most[0], cost, is_present=True)
