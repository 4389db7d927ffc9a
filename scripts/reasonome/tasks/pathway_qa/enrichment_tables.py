"""Enrichment tables of fGSEA, GSEApy, clusterProfiler, g:Profiler, GSEA desktop and DAVID, told apart by columns.

`Tables` has what several say of a set.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from math import isfinite, nan
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np

from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import PlainTable, read_table
from reasonome.facts.text import one_line
from reasonome.scoring.verifiers import number
from reasonome.tasks.pathway_qa.answer import can_be_stated
from reasonome.tasks.pathway_qa.dialogue import DEPENDS, DOWN, UP

_GENES = re.compile(r"[;,/|\s]+")
_PHENOTYPE = "phenotype"  # g:Profiler writes 1 in all rows, which is no direction
# GO:0005730~nucleolus, IPR001680:WD40 repeat, hsa03030:DNA replication, h_btg2Pathway:BTG family proteins …
_DAVID = re.compile(r"((?:GO:|R-[A-Z]{3}-|IPR|KW-|PIRSF|SM|WP)\d+|[a-z]{3}\d{5}|[hm]_\w+Pathway)[~:](.+)", re.DOTALL)


@dataclass(frozen=True)
class Layout:
    """The columns of a program's table: field → its names. `score` is signed, such as NES; some programs have none."""

    program: str
    columns: Mapping[str, Sequence[str]]
    own: Sequence[str]  # columns that only this program writes, all of them


# Fields: id, perhaps name; adjusted (p), score, genes.
LAYOUTS = (
    Layout(
        "fGSEA",
        {"id": ("pathway",), "adjusted": ("padj",), "score": ("NES",), "genes": ("leadingEdge_str", "leadingEdge")},
        ("pathway", "padj", "NES"),
    ),
    Layout(
        "clusterProfiler GSEA",
        {
            "id": ("ID",),
            "name": ("Description",),
            "adjusted": ("p.adjust",),
            "score": ("NES",),
            "genes": ("core_enrichment",),
        },
        ("ID", "NES", "p.adjust"),
    ),
    Layout(
        "clusterProfiler",
        {"id": ("ID",), "name": ("Description",), "adjusted": ("p.adjust",), "genes": ("geneID",)},
        ("ID", "GeneRatio", "p.adjust"),
    ),
    Layout(
        "GSEApy prerank",
        {"id": ("Term",), "adjusted": ("FDR q-val",), "score": ("NES",), "genes": ("Lead_genes", "lead_genes")},
        ("Term", "NES", "FDR q-val"),
    ),
    Layout(
        "GSEApy enrichr",
        {"id": ("Term",), "adjusted": ("Adjusted P-value",), "genes": ("Genes",)},
        ("Term", "Adjusted P-value"),
    ),
    Layout(
        "GSEA desktop",
        {"id": ("NAME",), "adjusted": ("FDR q-val",), "score": ("NES",)},
        ("NAME", "NES", "FDR q-val"),
    ),
    Layout(
        "g:Profiler",
        {
            "id": ("term_id", "native"),
            "name": ("term_name", "name"),
            "adjusted": ("adjusted_p_value", "p_value"),
            "genes": ("intersections", "intersection"),
        },
        ("source",),
    ),
    Layout(
        "DAVID",
        {"id": ("Term",), "adjusted": ("Benjamini",), "genes": ("Genes",)},
        ("Category", "Term", "Benjamini"),
    ),
    # The generic results of EnrichmentMap, which g:Profiler writes: `phenotype` is 1 or -1, or the same in all rows.
    Layout(
        "generic results",
        {
            "id": ("Name",),
            "name": ("Description",),
            "adjusted": ("qvalue",),
            "score": (_PHENOTYPE,),
            "genes": ("genes",),
        },
        ("Name", "qvalue", _PHENOTYPE),
    ),
)


@dataclass(frozen=True)
class EnrichedSet:
    """One row: the set's id and name, its adjusted p, its score (nan without a sign), and the genes that drive it.

    `aliases` are further ids or names.
    """

    id: str
    name: str
    adjusted: float
    score: float
    genes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


