"""Annotated gene sets for other programs: tables with tabs, and annotations.jsonl with whole records."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.cell import Cell as SheetCell

from reasonome.apps.annotate.enrichment import leading_terms
from reasonome.apps.annotate.gsea import RankedAnalysis
from reasonome.apps.annotate.lists import GeneLists
from reasonome.apps.annotate.record import AnnotationRecord
from reasonome.apps.run import write_table
from reasonome.core import atomic
from reasonome.core.terminal import say
from reasonome.enrichment.over_representation import GeneSetLibrary
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.files.plain_table import Cell, tsv_row
from reasonome.facts.genes import GeneTable
from reasonome.facts.orthologues import Orthologues
from reasonome.facts.text import counted, some

TSV, JSONL = "annotations.tsv", "annotations.jsonl"
COLUMNS = (
    *("list", "set", "direction", "best_term", "best_term_library", "best_term_id", "genes_in_term"),
    *("fold_enrichment", "adjusted_p", "suggested_name", "name_is_enriched_term", "paragraph", "cited"),
    *("cited_wrongly", "error", "flags", "n_genes", "n_unmapped", "unmapped", "group", "id"),
)
NUMBERS = ("fold_enrichment", "adjusted_p", "n_genes", "n_unmapped", "group")
ENRICHMENT, GSEA, METHODS = "enrichment.tsv", "gsea.tsv", "methods.txt"
ENRICHMENT_COLUMNS = (
    *("list", "set", "ONTOLOGY", "ID", "Description", "GeneRatio", "BgRatio", "FoldEnrichment", "pvalue", "p.adjust"),
    *("geneID", "Count", "folded_under"),
)
GSEA_COLUMNS = (
    *("list", "ONTOLOGY", "ID", "Description", "setSize", "enrichmentScore", "NES", "pvalue", "FDR", "direction"),
    *("core_enrichment", "folded_under"),
)
WORKBOOK, MOST_ROWS = "enrichment.xlsx", 100_000  # rows of a sheet; each takes about a fifth of a millisecond
_SHEETS = {ENRICHMENT: "over-representation", GSEA: "GSEA"}
_SHEET_NUMBERS = ["FoldEnrichment", "pvalue", "p.adjust", "Count", "setSize", "enrichmentScore", "NES", "FDR"]
IDENTIFIERS = "identifiers.tsv"
IDENTIFIER_COLUMNS = ("file", "holds", "identifiers", "recognised", "not_recognised", "which_not")


def write_tables(records: Sequence[AnnotationRecord], folder: Path) -> None:
    """Write annotations.tsv (a row a set) and annotations.jsonl (a whole record a line) to `folder`."""
    write_table(folder / TSV, COLUMNS, map(tsv_line, records))
    atomic.write_jsonl(folder / JSONL, (record.model_dump(mode="json") for record in records))


def tsv_line(record: AnnotationRecord) -> str:
    """The line of a set in annotations.tsv, without its end: see `tsv_row`; annotations.jsonl has texts unchanged."""
    values = _values(record)
    return tsv_row([values[name] for name in COLUMNS])


def best_term(record: AnnotationRecord) -> EnrichedTerm | None:
    """The first of a record's terms; None where nothing is enriched."""
    return next(iter(record.enriched), None)


def in_figures(term: EnrichedTerm) -> str:
    """How strongly a term is enriched, in words."""
    return (
        f"{term.overlap:,} of {term.drawn:,} genes, {term.fold_enrichment:.1f} times as many as by chance, "
        f"adjusted p {term.adjusted_p:.1e}"
    )


def _values(record: AnnotationRecord) -> dict[str, Cell]:
    cited = [part for part in record.paragraph if part.cites]
    best = best_term(record)
    return record.model_dump(include=set(COLUMNS)) | {
        "n_genes": len(record.genes),
        "n_unmapped": len(record.unmapped),
        "unmapped": [gene.written for gene in record.unmapped],
        "best_term": best and best.name,
        "best_term_library": best and best.library,
        "best_term_id": best and best.id,
        "genes_in_term": best and f"{best.overlap} of {best.drawn}",
        "fold_enrichment": best and round(best.fold_enrichment, 2),
        "adjusted_p": best and best.adjusted_p,
        "suggested_name": record.name,
        "name_is_enriched_term": record.name_is_term,
        "paragraph": "".join(part.text for part in record.paragraph),
        "cited": list(dict.fromkeys(part.text for part in cited if part.there)),
        "cited_wrongly": list(dict.fromkeys(part.text for part in cited if not part.there)),
    }


