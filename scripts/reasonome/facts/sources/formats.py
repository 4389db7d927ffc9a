"""The formats of sources by their names in sources.yaml."""

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
    wikipathways,
)
from reasonome.facts.sources.source import SourceFormat

FORMATS: dict[str, SourceFormat] = {
    "go": go.FORMAT,
    "reactome": reactome.FORMAT,
    "reactome_mapping": reactome.MAPPING,
    "wikipathways": wikipathways.FORMAT,
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
