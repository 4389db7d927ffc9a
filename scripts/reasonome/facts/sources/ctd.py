"""The Comparative Toxicogenomics Database: chemicals that affect genes, and the diseases and pathways of genes."""

import heapq
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import FETCH_AGAIN, lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import (
    AS_PUBLISHED,
    SourceFacts,
    check_entrez_id,
    make_facts,
    records,
    select_organism,
)

# The whole file has about 30 million inferred gene-disease pairs; each gene keeps those with the highest scores.
INFERRED_PER_GENE = 20
_GENE = ["GeneID", "GeneSymbol"]


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`affected_by_chemical`, `associated_with_disease`, `inferred_disease` and `member_of_pathway` facts.

    Any of the files may be given, as .tsv. In `chem_gene` only interactions seen in the organism count; most
    gene ids are human even there, and the other files name no organism. Diseases inferred through chemicals have a
    relation of their own, with the score as evidence; a gene keeps INFERRED_PER_GENE of them. Raises InputError.
    """
    left_out: Counter = Counter()
    readers = {
        "chem_gene": lambda path: _chemicals(path, taxon, left_out),
        "gene_disease": lambda path: _diseases(path, left_out),
        "gene_pathway": _pathways,
    }
    parts = [(files[kind], rows(files[kind])) for kind, rows in readers.items() if kind in files]
    return make_facts(name, parts, genes, left_out)


def _chemicals(path: Path, taxon: int, left_out: Counter) -> Iterator[tuple]:
    columns = ["ChemicalName", "ChemicalID", "OrganismID", "InteractionActions"]
    actions: dict[tuple, set[str]] = {}
    first: dict[tuple, tuple[int, str]] = {}
    rows = _rows(path, columns)
    for line, row in select_organism(rows, lambda row: row["OrganismID"], str(taxon), path, left_out, "interactions"):
        key = (row["GeneID"], row["GeneSymbol"], row["ChemicalID"])
        first.setdefault(key, (line, row["ChemicalName"]))
        actions.setdefault(key, set()).update(row["InteractionActions"].split("|"))
    for (gene_id, symbol, chemical_id), (line, chemical) in first.items():
        evidence = "|".join(sorted(filter(None, actions[gene_id, symbol, chemical_id])))
        object_id = chemical_id if ":" in chemical_id else f"MESH:{chemical_id}"
        yield (gene_id, symbol), line, "affected_by_chemical", object_id, chemical, evidence


def _diseases(path: Path, left_out: Counter) -> Iterator[tuple]:
    # The best diseases of each gene are a heap of (score, -line, ...). A pair has a row for each chemical that it was
    # inferred through, all with one score: the first counts. `met` has a bit for each disease, since sets of 30 million
    # pairs would fill the memory.
    direct: dict[tuple, tuple[int, str, set[str]]] = {}
    best: dict[tuple, list[tuple[float, int, tuple]]] = {}
    met: Counter = Counter()
    bits: dict[str, int] = {}
    for line, row in _rows(path, ["DiseaseName", "DiseaseID", "DirectEvidence"], ["InferenceScore"]):
        gene, disease, disease_id = (row["GeneID"], row["GeneSymbol"]), row["DiseaseName"], row["DiseaseID"]
        if row["DirectEvidence"]:
            entry = direct.setdefault((gene, disease_id), (line, disease, set()))
            entry[2].update(row["DirectEvidence"].split("|"))
            continue
        bit = 1 << bits.setdefault(disease_id, len(bits))
        if met[gene] & bit:
            continue
        met[gene] |= bit
        heap = best.setdefault(gene, [])
        score = row["InferenceScore"]
        heapq.heappush(heap, (_score(score, path, line), -line, (disease_id, disease, score)))
        if len(heap) > INFERRED_PER_GENE:
            heapq.heappop(heap)
            left_out[f"inferred diseases beyond the {INFERRED_PER_GENE} of highest score of a gene"] += 1
    for (gene, disease_id), (line, disease, kinds) in direct.items():
        yield gene, line, "associated_with_disease", disease_id, disease, "|".join(sorted(kinds))
    for gene, heap in best.items():
        for _, minus_line, inferred in sorted(heap, reverse=True):
            yield gene, -minus_line, "inferred_disease", *inferred


def _pathways(path: Path) -> Iterator[tuple]:
    seen = set()
    for line, row in _rows(path, ["PathwayName", "PathwayID"]):
        if (row["GeneID"], row["PathwayID"]) not in seen:
            seen.add((row["GeneID"], row["PathwayID"]))
            # Reactome's own ids, so that its facts and these have equal ids.
            object_id = row["PathwayID"].removeprefix("REACT:")
            yield (row["GeneID"], row["GeneSymbol"]), line, "member_of_pathway", object_id, row["PathwayName"], ""


def _rows(path: Path, columns: list[str], optional: list[str] | None = None) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column); a comment above the rows, or the first row, names the columns."""
    numbered = lines(path)
    header = _header(numbered, path)
    body = (pair for pair in numbered if not pair[1].startswith("#"))
    line = 0
    for line, row in records(chain([header], body), path, [*_GENE, *columns], optional or []):
        check_entrez_id(row["GeneID"], path, line, "GeneID")
        yield line, row
    if not line:
        raise InputError("there are no rows below the header", file=path, line=header[0], fix=FETCH_AGAIN)


def _header(numbered: Iterator[tuple[int, str]], path: Path) -> tuple[int, str]:
    """The numbered line that names the columns."""
    for line, text in numbered:
        if "GeneID" in text:
            return line, text
        if not text.startswith("#"):
            break
    what = "the columns are not named: expected a comment '# Fields:' and below it GeneSymbol, GeneID, ..."
    raise InputError(what, file=path, line=line, fix=f"{AS_PUBLISHED}, with its header")


def _score(value: str, path: Path, line: int) -> float:
    try:
        return float(value)
    except ValueError:
        what = f"expected a number where there is no direct evidence, found '{value}'"
        raise InputError(what, file=path, line=line, field="InferenceScore", fix=FETCH_AGAIN) from None
