"""`reasonome plan`: the jobs of an experiment that are still to run, and what they will take."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from reasonome.cluster.plan import assumed, backbones, memory
from reasonome.cluster.plan.assumed import MACHINES, SAVED_GB_PER_SECOND, START_SECONDS, UNNAMED_GPU
from reasonome.cluster.plan.estimates import Estimate
from reasonome.cluster.plan.jobs import Job
from reasonome.cluster.plan.measured import ANSWERING, SAMPLING, MeasuredRun
from reasonome.cluster.plan.rates import TEXT_STAGES, Device, Rates
from reasonome.cluster.plan.workload import Work, Workload
from reasonome.config import TRAINING_RULES, Recipe
from reasonome.config.project import Project, chains
from reasonome.config.project.job_resources import JobResources, requested
from reasonome.config.resources import gpu_in

MODEL_RULES = (*TRAINING_RULES, SAMPLING, ANSWERING)
DATA_RULES = ("write_prompts", "write_statements")


@dataclass(frozen=True)
class Line:
    """Jobs that train or ask models alike, and what each of them takes; times in seconds, memory and disk in GB.

    `name` is the rule, the backbone, and the step or the question; `tokens` are those through a backward pass and
    generated ones.
    """

    name: tuple[str, str, str]
    jobs: int
    resources: JobResources
    device: Device
    tokens: Estimate
    seconds: Estimate
    need: memory.Need
    quantized: bool = False  # it trains beside weights in 4 bits

    @property
    def on_gpus(self) -> bool:
        """Whether a job holds GPUs, and not only cores."""
        return self.device.name != "cpu"

    @property
    def hours(self) -> Estimate:
        """Hours of all jobs' GPUs, or of their cores where they hold no GPU."""
        return self.seconds.times(self.jobs * self.device.workers / 3600)

    @property
    def kept(self) -> Estimate:
        """GB that all jobs' models take for good."""
        return self.need.kept.times(self.jobs)

    @property
    def meanwhile(self) -> Estimate:
        """GB of checkpoints if all jobs ran at once; they are gone when a job is done."""
        return self.need.meanwhile.times(self.jobs)


class Plan:
    """The jobs of an experiment that are still to run: `lines` of those that train or ask models, `others` by rule.

    `runs` are what was measured (measured.runs). At most `gpus` GPUs a node and `cores` cores are there; None: as many
    as config/resources.yaml asks for.
    """

    def __init__(
        self,
        project: Project,
        jobs: list[Job],
        runs: list[MeasuredRun],
        gpus: int | None = None,
        cores: int | None = None,
    ):
        self.project, self.gpus, self.cores = project, gpus, cores
        weights = Path(project.settings.results) / "models"
        sizes = {
            name: backbones.parameters(name, backbone, weights / name / chains.BASE / "model")
            for name, backbone in project.backbones.items()
            if backbone.weights is not None
        }
        self.rates = Rates(runs, sizes)
        self.workload = Workload(project, runs)
        self.others = Counter(job.rule for job in jobs if job.rule not in MODEL_RULES)
        self._data = [job.outputs[0] for job in jobs if job.rule in DATA_RULES]
        alike = defaultdict(list)
        for job in jobs:
            if job.rule in MODEL_RULES:
                alike[_name(job)].append(job)
        in_order = sorted(alike, key=lambda name: (MODEL_RULES.index(name[0]), name[1:]))
        self.lines = [self._line(name, alike[name]) for name in in_order]

    @property
    def unbuilt(self) -> list[str]:
        """A file of all data that are still to be built, if some job cannot be sized yet."""
        return self._data if any(line.seconds.value is None for line in self.lines) else []

    @property
    def warnings(self) -> list[str]:
        """The lines whose jobs ask for too little time or memory, with the amounts to ask for."""
        return [f"{' '.join(line.name)} {what}" for line in self.lines for what in _too_little(line)]

    def _line(self, name: tuple[str, str, str], jobs: list[Job]) -> Line:
        job = jobs[0]
        answers, quantized = job.rule in (ANSWERING, SAMPLING), False
        request = requested(self.project, ANSWERING if answers else job.rule, job.backbone, job.chain)
        device = Device.granted(request, self.gpus, self.cores)
        resources = _given(request, device)
        work = self.workload.work(job)
        if answers:
            engine = self.project.backbones[job.backbone].engine
            used = device.answering(engine)
            seconds = work.generated / self.rates.generation(job.backbone, used, engine)
            need = memory.answering_need(self.rates.sizes[job.backbone], used.workers if resources.gpus else 0)
        else:
            recipe = chains.last_step(job.chain).recipe(self.project)
            quantized = bool(recipe.adapter and recipe.adapter.quantize)
            seconds = self._seconds_of_training(job, recipe, device, work)
            need = self._need_of_training(job, recipe, device, resources)
        if seconds.source == "assumed":  # what was measured has it in
            seconds += Estimate(START_SECONDS, "assumed", f"{START_SECONDS} s to start")
        return Line(name, len(jobs), resources, device, work.backward + work.generated, seconds, need, quantized)

    def _seconds_of_training(self, job: Job, recipe: Recipe, device: Device, work: Work) -> Estimate:
        adapted, flops = recipe.adapter is not None, assumed.flops(recipe)
        if job.rule in TEXT_STAGES or self.rates.has(job.rule, device, recipe.passes):
            return work.backward / self.rates.training(
                job.rule, job.backbone, device, adapted, recipe.passes, flops=flops
            )
        # What it learns from and what it writes, one after the other.
        engine = "transformers" if recipe.rollouts == "transformers" else "vllm"
        learning = work.backward / self.rates.training("sft", job.backbone, device, adapted, flops=flops)
        writing = work.generated / self.rates.generation(job.backbone, device, engine)
        return learning + writing + Estimate(0, "scaled", f"no run of {job.rule} on such a device")

    def _need_of_training(self, job: Job, recipe: Recipe, device: Device, resources: JobResources) -> memory.Need:
        # Equal settings on an equal machine took what they took.
        same = (job.rule, job.backbone, device.workers, resources.ranks, resources.sharding)
        alike = [
            run
            for run in self.rates.runs
            if (run.stage, run.backbone, run.workers, run.processes, run.sharding) == same
            and device.matches(run)
            and memory.takes_as_much(recipe, run.settings)
        ]
        return memory.as_measured(memory.training_need(self.rates.sizes[job.backbone], recipe, resources), alike)


