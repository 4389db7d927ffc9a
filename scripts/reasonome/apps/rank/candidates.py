"""The genes of a question with all that is known beside a ranking: fit, distance, phenotypes, diseases."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.stats import rankdata
from tqdm import tqdm

from reasonome.apps.rank.questions import Question
from reasonome.apps.rank.record import (
    AgainstIt,
    KnownDisease,
    KnownPhenotype,
    RankedCandidate,
    RankingRecord,
    Sample,
    with_name,
)
from reasonome.facts.sources.hpo import disease_page
from reasonome.facts.text import counted, some
from reasonome.tasks.ranking.loci import LocusMaker
from reasonome.tasks.ranking.phenotypes import PhenotypeOverlap, counted_terms, fits, gene_fit
from reasonome.tasks.ranking.questions import CaseExample, RankedGene

_SYMBOLS = ("current", "previous", "alias")  # ways to resolve a text that an answer may use: no numbers of databases
_DISEASES = 5  # of a gene, at most
_BESIDE = 10  # genes that fit best by phenotypes, and are told beside a ranking that does not have them
# A gene is said to be related to a phenotype by one that at most a twentieth of the genes of HPO have: -ln(1/20).
_RELATED = 3.0


@dataclass(frozen=True)
class Known:
    """The genes of the authority, and of cases HPO's phenotypes of genes and names of diseases."""

    maker: LocusMaker
    overlap: PhenotypeOverlap | None
    disease_names: Mapping[str, str] = field(default_factory=dict)

    def symbol(self, written: str) -> str | None:
        """The current symbol of a human gene that an answer names; None for any other text."""
        resolution = self.maker.genes.resolve(written)
        return resolution.symbol if resolution.how.startswith(_SYMBOLS) else None

    def gene(self, symbol: str, question: Question) -> RankedGene:
        """A gene as the question has it; else as questions would."""
        return question.by_symbol.get(symbol) or self.maker.ranked(symbol)

    def fits(self, question: Question) -> dict[str, tuple[float, float]]:
        """(phenotype overlap, fit) of each gene that may be the answer to a case; of any gene, those that overlap."""
        example = question.example
        if self.overlap is None or not isinstance(example, CaseExample):
            return {}
        if question.candidates:
            scores = fits(example, question.candidates, self.overlap)
            return dict(zip((gene.symbol for gene in question.candidates), scores, strict=True))
        places = np.flatnonzero(self.overlap.all_scores(example))
        genes = [RankedGene(symbol=self.overlap.genes[place]) for place in places]
        scores = zip(places, fits(example, genes, self.overlap), strict=True)
        found: dict[str, tuple[float, float]] = {}
        for place, score in sorted(scores, key=lambda one: -one[1][0]):
            if symbol := self._symbols_of_hpo[place]:
                found.setdefault(symbol, score)
        return found

    def phenotypes(self, gene: RankedGene, question: Question) -> list[KnownPhenotype]:
        """What HPO knows of a gene that fits the present phenotypes; those first that it is known for itself."""
        found = []
        if self.overlap is None:
            return found
        for term in question.record.present:
            match = self.overlap.match(term.id, gene)
            if match and (match.same or match.information >= _RELATED):
                label = self.overlap.ontology.terms[match.term].name
                diseases = list(map(self._disease, match.diseases))
                found.append(KnownPhenotype(label=term.label, same=match.same, known_label=label, diseases=diseases))
        return sorted(found, key=lambda known: not known.same)

    def diseases(self, gene: RankedGene, question: Question) -> list[KnownDisease]:
        """The diseases of a gene that share a phenotype with a case, the best first, and what is against each."""
        if self.overlap is None or not isinstance(question.example, CaseExample):
            return []
        terms = self.overlap.ontology.terms
        present, absent = counted_terms(question.example, self.overlap)
        found = gene_fit(gene, present, absent, self.overlap, 0).diseases
        return [
            KnownDisease(
                name=self._disease(one.disease),
                link=disease_page(one.disease),
                fit=round(one.fit, 4),
                against=[
                    AgainstIt(
                        label=terms[lacking.term].name,
                        known_label=terms[lacking.known].name,
                        stated=lacking.stated,
                        is_present=lacking.is_present,
                    )
                    for lacking in one.against
                ],
            )
            for one in found
            if one.overlap > 0
        ][:_DISEASES]

    def _disease(self, disease: str) -> str:
        return with_name(disease, self.disease_names.get(disease, ""))

    @cached_property
    def _symbols_of_hpo(self) -> list[str | None]:
        symbols = [] if self.overlap is None else self.overlap.genes
        return [self.maker.genes.resolve(symbol).symbol for symbol in symbols]


