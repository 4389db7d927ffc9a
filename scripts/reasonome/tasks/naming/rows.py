"""The files of a benchmark of gene sets: written whole, and read as gene sets.

`clusters` finds dependent test sets: near duplicates, and the variants of one set.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from reasonome.benchmarks.gene_sets import GeneSet, shared_blocks, with_terms
from reasonome.benchmarks.rows import SPLITS, read_splits, write_splits
from reasonome.facts.text import without_regulation
from reasonome.tasks.naming.questions import Example

if TYPE_CHECKING:
    from reasonome.facts.sources.go import Ontology
    from reasonome.tasks.naming.contamination import VariantSet


# Sets in one cluster share half of the smaller one's genes. In a much larger set, half of a few genes are there by the
# ontology: without a bound, 527 of 1,000 processes of GO would be one cluster.
_SHARED, _NEAR_SIZE = 0.5, 4


class LeftOut(NamedTuple):
    """A set that could be trained on and is not, and why."""

    subset: str
    id: str
    name: str
    reason: str


def write_benchmark(
    splits: Mapping[str, Sequence["GeneSet | VariantSet"]],
    audit_report: dict[str, Any],
    names: Mapping[str, str],
    folder: Path,
    strata: Mapping[tuple[str, str], str] = MappingProxyType({}),
    unmapped: pd.DataFrame | Sequence[tuple] = (),
    left_out: Sequence[LeftOut] = (),
) -> None:
    """Write the files of a benchmark, as `write_splits` does.

    `names` gives the official name of each symbol, `strata` the stratum of each set by (subset, id), which is that of
    its variants too.
    """

    def row(one: "GeneSet | VariantSet") -> dict[str, Any]:
        gene_set, original = (one, one.id) if isinstance(one, GeneSet) else (one.gene_set, one.term)
        genes = [{"symbol": symbol, "name": names.get(symbol, "")} for symbol in sorted(gene_set.symbols)]
        stratum = strata.get((gene_set.subset.partition("-")[0], original), "")
        optional: dict[str, Any] = {"synonyms": sorted(gene_set.synonyms)} if gene_set.synonyms else {}
        optional |= {"main_id": gene_set.term} if gene_set.term not in ("", original) else {}
        optional |= {"stratum": stratum} if stratum else {}
        if not isinstance(one, GeneSet):
            replaced = {"contaminated": one.share, "outliers": list(one.outliers)} if one.share else {}
            optional |= {"term": one.term, **replaced, "withheld": one.withheld}
        return {"id": gene_set.id, "subset": gene_set.subset, "name": gene_set.name, "genes": genes, **optional}

    written = {part: map(row, splits[part]) for part in SPLITS}
    write_splits(folder, written, audit_report, pd.DataFrame(left_out, columns=LeftOut._fields), unmapped)


def read_sets(folder: Path, *parts: str) -> list[GeneSet]:
    """The gene sets of some splits of a benchmark, without variants. InputError as of `read_splits`."""
    return [gene_set(row) for row in read_splits(folder, Example, *parts) if not row.term]


def gene_set(example: Example) -> GeneSet:
    """An example as a set of symbols, with its synonyms and the main id of its term."""
    symbols = frozenset(gene.symbol for gene in example.genes)
    synonyms = frozenset(example.synonyms)
    return GeneSet(example.id, example.subset, example.name, symbols, synonyms, term=example.main_id)


def sets_of_origin(examples: Iterable[Example]) -> list[GeneSet]:
    """The examples as sets, variants with the ids of the sets that they are of."""
    return [replace(gene_set(example), id=example.term or example.id) for example in examples]


def with_term_of_origin(examples: Iterable[Example], *ontologies: "Ontology") -> list[GeneSet]:
    """The examples as sets with their term's synonyms and ancestors; for contaminated variants, the original's term."""
    return with_terms([replace(gene_set(e), id=e.main_id or e.term or e.id) for e in examples], *ontologies)


def official_names(facts: pd.DataFrame) -> dict[str, str]:
    """Symbol → official full name, from the `has_name` facts."""
    named = facts[facts["relation"] == "has_name"]
    return dict(zip(named["gene"], named["object_name"], strict=True))


def clusters(examples: Sequence[Example], threshold: float) -> list[str]:
    """The cluster of every example: the connected components of sets and their kin.

    A variant is in the cluster of its original set. A cluster is named by the smallest id in it, so that
    its name does not depend on the order of the examples.
    """
    originals = [gene_set(example) for example in examples if not example.term]
    ids = pd.Series([one.id for one in originals], dtype=str)
    names = ids.groupby(connected_sets(originals, threshold, kin=True)).transform("min") if originals else ids
    name_of = dict(zip(ids, names, strict=True))
    # Where the original is not among the examples, its variants still share its id.
    return [name_of.get(e.term, e.term) if e.term else name_of[e.id] for e in examples]


def _same_but_for_regulation(sets: Sequence[GeneSet]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of positions that connect all sets whose names are alike but for words of regulation."""
    names = pd.Series([without_regulation(gene_set.name) for gene_set in sets])
    places = np.flatnonzero(names != "")
    first = pd.Series(places).groupby(names[places].to_numpy()).transform("min").to_numpy(int)
    return places, first


def connected_sets(sets: Sequence[GeneSet], threshold: float, kin: bool = False) -> np.ndarray:
    """The component number of each set, shape (len(sets),); a Jaccard index of `threshold` or more connects sets.

    With `kin` half of the smaller one's genes connects, too, if the other is at most four times as large, and so does
    a name that is the same but for words of regulation.
    """
    near, start = [_same_but_for_regulation(sets)] if kin else [], 0
    for shared, own, others in shared_blocks(sets, sets):
        alike = shared / (own + others - shared) >= threshold
        if kin:
            smaller, larger = np.minimum(own, others), np.maximum(own, others)
            alike |= (shared >= _SHARED * smaller) & (larger <= _NEAR_SIZE * smaller)
        rows, columns = np.nonzero(alike)
        near.append((rows + start, columns))
        start += len(shared)
    rows, columns = (np.concatenate(side) for side in zip(*near, strict=True))
    links = sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(sets), len(sets)))
    return sparse.csgraph.connected_components(links, directed=False)[1]
