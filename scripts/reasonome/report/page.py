"""One self-contained report.html: the tables, the figures, and every answer to look through."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reasonome.core.errors import InputError
from reasonome.report import number_text, origins, page_files, scores_section
from reasonome.report.abstention_section import abstention_section
from reasonome.report.answers_data import answers_data, list_runs, reward_weights
from reasonome.report.audit_section import leaks_section
from reasonome.report.evidence import Evidence, TrainedStep
from reasonome.report.family import CEILING, SIGNIFICANT, is_claim
from reasonome.report.plan import Plan, Reasoning
from reasonome.report.training_section import corpus_section, outcomes, step_section
from reasonome.scoring.comparisons import MEAN

# One script in one scope: later files use what earlier ones define.
SCRIPTS = [
    page_files.FOLDER / f"{name}.js"
    for name in ("answers", "elements", "paged_table", "detail", "browser", "compare", "scatter", "frame", "page")
]


@dataclass(frozen=True)
class ReportInputs:
    """All that the page shows. `metrics` are whole, with the rows of strata; `figures` is the folder that
    `write_figures` made; `audits` are by benchmark, made with its splits; `leaks` is the experiment's leak audit;
    `reasoning` has counts (columns outcome, subset, count) beside what was counted; `costs` has a row per job;
    `corpora` has their statistics by name; `answering` has the run.json of every evaluation of the plan;
    `abstention` and `coverage` (SVG) are what write_paper_tables.py made; `own` is the folder that summarise.py made of
    what the task alone shows."""

    plan: Plan
    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    evidence: Evidence
    steps: list[TrainedStep]
    figures: Path
    audits: dict[str, dict]
    leaks: dict
    reasoning: list[tuple[Reasoning, pd.DataFrame]]
    costs: pd.DataFrame
    corpora: dict[str, pd.DataFrame]
    answering: list[origins.Answering]
    abstention: pd.DataFrame
    coverage: str
    own: Path


def render_page(inputs: ReportInputs) -> str:
    """The page as text. It loads nothing: styles, script, drawings and data are in it.

    Raises InputError where the tables are of another experiment or lack an arm of the plan.
    """
    _check_tables(inputs)
    plan = inputs.plan
    script = page_script()
    found = list_runs(plan, inputs.evidence, inputs.answering)
    runs = scores_section.Runs([run for run, _ in found])
    data, texts = answers_data(found, inputs.evidence, reward_weights(inputs.steps, plan.metric_set), plan.task_report)
    return (
        _environment(plan)
        .get_template("page.html.j2")
        .render(
            plan=plan,
            groups=plan.metric_set.groups,
            ceiling=CEILING,
            strip=scores_section.STRIP,
            with_ontology=scores_section.primary_metric(inputs.metrics, plan.metric_set) == plan.metric_set.primary,
            settings=[
                scores_section.scores_section(plan, inputs.metrics, inputs.comparisons, inputs.figures, runs, setting)
                | {"linking": scores_section.linking(plan, inputs.evidence, setting)}
                for setting in scores_section.list_settings(inputs.metrics)
            ],
            baseline_notes=scores_section.baseline_notes(inputs.metrics, plan.metric_set),
            training=[step_section(inputs.figures, step) for step in inputs.steps],
            reasoning=[(reasoning, outcomes(counts)) for reasoning, counts in inputs.reasoning],
            corpora=[corpus_section(inputs.figures, corpus, inputs.corpora[corpus.name]) for corpus in plan.corpora],
            audits={name: list(number_text.flat(audit)) for name, audit in inputs.audits.items()},
            leaks=leaks_section(inputs.leaks),
            costs=inputs.costs,
            abstention=abstention_section(inputs.abstention) | {"drawing": Markup(inputs.coverage)},
            recorded=origins.recorded_files(plan, inputs.answering),
            recorded_columns=origins.RECORDED_COLUMNS,
            endpoints=origins.endpoints(plan, inputs.answering),
            endpoint_columns=origins.ENDPOINT_COLUMNS,
            own=plan.task_report.own_section(plan, inputs.metrics, inputs.evidence, inputs.own),
            mean=MEAN,
            significant=SIGNIFICANT,
            style=Markup((page_files.FOLDER / "page.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_digest=page_files.script_digest(script),
            data=Markup(page_files.script_data(data)),
            texts=Markup(page_files.script_data(texts)),
        )
    )


def page_script() -> str:
    """All of the page's script, in one scope."""
    return page_files.one_script(SCRIPTS)


def _environment(plan: Plan) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([page_files.FOLDER, Path(plan.task_report.__file__).with_suffix("")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "score": number_text.score,
        "signed": number_text.signed,
        "p_value": number_text.p_value,
        "decimals": number_text.decimals,
        "pretty": number_text.pretty,
        "plain": number_text.plain,
        "breakable": _breakable,
        "metric_name": plan.metric_set.name,
        "claimed_p": scores_section.claimed_p,
        "is_claim": is_claim,
    }
    return environment


def _breakable(name: str) -> Markup:
    """A name that may be broken behind its underscores, as markup."""
    return Markup("<wbr>").join(re.split("(?<=_)", name))


def _check_tables(inputs: ReportInputs) -> None:
    for name, table in (("metrics", inputs.metrics), ("comparisons", inputs.comparisons)):
        others = set(table["experiment"]) - {inputs.plan.experiment}
        if others:
            raise InputError(f"the {name} are of experiment {sorted(others)[0]}", field="experiment")
    if inputs.leaks["experiment"] != inputs.plan.experiment:
        raise InputError(f"the leak audit is of experiment {inputs.leaks['experiment']}", field="experiment")
    planned = {(e.backbone, e.arm) for e in inputs.plan.evaluations}
    models = inputs.metrics.query("kind == 'model'")
    lacking = planned - set(zip(models["backbone"], models["arm"], strict=True))
    if lacking:
        raise InputError(
            f"the metrics lack {', '.join(sorted(lacking)[0])}", fix="run scripts/summarise.py on this plan"
        )
