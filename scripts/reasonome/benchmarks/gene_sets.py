"""Gene sets, their Jaccard index, leaks of training sets into held-out ones, and how well their genes are studied."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from tqdm import tqdm

from reasonome.benchmarks.rows import STRATA
from reasonome.config.task_settings import CONTAINED
from reasonome.facts.text import normalise
from reasonome.facts.wording import NAMING

if TYPE_CHECKING:
    from reasonome.facts.sources.go import Ontology

REASONS = ("same_term", "same_name", "identical_set", "jaccard", "containment")
KINDS = (*REASONS, "related_term")
# Limits of a block of the Jaccard matrix, which bound its memory however many sets there are.
_ROWS_AT_ONCE, _CELLS_AT_ONCE = 1024, 20_000_000
_NEAR_SIZE = 2  # a held-out set may be at most twice as large as the training set inside it
_ROUNDING = 1e-9


@dataclass(frozen=True)
class GeneSet:
    """One named gene set of one subset of a benchmark, with synonyms and ancestors of its term in an ontology.

    `term` is the term's main id; `id` may be an alternative one, or an id outside the ontology.
    """

    id: str
    subset: str
    name: str
    symbols: frozenset[str]
    synonyms: frozenset[str] = field(default=frozenset(), compare=False)
    ancestors: frozenset[str] = field(default=frozenset(), compare=False)
    term: str = field(default="", compare=False)

    @property
    def term_id(self) -> str:
        """The main id of the term, or the set's own id where no ontology has it."""
        return self.term or self.id

    @property
    def names(self) -> frozenset[str]:
        """The name and its synonyms, normalised."""
        return frozenset(normalise(name) for name in (self.name, *self.synonyms))

    @property
    def searchable_names(self) -> frozenset[str]:
        """The name and its synonyms of several words, normalised, to be looked for among other words.

        A synonym of one word is mostly an acronym, and often a gene's symbol too.
        """
        phrases = {phrase for phrase in map(normalise, self.synonyms) if " " in phrase}
        return frozenset({normalise(self.name), *phrases} - {""})


def with_terms(sets: Sequence[GeneSet], *ontologies: "Ontology") -> list[GeneSet]:
    """The sets with main ids, exact synonyms and ancestors (is_a, part_of) wherever an ontology has their term.

    The ontology's own name of the term is one more synonym of a set that has another.
    """
    extended = list(sets)
    for ontology in ontologies:
        extended = [_with_term(gene_set, ontology) for gene_set in extended]
    return extended


def _with_term(gene_set: GeneSet, ontology: "Ontology") -> GeneSet:
    main = ontology.main_id(gene_set.id)
    if main is None:
        return gene_set
    term = ontology.terms[main]
    synonyms = gene_set.synonyms | set(term.synonyms)
    if normalise(term.name) != normalise(gene_set.name):
        synonyms |= {term.name}
    return replace(gene_set, term=main, synonyms=synonyms, ancestors=ontology.ancestors[main])


def with_other_names(sets: Sequence[GeneSet], ontology: "Ontology", known: Container[str] = ()) -> list[GeneSet]:
    """The sets, each with the names and synonyms of the ontology's terms that share a name with it.

    Facts about such a term could give a pathway of another collection away. Sets of an id that is `known` stay as they
    are.
    """
    wanted = {normalise(gene_set.name) for gene_set in sets}
    called: dict[str, set[str]] = defaultdict(set)
    for term in ontology.terms.values():
        names = {term.name, *term.synonyms}
        for name in wanted & {normalise(name) for name in names}:
            called[name] |= names
    return [
        gene_set
        if gene_set.id in known
        else replace(gene_set, synonyms=gene_set.synonyms | (called[normalise(gene_set.name)] - {gene_set.name}))
        for gene_set in sets
    ]


def with_names_of_others(sets: Sequence[GeneSet], ontologies: Iterable["Ontology"]) -> list[GeneSet]:
    """The same of several ontologies, for the sets whose term each does not have."""
    named = list(sets)
    for ontology in ontologies:
        named = with_other_names(named, ontology, known={*ontology.terms, *ontology.alt_ids})
    return named


def _incidence(sets: Sequence[GeneSet], genes: Mapping[str, int]) -> sparse.csr_matrix:
    columns = [genes[gene] for gene_set in sets for gene in gene_set.symbols]
    rows = np.repeat(np.arange(len(sets)), [len(gene_set.symbols) for gene_set in sets])
    return sparse.csr_matrix((np.ones(len(columns)), (rows, columns)), shape=(len(sets), len(genes)))


