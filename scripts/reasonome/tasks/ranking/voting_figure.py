"""The figure of voting: accuracy against the number of samples that are merged, and what they cost in tokens."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from reasonome.report.drawing import COLOURS, MARKERS, shortened
from reasonome.report.tables import SETTING
from reasonome.scoring.comparisons import MEAN
from reasonome.tasks.ranking.voting import COLUMNS

RUN = ["backbone", "arm", "seed", *SETTING]
VOTING_COLUMNS = [*RUN, *COLUMNS]
_NAMES = {"top_1": "top-1", "mrr": "MRR"}
NO_SAMPLES = "No decoding of this experiment draws several samples."


def voting_figure(table: pd.DataFrame) -> Figure:
    """A row of panels per backbone and setting, a panel per metric: a colour per arm, a marker per method.

    The first seed of an arm is drawn.
    """
    first = table.groupby(["backbone", "arm", *SETTING])["seed"].transform("min")
    drawn = table[(table["subset"] == MEAN) & (table["seed"] == first)]
    if drawn.empty:
        figure, axes = plt.subplots(figsize=(6, 1))
        axes.set_axis_off()
        axes.text(0.5, 0.5, NO_SAMPLES, ha="center", va="center")
        return figure
    rows = list(drawn.groupby(["backbone", *SETTING], sort=False))
    arms, methods = (list(drawn[name].unique()) for name in ("arm", "method"))
    figure, grid = plt.subplots(
        len(rows), len(_NAMES), figsize=(9.4, 0.7 + 3.1 * len(rows)), layout="constrained", squeeze=False
    )
    for panels, (setting, of_row) in zip(grid, rows, strict=True):
        for axes, (metric, name) in zip(panels, _NAMES.items(), strict=True):
            for (arm, method), curve in of_row[of_row["metric"] == metric].groupby(["arm", "method"], sort=False):
                axes.plot(
                    curve["n"],
                    curve["value"],
                    color=COLOURS[arms.index(arm) % len(COLOURS)],
                    marker=MARKERS[methods.index(method)],
                    markersize=4,
                    linewidth=1.2,
                    label=f"{shortened(arm)}, {method}",
                )
            axes.set_title(", ".join(setting), fontsize=9, loc="left")
            axes.set_xlabel("samples merged")
            axes.set_ylabel(name)
            axes.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside lower left", ncols=2, fontsize=8)
    return figure
