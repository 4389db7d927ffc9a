"""Checks that weights were fetched before compute jobs need them: those have no network."""

from collections.abc import Iterable

from reasonome.cluster.doctor.finding import OK, WARN, Finding
from reasonome.config.project import Project, chains, experiments


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
            encoders |= dict.fromkeys(recipe.comparing)
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
