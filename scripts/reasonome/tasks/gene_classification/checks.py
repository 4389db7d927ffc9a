"""Checks of the settings of gene classes."""

from reasonome.config.project import Project
from reasonome.task import Checks
from reasonome.tasks.gene_classification.dialogue import GeneClassificationDialogue
from reasonome.tasks.gene_classification.settings import GeneBenchmark


class GeneChecks(Checks[GeneClassificationDialogue]):
    """The corpus of a benchmark."""

    def check_benchmark(self, project: Project, name: str, benchmark: GeneBenchmark) -> None:
        """Check that the corpus exists, and has an ontology where a subset asks about a term."""
        project.folder.check_known("benchmarks.yaml", (name, "corpus"), benchmark.corpus, project.corpora)
        project.authority(benchmark.corpus)  # raises where no source says which genes there are
        asking = next((subset for subset, spec in benchmark.subsets.items() if spec.term is not None), None)
        if asking is not None and not project.ontologies(benchmark.corpus):
            what = f"corpus '{benchmark.corpus}' has no ontology"
            loc = (name, "subsets", asking, "term")
            raise project.folder.error("benchmarks.yaml", loc, what, "name a corpus with a source of GO")
