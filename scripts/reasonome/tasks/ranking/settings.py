"""Settings of rankings: entries of benchmarks.yaml, prompt styles, the files that they name, and checks.

The answer to a question is a ranked list of genes.
"""

from collections.abc import Collection, Iterator
from math import comb
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from reasonome.benchmarks.rows import SPLITS
from reasonome.config import Benchmark, GeneListStyle, Recipe
from reasonome.config.project import Project
from reasonome.config.reference import Mistake, SourceRef
from reasonome.config.rewarded_samples import LongestList
from reasonome.config.sources import Source
from reasonome.config.strict import Strict, Variant
from reasonome.config.styles import only_placeholders
from reasonome.config.task_settings import check_subset_names
from reasonome.core.errors import InputError
from reasonome.task_parts import Checks, Files, Inputs

RankingTask = Literal["causal_gene_ranking", "rare_disease_ranking"]


class Authority(SourceRef):
    kind = "authority for gene symbols"

    @classmethod
    def fits(cls, entry: Source) -> bool:
        return entry.authority


class Locations(SourceRef):
    kind = "source of format gene_locations"

    @classmethod
    def fits(cls, entry: Source) -> bool:
        return entry.format == "gene_locations"


class Phenotypes(SourceRef):
    kind = "source of format hpo"

    @classmethod
    def fits(cls, entry: Source) -> bool:
        return entry.format == "hpo"


# The formats that questions of a ranking task can be made of.
QUESTION_FORMATS = {
    "causal_gene_ranking": ("gold_standards", "rankings"),
    "rare_disease_ranking": ("phenopackets", "rankings", "hpo"),
}


class DrawnCases(Strict):
    """Cases that are drawn from what HPO says of genes, each with some phenotypes of one gene."""

    genes: Annotated[int, Field(ge=2)] = Field(description="drawn at random; no two have a phenotype in common")
    phenotypes: tuple[int, int] = Field((6, 10), description="that count, of a gene: at least, at most")
    largest: Annotated[int, Field(ge=1)] = Field(3, description="genes at most that HPO has of a phenotype that counts")
    shown: Annotated[int, Field(ge=1)] = Field(4, description="phenotypes of a case")
    cases: Annotated[int, Field(ge=1)] = Field(8, description="of a gene, no two with the same phenotypes")

    @model_validator(mode="after")
    def _enough_to_show(self) -> "DrawnCases":
        fewest, most = self.phenotypes
        if not self.shown <= fewest <= most:
            raise ValueError(f"'shown' {self.shown} ≤ 'phenotypes' {fewest} ≤ {most} must hold")
        if comb(fewest, self.shown) < self.cases:
            what = f"{comb(fewest, self.shown)} cases differ that show {self.shown} of {fewest} phenotypes"
            raise ValueError(f"{what}: ask for at most as many")
        return self


class RankingSubset(Strict):
    """One part of a benchmark of rankings: where its questions come from, and how many are held out."""

    source: SourceRef = Field(description="of sources.yaml, in a format that holds questions")
    test: Annotated[int, Field(ge=0)] = Field(
        description="questions at least: those that would leak into one another go together"
    )
    valid: Annotated[int, Field(ge=0)]
    train: Annotated[int, Field(ge=1)] | None = Field(None, description="at most; all that remain if not given")
    confidence: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="of gold standards: the confidences that count, such as High; all if not given"
    )
    columns: dict[str, str] = Field({}, description="of a ready table: what its columns are called")
    drawn: DrawnCases | None = Field(None, description="of a source of format hpo: how cases are drawn from it")


