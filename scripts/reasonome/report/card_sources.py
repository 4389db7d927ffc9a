"""Which models of an experiment have cards, and which sources their training data came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType

from reasonome.config.project import Project, chains, experiments
from reasonome.tasks import registry


@dataclass(frozen=True)
class SourceRead:
    """A source that steps of a chain learned from, as in a table of licences or in the configuration."""

    name: str
    release: str
    licence: str
    url: str
    steps: tuple[str, ...]


def carded(project: Project, experiment: str) -> list[tuple[str, str]]:
    """(backbone, chain) of the models that an experiment has cards of: the trained ones at the ends of its arms."""
    runs = experiments.cells(project, experiment)
    return list(dict.fromkeys((run.backbone, run.chain) for run in runs if run.chain != chains.BASE))


def corpora_read(project: Project, chain: str) -> dict[str, tuple[str, ...]]:
    """Corpus → the steps of a chain that read its facts, as statements or as the gene sets of a benchmark."""
    steps_of: dict[str, list[str]] = {}
    for step in chains.parse(chain):
        recipe = step.recipe(project)
        corpora = [*recipe.corpora]
        corpora += [corpus for name, _ in recipe.questions for corpus in _files(project, name).corpora(project, name)]
        for corpus in dict.fromkeys(corpora):
            steps_of.setdefault(corpus, []).append(str(step))
    return {corpus: tuple(steps) for corpus, steps in steps_of.items()}


def sources_read(project: Project, chain: str, licences: Mapping[str, Iterable[Mapping[str, str]]]) -> list[SourceRead]:
    """The sources that a chain learned from, each once; `licences` has the rows of licences.tsv by corpus.

    Questions of rankings come from sources outside any corpus, and published sets from their addresses.
    """
    steps_of: dict[tuple[str, str, str, str], dict[str, None]] = {}
    for corpus, steps in corpora_read(project, chain).items():
        for row in licences[corpus]:
            source = (row["source"], row["release"], row["licence"], row["licence_url"])
            steps_of.setdefault(source, {}).update(dict.fromkeys(steps))
    for step in chains.parse(chain):
        for benchmark, _ in step.recipe(project).questions:
            for source in _files(project, benchmark).beside_corpora(project, benchmark):
                steps_of.setdefault(source, {})[str(step)] = None
    return [SourceRead(*source, tuple(steps)) for source, steps in steps_of.items()]


def _files(project: Project, benchmark: str) -> ModuleType:
    """The module `files` of a benchmark's task."""
    return registry.part(project.benchmarks[benchmark].task, "files")
