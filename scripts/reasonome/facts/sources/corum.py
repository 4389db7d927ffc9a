"""CORUM's protein complexes (allComplexes and its subsets): releases 3 and 4, and 5, which are told by their header."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import SourceFacts, SourceFormat
from reasonome.facts.sources.table import check_entrez_id, facts_of, first_known, no_rows_of, places, rows

ORGANISMS = {9606: "Human", 10090: "Mouse", 10116: "Rat"}


class Layout(NamedTuple):
    """The names that a release gives to the columns read here; release 5 has no Entrez ids."""

    complex_id: str
    name: str
    organism: str
    methods: str
    entrez: str
    symbols: str
    accessions: str


RELEASE_3 = Layout(
    "ComplexID",
    "ComplexName",
    "Organism",
    "Protein complex purification method",
    "subunits(Entrez IDs)",
    "subunits(Gene name)",
    "subunits(UniProt IDs)",
)
RELEASE_5 = Layout(
    "complex_id",
    "complex_name",
    "organism",
    "purification_methods",
    "",
    "subunits_gene_name",
    "subunits_uniprot_id",
)
_NONE = {"None", "N/A"}
_METHOD = re.compile(r"MI:\d{4}")
_NEW_RECORD = re.compile(r"\d+\t")


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`subunit_of_complex` facts of one organism; evidence: the MI codes of the purification methods.

    A subunit is looked up by Entrez id, then symbol, then UniProt accession. Complexes of other organisms and those
    without a name are left out and counted. Raises InputError for a header of neither release, a row of another
    width, a quote mark that would hide the complexes below, an Entrez id that is no number, and a file without
    complexes of the organism.
    """
    path = files["complexes"]
    if taxon not in ORGANISMS:
        known = ", ".join(f"{number} ({organism})" for number, organism in ORGANISMS.items())
        raise InputError(f"CORUM's name for taxon {taxon} is not known", field="taxon", fix=f"take one of {known}")
    left_out: Counter = Counter()
    known_as: dict[tuple[str, ...], str] = {}
    facts, other = [], None
    for line, fields in _records(path):
        if fields.organism != ORGANISMS[taxon]:
            other = other or (line, fields.organism)
            left_out["complexes of other organisms"] += 1
            continue
        if not any(map(str.isalnum, fields.name)):
            left_out["complexes without a name"] += 1
            continue
        evidence = ",".join(sorted(set(_METHOD.findall(fields.methods))))
        for ids in _subunits(fields, path, line):
            if not any(ids):
                left_out["subunits without an identifier"] += 1
                continue
            if ids not in known_as:
                known_as[ids] = first_known(ids, genes)
            object_id = f"CORUM:{fields.complex_id}"
            facts.append((known_as[ids], line, "subunit_of_complex", object_id, fields.name, evidence))
    if not facts:
        if other:
            raise no_rows_of(taxon, other[1], path, other[0])
        raise InputError("there are no complexes in the file", file=path, fix="fetch the file again")
    return facts_of(name, [(path, facts)], genes, left_out)


def _records(path: Path) -> Iterator[tuple[int, Layout]]:
    """(line, the fields of one complex)."""
    numbered = lines(path)
    header = [column.strip() for column in next(numbered)[1].split("\t")]
    layout = RELEASE_5 if RELEASE_5.complex_id in header else RELEASE_3
    named = [column for column in layout if column]
    at = dict(zip(named, places(header, named, path), strict=True))
    for line, row in rows(_whole_records(numbered, path, len(header)), path, len(header), quoted=True):
        yield line, Layout(*(row[at[column]].strip() if column else "" for column in layout))


def _whole_records(numbered: Iterator[tuple[int, str]], path: Path, width: int) -> Iterator[tuple[int, str]]:
    """Records as single lines, numbered by their first: comments of release 5 contain line breaks."""
    start, record = 0, ""
    for line, text in numbered:
        if _NEW_RECORD.match(text):
            if record:
                yield start, record
            start, record = line, text
        elif record and record.count("\t") + 1 < width:
            record += f" {text}"
        elif text.strip():
            raise InputError(
                f"expected a complex id (a number) in the first column, found '{text[:40]}'",
                file=path,
                line=line,
                fix="give the file as it is published; editors and spreadsheets also break rows",
            )
    if record:
        yield start, record


def _subunits(fields: Layout, path: Path, line: int) -> Iterator[tuple[str, str, str]]:
    """(Entrez id, symbol, accession) of each subunit; lists of another length than the leading one are not used."""
    entrez, symbols, accessions = (_list(cell) for cell in (fields.entrez, fields.symbols, fields.accessions))
    for entrez_id in filter(None, entrez):
        check_entrez_id(entrez_id, path, line, RELEASE_3.entrez)
    leading = next((ids for ids in (entrez, accessions, symbols) if any(ids)), [])
    lists = [ids if len(ids) == len(leading) else [] for ids in (entrez, symbols, accessions)]
    return zip_longest(*lists, fillvalue="")


def _list(cell: str) -> list[str]:
    return ["" if item.strip() in _NONE else item.strip() for item in cell.split(";")]


FORMAT = SourceFormat(files=("complexes",), read=read)
