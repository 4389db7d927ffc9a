"""Users' tables of ranking questions: a trait or a patient, candidate genes, and the causal ones."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from math import isinf, nan

from reasonome.core.errors import InputError, nearest
from reasonome.facts.files.missing_value import MISSING
from reasonome.facts.files.plain_table import Joined, PlainTable, one_field_each, read_table
from reasonome.facts.sources.gene_locations import (
    LIFT,
    check_build,
    is_place,
    known_chromosome,
    position,
    written_place,
)
from reasonome.facts.sources.hpo import written_terms
from reasonome.facts.sources.phenopackets import Case, CaseTerm


def _on_grch38(*names: str) -> tuple[str, ...]:
    """Names of columns that say that they are of GRCh38, and behind them the names that say nothing."""
    return (*(f"{name}_{build}" for name in names for build in ("GRCh38", "grch38", "hg38")), *names)


# Field -> usual names of its column, in any case, where the benchmark does not name it.
LOCUS_COLUMNS = {
    "trait": ("trait", "description", "disease/trait"),
    "candidates": ("candidates", "symbol_gene_string"),
    "causal": ("causal", "causal_gene", "causal_genes", "symbol"),
    "id": ("id",),
    "source": ("source", "set_label"),
    "variant": ("variant", "rsid", "snp", "snps"),
    # hm_: harmonised, on GRCh38, in files of the GWAS Catalog whose other columns are the authors'
    "chromosome": ("hm_chrom", *_on_grch38("chromosome", "chr", "chrom", "chr_id")),
    "position": ("hm_pos", *_on_grch38("position", "pos", "bp", "chr_pos", "base_pair_location", "genpos")),
    "place": _on_grch38(
        *("hm_variant_id", "place", "coordinates", "chr:pos", "chr:position", "chrom:pos", "variant_id", "variantid"),
        *("lead_variant", "lead variant", "markername", "uniqid", "locus"),
    ),
    "confidence": ("confidence",),
    "scores": ("scores",),
    "credible_set": (
        *("credible_set", "credible set", "crediblesetid", "credible_set_id", "cs", "cs_id", "cs_index", "csid"),
        *("studylocusid", "locus", "locus_id", "locusid", "genomiclocus"),
    ),
    "posterior": (
        *(
            "pip",
            "posterior",
            "posterior_probability",
            "posteriorprobability",
            "posterior_prob",
            "prob",
            "pp",
            "cs_prob",
        ),
        *("variable_prob", "cs_specific_prob"),
    ),
    "build": ("build", "genome_build", "genome build", "genomebuild", "assembly", "genome_assembly", "genome assembly"),
}
_PLACES = ("chromosome", "position", "place")
_NOT_AVAILABLE = MISSING | {"nr", ".", "-"}  # "nr": the GWAS Catalog, "not reported"
_MAY_BE_MISSING = (
    *("id", "trait", "variant", "causal", "candidates", "scores"),
    *("disease", "disease_id", "present", "absent", "age", "sex", "credible_set", "posterior"),
)
_IN_NO_SET = ("-1", "0")  # as SuSiE and PolyFun say it, whose sets count from 1
# Several variants in one row, as the GWAS Catalog has haplotypes (2;2) and interactions (1 x 19).
_SEVERAL = re.compile(r"[;|]|\sx\s")
# A column's name that ends with another genome build than GRCh38, as pos_hg19.
_OF_OTHER_BUILD = re.compile(r".+?(?P<build>grch3[67]|hg1[6-9]|ncbi3[56]|b3[67])[)\]]?", re.IGNORECASE)
_NAMES_OURS = re.compile("grch38|hg38", re.IGNORECASE)
_A_BUILD = re.compile(r"(?:grch3[678]|hg(?:1[6-9]|38)|ncbi3[56]|b3[678])(?:\.p\d+)?", re.IGNORECASE)
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


# How the texts of a JSON list are joined, by field.
_JOINED: dict[str, Joined] = {
    "causal": ", ".join,
    "candidates": ", ".join,
    "scores": ", ".join,
    "present": "; ".join,
    "absent": "; ".join,
}


@dataclass(frozen=True)
class LocusRow:
    """A row about a locus: gene identifiers are not resolved, and missing values are "" and ().

    `place` is for messages, such as "line 12"; `line` is None in a JSON array. `candidates` is None where the table has
    no such column: they are the genes around the position, or around all from it to `end`. `scores` has one number per
    candidate. `credible_set` is the set or locus that the variant belongs to, with its `posterior` probability to be
    the causal one. `fault` says why the row cannot be read.
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
    end: int | None = None
    credible_set: str = ""
    posterior: float | None = None
    fault: InputError | None = None


