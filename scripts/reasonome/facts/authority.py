"""The genes of the source that a benchmark or a corpus names as its authority."""

from reasonome.config.project import Project
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.formats import FORMATS


def read_authority(project: Project, source: str, *taxon: int) -> GeneTable:
    """The genes of a source's files; of the taxon, where one is given. Raises InputError as its format does."""
    read_genes = FORMATS[project.sources[source].format].read_genes
    return GeneTable(read_genes(project.source_files(source), *taxon))
