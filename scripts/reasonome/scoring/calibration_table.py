"""The calibration of anybody's table: a confidence in every row, and whether its answer is right.

from reasonome.scoring.calibration_table import calibrate_table
calibrated = calibrate_table("answers.csv", {"confidence": "p", "right": "correct"})
print(calibrated.scored.metrics["ece"].value, calibrated.bins)
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from reasonome.core.errors import InputError
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.files.plain_table import PlainTable, check_fields, counted_lines, frame_table, read_table
from reasonome.metrics import Metric, MetricSet
from reasonome.scoring import calibration
from reasonome.scoring.calibration import Bin, Side, calibration_scores
from reasonome.scoring.table_scores import Score, Scored, ScoredBaseline, aligned, few_clusters

_OPTIONAL = ("answer", "id", "kind")
_TRUE = ("1", "1.0", "true", "t", "yes", "y", "right", "correct")
_FALSE = ("0", "0.0", "false", "f", "no", "n", "wrong", "incorrect")
_TELLING = 0.02  # of two values of ECE, by the side on which bins are closed, that differ by more, both are told
_SCALES = (5, 10, 100)  # that numbers above 1 may be of
_NUMBER = re.compile(r"((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(%?)")
# The metrics that are printed of baselines too.
KNOWN = MetricSet(
    metrics=(
        Metric("brier", less_is_better=True, on=("baselines",)),
        Metric("ece", less_is_better=True, on=("baselines",)),
        Metric("accuracy", on=("baselines",)),
        Metric("auroc", on=("baselines",)),
    ),
    primary="brier",
    stand_in="brier",
    right="",
    groups={},
    baselines={},
)


@dataclass(frozen=True)
class Calibrated:
    """`scored` has the metrics, baselines and notes of a table, and `bins` its reliability diagram, lowest first, whose
    bins are `closed` on a side."""

    scored: Scored
    bins: list[Bin]
    closed: Side = "right"

    def to_json(self) -> str:
        """One JSON object: what `Scored` has, bins, and bins_closed."""
        bins = {"bins": list(map(asdict, self.bins)), "bins_closed": self.closed}
        return json.dumps(self.scored.fields() | bins, indent=2, ensure_ascii=False)

    def text(self) -> str:
        """The metrics, baselines, bins and notes, as text for a terminal."""
        rows = {
            self._range(b): {
                "n": b.n,
                "confidence": f"{b.confidence:.4f}",
                "right": f"{b.right:.4f}",
                "95 % interval": f"[{b.right_low:.4f}, {b.right_high:.4f}]",
            }
            for b in self.bins
        }
        return f"{self.scored.text()}\n\n{aligned('bin', rows)}"

    def _range(self, of: Bin) -> str:
        if self.closed == "right":
            return f"({of.low:.1f}, {of.high:.1f}]"
        return f"[{of.low:.1f}, {of.high:.1f}{']' if of.high == 1 else ')'}"


def calibrate_table(
    table: str | os.PathLike | pd.DataFrame,
    columns: Mapping[str, str],
    bins: Side = "right",
    scale: float | None = None,
) -> Calibrated:
    """The calibration of a file (CSV, TSV, JSON lines; plain or gzipped) or a DataFrame.

    `columns` maps `confidence` and `right` to columns of the table, and perhaps `answer`, whose distinct values are
    counted, `id`, whose rows hang together, and `kind`, such as the class asked about. Confidences run from 0
    to `scale`; if it is not given to 1, or to 100 where half or more of those without a percent sign are above 1. Rows
    without one are left out and counted. `bins` is the side on which the bins of calibration errors are closed.
    Metrics are those of `calibration`, with 95 % intervals over rows or `id`.
    InputError, with file, line and column, for a table that cannot be read, for a cell that is neither, and without a
    `scale` where confidences above 1 are all small, so that they may be of 5 or 10 as well as of 100.
    """
    check_fields(columns, ("confidence", "right"), _OPTIONAL, "a table of confidences")
    read = frame_table(table) if isinstance(table, pd.DataFrame) else read_table(table, columns.values(), texts=True)
    frame, notes = _rows(read, {field: read.place(column, field) for field, column in columns.items()}, scale)
    confidence, right = frame["confidence"].to_numpy(), frame["right"].to_numpy()
    values = {"": confidence, "base_rate": np.full(len(frame), right.mean())}
    if "kind" in frame:
        values["base_rate_of_kind"] = frame.groupby("kind")["right"].transform("mean").to_numpy()
    clusters = frame["id"].tolist() if "id" in frame else None
    metrics = calibration_scores(values, right, clusters, bins)
    if too_few := few_clusters(len(frame), clusters, "their id"):
        notes.append(too_few)
    if "answer" in frame:
        answers = Score(float(frame["answer"].nunique()), None, None, len(frame))
        metrics = {name: own | {"distinct_answers": answers} for name, own in metrics.items()}
    notes += _edges(confidence, right, bins)
    baselines = {
        "base_rate": "the share of right answers of these very rows, as the confidence of each",
        "base_rate_of_kind": "the share of right answers of these very rows of the same kind",
    }
    scored = Scored(
        n=len(frame),
        known=KNOWN,
        metrics=metrics.pop(""),
        baselines={name: ScoredBaseline("the right answers", baselines[name], own) for name, own in metrics.items()},
        problems={},
        table=frame,
        notes=notes,
    )
    return Calibrated(scored, calibration.reliability(confidence, right, bins), bins)


def _edges(confidence: np.ndarray, right: np.ndarray, bins: Side) -> list[str]:
    """In words: how many confidences are on edges of bins, and what ECE is by either side, where that matters."""
    edges = calibration.on_edges(confidence)
    if not edges:
        return []
    chosen = "lower" if bins == "right" else "upper"
    notes = [f"confidences on the edge of two bins, counted in the {chosen} one: {edges}"]
    diagrams = (calibration.reliability(confidence, right, side) for side in ("left", "right"))
    left, other = (calibration.errors(diagram)["ece"] for diagram in diagrams)
    if abs(left - other) > _TELLING:
        told = f"ECE depends on their side: {left:.4f} with bins closed on the left, {other:.4f} on the right (--bins)"
        notes.append(f"{told}; the Brier score does not")
    return notes


def _rows(table: PlainTable, columns: Mapping[str, str], scale: float | None) -> tuple[pd.DataFrame, list[str]]:
    """The rows with a confidence, as numbers from 0 to 1 and 0 or 1, and notes on the others and on the scale."""
    cells = {field: table.cells(column) for field, column in columns.items()}
    empty = [is_missing(cell) for cell in cells["confidence"]]
    without = [line for line, is_empty in zip(table.lines, empty, strict=True) if is_empty]
    if len(without) == len(table.lines):
        raise _error(table, columns, "confidence", 0, "no row has a confidence", "name the column that has them")
    places = [place for place, is_empty in enumerate(empty) if not is_empty]
    confidences, scale_notes = _confidences(table, columns, cells["confidence"], places, scale)
    frame = pd.DataFrame(
        {
            "confidence": confidences,
            "right": [_outcome(table, columns, cells["right"][place], place) for place in places],
            **{field: [cells[field][place].strip() for place in places] for field in _OPTIONAL if field in cells},
        }
    )
    notes = [*scale_notes]
    if without:
        notes.append(f"rows without a confidence, left out: {counted_lines(without)}")
    if "id" in frame and (alone := [table.lines[place] for place in places if not cells["id"][place].strip()]):
        of_rows = pd.Series([f"line {table.lines[place]}" for place in places])
        frame["id"] = frame["id"].mask(frame["id"] == "", of_rows)
        notes.append(f"rows without an id, each a question of its own: {counted_lines(alone)}")
    return frame, notes


def _confidences(
    table: PlainTable, columns: Mapping[str, str], cells: Sequence[str], places: Sequence[int], scale: float | None
) -> tuple[list[float], list[str]]:
    """The confidences of the rows at some places, from 0 to 1, and notes on the scale that they are read in."""
    matches: dict[int, re.Match[str]] = {}
    for place in places:
        if (match := _NUMBER.fullmatch(cells[place].strip())) is None:
            what = f"'{cells[place].strip()}' is no confidence"
            fix = "write a number such as 0.85, 85 or 85 %; leave the cell empty where there is none"
            raise _error(table, columns, "confidence", place, what, fix)
        matches[place] = match
    plain = {place: float(match[1]) for place, match in matches.items() if not match[2]}
    given, scale = scale is not None, scale or _scale(table, columns, plain)
    confidences = []
    for place, match in matches.items():
        confidences.append(float(match[1]) / (100 if match[2] else scale))
        if confidences[-1] > 1:
            certain = "100 %" if match[2] else f"{scale:g}"
            what = f"the confidence '{match[0]}' is above {certain}"
            fix = "give a larger scale, or correct it" if given else "write all of them from 0 to 1, or to 100"
            raise _error(table, columns, "confidence", place, what, fix)
    notes = [f"confidences are read as from 0 to {scale:g}"] if plain else []
    small = [table.lines[place] for place, number in plain.items() if 0 < number <= 1]
    if scale == 100 and not given and small:
        notes.append(f"confidences of 1 or less among them, read as at most 1 %: {counted_lines(small)}")
    return confidences, notes


def _scale(table: PlainTable, columns: Mapping[str, str], plain: Mapping[int, float]) -> int:
    """1 or 100, whichever numbers (by their place) are of; InputError where they may be of another scale."""
    large = [place for place, number in plain.items() if number > 1]
    if len(large) < max(1, len(plain) / 2):
        return 1
    highest = max(plain.values())
    if highest <= _SCALES[-2]:
        scales = [f"{scale}" for scale in _SCALES if scale >= highest]
        what = f"the highest confidence is {highest:g}, and may be out of {', '.join(scales[:-1])} or {scales[-1]}"
        fix = f"say what certain is: --scale {' or --scale '.join(scales)}"
        raise _error(table, columns, "confidence", large[0], what, fix)
    return 100


def _outcome(table: PlainTable, columns: Mapping[str, str], cell: str, place: int) -> float:
    """1 for a right answer, 0 for a wrong one."""
    word = cell.strip().casefold()
    if word not in _TRUE and word not in _FALSE:
        what = f"'{cell.strip()}' says neither right nor wrong"
        raise _error(table, columns, "right", place, what, "write 1 or 0, true or false, yes or no")
    return float(word in _TRUE)


def _error(table: PlainTable, columns: Mapping[str, str], field: str, place: int, what: str, fix: str) -> InputError:
    return InputError(what, file=table.file, line=table.lines[place], field=columns[field], fix=fix)