def read_loci(
    path: str | os.PathLike, columns: Mapping[str, str] | None = None, solved: bool = True, trait: str | None = None
) -> list[LocusRow]:
    """The loci of a table; `columns` maps fields (LOCUS_COLUMNS) to its columns. Raises InputError.

    A table has candidates, chromosomes and positions, or places such as 1:55039974; one of `solved` loci also has the
    causal genes. Positions of another genome build than GRCh38 are refused where the table states it. Of unsolved loci
    `trait` is that of rows without one, a place that is not available is none, and a row that cannot be read has only a
    `fault`.
    """
    rows = []
    for line, cells, at in _fields(path, columns or {}, LOCUS_COLUMNS, () if trait else ("trait",), solved):
        cells["trait"] = cells["trait"] or trait or ""
        cells["variant"] = cells["variant"] or _available(cells["place"])
        try:
            rows.append(_locus(path, line, cells, at, solved))
        except InputError as fault:
            if solved:
                raise
            named = LocusRow(f"line {line}", line, cells["trait"], causal=(), id=cells["id"], variant=cells["variant"])
            rows.append(replace(named, fault=fault))
    return rows


def _locus(
    path: str | os.PathLike, line: int, cells: Mapping[str, str], at: Mapping[str, str | None], solved: bool
) -> LocusRow:
    candidates = _genes(cells["candidates"], path, line, at["candidates"])
    chromosome, base = _place(path, line, cells, at, solved)
    return LocusRow(
        place=f"line {line}",
        line=line,
        trait=cells["trait"],
        id=cells["id"],
        source=cells["source"],
        variant=cells["variant"],
        confidence=cells["confidence"],
        causal=_genes(cells["causal"], path, line, at["causal"]),
        candidates=candidates if at["candidates"] else None,
        chromosome=chromosome,
        position=base,
        scores=_scores(cells["scores"], candidates, path, line, at["scores"]),
        credible_set="" if cells["credible_set"] in _IN_NO_SET else cells["credible_set"],
        posterior=_posterior(cells["posterior"], path, line, at["posterior"]),
    )


def _posterior(cell: str, path: str | os.PathLike, line: int, column: str | None) -> float | None:
    """A probability, None where there is none. Raises InputError for anything else."""
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = nan
    if not 0 <= value <= 1:
        what, fix = (
            f"expected a probability from 0 to 1, found '{cell[:40]}'",
            "write it as 0.9, or say which column has it: --columns posterior=NAME",
        )
        raise InputError(what, file=path, line=line, field=column, fix=fix)
    return value


