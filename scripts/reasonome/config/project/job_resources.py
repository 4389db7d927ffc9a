"""The resources that a job requests: all entries of config/resources.yaml for it; later entries override earlier."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields

from reasonome.config.project import Project, chains
from reasonome.config.project.training_memory import least_gb, weights_of
from reasonome.config.resources import Request
from reasonome.config.strict import WrongValue
from reasonome.core.errors import InputError
from reasonome.core.yaml_text import Loc


@dataclass(frozen=True)
class JobResources:
    """The request of one job. Memory (GB), CPUs and GPUs are per node; `processes` None is one per GPU.

    `gpu_memory_gb`, of a GPU, is asked of nobody: a training that cannot fit is refused by it.
    """

    cpus: int = 1
    memory_gb: float = 8.0
    minutes: int = 60
    gpus: int = 0
    gpu_model: str | None = None
    gres: bool = False
    nodes: int = 1
    processes: int | None = None
    sharding: str = "none"
    partition: str | None = None
    account: str | None = None
    retry_factor: float = 1.5
    warning_seconds: int = 120
    gpu_memory_gb: float = 80.0

    @property
    def ranks_of_node(self) -> int:
        """Processes of a training job on each of its nodes."""
        return self.processes or max(1, self.gpus)

    @property
    def ranks(self) -> int:
        """Processes of a training job on all of its nodes."""
        return self.ranks_of_node * self.nodes

    def memory_mb(self, attempt: int) -> int:
        """Megabytes of the n-th attempt (from 1)."""
        return math.ceil(1000 * self.memory_gb * self.retry_factor ** (attempt - 1))

    def runtime(self, attempt: int) -> int:
        """Minutes of the n-th attempt (from 1)."""
        return math.ceil(self.minutes * self.retry_factor ** (attempt - 1))

    def warned_seconds(self, attempt: int) -> int:
        """Seconds before its time limit at which the n-th attempt gets the signal to save: at most half of the limit,
        since a job that is warned at its start would do nothing."""
        return min(self.warning_seconds, 30 * self.runtime(attempt))

    def resources(self, attempt: int) -> dict[str, int | str | None]:
        """The resources that the n-th attempt requests of Snakemake's SLURM executor, by name; None: no request.

        The executor starts the job's only task through srun. Over several nodes (`mpi`) it leaves that to the job, and
        GPUs are per node (`gres`): SLURM would spread a total over all nodes. Some clusters take no total at all. Jobs
        on one node request one, as SLURM may otherwise take GPUs from several. `gpus_per_node`, `processes` and
        `sharding` are only for the programs.
        """
        several = self.nodes > 1
        per_node = several or self.gres
        gres = ":".join(filter(None, ("gpu", self.gpu_model, str(self.gpus)))) if self.gpus else None
        return {
            "cpus": self.cpus,  # for who reads a dry-run, where threads are at most those of the machine that plans
            "mem_mb": self.memory_mb(attempt),
            "runtime": self.runtime(attempt),
            "slurm_partition": self.partition,
            "slurm_account": self.account,
            # Append to the log of earlier attempts. SIGTERM is the signal to save, as SIGUSR1 kills Snakemake.
            "slurm_extra": f"--signal=TERM@{self.warned_seconds(attempt)} --open-mode=append",
            "gpu": None if per_node else self.gpus or None,
            "gpu_model": None if per_node or not self.gpus else self.gpu_model,
            "gres": gres if per_node else None,
            "nodes": self.nodes,
            "mpi": "srun" if several else None,
            "tasks": self.nodes if several else None,
            "tasks_per_gpu": 0 if several else None,
            "gpus_per_node": self.gpus,
            "processes": self.processes or 0,
            "sharding": self.sharding,
        }


FILE = "resources.yaml"
ANSWERING_RULES = ("generate", "sample", "annotate")  # that use GPUs, as training does

# The resources that a field of an entry sets, beside memory and minutes, which every job has.
_RESOURCES_OF_FIELD = {
    "gpus": {"gpu", "gpus_per_node"},
    "gpu_model": {"gpu_model"},
    "gres": {"gres"},
    "partition": {"slurm_partition"},
    "account": {"slurm_account"},
    "nodes": {"gres", "mpi", "tasks", "tasks_per_gpu"},
    "warning_seconds": {"slurm_extra"},
}


def names(project: Project, rule: str) -> list[str]:
    """The resources that a job of `rule` may request; not all, as Snakemake evaluates each for every job."""
    resource_names = {"cpus", "mem_mb", "runtime"}
    if rule in project.stages or rule in ANSWERING_RULES:
        resource_names |= {"nodes", "gpus_per_node"}
    if rule in project.stages:
        resource_names |= {"processes", "sharding", "slurm_extra"}
    for request in project.requests:
        if request.rules is None or rule in request.rules:
            for field, resources in _RESOURCES_OF_FIELD.items():
                if _value(project, request, field, rule) is not None and (field != "nodes" or rule in project.stages):
                    resource_names |= resources
    return sorted(resource_names)


def requested(
    project: Project, rule: str, backbone: str | None = None, chain: str | None = None, data: Collection[str] = ()
) -> JobResources:
    """The request of a job of `rule`; `backbone` and `chain` are those of the model that it trains or asks, if any.

    `data` are the benchmarks and corpora that a job is about which trains nothing. Entries match recipes only for
    training rules, and only training spans several nodes.
    """
    values: dict = {}
    for _, request in _entries(project, rule, backbone, chain, data):
        values |= {
            field.name: value
            for field in fields(JobResources)
            if (value := _value(project, request, field.name, rule)) is not None
        }
    if rule not in project.stages:
        values["nodes"] = 1
    return JobResources(**values)


def data_of(project: Project, wildcards: Mapping[str, str]) -> tuple[str, ...]:
    """The benchmarks and corpora that a job is about, by its wildcards; of an experiment's jobs its benchmarks."""
    if experiment := wildcards.get("experiment"):
        return tuple(project.experiments[experiment].benchmarks)
    return tuple(name for kind in ("benchmark", "corpus") if (name := wildcards.get(kind)))


