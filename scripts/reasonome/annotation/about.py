"""What the page says of how its names were made: the model's steps, what checks them, and how far to trust it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reasonome import chains
from reasonome.annotation.annotate import decoding_of
from reasonome.annotation.over_representation import Universe
from reasonome.annotation.page import PageAbout, SourceUsed
from reasonome.config import Annotation
from reasonome.manifest import read_manifest, versions
from reasonome.project import Project


def about_page(
    project: Project,
    settings: Annotation,
    model: Path,
    universe: Universe,
    tested: Sequence[str],
    told: Sequence[str],
    command: str,
) -> PageAbout:
    """The facts of a page, none of which depends on when; `tested` are sentences on libraries, `told` on files of sets.

    InputError where a parent's manifest is missing.
    """
    manifests = chain_manifests(model)
    base, trained = manifests[0], manifests[1:]
    weights = base.get("weights", {})
    decoding = decoding_of(settings)
    drawn = f"{decoding.samples} samples, temperature {decoding.temperature}, top-p {decoding.top_p}"
    return PageAbout(
        model=model.name if trained else f"{model.parent.name}, untrained",
        chain=[step["step"] for step in trained],
        backbone=base.get("name", model.parent.name),
        backbone_licence=weights.get("licence", "not stated"),
        recipe_steps=[step_text(step) for step in trained],
        decoding=drawn if decoding.samples > 1 else "greedy",
        style=settings.style,
        samples=settings.samples,
        sources=sources_used(project, settings),
        universe=universe.told,
        reading=list(told),
        libraries=list(tested),
        versions=versions(),
        command=command,
        warnings=style_warnings(trained, settings),
    )


def chain_manifests(model: Path) -> list[dict[str, Any]]:
    """The manifests of a model's steps, the untouched backbone's first."""
    names = [model.name]
    while names[0] != chains.BASE:
        names.insert(0, chains.parent(names[0]))
    return [read_manifest(model.with_name(name) / "manifest.json") for name in names]


def step_text(manifest: Mapping[str, Any]) -> str:
    """One step in a sentence: what was learnt from, and how much of it."""
    recipe = manifest["recipe"]
    if recipe["stage"] == "pretrain":
        return f"{manifest['step']}: read {manifest['statements']:,} statements of corpus {recipe['corpus']}"
    if recipe["stage"] == "sft":
        of = "the names alone" if recipe["teacher"] == "none" else f"the teacher {recipe['teacher']}"
        return f"{manifest['step']}: learnt from {of}, {manifest['examples']:,} sets of {recipe['benchmark']}"
    rewards = ", ".join(f"{weight:g} {name}" for name, weight in recipe["rewards"].items())
    return f"{manifest['step']}: rewarded for {rewards} on {manifest['examples']:,} sets of {recipe['benchmark']}"


def sources_used(project: Project, settings: Annotation) -> list[SourceUsed]:
    """The sources of facts, terms and libraries, each once, with release and licence."""
    corpora = dict.fromkeys([project.benchmarks[settings.benchmark].corpus, project.background(settings.benchmark)])
    names = dict.fromkeys([name for corpus in corpora for name in project.corpora[corpus].sources])
    names |= dict.fromkeys(settings.libraries)
    return [
        SourceUsed(name=name, release=project.sources[name].release, licence=project.sources[name].licence)
        for name in names
    ]


def style_warnings(trained: Sequence[Mapping[str, Any]], settings: Annotation) -> list[str]:
    """That a model is untrained, or asked in a style that it never saw."""
    styles = {step["recipe"]["style"] for step in trained if "style" in step["recipe"]}
    if not styles:
        return ["the model was not trained to name gene sets: expect answers in no usable form"]
    if settings.style not in styles:
        was = " and ".join(sorted(styles))
        return [f"the model was trained with prompts of style {was}, and is asked in style {settings.style}"]
    return []
