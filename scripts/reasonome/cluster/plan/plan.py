"""`reasonome plan`: the jobs of an experiment that are still to run, what they will take, and this as a table."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from reasonome.cluster.plan import assumed, memory
from reasonome.cluster.plan.assumed import MACHINES, SAVED_GB_PER_SECOND, START_SECONDS, UNNAMED_GPU
from reasonome.cluster.plan.estimates import Estimate, total
from reasonome.cluster.plan.jobs import Job
from reasonome.cluster.plan.rates import ANSWERING, SAMPLING, Device, MeasuredRun, Rates
from reasonome.cluster.plan.workload import Work, Workload
from reasonome.config import Recipe, RolloutRecipe
from reasonome.config.project import Project, chains
from reasonome.config.project.job_resources import JobResources, requested
from reasonome.config.resources import gpu_in
from reasonome.stages import STAGES
from reasonome.stages.pretrain import PretrainRecipe

MODEL_RULES = (*STAGES, SAMPLING, ANSWERING)
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
    unlearned: str = ""  # why it will not learn what it reads

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

    `runs` are what was measured (rates.runs). At most `gpus` GPUs a node and `cores` cores are there; None: as many
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
            name: memory.parameters(name, backbone, weights / name / chains.BASE / "model")
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
        return [f"{' '.join(line.name)} {what}" for line in self.lines for what in _warnings(line)]

    def _line(self, name: tuple[str, str, str], jobs: list[Job]) -> Line:
        job = jobs[0]
        answers, quantized, unlearned = job.rule in (ANSWERING, SAMPLING), False, ""
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
            unlearned = self._unlearned(job, recipe)
        if seconds.source == "assumed":  # what was measured has it in
            seconds += Estimate(START_SECONDS, "assumed", f"{START_SECONDS} s to start")
        tokens = work.backward + work.generated
        return Line(name, len(jobs), resources, device, tokens, seconds, need, quantized, unlearned)

    def _unlearned(self, job: Job, recipe: Recipe) -> str:
        """Why a warm-up will not learn its facts: it meets each too seldom, or they are beyond its parameters."""
        if not isinstance(recipe, PretrainRecipe):
            return ""
        reading, size = self.workload.reading(recipe), self.rates.sizes[job.backbone].value
        if reading is None or size is None:
            return ""
        held, fewer = assumed.bits_held(size, reading.exposures), f"say fewer facts (`only:` of corpus {recipe.corpus})"
        if reading.bits > held:
            return (
                f"reads {reading.bits:,.0f} bits of facts, each {reading.exposures:.2g} times, and its {size:,.0f} "
                f"parameters hold some {held:,.0f} of such: {fewer}, or read more epochs"
            )
        if reading.exposures < assumed.FEW_EXPOSURES:
            return (
                f"meets each of {reading.facts:,.0f} facts {reading.exposures:.2g} times, and below "
                f"{assumed.FEW_EXPOSURES} few are recalled: {fewer}, in more `paraphrases`, or read more epochs"
            )
        return ""

    def _seconds_of_training(self, job: Job, recipe: Recipe, device: Device, work: Work) -> Estimate:
        adapted, flops = recipe.adapter is not None, assumed.flops(recipe)
        measured = self.rates.has(job.rule, job.backbone, device, adapted, recipe.passes)
        if not isinstance(recipe, RolloutRecipe) or measured:
            return work.backward / self.rates.training(
                job.rule, job.backbone, device, adapted, recipe.passes, flops=flops
            )
        # What it learns from and what it writes, one after the other.
        engine = "transformers" if recipe.rollouts == "transformers" else "vllm"
        learning = work.backward / self.rates.training("sft", job.backbone, device, adapted, flops=flops)
        writing = work.generated / self.rates.generation(job.backbone, device, engine)
        return learning + writing + Estimate(0, "scaled", f"no such run of {job.rule} on such a device")

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


def _warnings(line: Line) -> list[str]:
    """The time, memory and GPU that a job lacks, and the lines for config/resources.yaml; why it learns little."""
    warnings = [line.unlearned] if line.unlearned else []
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
        keys = ("benchmark", "style", "decoding", *(("questions",) if job.rule == SAMPLING else ()))
        return job.rule, job.backbone, ".".join(job.wildcards[key] for key in keys)
    step = chains.last_step(job.chain)
    return job.rule, job.backbone, f"{step.stage}.{step.variant}"


def _given(request: JobResources, device: Device) -> JobResources:
    """The request as the launcher takes it on this device: the GPUs or cores that are there, processes as they are."""
    if device.name == "cpu":
        return replace(request, cpus=device.workers, gpus=0, gpu_model=None, nodes=1)
    return replace(request, gpus=device.workers // request.nodes)


MARKS = {"counted": "", "measured": " m", "scaled": " s", "assumed": " a"}
LEGEND = (
    "m measured here, s scaled from what was measured, a assumed, no mark: follows from files or config; ≤ at most."
)
HEADINGS: tuple[str, ...] = (
    "",
    "rule",
    "backbone",
    "step",
    "jobs",
    "each on",
    "tokens",
    "time",
    "hours",
    "GB GPU/node",
    "disk",
)


def text(plan: Plan, experiment: str) -> str:
    """The table, notes to its lines, totals and warnings."""
    if not plan.lines and not plan.others:
        return f"'{experiment}' is finished: nothing is left to run"
    rows = [list(HEADINGS)]
    for number, line in enumerate(plan.lines, 1):
        row = [f"[{number}]", *line.name, str(line.jobs), _machine(line), _shown(line.tokens, _count)]
        row += [_shown(line.seconds, _time), f"{_shown(line.hours, _figures)} {_unit(line)}"]
        row += [f"{_shown(line.need.gpu, _figures) or '–'}/{_shown(line.need.node, _figures)}"]
        rows.append([*row, _shown(line.kept, _figures)])
    notes = "\n".join(f"[{number}] {_how(line)}" for number, line in enumerate(plan.lines, 1))
    warnings = "\n".join(f"warning: {warning}" for warning in plan.warnings)
    parts = [_aligned(rows), LEGEND, notes, _totals(plan), warnings] if plan.lines else [_totals(plan)]
    return "\n\n".join(part for part in parts if part)


def _totals(plan: Plan) -> str:
    others = ", ".join(f"{count} {rule}" for rule, count in plan.others.items()) or "none"
    lines = [f"jobs: {sum(line.jobs for line in plan.lines)} that train or answer; others, not planned: {others}"]
    for unit in dict.fromkeys(map(_unit, plan.lines)):
        hours = total([line.hours for line in plan.lines if _unit(line) == unit])
        lines.append(f"{unit}: {_worded(hours)}")
    kept, meanwhile = (total([getattr(line, name) for line in plan.lines]) for name in ("kept", "meanwhile"))
    largest = max((line.need.meanwhile.value or 0 for line in plan.lines), default=0)
    lines.append(
        f"disk: {_worded(kept)} GB of models stay; checkpoints: {_figures(largest)} GB of a job until it is done, "
        f"{_worded(meanwhile)} of all"
    )
    if plan.unbuilt:
        lines.append(f"to know more, first: snakemake --cores 2 {' '.join(plan.unbuilt)}")
    return "\n".join(lines)


def _unit(line: Line) -> str:
    return "GPU-h" if line.on_gpus else "core-h"


def _worded(number: Estimate) -> str:
    """A sum with its source in words, and what it leaves out."""
    if number.value is None:
        return "unknown"
    words = ", ".join(word for word in (number.source, number.note) if word not in ("", "counted"))
    return ("at most " if number.at_most else "") + _figures(number.value) + (f" ({words})" if words else "")


def _how(line: Line) -> str:
    """Notes of time and memory, each once."""
    notes = [number.note for number in (line.seconds, line.need.gpu, line.need.node) if number is not None]
    return "; ".join(dict.fromkeys(part for note in notes for part in note.split("; ") if part))


def _machine(line: Line) -> str:
    if not line.on_gpus:
        return f"{line.device.workers} core{'s' * (line.device.workers > 1)}"
    nodes = line.resources.nodes
    each = f"{line.device.workers // nodes} {line.resources.gpu_model or 'GPU'}"
    return f"{nodes} × {each}" if nodes > 1 else each


def _shown(number: Estimate | None, form: Callable[[float], str]) -> str:
    if number is None:
        return ""
    if number.value is None:
        return "unknown"
    return ("≤" if number.at_most else "") + form(number.value) + MARKS[number.source]


def _figures(value: float) -> str:
    """Two figures, or whole numbers; no exponents."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}" if value >= 0.01 else "0"


def _count(value: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{_figures(value / size)} {unit}"
    return f"{value:.0f}"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{_figures(seconds / 3600)} h"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