def place(
    project: Project,
    key: str,
    rule: str,
    backbone: str | None = None,
    chain: str | None = None,
    data: Collection[str] = (),
) -> Loc:
    """Where the value of a key stands in resources.yaml that counts for a job: in the last of the entries for it."""
    entries = _entries(project, rule, backbone, chain, data)
    given = [position for position, request in entries if _value(project, request, key, rule) is not None]
    return (given[-1], key) if given else ()


def _entries(
    project: Project, rule: str, backbone: str | None, chain: str | None, data: Collection[str]
) -> list[tuple[int, Request]]:
    """The entries for a job, with their positions in resources.yaml."""
    step = _step(chain) if rule in project.stages and chain is not None else None
    recipe = project.recipe(step) if step is not None else None
    written = project.written(step) if step is not None else None
    if recipe is not None:
        data = {*recipe.corpora, *(benchmark for benchmark, _ in recipe.questions)}
    numbered = enumerate(project.requests)
    return [entry for entry in numbered if entry[1].is_for(rule, backbone, written, recipe, data)]


def check_training(project: Project, backbone: str, chain: str) -> None:
    """InputError, at its place in resources.yaml, where what is asked for cannot train the last step of a chain.

    Its processes cannot share the recipe's batch out, weights are too many for the GPUs, or are in 4 bits and have no
    GPU or are to be shared out, or nobody knows how many rows fit.
    """
    step = _step(chain)
    stage, variant = step.split(".")
    asked, recipe = requested(project, stage, backbone, chain), project.recipes[stage][variant]
    if recipe.adapter and recipe.adapter.quantize:
        _check_quantized(project, backbone, chain, asked)
    _check_fits(project, backbone, chain, asked)
    if asked.sharding == "zero3" and recipe.micro_batch_size == "auto" and not recipe.gradient_checkpointing:
        what = f"{step} of {backbone} has `micro_batch_size: auto`, which zero3 finds for recomputed activations alone"
        fix = "set `gradient_checkpointing: auto` in the recipe, or a number of rows"
        raise project.folder.error(FILE, place(project, "sharding", stage, backbone, chain), what, fix)
    try:
        recipe.check_processes(asked.ranks)
    except WrongValue as error:
        key = "processes" if asked.processes else "gpus" if asked.gpus > 1 else "nodes"
        what = f"{step} of {backbone}: {error}"
        raise project.folder.error(FILE, place(project, key, stage, backbone, chain), what, error.fix) from None


