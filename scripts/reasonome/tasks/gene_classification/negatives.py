"""Genes that are not of a class: those that a source denies, and annotated genes that are not near the term."""

import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from reasonome.facts.sources.go import Ontology, facts_of, propagate

_NEARLY_ALL = 0.5  # of annotated genes: a term that has so many is no neighbourhood


class TermGenes(NamedTuple):
    """Genes by what facts say of a term: annotated to it or a term below, denied, and neither.

    `others` have annotations in the term's namespace, but none to a parent of the term or below one; a parent that has
    half of the annotated genes, such as a root, does not count.
    """

    positives: frozenset[str]
    denied: frozenset[str]
    others: frozenset[str]


def term_genes(facts: pd.DataFrame, denied: pd.DataFrame, ontology: Ontology, term: str) -> TermGenes:
    """The genes of a term. `facts` and `denied` have `gene` and `object_id`, which may be of other ontologies too.

    What is denied of a term above holds for the term. A gene that is both annotated and denied is in neither.
    `term` is the main id of one in use.
    """
    namespace = ontology.terms[term].namespace
    genes = propagate(ontology, facts_of(ontology, facts))
    positives = genes.get(term, frozenset())
    above = {term, *ontology.ancestors[term]}
    said_not = denied[denied["object_id"].map(ontology.main_id).isin(above)]
    denied_genes = frozenset(said_not["gene"])
    annotated = frozenset().union(
        *(members for identifier, members in genes.items() if ontology.terms[identifier].namespace == namespace)
    )
    # Below a root, or "cellular anatomical structure", stands nearly everything.
    around = (genes.get(parent, frozenset()) for parent in ontology.parents[term])
    near = frozenset().union(*(members for members in around if len(members) < _NEARLY_ALL * len(annotated)))
    return TermGenes(positives - denied_genes, denied_genes - positives, annotated - positives - near - denied_genes)


def matched(
    positives: Collection[str], pool: Collection[str], depth: Mapping[str, int], count: int, seed: str
) -> list[str]:
    """At most `count` genes of the pool, each annotated about as deeply as one of the positives.

    `depth` is the number of a gene's annotations. Positives take turns, in an order that the seed draws at random;
    genes of equal depth are drawn at random.
    """
    generator = random.Random(seed)
    by_depth: dict[int, list[str]] = defaultdict(list)
    for gene in sorted(pool):
        by_depth[depth[gene]].append(gene)
    for genes in by_depth.values():
        generator.shuffle(genes)
    depths = sorted(by_depth)
    turns = sorted(positives)
    generator.shuffle(turns)
    chosen: list[str] = []
    while depths and turns and len(chosen) < count:
        wanted = depth[turns[len(chosen) % len(turns)]]
        place = bisect_left(depths, wanted)
        nearest = min(depths[max(0, place - 1) : place + 1], key=lambda value: abs(value - wanted))
        chosen.append(by_depth[nearest].pop())
        if not by_depth[nearest]:
            depths.remove(nearest)
    return chosen


def terms_below(terms: Collection[str], ontologies: Iterable[Ontology]) -> frozenset[str]:
    """Terms, those that replace them where they are obsolete, and all terms below these."""
    below = set(terms)
    for ontology in ontologies:
        tops = {live for term in terms if (live := ontology.live_id(term)) is not None}
        below |= tops | {identifier for identifier, above in ontology.ancestors.items() if tops & above}
    return frozenset(below)
