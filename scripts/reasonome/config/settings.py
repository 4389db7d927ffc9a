"""config.yaml: what to build and where. decodings.yaml: how answers are generated."""

import importlib.util
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from reasonome.config.reference import ExperimentRef, SomeNames
from reasonome.config.strict import FileAndName, Precision, Seed, Strict, check_unique
from reasonome.core.errors import InputError


def _check_place(path: str) -> str:
    """`path`; ValueError if it leads upwards, or looks like an option."""
    if path.startswith("-") or ".." in path.split("/"):
        raise ValueError(f"'{path}' must be a path without '..' or a leading '-'")
    return path


class Settings(Strict):
    """config/config.yaml: what to build and where."""

    experiments: SomeNames[ExperimentRef] = Field(description="names of the files of experiments/ that are built")
    results: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/+-]+$"), AfterValidator(_check_place)] = "results"
    tasks: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")], FileAndName] = Field(
        {}, description="tasks of your own by name: path/to/file.py:Class, in the project (docs/your-own.md)"
    )
    seed: Seed = 0
    final: bool = Field(False, description="score the sealed part of the test sets too: for a final table, once")
    prompt_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.75, description="of a backbone's context, that the longest prompt of a style may fill; answers have the rest"
    )
    trackers: Annotated[list[Literal["tensorboard", "wandb", "mlflow"]], AfterValidator(check_unique)] = Field(
        [], description="where training reports to; their settings come from the environment"
    )


def check_trackers(trackers: Sequence[str]) -> None:
    """InputError for a tracker whose package is not installed."""
    for package in trackers:
        if importlib.util.find_spec(package) is None:
            raise InputError(
                f"'{package}' is not installed in the environment that trains",
                field="trackers",
                fix=f"pip install {package}, or leave it out of trackers",
            )


class Decoding(Strict):
    """How answers are generated."""

    newer = ("ranked",)
    ranked: bool = Field(
        default=False,
        description="of questions with candidates: nothing is drawn, and an answer lists the candidates by how likely "
        "the model is to begin with each",
    )
    samples: Annotated[int, Field(ge=1)] = 1
    temperature: Annotated[float, Field(ge=0)] = Field(default=0.0, description="0 is greedy")
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_new_tokens: Annotated[int, Field(ge=1)] = Field(default=1, description="needed where answers are drawn")
    batch_size: Annotated[int, Field(ge=1)] = 32
    orders: Annotated[int, Field(ge=1)] = Field(
        default=1, description="orders of the genes in which each question is asked"
    )
    seed: Seed = 0
    precision: Precision = Field(
        default="auto",
        description="of local models; auto: the one of the two that this machine computes faster in",
    )

    @model_validator(mode="after")
    def _greedy_once(self) -> "Decoding":
        if self.temperature == 0 and self.samples > 1:
            raise ValueError("greedy decoding (temperature 0) gives the same sample every time: use samples: 1")
        return self

    @model_validator(mode="after")
    def _drawn_or_ranked(self) -> "Decoding":
        if self.ranked and self.temperature:
            raise ValueError("ranked answers are not drawn: leave out temperature and samples")
        if not self.ranked and "max_new_tokens" not in self.model_fields_set:
            raise ValueError("max_new_tokens is missing: the most tokens of an answer")
        return self
