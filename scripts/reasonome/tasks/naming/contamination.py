"""Contaminated test sets: some or all genes replaced by random genes that are annotated as deeply.

With all genes replaced nothing is left to name, and the right answer is to abstain. With fewer, the set keeps its name.
"""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.config import variant_of_subset
from reasonome.core.errors import InputError
from reasonome.facts.text import normalise
from reasonome.tasks.naming.task import ABSTENTION


@dataclass(frozen=True)
class ContaminatedSet:
    """A variant of a test set: `share` of its genes are `outliers`; `term` is the id of the set it was made of."""

    gene_set: GeneSet
    term: str
    share: float
    outliers: tuple[str, ...]


def contaminated(
    test: Sequence[GeneSet],
    shares: Sequence[float],
    facts: pd.DataFrame,
    depth: Mapping[str, int],
    seed: int,
) -> list[ContaminatedSet]:
    """A variant of every test set for every share, of subsets named like bp-50, with ids like GO:0006281-50.

    The share is rounded down to whole genes, at least one. A replaced gene gives its place to a random gene
    (seeded) of the same depth bin, or the nearest bin that has one; bins are powers of two: 0, 1, 2–3, 4–7, …
    No outlier is annotated to the term: neither in the set nor in a fact about its id or one of its names.
    InputError if there are too few genes to draw from.
    """
    bins: dict[int, list[str]] = defaultdict(list)
    for gene in sorted(facts["gene"].unique()):
        bins[depth.get(gene, 0).bit_length()].append(gene)
    annotated = _annotated(test, facts)
    variants = []
    for share in shares:
        for one in test:
            rng = random.Random(f"{seed}:{one.subset}:{one.id}:{share}")
            genes = sorted(one.symbols)
            replaced = rng.sample(genes, max(1, int(len(genes) * share + 1e-9)))
            taken = one.symbols | annotated[one.id]
            free = {near: [gene for gene in genes if gene not in taken] for near, genes in bins.items()}
            outliers = [_drawn(free, depth.get(gene, 0).bit_length(), rng) for gene in replaced]
            if None in outliers:
                raise InputError(
                    f"no gene of the corpus is left to replace those of {one.id} ({len(genes)} genes)",
                    field="contaminated",
                    fix="use a larger corpus, or lower maximum_genes",
                )
            symbols = one.symbols - set(replaced) | set(outliers)
            suffix = variant_of_subset("", share)
            variant = replace(one, id=one.id + suffix, subset=one.subset + suffix, symbols=frozenset(symbols))
            if share == 1:  # nothing of the term is left
                variant = GeneSet(variant.id, variant.subset, ABSTENTION, variant.symbols)
            variants.append(ContaminatedSet(variant, one.id, share, tuple(sorted(outliers))))
    return variants


def _annotated(test: Sequence[GeneSet], facts: pd.DataFrame) -> dict[str, set[str]]:
    """Test set id → the genes of facts about that id or the main one, or about one of its names in any source."""
    wanted = {name for one in test for name in one.names}
    plain = {name: normalise(name) for name in facts["object_name"].unique()}
    by_name = facts["object_name"].map({name: same for name, same in plain.items() if same in wanted})
    genes_of_name = facts["gene"].groupby(by_name).agg(set)
    of_terms = facts["object_id"].isin({i for one in test for i in (one.id, one.term_id)})
    genes_of_id = facts[of_terms].groupby("object_id")["gene"].agg(set)
    return {
        one.id: set().union(
            *(genes_of_id.get(i, set()) for i in (one.id, one.term_id)),
            *(genes_of_name.get(name, set()) for name in one.names),
        )
        for one in test
    }


def _drawn(free: Mapping[int, list[str]], wanted: int, rng: random.Random) -> str | None:
    """A gene of bin `wanted`, else of the nearest bin that has any, the shallower of two; it is taken out."""
    having = [near for near, genes in free.items() if genes]
    if not having:
        return None
    genes = free[min(having, key=lambda near: (abs(near - wanted), near))]
    return genes.pop(rng.randrange(len(genes)))
