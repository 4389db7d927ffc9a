"""Gene set enrichment analysis of whole rankings, by GSEApy: terms whose genes gather at one of the two ends."""

import logging
import os
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import gseapy
import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.apps.annotate.enrichment import fold
from reasonome.apps.annotate.lists import GeneLists, ListedGene
from reasonome.apps.run import Record
from reasonome.config.annotations import Annotation
from reasonome.core.terminal import say
from reasonome.enrichment.over_representation import OverRepresentation
from reasonome.facts.genes import GeneTable
from reasonome.facts.orthologues import Orthologues
from reasonome.facts.text import counted, some

# The smallest weight of a gene, as a share of all weights together. GSEApy scales weights to whole numbers that add up
# to 2 ** 30, and a set whose weights are all 0, as random ones may be, stops it. In fgsea the genes of such a set weigh
# alike, as they do here.
_LEAST_SHARE = 2.0**-28
FEWEST_RANKED = 500  # genes; a shorter ranking is a choice of genes, and no whole one
SMALLEST, LARGEST = 10, 500  # the size of a set, in genes of the ranking, as clusterProfiler has it
THREADS = 2
FALSE_DISCOVERY_RATE = 0.05  # the largest that counts, as the authors of GSEA advise where genes are permuted
SMALLEST_P = 1e-10  # that is told apart, as in fgsea and clusterProfiler
MOST_RUNNING = 3  # terms of an end whose running scores are drawn


@dataclass(frozen=True)
class Ranking:
    """Gene → number, the highest first: genes with equal numbers stand in an order drawn at random.

    Genes are called as tests call them. Infinite numbers stand at the ends. `notes` say in words what was done.
    """

    numbers: Mapping[str, float]
    notes: tuple[str, ...] = ()

    @property
    def is_flat(self) -> bool:
        """Whether all numbers are equal, so that nothing is ranked."""
        return len(set(self.numbers.values())) < 2

    @property
    def weightless(self) -> frozenset[str]:
        """The genes with the number 0."""
        return frozenset(gene for gene, number in self.numbers.items() if number == 0)

    def weights(self) -> dict[str, float]:
        """Gene → what it weighs in GSEA, in the same order: its number, but finite and never 0.

        An infinite one weighs as the largest that is not.
        """
        numbers = np.array(list(self.numbers.values()))
        finite = np.abs(numbers[np.isfinite(numbers)])
        largest = finite.max(initial=0) or 1.0
        numbers = numbers.clip(-largest, largest)
        least = np.abs(numbers).sum() * _LEAST_SHARE
        small = np.abs(numbers) < least
        numbers[small] = np.where(numbers[small] < 0, -least, least)
        return dict(zip(self.numbers, numbers.tolist(), strict=True))


def whole_ranking(
    listed: Sequence[ListedGene], genes: GeneTable, orthologues: Orthologues | None, seed: int
) -> Ranking:
    """The ranking of the known genes among `listed`, all of which have a number; of several for one the most extreme.

    With `orthologues` genes are of mice.
    """
    numbers: dict[str, float] = {}
    merged: dict[str, None] = {}
    for gene in listed:
        symbol = (orthologues or genes).resolve(gene.written).symbol
        if not symbol or gene.weight is None:
            continue
        if numbers.setdefault(symbol, gene.weight) != gene.weight:
            merged[symbol] = None
            numbers[symbol] = max(numbers[symbol], gene.weight, key=abs)
    # From the alphabet first, so that the order depends on the genes, their numbers and the seed alone.
    drawn = np.random.default_rng(seed).permutation(sorted(numbers)).tolist()
    ordered = {gene: numbers[gene] for gene in sorted(drawn, key=lambda gene: -numbers[gene])}
    return Ranking(ordered, tuple(_notes(ordered, list(merged))))


def _notes(numbers: Mapping[str, float], merged: Sequence[str]) -> list[str]:
    """Sentences on several numbers for a gene, ties, infinite numbers, and numbers of one sign."""
    notes = []
    if merged:
        stand = counted(len(merged), "gene stands", "genes stand")
        notes.append(f"{stand} there more than once with other numbers ({some(merged)}): the most extreme one counts")
    counts = Counter(numbers.values())
    if tied := sum(count for count in counts.values() if count > 1):
        notes.append(
            f"{tied:,} of {counted(len(numbers), 'gene')} ({tied / len(numbers):.1%}) share their number with others, "
            "and stand in an order drawn at random among these: what another seed does not find too is doubtful"
        )
    if infinite := counts[np.inf] + counts[-np.inf]:
        stand = counted(infinite, "infinite number stands", "infinite numbers stand")
        notes.append(f"{stand} at the ends, with the weight of the largest finite one")
    if len(counts) > 1 and (min(numbers.values()) >= 0 or max(numbers.values()) <= 0):
        notes.append("the numbers have one sign: GSEA tells what gathers at the end of the strongest, and little else")
    return notes


