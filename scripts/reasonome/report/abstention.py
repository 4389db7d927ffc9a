"""Whether a model knows when it does not know: confidence and abstention on real and on contaminated gene sets.

A table of measures, and the curves of scores by the share of questions that are answered.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from tqdm import tqdm

from reasonome.metrics import MetricSet, OfWeights
from reasonome.report.drawing import COLOURS, INK, legend, no_figure, shortened
from reasonome.report.plan import Evaluation
from reasonome.report.tables import SETTING, grouped, joined
from reasonome.scoring.calibration import equal_mass_error
from reasonome.scoring.comparisons import MEAN
from reasonome.scoring.pooled_metrics import auroc, coverage_area, mean_at_coverage, sums_by_score
from reasonome.scoring.table_scores import intervals

COLUMNS = ["measure", "against", "coverage", "value", "low", "high", "n", "confidence_kind", "note"]
COVERAGES = (0.25, 0.5, 0.75, 1.0)
RIGHT = "right"  # the score that is 1 for a right answer or a right abstention
_NO_SCORES = ["subset", "id", "cluster", "contaminated", "confidence", "sure_of_a_name", "answered", "constant"]
_STATED = "stated"
_NO_CONTAMINATED = "no contaminated sets: `contaminated` of the benchmark makes them"
_NO_RANDOM = "no random sets: `contaminated: [1.0]` of the benchmark makes them"
RUN = ["backbone", "arm", "seed", *SETTING]
_POINTS = ["measure", "over", "coverage", "accuracy", "baseline"]
CURVE_COLUMNS = [*RUN, *_POINTS]
DASHES = (0, (4, 2))
Scored = tuple[Evaluation, pd.DataFrame]  # an evaluation and its table of scores
NO_CONFIDENCE = "No confidence was recorded with any answer of this experiment."
ABSTENTION_COLUMNS = [*RUN, *COLUMNS]
Measures = dict[tuple[str, float | None], OfWeights]  # (measure, coverage) → its value for weights of questions


def abstention_table(metric_set: MetricSet, scores: pd.DataFrame, seed: int, resamples: int) -> pd.DataFrame:
    """A row (COLUMNS) per measure of a table of scores; samples and orders of one question are averaged first.

    auroc: probability that a real set's confidence is above that of a random (or partly contaminated) set, ties
    counting half and abstentions ranking below every name; auroc_abstaining: the same for not abstaining.
    right, and each metric of `metric_set` shown by coverage: at a coverage its mean over that share of sets, the most
    confident first; ..._area: the mean over all coverages. auroc_constant and ..._constant: the same for a constant
    confidence. calibration_error: `equal_mass_error`. Intervals (95 %) resample clusters. Where a value is nan, `note`
    says why.
    """
    kind, table, note = _questions(metric_set, scores)
    rows: list[list] = []
    for against, chosen in _contrasts(table):
        rows += _rows(against, chosen, _aurocs(chosen), _missing(chosen, _NO_CONTAMINATED), seed, resamples)
    for over, chosen, lacking in _pools(table):
        missing = _missing(chosen, lacking)
        rows += _rows(over, chosen, _curves(chosen), missing, seed, resamples)
        rows.append(_calibration_row(over, chosen, missing, kind))
    measures = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "confidence_kind"])
    of_confidence = ~measures["measure"].str.endswith(("_abstaining", "_constant")) & (measures["note"] == "")
    measures.loc[of_confidence, "note"] = note
    if not kind:
        measures.loc[of_confidence, ["value", "low", "high"]] = np.nan
    return measures.assign(confidence_kind=kind)[COLUMNS]


def measures_in_words(metric_set: MetricSet) -> dict[str, str]:
    """Measure → its words, of those that a page shows."""
    words = {
        "auroc": "AUROC of the confidence",
        "auroc_abstaining": "AUROC of abstaining alone",
        "auroc_constant": "AUROC of a constant confidence",
    }
    for metric in metric_set.on("coverage"):
        label = metric_set.name(metric)
        words[metric] = f"{label} of the most confident half"
        words[f"{metric}_area"] = f"{label}, mean over all shares answered"
        words[f"{metric}_constant"] = f"{label} at a constant confidence"
    return words | {"calibration_error": "expected calibration error"}


def curve(metric_set: MetricSet, scores: pd.DataFrame) -> pd.DataFrame:
    """Columns measure, over, coverage (0.01 … 1), accuracy, and baseline: the accuracy of a constant confidence."""
    kind, table, _ = _questions(metric_set, scores)
    parts = []
    for over, chosen, lacking in _pools(table):
        if _missing(chosen, lacking) or not kind:
            continue
        once = np.ones((1, len(chosen)))
        coverage = np.arange(1, 101) / 100
        for measure in _scores(table):
            groups = _surest_first(once, chosen, measure)
            accuracy = [mean_at_coverage(share, *groups)[0] for share in coverage]
            points = pd.DataFrame({"coverage": coverage, "accuracy": accuracy, "baseline": chosen[measure].mean()})
            parts.append(points.assign(measure=measure, over=over))
    return joined(parts, _POINTS)


# --- questions ------------------------------------------------------------------------------------------


def _questions(metric_set: MetricSet, scores: pd.DataFrame) -> tuple[str, pd.DataFrame, str]:
    """The kind of confidence ("" where there is none), a row per question, and a note on missing confidences.

    Confidences are of the kind that most answers have; a question none of whose answers has one counts as least sure.
    On random sets only abstaining is right; on real ones what `metric_set` calls right, and other metrics count as
    they are. `sure_of_a_name` is the confidence of a name; every abstention ranks below all names.
    """
    kinds = scores.loc[scores["confidence"].notna(), "confidence_kind"]
    kind = kinds.mode().iloc[0] if len(kinds) else ""
    confidence = scores["confidence"].where(scores["confidence_kind"] == kind)
    least = min([0.0, *confidence.dropna()])
    random = scores["contaminated"] == 1.0
    table = scores[["subset", "id", "cluster", "contaminated"]].assign(
        confidence=confidence,
        sure_of_a_name=confidence.where(scores["abstained"] == 0, least - 1),
        answered=1 - scores["abstained"],
        **{name: scores["abstained"].where(random, scores[name]) for name in metric_set.on("coverage")},
        **{RIGHT: scores["abstained"].where(random, scores[metric_set.right])},
        constant=0.0,
    )
    first, mean = ["cluster", "contaminated"], ["confidence", "sure_of_a_name", "answered", "constant", *_scores(table)]
    by_question = table.groupby(["subset", "id"], as_index=False)
    table = by_question.agg(dict.fromkeys(first, "first") | dict.fromkeys(mean, "mean"))
    table = table.sort_values("cluster", kind="stable")  # so that resamples depend on no order of rows
    # Names without a confidence rank below all that have one and above abstentions.
    table["sure_of_a_name"] = table["sure_of_a_name"].fillna(least - 0.5)
    if not kind:
        return kind, table, "no answer has a confidence"
    without = int(table["confidence"].isna().sum())
    return kind, table, f"{without} without a confidence count as least sure" if without else ""


def _scores(table: pd.DataFrame) -> list[str]:
    """The columns of questions that hold scores."""
    return [name for name in table.columns if name not in _NO_SCORES]


def _real(table: pd.DataFrame) -> pd.Series:
    return table["contaminated"] == 0.0


def _contrasts(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Real sets with the random ones, and with those of every other share of replaced genes."""
    others = sorted(set(table["contaminated"]) - {0.0, 1.0})
    for share in (1.0, *others):
        chosen = table[_real(table) | (table["contaminated"] == share)]
        yield "random sets" if share == 1.0 else f"sets with {share:.0%} of genes replaced", chosen