def without_gpu(project: Project, rule: str, backbone: str, chain: str) -> InputError | None:
    """The mistake in running a job of this rule where no GPU is, at the setting that needs one; None if none does."""
    if rule in ("generate", "sample") and project.backbones[backbone].engine == "vllm":
        file, loc, what = "backbones.yaml", (backbone, "engine"), f"answers of {backbone} are generated by vLLM"
    elif rule in project.stages:
        step = _step(chain)
        recipe = project.recipe(step)
        if recipe.adapter and recipe.adapter.quantize:
            keys, what = ("adapter", "quantize"), f"{step} of {backbone} has `quantize: {recipe.adapter.quantize}`"
        elif (rollouts := getattr(recipe, "rollouts", "transformers")) != "transformers":
            keys, what = ("rollouts",), f"{step} of {backbone} has `rollouts: {rollouts}`"
        else:
            return None
        file, loc = f"recipes/{rule}.yaml", ("variants", step.partition(".")[2], *keys)
    else:
        return None
    fix = "run it where GPUs are, or take the setting away"
    return project.folder.error(file, loc, f"{what}, which needs a GPU, and this machine has none", fix)


def _check_quantized(project: Project, backbone: str, chain: str, asked: JobResources) -> None:
    step = _step(chain)
    what = f"{step} of {backbone} has `quantize: 4bit`"
    if asked.sharding == "zero3":
        what, key = f"{what}, and zero3 cannot share out weights in 4 bits", "sharding"
        fix = "set `sharding: none` or `zero2` for it, or leave `quantize` out of the recipe's adapter"
    elif not asked.gpus:
        what, key = f"{what}, which needs a GPU, and none is asked for", "gpus"
        fix = "set `gpus: 1` for it, or leave `quantize` out of the recipe's adapter"
    else:
        return
    stage, _, _ = step.partition(".")
    raise project.folder.error(FILE, place(project, key, stage, backbone, chain), what, fix)


def _check_fits(project: Project, backbone: str, chain: str, asked: JobResources) -> None:
    step, weights = _step(chain), weights_of(project, backbone)
    if weights is None or not asked.gpus:
        return
    recipe = project.recipe(step)
    least = least_gb(weights, recipe, asked.sharding, asked.ranks)
    if least <= asked.gpu_memory_gb:
        return
    what = f"{step} of {backbone}, {weights / 1e9:.3g} billion weights, takes {least:,.0f} GB of each GPU at least"
    smaller = "set `quantize: 4bit` in its adapter" if recipe.adapter else "train an adapter"
    fix = f"spread it over more GPUs by `sharding: zero3`, {smaller}, or take a smaller model (docs/cluster.md)"
    loc = place(project, "gpus", step.partition(".")[0], backbone, chain)
    raise project.folder.error(FILE, loc, f"{what}, and `gpu_memory_gb` is {asked.gpu_memory_gb:g}", fix)


def _step(chain: str) -> str:
    """The last step of a chain without its seed: stage.variant."""
    step = chains.last_step(chain)
    return f"{step.stage}.{step.variant}"


def _value(project: Project, request: Request, field: str, rule: str) -> int | float | str | None:
    """The value of an entry's field. GPUs in an entry for all rules are only for jobs that use some."""
    uses_gpus = rule in project.stages or rule in ANSWERING_RULES
    if field in ("gpus", "gpu_model", "gres") and request.rules is None and not uses_gpus:
        return None
    return getattr(request, field)
