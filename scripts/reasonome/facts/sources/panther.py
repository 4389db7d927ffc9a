"""PANTHER Pathway's SequenceAssociationPathway table: which protein sequences take part in which pathway."""

from collections import Counter
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import SourceFacts, SourceFormat
from reasonome.facts.sources.table import facts_of, first_known, no_rows_of, rows

# Pathway accession and name, component accession and name, sequence, protein, confidence code, evidence and its
# type, subfamily accession and name.
COLUMNS = 11
SPECIES_CODES = {9606: "HUMAN", 10090: "MOUSE", 10116: "RAT"}
# Databases whose ids are written with their prefix; the ids of all others stand for themselves.
_PREFIXED = ("HGNC", "MGI", "RGD")


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`member_of_pathway` facts of the sequences of one organism; evidence is the confidence code.

    Raises InputError for a row without 11 columns, a pathway or sequence id of another form, an organism that
    has no species code here, and a file without rows of the organism.
    """
    path = files["associations"]
    if taxon not in SPECIES_CODES:
        known = ", ".join(f"{number} ({code})" for number, code in SPECIES_CODES.items())
        raise InputError(f"PANTHER's code for taxon {taxon} is not known", field="taxon", fix=f"take one of {known}")
    left_out: Counter = Counter()
    identifiers: dict[str, str] = {}
    facts, other = [], None
    for line, row in rows(lines(path), path, COLUMNS):
        pathway, pathway_name, sequence, confidence = (row[place].strip() for place in (0, 1, 4, 6))
        if not (pathway.startswith("P") and pathway[1:].isdigit()):
            raise InputError(
                f"expected a pathway accession such as P00001 in column 1, found '{pathway[:40]}'",
                file=path,
                line=line,
                fix="give PANTHER's SequenceAssociationPathway file as it is published (no header)",
            )
        species, ids = _identifiers(sequence, path, line)
        if species != SPECIES_CODES[taxon]:
            other = other or (line, species)
            left_out["rows of other organisms"] += 1
            continue
        if sequence not in identifiers:
            identifiers[sequence] = first_known(ids, genes)
        object_id = f"PANTHER:{pathway}"
        facts.append((identifiers[sequence], line, "member_of_pathway", object_id, pathway_name, confidence))
    if not facts:
        if other:
            raise no_rows_of(taxon, other[1], path, other[0])
        raise InputError("there are no rows in the file", file=path, fix="fetch the file again")
    return facts_of(name, [(path, facts)], genes, left_out)


def _identifiers(sequence: str, path: Path, line: int) -> tuple[str, list[str]]:
    """`HUMAN|HGNC=5|UniProtKB=P1` -> HUMAN and [HGNC:5, P1]."""
    species, *pairs = sequence.split("|")
    ids = []
    for pair in pairs:
        database, equals, identifier = pair.partition("=")
        if not equals or not identifier:
            ids = []
            break
        # Mouse ids repeat their prefix: MGI=MGI=87853.
        bare = identifier.removeprefix(f"{database}=")
        ids.append(f"{database}:{bare}" if database in _PREFIXED else bare)
    if not species or not ids:
        raise InputError(
            f"expected a sequence id such as HUMAN|HGNC=1234|UniProtKB=P12345 in column 5, found '{sequence[:60]}'",
            file=path,
            line=line,
            fix="give a current release, whose ids are of this form",
        )
    return species, ids


FORMAT = SourceFormat(files=("associations",), read=read)
