"""Human orthologues of mouse genes."""

import os
from collections.abc import Iterable, Iterator
from functools import cached_property

import pandas as pd

from reasonome.facts.genes import Gene, GeneTable, Resolution

NAME_COLUMNS = ("mouse_symbol", "mgi_id", "ensembl_id", "entrez_id")
SYNONYMS_COLUMN, HUMAN_COLUMN = "mouse_synonyms", "human_symbols"
_Row = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


class Orthologues:
    """The human orthologues of mouse genes, which are read when they are first asked for.

    Identifiers of mouse genes (symbols, MGI, Ensembl and Entrez ids, synonyms) are found as a GeneTable finds them.
    """

    def __init__(self, rows: Iterable[_Row]):
        """`rows` are (symbol and ids, synonyms, human symbols) of mouse genes."""
        self._rows = rows

    @classmethod
    def read(cls, path: str | os.PathLike) -> "Orthologues":
        """Those of a table with tabs: NAME_COLUMNS, synonyms and human symbols; "|" separates the values of a cell.

        A mouse gene may have several rows, and cells may be empty.
        """
        return cls(_rows(path))

    @cached_property
    def _read(self) -> tuple[GeneTable, dict[str, tuple[str, ...]]]:
        """The mouse genes, called by their symbols or else their first ids, and the human symbols of each."""
        found: dict[str, tuple[dict[str, None], ...]] = {}
        for row in self._rows:
            for kept, values in zip(found.setdefault(row[0][0], ({}, {}, {})), row, strict=True):
                kept.update(dict.fromkeys(values))
        mouse = (Gene(name, other_ids=tuple(ids), aliases=tuple(names)) for name, (ids, names, _) in found.items())
        return GeneTable(mouse), {name: tuple(humans) for name, (_, _, humans) in found.items()}

    @property
    def genes(self) -> dict[str, tuple[str, ...]]:
        """All mouse genes, named as by `gene`, with their human symbols, in the order of the table."""
        return self._read[1]

    def human(self, identifier: str) -> tuple[str, ...]:
        """The symbols of a mouse gene's human orthologues; () where none is known."""
        return self.genes.get(self.gene(identifier), ())

    def gene(self, identifier: str) -> str:
        """The table's name for a mouse gene, the same for all its identifiers; "" for an unknown identifier."""
        return self.resolve(identifier).symbol or ""

    def resolve(self, identifier: str) -> Resolution:
        """The mouse gene of an identifier, and how it is found."""
        return self._read[0].resolve(identifier)

    def __contains__(self, identifier: str) -> bool:
        """Whether this is a mouse gene, written exactly so."""
        return self.resolve(identifier).how in ("current", "id", "alias")


def _rows(path: str | os.PathLike) -> Iterator[_Row]:
    """The rows of a table of orthologues; nothing is read before the first is asked for."""
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    columns = [*NAME_COLUMNS, SYNONYMS_COLUMN, HUMAN_COLUMN]
    for row in table.reindex(columns=columns, fill_value="").itertuples(index=False, name=None):
        *names, synonyms, humans = (tuple(part.strip() for part in cell.split("|") if part.strip()) for cell in row)
        if any(names):
            yield sum(names, ()), synonyms, humans
