"""People's files of unsolved cases and loci: phenopackets, lists of HPO terms, and tables."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reasonome.apps.annotate.columns import Known
from reasonome.apps.annotate.inputs import read_universe
from reasonome.apps.rank.settings import Kind, RankSettings
from reasonome.apps.run import stem, unused_name
from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import read_table
from reasonome.facts.files.text_file import check_is_file, lines
from reasonome.facts.sources import phenopackets, rankings
from reasonome.facts.sources.gene_locations import written_place
from reasonome.facts.sources.hpo import is_of_terms, written_terms
from reasonome.facts.sources.phenopackets import Case, CaseTerm
from reasonome.facts.sources.rankings import CASE_COLUMNS, LOCUS_COLUMNS, LocusRow
from reasonome.facts.text import counted, some
from reasonome.tasks.ranking.cases import age_words

# A line of a BED file, whose fourth column has names.
_BED = re.compile(r"(?:chr)?(?:\d{1,2}|[XYM]|MT)\s+\d+\s+\d+(?:\s+(?P<name>\S+).*)?", re.IGNORECASE)
_COPIED_ID = re.compile(r"(?:HPO[:_ -]?)?(?P<number>\d{7})(?![\w.])")  # as PhenoTips and HPO's browser copy them
_WORDS = re.compile(r"[\s,;\"']+")
_NOT_OF_BED = ("#", "track ", "browser ")
_MOST_NEAR, _MEGABASE = 300, 1_000_000  # loci of a trait, and base pairs in which so many lead variants never lie
_LONGEST_SET = 5_000_000  # base pairs, more than the variants of any credible set are apart
_PLAIN = ("", ".txt", ".md")  # endings of files that may be a letter
_USUAL = frozenset(name for of in (CASE_COLUMNS, LOCUS_COLUMNS) for names in of.values() for name in names)
_YES = frozenset(("yes", "y", "true", "present", "observed", "1", "+"))
_NO = frozenset(("no", "n", "false", "absent", "excluded", "not observed", "0", "-"))
_OF_ONE_TERM = "each row is a patient with one phenotype: if they are of one patient, write them into one row"


@dataclass(frozen=True)
class AskedFile:
    """The rows of one file, all of one kind.

    `name` is short, `path` as given, None for a locus of options. `is_packet` says that it has phenopackets, `notes`
    how it was read. `term_lines` are the lines of a list of terms.
    """

    name: str
    path: Path | None
    kind: Kind
    rows: Sequence[Case] | Sequence[LocusRow]
    is_packet: bool = False
    notes: Sequence[str] = ()
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
        files.append(AskedFile("locus", None, "locus", [_locus_of_options(settings)]))
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


def read_panel(path: Path, known: Known) -> list[str]:
    """The genes of a panel, each once, as written: the fourth column of a BED file, else as `read_universe` reads them.

    Raises InputError as that does, and for a line of a BED file without a fourth column.
    """
    numbered = [(line, text.strip()) for line, text in lines(path)]
    numbered = [(line, text) for line, text in numbered if text and not text.startswith(_NOT_OF_BED)]
    if not numbered or not _BED.fullmatch(numbered[0][1]):
        return read_universe(path, known)[0]
    genes: dict[str, None] = {}
    for line, text in numbered:
        match = _BED.fullmatch(text)
        if match is None or not match["name"]:
            what = "this is a BED file, whose genes are in a fourth column, and this line has none"
            fix = "write the gene behind chromosome, start and end; or one gene a line, without places"
            raise InputError(what, file=path, line=line, field="--panel", fix=fix)
        genes[match["name"]] = None
    return list(genes)


def _read(path: Path, name: str, settings: RankSettings) -> AskedFile:
    check_is_file(path)
    form = _form(path, settings.columns)
    if form == "phenopackets":
        cases = [_told(case, path) for case in phenopackets.read_cases(path)]
        return AskedFile(name, path, "case", cases, is_packet=True)
    if form == "terms":
        row, term_lines = _terms(path, name)
        return AskedFile(name, path, "case", [row], term_lines=term_lines)
    if _kind(path, settings) == "case":
        cases = rankings.read_cases(path, settings.columns, solved=False)
        are_of_one_term = all(len(case.present) < 2 for case in cases)
        if are_of_one_term:
            _check_observed(path)
        is_told = are_of_one_term and len(cases) > 1 and not any(case.id for case in cases)
        return AskedFile(name, path, "case", cases, notes=[_OF_ONE_TERM] if is_told else [])
    rows = rankings.read_loci(path, settings.columns, solved=False, trait=settings.trait)
    rows, notes = _one_a_set(rows, path)
    _check_lead_variants(rows, path)
    return AskedFile(name, path, "locus", rows, notes=notes)


def _written(text: str, path: Path, line: int, field: str):
    """The terms of a text as `written_terms` reads them. Raises InputError."""
    try:
        return written_terms(text.strip())
    except ValueError as error:
        fix = "write HP:0001250, perhaps with its label behind it; -HP:0001250 for what the patient has not"
        raise InputError(str(error), file=path, line=line, field=field, fix=fix) from None


def _check_observed(path: Path) -> None:
    """InputError for a table of one phenotype a row in which a column that is not read says yes and no of them."""
    table = read_table(path, CASE_COLUMNS["present"])
    read = {name for names in CASE_COLUMNS.values() for name in table.find(names)}
    for column in table.columns:
        cells = [cell.strip().casefold() for cell in table.cells(column)]
        if column not in read and {*filter(None, cells)} <= _YES | _NO:
            for line, cell in zip(table.lines, cells, strict=True):
                if cell in _NO:
                    what = f"'{cell}' may say that the phenotype of this row is absent"
                    fix = "write a row for each patient, with columns present and absent, or take this column out"
                    raise InputError(what, file=path, line=line, field=column, fix=fix)


def _one_a_set(rows: Sequence[LocusRow], path: Path) -> tuple[list[LocusRow], list[str]]:
    """A row for each credible set or locus that the rows name, and what to say of it; the rows if they name none."""
    if not any(row.credible_set for row in rows):
        return list(rows), []
    sets: dict[object, list[LocusRow]] = {}
    for row in rows:
        if row.credible_set and row.position is not None:
            sets.setdefault((row.trait.casefold(), row.chromosome, row.credible_set), []).append(row)
        elif row.fault is not None or row.credible_set:
            sets[row.place] = [row]
    found = [_of_set(variants, path) if len(variants) > 1 else variants[0] for variants in sets.values()]
    notes = []
    if len(found) < (inside := sum(map(len, sets.values()))):
        notes.append(f"{counted(inside, 'variant')} are of {counted(len(found), 'locus', 'loci')}, one for each set")
    if outside := [row for row in rows if row.fault is None and not row.credible_set]:
        names = some([row.variant or row.place for row in outside])
        notes.append(f"{counted(len(outside), 'variant is', 'variants are')} in no credible set, and left out: {names}")
    return found, notes


def _of_set(variants: Sequence[LocusRow], path: Path) -> LocusRow:
    """The locus of a set: its variant with the largest posterior probability; without any the span of all variants."""
    placed = sorted(variants, key=lambda row: row.position or 0)
    first, last = placed[0], placed[-1]
    name = first.credible_set if not first.credible_set.isdigit() else f"set {first.credible_set}"
    if (last.position or 0) - (first.position or 0) > _LONGEST_SET:
        what = (
            f"the variants of '{first.credible_set}' reach from {first.position:,} to {last.position:,}, too far apart"
        )
        fix = "name a column whose values tell all sets apart: --columns credible_set=NAME"
        raise InputError(what, file=path, line=last.line, field="credible_set", fix=fix)
    lead = max(variants, key=lambda row: -1 if row.posterior is None else row.posterior)
    candidates = None
    if lead.candidates is not None:
        candidates = tuple(dict.fromkeys(gene for row in variants for gene in row.candidates or ()))
    if lead.posterior is not None:
        return replace(lead, id=name, candidates=candidates, scores=())
    return replace(first, id=name, variant="", candidates=candidates, scores=(), end=last.position)


def _check_lead_variants(rows: Sequence[LocusRow], path: Path) -> None:
    """InputError for so many positions of a trait within a megabase of each other that they are no lead variants."""
    placed = [row for row in rows if row.position is not None]
    placed.sort(key=lambda row: (row.trait.casefold(), row.chromosome, row.position, row.line))
    for first, last in zip(placed, placed[_MOST_NEAR:], strict=False):
        is_near = first.chromosome == last.chromosome and first.trait.casefold() == last.trait.casefold()
        if is_near and (last.position or 0) - (first.position or 0) <= _MEGABASE:
            where = f"{first.chromosome}:{first.position:,}"
            what = f"more than {_MOST_NEAR} positions lie within 1 Mb of {where}: no lead variants do"
            fix = (
                "give one row for each locus, its lead variant, or name a column of credible sets: --columns "
                "credible_set=NAME; PLINK's --clump finds lead variants in summary statistics"
            )
            raise InputError(what, file=path, line=first.line, field="position", fix=fix)


def _form(path: Path, named: Mapping[str, str]) -> str:
    """phenopackets, terms or table, by the file's name and its first line with text; `named` are columns.

    InputError for a VCF and for prose.
    """
    suffix = phenopackets.suffix_of(path)
    if suffix in (".zip", phenopackets.SUFFIX):
        return "phenopackets"
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
        return "phenopackets"
    if is_of_terms(first):
        return "terms"
    if suffix in _PLAIN and "\t" not in first and not named and _USUAL.isdisjoint(_WORDS.split(first.casefold())):
        what = f"expected an HPO id, or names of columns, found '{first[:40]}'"
        fix = "write HP:0001250 on a line for each phenotype, -HP:0001166 for one that is absent; of a table say "
        fix += "which column has them: --columns present=NAME"
        raise InputError(what, file=path, line=line, field="phenotype", fix=fix)
    return "table"


def _kind(path: Path, settings: RankSettings) -> Kind:
    """Whether a table has cases or loci: by the columns that are named for it, else by those that it has."""
    usual: dict[Kind, Sequence[str]] = {"case": CASE_COLUMNS["present"], "locus": LOCUS_COLUMNS["trait"]}
    by: dict[Kind, Iterable[str]] = {"case": ("present",), "locus": ("trait", "position", "place")}
    named: list[Kind] = [kind for kind, fields in by.items() if not settings.columns.keys().isdisjoint(fields)]
    if len(named) == 1 or settings.trait is not None:
        return "locus" if settings.trait is not None else named[0]
    table = read_table(path, [*_USUAL, *settings.columns.values()])
    found: list[Kind] = [kind for kind in usual if table.find(usual[kind])]
    if len(found) == 1 and not named:
        return found[0]
    in_two = all(table.find(LOCUS_COLUMNS[field]) for field in ("chromosome", "position"))
    in_one = table.find([name for field in ("place", "position", "variant") for name in LOCUS_COLUMNS[field]])
    if not found and (in_two or any(rankings.has_places(table, column) for column in in_one)):
        fix = "say which trait they are of: --trait 'LDL cholesterol', or which column has it: --columns trait=NAME"
        raise table.header_error("the table has places of loci, and no trait", field="--trait", fix=fix)
    what = "the table has neither phenotypes (of cases) nor a trait (of loci)"
    if found or named:
        what = "the table has both phenotypes and a trait"
    fix = "say which it is of: --columns present=NAME for cases, --columns trait=NAME for loci"
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
    heading: tuple[int, str] | None = None
    for line, text in lines(path):
        if text.startswith("#") and term_lines and not is_of_terms(text.lstrip("# ")):
            heading = line, text
        if not text.strip() or text.startswith("#"):
            continue
        if heading is not None:
            what = f"'{heading[1][:40]}' may say that the terms below it are absent, or of another patient"
            fix = "write -HP:0001250 for what is absent, and a file for each patient; comments stand above all terms"
            raise InputError(what, file=path, line=heading[0], field="phenotype", fix=fix)
        for term in _written(text, path, line, "phenotype"):
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
