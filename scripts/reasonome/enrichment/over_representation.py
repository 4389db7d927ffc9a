"""Over-representation analysis: gene sets of libraries that share more genes with a list than expected by chance."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import false_discovery_control, hypergeom

from reasonome.core.errors import InputError
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.genes import GeneTable
from reasonome.facts.orthologues import Orthologues
from reasonome.facts.sources.formats import FORMATS
from reasonome.facts.text import counted, some

# The size of a library's set, in genes of the universe. One chance hit makes a smaller set significant, and larger ones
# ("metabolic process") say little; either kind adds to the correction for multiple testing.
SMALLEST, LARGEST = 3, 500


def upper_tail(shared: np.ndarray, sizes: np.ndarray, drawn: np.ndarray | int, universe: int) -> np.ndarray:
    """The probability that sets of `sizes` genes share `shared` or more with `drawn` genes drawn at random.

    `shared`, `sizes` and `drawn` are integers that broadcast to one dimension, that of the result.
    """
    triples = np.stack(np.broadcast_arrays(shared, sizes, drawn))
    distinct, places = np.unique(triples, axis=1, return_inverse=True)  # each triple once: sf is slow
    return hypergeom.sf(distinct[0] - 1, universe, distinct[1], distinct[2])[places]


class LibrarySet(NamedTuple):
    """A gene set of a library: its name, and the current symbols of its genes."""

    name: str
    symbols: frozenset[str]


@dataclass(frozen=True)
class GeneSetLibrary:
    """Gene sets by id; `identifiers` counts those of their genes in the file, of which some are `unknown`.

    `left_out` counts what else of the file is no part of it, by the reason.
    """

    name: str
    sets: Mapping[str, LibrarySet]
    identifiers: int = 0
    unknown: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


def read_library(path: Path, genes: GeneTable, name: str, form: str) -> GeneSetLibrary:
    """The sets of a GMT, plain or gzipped, as a library called `name`; `form` is one of GMT_FORMATS.

    Files of Reactome and WikiPathways have the pathways' ids, and so have others whose first field is an id; else a
    set's name is its id. Unknown genes and sets without known genes are left out. Raises InputError.
    """
    source_facts = FORMATS[form](name, {"gmt": path}, genes)
    symbols: dict[tuple[str, str], set[str]] = defaultdict(set)
    facts = source_facts.facts[["gene", "object_id", "object_name"]]
    for gene, set_id, set_name in facts.itertuples(index=False, name=None):
        symbols[set_id, set_name].add(gene)
    if not symbols:
        first = source_facts.unmapped["identifier"].iloc[0]
        what = f"none of the {source_facts.identifiers:,} genes is known, as '{first}'"
        fix = "give gene sets of human genes, by symbol or id, with tabs between them"
        raise InputError(what, file=path, fix=fix)
    sets = {set_id: LibrarySet(set_name, frozenset(members)) for (set_id, set_name), members in symbols.items()}
    unknown = tuple(source_facts.unmapped["identifier"])
    return GeneSetLibrary(name, sets, source_facts.identifiers, unknown, source_facts.left_out)


# Whether a set is left out of what is shown; it is tested all the same, and p is adjusted for it.
Withheld = Callable[[EnrichedTerm], bool]


@dataclass(frozen=True)
class Universe:
    """The genes that a list could have had; `description` is a sentence on where they are from.

    `symbols` are current human symbols; with `orthologues` (mouse gene → current symbols of its human genes) they are
    mouse genes, as the table of orthologues calls them.
    """

    symbols: frozenset[str]
    description: str
    orthologues: Mapping[str, Collection[str]] | None = field(default=None, repr=False)

    @cached_property
    def human(self) -> Mapping[str, Collection[str]]:
        """Gene → its human symbols."""
        if self.orthologues is None:
            return {gene: (gene,) for gene in self.symbols}
        return {gene: self.orthologues[gene] for gene in self.symbols}

    def genes_of(self, human: frozenset[str]) -> frozenset[str]:
        """The genes of the universe that have any of these human symbols."""
        return frozenset(gene for symbol in human for gene in self._by_human_symbol.get(symbol, ()))

    @cached_property
    def _by_human_symbol(self) -> dict[str, list[str]]:
        genes = defaultdict(list)
        for gene, symbols in self.human.items():
            for symbol in symbols:
                genes[symbol].append(gene)
        return genes


def resolve_universe(
    identifiers: Iterable[str], genes: GeneTable, origin: str, orthologues: Orthologues | None = None
) -> Universe:
    """The universe of a user's identifiers of any kind, such as all tested genes; `origin` names their file or table.

    With `orthologues` they are mouse genes. The description counts unknown genes and mouse genes without a known human
    orthologue, which no set can have. Raises InputError where no gene is left.
    """
    if orthologues is None:
        human, resolved = None, {written: genes.resolve(written).symbol for written in identifiers}
        what, fix = "known gene", "give the symbols or ids of all genes that were tested"
    else:
        human, resolved = human_symbols(orthologues, genes), {}
        for written in identifiers:
            gene = orthologues.gene(written)
            resolved[written] = gene if gene in human else None
        what, fix = "mouse gene with a known human orthologue", "give the mouse symbols or ids of all tested genes"
    symbols = frozenset(symbol for symbol in resolved.values() if symbol)
    unknown = [written for written, symbol in resolved.items() if not symbol]
    if not symbols:
        none = f"none of the {len(resolved):,} identifiers of the universe in {origin} is a {what}"
        raise InputError(f"{none}: {some(unknown)}", fix=fix)
    description = f"the universe is the {counted(len(symbols), 'gene')} in {origin}"
    if unknown:
        description += (
            f"; {len(unknown):,} of {len(resolved):,} identifiers are no {what} and are left out: {some(unknown)}"
        )
    return Universe(symbols, description, human)


def default_universe(
    genes: GeneTable,
    libraries: Sequence[GeneSetLibrary],
    orthologues: Orthologues | None = None,
    receptors: bool = False,
) -> Universe:
    """The universe where the tested genes are unknown: all protein-coding genes of the authority.

    With `receptors` it has the genes of immunoglobulins and T cell receptors too, which lists of lymphocytes have;
    benchmarks, whose figures are published, do without.
    Where the authority does not say which genes are coding, it is all genes of any set in the libraries; with
    `orthologues` all mouse genes that have one of these. Each is larger than what most experiments can detect, which
    makes p smaller than it should be: the genes that were tested are the better universe.
    """
    if symbols := frozenset(symbol for symbol, gene in genes.genes.items() if gene.coding):
        which, why = f"all {len(symbols):,} protein-coding genes", ""
        if receptors and (more := frozenset(gene.symbol for gene in genes.genes.values() if gene.receptor)):
            symbols |= more
            which += f" and {len(more):,} of immunoglobulins and T cell receptors"
    else:
        symbols = frozenset().union(*(gene_set.symbols for library in libraries for gene_set in library.sets.values()))
        which = f"the {counted(len(symbols), 'gene')} of any set in the libraries"
        why = ", as the source of gene symbols does not say which genes are protein-coding"
    if orthologues is None:
        return Universe(symbols, f"the universe is {which}{why}")
    human = human_symbols(orthologues, genes)
    mouse = frozenset(gene for gene, humans in human.items() if not symbols.isdisjoint(humans))
    description = f"the universe is all {counted(len(mouse), 'mouse gene')} with a human orthologue among {which}{why}"
    return Universe(mouse, description, human)


def human_symbols(orthologues: Orthologues, genes: GeneTable) -> dict[str, tuple[str, ...]]:
    """Mouse gene → current symbols of its human genes, in the table's order; genes without any are left out."""
    by_mouse_gene = {}
    for gene, humans in orthologues.genes.items():
        symbols = dict.fromkeys(genes.resolve(human).symbol for human in humans)
        if current := tuple(filter(None, symbols)):
            by_mouse_gene[gene] = current
    return by_mouse_gene