def _place(
    path: str | os.PathLike, line: int, cells: Mapping[str, str], at: Mapping[str, str | None], solved: bool
) -> tuple[str, int | None]:
    """(chromosome, position) of a row, on GRCh38; ("", None) where it has no place. Raises InputError."""
    written = {field: cells[field] for field in _PLACES}
    if not solved and any(text.casefold() in _NOT_AVAILABLE for text in written.values()):
        written = dict.fromkeys(_PLACES, "")
    if bool(written["chromosome"]) != bool(written["position"]):
        field = "position" if written["chromosome"] else "chromosome"
        what = "a locus has a chromosome and a position, or neither"
        raise InputError(what, file=path, line=line, field=at[field] or field)
    for field, text in written.items():
        if _SEVERAL.search(text):
            what = f"this row is of several variants ('{text[:40]}'), and a locus has one position"
            raise InputError(what, file=path, line=line, field=at[field], fix="give each a row of its own")
    if any(written.values()) and cells["build"].casefold() not in _NOT_AVAILABLE:
        check_build(cells["build"], path, line, at["build"])
    if written["place"]:
        return written_place(written["place"], path, line, at["place"])
    if written["position"]:
        chromosome = known_chromosome(written["chromosome"], path, line, at["chromosome"])
        return chromosome, position(written["position"], path, line, at["position"])
    return "", None


def read_cases(path: str | os.PathLike, columns: Mapping[str, str] | None = None, solved: bool = True) -> list[Case]:
    """The patients of a table; `columns` maps fields (CASE_COLUMNS) to its columns.

    Phenotypes are written as `written_terms` reads them: `HP:0001250 Seizure; HP:0001263 Global developmental delay`.
    Raises InputError as `read_loci` does, and for a phenotype without an HPO id.
    """
    rows = []
    for line, cells, at in _fields(path, columns or {}, CASE_COLUMNS, ("present",), solved):
        try:
            rows.append(_case(path, line, cells, at))
        except InputError as fault:
            if solved:
                raise
            rows.append(Case(cells["id"], f"line {line}", line, fault=fault))
    return rows


def _case(path: str | os.PathLike, line: int, cells: Mapping[str, str], at: Mapping[str, str | None]) -> Case:
    candidates = _genes(cells["candidates"], path, line, at["candidates"])
    disease = CaseTerm(cells["disease_id"], cells["disease"])
    return Case(
        place=f"line {line}",
        line=line,
        present=_phenotypes(cells["present"], path, line, at["present"]),
        absent=_phenotypes(cells["absent"], path, line, at["absent"]),
        genes=tuple((gene,) for gene in _genes(cells["causal"], path, line, at["causal"])),
        candidates=candidates,
        scores=_scores(cells["scores"], candidates, path, line, at["scores"]),
        id=cells["id"],
        age=cells["age"],
        sex=cells["sex"],
        diseases=(disease,) if any(disease) else (),
        source=cells["source"],
    )


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
    if known is LOCUS_COLUMNS:
        for line, comment in table.comments:
            if (named := _OF_OTHER_BUILD.fullmatch(comment.strip())) and not _NAMES_OURS.search(comment):
                check_build(named["build"], path, line, "build")
    at = {field: _column(table, field, columns.get(field), known[field]) for field in known if field != "place"}
    if known is LOCUS_COLUMNS:
        at |= _place_columns(table, at, columns)
        others = {column for field, column in at.items() if field != "credible_set"}
        if at["credible_set"] in others and "credible_set" not in columns:
            at["credible_set"] = None  # "locus" may be a place, or an id
        if at["credible_set"] is None and "posterior" not in columns:
            at["posterior"] = None
        has_place = at["place"] or (at["chromosome"] and at["position"])
        _check_builds(table, [at[field] for field in _PLACES] if has_place or at["candidates"] else table.columns)
        if has_place:
            _check_cells_of_builds(table, at["build"])
    for field in (*needed, *(("causal",) if solved else ())):
        if at[field] is None:
            raise _no_column(table, field, known[field], solved)
    if known is LOCUS_COLUMNS and not (at["candidates"] or has_place):
        beside = "; or have columns chromosome and position, or places such as 1:55039974, to look around"
        raise _no_column(table, "candidates", known["candidates"], solved, beside)
    one_field_each(at | {"place": None})  # a variant may be called by its place
    seen: dict[str, int] = {}
    read = {field: table.cells(column, _JOINED.get(field)) for field, column in at.items() if column}
    for row, line in enumerate(table.lines):
        cells = {field: read[field][row].strip() if column else "" for field, column in at.items()}
        if not cells["id"].isprintable():
            what = f"an id is text on one line, without control characters; found {cells['id'][:40]!r}"
            raise InputError(what, file=path, line=line, field=at["id"])
        cells |= {field: _available(cells[field]) for field in _MAY_BE_MISSING if field in cells}
        if cells["id"] and seen.setdefault(cells["id"], row) != row:
            what = f"the id '{cells['id'][:80]}' stands already in line {table.lines[seen[cells['id']]]}"
            fix = "give each row an id of its own" + (
                "; a patient's phenotypes stand in one row" if "present" in at else ""
            )
            raise InputError(what, file=path, line=line, field=at["id"], fix=fix)
        yield line, cells, at


