"""`reasonome plan`: the jobs of an experiment that are still to run, and what they will take."""

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import mean

from reasonome.answering.engine import rows_of_length
from reasonome.cluster.plan import backbones, memory
from reasonome.cluster.plan.estimates import Estimate, total, unknown
from reasonome.cluster.plan.jobs import Job, waits_for
from reasonome.cluster.plan.measured import ANSWERING, MeasuredRun
from reasonome.cluster.plan.rates import GPU_MEMORY_GB, TEXT_STAGES, Device, Rates
from reasonome.cluster.plan.workload import Work, Workload
from reasonome.config import CLUSTER_RULES, TRAINING_RULES, GrpoRecipe
from reasonome.config.project import Project, chains
from reasonome.config.project.job_resources import JobResources, of_job

DATA_RULES = ("build_benchmark", "build_ranking_benchmark", "write_prompts", "write_statements")
# What loading libraries and weights takes, on a quiet file system.
START = Estimate(60, "assumed", "60 s to start")
WRITTEN = 0.1  # GB a second that a busy file system still takes
MODEL_RULES = (*TRAINING_RULES, ANSWERING)


@dataclass(frozen=True)
class Planned:
    """One job with what it asks for, has to do, takes and needs; times in seconds, memory and disk in GB."""

    job: Job
    asked: JobResources
    device: Device
    work: Work
    seconds: Estimate
    need: memory.Need | None

    @property
    def gpus(self) -> int:
        """GPUs that it holds while it runs."""
        return 0 if self.device.name == "cpu" else self.device.workers

    @property
    def cores(self) -> int:
        """Cores that it holds while it runs, used or not."""
        return self.asked.cpus * self.asked.nodes if self.gpus else self.device.workers


