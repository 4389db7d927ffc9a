"""How well the diseases of a gene fit a case, when what the patient has not counts too, by HPO's frequencies."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reasonome.tasks.ranking.phenotype_overlap import PhenotypeOverlap
from reasonome.tasks.ranking.questions import CaseExample, RankedGene

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
MOST = 0.5  # the share of a disease's patients above which a phenotype that is absent speaks against it
_SUREST = 0.95  # no share counts as more: records have errors, and diseases begin


class Against(NamedTuple):
    """An absent phenotype of a case (`term`) that most patients of a disease have: `share` of them, `stated` in words.

    `known` is the disease's phenotype, the absent one or a kind of it; `cost` is -ln(1 - share), in nats.
    """

    term: str
    known: str
    share: float
    stated: str

    @property
    def cost(self) -> float:
        return -math.log(1 - min(self.share, _SUREST))


class DiseaseFit(NamedTuple):
    """A disease of a gene: its overlap with the case's present phenotypes, and what of the absent ones is against it.

    `fit` is the overlap less the mean cost, over as many phenotypes as the overlap, in nats.
    """

    disease: str
    overlap: float
    against: tuple[Against, ...]
    fit: float


class GeneFit(NamedTuple):
    """A gene's phenotype overlap less what the absent phenotypes cost; its diseases, the best first."""

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
    """(phenotype overlap, fit) of each gene for a case, in nats; equal where no absent phenotype counts."""
    scores = overlap.scores(example, genes)
    present, absent = counted_terms(example, overlap)
    if not absent:
        return [(score, score) for score in scores]
    return [
        (score, round(gene_fit(gene, present, absent, overlap, score).fit, 6) if score else 0.0)
        for gene, score in zip(genes, scores, strict=True)
    ]


def counted_terms(example: CaseExample, overlap: PhenotypeOverlap) -> tuple[list[str], list[str]]:
    """The present phenotypes of a case in the ontology, and the absent ones but those that a present one implies."""
    present, absent = (overlap.known(one.id for one in terms) for terms in (example.present, example.absent))
    implied = set().union(*map(overlap.ancestors, present))
    return present, [term for term in absent if term not in implied]


def gene_fit(
    gene: RankedGene, present: Sequence[str], absent: Sequence[str], overlap: PhenotypeOverlap, score: float
) -> GeneFit:
    """How well a gene fits a case of `counted_terms`; `score` is its phenotype overlap, of all its diseases together.

    A phenotype that is absent speaks against a disease if most of its patients have it, or one that implies it. The
    gene loses what its best disease loses: its fit is `score` less the difference between the best overlap of a disease
    and the best fit of one.
    """
    above = [overlap.ancestors(term) for term in present]
    diseases = []
    for disease, known in overlap.diseases(gene).items():
        matches = [max((overlap.information[term] for term in terms & known), default=0) for terms in above]
        shared = sum(matches) / max(len(present), 1)
        against = _against(overlap.frequencies(gene, disease), absent, overlap)
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
            Against(term, known, *share)
            for known, frequency in stated.items()
            if (known == term or term in overlap.ontology.ancestors[known])
            and (share := share_of(frequency))
            and share[0] > MOST
        ]
        if kinds:
            found.append(max(kinds, key=lambda one: (one.share, one.known == term, one.known)))
    return tuple(found)
