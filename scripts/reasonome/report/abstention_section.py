"""What the report shows of confidence: does it tell real sets from random ones, and right answers from wrong ones?"""

from typing import Any

import pandas as pd

# What is shown of the table that write_paper_tables.py writes; the rest of it is in the file.
MEASURES = {
    "auroc": "AUROC of the confidence",
    "auroc_abstaining": "AUROC of abstaining alone",
    "auroc_constant": "AUROC of a constant confidence",
    "term_score": "term score of the most confident half",
    "term_score_area": "term score, mean over all shares answered",
    "term_score_constant": "term score at a constant confidence",
    "calibration_error": "expected calibration error",
}
_SHARE = 0.5


def abstention_section(table: pd.DataFrame) -> dict[str, Any]:
    """Rows with a value (label, measure, against, value, low, high, n), and why others have none, each reason once."""
    coverage = pd.to_numeric(table["coverage"])  # empty where a measure is of all questions
    at_half = coverage.isna() | (coverage == _SHARE)
    shown = table[table["measure"].isin(MEASURES) & at_half]
    known = shown[shown["value"].notna()]
    rows = [
        row._asdict() | {"words": MEASURES[row.measure], "setting": f"{row.benchmark}, {row.style}, {row.decoding}"}
        for row in known.itertuples(index=False)
    ]
    return {"rows": rows, "reasons": sorted(set(shown.loc[shown["value"].isna(), "note"]) - {""})}
