"""The page's section on how names were made: the model's training steps, the sources that check them, its scores."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reasonome.annotation.annotate import decoding_settings
from reasonome.annotation.gene_list import GeneLists
from reasonome.annotation.measured import measured
from reasonome.annotation.over_representation import OverRepresentation
from reasonome.annotation.page import PageAbout, SourceUsed
from reasonome.annotation.project_files import naming_benchmarks
from reasonome.config import Annotation, Style
from reasonome.config.project import Project
from reasonome.core.manifest import versions
from reasonome.report.model_steps import learned_from, step_manifests
from reasonome.tasks.naming import files


def about_page(
    project: Project,
    settings: Annotation,
    model: Path,
    style: Style,
    tests: Mapping[str, OverRepresentation],
    gene_lists: Mapping[str, GeneLists],
    command: str,
) -> PageAbout:
    """How the names of a page were made, and the model's scores so far.

    `tests` and `gene_lists` have the name of a file as key. Raises InputError where a step's manifest is missing.
    """
    manifests = step_manifests(model)
    scores, card = measured(project, settings, model)
    base, trained = manifests[0], manifests[1:]
    decoding = decoding_settings(settings)
    sampled = f"{decoding.samples} samples, temperature {decoding.temperature}, top-p {decoding.top_p}"
    return PageAbout(
        model=model.name if trained else f"{model.parent.name}, untrained",
        chain=[step["step"] for step in trained],
        backbone=base.get("name", model.parent.name),
        backbone_licence=base.get("weights", {}).get("licence", "not stated"),
        recipe_steps=[f"{step['step']}: {learned_from(step)}" for step in trained],
        decoding=sampled if decoding.samples > 1 else "greedy",
        measured=scores,
        card=card,
        style=settings.style,
        samples=settings.samples,
        sources=sources_used(project, settings),
        universe=told_once({name: [of_file.universe.description] for name, of_file in tests.items()}),
        reading=[f"{name}: {sentence}" for name, lists in gene_lists.items() for sentence in lists.notes],
        libraries=told_once({name: of_file.summaries for name, of_file in tests.items()}),
        versions=versions(),
        command=command,
        warnings=style_warnings(project, trained, settings, style),
    )


def told_once(sentences: Mapping[str, Sequence[str]]) -> list[str]:
    """The sentences on all files, by file: once where they are the same, else each behind the name of its file."""
    if len(set(map(tuple, sentences.values()))) <= 1:
        return list(next(iter(sentences.values()), ()))
    return [f"{name}: {sentence}" for name, of_file in sentences.items() for sentence in of_file]


def sources_used(project: Project, settings: Annotation) -> list[SourceUsed]:
    """The sources of facts, terms and libraries, each once, with release and licence."""
    corpora = dict.fromkeys(
        [project.benchmarks[settings.benchmark].corpus, files.background_corpus(project, settings.benchmark)]
    )
    names = dict.fromkeys([name for corpus in corpora for name in project.corpora[corpus].sources])
    names |= dict.fromkeys(settings.libraries)
    return [
        SourceUsed(name=name, release=project.sources[name].release, licence=project.sources[name].licence)
        for name in names
    ]


def style_warnings(
    project: Project, trained: Sequence[Mapping[str, Any]], settings: Annotation, style: Style
) -> list[str]:
    """Warnings: a model not trained to name sets, or not in this style; prompts that show the facts of the check."""
    recipes = [step["recipe"] for step in trained]
    styles = {recipe["style"] for recipe in recipes if recipe.get("benchmark") in naming_benchmarks(project)}
    warnings = []
    if not styles:
        warnings.append("the model was not trained to name gene sets: expect answers in no usable form")
    elif settings.style not in styles:
        was = " and ".join(sorted(styles))
        warnings.append(f"the model was trained with prompts of style {was}, and is asked in style {settings.style}")
    if style.facts is not None:
        warnings.append(
            "the prompts show facts of the sources that claims are checked against: a supported claim, or a name that "
            "fits a term, may be copied from the prompt"
        )
    if style.terms is not None:
        warnings.append("the prompts show the enriched terms: a suggestion that says the same as one may be copied")
    return warnings
