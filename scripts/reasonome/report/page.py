"""One self-contained report.html: the tables, the figures, and every answer to look through."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup

from reasonome.metrics import CEILINGS
from reasonome.report import calibration_section, number_text, origins, page_files, scores_section
from reasonome.report.answers_data import answers_data, list_runs, reward_weights
from reasonome.report.audit_section import leaks_section
from reasonome.report.contrasts_section import contrasts_section
from reasonome.report.evidence import Evidence, TrainedStep
from reasonome.report.family import SIGNIFICANT, is_claim
from reasonome.report.figures import drawing, figure_name
from reasonome.report.model_steps import letters_in_words, steps_in_words
from reasonome.report.plan import Plan, Reasoning
from reasonome.report.verdict import verdict
from reasonome.scoring.comparisons import MEAN

# One script in one scope: later files use what earlier ones define.
SCRIPTS = [
    page_files.FOLDER / f"{name}.js"
    for name in ("answers", "elements", "paged_table", "detail", "browser", "compare", "scatter", "frame", "page")
]

# The measures that are shown of the table of write_paper_tables.py.
_CONFIDENCE_MEASURES = {
    "auroc": "AUROC of the confidence",
    "auroc_abstaining": "AUROC of abstaining alone",
    "auroc_constant": "AUROC of a constant confidence",
    "term_score": "term score of the most confident half",
    "term_score_area": "term score, mean over all shares answered",
    "term_score_constant": "term score at a constant confidence",
    "calibration_error": "expected calibration error",
}


@dataclass(frozen=True)
class ReportInputs:
    """All that the page shows. `metrics` includes the rows of strata; `figures` is the folder of `write_figures`;
    `audits` are those of the splits, by benchmark; `leaks` is the experiment's leak audit; `reasoning` has the counts
    of `count_reasoning`; `costs` has a row per job; `corpora` has statistics by name; `answering` has the run.json of
    every evaluation of the plan; `abstention` and `coverage` (SVG) are from write_paper_tables.py; `calibration` is the
    table of summarise.py, `forgetting` that of measure_forgetting.py, if that was asked for; `own` is the folder
    of the task's own tables, from summarise.py."""

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
    calibration: pd.DataFrame
    forgetting: pd.DataFrame | None
    own: Path


def render_page(inputs: ReportInputs) -> str:
    """The page as HTML. It loads nothing: styles, script, drawings and data are in it."""
    plan = inputs.plan
    script = page_files.one_script(SCRIPTS)
    answered_runs = list_runs(plan, inputs.evidence, inputs.answering)
    runs = [run for run, _ in answered_runs]
    weights = reward_weights(inputs.steps, plan.metric_set)
    data, texts = answers_data(answered_runs, inputs.evidence, weights, plan)
    template = _environment(plan).get_template("page.html.j2")
    return template.render(
        plan=plan,
        verdict=verdict(plan, inputs.comparisons),
        contrasts=contrasts_section(plan, inputs.comparisons, inputs.figures, runs),
        groups=plan.metric_set.groups,
        ceilings=CEILINGS,
        with_ontology=scores_section.primary_metric(inputs.metrics, plan.metric_set) == plan.metric_set.primary,
        settings=[
            scores_section.scores_section(plan, inputs.metrics, inputs.comparisons, inputs.figures, runs, setting)
            | {"linking": scores_section.linking(plan, inputs.evidence, setting)}
            for setting in scores_section.list_settings(plan)
        ],
        baseline_notes=scores_section.baseline_notes(inputs.metrics, plan.metric_set),
        training=[_step_section(inputs.figures, step) for step in inputs.steps],
        reasoning=inputs.reasoning,
        corpora=[
            (corpus, inputs.corpora[corpus.name], drawing(inputs.figures / "corpora", corpus.name))
            for corpus in plan.corpora
        ],
        audits={name: list(number_text.flat(audit)) for name, audit in inputs.audits.items()},
        leaks=leaks_section(inputs.leaks),
        costs=inputs.costs,
        abstention=abstention_section(inputs.abstention) | {"drawing": Markup(inputs.coverage)},
        calibration=calibration_section.calibration_section(inputs.calibration, inputs.figures),
        forgetting=forgetting_section(inputs.forgetting, inputs.figures),
        recorded=origins.evaluations_from(origins.RECORDED, plan, inputs.answering),
        endpoints=origins.evaluations_from(origins.ENDPOINT, plan, inputs.answering),
        own=plan.report.own_section(plan, inputs.metrics, inputs.evidence, inputs.own),
        letters=letters_in_words(plan.arms),
        mean=MEAN,
        significant=SIGNIFICANT,
        style=Markup((page_files.FOLDER / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=page_files.script_digest(script),
        data=Markup(page_files.script_data(data)),
        texts=Markup(page_files.script_data(texts)),
    )


def forgetting_section(table: pd.DataFrame | None, figures: Path) -> list[tuple[Markup, list[dict[str, Any]]]]:
    """The drawing and the rows of each backbone; none where forgetting was not measured."""
    if table is None:
        return []
    groups = table.groupby("backbone", sort=False)
    return [(drawing(figures / "forgetting", backbone), rows.to_dict("records")) for backbone, rows in groups]


def _step_section(figures: Path, step: TrainedStep) -> dict[str, Any]:
    """The log, curves and run of a trained step."""
    curves = drawing(figures / "training", figure_name(step.backbone, step.chain))
    return {"log": step, "curves": curves, "run": list(number_text.flat(step.run))}


def abstention_section(table: pd.DataFrame) -> dict[str, Any]:
    """Rows with a value (label, measure, against, value, low, high, n), and why others have none, each reason once."""
    coverage = pd.to_numeric(table["coverage"])  # empty where a measure is of all questions
    at_half = coverage.isna() | (coverage == 0.5)
    shown = table[table["measure"].isin(_CONFIDENCE_MEASURES) & at_half]
    known = shown[shown["value"].notna()]
    rows = [
        row._asdict()
        | {"words": _CONFIDENCE_MEASURES[row.measure], "setting": f"{row.benchmark}, {row.style}, {row.decoding}"}
        for row in known.itertuples(index=False)
    ]
    return {"rows": rows, "reasons": sorted(set(shown.loc[shown["value"].isna(), "note"]) - {""})}


def _environment(plan: Plan) -> Environment:
    environment = page_files.templates(page_files.FOLDER, *plan.report.templates)
    environment.filters |= {
        "score": number_text.score,
        "signed": number_text.signed,
        "p_value": number_text.p_value,
        "pretty": number_text.pretty,
        "plain": number_text.plain,
        "breakable": lambda name: Markup("_<wbr>").join(name.split("_")),
        "metric_name": plan.metric_set.name,
        "steps_in_words": steps_in_words,
        "claimed_p": scores_section.claimed_p,
        "is_claim": is_claim,
    }
    return environment
