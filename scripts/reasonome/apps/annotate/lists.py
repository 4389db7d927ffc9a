"""Gene lists, with flags for what is odd about them."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from reasonome.apps.run import unused_name
from reasonome.facts.text import counted, some

FEWEST = 3  # genes; one or two have too many processes in common

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
    `ranking` are all genes with a number, where the file ranks them, and `ends` say in words what its two ends are. A
    ranking with an error (`ranking_error`) cannot be analysed.
    """

    lists: tuple[GeneList, ...]
    kind: str
    notes: tuple[str, ...] = ()
    universe: tuple[str, ...] = field(default=(), repr=False)
    ranking: tuple[ListedGene, ...] = field(default=(), repr=False)
    ends: tuple[str, str] = ("", "")
    ranking_error: str = ""
    comparison: str = ""

    @property
    def can_be_tested(self) -> bool:
        """Whether any list, or the ranking, has no error; also where there is no ranking."""
        return not self.ranking_error or not all(one.error for one in self.lists)


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
    if len(kinds := Counter(map(_identifier_kind, counts))) > 1:
        flags.append(f"identifiers of several kinds: {', '.join(counted(n, kind) for kind, n in kinds.items())}")
    return GeneList(name, once, ranked, description, place, tuple(flags), _unusable(len(once), empty), direction)


def uniquely_named(lists: Iterable[GeneList]) -> tuple[GeneList, ...]:
    """The lists; a list with the name of an earlier one is renamed to "name (2)" and so on, and gets a flag."""
    taken: set[str] = set()
    renamed = []
    for gene_list in lists:
        name = unused_name(gene_list.name, taken)
        taken.add(name)
        if name != gene_list.name:
            flag = f"another list is called '{gene_list.name}' too: this one is now '{name}'"
            gene_list = replace(gene_list, name=name, flags=(*gene_list.flags, flag))
        renamed.append(gene_list)
    return tuple(renamed)


def _identifier_kind(identifier: str) -> str:
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(identifier)), "symbol")


def _unusable(count: int, empty: str) -> str:
    if not count:
        return empty
    if count < FEWEST:
        return f"too few genes: {count}; {FEWEST} are the fewest that are tested"
    return ""
