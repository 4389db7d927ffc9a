"""People's files of unsolved cases and loci: phenopackets, lists of HPO terms, and tables."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reasonome.apps.rank.settings import Kind, RankSettings
from reasonome.apps.run import stem, unused_name
from reasonome.core.errors import InputError
from reasonome.facts.files import text_file
from reasonome.facts.files.plain_table import csv_rows, read_table
from reasonome.facts.files.text_file import check_is_file, lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import phenopackets, rankings
from reasonome.facts.sources.gene_locations import written_place
from reasonome.facts.sources.hpo import is_of_terms, written_terms
from reasonome.facts.sources.phenopackets import Case, CaseTerm
from reasonome.facts.sources.rankings import CASE_COLUMNS, LOCUS_COLUMNS, LocusRow
from reasonome.facts.text import some
from reasonome.tasks.ranking.cases import age_words

# A line of a BED file, whose fourth column has names.
_BED = re.compile(r"(?:chr)?(?:\d{1,2}|[XYM]|MT)\s+\d+\s+\d+(?:\s+(?P<name>\S+).*)?", re.IGNORECASE)
_COPIED_ID = re.compile(r"(?:HPO[:_ -]?)?(?P<number>\d{7})(?![\w.])")  # as PhenoTips and HPO's browser copy them
_NOT_OF_BED = ("#", "track ", "browser ")
# Usual names of a panel's column of genes, by letters and digits.
_PANEL_HEADS = frozenset(
    ("gene", "genes", "symbol", "genesymbol", "genename", "hgncsymbol", "approvedsymbol", "hgncid", "entityname")
)
_MOST_NEAR, _MEGABASE = 300, 1_000_000  # loci, and base pairs in which so many lead variants never lie
_OBSERVED = frozenset(("yes", "y", "true", "present", "observed", "1", "+"))
_NOT_OBSERVED = frozenset(("no", "n", "false", "absent", "excluded", "not observed", "0", "-"))
_NEARLY_ALL = 0.8  # of what commas part in a list; in a table, inheritances and notes are beside each gene


@dataclass(frozen=True)
class AskedFile:
    """The rows of one file, all of one kind.

    `name` is short, `path` as given, None for a locus of options. `form` is phenopackets, terms, table or options.
    `solved` counts cases that name a causative gene. `term_lines` are the lines of a list of terms.
    """

    name: str
    path: Path | None
    kind: Kind
    form: str
    rows: Sequence[Case] | Sequence[LocusRow]
    solved: int = 0
    term_lines: Mapping[str, int] = field(default_factory=dict)


def read_files(settings: RankSettings) -> list[AskedFile]:
    """The files and the locus of the options. Raises InputError for a file that cannot be read, and for both kinds."""
    files: list[AskedFile] = []
    names: set[str] = set()
    for path in map(Path, settings.files):
        name = unused_name(stem(path), names)
        names.add(name)
        files.append(_read(path, name, settings))
    if settings.locus is not None or (settings.trait is not None and not files):
        files.append(AskedFile("locus", None, "locus", "options", [_locus_of_options(settings)]))
    if not files:
        what = "there is nothing to rank genes for"
        raise InputError(what, field="FILES", fix="give a file, or --trait and --locus")
    kinds = {file.kind: file for file in files}
    if settings.trait is not None and settings.locus is None and "case" in kinds:
        what = "a trait is for loci, and this is of cases"
        raise InputError(what, file=kinds["case"].path, field="--trait", fix="leave it out")
    if len(kinds) > 1:
        what = "these are cases and loci, which are asked about in different prompts"
        fix = "rank them in two runs, each with its own --out"
        raise InputError(what, file=kinds["locus"].path, field="FILES", fix=fix)
    return files


def read_panel(path: Path, known: GeneTable) -> list[str]:
    """The genes of a panel, each once, as written. Raises InputError, also where a table's genes cannot be told.

    They are the fourth column of a BED file, or of another table the column that its header names, else the first one
    between tabs; else all that commas or semicolons part, if nearly all of that is `known`.
    """
    texts = [text for _, text in lines(path)]
    first = next((text for text in texts if text.strip() and not text.startswith(_NOT_OF_BED)), "")
    if _BED.fullmatch(first.strip()):
        written = _bed_names(texts, path)
    else:
        rows, delimiter = _rows(texts, path)
        place = _place_of_genes(rows)
        written = _listed(rows, delimiter, path, known) if place is None else _column(rows, place, path)
    genes = list(dict.fromkeys(gene for gene in written if gene and not gene.startswith("#")))
    if not genes:
        raise InputError("there is no gene in this panel", file=path, field="--panel", fix="write one gene a line")
    numbers = [gene for gene in genes if gene.isdigit()]
    if numbers and (not all(map(str.isdigit, genes[1:])) or {*numbers} <= {*map(str, range(len(numbers) + 1))}):
        what = f"there are numbers among the genes ({some(numbers)}), and those of rows would be read as Entrez ids"
        fix = "call the column of genes 'gene' in a header, or write one gene a line; Entrez ids stand by themselves"
        raise InputError(what, file=path, field="--panel", fix=fix)
    return genes


def _rows(texts: Sequence[str], path: Path) -> tuple[list[tuple[int, list[str]]], str]:
    """(line, stripped cells) of every row of a panel, without comments and blank ones; and what parts the cells."""
    texts = [text[1:] if _is_named(text) else "" if text.startswith("#") else text for text in texts]
    first, whole = next(filter(str.strip, texts), ""), "\n".join(texts)
    delimiter = max("\t,;", key=lambda mark: (first.count(mark), whole.count(mark)))
    numbered = csv_rows((f"{text}\n" for text in texts), path, delimiter)
    rows = [(line, [cell.strip() for cell in cells]) for line, cells in numbered]
    rows = [(line, cells) for line, cells in rows if any(cells)]
    further = [cells for _, cells in rows[1:]]
    if further and len(further[0]) == len(rows[0][1]) + 1 and all(cells[0].isdigit() for cells in further):
        rows[0] = (rows[0][0], ["", *rows[0][1]])  # as R writes tables with row names
    return rows, delimiter


def _place_of_genes(rows: Sequence[tuple[int, list[str]]]) -> int | None:
    """The place of the first column that is called as one of genes, else of the only one beside row names, else None.

    It is None for a list, which has one row or no second column in its first row.
    """
    head = rows[0][1] if len(rows) > 1 else []
    if len(head) < 2:
        return None
    beside = 1 if len(head) == 2 and not head[0] else None
    return next((place for place, name in enumerate(head) if _is_head(name)), beside)


def _column(rows: Sequence[tuple[int, list[str]]], place: int, path: Path) -> list[str]:
    """The cells of a column below its header, of rows that are long enough.

    InputError for a row with more cells than the header, unless nothing can have moved: its genes come first.
    """
    width = len(rows[0][1])
    for line, cells in rows[1:]:
        if place and any(cells[width:]):
            what = f"expected {width} columns as in the header, found {len(cells)}"
            fix = "put quotes around a cell that holds the delimiter or a line end"
            raise InputError(what, file=path, line=line, field="--panel", fix=fix)
    return [cells[place] for _, cells in rows[1:] if len(cells) > place]


def _listed(rows: Sequence[tuple[int, list[str]]], delimiter: str, path: Path, known: GeneTable) -> list[str]:
    """The first cell of rows between tabs, and of others all that commas or semicolons part.

    InputError where that is of a table: too little is `known`, or the same again, or the first line has no gene.
    """
    parted = [
        cells[:1] if delimiter == "\t" and len(cells) > 1 else re.split(r"\s*[,;]\s*", delimiter.join(cells))
        for _, cells in rows
    ]
    parted = [list(filter(None, parts)) for parts in parted]
    if parted and parted[0] and _is_head(parted[0][0]):
        parted[0].pop(0)
    written = [cell for parts in parted for cell in parts]
    if len(rows) > 1 and any(len(parts) > 1 for parts in parted):
        found = {cell for cell in written if known.resolve(cell).symbol}
        is_headed = len(parted[0]) > 1 and found.isdisjoint(parted[0])
        if is_headed or len(found) < _NEARLY_ALL * len(written):
            what = "this looks like a table, and no column is called as one of genes"
            fix = "say which column has the genes, by a header: name it gene or symbol; or write one gene a line"
            raise InputError(what, file=path, line=rows[0][0], field="--panel", fix=fix)
    return written


def _is_named(text: str) -> bool:
    """Whether a line is a header that begins with #: it names a column of genes."""
    return text.startswith("#") and any(map(_is_head, text[1:].split("\t")))


