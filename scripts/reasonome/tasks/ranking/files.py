"""Which files the jobs of rankings read beside the rows of a benchmark."""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.task import Files, Inputs
from reasonome.tasks.ranking.dialogue import RankingDialogue


class RankingFiles(Files[RankingDialogue]):
    """Genes, and the sources of questions."""

    def building(self, project: Project, benchmark: str) -> Inputs:
        """Genes, questions by subset, and gene locations and the phenotype ontology where the benchmark names them.

        The order of candidates is checked for every style's seed, so the result depends on these seeds.
        """
        spec = project.benchmarks[benchmark]
        files = {
            "authority": project.source_files(spec.authority),
            "questions": {name: _question_file(project, subset.source) for name, subset in spec.subsets.items()},
            "locations": [] if spec.locations is None else list(project.source_files(spec.locations).values()),
            "ontology": [] if spec.phenotypes is None else [project.source_file(spec.phenotypes, "obo")],
        }
        formats = {subset.source: project.sources[subset.source].format for subset in spec.subsets.values()}
        return Inputs(files, settings=[formats, order_seeds(project, benchmark)])

    def scoring(self, project: Project, benchmark: str, style: str) -> Inputs:
        """The known genes, to recognise invented ones."""
        return Inputs(_known_genes(project, benchmark))

    def baselines(self, project: Project, benchmark: str) -> Inputs:
        """The known genes, and the phenotypes of genes where the benchmark names them."""
        spec = project.benchmarks[benchmark]
        read = () if spec.phenotypes is None else ("obo", "genes")
        phenotypes = {key: project.source_file(spec.phenotypes, key) for key in read}
        return Inputs({**_known_genes(project, benchmark), "phenotypes": phenotypes}, spec.encoders)

    def beside_corpora(self, project: Project, benchmark: str) -> list[tuple[str, str, str, str]]:
        """(name, release, licence, address) of the sources of training questions."""
        spec = project.benchmarks[benchmark]
        names = [spec.authority, *(subset.source for subset in spec.subsets.values()), spec.locations, spec.phenotypes]
        sources = {name: project.sources[name] for name in names if name is not None}
        return [(name, source.release, source.licence, source.licence_url or "") for name, source in sources.items()]


def _known_genes(project: Project, benchmark: str) -> dict[str, dict[str, Path]]:
    return {"authority": project.source_files(project.benchmarks[benchmark].authority)}


def order_seeds(project: Project, benchmark: str) -> list[int]:
    """The seeds by which styles of a benchmark's task shuffle candidates; 0 where none of them does."""
    styles = project.styles(project.benchmarks[benchmark].task).values()
    return sorted({style.seed for style in styles if style.order == "seeded"} or {0})


def _question_file(project: Project, source: str) -> Path:
    """The file of a source of questions, which has one; InputError where the user's own is not there."""
    path = next(iter(project.source_files(source).values()))
    own = next(iter(project.sources[source].files.values())).path
    if own and not path.is_file():
        raise InputError("there is no such file", file=path, fix=f"source '{source}' in sources.yaml names it")
    return path
