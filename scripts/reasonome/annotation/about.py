"""What the page says of how its names were made: the model's steps, what checks them, and how far to trust it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reasonome.annotation.annotate import Tested, decoding_of
from reasonome.annotation.gene_list import GeneLists
from reasonome.annotation.measured import measured
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
    tested: Mapping[str, Tested],
    found: Mapping[str, GeneLists],
    command: str,
) -> PageAbout:
    """The facts of a page: of what it was made, and how the model measured so far.

    `tested` and `found` are by the file that sets are of. InputError where a manifest of a step is missing.
    """
    manifests = step_manifests(model)
    scores, card = measured(project, settings, model)
    base, trained = manifests[0], manifests[1:]
    decoding = decoding_of(settings)
    drawn = f"{decoding.samples} samples, temperature {decoding.temperature}, top-p {decoding.top_p}"
    told = dict.fromkeys(one.universe.told for one in tested.values())
    several = len(told) > 1
    return PageAbout(
        model=model.name if trained else f"{model.parent.name}, untrained",
        chain=[step["step"] for step in trained],
        backbone=base.get("name", model.parent.name),
        backbone_licence=base.get("weights", {}).get("licence", "not stated"),
        recipe_steps=[f"{step['step']}: {learned_from(step)}" for step in trained],
        decoding=drawn if decoding.samples > 1 else "greedy",
        measured=scores,
        card=card,
        style=settings.style,
        samples=settings.samples,
        sources=sources_used(project, settings),
        universe=[f"{name}: {one.universe.told}" for name, one in tested.items()] if several else list(told),
        reading=[f"{name}: {sentence}" for name, lists in found.items() for sentence in lists.told],
        libraries=libraries_told(tested),
        versions=versions(),
        command=command,
        warnings=style_warnings(project, trained, settings, style),
    )


def libraries_told(tested: Mapping[str, Tested]) -> list[str]:
    """How many sets of each library were tested; by list, where that differs with the lists' universes."""
    told = {name: one.tests.told for name, one in tested.items()}
    if len(alike := set(told.values())) <= 1:
        return [sentence for sentences in alike for sentence in sentences]
    return [f"{name}: {sentence}" for name, sentences in told.items() for sentence in sentences]


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
    """That a model never learnt to name sets, or not in this style; and that it was shown the facts that check it."""
    recipes = [step["recipe"] for step in trained]
    styles = {one["style"] for one in recipes if one.get("benchmark") in naming_benchmarks(project)}
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
    return warnings
