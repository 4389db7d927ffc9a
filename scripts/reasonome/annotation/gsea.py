"""Gene set enrichment analysis of whole rankings, by GSEApy: terms whose genes gather at one of the two ends."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict
from tqdm import tqdm

from reasonome.annotation.folding import fold
from reasonome.annotation.gene_list import GeneLists
from reasonome.config import Annotation
from reasonome.core.terminal import say
from reasonome.enrichment.over_representation import OverRepresentation
from reasonome.facts.genes import GeneTable
from reasonome.facts.orthologues import Orthologues
from reasonome.facts.text import counted

FEWEST_RANKED = 500  # genes; a shorter ranking is a choice of genes, and no whole one
SMALLEST, LARGEST = 10, 500  # the size of a set, in genes of the ranking, as clusterProfiler has it
THREADS = 2
FALSE_DISCOVERY_RATE = 0.05  # the largest that counts, as the authors of GSEA advise where genes are permuted


class RankedTerm(BaseModel):
    """A set whose genes gather at an end of a ranking; `nes` is positive at the top, and `fdr` is of its library.

    `leading_edge` are the genes that make the score, the outermost first; `folded_under` is the id of a better term of
    the library and end with nearly the same ones, "" without.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
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


@dataclass(frozen=True)
class RankedAnalysis:
    """GSEA of the ranking in one file: `ends` say in words what its top and its bottom are."""

    list: str
    ends: tuple[str, str]
    genes: int
    sets: int
    terms: Sequence[RankedTerm]


def is_wanted(settings: Annotation, asks: bool) -> bool:
    """Whether rankings are analysed: as the settings say, else where a model is asked."""
    return asks if settings.gsea is None else settings.gsea


def analyse_rankings(
    gene_lists: Mapping[str, GeneLists],
    tests: Mapping[str, OverRepresentation],
    genes: GeneTable,
    orthologues: Orthologues | None,
    seed: int,
) -> list[RankedAnalysis]:
    """The analysis of every file with a ranking of FEWEST_RANKED genes or more, against the sets of its tests.

    With `orthologues` genes are of mice. Prints what is analysed.
    """
    analyses = []
    for name, lists in gene_lists.items():
        if not lists.ranking:
            continue
        ranking = resolved(lists, genes, orthologues)
        if len(ranking) < FEWEST_RANKED:
            say(f"{name}: no GSEA: it needs a ranking of all tested genes, and this has {len(ranking):,} known ones")
            continue
        libraries = {library: _within(sets, ranking) for library, sets in tests[name].gene_sets.items()}
        count = sum(map(len, libraries.values()))
        say(f"{name}: GSEA of {len(ranking):,} genes against {counted(count, 'set')}")
        steps = tqdm(libraries.items(), desc="GSEA", unit=" libraries", delay=5)
        terms = [term for library, sets in steps for term in _prerank(library, sets, ranking, seed)]
        terms.sort(key=lambda term: (term.fdr, term.p, -abs(term.nes)))
        analyses.append(RankedAnalysis(name, lists.ends, len(ranking), count, _folded(terms)))
    return analyses


def ranking_values(analysis: RankedAnalysis) -> dict[str, Any]:
    """What the page shows of an analysis, as JSON values: the terms that are not folded below another."""
    terms = [term.model_dump(exclude={"folded_under"}) for term in analysis.terms if not term.folded_under]
    return asdict(replace(analysis, terms=())) | {"terms": terms}


def resolved(lists: GeneLists, genes: GeneTable, orthologues: Orthologues | None) -> dict[str, float]:
    """The known genes of a ranking, as tests call them, with their number; of several rows of one the most extreme."""
    ranking: dict[str, float] = {}
    for gene in lists.ranking:
        symbol = genes.resolve(gene.written).symbol if orthologues is None else orthologues.gene(gene.written)
        if symbol and (symbol not in ranking or abs(gene.weight) > abs(ranking[symbol])):
            ranking[symbol] = gene.weight
    return dict(sorted(ranking.items(), key=lambda pair: (-pair[1], pair[0])))


def _within(sets: Mapping[str, tuple[str, frozenset[str]]], ranking: Mapping[str, float]) -> dict:
    """The sets of SMALLEST to LARGEST ranked genes: id → name and genes."""
    cut = {set_id: (name, sorted(genes & ranking.keys())) for set_id, (name, genes) in sets.items()}
    return {set_id: pair for set_id, pair in cut.items() if SMALLEST <= len(pair[1]) <= LARGEST}


def _prerank(
    library: str, sets: Mapping[str, tuple[str, list[str]]], ranking: Mapping[str, float], seed: int
) -> list[RankedTerm]:
    if not sets:
        return []
    import gseapy  # late: it loads matplotlib, which nothing else here needs

    with _no_warnings():
        found = gseapy.prerank(
            pd.Series(ranking),
            {set_id: genes for set_id, (_, genes) in sets.items()},
            min_size=SMALLEST,
            max_size=LARGEST,
            method="multilevel",  # as fgsea and clusterProfiler: no p is 0, and it takes a fifth of the time
            eps=1e-10,  # the smallest p that is told apart, as there
            seed=seed,
            threads=THREADS,
            outdir=None,
            no_plot=True,
            verbose=False,
        )
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
        for set_id, result in found.results.items()
        if np.isfinite(result["nes"]) and result["fdr"] <= FALSE_DISCOVERY_RATE
    ]


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Without GSEApy's warning of genes with equal numbers, which stand in the order of the alphabet here."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _folded(terms: Sequence[RankedTerm]) -> list[RankedTerm]:
    """The terms, each with the id of the one that it is folded below; those of a library and an end are compared."""
    under = {}
    for group in dict.fromkeys((term.library, term.nes > 0) for term in terms):
        own = [term for term in terms if (term.library, term.nes > 0) == group]
        for term, leader in zip(own, fold([frozenset(term.leading_edge) for term in own]), strict=True):
            under[term.library, term.id] = "" if leader is None else own[leader].id
    return [term.model_copy(update={"folded_under": under[term.library, term.id]}) for term in terms]
