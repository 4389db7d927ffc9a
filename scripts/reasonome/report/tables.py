"""metrics.tsv and comparisons.tsv: every score beside its floors, every claim with its test."""

import os
from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.atomic import replacing
from reasonome.benchmarks.strata import STRATA
from reasonome.comparisons import MEAN, RESAMPLES, bootstrap_intervals, holm, in_mean, paired_test
from reasonome.errors import InputError
from reasonome.report.evidence import EXAMPLE, Evidence
from reasonome.report.plan import Evaluation, Plan, parent_arm

SETTING = ["benchmark", "style", "decoding"]
METRIC_COLUMNS = [
    "experiment",
    "backbone",
    "arm",
    "chain",
    "seed",
    "benchmark",
    "style",
    "decoding",
    "subset",
    "stratum",
    "kind",
    "information",
    "metric",
    "value",
    "low",
    "high",
    "n",
]
COMPARISON_COLUMNS = [
    "experiment",
    "backbone",
    "benchmark",
    "style",
    "decoding",
    "subset",
    "kind",
    "metric",
    "a",
    "b",
    "information",
    "difference",
    "low",
    "high",
    "t",
    "p",
    "p_wilcoxon",
    "p_holm",
    "effect_size",
    "n",
    "missing_a",
    "missing_b",
    "note",
]
COMPARED = ["rouge_l", "similarity"]
NOT_ANSWERED = "missing_answer"  # the problem of a row that stands for an answer that is not there
# The order of the floors in every table.
INFORMATION = ["none", "prompt", "prompt facts", "training data", "a database"]
_NUMBERS = [
    "value",
    "low",
    "high",
    "n",
    "difference",
    "t",
    "p",
    "p_wilcoxon",
    "p_holm",
    "effect_size",
    "missing_a",
    "missing_b",
]
_LEFT_OUT = ["genes_left_out", "facts_left_out", "neighbours_left_out"]
_DESCRIPTIVE = ["truncated", "length", *_LEFT_OUT]  # unknown, not zero, where there is no answer


def metrics_table(plan: Plan, evidence: Evidence, *, seed: int = 0, resamples: int = RESAMPLES) -> pd.DataFrame:
    """One row per arm (or floor, or arm's shuffled answers) × subset × metric, with its 95 % interval.

    Shares and scores are 0..1, `length` is in tokens, what was left out of prompts in genes, facts and neighbours.
    `n` counts examples.
    Several samples of an example are averaged first. An arm with several seeds gets a further row with
    seed "mean", whose interval is over examples. `no_name` is the share of answers without a usable name, those
    that are not there included. `distinct_names` has no interval: resampling repeats names.
    The mean over subsets leaves out contaminated variants; its rows stand once for all examples and, with a `stratum`,
    for those whose genes are studied less or more, as far as the examples have strata.
    """
    rows: list[dict] = []
    strata_of = {benchmark: _strata(table) for (benchmark, _), table in evidence.floors.items()}

    def add(scores: pd.DataFrame, metrics: list[str], distinct: dict[str, float], **labels) -> None:
        labels = {"experiment": plan.experiment, "stratum": ""} | labels
        known = scores[[m for m in metrics if m != "missing"]]
        rows.extend(labels | entry for entry in _intervals(known, seed, resamples))
        for stratum, members in strata_of[labels["benchmark"]].items():
            found = _intervals(known.loc[members], seed, resamples)
            rows.extend(labels | entry | {"stratum": stratum} for entry in found if entry["subset"] == MEAN)
        sizes = scores.groupby("subset").size().to_dict()
        sizes[MEAN] = sum(sizes[subset] for subset in in_mean(sizes))
        for subset, share in distinct.items():
            rows.append(labels | {"subset": subset, "metric": "distinct_names", "value": share, "n": sizes[subset]})

    for labels, scores, distinct in tqdm(list(_arms(plan, evidence)), desc="intervals", leave=False):
        shuffled = [column for column in scores if column.startswith("shuffled_")]
        add(scores, [c for c in scores if c not in shuffled], distinct, kind="model", **labels)
        if shuffled:
            own = scores[shuffled].rename(columns=lambda name: name.removeprefix("shuffled_"))
            add(own, list(own), {}, kind="shuffled", **labels)
    for (benchmark, style), table in evidence.floors.items():
        for floor, information, answers in _by_floor(table):
            scores = _per_example(answers, _examples(table))
            labels = {"arm": floor, "benchmark": benchmark, "style": style, "information": information}
            add(scores, list(scores), _distinct_names(answers), kind="floor", **labels)
    return pd.DataFrame(rows, columns=METRIC_COLUMNS).fillna(
        {column: "" for column in METRIC_COLUMNS if column not in _NUMBERS}
    )


