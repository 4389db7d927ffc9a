"""One self-contained report.html: the tables, the figures, and every answer to look through."""

from pathlib import Path

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup

from reasonome.leaks.audit import LEAK_KINDS
from reasonome.report import glance, number_text, origins, page_files, scores_section
from reasonome.report.answers_table import answers_table
from reasonome.report.calibration_table import BASE_RATE
from reasonome.report.data_table import MOST_ROWS, packed_frame
from reasonome.report.drawing import drawing
from reasonome.report.evidence import ReportInputs
from reasonome.report.figures import DIAGRAM, figure_name
from reasonome.report.hypotheses import EXPLORATORY, hypothesis_rows
from reasonome.report.plan import Plan
from reasonome.report.sharpening import sharpening_section
from reasonome.report.tables import grouped, primary_metric, records
from reasonome.scoring.comparisons import MEAN

# One script in one scope: later files use what earlier ones define.
SCRIPTS = [page_files.FOLDER / f"{name}.js" for name in ("elements", "paged_table", "tables")]
_FURTHER = ["error", "df", "mean_b", "seeds_a", "seeds_b", "missing_a", "missing_b", "note"]  # of a comparison
_CONFIDENCES = {
    "stated": "stated by the model",
    "logprob": "the probability of the answer's tokens",
    "agreement": "the share of the other samples that agree",
}
_CALIBRATION = {"ece": "ECE", "mce": "MCE", "overconfidence": "over", "underconfidence": "under", "brier": "Brier"}
_CALIBRATION |= {"auroc": "AUROC", "accuracy": "right", "accuracy_at_50%": "right among the surer half"}


def render_page(inputs: ReportInputs) -> str:
    """The page as HTML. It loads nothing: styles, script, drawings and data are in it."""
    plan, script = inputs.plan, page_files.one_script(SCRIPTS)
    data_tables = {
        "answers": answers_table(plan, inputs.evidence),
        "comparisons": packed_frame(inputs.comparisons, below=_FURTHER),
    }
    if inputs.forgetting is not None:
        data_tables["forgetting"] = packed_frame(inputs.forgetting, below=["steps", "n"])
    return (
        _environment(plan)
        .get_template("page.html.j2")
        .render(
            plan=plan,
            hypotheses=hypothesis_rows(plan, inputs.comparisons),
            exploratory=EXPLORATORY,
            glance=glance.glance_section(plan, inputs.evidence, inputs.steps, inputs.figures),
            groups=plan.metric_set.groups,
            with_ontology=primary_metric(inputs.metrics, plan.metric_set) == plan.metric_set.primary,
            settings=[
                scores_section.scores_section(plan, inputs.metrics, inputs.figures, setting)
                for setting in scores_section.list_settings(plan)
            ],
            baseline_notes=scores_section.baseline_notes(inputs.metrics, plan.metric_set),
            training=[
                (step, drawing(inputs.figures / "training", figure_name(step.backbone, step.chain)))
                for step in inputs.steps
            ],
            leaks=inputs.leaks,
            leak_kinds=LEAK_KINDS,
            costs=inputs.costs,
            sharpening=sharpening_section(inputs.sharpening),
            calibration=calibration_section(inputs.calibration, inputs.figures),
            calibration_metrics=_CALIBRATION,
            recorded=origins.evaluations_from(origins.RECORDED, plan, inputs.answering),
            endpoints=origins.evaluations_from(origins.ENDPOINT, plan, inputs.answering),
            own=plan.report.own_section(plan, inputs.metrics, inputs.evidence, inputs.own),
            letters=origins.letters_in_words(plan.arms),
            mean=MEAN,
            most_rows=MOST_ROWS,
            style=Markup((page_files.FOLDER / "page.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_digest=page_files.script_digest(script),
            data_tables=data_tables,
        )
    )


def calibration_section(table: pd.DataFrame, figures: Path) -> list[dict[str, object]]:
    """One entry for every backbone, setting and kind: name, drawing, and rows of arms and baselines, each (arm, seed,
    metric → its row of the table)."""
    of_baselines = table["backbone"] == ""
    whole = table[(table["subset"] == "") & ~(of_baselines & table["arm"].str.endswith(f": {BASE_RATE}"))]
    sections = []
    for about, of_arms in grouped(whole[whole["backbone"] != ""], DIAGRAM):
        backbone, benchmark, style, decoding, kind = about
        asked = (whole["benchmark"] == benchmark) & (whole["style"] == style) & (whole["backbone"] == "")
        baselines = whole[asked & (whole["confidence_kind"] == kind)]
        sections.append(
            {
                "name": f"{backbone}, {benchmark}, {style}, {decoding}: {_CONFIDENCES.get(kind, kind)}",
                "drawing": drawing(figures / "calibration", figure_name(*about)),
                "rows": [
                    (*key, {row["metric"]: row for row in records(rows)})
                    for rows_of in (of_arms, baselines)
                    for key, rows in grouped(rows_of, ["arm", "seed"])
                ],
            }
        )
    return sections


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
    }
    return environment
