"""Settings of rankings: their entries in benchmarks.yaml, whose answer is a ranked list of genes, and prompt styles."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from reasonome.config import Benchmark, GeneListStyle
from reasonome.config.recipes import LongestList
from reasonome.config.strict import Name, Strict, Variant
from reasonome.config.styles import only_placeholders
from reasonome.config.task_settings import check_subset_names

RankingTask = Literal["causal_gene_ranking", "rare_disease_ranking"]
# The formats that questions of a ranking task can be made of.
QUESTION_FORMATS = {
    "causal_gene_ranking": ("gold_standards", "rankings"),
    "rare_disease_ranking": ("phenopackets", "rankings"),
}


class RankingSubset(Strict):
    """One part of a benchmark of rankings: where its questions come from, and how many are held out."""

    source: Name = Field(description="of sources.yaml, in a format that holds questions")
    test: Annotated[int, Field(ge=0)] = Field(
        description="questions at least: those that would leak into one another go together"
    )
    valid: Annotated[int, Field(ge=0)]
    train: Annotated[int, Field(ge=1)] | None = Field(None, description="at most; all that remain if not given")
    confidence: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="of gold standards: the confidences that count, such as High; all if not given"
    )
    columns: dict[str, str] = Field({}, description="of a ready table: what its columns are called")


class RankingBenchmark(Benchmark):
    """Questions whose answer is a ranked list of genes, with nothing of a test question in training."""

    SCORING_SETTINGS: ClassVar = (*Benchmark.SCORING_SETTINGS, "longest_list")

    task: RankingTask
    authority: Name = Field(description="the source that says which genes there are")
    subsets: Annotated[dict[Variant, RankingSubset], Field(min_length=1), AfterValidator(check_subset_names)]
    locations: Name | None = Field(None, description="source of format gene_locations: where genes lie (GRCh38)")
    scores: Literal["distance"] | None = Field(
        None,
        description="of loci: what stands for a tool's scores where a table has none, for styles that list candidates "
        "by score: distance has the gene nearest to the lead variant first",
    )
    phenotypes: Name | None = Field(None, description="source of format hpo: for the baseline of phenotype overlap")
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

    reasoning: Literal["none", "short", "long"] = Field(
        description="what the text asks for before the list: nothing, at most `words` words, or as many as it takes"
    )
    words: Annotated[int, Field(ge=1)] = Field(200, description="of short reasoning, at most")
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

    def budgets(self) -> list[int]:
        """Those of genes, and of phenotypes where the text shows them."""
        return [*super().budgets(), *([self.phenotype_tokens] if "{present}" in self.user else [])]

    @field_validator("phenotypes")
    @classmethod
    def _only_label_and_id(cls, value: str) -> str:
        return only_placeholders(value, ("label", "id"))
