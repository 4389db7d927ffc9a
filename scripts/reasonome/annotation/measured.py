"""How good a model measured, for the page of what it wrote: its main score in an experiment, beside its baselines."""

from pathlib import Path

from reasonome.config import Annotation
from reasonome.config.project import Project, chains
from reasonome.config.project.experiments import Results
from reasonome.core.errors import InputError
from reasonome.core.terminal import say
from reasonome.report import card_sources, number_text, tables
from reasonome.report.family import BASELINE_GROUPS
from reasonome.report.model_scores import ModelScores, with_interval
from reasonome.report.plan import read_plan
from reasonome.tasks.naming.report import METRICS

NOT_MEASURED = "No scores of this model were found in this project, so nothing here says how often its names are right."
UNREADABLE = "The scores of this model could not be read, so nothing here says how often its names are right."
_OUTCOMES = {True: "beaten", False: "not beaten", None: "not tested"}


def measured(project: Project, settings: Annotation, model: Path) -> tuple[str, str]:
    """How good the model of a folder measured, in words, and the path of its card ("" where it can have none).

    Of several experiments that asked it for names, the first by name with the benchmark and the style of the settings;
    else one with the benchmark; else the first. Tables that cannot be read are said to be so: names need none.
    """
    results = Results(project.settings.results)
    backbone, chain = model.parent.name, model.name
    if model.resolve() != results.model(backbone, chain).resolve():
        return NOT_MEASURED, ""  # a model of the same name may lie elsewhere, and it is another
    carded = (name for name in project.experiments if (backbone, chain) in card_sources.carded(project, name))
    experiment, said = next(carded, None), NOT_MEASURED
    try:
        near = min(_scores(results, backbone, chain), key=lambda one: _distance(one, settings), default=None)
        if near is not None:
            experiment, said = near.plan.experiment, in_words(near)
    except InputError as error:
        say(f"how good the model measured is not told: {error}")
        said = UNREADABLE
    has_card = experiment is not None and chain != chains.BASE
    return said, str(results.model(backbone, chain) / f"card.{experiment}.md") if has_card else ""


def _scores(results: Results, backbone: str, chain: str) -> list[ModelScores]:
    """The scores of a model's names in every experiment that was summarised, by the experiment's name."""
    found = []
    for path in sorted(results.experiment("any").parent.glob("*/plan.json")):
        files = {name: path.with_name(f"{name}.tsv") for name in ("metrics", "comparisons")}
        if not all(file.is_file() for file in files.values()):
            continue  # not summarised yet
        plan = read_plan(path)
        asked = [e for e in plan.evaluations if (e.backbone, e.chain) == (backbone, chain)]
        if plan.metric_set is not METRICS or not asked:
            continue
        metrics = tables.read_table(files["metrics"], tables.metric_columns(plan.metric_set))
        comparisons = tables.read_table(files["comparisons"], tables.COMPARISON_COLUMNS)
        found += [ModelScores(plan, one, metrics, comparisons) for one in asked]
    return found


def _distance(scores: ModelScores, settings: Annotation) -> tuple[bool, bool]:
    """How far what was asked is from the settings; the smallest is nearest."""
    return scores.asked.benchmark != settings.benchmark, scores.asked.style != settings.style


def in_words(scores: ModelScores) -> str:
    """The model's main score, the best baseline of each group by the same metric, and whether the group is beaten."""
    one, own, metric = scores.asked, scores.own, scores.metric
    name = scores.plan.metric_set.name(metric)
    baselines = [
        f"{number_text.score(best[metric]['value'], metric)} ({_OUTCOMES[scores.against(group).beaten]}) using "
        f"{METRICS.groups[group]}"
        for group, best in scores.best_baselines([metric]).items()
        if group in BASELINE_GROUPS and metric in best
    ]
    beside = f" Answers that need no model reach {'; '.join(baselines)}." if baselines else ""
    asked = f"{one.benchmark}, style {one.style}, experiment {scores.plan.experiment}"
    return (
        f"Of this model's names {int(own.loc[metric, 'n']):,} were compared with true ones ({asked}): "
        f"{name} {with_interval(own.loc[metric], metric)} out of 1.{beside}"
    )
