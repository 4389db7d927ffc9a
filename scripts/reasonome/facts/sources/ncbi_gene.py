"""NCBI Gene: gene_info (symbols, aliases, names, gene type, band) and gene_summary (a paragraph on each gene)."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources.source import (
    SourceFacts,
    check_entrez_id,
    check_once,
    check_symbol,
    make_facts,
    records,
    select_organism,
)

COLUMNS = [
    "tax_id", "GeneID", "Symbol", "Synonyms", "dbXrefs", "map_location", "description", "type_of_gene",
    "Symbol_from_nomenclature_authority", "Full_name_from_nomenclature_authority",
]  # fmt: skip
SUMMARY_COLUMNS = ["tax_id", "GeneID", "Source", "Summary"]
# Types without information.
_VAGUE_TYPES = {"", "unknown", "other"}
_CREDIT = re.compile(r"\s*\[(provided|supplied) by [^\]]*\]\.?$")


class Record(NamedTuple):
    """A row of gene_info: `name_id` is the id of the gene's name, `is_official` says who gave its symbol."""

    line: int
    gene: Gene
    is_official: bool
    name_id: str
    band: str
    type: str


def read_records(path: Path, taxon: int = 9606) -> tuple[list[Record], Counter]:
    """The genes of one organism, and the counts of rows left out, by reason. Raises InputError."""
    kept, left_out = [], Counter()
    seen: dict[str, int] = {}
    for line, row in _rows(path, COLUMNS, taxon, left_out, "rows"):
        check_once(seen, row["GeneID"], path, line, "GeneID")
        if reason := _reason_to_leave_out(row):
            left_out[reason] += 1
            continue
        kept.append(_record(line, row))
        check_symbol(kept[-1].gene.symbol, path, line, "Symbol")
    return kept, left_out


def read_genes(files: dict[str, Path], taxon: int = 9606) -> list[Gene]:
    """The genes as a symbol authority. Of genes that share a symbol only one with an official symbol is kept."""
    gene_records, _ = read_records(files["gene_info"], taxon)
    by_symbol: dict[str, list[Record]] = defaultdict(list)
    for record in gene_records:
        by_symbol[record.gene.symbol].append(record)
    genes = []
    for namesakes in by_symbol.values():
        chosen = namesakes if len(namesakes) == 1 else [record for record in namesakes if record.is_official]
        if len(chosen) == 1:
            genes.append(chosen[0].gene)
    return genes


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`has_name`, `has_alias`, `has_gene_type`, `maps_to_band` and, with the file `summary`, `has_summary` facts.

    Genes are found by GeneID. Genes that have no official symbol and that the authority lacks are left out.
    """
    path = files["gene_info"]
    gene_records, left_out = read_records(path, taxon)
    kept = []
    for record in gene_records:
        if record.is_official or genes.resolve(record.gene.entrez_id, strict=True).symbol:
            kept.append(record)
        else:
            left_out["genes without official symbol that the symbol authority lacks"] += 1
    parts: list[tuple[Path, Iterable[tuple]]] = [(path, (row for record in kept for row in _facts(record)))]
    if "summary" in files:
        summaries = _summaries(files["summary"], {record.gene.entrez_id for record in kept}, taxon, left_out)
        parts.append((files["summary"], summaries))
    return make_facts(name, parts, genes, left_out)


def _rows(
    path: Path, columns: list[str], taxon: int, left_out: Counter, what: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of one organism's rows; "-" is ""."""
    all_rows = records(lines(path), path, columns)
    for line, row in select_organism(all_rows, lambda row: row["tax_id"], str(taxon), path, left_out, what):
        check_entrez_id(row["GeneID"], path, line, "GeneID")
        yield line, {column: "" if cell == "-" else cell for column, cell in row.items()}


def _reason_to_leave_out(row: dict[str, str]) -> str:
    if row["Symbol"] == "NEWENTRY":
        return "placeholders for new entries"
    if row["type_of_gene"] == "biological-region":
        return "biological regions, which are no genes"
    if row["description"].lower().startswith(("discontinued", "withdrawn")):
        return "discontinued genes"
    return ""


def _record(line: int, row: dict[str, str]) -> Record:
    official = row["Symbol_from_nomenclature_authority"]
    symbol = official or row["Symbol"]
    aliases = dict.fromkeys([row["Symbol"], *row["Synonyms"].split("|")])
    ids: dict[str, list[str]] = defaultdict(list)
    for reference in row["dbXrefs"].split("|"):
        database, _, identifier = reference.partition(":")
        ids[database].append(identifier.removeprefix(f"{database}:"))  # HGNC:HGNC:5, MGI:MGI:87853, but RGD:2000
    nomenclature = [f"{database}:{number}" for database in ("HGNC", "MGI", "RGD") for number in ids[database]]
    hgnc = nomenclature[0] if ids["HGNC"] else ""
    gene = Gene(
        symbol=symbol,
        name=row["Full_name_from_nomenclature_authority"] or row["description"],
        hgnc_id=hgnc,
        entrez_id=row["GeneID"],
        ensembl_id=next(iter(ids["Ensembl"]), ""),
        aliases=tuple(alias for alias in aliases if alias not in ("", symbol)),
        other_ids=(*ids["Ensembl"][1:], *(i for i in nomenclature if i != hgnc)),
        coding=None if row["type_of_gene"] in _VAGUE_TYPES else row["type_of_gene"] == "protein-coding",
    )
    # The id of HGNC's own table, so that its facts and these have equal ids.
    name_id = next(iter(nomenclature), f"NCBIGene:{gene.entrez_id}")
    # Alternatives follow the current band; in mice a genetic distance in cM may stand first.
    band = next((place.strip() for place in row["map_location"].split("|") if not place.endswith("cM")), "")
    return Record(line, gene, bool(official), name_id, band, row["type_of_gene"])


def _facts(record: Record) -> Iterator[tuple]:
    facts = [("has_alias", alias, alias) for alias in record.gene.aliases]
    if record.gene.name:
        facts.append(("has_name", record.name_id, record.gene.name))
    if record.type not in _VAGUE_TYPES:
        facts.append(("has_gene_type", record.type, record.type))
    if record.band:
        facts.append(("maps_to_band", record.band, record.band))
    for relation, object_id, object_name in facts:
        yield record.gene.entrez_id, record.line, relation, object_id, object_name, ""


def _summaries(path: Path, gene_ids: set[str], taxon: int, left_out: Counter) -> Iterator[tuple]:
    for line, row in _rows(path, SUMMARY_COLUMNS, taxon, left_out, "summaries"):
        gene_id, text = row["GeneID"], _CREDIT.sub("", row["Summary"])
        if gene_id not in gene_ids:
            left_out["summaries of genes that gene_info lacks or that were left out"] += 1
        elif text:
            yield gene_id, line, "has_summary", f"NCBIGene:{gene_id}", text, row["Source"]