class BadRow(NamedTuple):
    """A row that says nothing of its set, and why."""

    line: int
    id: str
    reason: str


@dataclass(frozen=True)
class Contrast:
    """The sets of one comparison, such as treated against control, in one tissue and study, by their ids.

    `signed` is whether scores tell up from down.
    """

    tissue: str
    study: str
    signed: bool
    sets: dict[str, EnrichedSet] = field(default_factory=dict)


def read_contrasts(
    path: Path,
    tissue: str = "",
    study: str = "",
    columns: Mapping[str, str] | None = None,
    significant: float = 0.05,
) -> tuple[list[Contrast], list[BadRow]]:
    """The contrasts of a file, and the rows that say nothing; a contrast without a sound row is named among these.

    `columns` says what fields are called that have other names than any program gives; with the fields `tissue` and
    `study` the file may hold several contrasts, else `tissue` and `study` are those of all rows. A row without a p
    value from 0 to 1, without a number as score, of a set that the contrast has already, with an adjusted p below
    `significant` and the score 0, or on which a statement cannot be read back, is left out. InputError for a file that
    cannot be read, for columns of no program, and without a sound row.
    """
    columns = columns or {}
    names = [name for layout in LAYOUTS for given in layout.columns.values() for name in given]
    table = read_table(path, [*names, *columns.values()])
    places = _columns(table, columns)
    cells = {name: [cell.strip() for cell in table.cells(place)] for name, place in places.items()}
    signed = "score" in places and not (places["score"] == _PHENOTYPE and len({*cells["score"]}) == 1)
    contrasts: dict[tuple[str, str], Contrast] = {}
    begins: dict[tuple[str, str], int] = {}
    bad: list[BadRow] = []
    for place, line in enumerate(table.lines):
        row = {"tissue": tissue, "study": study} | {name: values[place] for name, values in cells.items()}
        key = (row["tissue"], row["study"])
        contrast = contrasts.setdefault(key, Contrast(*key, signed))
        begins.setdefault(key, line)
        if reason := _add(contrast, row, significant):
            bad.append(BadRow(line, row["id"], reason))
    empty = [key for key, contrast in contrasts.items() if not contrast.sets and all(key)]
    bad += [BadRow(begins[key], ", ".join(key), "no row of this contrast can be used") for key in empty]
    contrasts = {key: contrast for key, contrast in contrasts.items() if contrast.sets}
    if not contrasts:
        what = f"no row of this table can be used: {bad[0].reason}"
        raise InputError(what, file=path, line=bad[0].line, fix="see whether the columns are those meant")
    return list(contrasts.values()), bad


def _add(contrast: Contrast, row: Mapping[str, str], significant: float) -> str:
    """Add a row's set to a contrast; why not, "" if it was added."""
    identifier, name = row["id"], row.get("name", "")
    if match := _DAVID.fullmatch(identifier):
        identifier, name = match.groups()
    adjusted, score = number(row["adjusted"]), number(row["score"]) if contrast.signed else nan
    if not all((identifier, row["tissue"], row["study"])):
        return "the cell of the set, the tissue or the study is empty"
    if identifier in contrast.sets:
        return "the set has an earlier row"
    if not 0 <= adjusted <= 1:
        return f"the adjusted p is '{row['adjusted']}'"
    if contrast.signed and not isfinite(score):
        return f"the score is '{row['score']}'"
    if score == 0 and adjusted < significant:
        return "the set is significant, and its score 0 has no direction"
    if not all(can_be_stated(text, contrast.tissue) for text in {identifier, name or identifier}):
        return "no statement can have this name in this tissue: it has a line end or a ';', or begins like a list"
    if re.search(r"[;\r\n]", contrast.study):
        return "the study has a line end or a ';'"
    aliases = tuple(filter(None, map(str.strip, re.split(r"[;|]", row.get("alias", "")))))
    listed = genes(row.get("genes", ""))
    contrast.sets[identifier] = EnrichedSet(identifier, name or identifier, adjusted, score, listed, aliases)
    return ""