def universe_flags(genes: Collection[str], universe: Set[str]) -> list[str]:
    """Sentences on genes outside the universe, and on a universe that is too small for the set."""
    flags = []
    if outside := [gene for gene in dict.fromkeys(genes) if gene not in universe]:
        verb, them = ("is", "it") if len(outside) == 1 else ("are", "them")
        flags.append(
            f"{len(outside):,} of {counted(len(set(genes)), 'gene')} {verb} outside the universe, and "
            f"over-representation analysis leaves {them} out (--universe gives another one): {some(outside)}"
        )
    if 2 * len(set(genes)) > len(universe):
        flags.append(
            f"the set has {len(set(genes)):,} genes and the universe only {len(universe):,}, so that hardly anything "
            "can be over-represented: give all genes that were tested as the universe"
        )
    return flags


class OverRepresentation:
    """Tests of lists of genes against the sets of libraries, within one universe.

    Genes are current symbols. In a universe with orthologues the genes of lists are of the same species: such a gene is
    in a set if any of its orthologues is, and counts as one gene in the universe, the list and the set, however many
    orthologues it has.

    Sets are cut to the universe, and those that then have fewer than SMALLEST or more than LARGEST genes are left
    out; `summaries` has a sentence for each library that says how many.

    p is the upper tail of the hypergeometric distribution: the probability that at least as many genes are in the set
    when as many genes are drawn from the universe at random. It is adjusted after Benjamini and Hochberg for all tests
    of the list against one library: one for every set that was not left out, also those without a gene of the list,
    whose p is 1. GSEApy adjusts only for the sets that share a gene, which are chosen by looking at the data, and so
    its adjusted values are smaller. The correction covers neither several libraries nor several lists.
    """

    def __init__(self, libraries: Sequence[GeneSetLibrary], universe: Universe):
        """Raises InputError where no set is left to test against."""
        self.universe = universe
        self._libraries = [_TestedLibrary(library, universe) for library in libraries]
        self.summaries = tuple(library.summary for library in self._libraries)
        if not any(library.ids for library in self._libraries):
            raise InputError(
                f"no gene set of the libraries has {SMALLEST} to {LARGEST} of the tested genes: {universe.description}",
                fix="check that the universe and the libraries are of one organism, and which column has the genes",
            )

    def gene_sets_among(self, genes: Collection[str]) -> dict[str, dict[str, tuple[str, frozenset[str]]]]:
        """All sets of each library by id, whatever their size: the name, and which of `genes` are in the set.

        Genes are called as in the universe, but need not be of it.
        """
        orthologues = self.universe.orthologues
        known = frozenset(genes) if orthologues is None else frozenset(orthologues.keys() & genes)
        among = Universe(known, "", orthologues)
        return {library.name: library.gene_sets_among(among) for library in self._libraries}

    @property
    def tests(self) -> dict[str, int]:
        """For how many tests of a list p is adjusted, by library: one for each of its sets that is tested."""
        return {library.name: len(library.ids) for library in self._libraries}

    def enriched(
        self,
        genes: Sequence[str],
        *,
        most: int | None = 20,
        largest_p: float = 1.0,
        withheld: Withheld | None = None,
    ) -> list[EnrichedTerm]:
        """At most `most` sets that share a gene with the list: by adjusted p, then p, then falling overlap.

        `largest_p` is the largest adjusted p. Sets that are `withheld` are skipped. Ties are in the order of the
        libraries, then of the sets' ids. Overlap and size count genes of the universe; a term's genes are human
        symbols, in the order of the list. Genes outside the universe are left out, see `universe_flags`; without genes
        inside it there are no terms.
        """
        drawn = [gene for gene in dict.fromkeys(genes) if gene in self.universe.symbols]
        ranked = []
        for number, library in enumerate(self._libraries):
            terms = islice(library.enriched(drawn, largest_p, withheld), most)
            ranked += [((term.adjusted_p, term.p, -term.overlap, number, term.id), term) for term in terms]
        return [term for _, term in sorted(ranked, key=lambda pair: pair[0])[:most]]


