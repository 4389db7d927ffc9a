"""UniProtKB's REST table (TSV): comments on function, location, disease, reactions and tissues, and keywords."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import SourceFacts, first_known, make_facts, records, select_organism

COLUMNS = ["Entry", "Gene Names (primary)", "Organism (ID)"]
# Column -> the first word of its comments.
TOPICS = {
    "Function [CC]": "FUNCTION",
    "Subcellular location [CC]": "SUBCELLULAR LOCATION",
    "Involvement in disease": "DISEASE",
    "Catalytic activity": "CATALYTIC ACTIVITY",
    "Tissue specificity": "TISSUE SPECIFICITY",
}
KEYWORDS = "Keywords"
# Keywords about the data, not about the protein.
TECHNICAL_KEYWORDS = {"3D-structure", "Complete proteome", "Direct protein sequencing", "Reference proteome"}

_EVIDENCE = re.compile(r"\s*\{ECO:[^{}]*\}")
_CODE = re.compile(r"ECO:\d{7}")
_CITED = r"(?:PubMed:\d+|Ref\.\d+|By similarity|Probable)"
_CITATION = re.compile(rf"\s*\({_CITED}(?:,\s*{_CITED})*\)")
_MOLECULE = re.compile(r"\[([^\]]+)\]:\s*")
_NOTE = re.compile(r"(?:^|\s)Note=")
_DISEASE = re.compile(r"(?P<name>.+?) \((?P<short>[^()]+)\)(?: \[MIM:(?P<mim>\d+)\])?:")
_RHEA = re.compile(r"RHEA:\d+")

# relation, object_id, object_name, evidence
Fact = tuple[str, str, str, str]


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """The facts of the columns of TOPICS and KEYWORDS that the table has.

    It must have COLUMNS. An entry's gene is found by accession; the facts of an entry of several genes are about each
    primary gene name. Raises InputError.
    """
    path, left_out = files["table"], Counter()
    topics = [*TOPICS, KEYWORDS]
    entries = records(lines(path), path, COLUMNS, topics, fix="add it to the columns of the query at UniProt")
    _, genes_in, organism_in = COLUMNS
    facts = []
    for line, row in select_organism(entries, lambda row: row[organism_in], str(taxon), path, left_out, "entries"):
        identifiers = _identifiers(row["Entry"], row[genes_in], genes)
        if not identifiers:
            left_out["entries without a gene name"] += 1
            continue
        for column in topics:
            for fact in _facts(row["Entry"], column, row[column], left_out, path, line):
                facts += [(identifier, line, *fact) for identifier in identifiers]
    if not facts:
        what = f"no entry has a fact: expected one or more of the columns {', '.join(topics)}"
        raise InputError(what, file=path, line=1, fix="add one or more to the query")
    return make_facts(name, [(path, facts)], genes, left_out)


def _identifiers(accession: str, gene_names: str, genes: GeneTable) -> list[str]:
    """The accession where it resolves to one gene, else each primary gene name: `A; B` -> A, B."""
    if genes.resolve(accession, strict=True).symbol:
        return [accession]
    primary = [name.strip() for name in gene_names.split(";") if name.strip()]
    return primary if len(primary) > 1 else [first_known([accession, *primary], genes)] if primary else []


def _facts(accession: str, column: str, cell: str, left_out: Counter, path: Path, line: int) -> Iterator[Fact]:
    if not cell:
        return
    if column == KEYWORDS:
        yield from _keywords(cell, left_out)
        return
    topic = TOPICS[column]
    if not cell.startswith(f"{topic}:"):
        what = f"expected '{topic}: ...', found '{cell[:40]}'"
        fix = "give UniProt's TSV as the REST service writes it"
        raise InputError(what, file=path, line=line, field=column, fix=fix)
    comments = [part.strip() for part in re.split(rf"(?:^|[;.]\s*){topic}:\s*", cell) if part.strip()]
    if topic == "FUNCTION":
        yield _text("has_function_text", accession, comments)
    elif topic == "TISSUE SPECIFICITY":
        yield _text("expressed_in_text", accession, comments)
    else:
        for comment in comments:
            if topic == "SUBCELLULAR LOCATION":
                yield from _locations(comment)
            elif topic == "DISEASE":
                yield from _disease(comment, left_out)
            else:
                yield from _reaction(comment)


def _text(relation: str, accession: str, comments: list[str]) -> Fact:
    """All comments of a topic as one text, without citations and evidence."""
    text = " ".join(_plain(_MOLECULE.sub(r"\1: ", comment, count=1)) for comment in comments)
    return relation, f"UniProtKB:{accession}", text, _codes(" ".join(comments))


def _plain(text: str) -> str:
    text = _CITATION.sub("", _EVIDENCE.sub("", text))
    return f"{text.rstrip(' .;')}."


def _codes(text: str, *more: str) -> str:
    return ",".join([*sorted(set(_CODE.findall(text))), *more])


def _locations(comment: str) -> Iterator[Fact]:
    """One fact per location, without topology and notes; an isoform's name goes to the evidence."""
    molecule = _MOLECULE.match(comment)
    if molecule:
        comment = comment[molecule.end() :]
    for part in re.split(r"\.(?:\s+|$)", _NOTE.split(comment, maxsplit=1)[0]):
        location = part.split(";")[0]
        where = _CITATION.sub("", _EVIDENCE.sub("", location)).strip()
        if where:
            evidence = _codes(location, *([molecule[1]] if molecule else []))
            yield "in_compartment", f"UniProtKB-SubCell:{where}", where, evidence


def _disease(comment: str, left_out: Counter) -> Iterator[Fact]:
    molecule = _MOLECULE.match(comment)
    disease = _DISEASE.match(comment, molecule.end() if molecule else 0)
    if not disease or _NOTE.match(comment):
        left_out["disease comments that name no disease"] += 1
        return
    object_id = f"OMIM:{disease['mim']}" if disease["mim"] else f"UniProtKB-Disease:{disease['short']}"
    yield "associated_with_disease", object_id, disease["name"], _codes(comment)


def _reaction(comment: str) -> Iterator[Fact]:
    """`Reaction=A = B; Xref=Rhea:RHEA:1, ChEBI:...; EC=1.2.3.4; Evidence={...};` and directions, which are cut off."""
    molecule = _MOLECULE.match(comment)
    comment = comment[molecule.end() if molecule else 0 :].split("PhysiologicalDirection=")[0]
    fields: dict[str, str] = {}
    for part in comment.split(";"):
        key, equals, value = part.strip().partition("=")
        if equals:
            fields.setdefault(key, value.strip())
    reaction = fields.get("Reaction")
    if reaction:
        rhea = _RHEA.search(fields.get("Xref", ""))
        object_id = rhea[0] if rhea else f"EC:{fields['EC']}" if "EC" in fields else reaction
        yield "catalyses", object_id, reaction.rstrip("."), _codes(fields.get("Evidence", ""))


def _keywords(cell: str, left_out: Counter) -> Iterator[Fact]:
    for keyword in dict.fromkeys(word.strip() for word in cell.split(";")):
        if keyword in TECHNICAL_KEYWORDS:
            left_out["keywords about the data"] += 1
        elif keyword:
            yield "has_keyword", f"UniProtKB-KW:{keyword}", keyword, ""
