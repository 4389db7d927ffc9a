"""The readers of sources by their formats' names in sources.yaml: facts and genes."""

from collections.abc import Callable, Mapping
from pathlib import Path

from reasonome.config.sources import FORMAT_FILES
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import (
    corum,
    ctd,
    gmt,
    go,
    hgnc,
    hpo,
    ncbi_gene,
    panther,
    reactome,
    reactome_hierarchy,
    uniprot,
)
from reasonome.facts.sources.source import SourceFacts

# The function that reads a format's files, which `config.FORMAT_FILES` names, as facts. It takes the source's name, its
# files by name, the genes, and the taxon (default 9606).
FORMATS: dict[str, Callable[..., SourceFacts]] = {
    "go": go.read,
    "reactome": reactome.read,
    "reactome_hierarchy": reactome_hierarchy.read,
    "wikipathways": gmt.read_wikipathways,
    "hgnc": hgnc.read,
    "ncbi_gene": ncbi_gene.read,
    "uniprot": uniprot.read,
    "ctd": ctd.read,
    "panther": panther.read,
    "corum": corum.read,
    "hpo": hpo.read,
    "gmt": gmt.read,
}
# Formats that can be the authority for gene symbols: the function takes files by name and the taxon.
AUTHORITIES: dict[str, Callable[..., list[Gene]]] = {
    "hgnc": hgnc.authority,
    "ncbi_gene": ncbi_gene.read_genes,
}


def read_genes(files: Mapping[str, Path], taxon: int = 9606) -> GeneTable:
    """The genes of an authority's files, whose keys tell its format. Raises InputError as that does."""
    [reader] = (reader for form, reader in AUTHORITIES.items() if set(FORMAT_FILES[form].needed) <= set(files))
    return GeneTable(reader(files, taxon))
