"""corpora.yaml: facts of several sources, and the statements written from them."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from reasonome.config.benchmarks import Policy
from reasonome.config.strict import Name, Names, Seed, SomeNames, Strict
from reasonome.core.errors import nearest
from reasonome.facts.wording import RELATIONS


class Corpus(Strict):
    """Facts from several sources, and the statements written from them."""

    sources: SomeNames
    authority: Name | None = Field(
        None, description="the source that says which genes there are; not needed where only one of them can"
    )
    taxon: Annotated[int, Field(ge=1)] = Field(9606, description="NCBI taxon: 9606 is human, 10090 mouse")
    leave_out: Names = Field(default=[], description="benchmarks whose valid and test terms no statement mentions")
    test_facts: Policy = Field(
        "drop",
        description="statements about the terms of leave_out: left out (drop), or kept, and the leak audit fails "
        "(fail) or counts (report) those that put a gene of a test set into its term",
    )
    test_names: Literal["report", "fail"] = Field(
        "report",
        description="a test term's name in the words of a statement about one of its genes: counted, or an error",
    )
    test_descendants: Literal["report", "fail"] = Field(
        "report",
        description="a statement that puts a gene of a test set into a term below the test term: counted, or an error",
    )
    paraphrases: Annotated[int, Field(ge=1, le=8)] = Field(1, description="phrasings written per fact")
    held_out: Annotated[float, Field(gt=0, lt=0.5)] = Field(0.02, description="share of facts kept for loss")
    genes_per_statement: Annotated[int, Field(ge=1)] = Field(
        8, description="genes at most in a statement about several that share an object; 1: no such statements"
    )
    weights: dict[Name, Annotated[float, Field(ge=0)]] = Field(
        {}, description="source -> how often its statements are drawn for training; 1 if not given"
    )
    relation_weights: dict[str, Annotated[float, Field(ge=0)]] = Field(
        {}, description="relation -> the same, times the weight of the source"
    )
    placebo: bool = Field(False, description="gene symbols permuted: the control for what warm-up teaches")
    tokenizer: Name | None = Field(None, description="backbone whose tokens statistics.tsv counts; none if not given")
    unmapped: float = Field(0.1, ge=0, le=1, description="largest share of a source's identifiers without a gene")
    seed: Seed = 0

    @field_validator("relation_weights")
    @classmethod
    def _weighted_relations_exist(cls, weights: dict[str, float]) -> dict[str, float]:
        for relation in weights:
            if relation not in RELATIONS:
                raise ValueError(f"unknown relation '{relation}': {nearest(relation, RELATIONS)}")
        return weights

    @model_validator(mode="after")
    def _weighted_sources_are_its_own(self) -> "Corpus":
        for source in self.weights:
            if source not in self.sources:
                raise ValueError(f"weight of '{source}', which is no source here: {nearest(source, self.sources)}")
        return self
