"""Settings of predictions: what subsets ask, and prompt styles."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, model_validator

from reasonome.config.strict import Strict
from reasonome.tasks.prediction.answer import read_class, read_number, within
from reasonome.tasks.question_answer.settings import VerifiedBenchmark, VerifiedStyle

Classes = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=2)]


class Predicted(Strict):
    """What the questions of a subset ask for: one of several classes, or a number."""

    question: str = Field(description="what is asked, as a sentence")
    classes: Classes | None = Field(None, description="the answers, the positive class first; a number if not given")
    unit: str = Field("", description="of a number")
    tolerance: Annotated[float, Field(gt=0)] | None = Field(
        None, description="a number is right within it; needed for numbers"
    )

    @model_validator(mode="after")
    def _class_or_number(self) -> "Predicted":
        if self.classes is None and self.tolerance is None:
            raise ValueError("give 'classes', or for a number 'tolerance'")
        if self.classes is not None and (self.unit or self.tolerance is not None):
            raise ValueError("'unit' and 'tolerance' are of numbers: leave them out beside 'classes'")
        if self.classes and len({label.casefold() for label in self.classes}) < len(self.classes):
            raise ValueError("two classes are the same but for case")
        for label in self.labels:
            if read_class(label, [label]) != label or "|" in label:
                raise ValueError(f"'{label}' cannot be read from an answer: leave out quotes, | and a last full stop")
        if read_number(f"1 {self.unit}", self.unit) is None:
            raise ValueError(f"'{self.unit}' cannot be read from an answer: leave out a last full stop")
        return self

    cells: dict[str, str] = Field({}, description="class → what its cells say, where that is another word: {yes: '1'}")

    @model_validator(mode="after")
    def _cells_are_of_classes(self) -> "Predicted":
        for label in self.cells:
            if label not in self.labels:
                raise ValueError(f"'cells' is of classes, and '{label}' is none of {self.classes or 'a number'}")
        if self.classes and len(self.classes_by_cell) < len(self.classes):
            raise ValueError("two classes have the same cells")
        return self

    @property
    def labels(self) -> list[str]:
        """The classes; none for a number."""
        return self.classes or []

    @property
    def classes_by_cell(self) -> dict[str, str]:
        """What a cell says → its class; empty for numbers."""
        return {self.cells.get(label, label): label for label in self.labels}

    def read(self, cell: str) -> str | None:
        """The class that a cell of a table says, or its number as text; None for anything else."""
        if self.classes:
            return self.classes_by_cell.get(cell)
        number = read_number(cell, self.unit)
        return None if number is None else repr(number)

    def agree(self, answers: Iterable[str]) -> bool:
        """Whether answers to one question are the same class, or numbers within the tolerance."""
        if self.classes:
            return len({*answers}) == 1
        values = [float(answer) for answer in answers]
        return within(max(values) - min(values), self.tolerance or 0.0)


class PredictionBenchmark(VerifiedBenchmark):
    """Questions with a class or a number as the answer. The name of a balanced subset ends with `balanced`."""

    @model_validator(mode="after")
    def _balance_is_in_the_name(self) -> "PredictionBenchmark":
        for name, subset in self.subsets.items():
            if subset.balanced and self.groups == "largest first":
                raise ValueError(f"subset '{name}': largest groups first leave no choice that could be balanced")
            if subset.balanced and isinstance(subset, Predicted) and subset.classes is None:
                raise ValueError(f"subset '{name}' asks for a number: 'balanced' is of classes")
            if name.endswith("balanced") != subset.balanced:
                what = (
                    "is balanced, so its name ends" if subset.balanced else "is not balanced, so its name does not end"
                )
                raise ValueError(f"subset '{name}' {what} with 'balanced'")
        return self


class PredictionStyle(VerifiedStyle):
    """How a prediction is asked for: texts with {question} and what the task shows of a row."""

    def asks_confidence(self) -> bool:
        """Always: the contract has a line for it."""
        return True
