"""The table of metrics: every score of an arm or a baseline, with its interval."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.benchmarks.rows import in_mean
from reasonome.report.evidence import EXAMPLE
from reasonome.report.plan import Plan
from reasonome.report.scored_arms import (
    ALIKE,
    FEW_CLUSTERS,
    FEWEST_CLUSTERS,
    MODELS_ALONE,
    SHUFFLED,
    Questions,
    Scored,
    Scores,
    known_means,
    note,
    pooled_means,
)
from reasonome.report.tables import ERROR, TEXT_COLUMNS, metric_columns
from reasonome.scoring.clustered import NOISE, Influence, estimate, exact_interval
from reasonome.scoring.comparisons import MEAN

_BY_GENE = "_by_gene"


def metrics_table(plan: Plan, scores: Scores) -> pd.DataFrame:
    """A row per arm, baseline or arm's shuffled answers × subset or stratum × metric (docs/evaluation.md).

    Samples and orders of an example are averaged first. Rankings also have standard errors, and rows of
    `<metric>_by_gene`, in which every cluster has one vote and `n` counts the clusters.
    """
    batches = scores.arms | {("", *key, ""): baselines for key, baselines in scores.baselines.items()}
    rows: list[dict] = []
    hits = plan.metric_set.hits
    for (_, benchmark, style, _), scored in tqdm(batches.items(), desc="intervals", delay=5, leave=False):
        questions = scores.questions[benchmark, style]
        for arm in scored:
            metric_rows = [*_metric_rows(arm, questions, hits), *_distinct_rows(arm, questions)]
            if plan.metric_set.on("clusters"):
                metric_rows += _metric_rows(*_by_cluster(arm, questions, plan.metric_set.on("clusters")), hits)
            rows += [{"experiment": plan.experiment} | arm.labels | row for row in metric_rows]
    columns = metric_columns(plan.metric_set)
    table = pd.DataFrame(rows, columns=columns)
    return table.fillna({column: "" for column in columns if column in TEXT_COLUMNS})


def _by_cluster(arm: Scored, questions: Questions, metrics: Sequence[str]) -> tuple[Scored, Questions]:
    """The same arm or baseline with a row for each cluster of a subset, the mean of its examples.

    There are no strata, as a cluster may lie in several.
    """
    keys = [questions.subsets, questions.clusters.to_numpy()]

    def averaged(table: pd.DataFrame) -> pd.DataFrame:
        shown = [metric for metric in metrics if metric in table]
        means = table[[*shown, "missing"]].groupby(keys).mean().rename_axis(EXAMPLE)
        return means.rename(columns={metric: f"{metric}{_BY_GENE}" for metric in shown})

    by_cluster = replace(arm, tables=[averaged(table) for table in arm.tables], distinct=[], pooled=[])
    clusters = pd.MultiIndex.from_tuples(by_cluster.tables[0].index, names=EXAMPLE)
    return by_cluster, Questions(clusters, pd.Series(range(len(clusters)), clusters), {}, pd.DataFrame(index=clusters))


def _metric_rows(arm: Scored, questions: Questions, hits: Sequence[str]) -> list[dict]:
    """The rows of an arm or a baseline, by seed and over seeds, with the mean before the subsets."""
    ordered: list[tuple[tuple, dict]] = []
    for place, (stratum, members) in enumerate({"": questions.examples, **questions.strata}.items()):
        for subset, chosen in questions.parts(members):
            if stratum and subset != MEAN:
                continue
            for metric, row in _scores(arm, questions, chosen, hits):
                shuffled = metric.startswith(SHUFFLED)
                own = {"metric": metric.removeprefix(SHUFFLED), "stratum": stratum, "subset": subset}
                order = ([*arm.seeds, MEAN].index(row["seed"]), shuffled, place, subset != MEAN, subset)
                ordered.append((order, row | own | ({"kind": "shuffled"} if shuffled else {})))
    return [row for _, row in sorted(ordered, key=lambda row: row[0])]


def _scores(arm: Scored, questions: Questions, chosen: np.ndarray, hits: Sequence[str]) -> Iterator[tuple[str, dict]]:
    """(metric, row) of every metric of some examples, by seed and over seeds."""
    strata, clusters = questions.labels(chosen)
    unknown = pd.Series(np.nan, questions.examples)
    for metric in dict.fromkeys(str(column) for table in arm.tables for column in table if column != "missing"):
        values = np.column_stack([table.get(metric, unknown) for table in arm.tables])[chosen]
        hit = metric.removeprefix(SHUFFLED).removesuffix(_BY_GENE) in hits
        for labels, seeds in _seeds(arm, values):
            of = known_means(values[:, seeds], strata, clusters)
            yield metric, _row(arm, labels, of, interval(of, values[:, seeds], hit))
    for metric in arm.pooled[0] if arm.pooled else ():
        whole = pooled_means(arm, metric, questions, chosen)
        for labels, seeds in _seeds(arm, np.tile(whole.values, (chosen.sum(), 1))):
            of = Influence(whole.values[seeds], whole.moves[:, seeds], whole.blocks)
            yield metric, _row(arm, labels, of, interval(of))


def _seeds(arm: Scored, values: np.ndarray) -> Iterator[tuple[dict, list[int]]]:
    """Labels and columns of each seed of which something is known, and of their mean if that is all seeds."""
    n = np.isfinite(values).sum(axis=0)
    known = np.flatnonzero(n).tolist()
    for seed in known:
        yield {"seed": arm.seeds[seed], "chain": arm.models[seed], "n": n[seed]}, [seed]
    if arm.backbone and len(known) == len(arm.tables):
        yield {"seed": MEAN, "chain": "", "n": n.min()}, known


def _row(arm: Scored, labels: dict, of: Influence, found: dict) -> dict:
    notes = found["note"]
    if labels["seed"] == MEAN:
        labels = labels | _over_seeds(of.values)
        notes = notes + arm.told + [MODELS_ALONE] * (arm.is_trained and bool(notes))
    return labels | found | {"note": note(notes)}


def interval(of: Influence, values: np.ndarray | None = None, hit: bool = False) -> dict:
    """The mean over seeds with its interval of 95 %, its standard error, and notes; `values` are those of its examples,
    shape (examples, seeds), whose range no interval leaves.

    The interval of a `hit` is exact, where all values are 0 or 1 and seeds agree: by the number of independent answers
    with this error, at most all answers, and by that of clusters where there is no error.
    """
    found, clusters = estimate(of), of.moves.shape[0]
    value, error = float(found.value), float(found.error)
    varies = error > NOISE
    notes = [FEW_CLUSTERS] * (clusters < FEWEST_CLUSTERS) + [ALIKE] * (not varies)
    low, high = found.bounds if varies else (np.nan, np.nan)
    if values is not None:
        values = values[np.isfinite(values).all(axis=1)]
        if hit and np.isin(values, (0, 1)).all() and (values == values[:, :1]).all():
            low, high = exact_interval(found, clusters, len(values))
        elif varies:
            low, high = np.clip([low, high], values.min(), values.max())
    return {"value": value, "low": low, "high": high, ERROR: error, "note": notes}


def _over_seeds(values: np.ndarray) -> dict[str, float]:
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
    return {"value": float(np.mean(values)), "sd_seeds": spread, "n_seeds": len(values)}


def _distinct_rows(scored: Scored, questions: Questions) -> Iterator[dict]:
    """The shares of distinct names, which have no intervals."""
    sizes = {str(subset): count for subset, count in questions.subsets.value_counts().items()}
    sizes[MEAN] = sum(sizes[subset] for subset in in_mean(sizes))
    for subset in dict.fromkeys(subset for shares in scored.distinct for subset in shares):
        shares = [shares.get(subset, 0.0) for shares in scored.distinct]  # 0 for a subset without answers
        row = {"subset": subset, "metric": "distinct_names", "n": sizes[subset]}
        for seed, chain, share in zip(scored.seeds, scored.models, shares, strict=True):
            yield row | {"seed": seed, "chain": chain, "value": share}
        if scored.backbone:
            yield row | {"seed": MEAN} | _over_seeds(np.array(shares))