class RankingBenchmark(Benchmark):
    """Questions whose answer is a ranked list of genes, with nothing of a test question in training."""

    SCORING_SETTINGS: ClassVar = (*Benchmark.SCORING_SETTINGS, "longest_list")
    # Of drawn patients a case a gene; few questions have few genes that can be decoys.
    SMALL: ClassVar = {**Benchmark.SMALL, "cases": 1, "decoys": 2}

    task: RankingTask
    authority: Authority = Field(description="the source that says which genes there are")
    subsets: Annotated[dict[Variant, RankingSubset], Field(min_length=1), AfterValidator(check_subset_names)]
    locations: Locations | None = Field(None, description="source of format gene_locations: where genes lie (GRCh38)")
    scores: Literal["distance"] | None = Field(
        None,
        description="of loci: what stands for a tool's scores where a table has none, for styles that list candidates "
        "by score: distance has the gene nearest to the lead variant first",
    )
    phenotypes: Phenotypes | None = Field(
        None, description="source of format hpo: for the baseline of phenotype overlap"
    )
    window_kb: Annotated[int, Field(ge=1)] = Field(
        500, description="kilobases on either side of the lead variant in which candidate genes lie"
    )
    minimum_candidates: Annotated[int, Field(ge=2)] = 5
    maximum_candidates: Annotated[int, Field(ge=2)] = 25
    decoys: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="of rare diseases: candidates are the causal genes and as many others, which are causal genes of "
        "other cases of the split; without it every human gene is a candidate",
    )
    most_per_gene: Annotated[int, Field(ge=1)] | None = Field(
        None, description="questions with one causal gene, at most; drawn by the seed"
    )
    longest_list: LongestList = Field(
        25, description="genes of an answer that count; what is listed beyond is cut off, and counted"
    )

    @property
    def window(self) -> int:
        """Base pairs on either side of the lead variant."""
        return 1000 * self.window_kb

    @model_validator(mode="after")
    def _settings_of_its_task(self) -> "RankingBenchmark":
        if self.minimum_candidates > self.maximum_candidates:
            what = f"minimum_candidates {self.minimum_candidates} is above maximum_candidates"
            raise ValueError(f"{what} {self.maximum_candidates}")
        elsewhere = {"causal_gene_ranking": ("decoys", "phenotypes"), "rare_disease_ranking": ("locations", "scores")}
        for key in elsewhere[self.task]:
            if getattr(self, key) is not None:
                raise ValueError(f"'{key}' is no setting of {self.task}")
        if self.scores == "distance" and self.locations is None:
            raise ValueError("'scores: distance' needs 'locations', which say where genes lie")
        if not any(subset.test for subset in self.subsets.values()):
            raise ValueError("no subset has a test question")
        return self


class RankingStyle(GeneListStyle):
    """How a ranking is asked, and what form its answer has."""

    newer: ClassVar = ("taught",)
    reasoning: Literal["none", "short", "long"] = Field(
        description="what the text asks for before the list: nothing, at most `words` words, or as many as it takes"
    )
    words: Annotated[int, Field(ge=1)] = Field(200, description="of short reasoning, at most")
    taught: Annotated[int, Field(ge=1)] | None = Field(
        None, description="genes at most that an answer of fine-tuning lists; all candidates if not given"
    )
    order: Literal["seeded", "score"] = Field(
        "seeded", description="of the candidates: shuffled by the seed, or as a tool's scores have them, best first"
    )
    confidence: bool = Field(False, description="whether the text asks for a last line `Confidence: 0 to 100`")
    any_gene: str = Field("any human gene", description="stands for the list where a question has no candidates")
    phenotypes: str = Field("{label}", description="how one phenotype is written: {label} and {id} are filled in")
    phenotype_tokens: Annotated[int, Field(ge=8)] = Field(400, description="of all phenotypes, present ones first")

    def asks_confidence(self) -> bool:
        """Whether the text asks how sure the first gene is."""
        return self.confidence

    def asks_list_alone(self) -> bool:
        """Whether an answer is a list and nothing beside it."""
        return self.reasoning == "none" and not self.confidence

    def budgets(self) -> list[int]:
        """Those of genes, and of phenotypes where the text shows them."""
        return [*super().budgets(), *([self.phenotype_tokens] if "{present}" in self.user else [])]

    @field_validator("phenotypes")
    @classmethod
    def _only_label_and_id(cls, value: str) -> str:
        return only_placeholders(value, ("label", "id"))


