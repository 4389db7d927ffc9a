"""Reactome's pathways: ReactomePathways.gmt (name, id, gene symbols), and NCBI2Reactome.txt with its hierarchy."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.gmt import members, read_gmt
from reasonome.facts.sources.go import all_above, children_first
from reasonome.facts.sources.source import (
    SPECIES,
    SourceFacts,
    check_entrez_id,
    check_name,
    make_facts,
    organism_name,
    rows,
    select_organism,
)

_STABLE_ID = re.compile(r"R-[A-Z]{3}-\d+")
_PREFIX = {9606: "R-HSA-", 10090: "R-MMU-", 10116: "R-RNO-"}


def read_gmt_file(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`member_of_pathway` facts. Raises InputError for an id of another source or organism, and an unknown taxon."""
    prefix = organism_name(taxon, _PREFIX, "Reactome")
    path = files["gmt"]
    sets = []
    for gene_set in read_gmt(path):
        if not _STABLE_ID.fullmatch(gene_set.description):
            what = f"expected an id such as R-HSA-164843 in the second column, found '{gene_set.description}'"
            fix = "give ReactomePathways.gmt, or use the format 'gmt' for gene sets of other origin"
            raise InputError(what, file=path, line=gene_set.line, fix=fix)
        if not gene_set.description.startswith(prefix):
            what = f"{gene_set.description} is not of taxon {taxon}, whose ids begin with {prefix}"
            fix = "keep the rows of one organism, or ask for another taxon"
            raise InputError(what, file=path, line=gene_set.line, fix=fix)
        sets.append((gene_set, gene_set.description, gene_set.name))
    return members(name, path, sets, genes)


def read_mapping(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`member_of_pathway` facts, evidence from column 5.

    With the file `relations` a gene is also a member of every ancestor of its pathways with a name, in this file or in
    the file `pathways`. Raises InputError.
    """
    path, left_out = files["mapping"], Counter()
    species = organism_name(taxon, SPECIES, "Reactome")
    mapping = list(select_organism(_rows(path, 6, [1]), lambda row: row[5], species, path, left_out))
    names = {}
    if "pathways" in files:
        for line, (pathway, named, _) in _rows(files["pathways"], 3, [0]):
            check_name(named, files["pathways"], line, f"pathway {pathway}")
            names[pathway] = named
    own_names: dict[str, str] = {}
    for line, (gene_id, pathway, _, named, *_) in mapping:
        check_entrez_id(gene_id, path, line, "column 1")
        check_name(named, path, line, f"pathway {pathway}")
        own_names.setdefault(pathway, named)
    names |= own_names
    above = _ancestors(files["relations"]) if "relations" in files else {}
    nameless = set()
    memberships: dict[tuple[str, str, str], int] = {}
    for line, (gene_id, pathway, _, _, evidence, _) in mapping:
        memberships.setdefault((gene_id, pathway, evidence), line)
        for ancestor in above.get(pathway, ()):
            if ancestor in names:
                memberships.setdefault((gene_id, ancestor, evidence), line)
            else:
                nameless.add(ancestor)
    left_out["pathways above others that have no name"] = len(nameless)
    facts = [
        (gene_id, line, "member_of_pathway", pathway, names[pathway], evidence)
        for (gene_id, pathway, evidence), line in memberships.items()
    ]
    return make_facts(name, [(path, facts)], genes, left_out)


def _rows(path: Path, width: int, pathways: list[int]) -> Iterator[tuple[int, list[str]]]:
    """(line, stripped cells) of a table without a header; the cells `pathways` must hold pathway ids.

    Raises InputError.
    """
    for line, cells in rows(lines(path), path, width):
        cells = [cell.strip() for cell in cells]
        for place in pathways:
            if not _STABLE_ID.fullmatch(cells[place]):
                what = f"expected a pathway id such as R-HSA-164843, found '{cells[place][:40]}'"
                fix = "give Reactome's file as it is published (tab-separated, no header)"
                raise InputError(what, file=path, line=line, fix=fix)
        yield line, cells


def _ancestors(path: Path) -> dict[str, frozenset[str]]:
    """The ancestors of each pathway. Raises InputError for a cycle, at one of its lines."""
    parents: dict[str, list[str]] = {}
    edge_lines: dict[tuple[str, str], int] = {}
    for line, (parent, child) in _rows(path, 2, [0, 1]):
        parents.setdefault(child, []).append(parent)
        edge_lines[child, parent] = line
    return all_above(parents, children_first(parents, path, edge_lines))
