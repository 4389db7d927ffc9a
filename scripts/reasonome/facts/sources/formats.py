"""The formats of sources by their names in sources.yaml, and who reads genes and ontologies of them."""

import os
from pathlib import Path

from reasonome.config.project import Project
from reasonome.facts.files.text_file import check_is_file
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
from reasonome.facts.sources.source import SourceFormat

FORMATS: dict[str, SourceFormat] = {
    "go": SourceFormat(go.read),
    "reactome": SourceFormat(reactome.read),
    "wikipathways": SourceFormat(gmt.read_wikipathways),
    "hgnc": SourceFormat(hgnc.read, hgnc.authority),
    "ncbi_gene": SourceFormat(ncbi_gene.read, ncbi_gene.read_genes),
    "bioconductor": SourceFormat(bioconductor.read, bioconductor.read_genes),
    "uniprot": SourceFormat(uniprot.read),
    "ctd": SourceFormat(ctd.read),
    "panther": SourceFormat(panther.read),
    "corum": SourceFormat(corum.read),
    "hpo": SourceFormat(hpo.read),
    "gmt": SourceFormat(gmt.read),
}


def read_authority(project: Project, source: str, *taxon: int) -> GeneTable:
    """The genes of a source's files; of the taxon, where one is given. Raises InputError as its format does."""
    read_genes = FORMATS[project.sources[source].format].read_genes
    return GeneTable(read_genes(project.source_files(source), *taxon))


def read_ontology(path: str | os.PathLike) -> go.Ontology:
    """The ontology of an OBO, or of Bioconductor's GO.sqlite. Raises InputError."""
    return bioconductor.ontology_from_sqlite(path) if is_sqlite(path) else go.read_obo(path)


def is_sqlite(path: str | os.PathLike) -> bool:
    """Whether the file is an SQLite database, by its first bytes. Raises InputError where there is no file."""
    check_is_file(Path(path))
    with open(path, "rb") as handle:
        return handle.read(16) == b"SQLite format 3\0"
