"""The page's section on how terms and names were found: the tests, the model's training and scores, the sources."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reasonome.answering.asked_model import AskedModel, style_warning, trained_styles
from reasonome.apps.annotate.answers import decoding_settings
from reasonome.apps.annotate.gsea import is_wanted
from reasonome.apps.annotate.lists import GeneLists
from reasonome.apps.annotate.page import PageAbout, SourceUsed
from reasonome.apps.annotate.project_files import naming_benchmarks
from reasonome.apps.annotate.shipped import Shipped
from reasonome.config import Annotation, Style
from reasonome.config.project import Project, chains
from reasonome.config.project.experiments import Results
from reasonome.core.errors import InputError
from reasonome.core.manifest import PACKAGES, versions
from reasonome.core.terminal import say
from reasonome.enrichment.over_representation import OverRepresentation
from reasonome.facts.fetching.pins import release
from reasonome.metrics import BASELINE_GROUPS
from reasonome.report import card_sources, number_text, tables
from reasonome.report.model_scores import ModelScores, with_interval
from reasonome.report.model_steps import learned_from
from reasonome.report.plan import summarised
from reasonome.tasks import find_task
from reasonome.tasks.naming import files
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.metric_set import METRICS

COMPUTED_WITH = {"scipy": "SciPy (over-representation)", "gseapy": "GSEApy (GSEA)"}


class TestedWith(NamedTuple):
    """The over-representation analysis of each file's sets by the file's name, and the release of each library."""

    tests: Mapping[str, OverRepresentation]
    releases: Mapping[str, str]

    def told(self) -> dict[str, Any]:
        """What a page tells of them, as fields of PageAbout."""
        summaries = {
            name: [
                f"{summary}; release: {self.releases[library]}"
                for library, summary in zip(test.tests, test.summaries, strict=True)
            ]
            for name, test in self.tests.items()
        }
        return {
            "universe": told_once({name: [test.universe.description] for name, test in self.tests.items()}),
            "libraries": told_once(summaries),
            "releases": dict(self.releases),
            "tests": {name: test.tests for name, test in self.tests.items()},
        }


def about_page(
    project: Project,
    settings: Annotation,
    model: AskedModel,
    style: Style,
    tested_with: TestedWith,
    gene_lists: Mapping[str, GeneLists],
    command: str,
    shipped: Shipped | None = None,
) -> PageAbout:
    """How the names of a page were made, and the model's scores so far. The settings say which style was chosen.

    Of a model that ships the scores are those that `shipped` has. `gene_lists` has the name of a file as key.
    """
    scores, card = measured(project, settings, model.folder)
    if shipped is not None:
        scores, card = shipped.in_words(settings.style, settings.samples), str(shipped.folder / "README.md")
    base, trained = (model.steps or [model.manifest])[0], model.steps[1:]
    corpora = [project.benchmarks[settings.benchmark].corpus, files.background_corpus(project, settings.benchmark)]
    decoding = decoding_settings(settings)
    sampled = f"{decoding.samples} samples, temperature {decoding.temperature}, top-p {decoding.top_p}"
    return PageAbout(
        model=model.name,
        where=model.where("genes, and what the style shows of them"),
        chain=[step["step"] for step in trained],
        backbone=base.get("weights", {}).get("backbone") or base.get("name", model.name),
        backbone_licence=base.get("weights", {}).get("licence", "not stated"),
        recipe_steps=[f"{step['step']}: {learned_from(step)}" for step in trained],
        decoding=sampled if decoding.samples > 1 else "greedy",
        measured=scores,
        second_opinion=shipped is not None,
        card=card,
        style=settings.style,
        samples=settings.samples,
        sources=sources_used(project, settings, corpora),
        reading=[f"{name}: {sentence}" for name, lists in gene_lists.items() for sentence in lists.notes],
        versions=computed_with(settings, asks=True),
        command=command,
        warnings=style_warnings(project, trained, settings, style, shipped is not None),
        **tested_with.told(),
    )


def computed_with(settings: Annotation, asks: bool) -> dict[str, str]:
    """What computed the terms and the scores of GSEA, and what a model that was asked depends on, with versions."""
    packages = [name for name in COMPUTED_WITH if name != "gseapy" or is_wanted(settings, asks)]
    found = versions((*packages, *(PACKAGES if asks else ())))
    return {COMPUTED_WITH.get(name, name): version for name, version in found.items()}


def told_once(sentences: Mapping[str, Sequence[str]]) -> list[str]:
    """The sentences on all files, by file: once where they are the same, else each behind the name of its file."""
    if len(set(map(tuple, sentences.values()))) <= 1:
        return list(next(iter(sentences.values()), ()))
    return [f"{name}: {sentence}" for name, of_file in sentences.items() for sentence in of_file]


def sources_used(project: Project, settings: Annotation, corpora: Sequence[str]) -> list[SourceUsed]:
    """The sources of corpora, and the libraries that are sources, by collection, with release and licence."""
    names = dict.fromkeys([name for corpus in corpora for name in project.corpora[corpus].sources])
    libraries = settings.libraries if settings.only_libraries is None else settings.only_libraries
    names |= dict.fromkeys(name for name in libraries if name in project.sources)
    used = [
        SourceUsed(
            name=project.sources[name].lists or name,
            release=release(project, name),
            licence=project.sources[name].licence,
        )
        for name in names
    ]
    return [source for place, source in enumerate(used) if source not in used[:place]]


def style_warnings(
    project: Project, trained: Sequence[Mapping[str, Any]], settings: Annotation, style: Style, ships: bool
) -> list[str]:
    """Warnings: a model not trained to name sets, or not in this style; prompts that show what names are held against.

    Of a model that `ships` the page says by itself that it reads the enriched terms.
    """
    styles = set(trained_styles(trained, naming_benchmarks(project)))
    warnings = []
    if not styles:
        warnings.append("the model was not trained here to name gene sets: its answers may lack a usable form")
    elif warning := style_warning(styles, settings.style):
        warnings.append(warning)
    if style.facts is not None:
        warnings.append(
            "the prompts show facts of the sources that claims are checked against: a supported claim, or a name that "
            "fits a term, may be copied from the prompt"
        )
    if style.terms is not None and not ships:
        warnings.append("the prompts show the enriched terms: a suggestion that says the same as one may be copied")
    return warnings


def about_enrichment(
    project: Project,
    settings: Annotation,
    tested_with: TestedWith,
    gene_lists: Mapping[str, GeneLists],
    command: str,
) -> PageAbout:
    """How the terms of a page were found; `gene_lists` has the name of a file as key."""
    return PageAbout(
        sources=sources_used(project, settings, [files.background_corpus(project, settings.benchmark)]),
        reading=[f"{name}: {sentence}" for name, lists in gene_lists.items() for sentence in lists.notes],
        versions=computed_with(settings, asks=False),
        command=command,
        **tested_with.told(),
    )


NOT_MEASURED = "No scores of this model were found in this project, so nothing here says how often its names are right."
UNREADABLE = "The scores of this model could not be read, so nothing here says how often its names are right."
_OUTCOMES = {True: "beaten", False: "not beaten", None: "not tested"}


def measured(project: Project, settings: Annotation, model: Path | None) -> tuple[str, str]:
    """A sentence on the scores of the model in a folder, and the path of its card ("" where it has none).

    None stands for a model behind an endpoint, of which there are none here.

    Of several experiments with the model, by name, it takes the first with the benchmark and the style of the settings,
    else the first with the benchmark, else the first. Unreadable tables are no error: annotation does not need them.
    """
    if model is None:
        return NOT_MEASURED, ""
    results = Results(project.settings.results)
    backbone, chain = model.parent.name, model.name
    if model.resolve() != results.model(backbone, chain).resolve():
        return NOT_MEASURED, ""  # a folder elsewhere may have the same name and another model
    with_card = (name for name in project.experiments if (backbone, chain) in card_sources.carded(project, name))
    experiment, sentence = next(with_card, None), NOT_MEASURED
    try:
        nearest = min(_scores(results, backbone, chain), key=lambda scores: _distance(scores, settings), default=None)
        if nearest is not None:
            experiment, sentence = nearest.plan.experiment, in_words(nearest)
    except InputError as error:
        say(f"the model's scores are left out: {error}")
        sentence = UNREADABLE
    has_card = experiment is not None and chain != chains.BASE
    return sentence, str(results.model(backbone, chain) / f"card.{experiment}.md") if has_card else ""


def _scores(results: Results, backbone: str, chain: str) -> list[ModelScores]:
    """The scores of a model's names in every summarised experiment, in the order of the experiments' names."""
    scores = []
    for folder, plan in summarised(sorted(results.experiment("any").parent.glob("*")), find_task):
        evaluations = [e for e in plan.evaluations if (e.backbone, e.chain) == (backbone, chain)]
        if plan.task != NamingDialogue.name or not evaluations:
            continue
        metrics = tables.read_table(folder / "metrics.tsv", tables.metric_columns(plan.metric_set))
        comparisons = tables.read_table(folder / "comparisons.tsv", tables.COMPARISON_COLUMNS)
        scores += [ModelScores(plan, evaluation, metrics, comparisons) for evaluation in evaluations]
    return scores


def _distance(scores: ModelScores, settings: Annotation) -> tuple[bool, bool]:
    """The distance of an evaluation's benchmark and style from the settings; the smallest is nearest."""
    return scores.evaluation.benchmark != settings.benchmark, scores.evaluation.style != settings.style


def in_words(scores: ModelScores) -> str:
    """A text with the model's main score, each group's best baseline by that metric, and whether the model beats it."""
    evaluation, own, metric = scores.evaluation, scores.own, scores.metric
    baselines = [
        f"{number_text.score(best[metric]['value'], metric)} ({_OUTCOMES[scores.against(group).beaten]}) using "
        f"{METRICS.groups[group]}"
        for group, best in scores.best_baselines([metric]).items()
        if group in BASELINE_GROUPS and metric in best
    ]
    beside = f" Answers that need no model reach {'; '.join(baselines)}." if baselines else ""
    setting = f"{evaluation.benchmark}, style {evaluation.style}, experiment {scores.plan.experiment}"
    return (
        f"Of this model's names {int(own.loc[metric, 'n']):,} were compared with true ones ({setting}): "
        "how near they came, from 0 (nothing in common) to 1 (the same): "
        f"{with_interval(own.loc[metric], metric)}.{beside}"
    )
