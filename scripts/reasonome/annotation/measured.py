"""The model's main score in an experiment, beside the baselines, for the page of its annotations."""

from pathlib import Path

from reasonome.config import Annotation
from reasonome.config.project import Project, chains
from reasonome.config.project.experiments import Results
from reasonome.core.errors import InputError
from reasonome.core.terminal import say
from reasonome.metrics import BASELINE_GROUPS
from reasonome.report import card_sources, number_text, tables
from reasonome.report.model_scores import ModelScores, with_interval
from reasonome.report.plan import summarised
from reasonome.tasks import find_task
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.metric_set import METRICS

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
    digits = scores.plan.metric_set.digits(metric)
    baselines = [
        f"{number_text.score(best[metric]['value'], digits)} ({_OUTCOMES[scores.against(group).beaten]}) using "
        f"{METRICS.groups[group]}"
        for group, best in scores.best_baselines([metric]).items()
        if group in BASELINE_GROUPS and metric in best
    ]
    beside = f" Answers that need no model reach {'; '.join(baselines)}." if baselines else ""
    setting = f"{evaluation.benchmark}, style {evaluation.style}, experiment {scores.plan.experiment}"
    return (
        f"Of this model's names {int(own.loc[metric, 'n']):,} were compared with true ones ({setting}): "
        "how near they came, from 0 (nothing in common) to 1 (the same): "
        f"{with_interval(own.loc[metric], digits)}.{beside}"
    )
