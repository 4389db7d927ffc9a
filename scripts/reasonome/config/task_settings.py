"""What all tasks have in benchmarks.yaml, and what the configuration asks of a task (`reasonome.task.Task` has it)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, Field

from reasonome.config.reference import BenchmarkRef, EncoderRef, Names
from reasonome.config.rewarded_samples import OwnName, ShortFunction
from reasonome.config.strict import Seed, Strict
from reasonome.config.styles import Style

# What happens to training data that leak into test sets.
Policy = Literal["report", "drop", "fail"]
# The subset of test questions whose answers training questions ask for, too; it counts in no mean.
ASKED = "asked"
CONTAINED = 0.9  # of a set's genes in another are as good as all


class Benchmark(Strict):
    """Questions of a task, split so that nothing of a test question is in training."""

    # Settings that change no rows, only how answers are scored.
    SCORING_SETTINGS: ClassVar = ("encoders", "sealed", "metrics")
    # The most of each number in a rehearsal, by its key, wherever it stands in an entry.
    SMALL: ClassVar = {"train": 24, "valid": 8, "test": 8}
    newer: ClassVar = ("metrics",)

    task: str
    leave_out: Names[BenchmarkRef] = Field(
        default=[], description="other benchmarks into whose valid and test rows no training row of this one leaks"
    )
    encoders: Names[EncoderRef] = Field(
        default=[], description="encoders that score similarity, or that a baseline uses"
    )
    sealed: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="share of the test rows that is scored only with `final: true` in config.yaml"
    )
    metrics: dict[OwnName, ShortFunction] = Field(
        {}, description="of your own, by name: file.py:function, or a mapping that says more"
    )
    seed: Seed = 0

    @property
    def subset_names(self) -> list[str]:
        """The subsets of its test questions, without variants; none where settings do not name them."""
        return [*getattr(self, "subsets", ())]


def check_subset_names(subsets: dict) -> dict:
    """`subsets`; ValueError if one is called "mean", the name of the mean over them in tables."""
    if "mean" in subsets:
        raise ValueError("a subset may not be called 'mean': tables use it for the mean over subsets")
    return subsets


def variant_suffix(share: float) -> str:
    """The end of the name of contaminated variants, as in bp-50. No subset of the config has a hyphen in its name."""
    return f"-{round(100 * share)}"


def is_variant(subset: str) -> bool:
    """Whether a subset holds variants of another one's sets: contaminated (bp-50), or with less withheld (bp-own)."""
    return re.fullmatch(r".+-(\d{1,3}|own|nothing)", subset) is not None


class TaskSettings(Protocol):
    """A task, as far as the configuration knows it: what its settings are, and who checks them."""

    name: str
    Example: type[BaseModel]
    Benchmark: type[Benchmark]
    Style: type[Style]
    user_texts: tuple[tuple[str, ...], tuple[str, ...]]
    system_texts: tuple[str, ...]

    def rewards(self) -> Mapping[str, Any]:
        """The rewards that a recipe may name."""
        ...

    @property
    def checks(self) -> Any: ...

    @property
    def metrics(self) -> Any: ...

    @property
    def files(self) -> Any: ...

    def shared(self, part: str) -> object:
        """What is one for all tasks that have the same part of this name."""
