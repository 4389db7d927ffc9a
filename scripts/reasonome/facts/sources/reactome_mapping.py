"""Reactome's NCBI2Reactome.txt: NCBI Gene id, pathway, evidence; with the pathway hierarchy also the pathways above."""

import os
import re
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import SourceFacts, SourceFormat
from reasonome.facts.sources.table import check_entrez_id, check_name, facts_of, no_rows_of, rows, species_name

_STABLE_ID = re.compile(r"R-[A-Z]{3}-\d+")


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`member_of_pathway` facts, evidence from column 5.

    With the file `relations` a gene is also a member of every pathway above its own that has a name, in this
    file or in `pathways`. Raises InputError for a row of another width, ids of another kind, a pathway without a
    name, a cycle among the pathways, and a file without rows of the organism.
    """
    path = files["mapping"]
    left_out: Counter = Counter()
    direct, names = _read_mapping(path, species_name(taxon), taxon, left_out)
    if "pathways" in files:
        names = _read_names(files["pathways"]) | names
    above = _ancestors(files["relations"]) if "relations" in files else {}
    nameless = set()
    found: dict[tuple[str, str, str], int] = {}
    for line, gene_id, pathway, evidence in direct:
        found.setdefault((gene_id, pathway, evidence), line)
        for ancestor in above.get(pathway, ()):
            if ancestor in names:
                found.setdefault((gene_id, ancestor, evidence), line)
            else:
                nameless.add(ancestor)
    left_out["pathways above others that have no name"] = len(nameless)
    facts = [
        (gene_id, line, "member_of_pathway", pathway, names[pathway], evidence)
        for (gene_id, pathway, evidence), line in found.items()
    ]
    return facts_of(name, [(path, facts)], genes, left_out)


def _read_mapping(
    path: Path, species: str, taxon: int, left_out: Counter
) -> tuple[list[tuple[int, str, str, str]], dict[str, str]]:
    """(line, gene id, pathway, evidence) of one species, and the pathways' names."""
    direct, names, other = [], {}, None
    for line, (gene_id, pathway, _, pathway_name, evidence, of_species) in rows(lines(path), path, 6):
        _check_stable_id(pathway, path, line)
        if of_species.strip() != species:
            other = other or (line, of_species.strip())
            left_out["rows of other organisms"] += 1
            continue
        check_entrez_id(gene_id, path, line, "column 1")
        check_name(pathway_name, path, line, f"pathway {pathway}")
        names.setdefault(pathway, pathway_name.strip())
        direct.append((line, gene_id, pathway, evidence.strip()))
    if not direct:
        if other:
            raise no_rows_of(taxon, other[1], path, other[0])
        raise InputError("there are no rows in the file", file=path, fix="fetch the file again")
    return direct, names


def _read_names(path: Path) -> dict[str, str]:
    names = {}
    for line, (pathway, pathway_name, _) in rows(lines(path), path, 3):
        _check_stable_id(pathway, path, line)
        check_name(pathway_name, path, line, f"pathway {pathway}")
        names[pathway] = pathway_name.strip()
    return names


def _ancestors(path: Path) -> dict[str, tuple[str, ...]]:
    """All pathways above each pathway; raises InputError for a cycle, at one of its lines."""
    parents: dict[str, list[str]] = {}
    line_of: dict[tuple[str, str], int] = {}
    for line, (parent, child) in rows(lines(path), path, 2):
        for pathway in (parent, child):
            _check_stable_id(pathway, path, line)
        parents.setdefault(child, []).append(parent)
        line_of[parent, child] = line
    try:
        parents_first = list(TopologicalSorter(parents).static_order())
    except CycleError as error:
        cycle = error.args[1]
        raise InputError(
            f"the pathways form a cycle: {' -> '.join(cycle)}",
            file=path,
            line=min(line_of[edge] for edge in zip(cycle[:-1], cycle[1:], strict=True)),
            fix="give ReactomePathwaysRelation.txt as it is published: parent, then child",
        ) from error
    above: dict[str, dict[str, None]] = {}
    for pathway in parents_first:
        direct = parents.get(pathway, ())
        above[pathway] = dict.fromkeys([*direct, *(one for parent in direct for one in above[parent])])
    return {pathway: tuple(ancestors) for pathway, ancestors in above.items()}


def _check_stable_id(pathway: str, path: str | os.PathLike, line: int) -> None:
    if not _STABLE_ID.fullmatch(pathway):
        raise InputError(
            f"expected a pathway id such as R-HSA-164843, found '{pathway[:40]}'",
            file=path,
            line=line,
            fix="give Reactome's file as it is published (tab-separated, no header)",
        )


FORMAT = SourceFormat(files=("mapping",), read=read, optional=("relations", "pathways"))
