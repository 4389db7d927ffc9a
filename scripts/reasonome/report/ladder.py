"""The ladder: every contrast of the protocol's family as a difference with its interval and outcome."""

from textwrap import wrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reasonome.report.contrasts import NOT_SHOWN, NOT_TESTED, SHOWN, WORSE
from reasonome.report.drawing import COLOURS, INK, legend
from reasonome.report.number_text import signed

_WIDEST = 44  # characters of a line of a label
_LINE, _GAP = 0.155, 0.7  # the height of a line in inches, and the room between rows in lines
_LOOKS = {
    SHOWN: {"marker": "o", "color": COLOURS[2]},
    NOT_SHOWN: {"marker": "o", "color": INK, "markerfacecolor": "none"},
    WORSE: {"marker": "v", "color": COLOURS[1]},
    NOT_TESTED: {"marker": "x", "color": INK},
}


def limits(table: pd.DataFrame) -> tuple[float, float]:
    """The ends of the axis of differences that all panels share: all intervals and zero, with a margin."""
    ends = table[["low", "difference", "high"]]
    low, high = min(ends.min(axis=None), 0.0), max(ends.max(axis=None), 0.0)
    margin = 0.04 * (high - low) or 0.01
    return low - margin, high + margin


def ladder(panel: pd.DataFrame, metric: str, ends: tuple[float, float]) -> tuple[Figure, pd.DataFrame]:
    """The contrasts of one backbone and setting, a row each below its arm's name; `metric` is in words, and `ends` are
    those of the axis. Names are wrapped, never cut."""
    rows: list[tuple[list[str], pd.Series | None]] = []
    for arm, own in panel.groupby("a", sort=False):
        rows.append((wrap(arm, _WIDEST), None))
        rows += [(wrap(_control(row), _WIDEST), row) for _, row in own.iterrows()]
    heights = np.cumsum([_GAP + len(lines) for lines, _ in rows])
    middles = heights - [(_GAP + len(lines)) / 2 for lines, _ in rows]
    figure, axes = plt.subplots(figsize=(9.5, 1 + _LINE * heights[-1]), layout="constrained")
    counts = panel["outcome"].value_counts()
    found = {outcome: looks for outcome, looks in _LOOKS.items() if outcome in counts}
    figure.set_label(f"Differences to controls: {', '.join(f'{counts[outcome]} {outcome}' for outcome in found)}")
    of_contrasts = [(middle, row) for middle, (_, row) in zip(middles, rows, strict=True) if row is not None]
    for outcome, looks in found.items():
        drawn = [(middle, row) for middle, row in of_contrasts if row["outcome"] == outcome]
        places = [middle for middle, _ in drawn]
        low, value, high = ([row[name] for _, row in drawn] for name in ("low", "difference", "high"))
        axes.hlines(places, low, high, color=looks["color"])
        axes.plot(value, places, linestyle="none", label=outcome, **looks)
    axes.axvline(0, color=INK, linewidth=0.9)
    axes.set_xlim(ends)
    axes.set_ylim(heights[-1], 0)
    axes.set_xlabel(f"difference in {metric}, arm − control, 95 % interval")
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_yticks(middles, ["\n".join(lines) for lines, _ in rows])
    for label, (_, row) in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if row is None else "normal")
    beside = axes.secondary_yaxis("right")
    beside.spines["right"].set_visible(False)
    beside.tick_params(axis="y", length=0)
    beside.set_yticks([middle for middle, _ in of_contrasts], [_numbers(row) for _, row in of_contrasts])
    legend(figure)
    return figure, panel


def _control(row: pd.Series) -> str:
    """What an arm is held against: another arm, or the best baseline of a group."""
    kind = f"baselines, {row['information']}" if row["kind"] == "baseline" else row["kind"]
    return f"{kind}: {row['b']}"


def _numbers(row: pd.Series) -> str:
    """The difference, its interval, the outcome and its p, as far as they are known."""
    interval = "" if np.isnan(row["low"]) else f" [{signed(row['low'])}, {signed(row['high'])}]"
    p = "" if np.isnan(row["p"]) else ", p < 0.001" if row["p"] < 0.001 else f", p {row['p']:.3f}"
    return f"{signed(row['difference'])}{interval}  {row['outcome']}{p}"
