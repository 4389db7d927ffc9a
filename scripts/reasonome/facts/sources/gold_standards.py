"""Open Targets Genetics' gold standards: GWAS lead variants with the gene that causes the trait, as TSV.

github.com/opentargets/genetics-gold-standards (Mountjoy et al. 2021, doi:10.1038/s41588-021-00945-5).
"""

import os

from reasonome.core.errors import InputError
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.files.text_file import FETCH_AGAIN, lines
from reasonome.facts.sources.gene_locations import known_chromosome, position
from reasonome.facts.sources.rankings import LocusRow
from reasonome.facts.sources.source import records

# Field -> column of the TSV.
COLUMNS = {
    "gene": "gold_standard_info.gene_id",
    "confidence": "gold_standard_info.highest_confidence",
    "set": "metadata.set_label",
    "alternative": "sentinel_variant.alleles.alternative",
    "reference": "sentinel_variant.alleles.reference",
    "chromosome": "sentinel_variant.locus_GRCh38.chromosome",
    "position": "sentinel_variant.locus_GRCh38.position",
    "rsid": "sentinel_variant.rsid",
    "trait": "trait_info.reported_trait_name",
    "standard_trait": "trait_info.standard_trait_name",
}


def read(path: str | os.PathLike) -> list[LocusRow]:
    """The rows of the TSV, in the order of the file.

    The trait is the reported one, else the standard one; `source` is the record's set. The variant is its rs number,
    or chromosome_position_reference_alternative. Raises InputError, with line and column, for a missing column, a row
    of another width, an invalid GRCh38 chromosome or position. Fields may be empty.
    """
    fix = "give the TSV of gold_standards/processed, with its header"
    rows = [
        _row(dict(zip(COLUMNS, map(_text, cells.values()), strict=True)), line, path)
        for line, cells in records(lines(path), path, list(COLUMNS.values()), fix=fix)
    ]
    if not rows:
        raise InputError("there are no gold standards in the file", file=path, fix=FETCH_AGAIN)
    return rows


def _text(cell: str) -> str:
    return "" if is_missing(cell) else cell.strip()


def _row(fields: dict[str, str], line: int, path: str | os.PathLike) -> LocusRow:
    chromosome = known_chromosome(fields["chromosome"], path, line, COLUMNS["chromosome"])
    position_text = fields["position"]
    located = position(position_text, path, line, COLUMNS["position"]) if position_text else None
    parts = [chromosome, position_text, fields["reference"], fields["alternative"]]
    return LocusRow(
        place=f"line {line}",
        line=line,
        trait=fields["trait"] or fields["standard_trait"],
        causal=(fields["gene"],) if fields["gene"] else (),
        source=fields["set"],
        variant=fields["rsid"] or ("_".join(filter(None, parts)) if chromosome and position_text else ""),
        chromosome=chromosome if located else "",
        position=located if chromosome else None,
        confidence=fields["confidence"],
    )