class RankedTerm(Record):
    """A set whose genes gather at an end of a ranking; `nes` is positive at the top, and `fdr` is of its library.

    `leading_edge` are the genes that make the score, the outermost first; `folded_under` is the id of a better term of
    the library and end with nearly the same ones, "" without.
    """

    library: str
    id: str
    name: str
    size: int
    score: float
    nes: float
    p: float
    fdr: float
    leading_edge: list[str]
    folded_under: str = ""


class RunningScore(NamedTuple):
    """The score of a term after each gene of the ranking, and the places of the term's genes in it."""

    term: RankedTerm
    hits: Sequence[int]
    scores: Sequence[float]


@dataclass(frozen=True)
class RankedAnalysis:
    """GSEA of the ranking in one file: `ends` say in words what its top and its bottom are.

    `running` are the scores that are drawn, over genes of `weights`. `notes` are sentences on how the genes were
    ranked, on sets without a score, and on what failed.
    """

    list: str
    ends: tuple[str, str]
    genes: int
    sets: int
    terms: Sequence[RankedTerm]
    notes: tuple[str, ...] = ()
    running: Sequence[RunningScore] = ()
    weights: Sequence[float] = ()

    @property
    def leading(self) -> Sequence[RankedTerm]:
        """The terms that are not folded below another."""
        return [term for term in self.terms if not term.folded_under]


def is_wanted(settings: Annotation, asks: bool) -> bool:
    """Whether rankings are analysed: as the settings say, else where a model is asked."""
    return asks if settings.gsea is None else settings.gsea


def analyse_rankings(
    gene_lists: Mapping[str, GeneLists],
    tests: Mapping[str, OverRepresentation],
    genes: GeneTable,
    orthologues: Orthologues | None,
    seed: int,
    draw: Collection[str] = (),
) -> list[RankedAnalysis]:
    """The analysis of every file with a ranking of FEWEST_RANKED genes or more, against the libraries of its tests.

    A set has the ranked genes in it, whatever the universe of the tests, which GSEA has no use for.
    With `orthologues` genes are of mice. Genes with equal numbers stand in an order that the seed draws. What cannot be
    analysed is a sentence in `notes`. `draw` are the ids of the terms whose running scores are wanted, by default of
    the best of each end. Prints what is analysed, and the notes.
    """
    analyses = []
    for name, lists in gene_lists.items():
        if not lists.ranking:
            continue
        ranking = whole_ranking(lists.ranking, genes, orthologues, seed)
        if lists.ranking_error and len(lists.ranking) >= FEWEST_RANKED:
            analysis = _none(name, lists.ends, ranking, lists.ranking_error)
        elif len(ranking.numbers) < FEWEST_RANKED:
            needed = "it needs a ranking of all tested genes"
            say(f"{name}: no GSEA: {needed}, and this has {len(ranking.numbers):,} known ones")
            continue
        else:
            gene_sets = tests[name].gene_sets_among(ranking.numbers)
            analysis = _analysed(name, lists.ends, ranking, gene_sets, seed, draw)
        for note in analysis.notes:
            say(f"{name}: {note}")
        analyses.append(analysis)
    return analyses


def _analysed(
    name: str,
    ends: tuple[str, str],
    ranking: Ranking,
    gene_sets: Mapping[str, Mapping[str, tuple[str, frozenset[str]]]],
    seed: int,
    draw: Collection[str],
) -> RankedAnalysis:
    """The analysis of one ranking; a library that GSEApy cannot score is a note, and the others are done.

    `gene_sets` have ranked genes only.
    """
    count = len(ranking.numbers)
    if ranking.is_flat:
        return _none(name, ends, ranking, f"all {count:,} genes have the same number")
    notes, weightless = list(ranking.notes), ranking.weightless
    libraries = {library: _of_fit_size(sets) for library, sets in gene_sets.items()}
    # If all genes of a set have the number 0, neither end is nearer.
    weighed = {
        library: {set_id: pair for set_id, pair in sets.items() if not weightless.issuperset(pair[1])}
        for library, sets in libraries.items()
    }
    if without := sum(map(len, libraries.values())) - sum(map(len, weighed.values())):
        notes.append(f"{counted(without, 'set has', 'sets have')} no score: each of their genes has the number 0")
    tested = sum(map(len, weighed.values()))
    say(f"{name}: GSEA of {count:,} genes against {counted(tested, 'set')}")
    terms, chosen, unscored, weights = [], [], 0, ranking.weights()
    for library, sets in tqdm(weighed.items(), desc="GSEA", unit=" libraries", delay=5):
        try:
            found = _prerank(library, sets, weights, seed)
        except BaseException as error:  # a panic of GSEApy's compiled code is no Exception
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            notes.append(f"no GSEA against {library}: GSEApy failed with {type(error).__name__}: {error}")
            continue
        terms += [term for term in found if term.fdr <= FALSE_DISCOVERY_RATE]
        chosen += [term for term in found if term.id in draw]
        unscored += len(sets) - len(found)
    if unscored:
        notes.append(
            f"{counted(unscored, 'set has', 'sets have')} no score: too few sets drawn at random gather at the same end"
        )
    terms.sort(key=_surest_first)
    if without := sorted(set(draw) - {term.id for term in chosen}):
        notes.append(f"no running score of {some(without)}: no set of that id has a score")
    found = RankedAnalysis(name, ends, count, tested, _folded(terms), tuple(notes), weights=list(weights.values()))
    if not draw:
        up, down = ([term for term in found.leading if (term.nes > 0) == top][:MOST_RUNNING] for top in (True, False))
        chosen = [*up, *down]
    sets = {str(place): weighed[term.library][term.id][1] for place, term in enumerate(chosen)}
    results = _scored(sets, weights, seed) if sets else {}
    running = [RunningScore(chosen[int(key)], result["hits"], result["RES"]) for key, result in results.items()]
    return replace(found, running=sorted(running, key=lambda one: -one.term.nes))


