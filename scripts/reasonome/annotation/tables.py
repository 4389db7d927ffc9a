"""Annotated gene sets for other programs: annotations.tsv for spreadsheets, annotations.jsonl with whole records."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reasonome.annotation.record import AnnotationRecord, EnrichedTerm
from reasonome.core import atomic
from reasonome.facts.files.cells import tsv_row

TSV, JSONL = "annotations.tsv", "annotations.jsonl"
COLUMNS = (
    *("list", "set", "name", "is_term", "confidence", "confidence_kind", "agreement", "abstained", "problems", "error"),
    *("flags", "n_genes", "n_unmapped", "supporting_genes", "other_genes", "unmapped"),
    *("claims_supported", "claims_unknown", "claims_contradicted", "best_term", "best_term_id", "best_adjusted_p"),
    *("enriched_agreement", "group", "reasoning", "id"),
)
NUMBERS = (
    *("confidence", "agreement", "n_genes", "n_unmapped", "best_adjusted_p", "enriched_agreement", "group"),
    *("claims_supported", "claims_unknown", "claims_contradicted"),
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
    """The term with the smallest adjusted p, then the smallest p; None where nothing is enriched."""
    return min(record.enriched, key=lambda term: (term.adjusted_p, term.p), default=None)


def _values(record: AnnotationRecord) -> dict[str, Any]:
    verdicts = [claim.verdict for claim in record.claims]
    best = best_term(record)
    return record.model_dump(include=set(COLUMNS)) | {
        "n_genes": len(record.genes),
        "n_unmapped": len(record.unmapped),
        "unmapped": [gene.written for gene in record.unmapped],
        **{f"claims_{verdict}": verdicts.count(verdict) for verdict in ("supported", "unknown", "contradicted")},
        "best_term": best and best.name,
        "best_term_id": best and best.id,
        "best_adjusted_p": best and best.adjusted_p,
    }
