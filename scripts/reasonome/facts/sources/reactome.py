"""Reactome's ReactomePathways.gmt: pathway name, stable id, gene symbols."""

import re
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.gmt import members, read_gmt
from reasonome.facts.sources.source import SourceFacts, SourceFormat
from reasonome.facts.sources.table import organism_name

STABLE_ID = re.compile(r"R-[A-Z]{3}-\d+")
_PREFIX = {9606: "R-HSA-", 10090: "R-MMU-", 10116: "R-RNO-"}


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`member_of_pathway` facts; raises InputError for an id of another source or organism, and an unknown taxon."""
    prefix = organism_name(taxon, _PREFIX, "Reactome")
    path = files["gmt"]
    sets = []
    for one in read_gmt(path):
        if not STABLE_ID.fullmatch(one.description):
            what = f"expected an id such as R-HSA-164843 in the second column, found '{one.description}'"
            fix = "give ReactomePathways.gmt, or use the format 'gmt' for gene sets of other origin"
            raise InputError(what, file=path, line=one.line, fix=fix)
        if not one.description.startswith(prefix):
            what = f"{one.description} is not of taxon {taxon}, whose ids begin with {prefix}"
            fix = "keep the rows of one organism, or ask for another taxon"
            raise InputError(what, file=path, line=one.line, fix=fix)
        sets.append((one, one.description, one.name))
    return members(name, path, sets, genes)


FORMAT = SourceFormat(read=read)
