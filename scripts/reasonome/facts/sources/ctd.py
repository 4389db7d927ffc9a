"""The Comparative Toxicogenomics Database: chemicals that affect genes, genes' diseases, genes' pathways."""

import heapq
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import SourceFacts, SourceFormat
from reasonome.facts.sources.table import check_entrez_id, facts_of, first_known, no_rows_of, places, rows

FILES = ("chem_gene", "gene_disease", "gene_pathway")
# The whole file infers about 30 million gene-disease pairs; those of a gene with the highest scores are kept.
INFERRED_PER_GENE = 20


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`affected_by_chemical`, `associated_with_disease`, `inferred_disease` and `member_of_pathway` facts.

    Any of the files may be given, as .csv or .tsv. In `chem_gene` only interactions seen in the organism count;
    most of CTD's gene ids are human even there, and its other files name no organism. Direct evidence for
    a disease is kept apart from inference through chemicals, whose score is the evidence; a gene keeps
    INFERRED_PER_GENE inferred diseases. Raises InputError where no file is given, for a header or row of another
    form, and for ids that are no numbers.
    """
    if not any(kind in files for kind in FILES):
        raise InputError(
            f"none of the files {', '.join(FILES)} is given", field=name, fix="give at least one of CTD's files"
        )
    left_out: Counter = Counter()
    known_as: dict[str, str] = {}
    readers = {
        "chem_gene": lambda path: _chemicals(path, taxon, left_out),
        "gene_disease": lambda path: _diseases(path, left_out),
        "gene_pathway": _pathways,
    }
    parts = []
    for kind in FILES:
        if kind in files:
            facts = []
            for line, gene_id, symbol, *fact in readers[kind](files[kind]):
                if gene_id not in known_as:
                    known_as[gene_id] = first_known((gene_id, symbol), genes)
                facts.append((known_as[gene_id], line, *fact))
            parts.append((files[kind], facts))
    return facts_of(name, parts, genes, left_out)


def _chemicals(path: Path, taxon: int, left_out: Counter) -> Iterator[tuple]:
    columns = ["GeneID", "GeneSymbol", "ChemicalName", "ChemicalID", "OrganismID", "InteractionActions"]
    actions: dict[tuple[str, str], set[str]] = {}
    first: dict[tuple[str, str], tuple[int, str, str]] = {}
    other = None
    for line, (gene_id, symbol, chemical, chemical_id, organism, found) in _rows(path, columns):
        if organism != str(taxon):
            other = other or (line, organism)
            left_out["interactions in other organisms" if organism else "interactions without an organism"] += 1
            continue
        key = (gene_id, chemical_id)
        if key not in first:
            check_entrez_id(gene_id, path, line, "GeneID")
            first[key], actions[key] = (line, symbol, chemical), set()
        actions[key].update(found.split("|"))
    if not first and other:
        raise no_rows_of(taxon, f"taxon {other[1] or 'unknown'}", path, other[0])
    for (gene_id, chemical_id), (line, symbol, chemical) in first.items():
        evidence = "|".join(sorted(filter(None, actions[gene_id, chemical_id])))
        yield line, gene_id, symbol, "affected_by_chemical", _mesh(chemical_id), chemical, evidence


def _diseases(path: Path, left_out: Counter) -> Iterator[tuple]:
    columns = ["GeneID", "GeneSymbol", "DiseaseName", "DiseaseID", "DirectEvidence"]
    direct: dict[tuple[str, str], tuple[int, str, str, set[str]]] = {}
    # The best of each gene: a heap of (score, -line, ...). A pair has a row for each chemical it was inferred
    # through, all with one score: the first counts. `met` has a bit for each disease, since sets of 30 million
    # pairs would fill the memory.
    best: dict[str, list[tuple[float, int, tuple]]] = {}
    met: dict[str, int] = {}
    bits: dict[str, int] = {}
    beyond = 0
    for line, (gene_id, symbol, disease, disease_id, evidence, score) in _rows(path, columns, ["InferenceScore"]):
        if evidence:
            check_entrez_id(gene_id, path, line, "GeneID")
            entry = direct.setdefault((gene_id, disease_id), (line, symbol, disease, set()))
            entry[3].update(evidence.split("|"))
            continue
        if gene_id not in best:
            check_entrez_id(gene_id, path, line, "GeneID")
            best[gene_id], met[gene_id] = [], 0
        bit = bits.setdefault(disease_id, len(bits))
        if met[gene_id] >> bit & 1:
            continue
        met[gene_id] |= 1 << bit
        heap = best[gene_id]
        heapq.heappush(heap, (_score(score, path, line), -line, (symbol, disease, disease_id, score)))
        if len(heap) > INFERRED_PER_GENE:
            heapq.heappop(heap)
            beyond += 1
    left_out[f"inferred diseases beyond the {INFERRED_PER_GENE} of highest score of a gene"] += beyond
    for (gene_id, disease_id), (line, symbol, disease, kinds) in direct.items():
        yield line, gene_id, symbol, "associated_with_disease", disease_id, disease, "|".join(sorted(kinds))
    for gene_id, heap in best.items():
        for _, minus_line, (symbol, disease, disease_id, score) in sorted(heap, reverse=True):
            yield -minus_line, gene_id, symbol, "inferred_disease", disease_id, disease, score


def _pathways(path: Path) -> Iterator[tuple]:
    columns = ["GeneID", "GeneSymbol", "PathwayName", "PathwayID"]
    seen = set()
    for line, (gene_id, symbol, pathway, pathway_id) in _rows(path, columns):
        check_entrez_id(gene_id, path, line, "GeneID")
        if (gene_id, pathway_id) not in seen:
            seen.add((gene_id, pathway_id))
            # Reactome's own ids, so that its facts and these are the same.
            object_id = pathway_id.removeprefix("REACT:")
            yield line, gene_id, symbol, "member_of_pathway", object_id, pathway, ""


def _rows(path: Path, columns: list[str], optional: list[str] | None = None) -> Iterator[tuple[int, list[str]]]:
    """(line, fields of `columns` and `optional`); an optional column that is not there is empty."""
    numbered = lines(path)
    header_line, header, body = _header(numbered, path, columns)
    delimiter = "\t" if "\t" in header else ","
    names = next(rows([(header_line, header)], path, header.count(delimiter) + 1, delimiter))[1]
    at = places(names, columns, path, header_line)
    at += [names.index(column) if column in names else -1 for column in optional or []]
    line = 0
    for line, row in rows(body, path, len(names), delimiter, quoted=delimiter == ","):
        yield line, [row[place].strip() if place >= 0 else "" for place in at]
    if not line:
        raise InputError("there are no rows below the header", file=path, line=header_line, fix="fetch the file again")


def _header(
    numbered: Iterator[tuple[int, str]], path: str | os.PathLike, columns: list[str]
) -> tuple[int, str, Iterable[tuple[int, str]]]:
    """Number and text of the line that names the columns, and the lines of the rows.

    It is the comment below `# Fields:`, or the first row.
    """
    header, announced = None, False
    line = 0
    for line, text in numbered:
        if text.startswith("#"):
            comment = text[1:].strip()
            if announced and comment:
                header, announced = (line, comment), False
            elif comment == "Fields:":
                announced = True
        elif header:
            return *header, chain([(line, text)], numbered)
        elif text.strip():
            if columns[0] not in text:
                break
            return line, text, numbered
    if header:
        return *header, ()
    raise InputError(
        f"the columns are not named: expected a comment '# Fields:' and below it {', '.join(columns)}, ...",
        file=path,
        line=line,
        fix="give CTD's .csv or .tsv file as it is published, with its header",
    )


def _mesh(identifier: str) -> str:
    return identifier if ":" in identifier else f"MESH:{identifier}"


def _score(value: str, path: Path, line: int) -> float:
    try:
        return float(value)
    except ValueError:
        raise InputError(
            f"expected a number where there is no direct evidence, found '{value}'",
            file=path,
            line=line,
            field="InferenceScore",
            fix="fetch the file again",
        ) from None


FORMAT = SourceFormat(files=(), read=read, optional=FILES)
