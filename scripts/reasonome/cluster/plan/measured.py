"""Times and memory of finished jobs, from the run.json of models and answers."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reasonome.config.project import chains
from reasonome.core.errors import InputError

ANSWERING = "generate"
SAMPLING = "sample"  # the same, of training questions


class MeasuredRun(BaseModel):
    """One finished job of training (`stage` of its last step) or answering (`stage` ANSWERING).

    `device` is "cpu" or the name of a GPU; `processes` and `gpus` are those of all nodes, `threads` those of a process.
    `settings` are the recipe of a training step, or benchmark, style and decoding of answers, and `engine` what
    generated them.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    stage: str
    backbone: str
    settings: dict[str, Any]
    examples: int = 0
    # What run.json says:
    seconds: float
    backward_tokens: int
    generated_tokens: int
    prompt_tokens: int = 0
    steps: int = 0
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
    def passes(self) -> int:
        """Optimizer steps that learned from the same completions."""
        return self.settings.get("iterations", 1)

    @property
    def adapted(self) -> bool:
        """Whether it trained an adapter alone."""
        return bool(self.settings.get("adapter"))


def runs(results: Path) -> list[MeasuredRun]:
    """All finished jobs below a results folder, in the order of their paths; none where nothing is.

    InputError for a run.json that cannot be read, with its name.
    """
    trained = [_trained(path) for path in sorted(results.glob("models/*/*/run.json"))]
    answered = [_answered(path) for path in sorted(results.glob("answers/*/*/*/*.run.json"))]
    return [run for run in trained + answered if run is not None]


def _trained(path: Path) -> MeasuredRun | None:
    if not path.with_name("manifest.json").is_file():
        return None  # not finished
    step = chains.last_step(path.parent.name)
    recipe, manifest = _read(path.with_name("recipe.json")), _read(path.with_name("manifest.json"))
    facts = {"settings": recipe, "examples": manifest.get("examples", 0)}
    return _run(path, {"stage": step.stage, "backbone": path.parents[1].name, **facts})


def _answered(path: Path) -> MeasuredRun | None:
    benchmark, _, style = path.parent.name.rpartition(".")
    settings = {"benchmark": benchmark, "style": style, "decoding": path.name.removesuffix(".run.json")}
    return _run(path, {"stage": ANSWERING, "backbone": path.parents[2].name, "settings": settings})


def _run(path: Path, facts: dict[str, Any]) -> MeasuredRun | None:
    written = _read(path)
    if "threads" not in written:
        return None  # answers of an endpoint, or recorded ones: nothing was computed
    try:
        return MeasuredRun.model_validate(written | facts)
    except ValidationError as error:
        first = error.errors()[0]
        fix = "run its job again, or remove the file"
        raise InputError(first["msg"], file=path, field=str(first["loc"][0]), fix=fix) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        fix = "run its job again (`snakemake --forcerun` of this file), or remove the file"
        raise InputError(f"Invalid JSON: {error}", file=path, fix=fix) from None