def _is_head(cell: str) -> bool:
    return re.sub("[^a-z0-9]", "", cell.casefold()) in _PANEL_HEADS


def _bed_names(texts: Sequence[str], path: Path) -> list[str]:
    """The names in the fourth column of a BED file; InputError for a line without one."""
    names = []
    for line, text in enumerate(texts, 1):
        if not text.strip() or text.startswith(_NOT_OF_BED):
            continue
        match = _BED.fullmatch(text.strip())
        if match is None or not match["name"]:
            what = "this is a BED file, whose genes are in a fourth column, and this line has none"
            fix = "write the gene behind chromosome, start and end; or one gene a line, without places"
            raise InputError(what, file=path, line=line, field="--panel", fix=fix)
        names.append(match["name"])
    return names


def _read(path: Path, name: str, settings: RankSettings) -> AskedFile:
    check_is_file(path)
    form = _form(path)
    if settings.kind == "locus" and form != "table":
        what = f"this is {'a phenopacket' if form == 'phenopackets' else 'a list of HPO terms'}, and no table of loci"
        raise InputError(what, file=path, field="--kind", fix="leave --kind out, or give a table")
    if form == "phenopackets":
        cases = phenopackets.read_cases(path)
        solved = sum(bool(case.genes) for case in cases)
        return AskedFile(name, path, "case", form, [_told(case, path) for case in cases], solved)
    if form == "terms":
        row, term_lines = _terms(path, name)
        return AskedFile(name, path, "case", form, [row], term_lines=term_lines)
    if _kind(path, settings) == "case":
        cases = rankings.read_cases(path, settings.columns, solved=False)
        if all(len(case.present) < 2 for case in cases):
            _check_observed(path)
        return AskedFile(name, path, "case", form, cases)
    rows = rankings.read_loci(path, settings.columns, solved=False, trait=settings.trait)
    _check_lead_variants(rows, path)
    return AskedFile(name, path, "locus", form, rows)


