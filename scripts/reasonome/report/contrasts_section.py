"""The page's ladder: the drawing of every backbone and setting, and its contrasts as a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.report.answers_data import Run
from reasonome.report.contrasts import PANEL, contrasts
from reasonome.report.figures import drawing, figure_name
from reasonome.report.plan import Plan
from reasonome.report.scores_section import Setting, sides

_MOST_OPEN = 40  # contrasts that the page shows drawn; the panels after them are folded


def contrasts_section(
    plan: Plan, comparisons: pd.DataFrame, figures: Path, runs: Sequence[Run]
) -> list[dict[str, Any]]:
    """A panel for each backbone and setting, the primary benchmark first: its name, drawing and rows, which lead to the
    answers of both sides, and whether it is open; none where nothing was tested."""
    panels, drawn = [], 0
    for panel, table in contrasts(plan, comparisons).groupby(PANEL, sort=False):
        backbone, setting = panel[0], Setting(*panel[1:])
        rows = [row | {"sides": sides(runs, setting, row)} for row in table.to_dict("records")]
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
