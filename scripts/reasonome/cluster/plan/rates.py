"""Tokens per second of a job: as finished jobs had them in their run.json, scaled from these, or assumed."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reasonome.cluster.plan.assumed import MACHINES, MFU, SMALLEST_ON_GPU, UNNAMED_GPU, Machine
from reasonome.cluster.plan.estimates import Estimate, combine, unknown
from reasonome.config.project import chains
from reasonome.config.project.job_resources import JobResources
from reasonome.config.resources import gpu_in
from reasonome.core.errors import InputError
from reasonome.stages import STAGES

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
    step, manifest = chains.last_step(path.parent.name), _read(path.with_name("manifest.json"))
    # recipe.json may be of a training that is still to come.
    facts = {"settings": manifest["recipe"], "examples": manifest.get("examples", 0)}
    return _run(path, _read(path), {"stage": step.stage, "backbone": path.parents[1].name, **facts})


def _answered(path: Path) -> MeasuredRun | None:
    benchmark, _, style = path.parent.name.rpartition(".")
    settings = {"benchmark": benchmark, "style": style, "decoding": path.name.removesuffix(".run.json")}
    written = _read(path)
    if "engine" not in written:
        return None  # answers of an endpoint, or recorded ones: nothing was computed
    return _run(path, written, {"stage": ANSWERING, "backbone": path.parents[2].name, "settings": settings})


def _run(path: Path, written: dict[str, Any], facts: dict[str, Any]) -> MeasuredRun:
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


@dataclass(frozen=True)
class Device:
    """The device of a job: `name` is "cpu", a GPU model as in resources.yaml, or "gpu"; `workers` are GPUs or cores."""

    name: str
    workers: int

    @classmethod
    def granted(cls, resources: JobResources, gpus: int | None = None, cores: int | None = None) -> "Device":
        """The device that a request gets of `gpus` GPUs a node and `cores` cores (None: as many as it asks for)."""
        if count := resources.gpus if gpus is None else min(resources.gpus, gpus):
            return cls((resources.gpu_model or "gpu").lower(), count * resources.nodes)
        return cls("cpu", resources.cpus if cores is None else min(resources.cpus, cores))

    def answering(self, engine: str) -> "Device":
        """The part of it that one job's engine answers on: transformers takes a single GPU, vLLM all of them."""
        return self if self.name == "cpu" or engine == "vllm" else replace(self, workers=1)

    def matches(self, run: MeasuredRun) -> bool:
        """Whether the run was on such a device; an unnamed GPU is any."""
        if (self.name == "cpu") != (run.device == "cpu"):
            return False
        if model := gpu_in(self.name):  # clusters write it in other ways than its driver
            return gpu_in(run.device) == model
        return self.name in ("cpu", "gpu") or self.name in run.device.lower()


