"""Human orthologues of mouse genes."""

import os
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

import pandas as pd

from reasonome.facts.spellings import SEVERAL, date_symbols, spellings

NAME_COLUMNS = ("mouse_symbol", "mgi_id", "ensembl_id", "entrez_id")
SYNONYMS_COLUMN, HUMAN_COLUMN = "mouse_synonyms", "human_symbols"

_VERSION = re.compile(r"(ENSMUSG\d{11})\.\d+(?:_\d+)?|(\d+)\.0")


class Orthologues:
    """The human orthologues of mouse genes, which are read when they are first asked for.

    An identifier is a symbol, a synonym that no other mouse gene has, or an id: MGI:98834, ENSMUSG00000059552 (with or
    without version), or a bare number for an Entrez id. As in a GeneTable, symbols and ids come before synonyms, also
    in another case, and these before a date of a spreadsheet program and the spellings of other programs.
    """

    def __init__(self, rows: Iterable[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]):
        """`rows` are (symbol and ids, synonyms, human symbols) of mouse genes."""
        self._rows = rows

    @classmethod
    def read(cls, path: str | os.PathLike) -> "Orthologues":
        """Those of a table with tabs: NAME_COLUMNS, synonyms and human symbols; "|" separates the values of a cell.

        A mouse gene may have several rows, and cells may be empty.
        """
        return cls(_rows(path))

    @cached_property
    def _names(self) -> tuple[dict[str, dict[str, None]], dict[str, str], frozenset[str]]:
        """By name of a mouse gene: its human symbols, and what the gene is called; and the names but for synonyms."""
        named: dict[str, dict[str, None]] = {}
        called: dict[str, str] = {}
        synonyms: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for names, others, humans in self._rows:
            for name in names:
                named.setdefault(name, {}).update(dict.fromkeys(humans))
                called.setdefault(name, names[0])
            for other in others:
                synonyms.setdefault(other, []).append((names[0], humans))
        main = frozenset(named)
        for synonym, meanings in synonyms.items():
            if len(meanings) == 1:
                [(gene, humans)] = meanings
                named.setdefault(synonym, dict.fromkeys(humans))
                called.setdefault(synonym, gene)
        return named, called, main

    @property
    def _named(self) -> dict[str, dict[str, None]]:
        return self._names[0]

    @property
    def _gene(self) -> dict[str, str]:
        return self._names[1]

    @cached_property
    def _folded(self) -> dict[str, str]:
        folded: dict[str, str] = {}
        for name in self._named:
            folded.setdefault(name.casefold(), name)
        return folded

    def human(self, identifier: str) -> tuple[str, ...]:
        """The symbols of a mouse gene's human orthologues; () where none is known."""
        return tuple(self._named.get(self._known(identifier), ()))

    def gene(self, identifier: str) -> str:
        """The table's name for a mouse gene, the same for all its identifiers: its symbol, else its first id.

        "" for an unknown identifier.
        """
        return self._gene.get(self._known(identifier), "")

    @property
    def genes(self) -> dict[str, tuple[str, ...]]:
        """All mouse genes, named as by `gene`, with their human symbols, in the order of the table."""
        return {gene: tuple(self._named[gene]) for gene in dict.fromkeys(self._gene.values())}

    def spelling(self, identifier: str) -> str:
        """The one of spellings.KINDS by which a mouse gene is found; "" where it is written as the table has it."""
        return self._found(identifier)[1]

    def _known(self, identifier: str) -> str:
        return self._found(identifier)[0]

    def _found(self, identifier: str) -> tuple[str, str]:
        """The name in the table, "" without one, and the kind of spelling by which it was found."""
        plain, main = _plain(identifier), self._names[2]
        name = self._folded.get(plain.casefold(), "")
        if plain in main or (plain in self._named and name not in main):
            name = plain
        names = [name] if name else list(filter(None, map(self._folded.get, date_symbols(plain))))
        if len({self._gene[name] for name in names}) == 1:
            return names[0], ""
        for kind, parts in spellings(plain):
            found = list(filter(None, map(self._known, parts)))
            if found and (kind == SEVERAL or len({self._gene[name] for name in found}) == 1):
                return found[0], kind
        return "", ""

    def __contains__(self, identifier: str) -> bool:
        """Whether this is a mouse gene, written exactly so."""
        return _plain(identifier) in self._named


def _rows(path: str | os.PathLike) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """The rows of a table of orthologues; nothing is read before the first is asked for."""
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    columns = [*NAME_COLUMNS, SYNONYMS_COLUMN, HUMAN_COLUMN]
    for row in table.reindex(columns=columns, fill_value="").itertuples(index=False, name=None):
        *names, others, humans = map(_parts, row)
        if any(names):
            yield sum(names, ()), others, humans


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(_plain(part) for part in cell.split("|") if part.strip())


def _plain(identifier: str) -> str:
    """The identifier without the version of an Ensembl id, and without the ".0" of a number."""
    identifier = identifier.strip()
    match = _VERSION.fullmatch(identifier)
    return (match[1] or match[2]) if match else identifier
