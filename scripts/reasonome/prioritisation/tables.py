"""Rankings for other programs: rankings.tsv for spreadsheets, rankings.jsonl with whole records."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reasonome.core import atomic
from reasonome.facts.files.plain_table import tsv_row
from reasonome.prioritisation.reasons import fact_of, with_name
from reasonome.prioritisation.record import PURPOSE, AgainstIt, RankedCandidate, RankingRecord

TSV, JSONL = "rankings.tsv", "rankings.jsonl"
COLUMNS = (
    *("file", "name", "gene", "gene_name", "rank", "first_in", "listed_in", "answers"),
    *("phenotype_overlap", "overlap_rank", "fit", "fit_rank", "known_phenotypes", "related_phenotypes", "facts"),
    *("diseases", "against"),
    *("distance", "distance_rank", "asked", "flags", "error", "id", "meant_for"),
)


def write_tables(records: Sequence[RankingRecord], folder: Path) -> None:
    """Write rankings.tsv (a row for each gene of a case or locus) and rankings.jsonl (a whole record a line)."""
    rows = [tsv_heading(), *(line for record in records for line in tsv_lines(record))]
    atomic.write_text(folder / TSV, "".join(f"{line}\n" for line in rows))
    atomic.write_jsonl(folder / JSONL, (record.model_dump(mode="json") for record in records))


def tsv_heading() -> str:
    """The first line of rankings.tsv, without its end."""
    return "\t".join(COLUMNS)


def tsv_lines(record: RankingRecord) -> list[str]:
    """The lines of a record in rankings.tsv, one for each gene; one without a gene where there is none."""
    asked = [*(f"{term.id} {term.label}" for term in record.present)]
    asked += [f"not {term.id} {term.label}" for term in record.absent]
    place = [f"{record.chromosome}:{record.position}"] if record.position is not None else []
    shared = {
        "file": record.file,
        "name": record.name,
        "answers": len(record.samples),
        "asked": [*filter(None, [record.trait]), *place, *asked],
        "flags": record.flags,
        "error": record.error,
        "id": record.id,
        "meant_for": PURPOSE,
    }
    rows = [shared | _gene(gene, record.disease_names) for gene in record.genes] or [shared]
    return [tsv_row([row.get(column) for column in COLUMNS]) for row in rows]


def _gene(gene: RankedCandidate, disease_names: Mapping[str, str]) -> dict[str, Any]:
    diseases = [(disease, with_name(disease.id, disease.name)) for disease in gene.diseases]
    return {
        "gene": gene.symbol,
        "gene_name": gene.name,
        "rank": gene.rank,
        "first_in": gene.first,
        "listed_in": gene.listed,
        "phenotype_overlap": gene.overlap,
        "overlap_rank": gene.overlap_rank,
        "fit": gene.fit,
        "fit_rank": gene.fit_rank,
        "known_phenotypes": [known.label for known in gene.known if known.fit == "same"],
        "related_phenotypes": [f"{known.label} ({known.known_label})" for known in gene.known if known.fit != "same"],
        "facts": [fact_of(known, disease_names) for known in gene.known],
        "diseases": [f"{name} {disease.link}".strip() for disease, name in diseases],
        "against": [f"{name}: {against_it(one)}" for disease, name in diseases for one in disease.against],
        "distance": gene.distance,
        "distance_rank": gene.distance_rank,
    }


def against_it(one: AgainstIt) -> str:
    """An absent phenotype that most patients of a disease have, in words."""
    known = "" if one.known_id == one.id else f", as {one.known_label}"
    return f"{one.label} ({one.id}) is absent, and most patients have it{known}: {one.stated}"