def candidates(
    question: Question,
    samples: Sequence[Sample],
    ranked: Mapping[str, int],
    known: Known,
    scores: Mapping[str, tuple[float, float]],
    beside: int = _BESIDE,
) -> list[RankedCandidate]:
    """The `ranked` genes, then the other shown candidates and the best `beside` by phenotypes, with their facts.

    `scores` are the fits of the question.
    """
    shown = {gene.symbol for gene in question.shown}
    distances = {gene.symbol: gene.distance for gene in question.candidates if gene.distance is not None}
    by_fit = ranks({symbol: -fit for symbol, (overlap, fit) in scores.items() if overlap > 0})
    by_distance = ranks(distances)
    best = sorted(by_fit, key=lambda symbol: (by_fit[symbol], symbol))[:beside]
    last = max(len(by_fit), len(by_distance)) + 1
    others = sorted(
        {*shown, *best} - set(ranked),
        key=lambda symbol: (by_fit.get(symbol, last), by_distance.get(symbol, last), symbol),
    )
    made = []
    for symbol in [*ranked, *others]:
        gene, (overlap, fit) = known.gene(symbol, question), scores.get(symbol, (0.0, 0.0))
        made.append(
            RankedCandidate(
                symbol=symbol,
                name=gene.name,
                rank=ranked.get(symbol),
                first=_share(sample.genes[:1] == [symbol] for sample in samples),
                listed=_share(symbol in sample.genes for sample in samples),
                shown=symbol in shown or not question.candidates,
                overlap=round(overlap, 4) if scores else None,
                fit=round(fit, 4) if scores else None,
                fit_rank=by_fit.get(symbol),
                distance=distances.get(symbol),
                distance_rank=by_distance.get(symbol),
                known=known.phenotypes(gene, question),
                diseases=known.diseases(gene, question),
            )
        )
    return made


def _share(votes: Iterable[bool]) -> float | None:
    """The share of the votes that are true; None without votes."""
    counted = list(votes)
    return sum(counted) / len(counted) if counted else None


def rank_without_model(questions: Sequence[Question], known: Known, longest_list: int) -> list[RankingRecord]:
    """The records of all questions: cases ranked by the fit of phenotypes, loci by distance; equals share a rank.

    Of any human gene the best `longest_list` are told.
    """
    asked = tqdm(questions, desc="ranking", unit=f" {questions[0].record.kind}s", delay=5)
    return [_ranked(question, known, longest_list) for question in asked]


def _ranked(question: Question, known: Known, longest_list: int) -> RankingRecord:
    if question.example is None:
        return question.record
    is_case = question.record.kind == "case"
    by = "fit_rank" if is_case else "distance_rank"
    scores = known.fits(question)
    genes = candidates(question, [], {}, known, scores, longest_list)
    ranked = [gene.model_copy(update={"rank": getattr(gene, by)}) for gene in genes]
    flags = list(question.record.flags)
    if is_case and not any(gene.rank for gene in ranked):
        flags.append("no gene that may be the answer is known for any of these phenotypes")
    if equal := _left_out_as_good({gene.symbol for gene in genes}, scores):
        more = counted(len(equal), "more gene fits", "more genes fit")
        flags.append(f"{more} as well as the last one listed: {some(equal)}")
    return question.record.model_copy(update={"genes": ranked, "flags": flags})


def _left_out_as_good(listed: Collection[str], scores: Mapping[str, tuple[float, float]]) -> list[str]:
    """The genes that are not listed although none of them fits worse than all that are."""
    fitting = {symbol: fit for symbol, (overlap, fit) in scores.items() if overlap > 0}
    worst = min((fit for symbol, fit in fitting.items() if symbol in listed), default=math.inf)
    return sorted(symbol for symbol, fit in fitting.items() if fit >= worst and symbol not in listed)


def ranks(values: Mapping[str, float]) -> dict[str, int]:
    """The rank of each, from 1 for the lowest; equals share the best of their ranks."""
    return dict(zip(values, map(int, rankdata(list(values.values()), "min")), strict=True))
