"""How well the confidences of an experiment's arms and baselines are calibrated, and their reliability diagrams."""

from collections.abc import Iterator, Mapping
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
_OF_SUBSETS = ("ece", "accuracy")


def calibration_tables(plan: Plan, evidence: Evidence) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row (COLUMNS) per metric of each arm, baseline and kind of confidence, and a row (BIN_COLUMNS) per bin.

    Kinds are `stated`, `logprob` and, where a question has several samples, `agreement`: the share of the other samples
    with the same answer. Answers count where they have a confidence of the kind; those of all subsets that make the
    mean count together, and where there are several, ECE and accuracy are given for each `subset` as well. Beside each
    arm stands `base_rate`: its share of right answers as the confidence of each. `on_edge` counts the confidences on
    the edge of two bins, which are in the lower one.
    """
    rows, bins = [], []
    for about, table in _tables(evidence):
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
            compared = {"": sure, BASE_RATE: np.full(len(right), right.mean())}
            for name, row in _rows(table[known], compared, right):
                rows.append(labels | row | ({"arm": f"{about['arm']}: {name}"} if name else {}))
            subsets = table.loc[known, "subset"]
            for subset in subsets.unique() if subsets.nunique() > 1 else ():
                own = (subsets == subset).to_numpy()
                of_subset = _rows(table[known][own], {"": sure[own]}, right[own])
                rows += [labels | row | {"subset": subset} for _, row in of_subset if row["metric"] in _OF_SUBSETS]
            bins += [labels | asdict(of_bin) for of_bin in calibration.reliability(sure, right)]
    return pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(bins, columns=BIN_COLUMNS)


def _rows(
    answers: pd.DataFrame, confidences: Mapping[str, np.ndarray], right: np.ndarray
) -> Iterator[tuple[str, dict[str, object]]]:
    """The name of each of several confidences of the same answers, and a row per metric of it."""
    clusters = answers["cluster"].tolist() if "cluster" in answers else None
    for name, scores in calibration_scores(confidences, right, clusters).items():
        shared = {
            "distinct_confidences": int(scores.pop("distinct_confidences").value),
            "distinct_answers": answers["answer"].str.casefold().nunique(),
            "on_edge": calibration.on_edges(confidences[name]),
        }
        yield from ((name, {"metric": metric, **score.fields(), **shared}) for metric, score in scores.items())


def _tables(evidence: Evidence) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """What each table of scores is of, and the table; of baselines too."""
    for evaluation, table in evidence.evaluations:
        yield {key: getattr(evaluation, key) for key in _ABOUT[:-1]}, table
    for (benchmark, style), table in evidence.baselines.items():
        for (name,), rows in grouped(table, ["baseline"]):
            yield dict.fromkeys(_ABOUT[:-1], "") | {"benchmark": benchmark, "style": style, "arm": name}, rows


def _confidences(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Kind of confidence → that of each answer, nan without one."""
    kinds = sorted(set(table.get("confidence_kind", ())) - {""})
    confidences = {kind: table["confidence"].where(table["confidence_kind"] == kind) for kind in kinds}
    if "sample" in table and table["sample"].nunique() > 1:
        confidences[AGREEMENT] = agreement(table)
    return confidences


def agreement(table: pd.DataFrame) -> pd.Series:
    """The share of a question's other samples, in the same order, with the same answer in any case; nan without one."""
    question = [table["subset"], table["id"], table["order"]]
    asked = table["answer"].groupby(question).transform("size")
    alike = table["answer"].groupby([*question, table["answer"].str.casefold()]).transform("size")
    shares = (alike - 1) / (asked - 1).where(asked > 1)
    return shares.where(table["answer"] != "")
