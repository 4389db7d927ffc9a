"""The section of a report on calibration: a table and reliability diagrams for every setting and kind of confidence."""

from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.report.calibration_table import BASE_RATE
from reasonome.report.figures import DIAGRAM, drawing, figure_name

KINDS = {
    "stated": "stated by the model",
    "logprob": "the probability of the answer's tokens",
    "agreement": "the share of the other samples that agree",
}
METRICS = {
    "ece": "ECE",
    "ece_if_calibrated": "ECE by chance",
    "mce": "MCE",
    "overconfidence": "over",
    "underconfidence": "under",
    "brier": "Brier",
    "auroc": "AUROC",
    "accuracy": "right",
    "accuracy_at_50%": "right among the surer half",
}


def calibration_section(table: pd.DataFrame, figures: Path) -> list[dict[str, Any]]:
    """One entry for every backbone, setting and kind: name, drawing, metrics, and rows of arms and baselines.

    `subsets` are those with a calibration of their own, and a row has under "subsets" its metrics in each.
    """
    sections = []
    for about, of_arms in table[table["backbone"] != ""].groupby(DIAGRAM, sort=False):
        backbone, *setting, kind = about
        asked = (table["benchmark"] == setting[0]) & (table["style"] == setting[1]) & (table["backbone"] == "")
        baselines = table[asked & (table["confidence_kind"] == kind) & ~table["arm"].str.endswith(f": {BASE_RATE}")]
        sections.append(
            {
                "name": f"{backbone}, {', '.join(setting)}",
                "kind": KINDS.get(kind, kind),
                "drawing": drawing(figures / "calibration", figure_name(*map(str, about))),
                "metrics": METRICS,
                "subsets": [subset for subset in of_arms["subset"].unique() if subset],
                "rows": [*_rows(of_arms), *_rows(baselines)],
            }
        )
    return sections


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A row per arm and seed: labels, and metric → its row of the table."""
    rows = []
    for (arm, seed), of_arm in table.groupby(["arm", "seed"], sort=False):
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
                "subsets": {(row.subset, row.metric): row for row in of_arm.itertuples(index=False)},
            }
        )
    return rows