class _TestedLibrary:
    """A library cut to a universe; positions are those of `ids`, which are sorted."""

    def __init__(self, library: GeneSetLibrary, universe: Universe):
        self.name = library.name
        self._sets, self._universe = library.sets, universe
        cut = {set_id: universe.genes_of(gene_set.symbols) for set_id, gene_set in library.sets.items()}
        self.ids = sorted(set_id for set_id, members in cut.items() if SMALLEST <= len(members) <= LARGEST)
        self._sizes = np.array([len(cut[set_id]) for set_id in self.ids], dtype=int)
        positions = defaultdict(list)
        for position, set_id in enumerate(self.ids):
            for gene in cut[set_id]:
                positions[gene].append(position)
        self._positions = {gene: np.array(of_gene) for gene, of_gene in positions.items()}
        self._tails: dict[tuple[int, int, int], float] = {}
        small = sum(len(members) < SMALLEST for members in cut.values())
        self.summary = (
            f"{library.name}: {len(self.ids):,} of {len(cut):,} gene sets are tested; {small:,} have fewer than "
            f"{SMALLEST} genes in the universe, and {len(cut) - len(self.ids) - small:,} more than {LARGEST}"
        )

    def gene_sets_among(self, genes: Universe) -> dict[str, tuple[str, frozenset[str]]]:
        """All sets by id: the name, and which of the genes are in it."""
        return {set_id: (name, genes.genes_of(symbols)) for set_id, (name, symbols) in self._sets.items()}

    def enriched(self, drawn: Sequence[str], largest_p: float, withheld: Withheld | None) -> Iterator[EnrichedTerm]:
        """The terms that share a gene with `drawn`, genes of the universe, and are not withheld, the best first."""
        hits = [self._positions[gene] for gene in drawn if gene in self._positions]
        if not hits:
            return
        positions, shared = np.unique(np.concatenate(hits), return_counts=True)
        p = self._upper_tail(shared, self._sizes[positions], len(drawn))
        everywhere = np.ones(len(self.ids))
        everywhere[positions] = p
        adjusted = false_discovery_control(everywhere, method="bh")[positions]
        # The last key sorts first; equal ones keep the order of their ids.
        best = np.lexsort((-shared, p, adjusted))
        for row in best[adjusted[best] <= largest_p].tolist():
            set_id = self.ids[positions[row]]
            name, symbols = self._sets[set_id]
            genes = [symbol for gene in drawn for symbol in self._universe.human[gene] if symbol in symbols]
            term = EnrichedTerm(
                library=self.name,
                id=set_id,
                name=name,
                overlap=int(shared[row]),
                size=int(self._sizes[positions[row]]),
                drawn=len(drawn),
                universe=len(self._universe.symbols),
                p=float(p[row]),
                adjusted_p=float(adjusted[row]),
                genes=list(dict.fromkeys(genes)),
            )
            if withheld is None or not withheld(term):
                yield term

    def _upper_tail(self, shared: np.ndarray, sizes: np.ndarray, drawn: int) -> np.ndarray:
        """As `upper_tail`; values are kept, as many lists meet the same numbers."""
        triples = [(*pair, drawn) for pair in zip(shared.tolist(), sizes.tolist(), strict=True)]
        if new := sorted({triple for triple in triples if triple not in self._tails}):
            shared, sizes, lists = np.array(new).T
            tails = upper_tail(shared, sizes, lists, len(self._universe.symbols))
            self._tails.update(zip(new, tails.tolist(), strict=True))
        return np.array([self._tails[triple] for triple in triples], dtype=float)
