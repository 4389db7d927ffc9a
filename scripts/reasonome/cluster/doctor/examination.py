"""All checks of a node, one after the other: quick ones first."""

import os
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

from reasonome.cluster.doctor import cluster, communication, gpus, limits, offline, packages, storage
from reasonome.cluster.doctor.finding import Finding
from reasonome.cluster.plan import backbones, memory
from reasonome.config import GrpoRecipe
from reasonome.config.project import Project, chains, experiments
from reasonome.config.project.job_resources import JobResources, of_job

LOCKS = ("requirements.lock", "envs/gpu.lock")


def examine(project: Project, names: list[str], expected: int | None) -> Iterator[Finding]:
    """The findings of every check, as they come; `names` are the experiments that the node is to work on.

    `expected` is the number of GPUs that should be seen.
    """
    results, temporary = Path(project.settings.results), Path(tempfile.gettempdir())
    asked = requests(project, names)
    driver, slurm = gpus.read_driver(), cluster.read_slurm()
    yield gpus.check_driver(driver, expected)
    needed = disk_needed(project, names)
    fix = f"free some, or set `results:` in config/config.yaml to a larger disk; `reasonome plan {names[0]}` counts it"
    yield storage.check_free("disk", results, storage.free_gb(results), needed, fix)
    fix = "export TMPDIR=<a folder with space>"
    yield storage.check_free("TMPDIR", temporary, storage.free_gb(temporary), storage.TMP_GB, fix)
    shm = Path("/dev/shm")
    total = os.statvfs(shm).f_blocks * os.statvfs(shm).f_frsize / 1e9 if shm.is_dir() else None
    yield storage.check_shm(total, bool(driver.gpus))
    mountinfo = Path("/proc/self/mountinfo")
    place = storage.existing(results).resolve()
    kind = storage.mount_of(place, mountinfo.read_text(encoding="utf-8"))[1] if mountinfo.is_file() else "unknown"
    yield storage.check_shared(results, kind, slurm.client)
    yield storage.check_replacing(results)
    yield offline.check_weights(project, names)
    yield offline.check_hub(os.environ, Path.home())
    yield offline.check_tokens(project, names, os.environ)
    yield limits.check_open_files(*resource.getrlimit(resource.RLIMIT_NOFILE))
    most = max((one.memory_gb for one in asked), default=0)
    yield limits.check_memory(*limits.read_memory(), most, "SLURM_JOB_ID" in os.environ)
    locks = [str(project.root.parent / file) for file in LOCKS]
    have = packages.installed()
    yield packages.check_versions(have, {file: packages.pins(Path(file)) for file in locks})
    sharding = any(one.sharding != "none" for one in asked)
    yield packages.check_asked_for(optional_packages(project, names), "torch" in have)
    yield packages.check_compilers(sharding, "torch" in have, max(expected or 0, len(driver.gpus)))
    yield packages.check_snakemake()
    yield cluster.check_controller(slurm)
    yield cluster.check_partitions(slurm, [one.partition for one in asked if one.partition])
    yield cluster.check_accounting(slurm)
    yield cluster.check_remembered(slurm)
    torch = gpus.read_torch()
    yield gpus.check_precision(driver, torch)
    yield gpus.check_torch(driver, torch, locks[-1], os.environ.get("CUDA_VISIBLE_DEVICES"))
    yield gpus.check_cuda(driver, torch)
    yield communication.check_all_reduce(torch)


def requests(project: Project, names: list[str]) -> list[JobResources]:
    """What the training jobs of these experiments ask for."""
    steps = [step for name in names for step in experiments.trained_steps(project, name)]
    return [of_job(project, chains.last_step(chain).stage, backbone, chain) for backbone, chain in dict.fromkeys(steps)]


def optional_packages(project: Project, names: list[str]) -> dict[str, str]:
    """Packages that not every job needs → what in the config of these experiments asks for each first."""
    found = {name: f"`trackers: {name}`" for name in project.settings.trackers}
    for name in names:
        for backbone in project.experiments[name].backbones:
            if project.backbones[backbone].engine == "vllm":
                found.setdefault("vllm", f"`engine: vllm` of {backbone}")
        for _, chain in experiments.trained_steps(project, name):
            step = chains.last_step(chain)
            recipe, of_step = step.recipe(project), f"of {step.stage}.{step.variant}"
            if isinstance(recipe, GrpoRecipe) and recipe.rollouts != "transformers":
                found.setdefault("vllm", f"`rollouts: {recipe.rollouts}` {of_step}")
            if recipe.adapter and recipe.adapter.quantize:
                found.setdefault("bitsandbytes", f"`quantize: {recipe.adapter.quantize}` {of_step}")
    return found


def disk_needed(project: Project, names: list[str]) -> float:
    """GB of models that these experiments have still to train, and of one job's checkpoints, where sizes are known."""
    results = experiments.Results(project.settings.results)
    kept, meanwhile = 0.0, 0.0
    steps = dict.fromkeys(step for name in names for step in experiments.trained_steps(project, name))
    for backbone, chain in steps:
        if (results.model(backbone, chain) / "manifest.json").is_file():
            continue
        size = backbones.parameters(
            backbone, project.backbones[backbone], results.model(backbone, chains.BASE) / "model"
        )
        recipe = chains.last_step(chain).recipe(project)
        asked = of_job(project, chains.last_step(chain).stage, backbone, chain)
        need = memory.of_training(size, None, recipe, asked)
        kept += need.kept.value or 0
        meanwhile = max(meanwhile, need.meanwhile.value or 0)
    return kept + meanwhile
