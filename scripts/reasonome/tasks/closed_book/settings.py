"""Settings of the closed book: its entries of benchmarks.yaml."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from reasonome.config import ASKED, Benchmark
from reasonome.config.reference import CorpusRef
from reasonome.config.strict import Name, Strict, UserPath, check_unique
from reasonome.facts.wording import MEMBERSHIP

NEVER = "never"  # the subset of test questions about pathways that no training question asks for
# How many genes of other pathways stand among a pathway's own: none, one, or as many as its own.
Strangers = Literal["none", "one", "many"]
STRANGERS: dict[Strangers, str] = {"none": "no stranger", "one": "one stranger", "many": "as many strangers as members"}


class Parts(Strict):
    """How many pathways are asked in fine-tuning, in GRPO, in validation alone, and in tests alone."""

    sft: Annotated[int, Field(ge=1)]
    grpo: Annotated[int, Field(ge=1)]
    valid: Annotated[int, Field(ge=1)]
    never: Annotated[int, Field(ge=1)]


class Questions(Strict):
    """Questions of each pathway, for each entry of `strangers`."""

    train: Annotated[int, Field(ge=1)] = Field(description="of the parts sft and grpo")
    valid: Annotated[int, Field(ge=1)] = Field(description="of the part valid")
    never: Annotated[int, Field(ge=1)] = Field(description="in the test split, of the part never")
    asked: Annotated[int, Field(ge=1)] = Field(
        description="in the test split, of the parts sft and grpo: other genes than in training"
    )


class ClosedBookBenchmark(Benchmark):
    """Pathways that share no gene, cut to a few genes each: a model reads their members, and names some from genes."""

    newer: ClassVar = (*Benchmark.newer, "drawn_before")
    SMALL: ClassVar = {**Benchmark.SMALL, "sft": 6, "grpo": 6, "never": 4}

    task: Literal["closed_book"]
    corpus: CorpusRef = Field(description="whose facts the pathways are made of")
    collection: Name = Field(description="source of the corpus whose gene sets are the pathways")
    relation: str = Field(MEMBERSHIP, description="of the facts that put a gene into a pathway")
    hierarchy: Name | None = Field(
        None,
        description="source of the corpus that says which pathway is part of which: questions about the genes of a "
        "pathway then ask for its parent, of which no two have the same",
    )
    genes: Annotated[int, Field(ge=3)] = Field(6, description="of each pathway, drawn at random; the others stay out")
    smallest: Annotated[int, Field(ge=3)] = Field(8, description="genes of a pathway in its collection, at least")
    largest: int = Field(40, description="genes of a pathway in its collection, at most")
    longest_name: Annotated[int, Field(ge=1)] = Field(28, description="characters of a pathway's name, at most")
    longest_parent: Annotated[int, Field(ge=1)] = Field(40, description="characters of a parent's name, at most")
    longest_symbol: Annotated[int, Field(ge=1)] = Field(6, description="characters of a gene's symbol, at most")
    members: tuple[int, int] = Field((3, 5), description="genes of the pathway in a question: at least, at most")
    strangers: Annotated[list[Strangers], Field(min_length=1), AfterValidator(check_unique)] = Field(
        ["none", "one", "many"],
        description="genes of other pathways, no two of one, among them; many: as many as the fewest members, which "
        "then stand beside them",
    )
    parts: Parts
    drawn_before: UserPath | None = Field(
        None,
        description="a table whose column id has pathways of earlier worlds: none of them is in the part `never`, "
        "which is filled first; parents that are asked for in their place may have been asked for before",
    )
    questions: Questions
    asks: Literal["test", "valid"] = Field(
        "test", description="valid: the test split holds the questions of the part valid, by which settings are chosen"
    )

    @property
    def subset_names(self) -> list[str]:
        return [NEVER, ASKED]

    @model_validator(mode="after")
    def _members_fit(self) -> "ClosedBookBenchmark":
        fewest, most = self.members
        if not 2 <= fewest <= most <= self.genes:
            raise ValueError(f"members {fewest} to {most}: give at least 2, and at most the {self.genes} of 'genes'")
        if not self.genes <= self.smallest <= self.largest:
            raise ValueError(f"'genes' {self.genes} ≤ 'smallest' {self.smallest} ≤ 'largest' {self.largest} must hold")
        strangers = max({"none": 0, "one": 1, "many": fewest}[kind] for kind in self.strangers)
        for part in ("sft", "grpo"):
            if getattr(self.parts, part) <= strangers:
                raise ValueError(
                    f"give the part {part} at least {strangers + 1} pathways: {strangers} strangers are of others"
                )
        return self
