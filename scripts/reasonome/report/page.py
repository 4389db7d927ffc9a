"""One self-contained report.html: the tables, the figures, and every answer to look through."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup

from reasonome.leaks.audit import LEAK_KINDS
from reasonome.metrics import CEILINGS
from reasonome.report import glance, number_text, origins, page_files, scores_section
from reasonome.report.answers_data import Run, answers_data, correlations, list_runs, reward_weights
from reasonome.report.calibration_table import BASE_RATE
from reasonome.report.contrasts import PANEL, contrasts, verdict
from reasonome.report.drawing import drawing
from reasonome.report.evidence import ReportInputs, TrainedStep
from reasonome.report.family import SIGNIFICANT, is_claim
from reasonome.report.figures import DIAGRAM, figure_name
from reasonome.report.origins import letters_in_words, steps_in_words
from reasonome.report.plan import Plan
from reasonome.report.scores_section import Setting, sides
from reasonome.report.tables import grouped, primary_metric, records
from reasonome.scoring.comparisons import MEAN

# One script in one scope: later files use what earlier ones define.
SCRIPTS = [
    page_files.FOLDER / f"{name}.js"
    for name in ("answers", "elements", "paged_table", "detail", "browser", "compare", "frame", "page")
]

_GROUP = ("data", "training", "used_by", "benchmark")
_MOST_OPEN = 40  # contrasts that the page shows drawn; the panels after them are folded
_CONFIDENCES = {
    "stated": "stated by the model",
    "logprob": "the probability of the answer's tokens",
    "agreement": "the share of the other samples that agree",
}
_CALIBRATION = {
    "ece": "ECE",
    "mce": "MCE",
    "overconfidence": "over",
    "underconfidence": "under",
    "brier": "Brier",
    "auroc": "AUROC",
    "accuracy": "right",
    "accuracy_at_50%": "right among the surer half",
}


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
        glance=glance.glance_section(plan, inputs.evidence, inputs.steps, inputs.figures),
        contrasts=contrasts_section(plan, inputs.comparisons, inputs.figures, runs),
        groups=plan.metric_set.groups,
        ceilings=CEILINGS,
        with_ontology=primary_metric(inputs.metrics, plan.metric_set) == plan.metric_set.primary,
        settings=[
            scores_section.scores_section(plan, inputs.metrics, inputs.comparisons, inputs.figures, runs, setting)
            | {"linking": scores_section.linking(plan, inputs.evidence, setting)}
            for setting in scores_section.list_settings(plan)
        ],
        correlations=correlations(answered_runs, weights, plan),
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
        calibration=calibration_section(inputs.calibration, inputs.figures),
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
    groups = grouped(table, ["backbone"])
    return [(drawing(figures / "forgetting", backbone), records(rows)) for (backbone,), rows in groups]


def _step_section(figures: Path, step: TrainedStep) -> dict[str, Any]:
    """The log, curves and run of a trained step."""
    curves = drawing(figures / "training", figure_name(step.backbone, step.chain))
    return {"log": step, "curves": curves, "run": list(number_text.flat(step.run))}


def contrasts_section(
    plan: Plan, comparisons: pd.DataFrame, figures: Path, runs: Sequence[Run]
) -> list[dict[str, Any]]:
    """A panel for each backbone and setting, the primary benchmark first: its name, drawing and rows, which lead to the
    answers of both sides, and whether it is open; none where nothing was tested."""
    panels, drawn = [], 0
    for panel, table in grouped(contrasts(plan, comparisons), PANEL):
        backbone, *setting_labels = panel
        setting = Setting(*setting_labels)
        rows = [row | {"sides": sides(runs, setting, row)} for row in records(table)]
        panels.append(
            {
                "name": f"{setting.benchmark}, style {setting.style}, decoding {setting.decoding}, {backbone}",
                "drawing": drawing(figures / "ladder", figure_name(*panel)),
                "rows": rows,
                "open": not panels or drawn + len(rows) <= _MOST_OPEN,
            }
        )
        drawn += len(rows)
    return panels


def calibration_section(table: pd.DataFrame, figures: Path) -> list[dict[str, Any]]:
    """One entry for every backbone, setting and kind: name, drawing, metrics, and rows of arms and baselines.

    `subsets` are those with a calibration of their own, and a row has under "subsets" its metrics in each.
    """
    sections = []
    for about, of_arms in grouped(table[table["backbone"] != ""], DIAGRAM):
        backbone, *setting, kind = about
        asked = (table["benchmark"] == setting[0]) & (table["style"] == setting[1]) & (table["backbone"] == "")
        baselines = table[asked & (table["confidence_kind"] == kind) & ~table["arm"].str.endswith(f": {BASE_RATE}")]
        sections.append(
            {
                "name": f"{backbone}, {', '.join(setting)}",
                "kind": _CONFIDENCES.get(kind, kind),
                "drawing": drawing(figures / "calibration", figure_name(*about)),
                "metrics": _CALIBRATION,
                "subsets": [subset for subset in of_arms["subset"].unique() if subset],
                "rows": [*_rows_of_arms(of_arms), *_rows_of_arms(baselines)],
            }
        )
    return sections


def _rows_of_arms(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A row per arm and seed: labels, and metric → its row of the table."""
    rows = []
    for (arm, seed), of_arm in grouped(table, ["arm", "seed"]):
        whole = of_arm[of_arm["subset"] == ""]
        first = whole.iloc[0]
        rows.append(
            {
                "arm": arm,
                "seed": seed,
                "n": int(whole["n"].max()),
                "confidences": int(first["distinct_confidences"]),
                "answers": int(first["distinct_answers"]),
                "on_edge": int(first["on_edge"]),
                "scores": {row.metric: row for row in whole.itertuples(index=False)},
                "subsets": {
                    (row.subset, row.metric): row for row in of_arm[of_arm["subset"] != ""].itertuples(index=False)
                },
            }
        )
    return rows


def leaks_section(leaks: dict) -> dict[str, Any]:
    """The findings by training data and benchmark, how many leaks remain, and data from the test sets' sources."""
    groups: dict[tuple, list[dict]] = {}
    for finding in leaks["findings"]:
        own = groups.setdefault(tuple(finding[name] for name in _GROUP), [])
        own.append(finding | {"means": LEAK_KINDS.get(finding["kind"], "")})
    return {
        "groups": [
            dict(zip(_GROUP, key, strict=True))
            | {"findings": findings, "closest": next((f for f in findings if f["highest_jaccard"] is not None), None)}
            for key, findings in groups.items()
        ],
        "remaining": sum(finding["remaining"] > 0 for finding in leaks["findings"]),
        "same_source": leaks["same_source"],
        "not_compared": leaks["not_compared"],
    }


def _environment(plan: Plan) -> Environment:
    environment = page_files.templates(page_files.FOLDER, *plan.report.templates)
    environment.filters |= {
        "score": lambda value, metric="": number_text.score(value, plan.metric_set.digits(metric)),
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
