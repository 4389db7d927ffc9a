"""Which models of an experiment have cards, and which sources their training data came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reasonome.config.project import Project, chains, experiments
from reasonome.task_parts import Files

# Licences that the hub knows by an identifier of this spelling in lower case.
_HUB_LICENCES = {"apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "bsd-3-clause", "gpl-3.0"}


@dataclass(frozen=True)
class SourceRead:
    """A source as in a table of licences or in the configuration; `steps` are those of a chain that learned from it."""

    name: str
    release: str
    licence: str
    url: str
    steps: tuple[str, ...] = ()


def hub_licence(licence: str) -> str:
    """The hub's identifier of a licence; "other" if it has none."""
    return licence.lower() if licence.lower() in _HUB_LICENCES else "other"


def carded(project: Project, experiment: str) -> list[tuple[str, str]]:
    """(backbone, chain) of the models that an experiment has cards of: the trained ones at the ends of its arms."""
    runs = experiments.cells(project, experiment)
    return list(dict.fromkeys((run.backbone, run.chain) for run in runs if run.chain != chains.BASE))


def judges(project: Project, chain: str) -> dict[str, str]:
    """Step → the chain of the reward model that judges its completions, of those steps of a chain that have one."""
    chosen = {str(step): chains.judge_chain(step.recipe(project)) for step in chains.parse(chain)}
    return {step: judge for step, judge in chosen.items() if judge}


def models_read(project: Project, chain: str) -> list[str]:
    """The chains of a model, of all that it was made from, and of its judges: the untouched backbone first."""
    lines = [chains.lineage(made) for made in (chain, *judges(project, chain).values())]
    return list(dict.fromkeys(model for line in lines for model in line))


def _steps(project: Project, chain: str) -> list[chains.Step]:
    """The steps of a chain and those of its judges, each once."""
    made = (chain, *judges(project, chain).values())
    return list(dict.fromkeys(step for one in made for step in chains.parse(one)))


def corpora_read(project: Project, chain: str) -> dict[str, tuple[str, ...]]:
    """Corpus → the steps of a chain and its judges that read its facts, as statements or as a benchmark's gene sets."""
    steps_of: dict[str, list[str]] = {}
    for step in _steps(project, chain):
        recipe = step.recipe(project)
        corpora = [*recipe.corpora]
        corpora += [corpus for name, _ in recipe.questions for corpus in _files(project, name).corpora(project, name)]
        for corpus in dict.fromkeys(corpora):
            steps_of.setdefault(corpus, []).append(str(step))
    return {corpus: tuple(steps) for corpus, steps in steps_of.items()}


def sources_read(project: Project, chain: str, licences: Mapping[str, Iterable[Mapping[str, str]]]) -> list[SourceRead]:
    """The sources that a chain and its judges learned from, each once.

    `licences` has the rows of licences.tsv by corpus. Questions of rankings come from sources outside any corpus, and
    published sets from their addresses.
    """
    steps_of: dict[tuple[str, str, str, str], dict[str, None]] = {}
    for corpus, steps in corpora_read(project, chain).items():
        for row in licences[corpus]:
            source = (row["source"], row["release"], row["licence"], row["licence_url"])
            steps_of.setdefault(source, {}).update(dict.fromkeys(steps))
    for step in _steps(project, chain):
        for benchmark, _ in step.recipe(project).questions:
            for source in _files(project, benchmark).beside_corpora(project, benchmark):
                steps_of.setdefault(source, {})[str(step)] = None
    return [SourceRead(*source, tuple(steps)) for source, steps in steps_of.items()]


def _files(project: Project, benchmark: str) -> Files:
    """The files of a benchmark's task."""
    return project.task(benchmark).files
