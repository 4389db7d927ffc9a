"""WikiPathways' GMT: `name%WikiPathways_date%WPid%species`, address, Entrez gene ids."""

from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.gmt import members, read_gmt
from reasonome.facts.sources.source import SPECIES, SourceFacts, SourceFormat
from reasonome.facts.sources.table import organism_name


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`member_of_pathway` facts. Raises InputError for another name layout, another species and an unknown taxon."""
    expected = organism_name(taxon, SPECIES, "WikiPathways")
    path = files["gmt"]
    sets = []
    for gene_set in read_gmt(path):
        parts = gene_set.name.rsplit("%", 3)
        if len(parts) != 4 or not parts[2].startswith("WP"):
            what = f"expected name%WikiPathways_date%WPid%species in the first column, found '{gene_set.name[:60]}'"
            fix = "give the GMT of a WikiPathways release, or use the format 'gmt' for other gene sets"
            raise InputError(what, file=path, line=gene_set.line, fix=fix)
        title, _, pathway_id, species = (part.strip() for part in parts)
        if species != expected:
            what = f"pathway {pathway_id} is of {species}, not of {expected} (taxon {taxon})"
            fix = "give the release file of that organism, or ask for another taxon"
            raise InputError(what, file=path, line=gene_set.line, fix=fix)
        sets.append((gene_set, pathway_id, title))
    return members(name, path, sets, genes)


FORMAT = SourceFormat(read=read)
