"""Steps of an experiment that would train a model on what a benchmark of it tests."""

from typing import TYPE_CHECKING

from reasonome.config import Experiment, PretrainRecipe, Recipe

if TYPE_CHECKING:
    from reasonome.config.project import Project


def check_leaks(project: "Project", file: str, experiment: Experiment) -> None:
    """No step of any arm trains on what a benchmark of the experiment tests."""
    for arm, spec in experiment.arms.items():
        for position, step in enumerate(spec.steps):
            stage, variant = step.split(".")
            for benchmark in experiment.benchmarks:
                if leak := _leak(project, project.recipes[stage][variant], benchmark):
                    what, fix = leak
                    raise project.folder.error(file, ("arms", arm, "steps", position), f"'{step}' {what}", fix)


def _leak(project: "Project", recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
    """How a recipe may show the model test sets of `benchmark`, and what to do about it.

    None if it cannot, or if the policy is not to drop what leaks: then the leak audit tells or fails.
    """
    if benchmark in project.ranking_benchmarks:
        return _ranking_leak(project, recipe, benchmark)
    if isinstance(recipe, PretrainRecipe):
        corpus = project.corpora[recipe.corpus]
        if benchmark in corpus.leave_out or corpus.test_facts != "drop":
            return None
        what = f"would leak: statements of corpus '{recipe.corpus}' may tell the test terms of '{benchmark}'"
        return what, f"add {benchmark} to leave_out of {recipe.corpus} in corpora.yaml"
    left_out = [recipe.benchmark, *project.benchmarks[recipe.benchmark].leave_out]
    if (
        benchmark in left_out
        or recipe.benchmark in project.ranking_benchmarks
        or not project.benchmarks[benchmark].audit.dropped()
    ):
        return None
    what = f"would leak: train sets of '{recipe.benchmark}' may be test sets of '{benchmark}'"
    fix = f"add {benchmark} to leave_out of {recipe.benchmark} in benchmarks.yaml, or use a variant with its own sets"
    return what, fix


def _ranking_leak(project: "Project", recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
    """How a recipe may show the model test questions of a ranking; what statements tell is left to the audit."""
    if isinstance(recipe, PretrainRecipe) or recipe.benchmark not in project.ranking_benchmarks:
        return None
    if benchmark in [recipe.benchmark, *project.benchmarks[recipe.benchmark].leave_out]:
        return None
    what = f"would leak: training questions of '{recipe.benchmark}' may be about test genes of '{benchmark}'"
    return what, f"add {benchmark} to leave_out of {recipe.benchmark} in benchmarks.yaml"
