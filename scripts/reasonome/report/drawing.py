"""How figures look and how they are saved: SVG, PNG and TSV of equal bytes for equal data, for light and dark pages."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

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

INK = "#767676"  # text and axes: readable on white and on black; becomes currentColor in the SVG
COLOURS = ["#2f7fc1", "#d0622b", "#1f9a73", "#b565a7", "#a8870f", "#5b8c2a", "#c4506a", "#4f9aa8"]
_LONGEST, _LONGEST_FLAT = 32, 9  # characters of a name beside an axis, and of one that is not slanted
_LINES = 24  # names that fit the height of a panel
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
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)


def drawing(folder: Path, name: str) -> Markup:
    """A figure's SVG, for a page."""
    return Markup((folder / f"{name}.svg").read_text(encoding="utf-8"))


def save(figure: Figure, data: pd.DataFrame, stem: Path) -> None:
    """Write `stem`.svg, .png and .tsv, and close the figure. Not atomic: write into a folder that is replaced whole.

    The figure's label, if it has one, is read aloud in place of the SVG.
    """
    # Names hold dots, so that Path.with_suffix would cut them.
    svg = Path(f"{stem}.svg")
    figure.savefig(svg, metadata={"Date": None, "Creator": None})
    figure.savefig(f"{stem}.png", dpi=160, metadata={"Software": None})
    plt.close(figure)
    themed = themed_svg(svg.read_text(encoding="utf-8"), stem.name, str(figure.get_label()))
    svg.write_text(themed, encoding="utf-8")
    atomic.write_tsv(f"{stem}.tsv", data)


def themed_svg(svg: str, prefix: str, label: str = "") -> str:
    """The same drawing with INK as currentColor, no style sheet, ids that are unique in a page, and a label if any."""
    root = ElementTree.fromstring(svg)
    prefix = re.sub(r"[^A-Za-z0-9]", "_", prefix)
    for element in root.iter():
        for child in list(element):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                element.remove(child)
        for name, value in list(element.attrib.items()):
            value = value.replace(INK, "currentColor").replace("url(#", f"url(#{prefix}-")
            if name == "id":
                value = f"{prefix}-{value}"
            elif name == f"{{{_XLINK}}}href" and value.startswith("#"):
                value = f"#{prefix}-{value[1:]}"
            element.set(name, value)
    # A presentation attribute: it serves the file on its own and yields to the page's own colour.
    root.set("color", INK)
    root.set("stroke-linejoin", "round")
    root.set("role", "img")
    if label:
        root.set("aria-label", label)
    return ElementTree.tostring(root, encoding="unicode")


def with_intervals(axes: Axes, x: np.ndarray, rows: pd.DataFrame, number: int, **style: Any) -> None:
    """Draw the values of `rows` at `x` with their intervals, in the colour and marker of this number."""
    looks: dict[str, Any] = {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)]}
    bounds = [rows["value"] - rows["low"], rows["high"] - rows["value"]]
    axes.errorbar(x, rows["value"], yerr=bounds, **looks | style)


def label_baselines(figure: Figure, axes: Axes, baselines: pd.DataFrame) -> None:
    """Dashed lines with their names to the right, pushed apart where they would overlap; the limits must stand."""
    dashes = {"none": (1, 2), "prompt": (4, 2), "prompt facts": (6, 2), "training data": (8, 2)}
    ordered = baselines.sort_values("value")
    heights = spread(ordered["value"].tolist(), room=np.ptp(axes.get_ylim()) / _LINES)
    for (_, baseline), height in zip(ordered.iterrows(), heights, strict=True):
        dash = dashes.get(baseline["information"], (2, 1))
        axes.axhline(baseline["value"], color=INK, linewidth=0.9, linestyle=(0, dash), zorder=1)
        axes.annotate(
            f"{baseline['arm']} ({baseline['information']})",
            xy=(1, baseline["value"]),
            xycoords=("axes fraction", "data"),
            xytext=(1 + 0.18 / figure.get_figwidth(), height),
            textcoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.5, "relpos": (0, 0.5), "shrinkB": 0},
        )


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


def spread(values: list[float], room: float) -> list[float]:
    """Heights at least `room` apart for labels of sorted `values`; a crowd is centred on its own mean."""
    crowds: list[list[float]] = []
    for value in values:
        crowds.append([value])
        while len(crowds) > 1 and _lowest(crowds[-1], room) < _lowest(crowds[-2], room) + room * len(crowds[-2]):
            last = crowds.pop()
            crowds[-1] += last
    return [_lowest(crowd, room) + room * place for crowd in crowds for place in range(len(crowd))]


def _lowest(crowd: list[float], room: float) -> float:
    return sum(crowd) / len(crowd) - room * (len(crowd) - 1) / 2


def shortened(name: str) -> str:
    """A name that fits beside an axis."""
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
