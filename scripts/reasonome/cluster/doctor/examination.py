"""All checks of a node, one after the other: quick ones first."""

import os
from collections.abc import Iterator
from pathlib import Path

from reasonome.cluster.doctor import all_reduce, machine, packages, slurm, storage, weights
from reasonome.cluster.doctor.finding import Finding
from reasonome.cluster.plan import backbones, memory
from reasonome.config.project import Project, chains, experiments
from reasonome.config.project.job_resources import JobResources, requested

LOCKS = ("requirements.lock", machine.GPU_LOCK)


def examine(project: Project, names: list[str], expected: int | None) -> Iterator[Finding]:
    """The findings of every check, as they come; `names` are the experiments that the node is to work on.

    `expected` is the number of GPUs that should be seen.
    """
    results = Path(project.settings.results)
    resources = requests(project, names)
    cluster = slurm.read_slurm()
    yield storage.check_free(results, disk_needed(project, resources), names[0])
    yield storage.check_shared(results, storage.file_system(results), cluster.client)
    yield storage.check_writing(results)
    yield weights.check_weights(project, names)
    most = max((job.memory_gb for job in resources.values()), default=0)
    yield machine.check_memory(most, "SLURM_JOB_ID" in os.environ)
    yield packages.check_versions(
        packages.installed(), {file: packages.pins(project.root.parent / file) for file in LOCKS}
    )
    yield packages.check_snakemake()
    yield slurm.check_controller(cluster, [job.partition for job in resources.values() if job.partition])
    yield slurm.check_following(cluster)
    torch = machine.read_torch()
    yield machine.check_gpus(torch, expected, os.environ.get("CUDA_VISIBLE_DEVICES"))
    yield machine.check_precision(torch)
    yield machine.check_compiler(torch, expected)
    yield all_reduce.check_all_reduce(torch)


def requests(project: Project, names: list[str]) -> dict[tuple[str, str], JobResources]:
    """(backbone, chain) of the steps that these experiments train → what each job asks for."""
    steps = [step for name in names for step in experiments.trained_steps(project, name)]
    return {
        (backbone, chain): requested(project, chains.last_step(chain).stage, backbone, chain)
        for backbone, chain in steps
    }


def disk_needed(project: Project, resources: dict[tuple[str, str], JobResources]) -> float:
    """GB of models that are still to be trained, and of one job's checkpoints, where sizes are known."""
    kept, meanwhile = 0.0, 0.0
    for (backbone, chain), job in resources.items():
        if (project.results.model(backbone, chain) / "manifest.json").is_file():
            continue
        folder = project.results.model(backbone, chains.BASE) / "model"
        size = backbones.parameters(backbone, project.backbones[backbone], folder)
        need = memory.training_need(size, chains.last_step(chain).recipe(project), job)
        kept += need.kept.value or 0
        meanwhile = max(meanwhile, need.meanwhile.value or 0)
    return kept + meanwhile
