"""How many identifiers of every file that was read are known genes: for the terminal, the page and a table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reasonome.annotation.gene_list import GeneLists
from reasonome.core import atomic
from reasonome.enrichment.over_representation import GeneSetLibrary
from reasonome.facts.files.plain_table import tsv_row
from reasonome.facts.genes import GeneTable
from reasonome.facts.orthologues import Orthologues
from reasonome.facts.text import counted, some

IDENTIFIERS = "identifiers.tsv"
COLUMNS = ("file", "holds", "identifiers", "recognised", "not_recognised", "which_not")


@dataclass(frozen=True)
class Recognised:
    """The identifiers of one file, or of one comparison in it, each counted once, and those that are `unknown`.

    `holds` says what the file is of: "lists", "universe" or "library"; `left_out` counts what else of a library is not
    used, by the reason.
    """

    file: str
    holds: str
    identifiers: int
    unknown: tuple[str, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The counts in words, with the first of the unknown ones."""
        return self._known + "".join(f"; left out: {reason} ({count:,})" for reason, count in self.left_out.items())

    @property
    def _known(self) -> str:
        total = counted(self.identifiers, "identifier")
        if not self.unknown:
            return f"{self.file}: all {total} are known genes"
        verb = "is none" if len(self.unknown) == 1 else "are none"
        known = f"{self.identifiers - len(self.unknown):,} of {total} are known genes"
        return f"{self.file}: {known}, {len(self.unknown):,} {verb}: {some(self.unknown)}"


def recognised(
    gene_lists: Mapping[str, GeneLists],
    universe: tuple[str, Iterable[str]] | None,
    libraries: Sequence[GeneSetLibrary],
    genes: GeneTable,
    orthologues: Orthologues | None,
) -> list[Recognised]:
    """The files of lists, the universe (its file and its identifiers), and the libraries that were read from files.

    With `orthologues` lists and universe are of mice, and a gene is known if it has a known human orthologue.
    """

    def is_known(identifier: str) -> bool:
        if orthologues is None:
            return genes.resolve(identifier).symbol is not None
        return any(genes.resolve(human).symbol for human in orthologues.human(identifier))

    def checked(file: str, holds: str, identifiers: Iterable[str]) -> Recognised:
        each = dict.fromkeys(identifiers)
        return Recognised(file, holds, len(each), tuple(one for one in each if not is_known(one)))

    found = [checked(name, "lists", _identifiers(lists)) for name, lists in gene_lists.items()]
    if universe is not None:
        found.append(checked(universe[0], "universe", universe[1]))
    of_files = [library for library in libraries if library.identifiers]
    return found + [Recognised(one.name, "library", one.identifiers, one.unknown, one.left_out) for one in of_files]


def _identifiers(lists: GeneLists) -> Iterator[str]:
    yield from (gene.written for gene_list in lists.lists for gene in gene_list.genes)
    yield from (gene.written for gene in lists.ranking)
    yield from lists.universe


def write_identifiers(found: Sequence[Recognised], folder: Path) -> None:
    """Write a row for each file, with all of its identifiers that are no known genes."""
    rows = [
        (one.file, one.holds, one.identifiers, one.identifiers - len(one.unknown), len(one.unknown), one.unknown)
        for one in found
    ]
    lines = ["\t".join(COLUMNS), *map(tsv_row, rows)]
    atomic.write_text(folder / IDENTIFIERS, "".join(f"{line}\n" for line in lines))