def shared_blocks(
    first: Sequence[GeneSet], second: Sequence[GeneSet]
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """How many genes each pair shares, in blocks of as many sets of `first` as fit into memory, and the sizes of the
    block's sets, shape (rows, 1), and of `second`, shape (1, columns)."""
    rows = max(1, min(_ROWS_AT_ONCE, _CELLS_AT_ONCE // max(1, len(second))))
    symbols = set().union(*(gene_set.symbols for gene_set in [*first, *second]))
    genes = {gene: column for column, gene in enumerate(sorted(symbols))}
    left, right = _incidence(first, genes), _incidence(second, genes).T.tocsr()
    sizes = [np.array([len(gene_set.symbols) for gene_set in sets], dtype=float) for sets in (first, second)]
    for start in tqdm(range(0, len(first), rows), "shared genes", delay=5, leave=False):
        shared = (left[start : start + rows] @ right).toarray()
        yield shared, sizes[0][start : start + rows, None], sizes[1][None, :]


def jaccard_blocks(first: Sequence[GeneSet], second: Sequence[GeneSet]) -> Iterator[np.ndarray]:
    """The Jaccard matrix in the same blocks."""
    for shared, rows, columns in shared_blocks(first, second):
        yield shared / (rows + columns - shared)


def jaccard(first: Sequence[GeneSet], second: Sequence[GeneSet]) -> np.ndarray:
    """Jaccard index of every pair, shape (len(first), len(second))."""
    return np.vstack(list(jaccard_blocks(first, second)))


class Overlaps(NamedTuple):
    """For each training set the highest Jaccard index with a held-out set, and that set's position.

    `contained` is training position → position of the first held-out set of which it has a share of the genes, or which
    has this share of its genes and is at most twice as large.
    """

    highest: np.ndarray
    position: np.ndarray
    contained: dict[int, int]


def overlaps(training: Sequence[GeneSet], held_out: Sequence[GeneSet], share: float) -> Overlaps:
    """The overlaps of training sets with held-out ones, by the share `share`; neither may be empty."""
    highest, position, first_held = [], [], []
    for shared, own, others in shared_blocks(training, held_out):
        indices = shared / (own + others - shared)
        highest.append(indices.max(axis=1))
        position.append(indices.argmax(axis=1))
        holds = shared >= share * others - _ROUNDING
        holds |= (shared >= share * own - _ROUNDING) & (others <= _NEAR_SIZE * own)
        first_held.append(np.where(holds.any(axis=1), holds.argmax(axis=1), -1))
    contained = {row: held for row, held in enumerate(np.concatenate(first_held).tolist()) if held >= 0}
    return Overlaps(np.concatenate(highest), np.concatenate(position), contained)


@dataclass(frozen=True)
class Matches:
    """Matches of training sets with held-out ones: `pairs` by kind, training position → held-out position.

    `closest` is (index, training position, held-out position) of the highest Jaccard index; None without pairs.
    """

    pairs: dict[str, dict[int, int]]
    closest: tuple[float, int, int] | None


def match(
    training: Sequence[GeneSet], held_out: Sequence[GeneSet], threshold: float, share: float = CONTAINED
) -> Matches:
    """The matches of every kind of leak, independent of each other: "jaccard" by `threshold`, "containment" by `share`.

    Names match by any of their synonyms; terms are related where one is an ancestor of the other.
    """
    if not training or not held_out:
        return Matches({kind: {} for kind in KINDS}, None)
    by_id = {gene_set.term_id: place for place, gene_set in enumerate(held_out)}
    by_name = {name: place for place, gene_set in enumerate(held_out) for name in gene_set.names}
    by_genes = {gene_set.symbols: place for place, gene_set in enumerate(held_out)}
    by_ancestor = {term: place for place, gene_set in enumerate(held_out) for term in gene_set.ancestors}
    highest, position, contained = overlaps(training, held_out, share)

    def keyed(table: Mapping, keys_by_set: Sequence[Sequence]) -> dict[int, int]:
        matched = [next((table[key] for key in keys if key in table), None) for keys in keys_by_set]
        return {place: other for place, other in enumerate(matched) if other is not None}

    pairs = {
        "same_term": keyed(by_id, [[gene_set.term_id] for gene_set in training]),
        "same_name": keyed(by_name, [sorted(gene_set.names) for gene_set in training]),
        "identical_set": keyed(by_genes, [[gene_set.symbols] for gene_set in training]),
        "jaccard": {int(place): int(position[place]) for place in np.flatnonzero(highest >= threshold)},
        "containment": contained,
        "related_term": keyed(by_ancestor, [[gene_set.term_id] for gene_set in training])
        | keyed(by_id, [sorted(gene_set.ancestors) for gene_set in training]),
    }
    top = int(highest.argmax())
    return Matches(pairs, (float(highest[top]), top, int(position[top])))


def leaks(
    training: Sequence[GeneSet],
    held_out: Sequence[GeneSet],
    threshold: float,
    kinds: Sequence[str] = REASONS,
    share: float = CONTAINED,
) -> list[str]:
    """Why each training set would leak into the held-out sets; "" where it does not.

    The first of `kinds` (some of KINDS, in their order) that applies is given; limits are as for `match`.
    """
    pairs = match(training, held_out, threshold, share).pairs
    order = [kind for kind in KINDS if kind in kinds]
    return [next((kind for kind in order if place in pairs[kind]), "") for place in range(len(training))]


class Strata(NamedTuple):
    """Bounds of the middle stratum (facts per gene), and the stratum of each set by (subset, id)."""

    low: float
    high: float
    by_set: dict[tuple[str, str], str]


def depths(facts: pd.DataFrame) -> dict[str, int]:
    """Gene → its annotation depth: the number of distinct facts of all sources, without names and places."""
    annotations = facts.loc[~facts["relation"].isin(NAMING), ["gene", "relation", "object_id"]].drop_duplicates()
    return dict(Counter(annotations["gene"]))


def strata(sets: Iterable[GeneSet], depth: Mapping[str, int]) -> Strata:
    """Strata of sets by the median depth of their genes; a gene without facts has depth 0.

    The bounds are the terciles of those medians: below the lower one a set is understudied, above the upper one
    well-studied, on or between them intermediate.
    """
    medians = {
        (gene_set.subset, gene_set.id): median(depth.get(gene, 0) for gene in gene_set.symbols) for gene_set in sets
    }
    low, high = np.quantile(list(medians.values()), [1 / 3, 2 / 3]).tolist()
    names = {key: STRATA[(value >= low) + (value > high)] for key, value in medians.items()}
    return Strata(low, high, names)
