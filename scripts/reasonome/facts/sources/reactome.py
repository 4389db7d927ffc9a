"""Reactome's pathways: ReactomePathways.gmt (name, id, gene symbols)."""

import re
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.gmt import members, read_gmt
from reasonome.facts.sources.source import SourceFacts, organism_name

_STABLE_ID = re.compile(r"R-[A-Z]{3}-\d+")
_PREFIX = {9606: "R-HSA-", 10090: "R-MMU-", 10116: "R-RNO-"}


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
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
