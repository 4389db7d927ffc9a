"""Which models of an experiment have cards, and which sources questions and training data came from."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from reasonome.benchmarks.rows import SPLITS
from reasonome.config.project import Project, chains, experiments
from reasonome.config.teachers import OpenAITeacher, RecallTeacher
from reasonome.facts.fetching.pins import native, release

# Licences that the hub knows by an identifier of this spelling in lower case.
_HUB_LICENCES = {"apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "bsd-3-clause", "gpl-3.0"}


@dataclass(frozen=True)
class SourceRead:
    """A source as the configuration has it; `steps` are those of a chain that learned from it."""

    name: str
    release: str = ""
    licence: str = ""
    url: str = ""
    steps: tuple[str, ...] = ()


def hub_licence(licence: str) -> str:
    """The hub's identifier of a licence; "other" if it has none."""
    return licence.lower() if licence.lower() in _HUB_LICENCES else "other"


def carded(project: Project, experiment: str) -> list[tuple[str, str]]:
    """(backbone, chain) of the models that an experiment has cards of: the trained ones at the ends of its arms."""
    runs = experiments.cells(project, experiment)
    return list(dict.fromkeys((run.backbone, run.chain) for run in runs if run.chain != chains.BASE))


def judges(recipes: chains.Recipes, chain: str) -> dict[str, str]:
    """Step → the chain of the reward model that judges its completions, of those steps of a chain that have one."""
    chosen = {str(step): chains.judge_chain(step.recipe(recipes)) for step in chains.parse(chain)}
    return {step: judge for step, judge in chosen.items() if judge}


def models_read(recipes: chains.Recipes, chain: str) -> list[str]:
    """The chains of a model, of all that it was made from, and of its judges: the untouched backbone first."""
    lines = [chains.lineage(made) for made in (chain, *judges(recipes, chain).values())]
    return list(dict.fromkeys(model for line in lines for model in line))


def _steps(recipes: chains.Recipes, chain: str) -> list[chains.Step]:
    """The steps of a chain and those of its judges, each once."""
    made = (chain, *judges(recipes, chain).values())
    return list(dict.fromkeys(step for one in made for step in chains.parse(one)))


def sources_read(project: Project, chain: str) -> list[SourceRead]:
    """The sources that a chain and its judges learned from, each once."""
    steps_of: dict[str, dict[str, None]] = {}
    for step in _steps(project.recipes, chain):
        recipe = step.recipe(project.recipes)
        teacher = project.teachers.get(recipe.taught_by(project.preferences))
        recited = [teacher.corpus] if isinstance(teacher, RecallTeacher) else []
        names = [*_of_corpora(project, [*recipe.corpora, *recited]), *recipe.tables(project.preferences)]
        for benchmark, style in recipe.questions:
            names += _of_questions(project, benchmark, style, ("train",))
        if isinstance(teacher, OpenAITeacher):
            names.append(f"answers of the teacher {recipe.taught_by(project.preferences)}")
        for name in names:
            steps_of.setdefault(name, {})[str(step)] = None
    return [described(project, name, tuple(steps)) for name, steps in steps_of.items()]


def sources_of(project: Project, benchmark: str, style: str = "") -> list[SourceRead]:
    """The sources of a benchmark's rows, and of what prompts of a style show beside them, each once."""
    names = _of_questions(project, benchmark, style, SPLITS)
    return [described(project, name) for name in dict.fromkeys(names)]


def _of_questions(project: Project, benchmark: str, style: str, splits: Collection[str]) -> list[str]:
    files = project.task(benchmark).files
    beside = files.beside_corpora(project, benchmark, splits)
    shown = files.shown_sources(project, benchmark, style) if style else []
    return [*_of_corpora(project, files.corpora(project, benchmark)), *beside, *shown]


def _of_corpora(project: Project, corpora: Iterable[str]) -> list[str]:
    return [source for corpus in corpora for source in project.corpora[corpus].sources]


def described(project: Project, name: str, steps: tuple[str, ...] = ()) -> SourceRead:
    """A source of sources.yaml by its name; any other by the last part of its path or address, without a licence."""
    if (spec := project.sources.get(name)) is not None:
        return SourceRead(name, release(native(project, name)), spec.licence, spec.licence_url or "", steps)
    url = name if "://" in name else ""
    return SourceRead(PurePosixPath(name).name, "", "not stated", url, steps)
