"""PANTHER Pathway's SequenceAssociationPathway table: the protein sequences in each pathway."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import SourceFacts, make_facts, organism_name, rows, select_organism

# Pathway accession and name, component accession and name, sequence, protein, confidence code, evidence and its
# type, subfamily accession and name.
COLUMNS = 11
SPECIES_CODES = {9606: "HUMAN", 10090: "MOUSE", 10116: "RAT"}
# Databases whose ids keep their prefix.
_PREFIXED = ("HGNC", "MGI", "RGD")


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`member_of_pathway` facts of the sequences of one organism; evidence is the confidence code.

    Raises InputError.
    """
    path, left_out = files["associations"], Counter()
    code = organism_name(taxon, SPECIES_CODES, "PANTHER")
    own_rows = select_organism(_rows(path), lambda row: row[0], code, path, left_out)
    facts = [(ids, line, "member_of_pathway", *fact) for line, (_, ids, *fact) in own_rows]
    return make_facts(name, [(path, facts)], genes, left_out)


def _rows(path: Path) -> Iterator[tuple[int, tuple]]:
    """(line, (species, identifiers, pathway's id, pathway's name, confidence))."""
    for line, row in rows(lines(path), path, COLUMNS):
        pathway, pathway_name, sequence, confidence = (row[place].strip() for place in (0, 1, 4, 6))
        if not (pathway.startswith("P") and pathway[1:].isdigit()):
            what = f"expected a pathway accession such as P00001 in column 1, found '{pathway[:40]}'"
            fix = "give PANTHER's SequenceAssociationPathway file as it is published (no header)"
            raise InputError(what, file=path, line=line, fix=fix)
        species, *pairs = sequence.split("|")
        ids = tuple(map(_identifier, pairs))
        if not species or not ids or not all(ids):
            raise InputError(
                f"expected a sequence id such as HUMAN|HGNC=1234|UniProtKB=P12345 in column 5, found '{sequence[:60]}'",
                file=path,
                line=line,
                fix="give a current release, whose ids are of this form",
            )
        yield line, (species, ids, f"PANTHER:{pathway}", pathway_name, confidence)


def _identifier(pair: str) -> str:
    """`HGNC=5` -> HGNC:5, `UniProtKB=P1` -> P1, and "" for another form; mouse ids repeat their prefix: MGI=MGI=5."""
    database, _, identifier = pair.partition("=")
    bare = identifier.removeprefix(f"{database}=")
    return f"{database}:{bare}" if bare and database in _PREFIXED else bare
