"""Who is which gene: current, previous and alias symbols and database ids -> current symbol."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

_ENSEMBL_VERSION = re.compile(r"(ENSG\d{11})\.\d+")
# What spreadsheet programs make of the old symbols MARCH1 or MARC1, SEPT2 and DEC1.
_SPREADSHEET_DATE = re.compile(r"(\d{1,2})-(mar|sep|dec)|(mar|sep|dec)-0?(\d{1,2})", re.IGNORECASE)
_MONTHS = {"mar": ("MARCH", "MARC"), "sep": ("SEPT",), "dec": ("DEC",)}
_GUESSES = 3


class Gene(NamedTuple):
    """One gene as the symbol authority has it; `groups` are (id, name) pairs. Unknown is "" or ()."""

    symbol: str
    name: str = ""
    hgnc_id: str = ""
    entrez_id: str = ""
    ensembl_id: str = ""
    uniprot_ids: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()


class Resolution(NamedTuple):
    """What an identifier turned out to be.

    `symbol` is the current symbol, or None. `how` is current, id, previous, alias, the same with " (case)"
    where only the case differed, ambiguous (then `candidates` has all of them), or unknown.
    """

    symbol: str | None
    how: str
    candidates: tuple[str, ...] = ()


class GeneTable:
    """Resolves gene identifiers of any kind.

    The kinds are tried in this order, and the first that knows the identifier decides: current symbol,
    database id (HGNC, Entrez, Ensembl, UniProt), previous symbol, alias, then the symbols without regard to
    case. An identifier that means several genes of the deciding kind is ambiguous and is not guessed.
    """

    def __init__(self, genes: Iterable[Gene]):
        self.genes = {gene.symbol: gene for gene in genes}
        self._lookups: list[tuple[str, Mapping[str, tuple[str, ...]]]] = [
            ("current", {symbol: (symbol,) for symbol in self.genes}),
            (
                "id",
                self._index(lambda gene: (gene.hgnc_id, gene.entrez_id, gene.ensembl_id, *gene.uniprot_ids)),
            ),
            ("previous", self._index(lambda gene: gene.previous)),
            ("alias", self._index(lambda gene: gene.aliases)),
        ]

    def __contains__(self, symbol: str) -> bool:
        """Whether `symbol` is a current symbol, written exactly so."""
        return symbol in self.genes

    def resolve(self, identifier: str, strict: bool = False) -> Resolution:
        """Find the gene that `identifier` means.

        `strict` is for curated files, which use official symbols only: no aliases, no other case, and no
        previous symbol shorter than three characters. Viral proteins are why: Reactome has `tat` (not TAT),
        `PB1` (not the alias of PBRM1) and `NP` (not the old symbol of PNP).
        """
        identifier = _ENSEMBL_VERSION.sub(r"\1", identifier.strip())
        for how, index in self._lookups:
            if strict and (how == "alias" or (how == "previous" and len(identifier) < 3)):
                continue
            if identifier in index:
                return _resolution(how, index[identifier])
        if not strict:
            folded = identifier.casefold()
            for how, index in self._folded:
                if folded in index:
                    return _resolution(f"{how} (case)", index[folded])
        return Resolution(None, "unknown")

    def best_guess(self, identifier: str) -> str:
        """Symbols that somebody may have meant by an identifier that resolves to none, joined by "|"; or "".

        In this order: the genes an ambiguous one may mean, the same letters and digits with other
        punctuation or case, what a spreadsheet turned into a date, one wrong, missing or extra character.
        """
        resolution = self.resolve(identifier)
        if resolution.symbol:
            return resolution.symbol
        guesses = (
            resolution.candidates
            or self._plain.get(_plain(identifier), ())
            or self._from_date(identifier)
            or self._one_edit_away(identifier)
        )
        return "|".join(sorted(guesses)[:_GUESSES])

    def _index(self, identifiers_of) -> dict[str, tuple[str, ...]]:
        return _collect((i, gene.symbol) for gene in self.genes.values() for i in identifiers_of(gene) if i)

    @cached_property
    def _folded(self) -> list[tuple[str, dict[str, tuple[str, ...]]]]:
        return [
            (how, _collect((key.casefold(), symbol) for key, symbols in index.items() for symbol in symbols))
            for how, index in self._lookups
            if how != "id"
        ]

    @cached_property
    def _plain(self) -> dict[str, tuple[str, ...]]:
        return _collect((_plain(symbol), symbol) for symbol in self.genes)

    @cached_property
    def _one_changed(self) -> dict[str, tuple[str, ...]]:
        return _collect((key, symbol) for symbol in self.genes for key in _with_a_gap(symbol.casefold()))

    @cached_property
    def _one_missing(self) -> dict[str, tuple[str, ...]]:
        return _collect((key, symbol) for symbol in self.genes for key in _one_shorter(symbol.casefold()))

    def _from_date(self, identifier: str) -> set[str]:
        match = _SPREADSHEET_DATE.fullmatch(identifier.strip())
        if not match:
            return set()
        number, month = match[1] or match[4], (match[2] or match[3]).lower()
        resolved = (self.resolve(f"{stem}{int(number)}") for stem in _MONTHS[month])
        return {symbol for one in resolved for symbol in (one.candidates or (one.symbol,)) if symbol}

    def _one_edit_away(self, identifier: str) -> set[str]:
        # Four characters and fewer are one edit away from too much; numbers are ids.
        if len(identifier) < 5 or identifier.isdigit():
            return set()
        folded = identifier.casefold()
        found = set(self._one_missing.get(folded, ()))
        found.update(symbol for key in _with_a_gap(folded) for symbol in self._one_changed.get(key, ()))
        found.update(symbol for key in _one_shorter(folded) for symbol in self._folded[0][1].get(key, ()))
        return found


def _resolution(how: str, symbols: tuple[str, ...]) -> Resolution:
    return Resolution(symbols[0], how) if len(symbols) == 1 else Resolution(None, "ambiguous", symbols)


def _collect(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for key, symbol in pairs:
        found[key][symbol] = None
    return {key: tuple(sorted(symbols)) for key, symbols in found.items()}


def _plain(identifier: str) -> str:
    return "".join(filter(str.isalnum, identifier)).casefold()


def _one_shorter(text: str) -> set[str]:
    return {text[:i] + text[i + 1 :] for i in range(len(text))}


def _with_a_gap(text: str) -> set[str]:
    return {f"{text[:i]}?{text[i + 1 :]}" for i in range(len(text))}
