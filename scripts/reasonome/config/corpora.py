"""corpora.yaml: facts of several sources, and the statements written from them."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, field_validator, model_validator

from reasonome.config.benchmarks import Policy
from reasonome.config.strict import Name, Names, Seed, SomeNames, Strict, check_unique
from reasonome.core.errors import nearest
from reasonome.facts.wording import RELATIONS


def _check_relations(relations: Iterable[str]) -> Any:
    """The relations, as they are given; ValueError for one that no statement has."""
    for relation in relations:
        if relation not in RELATIONS:
            raise ValueError(f"unknown relation '{relation}': {nearest(relation, RELATIONS)}")
    return relations


Relations = Annotated[list[str], AfterValidator(check_unique), AfterValidator(_check_relations)]


class Selection(Strict):
    """Which facts of a corpus its statements say; each key that is given leaves some out."""

    genes_of: Name | None = Field(None, description="a benchmark: facts about the genes that its rows list, alone")
    relations: Relations = Field([], description="facts of these alone; all if none is named")
    largest_object: Annotated[int, Field(ge=1)] | None = Field(
        None, description="genes at most that the corpus has of a fact's object, such as the size of a pathway"
    )
    most: Annotated[int, Field(ge=1)] | None = Field(
        None, description="facts of a gene at most, drawn at random: one of each relation in turn, in their order"
    )


class Corpus(Strict):
    """Facts from several sources, and the statements written from them."""

    newer: ClassVar = ("only",)

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
    test_names: Policy = Field(
        "report",
        description="statements about a gene with the name of a test term that has the gene in their words: counted, "
        "left out, or an error",
    )
    test_descendants: Policy = Field(
        "report",
        description="statements about terms below a test term: counted where the gene is in the test set, left out, or "
        "an error",
    )
    only: Selection | None = Field(None, description="which facts statements say; all if not given")
    paraphrases: Annotated[int, Field(ge=1, le=16)] = Field(
        1, description="phrasings written per fact, or as many as its relation has"
    )
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
        return _check_relations(weights)

    @model_validator(mode="after")
    def _leaks_are_dropped_with_facts(self) -> "Corpus":
        for key in ("test_names", "test_descendants"):
            if getattr(self, key) == "drop" and (self.test_facts != "drop" or not self.leave_out):
                raise ValueError(f"'{key}: drop' goes with 'test_facts: drop' and benchmarks in 'leave_out'")
        return self

    @model_validator(mode="after")
    def _weighted_sources_are_its_own(self) -> "Corpus":
        for source in self.weights:
            if source not in self.sources:
                raise ValueError(f"weight of '{source}', which is no source here: {nearest(source, self.sources)}")
        return self
