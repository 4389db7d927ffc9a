"""Tokens per second of a job: as measured, scaled from what was measured, or assumed from a device's peak."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from reasonome.cluster.plan.estimates import Estimate, combine, counted, unknown
from reasonome.cluster.plan.measured import ANSWERING, MeasuredRun
from reasonome.config.project.job_resources import JobResources

# Dense bf16 peaks, FLOP/s, from the makers' data sheets; memory in GB.
PEAKS = {
    "b200": 2250e12,
    "h200": 989e12,
    "h100": 989e12,
    "a100": 312e12,
    "l40s": 362e12,
    "l4": 121e12,
    "a10": 125e12,
    "mi300x": 1307e12,
}
GPU_MEMORY_GB = {"b200": 180, "h200": 141, "h100": 80, "a100": 80, "l40s": 48, "l4": 24, "a10": 24, "mi300x": 192}
UNNAMED_GPU = "a100"
# Shares of the peak that are assumed where nothing was measured, low on purpose.
TRAINING_SHARE = 0.3
GENERATION_SHARE = {"transformers": 0.01, "vllm": 0.1}
# FLOP/s that a CPU core keeps up, in training and in answering.
CORE_FLOPS = (50e9, 10e9)
TEXT_STAGES = ("pretrain", "sft")


@dataclass(frozen=True)
class Device:
    """What a job runs on: `name` is "cpu", a GPU model as in resources.yaml, or "gpu"; GPUs or cores in all."""

    name: str
    workers: int

    @classmethod
    def of(cls, asked: JobResources, gpus: int | None = None, cores: int | None = None) -> "Device":
        """What a request gets where there are at most `gpus` GPUs a node and `cores` cores (None: all it asks for)."""
        if count := asked.gpus if gpus is None else min(asked.gpus, gpus):
            return cls((asked.gpu_model or "gpu").lower(), count * asked.nodes)
        return cls("cpu", asked.cpus if cores is None else min(asked.cpus, cores))

    def answering(self, engine: str) -> "Device":
        """The part of it that one job's engine answers on: transformers takes a single GPU, vLLM all of them."""
        return self if self.name == "cpu" or engine == "vllm" else replace(self, workers=1)

    def training(self, asked: JobResources) -> "Device":
        """The part of it that a training job's processes compute on: a GPU for each, or the same number of cores."""
        if asked.processes is None:
            return self
        if self.name == "cpu":
            return replace(self, workers=asked.processes * max(1, self.workers // asked.processes))
        return replace(self, workers=min(self.workers, asked.processes * asked.nodes))

    @property
    def peak(self) -> float:
        """FLOP/s of one GPU; of an unnamed one, UNNAMED_GPU's."""
        return PEAKS[_model(self.name) or UNNAMED_GPU]

    def is_that_of(self, run: MeasuredRun) -> bool:
        """Whether the run was on such a device; an unnamed GPU is any."""
        if (self.name == "cpu") != (run.device.lower() == "cpu"):
            return False
        return self.name in ("cpu", "gpu") or self.name in run.device.lower()


def _model(device: str) -> str | None:
    """The longest known GPU model in a device's name: an L40S is no L4."""
    return max((model for model in PEAKS if model in device.lower()), key=len, default=None)


@dataclass(frozen=True)
class Rates:
    """Rates from finished runs; `sizes` are backbones' parameters."""

    runs: list[MeasuredRun]
    sizes: dict[str, Estimate]

    def has(self, stage: str, device: Device) -> bool:
        """Whether any job of this stage was measured on such a device."""
        return any(run.stage == stage and device.is_that_of(run) for run in self.runs)

    def training(self, stage: str, backbone: str, device: Device, adapted: bool, recomputed: bool) -> Estimate:
        """Tokens per second through a backward pass, all workers; `recomputed` is gradient checkpointing."""
        stages = [(stage,)] if stage == "grpo" else [(stage,), TEXT_STAGES]
        for other in (False, True):
            for these in stages:
                chosen = self._chosen(these, backbone, other, device, adapted)
                if found := self._pooled(chosen, backbone, device, lambda run: run.backward_tokens):
                    of_it = {run.stage for run in chosen} == {stage}
                    return found if of_it else replace(found, source="scaled")
        # Per parameter and token: forward 2, backward 4 (2 where weights are frozen), 2 to compute activations again.
        flops = 6 - 2 * adapted + 2 * recomputed
        return self._assumed(backbone, device, flops, TRAINING_SHARE, CORE_FLOPS[0])

    def generation(self, backbone: str, device: Device, engine: str) -> Estimate:
        """Tokens generated per second by this engine, all workers."""
        for other in (False, True):
            chosen = self._chosen((ANSWERING,), backbone, other, device, False, engine)
            if found := self._pooled(chosen, backbone, device, lambda run: run.generated_tokens):
                return found
        return self._assumed(backbone, device, 2, GENERATION_SHARE[engine], CORE_FLOPS[1])

    def _chosen(
        self,
        stages: Iterable[str],
        backbone: str,
        other: bool,
        device: Device,
        adapted: bool,
        engine: str | None = None,
    ) -> list[MeasuredRun]:
        """The runs of some stages on such a device: of the backbone, or of the one that is nearest in size."""
        fitting = [
            run
            for run in self.runs
            if run.stage in stages and device.is_that_of(run) and (run.adapted, run.engine) == (adapted, engine)
        ]
        if not other:
            return [run for run in fitting if run.backbone == backbone]
        size = self._size(backbone)
        near = {run.backbone: self._size(run.backbone) for run in fitting if run.backbone != backbone}
        near = {name: found for name, found in near.items() if size and found}
        if not near:
            return []
        nearest = min(near, key=lambda name: max(near[name] / size, size / near[name]))
        return [run for run in fitting if run.backbone == nearest]

    def _size(self, backbone: str) -> float | None:
        size = self.sizes.get(backbone)
        return None if size is None else size.value

    def _pooled(
        self, chosen: list[MeasuredRun], backbone: str, device: Device, tokens: Callable[[MeasuredRun], int]
    ) -> Estimate | None:
        """The rate of these runs together, for as many workers as the job has; None if they have none."""
        chosen = [run for run in chosen if tokens(run) and run.seconds]
        if not chosen:
            return None
        rate = sum(map(tokens, chosen)) / sum(run.seconds * run.workers for run in chosen) * device.workers
        steps = "/".join(dict.fromkeys(run.stage for run in chosen))
        on = chosen[0].device
        runs = f"{len(chosen)} {steps} run{'s' * (len(chosen) > 1)}"
        note = f"{rate:.0f} tokens/s by {runs} of {chosen[0].backbone} on {on}"
        scaled = False
        if (before := {run.workers for run in chosen}) != {device.workers}:
            unit = "cores" if device.name == "cpu" else "GPUs"
            note += f", {min(before)} → {device.workers} {unit}"
            scaled = True
        measured = Estimate(rate, "scaled" if scaled else "measured", note)
        if (other := chosen[0].backbone) == backbone:
            return measured
        ratio = combine(lambda a, b: a / b, self.sizes[other], self.sizes[backbone])
        return Estimate(rate * ratio.value, "scaled", f"{note}, by size {ratio.value:.2g}×")

    def _assumed(self, backbone: str, device: Device, flops: int, share: float, core: float) -> Estimate:
        size = self.sizes.get(backbone) or unknown(f"size of {backbone}")
        if device.name == "cpu":
            speed = Estimate(core * device.workers, "assumed", f"{core / 1e9:g} GFLOP/s a core")
        elif device.name != "gpu" and _model(device.name) is None:
            return unknown(f"speed of a {device.name}")
        else:
            name = (_model(device.name) or UNNAMED_GPU).upper()
            unnamed = " (no gpu_model is asked for)" if device.name == "gpu" else ""
            note = f"{share:.0%} of the peak of {device.workers} {name}{unnamed}"
            speed = Estimate(share * device.peak * device.workers, "assumed", note)
        return combine(lambda a, b: a / b, speed, size * counted(flops))