def _too_little(line: Line) -> list[str]:
    """The time, memory and GPU that a job lacks, and the lines for config/resources.yaml."""
    warnings = []
    resources, need = line.resources, line.need
    minutes = (line.seconds.value or 0) / 60
    if minutes > resources.minutes:
        takes = "may take up to" if line.seconds.at_most else "takes about"
        warnings.append(
            f"{takes} {math.ceil(minutes):,} minutes and asks for {resources.minutes:,}: it is stopped, saves and is "
            f"retried; or set `minutes: {math.ceil(minutes * 1.2)}`"
        )
    if (node := need.node.value) and node > resources.memory_gb:
        warnings.append(
            f"needs about {node:.0f} GB of a node's memory and asks for {resources.memory_gb:g}: "
            f"set `memory_gb: {round(node * 1.2) + 1}`"
        )
    saving, warned = (need.checkpoint.value or 0) / SAVED_GB_PER_SECOND, resources.warned_seconds(1)
    if saving > warned:
        needed = math.ceil(saving * 1.2)
        more = f" and `minutes: {math.ceil(needed / 30)}`" if needed > 30 * resources.minutes else ""
        warnings.append(
            f"saves {need.checkpoint.value:.0f} GB, for which {warned} seconds before its time limit may be too few: "
            f"set `warning_seconds: {needed}`{more}"
        )
    if line.quantized and not line.on_gpus:
        warnings.append("has `quantize: 4bit`, which needs a GPU: give --gpus, or leave `quantize` out of its recipe")
    model = gpu_in(resources.gpu_model or "") or UNNAMED_GPU
    if need.gpu and (need.gpu.value or 0) > MACHINES[model].memory_gb:
        which = "" if resources.gpu_model else f", taken for one of {model.upper()} as no `gpu_model` is given"
        warnings.append(
            f"needs about {need.gpu.value:.0f} GB on a GPU, which has {MACHINES[model].memory_gb}{which}: "
            "more GPUs with `sharding: zero3`, an adapter, or a smaller micro_batch_size with gradient_checkpointing"
        )
    return warnings


def _name(job: Job) -> tuple[str, str, str]:
    """The line that a job belongs to."""
    if job.rule in (ANSWERING, SAMPLING):
        return job.rule, job.backbone, ".".join(job.wildcards[key] for key in ("benchmark", "style", "decoding"))
    step = chains.last_step(job.chain)
    return job.rule, job.backbone, f"{step.stage}.{step.variant}"


def _given(request: JobResources, device: Device) -> JobResources:
    """The request as the launcher takes it on this device: the GPUs or cores that are there, processes as they are."""
    if device.name == "cpu":
        return replace(request, cpus=device.workers, gpus=0, gpu_model=None, nodes=1)
    return replace(request, gpus=device.workers // request.nodes)
