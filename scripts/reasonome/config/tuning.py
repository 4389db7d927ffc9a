"""The settings of warm-ups and of fine-tuning that training reads; what else a stage has is in `reasonome.stages`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reasonome.config.recipes import RowsRecipe, ValidatedRecipe
from reasonome.config.reference import CorpusRef
from reasonome.config.strict import Strict


class Drill(Strict):
    """Facts that the parent missed count more."""

    facts: Annotated[int, Field(ge=1)] = Field(
        description="training facts that the parent is asked: those that a warm-up reads first"
    )
    weight: Annotated[float, Field(gt=1)] = Field(description="by which statements of a missed fact are drawn sooner")


class WarmUpSettings(ValidatedRecipe):
    """The settings of a knowledge warm-up."""

    newer = (*ValidatedRecipe.newer, "drill", "recall")
    corpus: CorpusRef
    sequence_length: Annotated[int, Field(ge=32)]
    packing: Literal["wrapped", "separate"] = Field(
        "wrapped",
        description="wrapped: statements follow one another and may be cut; separate: whole, each seeing itself alone",
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(None, description="statements are sampled up to this")
    drill: Drill | None = None
    recall: Annotated[int, Field(ge=1)] | None = Field(
        None, description="training facts that the model is asked whenever its loss is measured; none if not given"
    )

    @property
    def corpora(self) -> list[str]:
        return [self.corpus]

    @model_validator(mode="after")
    def _drill_is_seen(self) -> Self:
        if self.drill is not None and self.max_tokens is None:
            raise ValueError("'drill' goes with 'max_tokens': where every statement is read, none is read sooner")
        return self


class Statements(Strict):
    """Statements to learn beside the questions, in place of a warm-up before them."""

    corpus: CorpusRef
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(
        None, description="they are sampled up to this, as in a warm-up of the same number and of seed 0"
    )
    share: Annotated[float, Field(gt=0, le=1)] = Field(1.0, description="of these, drawn at random")


class TuningSettings(RowsRecipe):
    """The settings of fine-tuning on prompts with their targets."""

    newer = (*RowsRecipe.newer, "statements", "confidences")
    statements: Statements | None = None
    confidences: Annotated[list[Annotated[int, Field(ge=0, le=100)]], Field(min_length=1)] = Field(
        [50], description="where the style asks for a confidence, targets state one of these, drawn by the question"
    )
    max_examples: Annotated[int, Field(ge=1)] | None = None
    max_length: Annotated[int, Field(ge=32)] = Field(
        1024, description="of prompt and completion, in tokens; longer examples are left out"
    )
    packing: Literal["none", "separate"] = Field(
        "none", description="separate: several examples in a row of max_length, each seeing itself alone"
    )
    steps: Literal["mixed", "alike"] = Field(
        "mixed",
        description="examples of a step are drawn regardless of length, or are of similar length, which saves padding "
        "where steps are small; without packing",
    )

    @model_validator(mode="after")
    def _packed_rows_are_alike(self) -> Self:
        if self.steps == "alike" and self.packing != "none":
            raise ValueError("'steps: alike' goes with 'packing: none': packed rows are all of one length")
        return self

    @property
    def corpora(self) -> list[str]:
        return [self.statements.corpus] if self.statements else []

    @property
    def order(self) -> str:
        return "group_by_length" if self.packing == "none" else "random"

    @property
    def steps_alike(self) -> bool:
        return self.steps == "alike"
