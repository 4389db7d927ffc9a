"""The table of comparisons: every claim about an arm with its paired test."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.report.evidence import Evidence
from reasonome.report.example_scores import SHUFFLED, Questions
from reasonome.report.family import family_of, verdicts, with_adjusted_p
from reasonome.report.plan import Plan, arms_without_a_step, parent_arm
from reasonome.report.scored_arms import Bootstrap, Scored, arms_of, baselines_of, questions_of, resampled_over_seeds
from reasonome.report.tables import COMPARISON_COLUMNS, SETTING
from reasonome.scoring.comparisons import (
    IDENTICAL,
    MEAN,
    RESAMPLES,
    bootstrap_test,
    in_mean,
    mcnemar,
    paired_test,
    percentile_bounds,
    resampled_means,
)

EQUIVALENCE = 0.02
_ASKED = ["backbone", *SETTING]


class Side(NamedTuple):
    """One side of a comparison: a column of what was scored."""

    scored: Scored
    column: str


def comparisons_table(
    plan: Plan,
    evidence: Evidence,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    equivalence: float = EQUIVALENCE,
) -> pd.DataFrame:
    """comparisons.tsv, as docs/tables.md tells; "on par" needs a difference within ± `equivalence`.

    Scores are averaged over samples and seeds, example by example. An answer without a usable name scores 0, and so
    does an example without any answer. Of a benchmark with a single subset there are rows of "mean" alone.
    """
    bootstrap = Bootstrap(seed, resamples)
    questions = questions_of(evidence, plan.metric_set)
    settings: dict[tuple, list[Scored]] = {}
    for arm in arms_of(plan, evidence, questions):
        settings.setdefault(tuple(arm.labels[name] for name in _ASKED), []).append(arm)
    baselines = baselines_of(plan, evidence, questions)
    order = list(dict.fromkeys(tuple(getattr(e, name) for name in _ASKED) for e in plan.evaluations))
    rows: list[dict] = []
    for position, key in enumerate(tqdm(order, desc="comparisons", delay=5, leave=False)):
        _, benchmark, style, _ = key
        labels = {"experiment": plan.experiment} | dict(zip(_ASKED, key, strict=True))
        later = [arm for other in order[position + 1 :] for arm in settings[other]]
        pairs = list(_pairs(settings[key], later, baselines[benchmark, style], plan))
        hits = plan.metric_set.hits
        rows += [labels | row for row in _compare(pairs, questions[benchmark, style], bootstrap, equivalence, hits)]
    table = with_adjusted_p(pd.DataFrame(rows, columns=COMPARISON_COLUMNS))
    return table.assign(verdict=verdicts(table))


def _pairs(
    arms: list[Scored], later: list[Scored], baselines: list[Scored], plan: Plan
) -> Iterator[tuple[dict, Side, Side]]:
    """Labels and the two sides of every comparison of the arms of one setting, by each metric that the plan's set
    compares; `later` are the arms of the settings after this one.

    Arms of the same stages are compared across styles, and arms of the same name across backbones; so is everything
    with a backbone that is not trained at all.
    """
    chain_of = {evaluation.arm: evaluation for evaluation in plan.evaluations}
    trained = {evaluation.backbone for evaluation in plan.evaluations if evaluation.steps}
    by_name = {arm.name: arm for arm in arms}
    steps = {name: chain_of[name].steps for name in by_name}
    for arm in arms:
        parent = parent_arm(arm.name, steps)
        others = [] if parent is None else [("parent arm", parent, by_name[parent])]
        others += [("without a step", other, by_name[other]) for other in arms_without_a_step(arm.name, steps)]
        others += [
            ("other style", f"{other.name} [{other.labels['style']}]", other)
            for other in later
            if _differ(arm, other) == ["style"] and chain_of[other.name].stages == chain_of[arm.name].stages
        ]
        others += [
            ("other backbone", f"{other.name} [{other.backbone}]", other)
            for other in later
            if _differ(arm, other) == ["backbone"]
            and (arm.name == other.name or not {arm.backbone, other.backbone} <= trained)
        ]
        others += [("baseline", baseline.name, baseline) for baseline in baselines]
        others += [("shuffled", f"{arm.name} (shuffled)", arm)]
        for kind, name, other in others:
            labels = {"kind": kind, "a": arm.name, "b": name, "trained": bool(steps[arm.name])}
            labels |= {"information": other.labels.get("information", ""), "control": name not in plan.no_controls}
            prefix = SHUFFLED if kind == "shuffled" else ""
            for metric in plan.metric_set.compared:
                if all(metric in table for table in arm.tables) and all(prefix + metric in t for t in other.tables):
                    yield labels | {"metric": metric}, Side(arm, metric), Side(other, prefix + metric)


def _differ(one: Scored, other: Scored) -> list[str]:
    """In what the two are asked differently."""
    return [name for name in _ASKED if one.labels[name] != other.labels[name]]


def _compare(
    pairs: list[tuple], questions: Questions, bootstrap: Bootstrap, equivalence: float, hits: Sequence[str]
) -> list[dict]:
    """Test every pair on every subset; all pairs share the resamples of one bootstrap. `hits` are right or wrong."""
    values, columns = _columns(pairs)
    subsets = questions.subsets.to_numpy()
    clusters = questions.clusters.to_numpy()
    rows: list[dict] = []
    for subset, found in resampled_means(values, subsets, clusters, **bootstrap._asdict()):
        if subset != MEAN and len(set(subsets)) == 1:
            continue
        counted = in_mean(subsets) if subset == MEAN else [subset]
        chosen = np.isin(subsets, counted)
        means = np.ascontiguousarray(found.means.T)
        for labels, *sides in pairs:
            places = [columns[side] for side in sides]
            known = chosen & np.isfinite(values[:, places[0]]).all(axis=1)
            if not known.any():
                continue
            a, b = (values[known][:, place].mean(axis=1) for place in places)
            over_seeds = [
                resampled_over_seeds(means[place], side.scored, bootstrap)
                for side, place in zip(sides, places, strict=True)
            ]
            resampled = over_seeds[0] - over_seeds[1]
            test = asdict(paired_test(a, b, subsets[known], equivalence))
            row = labels | test | _seeds_and_missing(sides, known)
            row["subset"], row["low"], row["high"] = subset, *percentile_bounds(resampled[:, None])[:, 0]
            row["p_bootstrap"], p_equivalence = bootstrap_test(test["difference"], resampled, equivalence)
            in_subset = pd.Series(clusters[known]).groupby(subsets[known]).nunique()
            if in_subset.min() < 2 and row["note"] != IDENTICAL:
                row["p_bootstrap"] = p_equivalence = np.nan
                row["note"] = row["note"] or "a subset with a single cluster has nothing to resample"
            row["p_mcnemar"] = mcnemar(a, b) if labels["metric"] in hits else np.nan
            row["p_family"] = row["p"]
            of_seeds, of_clusters = max(map(len, places)) > 1, len(set(clusters[known])) < known.sum()
            if of_seeds or of_clusters:  # the t-test knows nothing of either
                row["p_family"], row["p_equivalence"] = row["p_bootstrap"], p_equivalence
            if row["note"] == IDENTICAL:
                row["p_equivalence"] = np.nan
            of_pair = {name: labels[name] for name in ("trained", "kind", "information", "control")}
            row["family"] = family_of(subset=subset, **of_pair)
            rows.append(row)
    return sorted(rows, key=lambda row: (row["subset"] != MEAN, row["subset"]))


def _columns(pairs: list[tuple]) -> tuple[np.ndarray, dict[Side, list[int]]]:
    """All distinct score vectors of pairs, shape (examples, vectors), and by side the places of its seeds.

    An example at which anything does not know a metric is nan in all vectors that are compared by that metric.
    """
    vectors: list[np.ndarray] = []
    places: dict[Side, list[int]] = {}
    of_metric: dict[str, list[int]] = {}
    for labels, *sides in pairs:
        for side in sides:
            if side not in places:
                start = len(vectors)
                vectors += [table[side.column].to_numpy() for table in side.scored.tables]
                places[side] = list(range(start, len(vectors)))
            of_metric.setdefault(labels["metric"], []).extend(places[side])
    values = np.column_stack(vectors)
    for members in of_metric.values():
        unknown = ~np.isfinite(values[:, members]).all(axis=1)
        values[np.ix_(unknown, sorted(set(members)))] = np.nan
    return values, places


def _seeds_and_missing(sides: list[Side], chosen: np.ndarray) -> dict[str, float]:
    """How many seeds the sides have (baselines have none), and how many of the chosen examples each lacks."""
    found: dict[str, float] = {}
    for name, side in zip("ab", sides, strict=True):
        missing = np.mean([table["missing"].to_numpy() for table in side.scored.tables], axis=0)
        found[f"missing_{name}"] = int((missing[chosen] > 0).sum())
        found[f"seeds_{name}"] = np.nan if side.scored.labels["kind"] == "baseline" else len(side.scored.tables)
    return found