def _available(cell: str) -> str:
    """The cell, "" where it says that there is no value."""
    return "" if cell.casefold() in _NOT_AVAILABLE else cell


def _column(table: PlainTable, field: str, named: str | None, usual: tuple[str, ...]) -> str | None:
    """The column of a field: the one that is named for it, else one with a usual name, else None."""
    if named is not None:
        return table.place(named, field)
    columns = table.find(usual)
    return table.place(columns[0], field) if columns else None


def _place_columns(table: PlainTable, at: Mapping[str, str | None], named: Mapping[str, str]) -> dict[str, str | None]:
    """The columns of places: a chromosome's and a position's, else one of whole places such as 1:55039974, else none.

    `named` are those that the user names. Other columns have places if most of their cells are such.
    """
    if "place" in named:
        return {"chromosome": None, "position": None, "place": table.place(named["place"], "place")}
    if at["chromosome"] and at["position"]:
        return {"place": None}
    names = [at["position"]]
    if "position" not in named:
        names = [*table.find(LOCUS_COLUMNS["place"]), *names, at["variant"]]
    found = next((name for name in names if name and has_places(table, name)), None)
    return {"chromosome": None, "position": None, "place": table.place(found, "place")} if found else {"place": None}


def has_places(table: PlainTable, column: str) -> bool:
    """Whether most cells of a column are places such as 1:55039974; those that are not available do not count."""
    values = table.values[table.columns.index(column)]
    texts = [text for value in values if (text := str(value or "").strip()) and text.casefold() not in _NOT_AVAILABLE]
    return 2 * sum(map(is_place, texts)) > len(texts)


def _check_builds(table: PlainTable, columns: Iterable[str | None]) -> None:
    """InputError where a column that may have places says that it is of another genome build than GRCh38."""
    for column in filter(None, columns):
        if match := _OF_OTHER_BUILD.fullmatch(column.strip()):
            what = f"column '{column}' is of {match['build']}, and positions are read as of GRCh38"
            raise table.header_error(what, field=column, fix=LIFT)


def _check_cells_of_builds(table: PlainTable, read: str | None) -> None:
    """InputError where a cell, whatever its column, says that a position is of another genome build than GRCh38.

    Of the column of builds, `read`, only rows with a position count.
    """
    for column, values in zip(table.columns, table.values, strict=True):
        for line, value in zip(table.lines, values, strict=True) if column != read else ():
            if _A_BUILD.fullmatch(text := str(value or "").strip()):
                check_build(text, table.file, line, column)


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


def _phenotypes(cell: str, path: str | os.PathLike, line: int, column: str | None) -> tuple[CaseTerm, ...]:
    if not cell.strip():
        return ()
    fix = "write HP:0001250 Seizure; HP:0001263 Global …"
    try:
        terms = written_terms(cell)
    except ValueError as error:
        raise InputError(str(error), file=path, line=line, field=column, fix=fix) from None
    if absent := [term.id for term in terms if term.absent]:
        what = f"{absent[0]} is marked as absent, and a column has its own for those"
        raise InputError(what, file=path, line=line, field=column, fix="write it without the mark in a column absent")
    labels: dict[str, str] = {}
    for term in terms:
        labels.setdefault(term.id, term.label)
    return tuple(starmap(CaseTerm, labels.items()))
