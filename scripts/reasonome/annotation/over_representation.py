"""Over-representation analysis: in which gene sets of libraries the genes of a list are more often than by chance."""

import contextlib
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import false_discovery_control

from reasonome.annotation.record import EnrichedTerm
from reasonome.errors import InputError
from reasonome.genes import GeneTable
from reasonome.sources import FORMATS
from reasonome.sources.gmt import GeneSet, read_gmt

# Genes of the universe that a library's set may have. Smaller ones are significant by one chance hit, and larger ones
# ("metabolic process") say little; both cost every other set a share of the correction.
SMALLEST, LARGEST = 3, 500
_SHOWN = 5  # identifiers that a sentence names

_REACTOME_ID = re.compile(r"R-[A-Z]{3}-\d+")
_WIKIPATHWAYS_NAME = re.compile(r".*%.*%WP\d+%.*")


class LibrarySet(NamedTuple):
    """A gene set of a library: its name, and the current symbols of its genes."""

    name: str
    symbols: frozenset[str]


@dataclass(frozen=True)
class GeneSetLibrary:
    """Gene sets by id; of the file's `identifiers`, `unmapped` are no known gene and are left out."""

    name: str
    sets: Mapping[str, LibrarySet]
    identifiers: int = 0
    unmapped: int = 0


def read_library(path: str | os.PathLike, genes: GeneTable, name: str | None = None) -> GeneSetLibrary:
    """The sets of a GMT, plain or gzipped, called `name`, or else as the file without .gmt and .gz.

    Files of Reactome and WikiPathways are known by their layout, and have the pathways' ids; in others a set's name is
    its id. A set none of whose genes is known is left out. InputError as `sources.gmt` has it, and where no gene is
    known at all.
    """
    path = Path(path)
    name = name or re.sub(r"(\.gmt)?(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    found = FORMATS[_layout(list(read_gmt(path)))].read(name, {"gmt": path}, genes)
    symbols: dict[tuple[str, str], set[str]] = defaultdict(set)
    for gene, set_id, set_name in found.facts[["gene", "object_id", "object_name"]].itertuples(index=False, name=None):
        symbols[set_id, set_name].add(gene)
    if not symbols:
        raise InputError(
            f"none of the {found.identifiers:,} genes is known, as '{found.unmapped['identifier'].iloc[0]}'",
            file=path,
            fix="give gene sets of human genes, by symbol or id",
        )
    sets = {set_id: LibrarySet(set_name, frozenset(members)) for (set_id, set_name), members in symbols.items()}
    return GeneSetLibrary(name, sets, found.identifiers, len(found.unmapped))


def _layout(sets: Sequence[GeneSet]) -> str:
    if all(_REACTOME_ID.fullmatch(one.description) for one in sets):
        return "reactome"
    if all(_WIKIPATHWAYS_NAME.fullmatch(one.name) for one in sets):
        return "wikipathways"
    return "gmt"


@dataclass(frozen=True)
class Universe:
    """The genes that a list could have had: current symbols, and a sentence on where they are from."""

    symbols: frozenset[str]
    told: str


def universe_of(identifiers: Iterable[str], genes: GeneTable, of: str) -> Universe:
    """The universe of a user's identifiers of any kind, as all genes that were tested; `of` says where they stand.

    Unknown ones are told. InputError where none of them is a known gene.
    """
    found = {written: genes.resolve(written).symbol for written in identifiers}
    symbols = frozenset(symbol for symbol in found.values() if symbol)
    if not symbols:
        raise InputError(
            f"none of the {len(found):,} identifiers of the universe in {of} is a known gene",
            fix="give the symbols or ids of all genes that were tested",
        )
    told = f"the universe is the {len(symbols):,} genes in {of}"
    if unknown := [written for written, symbol in found.items() if not symbol]:
        told += f"; {len(unknown):,} of {len(found):,} identifiers are no known gene and are left out: {_some(unknown)}"
    return Universe(symbols, told)


def default_universe(genes: GeneTable, libraries: Sequence[GeneSetLibrary]) -> Universe:
    """The universe where nothing is known of what was tested: all protein-coding genes of the authority.

    Where the authority says of no gene whether it is coding, all genes of any set in the libraries. Either is larger
    than what most experiments can detect, which makes p smaller than it should be: the genes that were tested are
    the better universe.
    """
    if coding := frozenset(symbol for symbol, gene in genes.genes.items() if gene.coding):
        return Universe(coding, f"the universe is all {len(coding):,} protein-coding genes")
    everywhere = frozenset().union(*(one.symbols for library in libraries for one in library.sets.values()))
    return Universe(
        everywhere,
        f"the universe is the {len(everywhere):,} genes of any set in the libraries, as the source of gene symbols "
        "does not say which genes are protein-coding",
    )


def universe_flags(genes: Collection[str], universe: Set[str]) -> list[str]:
    """Sentences on genes that over-representation analysis cannot count, and on a universe that cannot be right."""
    flags = []
    if outside := [gene for gene in dict.fromkeys(genes) if gene not in universe]:
        flags.append(
            f"{len(outside):,} of {len(set(genes)):,} genes are outside the universe, and over-representation analysis "
            f"leaves them out: {_some(outside)}"
        )
    if 2 * len(set(genes)) > len(universe):
        flags.append(
            f"the set has {len(set(genes)):,} genes and the universe only {len(universe):,}, so that hardly anything "
            "can be over-represented: give all genes that were tested as the universe"
        )
    return flags


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:_SHOWN]) + (", …" if len(words) > _SHOWN else "")


