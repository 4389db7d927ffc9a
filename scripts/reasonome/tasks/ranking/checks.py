"""Checks of a ranking's settings against sources, styles and recipes, and for leaks."""

from collections.abc import Iterable

from reasonome.config import FORMAT_FILES, Recipe
from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.core.yaml_text import Loc
from reasonome.task import Checks
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.tasks.ranking.settings import QUESTION_FORMATS, RankingBenchmark, RankingStyle


class RankingChecks(Checks[RankingDialogue]):
    """Sources of questions, the order of candidates, and the length of lists."""

    teachers = ("gene_names", "openai")  # that write about rankings

    def check_benchmark(self, project: Project, name: str, benchmark: RankingBenchmark) -> None:
        """Check that the sources of a ranking's questions, genes, locations and phenotypes exist, in fitting
        formats."""

        def check_format(loc: Loc, source: str, formats: Iterable[str], role: str) -> None:
            able = [other for other, spec in project.sources.items() if spec.format in formats]
            project.folder.check_known("benchmarks.yaml", loc, source, able, role)

        authorities = [form for form, files in FORMAT_FILES.items() if files.authority]
        check_format((name, "authority"), benchmark.authority, authorities, "authority for gene symbols")
        for key, form in (("locations", "gene_locations"), ("phenotypes", "hpo")):
            if (source := getattr(benchmark, key)) is not None:
                check_format((name, key), source, (form,), f"source of format {form}")
        for subset, spec in benchmark.subsets.items():
            loc = (name, "subsets", subset)
            formats = QUESTION_FORMATS[benchmark.task]
            check_format((*loc, "source"), spec.source, formats, f"source of questions ({' or '.join(formats)})")
            form = project.sources[spec.source].format
            if form == "gold_standards" and benchmark.locations is None:
                what = f"candidates at the loci of '{spec.source}' are found by where genes lie"
                raise project.folder.error(
                    "benchmarks.yaml", loc, what, "add `locations`: a source of format gene_locations"
                )
            if spec.columns and form != "rankings":
                what = (
                    f"'columns' are those of a ready table (format rankings), and '{spec.source}' is of format {form}"
                )
                raise project.folder.error("benchmarks.yaml", (*loc, "columns"), what, "leave them out")
            if spec.confidence and form != "gold_standards":
                what = f"'{spec.source}' is of format {form}, which states no confidence"
                raise project.folder.error("benchmarks.yaml", (*loc, "confidence"), what, "leave it out")
        for position, other in enumerate(benchmark.leave_out):
            if (theirs := project.benchmarks[other].authority) != benchmark.authority:
                what = f"'{other}' names genes as {theirs} does, and '{name}' as {benchmark.authority}"
                fix = "give both the same authority: genes of different ones cannot be compared"
                raise project.folder.error("benchmarks.yaml", (name, "leave_out", position), what, fix)

    def check_style(self, project: Project, benchmark: str, name: str, style: RankingStyle) -> None:
        """Check that a style that orders candidates by score is used for benchmarks whose questions may have scores."""
        spec = project.benchmarks[benchmark]
        if style.order != "score" or spec.scores is not None:
            return
        without = [sub.source for sub in spec.subsets.values() if project.sources[sub.source].format != "rankings"]
        if without:
            raise InputError(
                f"style '{name}' lists candidates by score, and questions of '{benchmark}' ({without[0]}) have none",
                file=project.root / "prompts" / f"{spec.task}.{name}.txt",
                field="order",
                fix="`scores: distance` in benchmarks.yaml makes some of loci; tables of your own have a column of "
                "scores",
            )

    def check_recipe(self, project: Project, file: str, variant: str, recipe: Recipe) -> None:
        """Check that rewards count as many genes of a list as the benchmark."""
        if recipe.grades:
            counted = project.benchmarks[recipe.benchmark].longest_list
            if recipe.grades.longest_list != counted:
                loc = project.folder.place_in_recipe(file, variant, "grading", "longest_list")
                what = f"rewards count {recipe.grades.longest_list} genes of a list, and '{recipe.benchmark}' {counted}"
                raise project.folder.error(file, loc, what, f"longest_list: {counted}")
