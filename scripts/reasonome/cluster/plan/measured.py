"""What finished jobs took: the run.json of models and answers."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from reasonome.config.project import chains
from reasonome.core import atomic

ANSWERING = "generate"


class MeasuredRun(BaseModel):
    """One finished job of training (`stage` of its last step) or answering (`stage` ANSWERING).

    `device` is "cpu" or the name of a GPU; `processes` and `gpus` are those of all nodes, `threads` those of a process.
    `settings` are the recipe of a training step, or benchmark, style and decoding of answers, and `engine` what
    generated them.
    """

    stage: str
    backbone: str
    settings: dict[str, Any]
    # What run.json says:
    seconds: float
    backward_tokens: int
    generated_tokens: int
    threads: int = Field(ge=1)
    processes: int = 1
    gpus: int = 0
    device: str = "cpu"
    peak_memory_gb: float
    gpu_peak_memory_gb: float | None = None
    engine: str | None = None
    sharding: str = "none"

    @property
    def workers(self) -> int:
        """Cores on a CPU, else GPUs: what a rate is divided by."""
        return self.processes * self.threads if self.device == "cpu" else self.gpus or self.processes

    @property
    def kind(self) -> str:
        """What its rate is of: `training`, `grpo`, or the engine that answered."""
        if self.stage == ANSWERING:
            return self.engine
        return self.stage if self.stage == "grpo" else "training"

    @property
    def tokens(self) -> int:
        """Those that its rate counts: generated ones of answers, else those through a backward pass."""
        return self.generated_tokens if self.stage == ANSWERING else self.backward_tokens


def runs(results: Path) -> list[MeasuredRun]:
    """All finished jobs below a results folder, in the order of their paths; none where nothing is."""
    trained = [_trained(path) for path in sorted(results.glob("models/*/*/run.json"))]
    answered = [_answered(path) for path in sorted(results.glob("answers/*/*/*/*.run.json"))]
    return [run for run in trained + answered if run is not None]


def _trained(path: Path) -> MeasuredRun | None:
    if not path.with_name("manifest.json").is_file():
        return None  # not finished
    step = chains.last_step(path.parent.name)
    recipe = atomic.read_json(path.with_name("recipe.json"))
    return MeasuredRun(**atomic.read_json(path), stage=step.stage, backbone=path.parents[1].name, settings=recipe)


def _answered(path: Path) -> MeasuredRun | None:
    said = atomic.read_json(path)
    if "threads" not in said:
        return None  # answers of an endpoint, or recorded ones: nothing was computed
    benchmark, _, style = path.parent.name.rpartition(".")
    asked = {"benchmark": benchmark, "style": style, "decoding": path.name.removesuffix(".run.json")}
    return MeasuredRun(**said, stage=ANSWERING, backbone=path.parents[2].name, settings=asked)
