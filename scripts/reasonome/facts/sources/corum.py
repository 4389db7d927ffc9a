"""CORUM's protein complexes (tables of release 5) and their subunits."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import (
    AS_PUBLISHED,
    SourceFacts,
    make_facts,
    organism_name,
    records,
    select_organism,
)

ORGANISMS = {9606: "Human", 10090: "Mouse", 10116: "Rat"}
COLUMNS = [
    "complex_id", "complex_name", "organism", "purification_methods", "subunits_gene_name", "subunits_uniprot_id",
]  # fmt: skip
_METHOD = re.compile(r"MI:\d{4}")
_NEW_RECORD = re.compile(r"\d+\t")


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`subunit_of_complex` facts of one organism; evidence: the MI codes of the purification methods.

    A subunit is looked up by symbol, then by UniProt accession. Complexes of other organisms and those without a name
    are left out and counted. Raises InputError.
    """
    path, left_out = files["complexes"], Counter()
    organism = organism_name(taxon, ORGANISMS, "CORUM")
    fix = "give a table of CORUM 5 as it is published, with its header"
    complexes = records(_whole_records(lines(path), path), path, COLUMNS, quoted=True, fix=fix)
    facts = []
    for line, row in select_organism(complexes, lambda row: row["organism"], organism, path, left_out, "complexes"):
        if not any(map(str.isalnum, row["complex_name"])):
            left_out["complexes without a name"] += 1
            continue
        evidence = ",".join(sorted(set(_METHOD.findall(row["purification_methods"]))))
        fact = ("subunit_of_complex", f"CORUM:{row['complex_id']}", row["complex_name"], evidence)
        for identifiers in _subunits(row):
            if any(identifiers):
                facts.append((identifiers, line, *fact))
            else:
                left_out["subunits without an identifier"] += 1
    return make_facts(name, [(path, facts)], genes, left_out)


def _whole_records(numbered: Iterator[tuple[int, str]], path: Path) -> Iterator[tuple[int, str]]:
    """The header, and each record as a single line with the number of its first: comments contain line breaks."""
    header = next(numbered)
    yield header
    start, record = 0, ""
    for line, text in numbered:
        if _NEW_RECORD.match(text):
            if record:
                yield start, record
            start, record = line, text
        elif record and record.count("\t") < header[1].count("\t"):
            record += f" {text}"
        elif text.strip():
            what = f"expected a complex id (a number) in the first column, found '{text[:40]}'"
            fix = f"{AS_PUBLISHED}; editors and spreadsheets also break rows"
            raise InputError(what, file=path, line=line, fix=fix)
    if record:
        yield start, record


def _subunits(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(symbol, accession) of each subunit; symbols are not used where the counts differ."""
    symbols, accessions = _list(row["subunits_gene_name"]), _list(row["subunits_uniprot_id"])
    if any(accessions) and len(symbols) != len(accessions):
        symbols = []
    return zip_longest(symbols, accessions if any(accessions) else [], fillvalue="")


def _list(cell: str) -> list[str]:
    return ["" if is_missing(item) else item.strip() for item in cell.split(";")]
