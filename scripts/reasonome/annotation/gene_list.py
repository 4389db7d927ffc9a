"""What a reader of gene sets finds: named lists of genes as they stand in the file, and what is odd about them."""

from dataclasses import dataclass, field

SPECIES = ("human", "mouse")


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
