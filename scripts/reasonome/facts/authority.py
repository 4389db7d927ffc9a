"""Which genes there are, by the files of the source that a benchmark names as its authority."""

from collections.abc import Sequence

from reasonome.config import RankingBenchmark
from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import FORMATS


def read_authority(project: Project, benchmark: RankingBenchmark, words: Sequence[str]) -> GeneTable:
    """The genes of the authority, from `words` like table=path; InputError for one without a key or a path."""
    pairs = [word.partition("=") for word in words]
    if not all(key and path for key, _, path in pairs):
        raise InputError(f"expected key=path, found '{' '.join(words)}'", field="--authority")
    read_genes = FORMATS[project.sources[benchmark.authority].format].read_genes
    return GeneTable(read_genes({key: path for key, _, path in pairs}))
