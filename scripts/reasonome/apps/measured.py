"""Whether the experiments of a project found that a model ranks as by chance, in words for the page of its answers."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from reasonome.config.project import Project
from reasonome.report import number_text
from reasonome.report.model_scores import ModelScores, read_scores, with_interval
from reasonome.report.plan import summarised
from reasonome.tasks import find_task
from reasonome.tasks.ranking.baselines import RANDOM_ORDER

_LOOKED_UP = "a database"  # the information of baselines that a user has without a model


def at_chance(project: Project, model: Path | None, benchmarks: Collection[str], style: str) -> str:
    """A sentence on the test questions that the model ranks no better than a random order; "" if there are none.

    Questions of `style` count, else those of all styles. No better: the 95 % interval of the difference includes 0.
    """
    if (of := _place(project, model)) is None:
        return ""
    scored = list(_scores(project, of, benchmarks))
    counted = [scores for scores in scored if scores.evaluation.style == style] or scored
    return " ".join(filter(None, map(_chance_in_words, counted)))


def _place(project: Project, model: Path | None) -> tuple[str, str] | None:
    """Backbone and chain of a model of this project; None for others: one elsewhere may have the same names."""
    if model is None or model.resolve() != project.results.model(model.parent.name, model.name).resolve():
        return None
    return model.parent.name, model.name


def _scores(project: Project, of: tuple[str, str], benchmarks: Collection[str]) -> Iterator[ModelScores]:
    """The scores of a model on these benchmarks in each of the experiments that were summarised."""
    for folder, plan in summarised(map(project.results.experiment, project.experiments), find_task):
        own = [one for one in plan.evaluations if (one.backbone, one.chain) == of and one.benchmark in benchmarks]
        if own:
            yield from read_scores(folder, plan, own)


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
