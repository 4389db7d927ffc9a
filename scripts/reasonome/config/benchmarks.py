"""benchmarks.yaml: what entries of all tasks have in common; the rest is in the settings of each task."""

from typing import Annotated, ClassVar

from pydantic import Field

from reasonome.config.strict import Names, Seed, Strict


class Benchmark(Strict):
    """Questions of a task, split so that nothing of a test question is in training."""

    # What is no matter of the rows, but of how answers are scored.
    OF_SCORING: ClassVar = ("encoders", "sealed")

    task: str
    leave_out: Names = Field(
        default=[], description="other benchmarks into whose valid and test rows no training row of this one leaks"
    )
    encoders: Names = Field(default=[], description="encoders that score similarity, or that a baseline uses")
    sealed: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="share of the test rows that is scored only with `final: true` in config.yaml"
    )
    seed: Seed = 0
