"""How figures look and how they are saved: SVG, PNG and TSV of equal bytes for equal data, for light and dark pages."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import LegendLocType, RcKeyType

from reasonome.core import atomic
from reasonome.report.page_files import page_svg

INK = "#767676"  # text and axes: readable on white and on black
COLOURS = ["#2f7fc1", "#d0622b", "#1f9a73", "#b565a7", "#a8870f", "#5b8c2a", "#c4506a", "#4f9aa8"]
_LONGEST, _LONGEST_FLAT = 32, 9  # characters of a name beside an axis, and of one that is not slanted
MARKERS = ["s", "^", "D", "v", "P", "X", "<", ">"]
_INKED: list[RcKeyType] = [
    "text.color",
    "axes.labelcolor",
    "axes.edgecolor",
    "xtick.color",
    "ytick.color",
    "grid.color",
]
STYLE: dict[RcKeyType, Any] = {
    "font.size": 9,
    "font.family": "sans-serif",
    "svg.fonttype": "none",
    "svg.hashsalt": "reasonome",
    "text.parse_math": False,  # an arm may be called "$x$"
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.2,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "savefig.transparent": True,
    **dict.fromkeys(_INKED, INK),
}


def drawing(folder: Path, name: str) -> Markup:
    """A figure's SVG, for a page."""
    return Markup((folder / f"{name}.svg").read_text(encoding="utf-8"))


def save(figure: Figure, data: pd.DataFrame, stem: Path) -> None:
    """Write `stem`.svg, .png and .tsv, and close the figure. Not atomic: write into a folder that is replaced whole.

    The figure's label, or the name of the file without one, is read aloud in place of the SVG.
    """
    # Names hold dots, so that Path.with_suffix would cut them.
    svg = Path(f"{stem}.svg")
    figure.savefig(svg, metadata={"Date": None, "Creator": None})
    figure.savefig(f"{stem}.png", dpi=160, metadata={"Software": None})
    plt.close(figure)
    label = str(figure.get_label()) or stem.name
    svg.write_text(page_svg(svg.read_text(encoding="utf-8"), stem.name, label), encoding="utf-8")
    atomic.write_tsv(f"{stem}.tsv", data)


def with_intervals(axes: Axes, x: np.ndarray, rows: pd.DataFrame, number: int, **style: Any) -> None:
    """Draw the values of `rows` at `x` with their intervals, in the colour and marker of this number."""
    looks: dict[str, Any] = {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)]}
    bounds = [rows["value"] - rows["low"], rows["high"] - rows["value"]]
    axes.errorbar(x, rows["value"], yerr=bounds, **looks | style)


def name_arms(axes: Axes, arms: list[str]) -> None:
    """The names of arms below an axis; long ones are slanted."""
    axes.set_xticks(range(len(arms)), map(shortened, arms))
    axes.set_xlim(-0.5, len(arms) - 0.5)
    axes.grid(axis="x", visible=False)
    if max(map(len, arms), default=0) > _LONGEST_FLAT:
        plt.setp(axes.get_xticklabels(), rotation=25, ha="right", rotation_mode="anchor")


def legend(figure: Figure, columns: int = 4, loc: LegendLocType = "outside upper left", **looks: Any) -> None:
    """One legend of all panels."""
    handles: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    shown_columns = min(columns, max(1, len(handles)))
    figure.legend(list(handles.values()), list(handles), loc=loc, ncols=shown_columns, **looks)


def no_figure(reason: str) -> Figure:
    """A figure that says why there is nothing to draw."""
    figure, axes = plt.subplots(figsize=(6, 1))
    axes.set_axis_off()
    axes.text(0.5, 0.5, reason, ha="center", va="center")
    return figure


def shortened(name: str) -> str:
    """A name that fits beside an axis."""
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
