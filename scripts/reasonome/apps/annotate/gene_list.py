"""Named lists of genes from a file, and flags for what is odd about them: repeats, ids of several kinds, sizes."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from reasonome.facts.text import counted, some

FEWEST = 3  # genes; one or two have too many processes in common
MOST = 2_000  # genes; a tenth of the protein-coding ones, more than nearly all processes have

# UniProt accessions are missing: P2RY11 and B3GAT1 look like an accession and are symbols.
_KINDS = {
    "Ensembl id": re.compile(r"ENS[A-Z]*G\d{11}(\.\d+(_\d+)?)?(_PAR_Y)?", re.IGNORECASE),
    "Entrez id": re.compile(r"\d+(\.0)?|(NCBIGene|Entrez|GeneID):\d+", re.IGNORECASE),
    "HGNC id": re.compile(r"(HGNC:)+\d+", re.IGNORECASE),
    "MGI id": re.compile(r"(MGI:)+\d+", re.IGNORECASE),
}


@dataclass(frozen=True)
class ListedGene:
    """One gene of a list: its identifier as written, and the number that ranks it (a fold change, a score), if any."""

    written: str
    weight: float | None = None


@dataclass(frozen=True)
class GeneList:
    """A user's gene set, as it stands in a file.

    `ranked` says that the first genes matter most; else their order means nothing. `flags` are warnings ("listed more
    than once: TP53"). A list with an `error` cannot be annotated; the text says why and what to do. `place` is where
    the list stands in the file: "line 12". `direction` says in words where its genes are higher.
    """

    name: str
    genes: tuple[ListedGene, ...]
    ranked: bool = False
    description: str = ""
    place: str = ""
    flags: tuple[str, ...] = ()
    error: str = ""
    direction: str = ""


@dataclass(frozen=True)
class GeneLists:
    """All lists of one file, or of one `comparison` in it.

    `notes` are sentences on how it was read, which are printed before the model runs.
    `universe` are the tested genes, where the file has them (all rows of a table of differential expression).
    `ranking` are all genes with a number, where the file ranks them, and `ends` say in words what its two ends are.
    """

    lists: tuple[GeneList, ...]
    kind: str
    notes: tuple[str, ...] = ()
    universe: tuple[str, ...] = field(default=(), repr=False)
    ranking: tuple[ListedGene, ...] = field(default=(), repr=False)
    ends: tuple[str, str] = ("", "")
    comparison: str = ""


def checked(
    name: str,
    genes: Iterable[ListedGene],
    ranked: bool = False,
    description: str = "",
    place: str = "",
    flags: Iterable[str] = (),
    empty: str = "there is no gene in this list: add its genes, or leave the list out",
    direction: str = "",
) -> GeneList:
    """The list with each gene once, at its first place, and its flags; with an error where it cannot be named.

    `empty` is the error of a list without genes.
    """
    genes = [replace(gene, written=gene.written.strip()) for gene in genes]
    counts = Counter(gene.written for gene in genes if gene.written)
    first = {gene.written: gene for gene in reversed(genes)}
    once = tuple(first[written] for written in counts)
    flags = list(flags)
    differing = {gene.written for gene in genes if gene.weight != first[gene.written].weight}
    repeated = [written for written, count in counts.items() if count > 1]
    if alike := [written for written in repeated if written not in differing]:
        flags.append(f"listed more than once: {some(alike)}")
    if others := [written for written in repeated if written in differing]:
        flags.append(f"listed more than once with other numbers, of which the first counts: {some(others)}")
    if len(kinds := Counter(map(_kind, counts))) > 1:
        flags.append(f"identifiers of several kinds: {', '.join(counted(n, kind) for kind, n in kinds.items())}")
    return GeneList(name, once, ranked, description, place, tuple(flags), _error(len(once), empty), direction)


def uniquely_named(lists: Iterable[GeneList]) -> tuple[GeneList, ...]:
    """The lists; a list with the name of an earlier one is renamed to "name (2)" and so on, and gets a flag."""
    taken: set[str] = set()
    renamed = []
    for gene_list in lists:
        name, number = gene_list.name, 2
        while name in taken:
            name, number = f"{gene_list.name} ({number})", number + 1
        taken.add(name)
        if name != gene_list.name:
            flag = f"another list is called '{gene_list.name}' too: this one is now '{name}'"
            gene_list = replace(gene_list, name=name, flags=(*gene_list.flags, flag))
        renamed.append(gene_list)
    return tuple(renamed)


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
