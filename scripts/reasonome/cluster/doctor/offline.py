"""What compute jobs need to have been fetched before, and the names of the tokens that fetching uses."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from reasonome.cluster.doctor.finding import NOT_HERE, OK, WARN, Finding
from reasonome.config import GrpoRecipe, HubWeights, SftRecipe
from reasonome.config.project import Project, chains, experiments
from reasonome.config.project.experiments import Results
from reasonome.tasks import registry


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
            if isinstance(recipe, GrpoRecipe):
                encoders |= dict.fromkeys(recipe.encoders)
            filtered = isinstance(recipe, SftRecipe) and recipe.teacher != "none"
            if filtered:
                files = registry.part(project.benchmarks[recipe.benchmark].task, "files")
                read = files.teaching(project, recipe.benchmark, recipe.style, recipe.teacher)
                encoders |= dict.fromkeys(read.encoders)
        for corpus in experiments.audit_plan(project, name).corpora:
            if tokenizer := project.corpora[corpus].tokenizer:
                backbones[tokenizer] = None
    return list(backbones), list(encoders)


def check_weights(project: Project, names: Iterable[str]) -> Finding:
    """Whether all weights of these experiments were fetched: compute jobs never reach for a network."""
    check, results = "weights", Results(project.settings.results)
    backbones, encoders = needed_weights(project, names)
    places = [results.model(name, chains.BASE) for name in backbones] + [results.encoder(name) for name in encoders]
    missing = [str(place / "manifest.json") for place in places if not (place / "manifest.json").is_file()]
    if missing:
        what = f"{len(missing)} of {len(places)} backbones and encoders are not fetched yet; jobs have no network"
        return Finding(check, WARN, what, f"where there is a network: snakemake --cores 1 {' '.join(missing)}")
    return Finding(check, OK, f"{len(places)} backbones and encoders are fetched: jobs need no network")


def check_hub(environment: Mapping[str, str], home: Path) -> Finding:
    """HF_HUB_OFFLINE, and where the hub's cache is; jobs of the workflow set the former themselves."""
    cache = environment.get("HF_HUB_CACHE") or str(
        Path(environment.get("HF_HOME") or home / ".cache/huggingface") / "hub"
    )
    state = "set" if environment.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE") else "not set"
    there = "there" if Path(cache).is_dir() else "not there, and not needed"
    return Finding("hub", OK, f"HF_HUB_OFFLINE is {state} (jobs set it); cache {cache} is {there}")


def check_tokens(project: Project, names: Iterable[str], environment: Mapping[str, str]) -> Finding:
    """Which variables with tokens and keys the experiments use are set; for what is fetched or asked alone."""
    check, results = "tokens", Results(project.settings.results)
    wanted: dict[str, str] = {}
    for experiment in names:
        for name in project.experiments[experiment].backbones:
            backbone = project.backbones[name]
            if backbone.api is not None:
                wanted[backbone.api.api_key_variable] = f"asking {name}"
            fetched = (results.model(name, chains.BASE) / "manifest.json").is_file()
            if isinstance(backbone.weights, HubWeights) and not fetched:
                wanted[backbone.weights.token_variable] = f"fetching {name}, if it is gated"
        for _, chain in experiments.trained_steps(project, experiment):
            recipe = chains.last_step(chain).recipe(project)
            teacher = project.teachers.get(recipe.teacher) if isinstance(recipe, SftRecipe) else None
            if teacher is not None and teacher.kind == "openai":
                wanted[teacher.api_key_variable] = f"asking teacher {recipe.teacher}"
    if not wanted:
        return Finding(check, NOT_HERE, "none is needed")
    unset = [name for name in wanted if not environment.get(name)]
    if unset:
        what = "; ".join(f"{name} is not set ({wanted[name]})" for name in unset)
        return Finding(check, WARN, what, " ".join(f"export {name}=…" for name in unset) + "  # where Snakemake runs")
    return Finding(check, OK, f"{', '.join(wanted)}: set")