@dataclass(frozen=True)
class Rates:
    """Rates from finished runs; `sizes` are backbones' parameters."""

    runs: list[MeasuredRun]
    sizes: dict[str, Estimate]

    def has(self, stage: str, backbone: str, device: Device, adapted: bool, passes: int) -> bool:
        """Whether `training` is measured, by a job of this very stage."""
        runs = self._trained(stage, adapted, passes)
        return any(run.stage == stage for run in self._telling(runs, backbone, device))

    def _trained(self, stage: str, adapted: bool, passes: int) -> list[MeasuredRun]:
        """The runs whose rates are those of a stage: they draw completions, or none, as it does."""
        trained = [run for run in self.runs if run.stage in STAGES]
        trained = [run for run in trained if STAGES[run.stage].generates == STAGES[stage].generates]
        return [run for run in trained if (run.adapted, run.passes) == (adapted, passes) and run.backward_tokens]

    def _telling(self, runs: list[MeasuredRun], backbone: str, device: Device) -> list[MeasuredRun]:
        """Those of the runs that were on such a device, of the backbone or one of known size."""
        here = [run for run in runs if run.seconds and device.matches(run)]
        return [run for run in here if self._times_larger(run.backbone, backbone)]

    def training(
        self, stage: str, backbone: str, device: Device, adapted: bool, passes: int = 1, flops: int = 6
    ) -> Estimate:
        """Tokens per second through a backward pass, all workers; `adapted`: of an adapter alone.

        Drawing completions takes part of these seconds: a smaller one, the more `passes` follow. `flops` of each token
        and parameter count where nothing was measured.
        """
        alike = self._trained(stage, adapted, passes)

        def told(machine: Machine) -> tuple[float, str]:
            note = f"{MFU:.0%} of {machine.tflops:,} TFLOP/s of each {{}}, {flops} FLOPs a token and parameter"
            return MFU * machine.tflops * 1e12 / flops, note

        measured = self._measured(alike, "backward_tokens", stage, backbone, device)
        return measured or self._assumed(backbone, device, told)

    def generation(self, backbone: str, device: Device, engine: str) -> Estimate:
        """Tokens generated per second by this engine, all workers."""
        alike = [run for run in self.runs if (run.stage, run.engine) == (ANSWERING, engine) and run.generated_tokens]

        def told(machine: Machine) -> tuple[float, str]:
            each = getattr(machine, engine)
            return each * 1e9, f"{each:,} tokens/s on each {{}} with 1B parameters"

        measured = self._measured(alike, "generated_tokens", ANSWERING, backbone, device)
        return measured or self._assumed(backbone, device, told)

    def _measured(
        self, runs: list[MeasuredRun], tokens: str, stage: str, backbone: str, device: Device
    ) -> Estimate | None:
        """The rate of these runs together, for as many workers as the job has; None if they tell none.

        It is taken from the backbone's runs on such a device: those of the stage, else all. Without any, runs of other
        backbones are scaled by parameters.
        """
        runs = self._telling(runs, backbone, device)
        own = [run for run in runs if run.backbone == backbone]
        chosen = [run for run in own if run.stage == stage] or own or runs
        if not chosen:
            return None
        first, workers = chosen[0], {run.workers for run in chosen}
        done = sum(getattr(run, tokens) * self._times_larger(run.backbone, backbone) for run in chosen)
        rate = done / sum(run.seconds * run.workers for run in chosen) * device.workers
        note = f"{rate:.0f} tokens/s by {len(chosen)} {first.stage} run{'s' * (len(chosen) > 1)}"
        note += f" of {' and '.join(dict.fromkeys(run.backbone for run in chosen))} on {first.device}"
        if not own:
            note += ", by size"
        if workers != {device.workers}:
            note += f", {min(workers)} → {device.workers} {'cores' if device.name == 'cpu' else 'GPUs'}"
        same = first.backbone == backbone and first.stage == stage and workers == {device.workers}
        return Estimate(rate, "measured" if same else "scaled", note)

    def _times_larger(self, other: str, backbone: str) -> float:
        """Parameters of another backbone over those of this one; 0 where one is not known."""
        if other == backbone:
            return 1.0
        size, own = (self.sizes.get(name, unknown(name)).value for name in (other, backbone))
        return size / own if size and own else 0.0

    def _assumed(self, backbone: str, device: Device, told: Callable[[Machine], tuple[float, str]]) -> Estimate:
        """The rate of all workers: `told` gives that of one machine with one parameter, and a note of such a machine.

        A GPU gains nothing of tiny models.
        """
        model = {"cpu": "cpu", "gpu": UNNAMED_GPU}.get(device.name) or gpu_in(device.name)
        if model is None:
            return unknown(f"speed of a {device.name}")
        named = {"cpu": "core", "gpu": f"{model.upper()} (no gpu_model is asked for)"}.get(device.name, model.upper())
        each, note = told(MACHINES[model])
        size = self.sizes.get(backbone, unknown(f"size of {backbone}"))
        least = 0.0 if device.name == "cpu" else SMALLEST_ON_GPU
        all_workers = Estimate(each * device.workers, "assumed", note.format(named))
        return combine(lambda rate, size: rate / max(size, least), all_workers, size)