def _check_observed(path: Path) -> None:
    """InputError for a table of one phenotype a row in which a column that is not read says yes and no of them."""
    table = read_table(path, CASE_COLUMNS["present"])
    read = {name for names in CASE_COLUMNS.values() for name in table.find(names)}
    for column in table.columns:
        cells = [cell.strip().casefold() for cell in table.cells(column)]
        if column not in read and {*filter(None, cells)} <= _OBSERVED | _NOT_OBSERVED:
            for line, cell in zip(table.lines, cells, strict=True):
                if cell in _NOT_OBSERVED:
                    what = f"'{cell}' may say that the phenotype of this row is absent, and this column is not read"
                    fix = "write a patient into one row, with the columns present and absent; or take these rows out"
                    raise InputError(what, file=path, line=line, field=column, fix=fix)


def _check_lead_variants(rows: Sequence[LocusRow], path: Path) -> None:
    """InputError for so many positions within a megabase of each other that they are no lead variants."""
    placed = sorted((row.chromosome, row.position, row.line) for row in rows if row.position is not None)
    for first, last in zip(placed, placed[_MOST_NEAR:], strict=False):
        if first[0] == last[0] and last[1] - first[1] <= _MEGABASE:
            what = f"more than {_MOST_NEAR} positions lie within 1 Mb of {first[0]}:{first[1]:,}: no lead variants do"
            fix = "give one row for each locus, its lead variant; PLINK's --clump finds them in summary statistics"
            raise InputError(what, file=path, line=first[2], field="position", fix=fix)


def _form(path: Path) -> str:
    """phenopackets, terms or table, by the file's name and its first line with text. InputError for a VCF."""
    suffix = phenopackets.suffix_of(path)
    if suffix in (".zip", phenopackets.SUFFIX):
        return "table" if suffix == ".json" and _has_rows(path) else "phenopackets"
    if suffix in (".yaml", ".yml"):
        what = "this is YAML, and phenopackets are read as JSON"
        raise InputError(what, file=path, field="FILES", fix="convert it, for example: yq -o json FILE")
    with_text = ((line, text.strip()) for line, text in lines(path) if text.strip())
    line, first = next(with_text, (1, ""))
    if first.startswith("##fileformat=VCF"):
        what = "this is a VCF: variants are not read, genes are ranked by a case's phenotypes or a locus's trait"
        fix = "list the HPO terms in a file, and the genes that have variants in a --panel"
        raise InputError(what, file=path, field="FILES", fix=fix)
    while first.startswith("#"):
        line, first = next(with_text, (line, ""))
    if id_as_copied := _COPIED_ID.match(first):
        what = f"'{id_as_copied[0]}' is an HPO id in another form than HP:{id_as_copied['number']}"
        raise InputError(what, file=path, line=line, field="phenotype", fix=f"write HP:{id_as_copied['number']}")
    if first.startswith("{"):
        return "phenopackets" if _is_packet(first) else "table"
    return "terms" if is_of_terms(first) else "table"