def _pools(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """What coverage is taken over: (name, rows, why it cannot be where all sets are real, or "" if it can).

    Partly contaminated sets are left out: they have a name, and too few genes to infer it from.
    """
    yield "real and random sets", table[table["contaminated"].isin([0.0, 1.0])], _NO_RANDOM
    yield "real sets", table[_real(table)], ""


def _missing(table: pd.DataFrame, lacking: str) -> str:
    """Why there is no measure: `lacking` where all sets are real; "" if there is one."""
    if lacking and _real(table).all():
        return lacking
    return "" if _real(table).any() else "no real sets"


# --- measures -------------------------------------------------------------------------------------------


def _aurocs(table: pd.DataFrame) -> Measures:
    """How well three columns tell real sets from the others."""
    columns = {"auroc": "sure_of_a_name", "auroc_abstaining": "answered", "auroc_constant": "constant"}
    real = _real(table).to_numpy()

    def told_by(column: str) -> OfWeights:
        values = table[column].to_numpy(float)
        return lambda weights: auroc(weights, real, values)

    return {(name, None): told_by(column) for name, column in columns.items()}


def _curves(table: pd.DataFrame) -> Measures:
    """Every score at each of COVERAGES, over all coverages, and of a constant confidence."""
    measures: Measures = {}
    for name in _scores(table):
        for coverage in COVERAGES:
            measures[name, coverage] = lambda weights, name=name, coverage=coverage: mean_at_coverage(
                coverage, *_surest_first(weights, table, name)
            )
        measures[f"{name}_area", None] = lambda weights, name=name: coverage_area(*_surest_first(weights, table, name))
    for name in _scores(table):
        measures[f"{name}_constant", None] = measures[name, 1.0]
    return measures


def _surest_first(weights: np.ndarray, table: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The number of questions of equal confidence and the sum of their scores, the surest first, shape (resamples,
    groups); questions without a confidence come last."""
    confidence = table["confidence"].fillna(table["confidence"].min() - 1).fillna(0).to_numpy(float)
    count, gained = sums_by_score(weights, confidence, np.ones(len(table)), table[name].to_numpy(float))
    return count[:, ::-1], gained[:, ::-1]


def _calibration_row(over: str, table: pd.DataFrame, missing: str, kind: str) -> list:
    stated = table[table["confidence"].notna()]
    if missing or kind != _STATED:
        note = missing or ("for stated confidences alone" if kind else "")
        return ["calibration_error", over, *[np.nan] * 4, len(stated), note]
    value = equal_mass_error(stated["confidence"].to_numpy(), stated["right"].to_numpy())
    return ["calibration_error", over, np.nan, value, np.nan, np.nan, len(stated), "no interval: resampling raises it"]


def _rows(
    over: str, table: pd.DataFrame, measures: Measures, missing: str, seed: int, resamples: int
) -> Iterator[list]:
    """A row per measure; intervals are of a bootstrap over clusters, whose resamples all measures share."""
    scores: Mapping = {}
    if not missing:
        pooled = {key: lambda places, of_weights=of_weights: of_weights for key, of_weights in measures.items()}
        no_means, subsets, clusters = pd.DataFrame(index=table.index), [MEAN] * len(table), table["cluster"].tolist()
        scores = intervals(no_means, subsets, clusters, seed, resamples, pooled=pooled)[MEAN]
    for (name, coverage), score in ((key, scores.get(key)) for key in measures):
        bounds = [np.nan] * 3 if score is None else [score.value, score.low, score.high]
        yield [name, over, np.nan if coverage is None else coverage, *bounds, len(table), missing]


# --- evaluations -----------------------------------------------------------------------------------------


def _with_confidence(metric_set: MetricSet, evaluations: list[Scored]) -> list[Scored]:
    """The evaluations whose scores tell when a model should have abstained."""
    needed = {"confidence", "confidence_kind", "abstained", "contaminated", metric_set.right}
    needed |= {*metric_set.on("coverage")}
    return [(e, scores) for e, scores in evaluations if set(scores) >= needed]


def abstentions(metric_set: MetricSet, evaluations: list[Scored], *, seed: int, resamples: int) -> pd.DataFrame:
    """`abstention_table` of every evaluation, with the labels of `RUN`; its notes say where there is no confidence."""
    tables = [
        abstention_table(metric_set, scores, seed=seed, resamples=resamples).assign(**_labels(evaluation))
        for evaluation, scores in tqdm(
            _with_confidence(metric_set, evaluations), desc="abstention", leave=False, delay=5
        )
    ]
    return joined(tables, ABSTENTION_COLUMNS)


def _labels(evaluation: Evaluation) -> dict[str, str | int]:
    """Which model answered what: the columns `RUN`."""
    return {name: getattr(evaluation, name) for name in RUN}


def coverage(metric_set: MetricSet, evaluations: list[Scored]) -> tuple[Figure, pd.DataFrame]:
    """Scores of the most confident answers by their share, a row of panels per backbone, setting and kind of sets, a
    panel per measure and a colour per arm; dashed is what a constant confidence gives. Every seed has its curve. Arms
    without confidence are left out."""
    curves = [curve(metric_set, scores).assign(**_labels(e)) for e, scores in _with_confidence(metric_set, evaluations)]
    data = joined(curves, CURVE_COLUMNS)
    if data.empty:
        return no_figure(NO_CONFIDENCE), data
    rows = list(grouped(data, ["backbone", *SETTING, "over"]))
    measures = {name: metric_set.name(name) for name in metric_set.on("coverage")} | {RIGHT: "share of right answers"}
    arms = list(dict.fromkeys(evaluation.arm for evaluation, _ in evaluations))
    figure, grid = plt.subplots(
        len(rows), len(measures), figsize=(8.8, 0.5 + 3.1 * len(rows)), layout="constrained", squeeze=False
    )
    for panels, ((*setting, over), of_row) in zip(grid, rows, strict=True):
        for axes, (measure, name) in zip(panels, measures.items(), strict=True):
            chosen = of_row[of_row["measure"] == measure]
            for (arm, _), line in grouped(chosen, ["arm", "seed"]):
                colour = COLOURS[arms.index(arm) % len(COLOURS)]
                axes.plot(line["coverage"], line["accuracy"], color=colour, label=shortened(arm), linewidth=1.4)
                axes.plot(line["coverage"], line["baseline"], color=colour, linestyle=DASHES, linewidth=0.9)
            axes.set_title(f"{', '.join(setting)}: {over}", fontsize=8, loc="left")
            axes.set_xlabel("share of questions answered, most confident first")
            axes.set_ylabel(name)
            axes.set_xlim(0, 1)
            axes.set_ylim(-0.02, 1.02)
    axes.plot([], [], color=INK, linestyle=DASHES, linewidth=0.9, label="constant confidence")
    legend(figure)
    return figure, data
