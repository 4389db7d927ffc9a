"""Knowledge sources: each module turns the native files of one source into facts."""

from reasonome.config.project import Project
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import (
    bioconductor,
    corum,
    ctd,
    gmt,
    go,
    hgnc,
    hpo,
    ncbi_gene,
    panther,
    reactome,
    uniprot,
)
from reasonome.facts.sources.source import SourceFacts, SourceFormat

FORMATS: dict[str, SourceFormat] = {
    "go": go.FORMAT,
    "reactome": reactome.FORMAT,
    "reactome_mapping": reactome.MAPPING,
    "wikipathways": gmt.WIKIPATHWAYS,
    "hgnc": hgnc.FORMAT,
    "ncbi_gene": ncbi_gene.FORMAT,
    "bioconductor": bioconductor.FORMAT,
    "uniprot": uniprot.FORMAT,
    "ctd": ctd.FORMAT,
    "panther": panther.FORMAT,
    "corum": corum.FORMAT,
    "hpo": hpo.FORMAT,
    "gmt": gmt.FORMAT,
}


def read_authority(project: Project, source: str, *taxon: int) -> GeneTable:
    """The genes of a source's files; of the taxon, where one is given. Raises InputError as its format does."""
    read_genes = FORMATS[project.sources[source].format].read_genes
    return GeneTable(read_genes(project.source_files(source), *taxon))


__all__ = ["FORMATS", "SourceFacts", "SourceFormat", "read_authority"]
