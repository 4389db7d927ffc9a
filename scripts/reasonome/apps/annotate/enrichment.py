"""Enriched terms of gene lists, before and without any model: the first thing that is said of a set."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tqdm import tqdm

from reasonome.apps.annotate.record import MOST_TERMS, AnnotationRecord
from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.enrichment.over_representation import OverRepresentation, universe_flags
from reasonome.enrichment.term import EnrichedTerm, FoldedTerm
from reasonome.tasks.naming.rows import connected_sets

SIGNIFICANT = 0.05  # the largest adjusted p of a term that counts
NEAR_IDENTICAL = 0.8  # the smallest Jaccard index of sets of one group
SAME_GENES = 0.5  # the smallest Jaccard index of a list's genes in two terms of which one is folded below the other


def enrich(
    records: Sequence[AnnotationRecord], tests: Mapping[str, OverRepresentation]
) -> tuple[list[AnnotationRecord], dict[str, list[EnrichedTerm]]]:
    """The records with their best terms, and all significant terms of each by its id.

    `tests` has the name of the sets' file as key. Terms come by adjusted p, then p; in a record those that are one of
    many come behind the others. A list with an error has none.
    """
    groups = near_identical_groups([frozenset(gene.symbol for gene in one.genes) for one in records])
    enriched, terms = [], {}
    for record, group in zip(tqdm(records, desc="enrichment", unit=" sets", delay=5), groups, strict=True):
        record = record.model_copy(update={"group": group})
        if not record.error:
            counted, test = tested_genes(record), tests[record.list]
            terms[record.id] = test.enriched(counted, most=None, largest_p=SIGNIFICANT)
            flags = [*record.flags, *universe_flags(counted, test.universe.symbols)]
            record = record.model_copy(update={"enriched": _first(leading_terms(terms[record.id])), "flags": flags})
        enriched.append(record)
    return enriched, terms


def leading_terms(terms: Sequence[EnrichedTerm]) -> list[EnrichedTerm]:
    """The terms that are folded below no other of their library, in the given order, with those folded below them."""
    below: dict[tuple[str, str], list[FoldedTerm]] = {}
    same = Counter((term.library, frozenset(term.genes)) for term in terms)
    for library in dict.fromkeys(term.library for term in terms):
        own = [term for term in terms if term.library == library]
        for term, leader in zip(own, fold([frozenset(term.genes) for term in own]), strict=True):
            if leader is None:
                below[library, term.id] = []
            else:
                shown = FoldedTerm(id=term.id, name=term.name, overlap=term.overlap, adjusted_p=term.adjusted_p)
                below[library, own[leader].id].append(shown)
    return [
        term.model_copy(update={"folded": below[key], "same": same[term.library, frozenset(term.genes)] - 1})
        for term in terms
        if (key := (term.library, term.id)) in below
    ]


def _first(terms: Sequence[EnrichedTerm]) -> list[EnrichedTerm]:
    """The first MOST_TERMS of each library, in the given order, those that are one of many behind the others."""
    seen: Counter[str] = Counter()
    first = []
    for term in terms:
        seen[term.library] += 1
        if seen[term.library] <= MOST_TERMS:
            first.append(term)
    return sorted(first, key=lambda term: term.is_one_of_many)


def tested_genes(record: AnnotationRecord) -> list[str]:
    """The genes that are tested: mouse genes of a mouse list, else human symbols."""
    return list(dict.fromkeys(mouse for gene in record.genes for mouse in gene.orthologue_of)) or [
        gene.symbol for gene in record.genes
    ]


def fold(terms: Sequence[frozenset[str]]) -> list[int | None]:
    """For each term, by its genes of the list and the best first, the place of the term it is folded below.

    That is the best earlier term which is not folded itself and has a Jaccard index of SAME_GENES or more with it; None
    where there is none.
    """
    leading: list[int] = []
    below: list[int | None] = []
    for place, genes in enumerate(terms):
        leader = next((one for one in leading if _jaccard(terms[one], genes) >= SAME_GENES), None)
        below.append(leader)
        if leader is None:
            leading.append(place)
    return below


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared)


def near_identical_groups(sets: Sequence[frozenset[str]]) -> list[int]:
    """The group of each set, numbered from 1 in the order of first appearance.

    Groups are the single-linkage clusters of sets with a Jaccard index of NEAR_IDENTICAL or more. A set without genes
    is a group of its own.
    """
    known = [GeneSet(str(position), "", "", symbols) for position, symbols in enumerate(sets) if symbols]
    components = connected_sets(known, NEAR_IDENTICAL).tolist() if known else []
    cluster = {one.id: str(component) for one, component in zip(known, components, strict=True)}
    numbers: dict[str, int] = {}
    return [
        numbers.setdefault(cluster.get(str(position), f"empty {position}"), len(numbers) + 1)
        for position in range(len(sets))
    ]
