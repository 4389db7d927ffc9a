"""What a job asks a machine for: the entries of config/resources.yaml that name it, the later ones over the earlier."""

import math
from dataclasses import dataclass, fields

from reasonome.config import TRAINING_RULES, Request
from reasonome.config.project import Project, chains


@dataclass(frozen=True)
class JobResources:
    """What one job asks for. Memory (GB), CPUs and GPUs are those of a node; `processes` None is one per GPU."""

    cpus: int = 1
    memory_gb: float = 8.0
    minutes: int = 60
    gpus: int = 0
    gpu_model: str | None = None
    nodes: int = 1
    processes: int | None = None
    sharding: str = "none"
    partition: str | None = None
    account: str | None = None
    retry_factor: float = 1.5
    warning_seconds: int = 120

    def memory_mb(self, attempt: int) -> int:
        """Megabytes of the n-th attempt (from 1)."""
        return math.ceil(1000 * self.memory_gb * self.retry_factor ** (attempt - 1))

    def runtime(self, attempt: int) -> int:
        """Minutes of the n-th attempt (from 1)."""
        return math.ceil(self.minutes * self.retry_factor ** (attempt - 1))

    def warned_seconds(self, attempt: int) -> int:
        """Seconds before its time limit at which the n-th attempt is told to save: half of the limit at most, since a
        job that is warned as it starts does nothing."""
        return min(self.warning_seconds, 30 * self.runtime(attempt))

    def resources(self, attempt: int) -> dict[str, int | str | None]:
        """What the n-th attempt asks of Snakemake's SLURM executor, by name; None is not asked for.

        The executor starts the job's only task through srun. Over several nodes (`mpi`) it leaves that to the job, and
        GPUs are counted for each node: SLURM would spread one number of them over all. Jobs of one node say so, as
        SLURM may take GPUs from several where it is told nothing of nodes. `gpus_per_node`, `processes` and `sharding`
        are for the programs alone.
        """
        several = self.nodes > 1
        gres = ":".join(filter(None, ("gpu", self.gpu_model, str(self.gpus)))) if self.gpus else None
        return {
            "mem_mb": self.memory_mb(attempt),
            "runtime": self.runtime(attempt),
            "slurm_partition": self.partition,
            "slurm_account": self.account,
            # The job goes on with its log, and is told to save by SIGTERM, as Snakemake itself dies of USR1.
            "slurm_extra": f"--signal=TERM@{self.warned_seconds(attempt)} --open-mode=append",
            "gpu": None if several else self.gpus or None,
            "gpu_model": None if several or not self.gpus else self.gpu_model,
            "gres": gres if several else None,
            "nodes": self.nodes,
            "mpi": "srun" if several else None,
            "tasks": self.nodes if several else None,
            "tasks_per_gpu": 0 if several else None,
            "gpus_per_node": self.gpus,
            "processes": self.processes or 0,
            "sharding": self.sharding,
        }


GPU_RULES = (*TRAINING_RULES, "generate", "annotate")

# The resources that an entry with this field may give a job, beside memory and minutes, which every job has.
_OF_FIELD = {
    "gpus": {"gpu"},
    "gpu_model": {"gpu_model"},
    "partition": {"slurm_partition"},
    "account": {"slurm_account"},
    "nodes": {"gres", "mpi", "tasks", "tasks_per_gpu"},
    "warning_seconds": {"slurm_extra"},
}


def names(project: Project, rule: str) -> list[str]:
    """The resources that any job of `rule` may ask for: fewer than all, as Snakemake looks at each for every job."""
    found = {"mem_mb", "runtime"}
    if rule in GPU_RULES:
        found |= {"nodes", "gpus_per_node"}
    if rule in TRAINING_RULES:
        found |= {"processes", "sharding", "slurm_extra"}
    for request in project.requests:
        if request.rules is None or rule in request.rules:
            for field, resources in _OF_FIELD.items():
                if _value(request, field, rule) is not None and (field != "nodes" or rule in TRAINING_RULES):
                    found |= resources
    return sorted(found)


def requested(project: Project, rule: str, backbone: str | None = None, chain: str | None = None) -> JobResources:
    """What a job of `rule` asks for; `backbone` and `chain` are those of the model that it trains or asks, if any.

    Recipes are those of steps that are trained, and only training spreads over several nodes.
    """
    recipe = None
    if rule in TRAINING_RULES and chain is not None:
        step = chains.last_step(chain)
        recipe = f"{step.stage}.{step.variant}"
    asked: dict = {}
    for request in project.requests:
        if request.is_for(rule, backbone, recipe):
            asked |= {
                field.name: value
                for field in fields(JobResources)
                if (value := _value(request, field.name, rule)) is not None
            }
    if rule not in TRAINING_RULES:
        asked["nodes"] = 1
    return JobResources(**asked)


def _value(request: Request, field: str, rule: str) -> int | float | str | None:
    """What an entry says of a field. GPUs for all rules are for those that use them; others must be named."""
    if field in ("gpus", "gpu_model") and request.rules is None and rule not in GPU_RULES:
        return None
    return getattr(request, field)
