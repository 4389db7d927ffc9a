"""What settings of tasks with verified answers must agree with."""

from reasonome.config import GrpoRecipe, PretrainRecipe, Recipe, SftRecipe
from reasonome.config.project import Project
from reasonome.tasks.verified.settings import VerifiedBenchmark, VerifiedStyle

# Whether `reasonome annotate` can ask as benchmarks of the task do.
ANNOTATES = False
# The kinds of teachers that write about any questions.
TEACHERS = ("openai",)


def check_benchmark(project: Project, name: str, benchmark: VerifiedBenchmark) -> None:
    """Nothing: tables are read when the benchmark is built."""


def check_style(project: Project, benchmark: str, name: str, style: VerifiedStyle) -> None:
    """Nothing: a style's placeholders are the task's columns, which its template is held against."""


def check_recipe(project: Project, file: str, variant: str, recipe: GrpoRecipe | SftRecipe) -> None:
    """Nothing: any recipe of the task's rewards trains."""


def leak(project: Project, recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
    """How a recipe may show the model test questions of a benchmark, and what to do about it."""
    if isinstance(recipe, PretrainRecipe) or recipe.benchmark not in project.akin(benchmark):
        return None
    if benchmark in [recipe.benchmark, *project.benchmarks[recipe.benchmark].leave_out]:
        return None
    what = f"would leak: training questions of '{recipe.benchmark}' may be of test groups of '{benchmark}'"
    return what, f"add {benchmark} to leave_out of {recipe.benchmark} in benchmarks.yaml"
