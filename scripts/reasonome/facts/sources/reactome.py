"""Reactome's ReactomePathways.gmt: pathway name, stable id, gene symbols."""

import re
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.gmt import members, read_gmt
from reasonome.facts.sources.source import SourceFacts, SourceFormat

_STABLE_ID = re.compile(r"R-([A-Z]{3})-\d+")
_PREFIX = {9606: "HSA", 10090: "MMU", 10116: "RNO"}


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`member_of_pathway` facts; raises InputError for an id of another source or organism, and an unknown taxon."""
    if taxon not in _PREFIX:
        known = ", ".join(f"{number} (R-{prefix}-)" for number, prefix in _PREFIX.items())
        raise InputError(
            f"how Reactome's ids of taxon {taxon} begin is not known", field="taxon", fix=f"take one of {known}"
        )
    path = files["gmt"]
    sets = []
    for one in read_gmt(path):
        stable_id = _STABLE_ID.fullmatch(one.description)
        if not stable_id:
            raise InputError(
                f"expected an id such as R-HSA-164843 in the second column, found '{one.description}'",
                file=path,
                line=one.line,
                fix="give ReactomePathways.gmt, or use the format 'gmt' for gene sets of other origin",
            )
        if stable_id[1] != _PREFIX[taxon]:
            raise InputError(
                f"{one.description} is not of taxon {taxon}, whose ids begin with R-{_PREFIX[taxon]}-",
                file=path,
                line=one.line,
                fix="keep the rows of one organism, or ask for another taxon",
            )
        sets.append((one, one.description, one.name))
    return members(name, path, sets, genes)


FORMAT = SourceFormat(files=("gmt",), read=read)