def _has_rows(path: Path) -> bool:
    """Whether a JSON file is a table, which is an array or has an object on each line: the first is no phenopacket."""
    text = text_file.read_text(path)[0].strip()
    if text.startswith("["):
        return True
    return phenopackets.has_one_a_line(text) and not _is_packet(text.split("\n", 1)[0])


def _is_packet(text: str) -> bool:
    """Whether a line is a phenopacket, or a case in the flat layout, whose phenotypes are objects."""
    try:
        value = text_file.json_value(text)
    except ValueError:
        return True  # the reader of phenopackets says what is wrong
    present = value.get("present") if isinstance(value, dict) else None
    is_flat = isinstance(present, list) and not any(isinstance(term, str) for term in present)
    return is_flat or phenopackets.is_packet(value)


def _kind(path: Path, settings: RankSettings) -> Kind:
    """Whether a table has cases or loci: as the settings say, else by its columns."""
    if settings.kind is not None or settings.trait is not None:
        return settings.kind or "locus"
    usual: dict[Kind, Sequence[str]] = {"case": CASE_COLUMNS["present"], "locus": LOCUS_COLUMNS["trait"]}
    named: dict[Kind, str | None] = {"case": settings.columns.get("present"), "locus": settings.columns.get("trait")}
    names = [name for columns in (CASE_COLUMNS, LOCUS_COLUMNS) for usually in columns.values() for name in usually]
    table = read_table(path, [*names, *settings.columns.values()])
    found: list[Kind] = [kind for kind in usual if named[kind] is not None] or [
        kind for kind in usual if table.find(usual[kind])
    ]
    if len(found) == 1:
        return found[0]
    in_two = all(table.find(LOCUS_COLUMNS[field]) for field in ("chromosome", "position"))
    in_one = table.find([name for field in ("place", "position", "variant") for name in LOCUS_COLUMNS[field]])
    if not found and (in_two or any(rankings.has_places(table, column) for column in in_one)):
        fix = "say which trait they are of: --trait 'LDL cholesterol'"
        raise table.header_error("the table has places of loci, and no trait", field="--trait", fix=fix)
    if found:
        fix = "say which it is: --kind case or --kind locus"
        raise table.header_error("the table has both phenotypes and a trait", field="--kind", fix=fix)
    what = "the table has neither phenotypes (of cases) nor a trait (of loci)"
    fix = "call a column present or trait, or say what it is called: --columns present=NAME or --columns trait=NAME"
    raise table.header_error(what, field="present", fix=fix)


def _told(case: Case, path: Path) -> Case:
    """What is asked about a case of a phenopacket: nothing of its diagnosis."""
    age = age_words(case.age_last_seen, case.age_at_onset)
    return replace(case, place=case.place.removeprefix(path.name).strip(), age=age, genes=(), diseases=())


def _terms(path: Path, name: str) -> tuple[Case, dict[str, int]]:
    """The case of a text with HPO terms, as `written_terms` reads each line; and the last line of each term."""
    term_lines: dict[str, int] = {}
    present: dict[CaseTerm, None] = {}
    absent: dict[CaseTerm, None] = {}
    for line, text in lines(path):
        if not text.strip() or text.startswith("#"):
            continue
        try:
            terms = written_terms(text.strip())
        except ValueError as error:
            fix = "write HP:0001250, perhaps with its label behind it; -HP:0001250 for what the patient has not"
            raise InputError(str(error), file=path, line=line, field="phenotype", fix=fix) from None
        for term in terms:
            (absent if term.absent else present)[CaseTerm(term.id, term.label)] = None
            term_lines[term.id] = line
    return Case(name, place="", present=tuple(present), absent=tuple(absent)), term_lines


def _locus_of_options(settings: RankSettings) -> LocusRow:
    if settings.trait is None or settings.locus is None or not settings.trait.strip():
        missing = "--locus" if settings.locus is None else "--trait"
        what = "a locus has a trait and a place"
        raise InputError(what, field=missing, fix="give both: --trait 'LDL cholesterol' --locus 1:55039974")
    chromosome, position = written_place(settings.locus, None, None, "--locus")
    return LocusRow(
        place="",
        line=None,
        trait=settings.trait,
        causal=(),
        id=settings.locus.strip(),
        chromosome=chromosome,
        position=position,
    )
