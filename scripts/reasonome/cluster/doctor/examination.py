"""All checks of a node, one after the other, quick ones first; and those of what experiments need."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from reasonome.cluster.doctor import OK, WARN, Finding, machine, system
from reasonome.cluster.plan import memory
from reasonome.config.project import Project, chains, experiments
from reasonome.config.project.job_resources import JobResources, requested
from reasonome.config.resources import CLUSTER_RULES

LOCKS = ("requirements.lock", machine.GPU_LOCK)


def examine(project: Project, names: list[str], expected: int | None) -> Iterator[Finding]:
    """The findings of every check, as they come; `names` are the experiments that the node is to work on.

    `expected` is the number of GPUs that should be seen.
    """
    results = Path(project.settings.results)
    resources = requests(project, names)
    cluster = system.read_slurm()
    yield system.check_free(results, disk_needed(project, resources), names[0])
    yield system.check_shared(results, system.file_system(results), cluster.client)
    yield system.check_writing(results)
    yield check_weights(project, names)
    most = max((job.memory_gb for job in resources.values()), default=0)
    yield machine.check_memory(most, "SLURM_JOB_ID" in os.environ)
    folder = project.folder.shipped.parent
    yield system.check_versions(system.installed(), {file: system.pins(folder / file) for file in LOCKS})
    yield system.check_snakemake()
    yield system.check_controller(cluster, partitions(project, names))
    yield system.check_following(cluster)
    torch = machine.read_torch()
    yield machine.check_gpus(torch, expected, os.environ.get("CUDA_VISIBLE_DEVICES"))
    yield machine.check_precision(torch)
    yield machine.check_compiler(torch, expected)
    yield machine.check_all_reduce(torch)


def requests(project: Project, names: list[str]) -> dict[tuple[str, str], JobResources]:
    """(backbone, chain) of the steps that these experiments train → what each job asks for."""
    steps = [step for name in names for step in experiments.trained_steps(project, name)]
    return {
        (backbone, chain): requested(project, chains.last_step(chain).stage, backbone, chain)
        for backbone, chain in steps
    }


def partitions(project: Project, names: list[str]) -> list[str]:
    """The partitions that jobs of these experiments ask for, of training and of all other rules, each once."""
    backbones = [None, *(backbone for name in names for backbone in project.experiments[name].backbones)]
    others = [requested(project, rule, backbone) for rule in CLUSTER_RULES for backbone in backbones]
    asked = [*requests(project, names).values(), *others]
    return list(dict.fromkeys(job.partition for job in asked if job.partition))


def disk_needed(project: Project, resources: dict[tuple[str, str], JobResources]) -> float:
    """GB of models that are still to be trained, and of one job's checkpoints, where sizes are known."""
    kept, meanwhile = 0.0, 0.0
    for (backbone, chain), job in resources.items():
        if (project.results.model(backbone, chain) / "manifest.json").is_file():
            continue
        folder = project.results.model(backbone, chains.BASE) / "model"
        size = memory.parameters(backbone, project.backbones[backbone], folder)
        need = memory.training_need(size, chains.last_step(chain).recipe(project), job)
        kept += need.kept.value or 0
        meanwhile = max(meanwhile, need.meanwhile.value or 0)
    return kept + meanwhile


def needed_weights(project: Project, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """(backbones, encoders) with weights that some experiments need."""
    backbones: dict[str, None] = {}
    encoders: dict[str, None] = {}
    for name in names:
        spec = project.experiments[name]
        backbones |= dict.fromkeys(b for b in spec.backbones if project.backbones[b].weights is not None)
        for benchmark in spec.benchmarks:
            encoders |= dict.fromkeys(project.benchmarks[benchmark].encoders)
        for _, chain in experiments.trained_steps(project, name):
            recipe = chains.last_step(chain).recipe(project)
            encoders |= dict.fromkeys([*recipe.comparing, *recipe.rewarded_by(project)])
            for teacher, benchmark, style in experiments.taught_by(project, recipe):
                files = project.task(benchmark).files
                encoders |= dict.fromkeys(files.teaching(project, benchmark, style, teacher).encoders)
        for corpus in experiments.audit_plan(project, name).corpora:
            if tokenizer := project.corpora[corpus].tokenizer:
                backbones[tokenizer] = None
    return list(backbones), list(encoders)


def check_weights(project: Project, names: Iterable[str]) -> Finding:
    """Whether all weights of these experiments were fetched."""
    check, results = "weights", project.results
    backbones, encoders = needed_weights(project, names)
    places = [results.model(name, chains.BASE) for name in backbones] + [results.encoder(name) for name in encoders]
    missing = [str(place / "manifest.json") for place in places if not (place / "manifest.json").is_file()]
    if missing:
        what = f"{len(missing)} of {len(places)} backbones and encoders are not fetched yet; jobs have no network"
        return Finding(check, WARN, what, f"where there is a network: snakemake --cores 1 {' '.join(missing)}")
    return Finding(check, OK, f"{len(places)} backbones and encoders are fetched: jobs need no network")