def genes(text: str) -> tuple[str, ...]:
    """The genes of a cell, each once, whatever stands between them, R's c("A", "B") too."""
    plain = re.sub(r"^c\((.*)\)$", r"\1", text.strip()).replace('"', "").replace("'", "").strip("[]")
    return tuple(dict.fromkeys(filter(None, _GENES.split(plain))))


def _columns(table: PlainTable, own: Mapping[str, str]) -> dict[str, str]:
    """Field → column: those that the user names, and those of the program that wrote the table.

    InputError for an unknown column, and without the columns of the set and its adjusted p.
    """
    named = {name: table.place(column, field=f"columns.{name}") for name, column in own.items()}
    for layout in LAYOUTS:
        found = {
            name: [column for column in given if column in table.columns] for name, given in layout.columns.items()
        }
        if set(layout.own) <= set(table.columns) and found["adjusted"] and (found["id"] or "id" in own):
            return {name: table.place(given[0]) for name, given in found.items() if given} | named
    if {"id", "adjusted"} <= named.keys():
        return named
    known = "; ".join(f"{layout.program} has {', '.join(layout.own)}" for layout in LAYOUTS)
    what = f"these are not the columns of a known enrichment table: {', '.join(filter(None, table.columns[:12]))}"
    raise table.header_error(what, fix=f"say in `columns` what id, adjusted and score are called ({known})")


_FEWEST_SHARED = 10  # sets of two contrasts, for a correlation


def folded(place: str) -> str:
    """A tissue or study for comparisons: without case and blanks around or doubled."""
    return one_line(place).casefold()


class Tables:
    """The contrasts by tissue; a set has moved where its adjusted p is below `significant`."""

    def __init__(self, contrasts: Sequence[Contrast], significant: float):
        self.contrasts, self.significant = list(contrasts), significant
        self.tissues: dict[str, list[Contrast]] = defaultdict(list)
        for contrast in contrasts:
            self.tissues[contrast.tissue].append(contrast)
        self.sets = dict.fromkeys(identifier for contrast in contrasts for identifier in contrast.sets)

    def moved(self, contrast: Contrast, identifier: str) -> bool | None:
        """Whether a set moved in a contrast; None where the contrast does not have it."""
        row = contrast.sets.get(identifier)
        return None if row is None else row.adjusted < self.significant

    def direction(self, tissue: str, identifier: str) -> str | None:
        """Where at least two contrasts in which the set moved agree and outvote the others, their direction.

        "it depends" where it moved both ways without such a majority; None where neither holds.
        """
        moved = [c.sets[identifier].score for c in self.tissues[tissue] if c.signed and self.moved(c, identifier)]
        up, down = sum(score > 0 for score in moved), sum(score < 0 for score in moved)
        if up > down and up >= 2:
            return UP
        if down > up and down >= 2:
            return DOWN
        return DEPENDS if up and down else None

    def count(self, tissue: str, identifier: str) -> int | None:
        """In how many studies of a tissue a set moved; None where a study does not have it."""
        moved = [self.moved(contrast, identifier) for contrast in self.tissues[tissue]]
        return None if None in moved else moved.count(True)

    def conservation(self, tissue: str, other: str) -> float:
        """The mean of Pearson's correlation of scores, over the pairs of a study of one and a study of the other.

        Of one tissue, over its pairs of studies. Each is over the sets that both have; nan without a pair that shares
        ten of them.
        """
        if tissue == other:
            pairs = combinations(self.tissues[tissue], 2)
        else:
            pairs = product(self.tissues[tissue], self.tissues[other])
        values = [_correlation(first, second) for first, second in pairs]
        known = [value for value in values if isfinite(value)]
        return fmean(known) if known else nan


def _correlation(first: Contrast, second: Contrast) -> float:
    shared = [identifier for identifier in first.sets if identifier in second.sets]
    if len(shared) < _FEWEST_SHARED or not (first.signed and second.signed):
        return nan
    scores = np.array([[contrast.sets[identifier].score for identifier in shared] for contrast in (first, second)])
    return float(np.corrcoef(scores)[0, 1]) if scores.std(axis=1).all() else nan
