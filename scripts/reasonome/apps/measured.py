"""How well a model was measured to do by the experiments of a project, in words for the pages of its answers."""

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import pandas as pd

from reasonome.config.annotations import Annotation
from reasonome.config.project import Project, chains
from reasonome.core.errors import InputError
from reasonome.core.terminal import say
from reasonome.metrics import BASELINE_GROUPS
from reasonome.report import card_sources, number_text
from reasonome.report.model_scores import ModelScores, read_scores, with_interval
from reasonome.report.plan import Evaluation, Plan, summarised
from reasonome.tasks import find_task
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.metric_set import METRICS
from reasonome.tasks.ranking.baselines import RANDOM_ORDER

NOT_MEASURED = "No scores of this model were found in this project, so nothing here says how often its names are right."
UNREADABLE = "The scores of this model could not be read, so nothing here says how often its names are right."
_OUTCOMES = {True: "beaten", False: "not beaten", None: "not tested"}
_LOOKED_UP = "a database"  # the information of baselines that a user has without a model


def names_measured(project: Project, settings: Annotation, model: Path | None) -> tuple[str, str]:
    """A sentence on the scores of the model in a folder, and the path of its card ("" where it has none).

    A model behind an endpoint (None) has no scores. If several experiments have the model, the first by name counts
    that has the benchmark and the style of the settings, else the first with the benchmark, else the first. Unreadable
    tables are not an error: annotation does not need them.
    """
    if (of := _place(project, model)) is None:
        return NOT_MEASURED, ""
    with_card = (name for name in project.experiments if of in card_sources.carded(project, name))
    experiment, sentence = next(with_card, None), NOT_MEASURED
    folders = sorted(project.results.experiment("any").parent.glob("*"))
    scored = _scores(of, folders, lambda plan, _: plan.task == NamingDialogue.name)
    try:
        nearest = min(scored, key=lambda scores: _distance(scores.evaluation, settings), default=None)
        if nearest is not None:
            experiment, sentence = nearest.plan.experiment, _names_in_words(nearest)
    except InputError as error:
        say(f"the model's scores are left out: {error}")
        sentence = UNREADABLE
    has_card = experiment is not None and of[1] != chains.BASE
    return sentence, str(project.results.model(*of) / f"card.{experiment}.md") if has_card else ""


def at_chance(project: Project, model: Path | None, benchmarks: Collection[str], style: str) -> str:
    """A sentence on the test questions that the model ranks no better than a random order; "" if there are none.

    Questions of `style` count, else those of all styles. No better: the 95 % interval of the difference includes 0.
    """
    if (of := _place(project, model)) is None:
        return ""
    folders = map(project.results.experiment, project.experiments)
    scored = list(_scores(of, folders, lambda _, evaluation: evaluation.benchmark in benchmarks))
    counted = [scores for scores in scored if scores.evaluation.style == style] or scored
    return " ".join(filter(None, map(_chance_in_words, counted)))


def _place(project: Project, model: Path | None) -> tuple[str, str] | None:
    """Backbone and chain of a model of this project; None for others: one elsewhere may have the same names."""
    if model is None or model.resolve() != project.results.model(model.parent.name, model.name).resolve():
        return None
    return model.parent.name, model.name


def _scores(
    of: tuple[str, str], folders: Iterable[Path], is_wanted: Callable[[Plan, Evaluation], bool]
) -> Iterator[ModelScores]:
    """The scores of a model in each of the experiments that were summarised."""
    for folder, plan in summarised(folders, find_task):
        own = [one for one in plan.evaluations if (one.backbone, one.chain) == of and is_wanted(plan, one)]
        if own:
            yield from read_scores(folder, plan, own)


def _distance(evaluation: Evaluation, settings: Annotation) -> tuple[bool, bool]:
    """The distance of an evaluation's benchmark and style from the settings; the smallest is nearest."""
    return evaluation.benchmark != settings.benchmark, evaluation.style != settings.style


def _names_in_words(scores: ModelScores) -> str:
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
        f"Of this model's names {int(own['n'].to_dict()[metric]):,} were compared with true ones ({setting}): "
        "how near they came, from 0 (nothing in common) to 1 (the same): "
        f"{with_interval(own.T[metric], digits)}.{beside}"
    )


def _chance_in_words(scores: ModelScores) -> str:
    tests = [test for test in scores.tests("baseline") if test["b"] == RANDOM_ORDER]
    if not tests or pd.isna(tests[0]["low"]) or tests[0]["low"] > 0:
        return ""
    metric, asked = scores.metric, scores.evaluation
    label, own = scores.plan.metric_set.name(metric), scores.own
    digits = scores.plan.metric_set.digits(metric)
    random = number_text.score(scores.baseline(RANDOM_ORDER)["value"], digits)
    n, score = int(own["n"].to_dict()[metric]), with_interval(own.T[metric], digits)
    told = (
        f"This model ranks as by chance: on {n:,} test questions of {asked.benchmark} (experiment "
        f"{scores.plan.experiment}, style {asked.style}) its {label} is {score}, that of a random order {random}."
    )
    best = scores.best_baselines([metric]).get(_LOOKED_UP, {}).get(metric)
    if best is None:
        return told
    without = f"{best['arm'].replace('_', ' ')}, which needs no model, has {number_text.score(best['value'], digits)}"
    return f"{told} There {without}: --no-model ranks by it."