def write_enrichment(
    records: Sequence[AnnotationRecord], terms: Mapping[str, Sequence[EnrichedTerm]], folder: Path
) -> None:
    """Write every significant term of every set; `terms` are by the set's id."""
    lines = (line for record in records for line in enrichment_lines(record, terms.get(record.id, ())))
    write_table(folder / ENRICHMENT, ENRICHMENT_COLUMNS, lines)


def enrichment_lines(record: AnnotationRecord, terms: Sequence[EnrichedTerm]) -> list[str]:
    """The lines of enrichment.tsv, without their ends, of a set's `terms`, in their order."""
    leading = leading_terms(terms)
    under = {(term.library, below.id): term.id for term in leading for below in term.folded}
    rows = (
        (
            *(record.list, record.set, term.library, term.id, term.name),
            *(f"{term.overlap}/{term.drawn}", f"{term.size}/{term.universe}", term.fold_enrichment),
            *(term.p, term.adjusted_p, "/".join(term.genes), term.overlap, under.get((term.library, term.id), "")),
        )
        for term in terms
    )
    return list(map(tsv_row, rows))


def write_gsea(analyses: Sequence[RankedAnalysis], folder: Path) -> None:
    """Write the terms of ranked lists; without any there is no file, also none of an earlier run."""
    if not analyses:
        (folder / GSEA).unlink(missing_ok=True)
        return
    write_table(folder / GSEA, GSEA_COLUMNS, (line for analysis in analyses for line in gsea_lines(analysis)))


def gsea_lines(analysis: RankedAnalysis) -> list[str]:
    """The lines of gsea.tsv, without their ends, of a ranking's terms."""
    rows = (
        (
            *(analysis.list, term.library, term.id, term.name, term.size, term.score, term.nes, term.p, term.fdr),
            *(analysis.ends[term.nes < 0], "/".join(term.leading_edge), term.folded_under),
        )
        for term in analysis.terms
    )
    return list(map(tsv_row, rows))


def write_workbook(folder: Path) -> None:
    """Write the tables of terms as sheets of one workbook, whose texts are texts, also genes and what begins with =.

    A table of more than MOST_ROWS is told to be too long, and there is no workbook, also none of an earlier run.
    """
    sheets = {}
    for name, sheet in _SHEETS.items():
        if (folder / name).is_file():
            table = pd.read_csv(folder / name, sep="\t", dtype=str, keep_default_na=False)
            numbers = table.columns.intersection(_SHEET_NUMBERS)
            table = table.replace(ILLEGAL_CHARACTERS_RE, "", regex=True)
            sheets[sheet] = table.assign(**{column: pd.to_numeric(table[column]) for column in numbers})
    (folder / WORKBOOK).unlink(missing_ok=True)
    if any(len(table) > MOST_ROWS for table in sheets.values()):
        say(f"no {WORKBOOK}: the tables of terms are too long for one")
        return
    dated = BytesIO()
    with pd.ExcelWriter(dated, engine="openpyxl") as workbook:
        for sheet, table in sheets.items():
            table.to_excel(workbook, sheet_name=sheet, index=False, freeze_panes=(1, 0))
            for row in workbook.book[sheet].iter_rows(min_row=2):
                for cell in row:
                    text = cell.value
                    if isinstance(cell, SheetCell) and isinstance(text, str) and re.match(r"'?\s*[=+@-]", text):
                        cell.value = text.removeprefix("'")
                        cell.data_type, cell.quotePrefix = "s", True
    with ZipFile(dated) as written, ZipFile(folder / WORKBOOK, "w", ZIP_DEFLATED) as undated:
        for name in written.namelist():  # of equal bytes for equal tables
            content = re.sub(rb"(<dcterms:\w+ [^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", written.read(name))
            undated.writestr(ZipInfo(name), content, ZIP_DEFLATED)


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
        total = counted(self.identifiers, "identifier")
        known = f"all {total} are known genes"
        if self.unknown:
            verb = "is none" if len(self.unknown) == 1 else "are none"
            known = f"{self.identifiers - len(self.unknown):,} of {total} are known genes, {len(self.unknown):,} {verb}"
            known += f": {some(self.unknown)}"
        left_out = "".join(f"; left out: {reason} ({count:,})" for reason, count in self.left_out.items())
        return f"{self.file}: {known}{left_out}"


def recognised(
    gene_lists: Mapping[str, GeneLists],
    universe: tuple[str | None, Iterable[str] | None],
    libraries: Sequence[GeneSetLibrary],
    genes: GeneTable,
    orthologues: Orthologues | None,
) -> list[Recognised]:
    """The files of lists, the universe (its file and identifiers, if it has one), and libraries read from files.

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
    file, tested = universe
    if file is not None and tested is not None:
        found.append(checked(file, "universe", tested))
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
    write_table(folder / IDENTIFIERS, IDENTIFIER_COLUMNS, map(tsv_row, rows))