class Plan:
    """Everything about the jobs of an experiment that are still to run.

    `runs` are what was measured (measured.runs), `recorded` what Snakemake recorded of other jobs. At most `gpus`
    GPUs a node and `cores` cores are there; None: as many as config/resources.yaml asks for.
    """

    def __init__(
        self,
        project: Project,
        jobs: list[Job],
        runs: list[MeasuredRun],
        recorded: dict[str, dict[tuple[str, ...], float]],
        gpus: int | None = None,
        cores: int | None = None,
    ):
        self.project, self.gpus, self.cores, self.recorded = project, gpus, cores, recorded
        self.root = Path(project.settings.results)
        self.rates = Rates(runs, self._sizes(runs))
        self.workload = Workload(project, runs)
        self.jobs = [self._planned(job) for job in jobs]

    def _sizes(self, runs: list[MeasuredRun]) -> dict[str, Estimate]:
        known = {run.backbone: run.path for run in runs}
        found = {}
        for name in dict.fromkeys([*self.project.backbones, *known]):
            if name not in self.project.backbones or self.project.backbones[name].weights is None:
                continue
            found[name] = backbones.parameters(name, self.project.backbones[name], self._weights(name))
        return found

    def _weights(self, backbone: str) -> Path:
        return self.root / "models" / backbone / chains.BASE / "model"

    def _planned(self, job: Job) -> Planned:
        if job.rule in CLUSTER_RULES:
            asked = of_job(self.project, job.rule, job.backbone, job.chain)
        else:
            asked = JobResources(cpus=1)  # where Snakemake runs
        if job.rule not in MODEL_RULES:
            device = Device("cpu", asked.cpus if self.cores is None else min(asked.cpus, self.cores))
            return Planned(job, asked, device, Work(), self._recorded(job), None)
        device = Device.of(asked, self.gpus, self.cores)
        asked = _given(asked, device)
        work = self.workload.of(job)
        used = self._used(job, asked, device)
        seconds, need = self._seconds(job, used, work), self._need(job, asked, used, work)
        if seconds.source == "assumed":  # what was measured has it in
            seconds += START
        return Planned(job, asked, device, work, seconds, need)

    def _recorded(self, job: Job) -> Estimate:
        """Seconds of a job that neither trains nor answers, as Snakemake recorded earlier ones of the rule."""
        if seconds := self.recorded.get(job.rule):
            count = len(seconds)
            return Estimate(
                mean(seconds.values()), "measured", f"{job.rule}: mean of {count} job{'s' * (count > 1)} here"
            )
        return unknown(f"{job.rule}: no job of it was recorded here")

    def _used(self, job: Job, asked: JobResources, device: Device) -> Device:
        """What the job's program computes on, of the device that the job holds."""
        if job.rule == ANSWERING:
            return device.answering(self.project.backbones[job.backbone].engine)
        return device.training(asked)

    def _seconds(self, job: Job, device: Device, work: Work) -> Estimate:
        if job.rule == ANSWERING:
            engine = self.project.backbones[job.backbone].engine
            return work.generated / self.rates.generation(job.backbone, device, engine)
        recipe = chains.last_step(job.chain).recipe(self.project)
        how = (job.backbone, device, recipe.adapter is not None, recipe.gradient_checkpointing)
        if job.rule in TEXT_STAGES or self.rates.has("grpo", device):
            return work.backward / self.rates.training(job.rule, *how)
        # No GRPO was measured on such a device: what it learns from and what it writes, one after the other.
        engine = "transformers" if recipe.rollouts == "transformers" else "vllm"
        writing = work.generated / self.rates.generation(job.backbone, device, engine)
        return work.backward / self.rates.training("sft", *how) + writing

    def _need(self, job: Job, asked: JobResources, device: Device, work: Work) -> memory.Need:
        size = self.rates.sizes[job.backbone]
        shape = backbones.shape(self._weights(job.backbone))
        if job.rule == ANSWERING:
            gpus = device.workers if asked.gpus else 0
            return memory.of_answering(size, shape, work.answers, work.generated, gpus, self._answered_at_once(job))
        recipe = chains.last_step(job.chain).recipe(self.project)
        prompt = 0.0
        if isinstance(recipe, GrpoRecipe):
            prompt = self.workload.longest_prompt(recipe.benchmark, recipe.style)
        need = memory.of_training(size, shape, recipe, asked, prompt)
        # Equal settings on an equal machine took what they took.
        same = (job.rule, job.backbone, device.workers, memory.ranks(asked), asked.sharding)
        alike = [
            run
            for run in self.rates.runs
            if (run.stage, run.backbone, run.workers, run.processes, run.sharding) == same
            and device.is_that_of(run)
            and memory.takes_as_much(recipe, run.recipe)
        ]
        return memory.measured(need, alike)

    def _answered_at_once(self, job: Job) -> float | None:
        """Tokens of the prompts and answers that transformers has in its memory together; None: vLLM sees to it."""
        if self.project.backbones[job.backbone].engine == "vllm":
            return None
        benchmark, style, name = (job.wildcards[key] for key in ("benchmark", "style", "decoding"))
        decoding = self.project.decodings[name]
        prompt = self.workload.longest_prompt(benchmark, style)
        return rows_of_length(prompt, decoding.batch_size) * (prompt + decoding.max_new_tokens)

    # what the whole comes to

    @cached_property
    def rows(self) -> list[list[Planned]]:
        """The jobs by rule, and those of models by backbone and by what they train or are asked; in order."""
        groups: dict[tuple, list[Planned]] = defaultdict(list)
        for planned in self.jobs:
            groups[group_of(planned.job)].append(planned)
        rules = list(dict.fromkeys(rule for rule, *_ in groups))
        last = [rule for rule in MODEL_RULES if rule in rules]
        rank = {rule: position for position, rule in enumerate([*(r for r in rules if r not in last), *last])}
        return [groups[key] for key in sorted(groups, key=lambda key: (rank[key[0]], key[1:]))]

    def gpu_hours(self, jobs: list[Planned]) -> Estimate:
        """GPU-hours of these jobs together."""
        return total([planned.seconds.times(planned.gpus / 3600) for planned in jobs if planned.gpus])

    def cpu_hours(self, jobs: list[Planned]) -> Estimate:
        """CPU-hours of these jobs together: of the cores that they ask for, used or not."""
        return total([planned.seconds.times(planned.cores / 3600) for planned in jobs])

    def kept(self, jobs: list[Planned]) -> Estimate:
        """GB that models and answers of these jobs take for good."""
        return total([planned.need.kept for planned in jobs if planned.need])

    def meanwhile(self, jobs: list[Planned]) -> Estimate:
        """GB of checkpoints if all of these jobs ran at once; they are gone when a job is done."""
        return total([planned.need.meanwhile for planned in jobs if planned.need])

    @cached_property
    def longest_path(self) -> Estimate:
        """Seconds of the longest line of jobs that wait for one another; jobs of unknown length count nothing."""
        before = waits_for([planned.job for planned in self.jobs])
        ends: dict[int, float] = {}

        def end(position: int) -> float:
            if position not in ends:
                own = self.jobs[position].seconds.value or 0.0
                ends[position] = own + max((end(other) for other in before[position]), default=0.0)
            return ends[position]

        whole = total([planned.seconds for planned in self.jobs])
        if whole.value is None:
            return whole
        return Estimate(max(map(end, before), default=0.0), whole.source, whole.note, whole.at_most)

    @cached_property
    def most_gpus(self) -> int:
        """GPUs that would be held at once if every job started as soon as its model is there."""
        holding = [planned for planned in self.jobs if planned.gpus]
        trained = {(p.job.backbone, p.job.chain): p for p in holding if p.job.rule in TRAINING_RULES}
        below: dict[tuple | None, list[Planned]] = defaultdict(list)
        for planned in holding:
            key = (planned.job.backbone, planned.job.chain)
            of = key if planned.job.rule == ANSWERING else (key[0], chains.parent(key[1]))
            below[of if of in trained else None].append(planned)

        def most(planned: Planned) -> int:
            if planned.job.rule == ANSWERING:
                return planned.gpus
            return max(planned.gpus, sum(map(most, below[planned.job.backbone, planned.job.chain])))

        return sum(map(most, below[None]))

    @cached_property
    def unbuilt(self) -> list[str]:
        """Files of data that are still to be built, and without which jobs cannot be sized."""
        built = {name for planned in self.jobs if planned.job.rule in DATA_RULES for name in planned.job.outputs}
        waiting = [planned.job for planned in self.jobs if planned.need and planned.seconds.value is None]
        return list(dict.fromkeys(name for job in waiting for name in job.inputs if name in built))

    @cached_property
    def warnings(self) -> list[str]:
        """What asks for too little time or memory, once for each line of the table."""
        found: list[str] = []
        for jobs in self.rows:
            name = " ".join(part for part in group_of(jobs[0].job) if part)
            worst = max(jobs, key=lambda planned: planned.seconds.value or 0)
            limit, longest = worst.asked.minutes, (worst.seconds.value or 0) / 60
            if worst.job.rule in CLUSTER_RULES and longest > limit:
                bound = "may take up to" if worst.seconds.at_most else "takes about"
                found.append(
                    f"{name} {bound} {math.ceil(longest):,} minutes and asks for {limit:,}: it is stopped, saves and "
                    f"is retried; or set `minutes: {math.ceil(longest * 1.2)}`"
                )
            if worst.need is None:
                continue
            if (node := worst.need.node.value) and node > worst.asked.memory_gb:
                found.append(
                    f"{name} needs about {node:.0f} GB of a node's memory and asks for {worst.asked.memory_gb:g}: "
                    f"set `memory_gb: {round(node * 1.2) + 1}`"
                )
            saving, warned = (worst.need.checkpoint.value or 0) / WRITTEN, worst.asked.warned_seconds(1)
            if saving > warned:
                needed = math.ceil(saving * 1.2)
                minutes = f" and `minutes: {math.ceil(needed / 30)}`" if needed > 30 * worst.asked.minutes else ""
                found.append(
                    f"{name} saves {worst.need.checkpoint.value:.0f} GB, for which {warned} seconds before its time "
                    f"limit may be too few: set `warning_seconds: {needed}`{minutes}"
                )
            card = GPU_MEMORY_GB.get((worst.asked.gpu_model or "").lower())
            if worst.need.gpu and card and (worst.need.gpu.value or 0) > card:
                found.append(
                    f"{name} needs about {worst.need.gpu.value:.0f} GB on a GPU, which has {card}: more GPUs with "
                    "`sharding: zero3`, an adapter, or a smaller micro_batch_size with gradient_checkpointing"
                )
        return found


def group_of(job: Job) -> tuple[str, str, str]:
    """The line of the table that a job belongs to: rule, backbone, and the step or what is asked."""
    if job.rule == ANSWERING:
        return job.rule, job.backbone, ".".join(job.wildcards[key] for key in ("benchmark", "style", "decoding"))
    if job.rule in TRAINING_RULES:
        step = chains.last_step(job.chain)
        return job.rule, job.backbone, f"{step.stage}.{step.variant}"
    return job.rule, "", ""


def _given(asked: JobResources, device: Device) -> JobResources:
    """The request as the launcher takes it on this device: the GPUs or cores that are there, processes as they are."""
    if device.name == "cpu":
        return replace(asked, cpus=device.workers, gpus=0, gpu_model=None, nodes=1)
    return replace(asked, gpus=device.workers // asked.nodes)
