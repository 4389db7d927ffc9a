"""Annotated gene sets for other programs: annotations.tsv for spreadsheets, annotations.jsonl with whole records."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reasonome.annotation.record import AnnotationRecord
from reasonome.core import atomic
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.files.plain_table import tsv_row

TSV, JSONL = "annotations.tsv", "annotations.jsonl"
COLUMNS = (
    *(
        "list",
        "set",
        "direction",
        "called",
        "called_by",
        "better_than_first_term",
        "best_term",
        "best_term_library",
        "best_term_id",
        "genes_in_term",
    ),
    *("fold_enrichment", "adjusted_p", "suggested_name", "name_standing", "name_standing_why"),
    *("terms_behind_name", "facts_behind_name"),
    *("confidence", "confidence_kind", "other_answers_alike", "abstained", "problems", "error", "flags", "n_genes"),
    *("n_unmapped", "supporting_genes", "other_genes", "unmapped", "claims_supported", "claims_unknown"),
    *("claims_contradicted", "term_nearest_to_name", "likeness_of_nearest_term", "group", "reasoning", "id"),
)
NUMBERS = (
    *("fold_enrichment", "adjusted_p", "confidence", "other_answers_alike", "n_genes", "n_unmapped", "group"),
    *("claims_supported", "claims_unknown", "claims_contradicted", "likeness_of_nearest_term"),
    "better_than_first_term",
)


def write_tables(records: Sequence[AnnotationRecord], folder: Path) -> None:
    """Write annotations.tsv (a row a set) and annotations.jsonl (a whole record a line) to `folder`."""
    lines = [tsv_heading(), *map(tsv_line, records)]
    atomic.write_text(folder / TSV, "".join(f"{line}\n" for line in lines))
    atomic.write_jsonl(folder / JSONL, map(json_values, records))


def json_values(record: AnnotationRecord) -> dict[str, Any]:
    """A record as JSON values: an infinite or NaN weight, which JSON lacks, is None."""
    return json.loads(record.model_dump_json())


def tsv_heading() -> str:
    """The first line of annotations.tsv, without its end."""
    return "\t".join(COLUMNS)


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


def _values(record: AnnotationRecord) -> dict[str, Any]:
    verdicts = [claim.verdict for claim in record.claims]
    best = best_term(record)
    return record.model_dump(include=set(COLUMNS)) | {
        "called": record.name if record.stands_first else best and best.name,
        "called_by": "model" if record.stands_first else best and "enriched term",
        "n_genes": len(record.genes),
        "n_unmapped": len(record.unmapped),
        "unmapped": [gene.written for gene in record.unmapped],
        **{f"claims_{verdict}": verdicts.count(verdict) for verdict in ("supported", "unknown", "contradicted")},
        "best_term": best and best.name,
        "best_term_library": best and best.library,
        "best_term_id": best and best.id,
        "genes_in_term": best and f"{best.overlap} of {best.drawn}",
        "fold_enrichment": best and round(best.fold_enrichment, 2),
        "adjusted_p": best and best.adjusted_p,
        "suggested_name": record.name,
        "name_standing": record.standing,
        "name_standing_why": record.standing_why,
        "terms_behind_name": [term.name for term in record.terms_behind_name],
        "facts_behind_name": [f"{fact.gene}: {fact.fact}" for fact in record.facts_behind_name],
        "other_answers_alike": record.agreement,
        "term_nearest_to_name": record.nearest_term,
        "likeness_of_nearest_term": record.likeness and round(record.likeness, 2),
    }