class RankingFiles(Files):
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
        styles = project.styles(spec.task).values()
        seeds = {style.seed for style in styles if isinstance(style, RankingStyle) and style.order == "seeded"}
        return Inputs(files, settings=[formats, sorted(seeds or {0})])

    def scoring(self, project: Project, benchmark: str, style: str) -> Inputs:
        """The known genes, to recognise invented ones."""
        return Inputs(_known_genes(project, benchmark))

    def baselines(self, project: Project, benchmark: str) -> Inputs:
        """The known genes, and the phenotypes of genes where the benchmark names them."""
        spec = project.benchmarks[benchmark]
        source = spec.phenotypes
        phenotypes = {} if source is None else {key: project.source_file(source, key) for key in ("obo", "genes")}
        return Inputs({**_known_genes(project, benchmark), "phenotypes": phenotypes}, spec.encoders)

    def audited_sources(self, project: Project, benchmark: str, part: str) -> dict[str, str]:
        """The sources of questions."""
        return dict.fromkeys((subset.source for subset in project.benchmarks[benchmark].subsets.values()), "")

    def beside_corpora(self, project: Project, benchmark: str, splits: Collection[str] = SPLITS) -> list[str]:
        """The sources of questions, and those of genes, of their places and of phenotypes."""
        spec = project.benchmarks[benchmark]
        names = [spec.authority, *(subset.source for subset in spec.subsets.values()), spec.locations, spec.phenotypes]
        return [name for name in names if name is not None]


def _known_genes(project: Project, benchmark: str) -> dict[str, dict[str, Path]]:
    return {"authority": project.source_files(project.benchmarks[benchmark].authority)}


def _question_file(project: Project, source: str) -> Path:
    """The file of a source of questions; InputError where the user's own is not there."""
    if project.sources[source].format == "hpo":
        return project.source_file(source, "genes")
    path = next(iter(project.source_files(source).values()))
    own = next(iter(project.sources[source].files.values())).path
    if own and not path.is_file():
        raise InputError("there is no such file", file=path, fix=f"source '{source}' in sources.yaml names it")
    return path


class RankingChecks(Checks):
    """Sources of questions, the order of candidates, and the length of lists."""

    teachers = ("openai",)  # that write about rankings

    def check_benchmark(self, project: Project, name: str, benchmark: RankingBenchmark) -> None:
        """Check that the sources of a ranking's questions are of formats that fit."""
        formats = QUESTION_FORMATS[benchmark.task]
        able = [source for source, spec in project.sources.items() if spec.format in formats]
        for subset, spec in benchmark.subsets.items():
            loc = (name, "subsets", subset)
            kind = f"source of questions ({' or '.join(formats)})"
            project.folder.check_known("benchmarks.yaml", (*loc, "source"), spec.source, able, kind)
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
            if (spec.drawn is not None) != (form == "hpo"):
                what = f"'{spec.source}' is of format {form}: 'drawn' goes with format hpo, from which cases are drawn"
                raise project.folder.error("benchmarks.yaml", loc, what, "give both or neither")
            if spec.drawn is not None and benchmark.phenotypes != spec.source:
                what = "cases are drawn from HPO's phenotypes, which are read with its ontology"
                raise project.folder.error("benchmarks.yaml", loc, what, f"add `phenotypes: {spec.source}`")
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
                file=project.folder.path(f"prompts/{spec.task}.{name}.txt"),
                field="order",
                fix="`scores: distance` in benchmarks.yaml makes some of loci; tables of your own have a column of "
                "scores",
            )

    def can_be_ranked(self, benchmark: RankingBenchmark, style: RankingStyle) -> bool:
        """Whether a list is asked for alone, of candidates: a patient's may be every gene."""
        every_gene = benchmark.task == "rare_disease_ranking" and benchmark.decoys is None
        return style.asks_list_alone() and not every_gene

    def wrong_in_recipe(self, project: Project, recipe: Recipe) -> Iterator[Mistake]:
        """Rewards that count another number of genes of a list than the benchmark."""
        for benchmark, _ in recipe.questions if recipe.grades else ():
            counted = project.benchmarks[benchmark].longest_list
            if recipe.grades.longest_list != counted:
                what = f"rewards count {recipe.grades.longest_list} genes of a list, and '{benchmark}' {counted}"
                yield Mistake(("grading", "longest_list"), what, f"longest_list: {counted}")
