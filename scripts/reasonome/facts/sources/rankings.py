"""Users' tables of ranking questions: a trait or a patient, candidate genes, and the causal ones."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isinf

from reasonome.core.errors import InputError, nearest
from reasonome.facts.files.plain_table import PlainTable, one_field_each, read_table
from reasonome.facts.sources.gene_locations import known_chromosome, position

# Field -> usual names of its column, in any case, where the benchmark does not name it.
LOCUS_COLUMNS = {
    "trait": ("trait", "description", "disease/trait"),
    "candidates": ("candidates", "symbol_gene_string"),
    "causal": ("causal", "causal_gene", "causal_genes", "symbol"),
    "id": ("id",),
    "source": ("source", "set_label"),
    "variant": ("variant", "rsid", "snp", "snps"),
    "chromosome": ("chromosome", "chromosome_GRCh38", "chr", "#chrom", "chrom", "chr_id"),
    "position": ("position", "position_GRCh38", "pos", "bp", "chr_pos", "base_pair_location"),
    "confidence": ("confidence",),
    "scores": ("scores",),
}
_NOT_AVAILABLE = {"na", "n/a", "nan", "nr", ".", "-"}
CASE_COLUMNS = {
    "present": ("present", "present_phenotypes", "phenotypes"),
    "causal": ("causal", "causal_gene", "causal_genes", "gene", "symbol"),
    "id": ("id",),
    "age": ("age",),
    "sex": ("sex",),
    "absent": ("absent", "absent_phenotypes", "excluded"),
    "candidates": ("candidates",),
    "disease": ("disease",),
    "disease_id": ("disease_id",),
    "source": ("source",),
    "scores": ("scores",),
}
_PHENOTYPE = re.compile(r"(HP:[0-9]{7})(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True)
class LocusRow:
    """A row about a locus: gene identifiers are not resolved, and missing values are "" and ().

    `place` is for messages, such as "line 12"; `line` is None in a JSON array. `candidates` is None where the table has
    no such column: they are the genes around the position. `scores` has one number per candidate.
    """

    place: str
    line: int | None
    trait: str
    causal: tuple[str, ...]
    candidates: tuple[str, ...] | None = None
    id: str = ""
    source: str = ""
    variant: str = ""
    chromosome: str = ""
    position: int | None = None
    confidence: str = ""
    scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class CaseRow:
    """A row about a patient; phenotypes are (HPO id, label), whose label may be ""; `line` is None outside a table."""

    place: str
    line: int | None
    present: tuple[tuple[str, str], ...]
    causal: tuple[str, ...]
    absent: tuple[tuple[str, str], ...] = ()
    candidates: tuple[str, ...] = ()
    id: str = ""
    age: str = ""
    sex: str = ""
    disease: str = ""
    disease_id: str = ""
    source: str = ""
    scores: tuple[float, ...] = ()


def read_loci(
    path: str | os.PathLike, columns: Mapping[str, str] | None = None, solved: bool = True, trait: str | None = None
) -> list[LocusRow]:
    """The loci of a table; `columns` maps fields (LOCUS_COLUMNS) to its columns. Raises InputError.

    A table has candidates, or chromosomes and positions; one of `solved` loci also has the causal genes. Of unsolved
    ones `trait` is that of rows without one, and a place that is not available is none.
    """
    rows = []
    for line, cells, at in _fields(path, columns or {}, LOCUS_COLUMNS, () if trait else ("trait",), solved):
        candidates = _genes(cells["candidates"], path, line, at["candidates"])
        cells["trait"] = cells["trait"] or trait or ""
        chromosome, place = cells["chromosome"], cells["position"]
        if not solved and {chromosome.casefold(), place.casefold()} & _NOT_AVAILABLE:
            chromosome = place = ""
        if bool(chromosome) != bool(place):
            field = "position" if chromosome else "chromosome"
            what = "a locus has a chromosome and a position, or neither"
            raise InputError(what, file=path, line=line, field=at[field] or field)
        rows.append(
            LocusRow(
                place=f"line {line}",
                line=line,
                causal=_genes(cells["causal"], path, line, at["causal"]),
                candidates=candidates if at["candidates"] else None,
                chromosome=known_chromosome(chromosome, path, line, at["chromosome"]),
                position=position(place, path, line, at["position"]) if place else None,
                scores=_scores(cells["scores"], candidates, path, line, at["scores"]),
                **{name: cells[name] for name in ("trait", "id", "source", "variant", "confidence")},
            )
        )
    return rows


def read_cases(path: str | os.PathLike, columns: Mapping[str, str] | None = None, solved: bool = True) -> list[CaseRow]:
    """The patients of a table; `columns` maps fields (CASE_COLUMNS) to its columns.

    ";" or "|" separates phenotypes: `HP:0001250 Seizure; HP:0001263 Global developmental delay`. Raises InputError as
    `read_loci` does, and for a phenotype that does not begin with an HPO id.
    """
    rows = []
    for line, cells, at in _fields(path, columns or {}, CASE_COLUMNS, ("present",), solved):
        candidates = _genes(cells["candidates"], path, line, at["candidates"])
        rows.append(
            CaseRow(
                place=f"line {line}",
                line=line,
                present=_phenotypes(cells["present"], path, line, at["present"]),
                absent=_phenotypes(cells["absent"], path, line, at["absent"]),
                causal=_genes(cells["causal"], path, line, at["causal"]),
                candidates=candidates,
                scores=_scores(cells["scores"], candidates, path, line, at["scores"]),
                **{name: cells[name] for name in ("id", "age", "sex", "disease", "disease_id", "source")},
            )
        )
    return rows


def _fields(
    path: str | os.PathLike,
    columns: Mapping[str, str],
    known: Mapping[str, tuple[str, ...]],
    needed: Sequence[str],
    solved: bool,
) -> Iterator[tuple[int, dict[str, str], Mapping[str, str | None]]]:
    """(line, stripped cell by field, column by field) of every row; "" where there is no column, which is None."""
    for field in columns:
        if field not in known:
            raise InputError(f"unknown field '{field}'", field="columns", fix=nearest(field, known))
    wanted = [*columns.values(), *(name for names in known.values() for name in names)]
    table = read_table(path, wanted)
    at = {field: _column(table, field, columns.get(field), known[field]) for field in known}
    for field in (*needed, *(("causal",) if solved else ())):
        if at[field] is None:
            raise _no_column(table, field, known[field], solved)
    if known is LOCUS_COLUMNS and at["candidates"] is None and None in (at["chromosome"], at["position"]):
        beside = "; or have columns chromosome and position, around which candidates are looked for"
        raise _no_column(table, "candidates", known["candidates"], solved, beside)
    one_field_each(at)
    seen: dict[str, int] = {}
    for line, row in table.rows:
        cells = {field: row[column].strip() if column else "" for field, column in at.items()}
        if not cells["id"].isprintable():
            what = f"an id is text on one line, without control characters; found {cells['id'][:40]!r}"
            raise InputError(what, file=path, line=line, field=at["id"])
        if cells["id"] and seen.setdefault(cells["id"], line) != line:
            what = f"the id '{cells['id'][:80]}' stands already in line {seen[cells['id']]}"
            raise InputError(what, file=path, line=line, field=at["id"], fix="give each row an id of its own")
        yield line, cells, at


def _column(table: PlainTable, field: str, named: str | None, usual: tuple[str, ...]) -> str | None:
    """The column of a field: the one that is named for it, else one with a usual name, else None."""
    if named is not None:
        return table.place(named, field)
    columns = table.find(usual)
    return table.place(columns[0], field) if columns else None


def _no_column(table: PlainTable, field: str, usual: tuple[str, ...], solved: bool, beside: str = "") -> InputError:
    said = f"in benchmarks.yaml: columns: {{{field}: NAME}}" if solved else f"what it is called: --columns {field}=NAME"
    fix = f"call it {' or '.join(usual)}, or say {said}{beside}"
    return table.header_error(f"no column has the {field}", field=field, fix=fix)


def _genes(cell: str, path: str | os.PathLike, line: int, column: str | None) -> tuple[str, ...]:
    """`A, B`, `A|B`, `A;B` or `{A},{B}` as genes, each once."""
    if cell.count("{") != cell.count("}"):
        what = f"{cell.count('{')} braces are opened and {cell.count('}')} closed"
        raise InputError(what, file=path, line=line, field=column, fix="write {A},{B} or A, B")
    genes = (" ".join(gene.split()) for gene in re.split(r"[,;|{}]", cell))
    return tuple(dict.fromkeys(gene for gene in genes if gene))


def _scores(
    cell: str, candidates: tuple[str, ...], path: str | os.PathLike, line: int, column: str | None
) -> tuple[float, ...]:
    if not cell:
        return ()
    numbers = [number.strip() for number in re.split(r"[,;|]", cell)]
    if len(numbers) != len(candidates):
        what = f"{len(numbers)} scores of {len(candidates)} candidates"
        raise InputError(what, file=path, line=line, field=column, fix="give one score for each, in their order")
    for number in numbers:
        if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", number, re.ASCII) or isinf(float(number)):
            raise InputError(f"expected a number, found '{number[:40]}'", file=path, line=line, field=column)
    return tuple(map(float, numbers))


def _phenotypes(cell: str, path: str | os.PathLike, line: int, column: str | None) -> tuple[tuple[str, str], ...]:
    labels: dict[str, str] = {}
    for text in filter(None, (part.strip() for part in re.split(r"[;|]", cell))):
        match = _PHENOTYPE.fullmatch(text)
        if match is None:
            what = f"expected an HPO id and a label, found '{text[:60]}'"
            raise InputError(
                what, file=path, line=line, field=column, fix="write HP:0001250 Seizure; HP:0001263 Global …"
            )
        labels.setdefault(match[1], " ".join((match[2] or "").split()))
    return tuple(labels.items())
