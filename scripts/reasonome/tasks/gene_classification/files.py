"""Which files the jobs of gene classes read beside the rows of a benchmark."""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.config.project.experiments import AuditPlan
from reasonome.core.errors import InputError
from reasonome.task import Files, Inputs
from reasonome.tasks.gene_classification.dialogue import GeneClassificationDialogue


class GeneFiles(Files[GeneClassificationDialogue]):
    """Tables of genes, and what a corpus knows of them."""

    def building(self, project: Project, benchmark: str) -> Inputs:
        """The tables by subset, and the corpus' genes, facts, denied facts and ontologies."""
        spec = project.benchmarks[benchmark]
        tables = {name: Path(subset.table) for name, subset in spec.subsets.items() if subset.table is not None}
        for subset, path in tables.items():
            if not path.is_file():
                where = f"table of subset '{subset}' of {benchmark} in benchmarks.yaml names it"
                raise InputError("there is no such file", file=path, fix=where)
        return Inputs({"tables": tables, **_knowledge(project, benchmark)})

    def leaks(self, project: Project, plan: AuditPlan) -> Inputs:
        """Training data and test questions, and the ontologies of the terms that are asked about."""
        corpora = dict.fromkeys(project.benchmarks[benchmark].corpus for benchmark in plan.benchmarks)
        ontologies = {source: path for corpus in corpora for source, path in project.ontologies(corpus).items()}
        return Inputs({**super().leaks(project, plan).files, "ontologies": ontologies})

    def baselines(self, project: Project, benchmark: str) -> Inputs:
        """Genes and facts, and the encoders of official names."""
        return Inputs(_knowledge(project, benchmark), project.benchmarks[benchmark].encoders)

    def corpora(self, project: Project, benchmark: str) -> list[str]:
        """The corpus that classes are read from."""
        return [project.benchmarks[benchmark].corpus]

    def beside_corpora(self, project: Project, benchmark: str) -> list[tuple[str, str, str, str]]:
        """(name, release, licence, address) of the tables that training questions are of."""
        tables = dict.fromkeys(subset.table for subset in project.benchmarks[benchmark].subsets.values())
        return [(table, "", "not stated", "") for table in tables if table is not None]


def _knowledge(project: Project, benchmark: str) -> dict:
    corpus = project.benchmarks[benchmark].corpus
    return {
        "authority": project.source_files(project.authority(corpus)),
        "facts": project.results.facts(corpus),
        "denied": project.results.denied(corpus),
        "ontologies": project.ontologies(corpus),
    }