def enriched(
    genes: Sequence[str], libraries: Sequence[GeneSetLibrary], universe: Collection[str], *, most: int = 20
) -> list[EnrichedTerm]:
    """`OverRepresentation.enriched` of one list of genes; for many lists make an `OverRepresentation` once."""
    return OverRepresentation(libraries, universe).enriched(genes, most=most)


class OverRepresentation:
    """Tests of lists of genes against the sets of libraries, within one universe (current symbols).

    Sets are cut to the universe, and those that then have fewer than SMALLEST or more than LARGEST genes are left
    out; `told` says how many, a sentence a library.

    p is the upper tail of the hypergeometric distribution, as GSEApy computes it: the chance that as many genes or
    more are in the set, had as many genes been drawn from the universe at random. It is adjusted after Benjamini and
    Hochberg for all tests of the list against one library: one for every set that was not left out, also those
    without a gene of the list, whose p is 1. GSEApy itself adjusts only for the sets that share a gene, which are
    chosen by looking at the data, and so its adjusted values are too small; they are not used. The correction covers
    neither several libraries nor several lists.
    """

    def __init__(self, libraries: Sequence[GeneSetLibrary], universe: Collection[str]):
        """InputError for an empty universe, two libraries of one name, and where no set is left to test against."""
        if not universe:
            raise InputError("the universe has no gene", fix="give all genes that were tested, or none for the default")
        names = [library.name for library in libraries]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InputError(f"two gene set libraries are named '{twice[0]}'", fix="rename one of the files")
        self._universe = frozenset(universe)
        # GSEApy changes the case of symbols where few are in capitals; codes have nothing to change.
        self._code = {gene: f"G{number}" for number, gene in enumerate(sorted(self._universe))}
        self._libraries = [_TestedLibrary(library, self._code) for library in libraries]
        self.told = tuple(library.told for library in self._libraries)
        if not any(library.ids for library in self._libraries):
            raise InputError(
                f"no gene set of the libraries has {SMALLEST} to {LARGEST} genes in the universe of "
                f"{len(self._universe):,}",
                fix="check that the universe and the libraries are of one organism, or give other libraries",
            )

    def enriched(self, genes: Sequence[str], *, most: int = 20) -> list[EnrichedTerm]:
        """The `most` over-represented sets of all libraries that share a gene: by adjusted p, then p, then overlap.

        Overlap and size count genes of the universe; a term's genes are in the order of the list. Genes outside the
        universe are left out, see `universe_flags`; with none inside there are no terms. InputError for a list
        without genes.
        """
        if not genes:
            raise InputError("there are no genes to test", fix="give a set of at least one gene")
        drawn = [gene for gene in dict.fromkeys(genes) if gene in self._universe]
        found = []
        for number, library in enumerate(self._libraries):
            terms = library.most_enriched([self._code[gene] for gene in drawn], drawn, len(self._universe), most)
            found += [((term.adjusted_p, term.p, -term.overlap, number, term.id), term) for term in terms]
        return [term for _, term in sorted(found, key=lambda pair: pair[0])[:most]]


