"""Whether a model was shown to rank better than a random order, by the experiments of the project that scored it."""

from collections.abc import Collection, Iterator

import pandas as pd

from reasonome.answering.asked_model import AskedModel
from reasonome.config.project import Project
from reasonome.report import number_text, tables
from reasonome.report.model_scores import ModelScores, with_interval
from reasonome.report.plan import summarised
from reasonome.tasks import find_task
from reasonome.tasks.ranking.baselines import RANDOM_ORDER

_LOOKED_UP = "a database"  # the information of baselines that a user has without a model


def at_chance(project: Project, model: AskedModel, benchmarks: Collection[str], style: str) -> str:
    """In words: on which test questions the model ranks no better than a random order; "" where it does, or was not
    scored.

    Those of `style` count, else those of all styles. No better: the 95 % interval of the difference reaches to 0.
    """
    scored = list(_scores(project, model, benchmarks))
    counted = [scores for scores in scored if scores.evaluation.style == style] or scored
    return " ".join(filter(None, map(_in_words, counted)))


def _scores(project: Project, model: AskedModel, benchmarks: Collection[str]) -> Iterator[ModelScores]:
    """The scores of a model of this project on the benchmarks, in each experiment that has a table of them."""
    if model.folder is None:
        return
    backbone, chain = model.folder.parent.name, model.folder.name
    if model.folder.resolve() != project.results.model(backbone, chain).resolve():
        return
    for folder, plan in summarised(map(project.results.experiment, project.experiments), find_task):
        own = [e for e in plan.evaluations if (e.backbone, e.chain) == (backbone, chain) and e.benchmark in benchmarks]
        if not own:
            continue
        metrics = tables.read_table(folder / "metrics.tsv", tables.metric_columns(plan.metric_set))
        comparisons = tables.read_table(folder / "comparisons.tsv", tables.COMPARISON_COLUMNS)
        yield from (ModelScores(plan, evaluation, metrics, comparisons) for evaluation in own)


def _in_words(scores: ModelScores) -> str:
    tests = [test for test in scores.tests("baseline") if test["b"] == RANDOM_ORDER]
    if not tests or pd.isna(tests[0]["low"]) or tests[0]["low"] > 0:
        return ""
    metric, asked = scores.metric, scores.evaluation
    label, own = scores.plan.metric_set.name(metric), scores.own.loc[metric]
    digits = scores.plan.metric_set.digits(metric)
    random = number_text.score(scores.baseline(RANDOM_ORDER)["value"], digits)
    told = (
        f"This model ranks as by chance: on {int(own['n']):,} test questions of {asked.benchmark} (experiment "
        f"{scores.plan.experiment}, style {asked.style}) its {label} is {with_interval(own, digits)}, that of a random "
        f"order {random}."
    )
    best = scores.best_baselines([metric]).get(_LOOKED_UP, {}).get(metric)
    if best is None:
        return told
    without = f"{best['arm'].replace('_', ' ')}, which needs no model, has {number_text.score(best['value'], digits)}"
    return f"{told} There {without}: --no-model ranks by it."