def _surest_first(term: RankedTerm) -> tuple[float, float, float]:
    """The key of a term's place; where p is the smallest, the FDR tells only how many sets of a library have that p."""
    return (0.0 if term.p <= SMALLEST_P else term.fdr, term.p, -abs(term.nes))


def _none(name: str, ends: tuple[str, str], ranking: Ranking, why: str) -> RankedAnalysis:
    return RankedAnalysis(name, ends, len(ranking.numbers), 0, [], (f"no GSEA: {why}",))


def ranking_values(analysis: RankedAnalysis) -> dict[str, object]:
    """What the page shows of an analysis, as JSON values: the terms that are not folded below another."""
    terms = [term.model_dump(exclude={"folded_under"}) for term in analysis.leading]
    shown = {name: getattr(analysis, name) for name in ("list", "ends", "genes", "sets", "notes")}
    return {**shown, "terms": terms}


def _of_fit_size(sets: Mapping[str, tuple[str, frozenset[str]]]) -> dict[str, tuple[str, list[str]]]:
    """The sets of SMALLEST to LARGEST genes: id → name and genes."""
    fit = {set_id: pair for set_id, pair in sets.items() if SMALLEST <= len(pair[1]) <= LARGEST}
    return {set_id: (name, sorted(genes)) for set_id, (name, genes) in fit.items()}


def _prerank(
    library: str, sets: Mapping[str, tuple[str, list[str]]], weights: Mapping[str, float], seed: int
) -> list[RankedTerm]:
    """The sets that have a score, whatever their FDR; `weights` are in the order of the ranking."""
    results = _scored({set_id: genes for set_id, (_, genes) in sets.items()}, weights, seed) if sets else {}
    return [
        RankedTerm(
            library=library,
            id=set_id,
            name=sets[set_id][0],
            size=len(sets[set_id][1]),
            score=result["es"],
            nes=result["nes"],
            p=result["pval"],
            fdr=result["fdr"],
            leading_edge=result["lead_genes"].split(";"),
        )
        for set_id, result in results.items()
        if np.isfinite(result["nes"])
    ]


def _scored(sets: Mapping[str, list[str]], weights: Mapping[str, float], seed: int) -> Mapping[str, Mapping[str, Any]]:
    """What GSEApy says of each set."""
    with _in_silence():
        found = gseapy.prerank(
            pd.Series(weights),
            sets,
            min_size=SMALLEST,
            max_size=LARGEST,
            method="multilevel",  # as fgsea and clusterProfiler: no p is 0, and it takes a fifth of the time
            eps=SMALLEST_P,
            seed=seed,
            threads=THREADS,
            outdir=None,
            no_plot=True,
            verbose=False,
        )
    return found.results


@contextmanager
def _in_silence() -> Iterator[None]:
    """Without GSEApy's warnings and the traces of its compiled code: what they say stands in the notes."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        logging.disable(before)


def _folded(terms: Sequence[RankedTerm]) -> list[RankedTerm]:
    """The terms, each with the id of the one that it is folded below; those of a library and an end are compared."""
    under = {}
    for group in dict.fromkeys((term.library, term.nes > 0) for term in terms):
        own = [term for term in terms if (term.library, term.nes > 0) == group]
        for term, leader in zip(own, fold([frozenset(term.leading_edge) for term in own]), strict=True):
            under[term.library, term.id] = "" if leader is None else own[leader].id
    return [term.model_copy(update={"folded_under": under[term.library, term.id]}) for term in terms]