def comparisons_table(plan: Plan, evidence: Evidence, *, seed: int = 0, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Paired comparisons of every arm with its parent arm, every floor, and its own shuffled answers.

    Arms of one backbone, benchmark and decoding whose chains have the same stages are also compared across
    prompt styles, once: the row stands under the style that the plan has first, and `b` is "arm [style]".
    Scores are averaged over seeds and samples, example by example; an answer without a usable name scores 0, and
    an example without any answer scores 0 and is counted in missing_a or missing_b. `p_holm` is adjusted over all
    comparisons of one metric on one benchmark's mean, and likewise on each of its subsets.
    A benchmark with a single subset has rows for "mean" only, which is that subset.
    """
    answered: dict[tuple, dict[str, list[pd.DataFrame]]] = {}
    for evaluation, table in evidence.evaluations:
        key = (evaluation.backbone, evaluation.benchmark, evaluation.style, evaluation.decoding)
        examples = _examples(evidence.floors[evaluation.benchmark, evaluation.style])
        answered.setdefault(key, {}).setdefault(evaluation.arm, []).append(_per_example(table, examples))
    settings = {
        key: {arm: _average(tables[arm]) for arm in plan.arms if arm in tables} for key, tables in answered.items()
    }
    floors = {
        key: [(name, information, _per_example(rows, _examples(table))) for name, information, rows in _by_floor(table)]
        for key, table in evidence.floors.items()
    }
    chain_of = {evaluation.arm: evaluation for evaluation in plan.evaluations}
    order = list(settings)
    rows: list[dict] = []
    for position, key in enumerate(tqdm(order, desc="comparisons", leave=False)):
        backbone, benchmark, style, decoding = key
        labels = {
            "experiment": plan.experiment,
            "backbone": backbone,
            "benchmark": benchmark,
            "style": style,
            "decoding": decoding,
        }
        later = {
            other[2]: settings[other]
            for other in order[position + 1 :]
            if (other[0], other[1], other[3]) == (backbone, benchmark, decoding)
        }
        pairs = list(_pairs(settings[key], chain_of, later, floors[benchmark, style]))
        rows += [labels | row for row in _compare(pairs, seed, resamples)]
    table = pd.DataFrame(rows, columns=COMPARISON_COLUMNS)
    table["p_holm"] = table.groupby(["benchmark", "subset", "metric"])["p"].transform(holm)
    return table


def _compare(pairs: list[tuple], seed: int, resamples: int) -> Iterator[dict]:
    """Test every pair on every subset; all pairs share the resamples of one bootstrap."""
    if not pairs:
        return
    subsets = pairs[0][1].index.get_level_values("subset").to_numpy()
    differences = np.column_stack([(a - b).to_numpy() for _, a, b in pairs])
    intervals = bootstrap_intervals(differences, subsets, seed=seed, resamples=resamples)
    for subset in [MEAN, *sorted(set(subsets))] if len(set(subsets)) > 1 else [MEAN]:
        chosen = np.isin(subsets, in_mean(subsets)) if subset == MEAN else subsets == subset
        for column, (labels, a, b) in enumerate(pairs):
            test = asdict(paired_test(a.to_numpy()[chosen], b.to_numpy()[chosen], subsets[chosen]))
            missing = {side: int(labels[side][chosen].sum()) for side in ("missing_a", "missing_b")}
            bounds = {"low": intervals[subset].low[column], "high": intervals[subset].high[column]}
            yield labels | {"subset": subset} | test | bounds | missing


def _pairs(
    arms: dict[str, pd.DataFrame],
    chain_of: dict[str, Evaluation],
    other_styles: dict[str, dict[str, pd.DataFrame]],
    floors: list[tuple],
) -> Iterator[tuple[dict, pd.Series, pd.Series]]:
    """Labels and the two score vectors of every comparison in one setting; `chain_of` tells an arm's chain."""
    steps = {arm: chain_of[arm].steps for arm in arms}
    for arm, scores in arms.items():
        parent = parent_arm(arm, steps)
        others = [] if parent is None else [("parent arm", parent, "", arms[parent], "")]
        others += [
            ("other style", f"{other} [{style}]", "", table, "")
            for style, tables in other_styles.items()
            for other, table in tables.items()
            if chain_of[other].stages == chain_of[arm].stages
        ]
        others += [("floor", name, information, floor, "") for name, information, floor in floors]
        others += [("shuffled", f"{arm} (shuffled)", "", scores, "shuffled_")]
        for kind, name, information, other, prefix in others:
            for metric in COMPARED:
                if metric not in scores or prefix + metric not in other:
                    continue
                labels = {"kind": kind, "metric": metric, "a": arm, "b": name, "information": information}
                for side, answers in (("missing_a", scores), ("missing_b", other)):
                    labels[side] = (answers["missing"] > 0).to_numpy()
                yield labels, scores[metric], other[prefix + metric]


def _arms(plan: Plan, evidence: Evidence) -> Iterator[tuple[dict, pd.DataFrame, dict[str, float]]]:
    """Labels, scores per example and distinct names of every evaluation, and of the mean of its seeds."""
    order = {arm: position for position, arm in enumerate(plan.arms)}
    groups: dict[tuple, list] = {}
    for evaluation, table in evidence.evaluations:
        labels = evaluation.model_dump(exclude={"scores"}) | {"seed": str(evaluation.seed)}
        examples = _examples(evidence.floors[evaluation.benchmark, evaluation.style])
        key = tuple(labels[name] for name in ["benchmark", "style", "decoding", "backbone", "arm"])
        groups.setdefault(key, []).append((labels, _per_example(table, examples), _distinct_names(table)))
    for key in sorted(groups, key=lambda key: (*key[:-1], order[key[-1]])):
        members = groups[key]
        yield from members
        if len(members) > 1:
            labels = members[0][0] | {"seed": MEAN, "chain": ""}
            distinct = pd.DataFrame([member[2] for member in members]).mean().to_dict()
            yield labels, _average([member[1] for member in members]), distinct


def _per_example(answers: pd.DataFrame, examples: pd.MultiIndex) -> pd.DataFrame:
    """Metrics averaged over an example's samples, one row per example; what has no usable name is wrong.

    `missing` is above 0 where an answer is not there at all.
    """
    wrong_without_name = [
        c
        for c in answers
        if c.startswith(("rouge_", "similarity", "shuffled_rouge_", "shuffled_similarity")) or c == "exact"
    ]
    shown = wrong_without_name + [c for c in ["format", "abstained", *_DESCRIPTIVE] if c in answers]
    scores = answers[shown].astype(float)
    no_name = answers["answer"].fillna("").str.strip() == ""
    scores.loc[no_name, [c for c in wrong_without_name if not c.startswith("shuffled_")]] = 0.0
    zero_if_unknown = [c for c in scores if c not in _DESCRIPTIVE]
    scores[zero_if_unknown] = scores[zero_if_unknown].fillna(0.0)
    scores["no_name"] = no_name.astype(float)
    scores["missing"] = (answers["problems"] == NOT_ANSWERED).astype(float) if "problems" in answers else 0.0
    scores = scores.groupby([answers["subset"], answers["id"]]).mean().reindex(examples)
    scores[["no_name", "missing"]] = scores[["no_name", "missing"]].fillna(1.0)
    scores[zero_if_unknown] = scores[zero_if_unknown].fillna(0.0)
    return scores


def _average(tables: list[pd.DataFrame]) -> pd.DataFrame:
    common = [column for column in tables[0] if all(column in table for table in tables)]
    return sum(table[common] for table in tables) / len(tables)


def _distinct_names(answers: pd.DataFrame) -> dict[str, float]:
    """Distinct answers over rows, by subset and as their mean; case and spacing do not count."""
    names = answers["answer"].fillna("").str.casefold().str.split().str.join(" ")
    by_subset = {
        subset: names[rows].replace("", np.nan).nunique() / len(rows)
        for subset, rows in answers.groupby("subset").groups.items()
    }
    return {MEAN: float(np.mean([by_subset[subset] for subset in in_mean(by_subset)]))} | by_subset


def _intervals(scores: pd.DataFrame, seed: int, resamples: int) -> Iterator[dict]:
    known = [[c for c in scores if c not in _DESCRIPTIVE], *([c] for c in scores if c in _DESCRIPTIVE)]
    for columns in known:
        values = scores[columns].dropna()
        if not columns or values.empty:
            continue
        subsets = values.index.get_level_values("subset")
        for subset, found in bootstrap_intervals(values.to_numpy(), subsets, seed=seed, resamples=resamples).items():
            for metric, value, low, high in zip(columns, found.value, found.low, found.high, strict=True):
                entry = {"value": value, "low": low, "high": high, "n": found.n}
                yield {"subset": subset, "metric": metric} | entry


def _examples(floors: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(floors[EXAMPLE].drop_duplicates().sort_values(EXAMPLE))


def _strata(floors: pd.DataFrame) -> dict[str, pd.MultiIndex]:
    """Stratum → its examples that count in the mean, from the least studied; none where they have no strata."""
    if "stratum" not in floors:
        return {}
    rows = floors[floors["subset"].isin(in_mean(floors["subset"])) & (floors["stratum"] != "")]
    present = sorted(rows["stratum"].unique(), key=STRATA.index)
    return {stratum: _examples(rows[rows["stratum"] == stratum]) for stratum in present}


def of_all_strata(metrics: pd.DataFrame) -> pd.DataFrame:
    """Without the rows of single strata."""
    return metrics[metrics["stratum"] == ""]


def _by_floor(floors: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """(floor, information, rows), by the information used."""
    found = [(name, rows["information"].iloc[0], rows) for name, rows in floors.groupby("floor")]
    return sorted(found, key=lambda floor: (information_rank(floor[1]), floor[0]))


def information_rank(information: str) -> tuple[int, str]:
    """Sorts kinds of information from the least to the most; unknown kinds come last, by name."""
    known = information in INFORMATION
    return (INFORMATION.index(information) if known else len(INFORMATION), information)


def reported_seeds(metrics: pd.DataFrame) -> pd.DataFrame:
    """Without the single seeds of an arm that has a row for their mean."""
    arm = [*SETTING, "backbone", "arm", "kind"]
    has_mean = (metrics["seed"] == MEAN).groupby([metrics[c] for c in arm]).transform("any")
    return metrics[~has_mean | (metrics["seed"] == MEAN)]


def headline(metrics: pd.DataFrame) -> pd.DataFrame:
    """The means over subsets, one row per arm and floor, for people to read on a terminal."""
    shown = ["rouge_l", "similarity", "exact", "format", "no_name", "truncated", "distinct_names", "length"]
    rows = reported_seeds(of_all_strata(metrics)).query("subset == @MEAN and kind != 'shuffled'")
    labels = ["benchmark", "style", "decoding", "kind", "information", "backbone", "arm"]
    keys = rows[labels].drop_duplicates()
    wide = rows.pivot(index=labels, columns="metric", values="value").loc[list(keys.itertuples(index=False))]
    return wide[[metric for metric in shown if metric in wide]].round(3).reset_index()


def write_table(table: pd.DataFrame, path: str | os.PathLike) -> None:
    """Write a TSV, whole or not at all; six significant digits, empty where a number is not known."""
    with replacing(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False, float_format="%.6g")


def read_table(path: str | os.PathLike, columns: list[str]) -> pd.DataFrame:
    """Read a table of ours; text stays text (an arm may be called "NA"). Raises InputError."""
    if not os.path.isfile(path):
        raise InputError("there is no such table", file=path, fix="run scripts/summarise.py first")
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    if list(table.columns) != columns:
        raise InputError(f"columns are {' '.join(table.columns)}", file=path, fix=f"expected: {' '.join(columns)}")
    for column in set(_NUMBERS) & set(columns):
        table[column] = pd.to_numeric(table[column].replace("", np.nan))
    return table
