"""Open Targets Genetics' gold standards: GWAS lead variants with the gene that causes the trait, as TSV or JSON.

github.com/opentargets/genetics-gold-standards (Mountjoy et al. 2021, doi:10.1038/s41588-021-00945-5).
"""

import os
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from reasonome.core.errors import InputError
from reasonome.facts.files import text_file
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.files.text_file import FETCH_AGAIN, lines
from reasonome.facts.sources.gene_locations import known_chromosome, position
from reasonome.facts.sources.rankings import LocusRow
from reasonome.facts.sources.source import records

# Field -> column of the TSV, and the path of nested keys in the JSON.
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
_NEEDED = ("gene", "chromosome", "position", "trait")  # keys that every JSON record has; null counts as empty


def read(path: str | os.PathLike) -> list[LocusRow]:
    """The rows of the TSV, or the records of a JSON array or of JSON lines, in the order of the file.

    The trait is the reported one, else the standard one; `source` is the record's set. The variant is its rs number,
    or chromosome_position_reference_alternative. Raises InputError, with line (or record) and column, for a missing
    column or key, a row of another width, invalid JSON, an invalid GRCh38 chromosome or position. Fields may be empty.
    """
    entries = list(_records(path))
    if not entries:
        raise InputError("there are no gold standards in the file", file=path, fix=FETCH_AGAIN)
    return [_row(fields, place, line, path) for place, line, fields in entries]


def _records(path: str | os.PathLike) -> Iterator[tuple[str, int | None, dict[str, str]]]:
    """(place, line, fields of COLUMNS)."""
    numbered = lines(path)
    first = next(numbered)
    begin = first[1].lstrip()
    if begin.startswith("["):
        text = "\n".join([first[1], *(text for _, text in numbered)])
        for number, record in enumerate(_json(text, path, None, list), 1):
            yield f"record {number}", None, _nested(record, path, None, f"record {number}")
    elif begin.startswith("{"):
        for line, text in (first, *numbered):
            if text.strip():
                yield f"line {line}", line, _nested(_json(text, path, line, dict), path, line, "")
    else:
        for line, cells in records(chain([first], numbered), path, list(COLUMNS.values())):
            yield f"line {line}", line, dict(zip(COLUMNS, map(_text, cells.values()), strict=True))


def _json(text: str, path: str | os.PathLike, line: int | None, kind: type) -> Any:
    try:
        value = text_file.json_value(text)
    except ValueError as error:
        raise InputError(f"not valid JSON: {error}", file=path, line=line, fix=FETCH_AGAIN) from None
    if not isinstance(value, kind):
        raise InputError("a gold standard should be an object", file=path, line=line)
    return value


def _nested(record: Any, path: str | os.PathLike, line: int | None, place: str) -> dict[str, str]:
    fields = {}
    for field, column in COLUMNS.items():
        value = record
        for key in column.split("."):
            if value is None:
                break
            if not isinstance(value, Mapping) or (key not in value and field in _NEEDED):
                what = f"the record has no '{column}'"
                raise InputError(what, file=path, line=line, field=f"{place} {column}".strip(), fix=FETCH_AGAIN)
            value = value.get(key)
        if isinstance(value, (list, dict)):
            what = f"expected text or a number, found {'a list' if isinstance(value, list) else 'an object'}"
            raise InputError(what, file=path, line=line, field=f"{place} {column}".strip())
        fields[field] = "" if value is None else _text(str(value))
    return fields


def _text(cell: str) -> str:
    return "" if is_missing(cell) else cell.strip()


def _row(fields: dict[str, str], place: str, line: int | None, path: str | os.PathLike) -> LocusRow:
    where = "" if line is not None else f"{place} "
    chromosome = known_chromosome(fields["chromosome"], path, line, where + COLUMNS["chromosome"])
    position_text = fields["position"]
    located = position(position_text, path, line, where + COLUMNS["position"]) if position_text else None
    parts = [chromosome, position_text, fields["reference"], fields["alternative"]]
    return LocusRow(
        place=place,
        line=line,
        trait=fields["trait"] or fields["standard_trait"],
        causal=(fields["gene"],) if fields["gene"] else (),
        source=fields["set"],
        variant=fields["rsid"] or ("_".join(filter(None, parts)) if chromosome and position_text else ""),
        chromosome=chromosome if located else "",
        position=located if chromosome else None,
        confidence=fields["confidence"],
    )
