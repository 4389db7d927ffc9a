"""Enriched terms for R and spreadsheets: tables with tabs, their columns as those of clusterProfiler."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reasonome.annotation.enrichment import leading_terms
from reasonome.annotation.gsea import RankedAnalysis
from reasonome.annotation.record import AnnotationRecord
from reasonome.core import atomic
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.files.plain_table import tsv_row

ENRICHMENT, GSEA = "enrichment.tsv", "gsea.tsv"
ENRICHMENT_COLUMNS = (
    *("list", "set", "ONTOLOGY", "ID", "Description", "GeneRatio", "BgRatio", "FoldEnrichment", "pvalue", "p.adjust"),
    *("geneID", "Count", "folded_under"),
)
GSEA_COLUMNS = (
    *("list", "ONTOLOGY", "ID", "Description", "setSize", "enrichmentScore", "NES", "pvalue", "FDR", "direction"),
    *("core_enrichment", "folded_under"),
)


def write_enrichment(
    records: Sequence[AnnotationRecord], terms: Mapping[str, Sequence[EnrichedTerm]], folder: Path
) -> None:
    """Write every significant term of every set; `terms` are by the set's id."""
    lines = (line for record in records for line in enrichment_lines(record, terms.get(record.id, ())))
    _write(folder / ENRICHMENT, ENRICHMENT_COLUMNS, lines)


def enrichment_lines(record: AnnotationRecord, terms: Sequence[EnrichedTerm]) -> list[str]:
    """The lines of enrichment.tsv, without their ends, of a set's `terms`, in their order."""
    return list(map(tsv_row, _enrichment_rows(record, terms)))


def write_gsea(analyses: Sequence[RankedAnalysis], folder: Path) -> None:
    """Write the terms of ranked lists; without any there is no file, also none of an earlier run."""
    if not analyses:
        (folder / GSEA).unlink(missing_ok=True)
        return
    _write(folder / GSEA, GSEA_COLUMNS, (line for analysis in analyses for line in gsea_lines(analysis)))


def gsea_lines(analysis: RankedAnalysis) -> list[str]:
    """The lines of gsea.tsv, without their ends, of a ranking's terms."""
    return list(map(tsv_row, _gsea_rows(analysis)))


def heading(columns: Sequence[str]) -> str:
    """The first line of a table, without its end."""
    return "\t".join(columns)


def _write(path: Path, columns: Sequence[str], lines: Iterable[str]) -> None:
    atomic.write_text(path, "".join(f"{line}\n" for line in (heading(columns), *lines)))


def _enrichment_rows(record: AnnotationRecord, terms: Sequence[EnrichedTerm]) -> Iterable[Sequence[Any]]:
    leading = leading_terms(terms)
    under = {(term.library, below.id): term.id for term in leading for below in term.folded}
    for term in terms:
        yield (
            *(record.list, record.set, term.library, term.id, term.name),
            *(f"{term.overlap}/{term.drawn}", f"{term.size}/{term.universe}", term.fold_enrichment),
            *(term.p, term.adjusted_p, "/".join(term.genes), term.overlap, under.get((term.library, term.id), "")),
        )


def _gsea_rows(analysis: RankedAnalysis) -> Iterable[Sequence[Any]]:
    for term in analysis.terms:
        yield (
            *(analysis.list, term.library, term.id, term.name, term.size, term.score, term.nes, term.p, term.fdr),
            *(analysis.ends[term.nes < 0], "/".join(term.leading_edge), term.folded_under),
        )