class _TestedLibrary:
    """A library cut to a universe, its genes as codes; positions are those of `ids`, which are sorted."""

    def __init__(self, library: GeneSetLibrary, code: Mapping[str, str]):
        self._name = library.name
        cut = {set_id: [code[gene] for gene in one.symbols if gene in code] for set_id, one in library.sets.items()}
        self.ids = sorted(set_id for set_id, members in cut.items() if SMALLEST <= len(members) <= LARGEST)
        self._names = [library.sets[set_id].name for set_id in self.ids]
        self._members = [frozenset(cut[set_id]) for set_id in self.ids]
        self._sizes = np.array([len(members) for members in self._members], dtype=int)
        positions = defaultdict(list)
        for position, members in enumerate(self._members):
            for gene in members:
                positions[gene].append(position)
        self._positions = {gene: np.array(found) for gene, found in positions.items()}
        small = sum(len(members) < SMALLEST for members in cut.values())
        self.told = (
            f"{library.name}: {len(self.ids):,} of {len(cut):,} gene sets are tested; {small:,} have fewer than "
            f"{SMALLEST} genes in the universe, and {len(cut) - len(self.ids) - small:,} more than {LARGEST}"
        )

    def most_enriched(
        self, coded: Sequence[str], symbols: Sequence[str], universe: int, most: int
    ) -> list[EnrichedTerm]:
        """At most `most` terms that share a gene with the list, given as codes and as symbols in the same order."""
        found = [self._positions[gene] for gene in coded if gene in self._positions]
        if not found:
            return []
        shared = np.bincount(np.concatenate(found), minlength=len(self.ids))
        p = self._p_values(coded, shared, universe)
        adjusted = false_discovery_control(p, method="bh")
        # The last key sorts first; equal ones keep the order of their ids.
        order = [position for position in np.lexsort((-shared, p, adjusted)).tolist() if shared[position]]
        return [
            EnrichedTerm(
                library=self._name,
                id=self.ids[position],
                name=self._names[position],
                overlap=int(shared[position]),
                size=int(self._sizes[position]),
                p=float(p[position]),
                adjusted_p=float(adjusted[position]),
                genes=[s for c, s in zip(coded, symbols, strict=True) if c in self._members[position]],
            )
            for position in order[:most]
        ]

    def _p_values(self, coded: Sequence[str], shared: np.ndarray, universe: int) -> np.ndarray:
        """p of every set, 1 where no gene is shared; sets of one size that share as many genes are tested once."""
        import gseapy  # here, because it takes matplotlib along, which nothing else that annotates needs

        sharing = np.flatnonzero(shared)
        numbers = np.stack([shared[sharing], self._sizes[sharing]])
        _, first, same_as = np.unique(numbers, axis=1, return_index=True, return_inverse=True)
        # A p-value of 0 makes GSEApy's combined score, which is not used, infinite.
        with (
            np.errstate(divide="ignore"),
            contextlib.closing(
                gseapy.enrich(
                    gene_list=list(coded),
                    gene_sets={str(which): self._members[sharing[position]] for which, position in enumerate(first)},
                    background=universe,
                    outdir=None,
                    no_plot=True,
                )
            ) as tested,
        ):
            table = tested.res2d
        distinct = np.ones(len(first))
        distinct[table["Term"].astype(int)] = table["P-value"]
        p = np.ones(len(shared))
        p[sharing] = distinct[same_as]
        return p
