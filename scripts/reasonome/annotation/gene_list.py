"""Named lists of genes as they stand in a file, and what is odd about them: repeats, ids of several kinds, sizes."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

FEWEST = 3  # genes; what one or two have in common is too much to name one process
MOST = 2_000  # genes; a tenth of all that code for proteins, more than nearly all processes have
_SHOWN = 5  # genes that a sentence names

# Accessions of UniProt are not told from symbols: P2RY11 and B3GAT1 look like both.
_KINDS = {
    "Ensembl id": re.compile(r"ENS[A-Z]*G\d{11}(\.\d+)?(_PAR_Y)?", re.IGNORECASE),
    "Entrez id": re.compile(r"\d+(\.0)?|(NCBIGene|Entrez|GeneID):\d+", re.IGNORECASE),
    "HGNC id": re.compile(r"(HGNC:)+\d+", re.IGNORECASE),
    "MGI id": re.compile(r"(MGI:)+\d+", re.IGNORECASE),
}


@dataclass(frozen=True)
class ListedGene:
    """One gene of a list: its identifier as it is written, and what ranks it (a fold change, a score), if anything."""

    written: str
    weight: float | None = None


@dataclass(frozen=True)
class GeneList:
    """A set of genes that somebody wants to have named, as a file has it.

    `ranked` says that the first genes matter most; else their order means nothing.
    `flags` are sentences about what is odd ("listed twice: TP53"); a list with an `error` cannot be annotated, and the
    sentence says why and what to do. `place` is where it stands: "line 12".
    """

    name: str
    genes: tuple[ListedGene, ...]
    ranked: bool = False
    description: str = ""
    place: str = ""
    flags: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class GeneLists:
    """All lists of one file, and how it was read: sentences that people see before anything is run.

    `universe` are the genes that were tested, where the file says so (all rows of a table of differential expression).
    """

    lists: tuple[GeneList, ...]
    kind: str
    told: tuple[str, ...] = ()
    universe: tuple[str, ...] = field(default=(), repr=False)


def checked(
    name: str,
    genes: Iterable[ListedGene],
    ranked: bool = False,
    description: str = "",
    place: str = "",
    flags: Iterable[str] = (),
    empty: str = "there is no gene in this list: add its genes, or leave the list out",
) -> GeneList:
    """The list with each gene once, where it stands first, and its flags; with an error where it cannot be named.

    `empty` is the error of a list without genes. Names and genes stay the text that they are.
    """
    genes = [replace(gene, written=gene.written.strip()) for gene in genes]
    counts = Counter(gene.written for gene in genes if gene.written)
    first = {gene.written: gene for gene in reversed(genes)}
    once = tuple(first[written] for written in counts)
    flags = list(flags)
    if repeated := [written for written, count in counts.items() if count > 1]:
        flags.append(f"listed more than once: {some(repeated)}")
    if len(kinds := Counter(map(_kind, counts))) > 1:
        flags.append(f"identifiers of several kinds: {', '.join(counted(n, kind) for kind, n in kinds.items())}")
    return GeneList(name, once, ranked, description, place, tuple(flags), _error(len(once), empty))


def some(names: list[str]) -> str:
    """The first of some names, and how many more there are."""
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")


def counted(count: int, one: str, several: str = "") -> str:
    """The number and the noun (or a phrase), in the plural where it is not one: `several`, else with an s."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def uniquely_named(lists: Iterable[GeneList]) -> tuple[GeneList, ...]:
    """The lists, those of a name that a list before has called "name (2)" and so on, which a flag says."""
    taken: set[str] = set()
    found = []
    for one in lists:
        name, number = one.name, 2
        while name in taken:
            name, number = f"{one.name} ({number})", number + 1
        taken.add(name)
        if name != one.name:
            flag = f"another list is called '{one.name}' too: this one is now '{name}'"
            one = replace(one, name=name, flags=(*one.flags, flag))
        found.append(one)
    return tuple(found)


def _kind(identifier: str) -> str:
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(identifier)), "symbol")


def _error(count: int, empty: str) -> str:
    if not count:
        return empty
    if count < FEWEST:
        return f"too few genes: {count}, and a name needs at least {FEWEST}"
    if count > MOST:
        return f"{count:,} genes are too many to have one function: filter them, to {MOST:,} at most"
    return ""
