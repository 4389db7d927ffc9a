"""WikiPathways' GMT: `name%WikiPathways_date%WPid%species`, address, Entrez gene ids."""

from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.gmt import members, read_gmt
from reasonome.facts.sources.source import SourceFacts, SourceFormat
from reasonome.facts.sources.table import species_name


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`member_of_pathway` facts; raises InputError for another name layout, another species and an unknown taxon."""
    expected = species_name(taxon)
    path = files["gmt"]
    sets = []
    for one in read_gmt(path):
        parts = one.name.rsplit("%", 3)
        if len(parts) != 4 or not parts[2].startswith("WP"):
            raise InputError(
                f"expected name%WikiPathways_date%WPid%species in the first column, found '{one.name[:60]}'",
                file=path,
                line=one.line,
                fix="give the GMT of a WikiPathways release, or use the format 'gmt' for other gene sets",
            )
        title, _, pathway_id, species = (part.strip() for part in parts)
        if species != expected:
            raise InputError(
                f"pathway {pathway_id} is of {species}, not of {expected} (taxon {taxon})",
                file=path,
                line=one.line,
                fix="give the release file of that organism, or ask for another taxon",
            )
        sets.append((one, pathway_id, title))
    return members(name, path, sets, genes)


FORMAT = SourceFormat(files=("gmt",), read=read)
