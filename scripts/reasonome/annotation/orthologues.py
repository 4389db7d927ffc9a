"""Human genes of mouse genes, and whether the genes of a list are those of the species that people said."""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

import pandas as pd

from reasonome.annotation.gene_list import GeneList, GeneLists, some
from reasonome.facts.genes import GeneTable

# Less than this share of a list is of its species, and at least that share of the other: a wrong species.
LEAST_OWN, LEAST_OTHER = 0.3, 0.5
NAME_COLUMNS = ("mouse_symbol", "mgi_id", "ensembl_id", "entrez_id")
SYNONYMS_COLUMN, HUMAN_COLUMN = "mouse_synonyms", "human_symbols"

_WRONG_SPECIES = {
    "human": "most of these are genes of mice, not of humans: pass `--species mouse`",
    "mouse": "most of these are genes of humans, not of mice: leave `--species mouse` out",
}
_MOUSE_ID = re.compile(r"ENSMUSG\d{11}(\.\d+)?|(MGI:)+\d+")
_HUMAN_ID = re.compile(r"ENSG\d{11}(\.\d+)?(_PAR_Y)?|(HGNC:)+\d+")
_VERSION = re.compile(r"(ENSMUSG\d{11})\.\d+|(\d+)\.0")


class Orthologues:
    """The human genes that a mouse gene corresponds to.

    An identifier is a symbol, a synonym that no other mouse gene has, or an id: MGI:98834, ENSMUSG00000059552 (with or
    without version), or a bare number for an Entrez id. Symbols are also found without regard to case.
    """

    def __init__(self, rows: Iterable[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]):
        """`rows` are (symbol and ids, synonyms, human symbols) of mouse genes."""
        self._named: dict[str, dict[str, None]] = {}
        self._gene: dict[str, str] = {}
        synonyms: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for names, others, humans in rows:
            for name in names:
                self._named.setdefault(name, {}).update(dict.fromkeys(humans))
                self._gene.setdefault(name, names[0])
            for other in others:
                synonyms.setdefault(other, []).append((names[0], humans))
        for synonym, found in synonyms.items():
            if len(found) == 1:
                [(gene, humans)] = found
                self._named.setdefault(synonym, dict.fromkeys(humans))
                self._gene.setdefault(synonym, gene)
        self._folded: dict[str, str] = {}
        for name in self._named:
            self._folded.setdefault(name.casefold(), name)

    @classmethod
    def read(cls, path: str | os.PathLike) -> "Orthologues":
        """Read a table with tabs: NAME_COLUMNS, synonyms and human symbols; several in a cell are joined by "|".

        A mouse gene may have several rows, and cells may be empty.
        """
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        rows = table.reindex(columns=[*NAME_COLUMNS, SYNONYMS_COLUMN, HUMAN_COLUMN], fill_value="")
        split = ([_parts(cell) for cell in row] for row in rows.itertuples(index=False, name=None))
        return cls((sum(names, ()), others, humans) for *names, others, humans in split if any(names))

    def human(self, identifier: str) -> tuple[str, ...]:
        """The symbols of the human genes that a mouse gene corresponds to; () where none is known."""
        return tuple(self._named.get(self._known(identifier), ()))

    def gene(self, identifier: str) -> str:
        """What the table calls this mouse gene, the same for all its identifiers: its symbol, else its first id, or "".

        Two identifiers of one gene are one gene, and two genes with the same human one are two.
        """
        return self._gene.get(self._known(identifier), "")

    @property
    def genes(self) -> dict[str, tuple[str, ...]]:
        """All mouse genes, as `gene` has them, with their human symbols, in the order of the table."""
        return {gene: tuple(self._named[gene]) for gene in dict.fromkeys(self._gene.values())}

    def _known(self, identifier: str) -> str:
        identifier = _plain(identifier)
        return identifier if identifier in self._named else self._folded.get(identifier.casefold(), "")

    def __contains__(self, identifier: str) -> bool:
        """Whether this is a mouse gene, written exactly so."""
        return _plain(identifier) in self._named


def check_species(found: GeneLists, species: str, genes: GeneTable, orthologues: Orthologues) -> GeneLists:
    """The lists, with an error where most identifiers are those of another species than `species`.

    Ids that say their species (ENSMUSG, MGI, ENSG, HGNC) count as what they say, symbols and other ids if they are
    written as that species has them: Cd8a is a gene of mice, CD8A of humans. Lists of mice also get flags for genes
    with several human genes, or with none.
    """

    def is_human(identifier: str) -> bool:
        if _HUMAN_ID.fullmatch(identifier):
            return True
        resolution = genes.resolve(identifier)
        return bool(resolution.symbol) and resolution.how in ("current", "id", "previous", "alias")

    def is_mouse(identifier: str) -> bool:
        return bool(_MOUSE_ID.fullmatch(identifier)) or identifier in orthologues

    own, other = (is_human, is_mouse) if species == "human" else (is_mouse, is_human)
    lists = []
    for one in found.lists:
        if not one.error and _is_of_other(one, own, other):
            one = replace(one, error=_WRONG_SPECIES[species])
        elif species == "mouse":
            one = replace(one, flags=(*one.flags, *_flags(one, orthologues)))
        lists.append(one)
    return replace(found, lists=tuple(lists))


def _is_of_other(one: GeneList, own: Callable[[str], bool], other: Callable[[str], bool]) -> bool:
    total = len(one.genes)
    of_own, of_other = (sum(test(gene.written) for gene in one.genes) for test in (own, other))
    return of_own < LEAST_OWN * total and of_other >= LEAST_OTHER * total


def _flags(one: GeneList, orthologues: Orthologues) -> list[str]:
    humans = {gene.written: orthologues.human(gene.written) for gene in one.genes}
    several = [f"{written} ({', '.join(symbols)})" for written, symbols in humans.items() if len(symbols) > 1]
    none = [written for written, symbols in humans.items() if not symbols]
    flags = [f"several human genes: {some(several)}"] if several else []
    return [*flags, f"no human gene known: {some(none)}"] if none else flags


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(_plain(part) for part in cell.split("|") if part.strip())


def _plain(identifier: str) -> str:
    """The identifier without the version of an Ensembl id, and without the fraction that made a number of a number."""
    identifier = identifier.strip()
    match = _VERSION.fullmatch(identifier)
    return (match[1] or match[2]) if match else identifier
