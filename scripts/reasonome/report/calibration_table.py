"""How well the confidences of an experiment's arms and baselines are calibrated, and their reliability diagrams."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import pandas as pd

from reasonome.benchmarks.rows import in_mean
from reasonome.report.evidence import Evidence
from reasonome.report.plan import Plan
from reasonome.report.tables import SETTING, grouped
from reasonome.scoring import calibration
from reasonome.scoring.calibration import calibration_scores

_ABOUT = [*SETTING, "backbone", "arm", "seed", "confidence_kind"]
COLUMNS = [*_ABOUT, "subset", "metric", "value", "low", "high", "n"]
COLUMNS += ["distinct_confidences", "distinct_answers", "on_edge"]
BIN_COLUMNS = [*_ABOUT, *calibration.Bin.__dataclass_fields__]
NUMBERS = {*COLUMNS, *BIN_COLUMNS} - {*_ABOUT, "subset", "metric"}
AGREEMENT = "agreement"
BASE_RATE = "base_rate"


def calibration_tables(plan: Plan, evidence: Evidence, seed: int, resamples: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row (COLUMNS) per metric of each arm, baseline and kind of confidence, and a row (BIN_COLUMNS) per bin.

    Kinds are `stated`, `logprob` and, where a question has several samples, `agreement`: the share of the other samples
    with the same answer. Answers count where they have a confidence of the kind; those of all subsets that make the
    mean count together, and where there are several, ECE, what chance alone would give, and accuracy are given for each
    `subset` as well. Beside each arm stands `base_rate`: its share of right answers as the confidence of each.
    `on_edge` counts the confidences on the edge of two bins, which are in the lower one.
    """
    rows, bins = [], []
    for about, table in _tables(plan, evidence):
        right_column = plan.metric_set.right
        if right_column not in table:
            continue
        table = table[table["subset"].isin(in_mean(table["subset"]))]
        for kind, confidence in _confidences(table).items():
            known = confidence.notna() & table[right_column].notna()
            if not known.any():
                continue
            sure = confidence[known].to_numpy(float)
            right = (table.loc[known, right_column] == 1).to_numpy(float)
            labels = about | {"confidence_kind": kind, "subset": ""}
            clusters = table.loc[known, "cluster"].tolist() if "cluster" in table else None
            questions = (table["subset"] + "\t" + table["id"])[known].tolist()
            compared = {"": sure, BASE_RATE: np.full(len(right), right.mean())}
            for name, scores in calibration_scores(compared, right, clusters, questions, seed, resamples).items():
                distinct = {
                    "distinct_confidences": int(scores.pop("distinct_confidences").value),
                    "distinct_answers": table.loc[known, "answer"].nunique(),
                    "on_edge": calibration.on_edges(compared[name]),
                }
                own = labels | distinct | ({"arm": f"{about['arm']}: {name}"} if name else {})
                rows += [own | {"metric": metric, **score.fields()} for metric, score in scores.items()]
            rows += [labels | score for score in _by_subset(table[known], sure, right, seed, resamples)]
            bins += [labels | asdict(of_bin) for of_bin in calibration.reliability(sure, right)]
    return pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(bins, columns=BIN_COLUMNS)


def _by_subset(
    answers: pd.DataFrame, sure: np.ndarray, right: np.ndarray, seed: int, resamples: int
) -> Iterator[dict[str, object]]:
    """ECE, what chance alone would give, and accuracy in each subset, if there are several."""
    subsets = answers["subset"].unique()
    for subset in subsets if len(subsets) > 1 else ():
        within = (answers["subset"] == subset).to_numpy()
        clusters = answers.loc[within, "cluster"].tolist() if "cluster" in answers else None
        questions = answers.loc[within, "id"].tolist()
        scores = calibration_scores({"": sure[within]}, right[within], clusters, questions, seed, resamples)[""]
        distinct = {
            "distinct_confidences": calibration.distinct(sure[within]),
            "distinct_answers": answers.loc[within, "answer"].nunique(),
            "on_edge": calibration.on_edges(sure[within]),
        }
        for metric in ("ece", "ece_if_calibrated", "accuracy"):
            yield {"subset": subset, "metric": metric, **scores[metric].fields(), **distinct}


def _tables(plan: Plan, evidence: Evidence) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    """What each table of scores is of, and the table; of baselines too."""
    for evaluation, table in evidence.evaluations:
        yield {key: getattr(evaluation, key) for key in (*SETTING, "backbone", "arm", "seed")}, table
    for (benchmark, style), table in evidence.baselines.items():
        for (name,), rows in grouped(table, ["baseline"]):
            labels: dict[str, object] = {
                "benchmark": benchmark,
                "style": style,
                "decoding": "",
                "backbone": "",
                "arm": name,
                "seed": "",
            }
            yield labels, rows


def _confidences(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Kind of confidence → that of each answer, nan without one."""
    kinds = sorted(set(table.get("confidence_kind", ())) - {""})
    confidences = {kind: table["confidence"].where(table["confidence_kind"] == kind) for kind in kinds}
    if "sample" in table and table["sample"].nunique() > 1:
        confidences[AGREEMENT] = agreement(table)
    return confidences


def agreement(table: pd.DataFrame) -> pd.Series:
    """The share of a question's other samples, in the same order, with the same answer; nan without an answer."""
    question = [table["subset"], table["id"], table["order"]]
    asked = table["answer"].groupby(question).transform("size")
    alike = table["answer"].groupby([*question, table["answer"]]).transform("size")
    shares = (alike - 1) / (asked - 1).where(asked > 1)
    return shares.where(table["answer"] != "")
