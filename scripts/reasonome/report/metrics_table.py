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
    SHUFFLED,
    Bootstrap,
    Questions,
    Scored,
    Scores,
    resampled_over_seeds,
    value_range,
)
from reasonome.report.tables import ERROR, TEXT_COLUMNS, metric_columns
from reasonome.scoring.comparisons import (
    FEW_SEEDS,
    MEAN,
    NOISE,
    RESAMPLES,
    percentile_bounds,
    resampled_means,
    vary,
)

_BY_GENE = "_by_gene"


def metrics_table(plan: Plan, scores: Scores, *, seed: int = 0, resamples: int = RESAMPLES) -> pd.DataFrame:
    """A row per arm, baseline or arm's shuffled answers × subset or stratum × metric (docs/evaluation.md).

    Samples and orders of an example are averaged first. Rankings also have standard errors, and rows of
    `<metric>_by_gene`, in which every cluster has one vote and `n` counts the clusters.
    """
    bootstrap = Bootstrap(seed, resamples)
    batches = scores.arms | {("", *key, ""): baselines for key, baselines in scores.baselines.items()}
    rows: list[dict] = []
    hits = plan.metric_set.hits
    for (_, benchmark, style, _), scored in tqdm(batches.items(), desc="intervals", delay=5, leave=False):
        questions = scores.questions[benchmark, style]
        metric_rows = _metric_rows(scored, questions, hits, bootstrap)
        if plan.metric_set.on("clusters"):
            by_cluster = _by_cluster(scored, questions, plan.metric_set.on("clusters"))
            metric_rows += _metric_rows(*by_cluster, hits, bootstrap)
        rows += [{"experiment": plan.experiment} | row for row in metric_rows]
    columns = metric_columns(plan.metric_set)
    table = pd.DataFrame(rows, columns=columns)
    return table.fillna({column: "" for column in columns if column in TEXT_COLUMNS})


def _by_cluster(scored: list[Scored], questions: Questions, metrics: Sequence[str]) -> tuple[list[Scored], Questions]:
    """The same arms or baselines with a row for each cluster of a subset, the mean of its examples.

    There are no strata, as a cluster may lie in several.
    """
    keys = [questions.subsets, questions.clusters.to_numpy()]

    def averaged(table: pd.DataFrame) -> pd.DataFrame:
        shown = [metric for metric in metrics if metric in table]
        means = table[[*shown, "missing"]].groupby(keys).mean().rename_axis(EXAMPLE)
        return means.rename(columns={metric: f"{metric}{_BY_GENE}" for metric in shown})

    by_cluster = [
        replace(arm, tables=[averaged(table) for table in arm.tables], distinct=[], pooled=[]) for arm in scored
    ]
    clusters = pd.MultiIndex.from_tuples(by_cluster[0].tables[0].index, names=EXAMPLE)
    return by_cluster, Questions(clusters, pd.Series(range(len(clusters)), clusters), {}, pd.DataFrame(index=clusters))


def _metric_rows(scored: list[Scored], questions: Questions, hits: Sequence[str], bootstrap: Bootstrap) -> list[dict]:
    """The rows of arms or baselines that answer the same questions, which share their resamples."""
    ordered: list[tuple[tuple, dict]] = []
    parts = {"": questions.examples} | questions.strata
    for place, (stratum, members) in enumerate(parts.items()):
        for position, row in _intervals(scored, questions, members, hits, bootstrap):
            arm, subset, metric = scored[position], row["subset"], row["metric"]
            if stratum and subset != MEAN:
                continue
            shuffled = metric.startswith(SHUFFLED)
            kind = {"kind": "shuffled"} if shuffled else {}
            own = {"metric": metric.removeprefix(SHUFFLED), "stratum": stratum}
            order = (position, [*arm.seeds, MEAN].index(row["seed"]), shuffled, place, subset != MEAN, subset)
            ordered.append((order, arm.labels | row | own | kind))
    ordered.sort(key=lambda row: row[0])
    return [row for _, row in ordered] + [row for arm in scored for row in _distinct_rows(arm, questions)]


def _intervals(
    scored: list[Scored], questions: Questions, members: pd.MultiIndex, hits: Sequence[str], bootstrap: Bootstrap
) -> Iterator[tuple[int, dict]]:
    """(position of the arm, row) of every metric on every subset of the examples `members`, by seed and over seeds."""
    tables = {
        (position, seed): table.drop(columns="missing").loc[members]
        for position, arm in enumerate(scored)
        for seed, table in enumerate(arm.tables)
    }
    values = pd.concat(tables, axis=1)
    pooled = {
        (position, seed, metric): of_examples(members)
        for position, arm in enumerate(scored)
        for seed, metrics in enumerate(arm.pooled)
        for metric, of_examples in metrics.items()
    }
    vectors = [*((*key, metric) for key, table in tables.items() for metric in table.columns), *pooled]
    places: dict[tuple[int, str], dict[int, int]] = {}  # position and metric → number of the seed → column
    for column, (position, seed, metric) in enumerate(vectors):
        places.setdefault((position, metric), {})[seed] = column
    subsets, clusters = members.get_level_values("subset").tolist(), questions.clusters.loc[members].tolist()
    functions = list(pooled.values())
    means_of_subsets = resampled_means(values.to_numpy(), subsets, clusters, **bootstrap._asdict(), pooled=functions)
    exact = [metric.removeprefix(SHUFFLED).removesuffix(_BY_GENE) in hits for *_, metric in vectors]
    for subset, resampled in means_of_subsets:
        low, high, notes = resampled.intervals(exact)
        for (position, metric), columns in places.items():
            arm, labels = scored[position], {"subset": subset, "metric": metric}
            for seed, k in columns.items():
                if resampled.n[k]:
                    bounds = {"value": resampled.value[k], "low": low[k], "high": high[k], "n": resampled.n[k]}
                    bounds[ERROR] = np.nanstd(resampled.means[:, k], ddof=1)
                    bounds["note"] = notes[k]
                    yield position, labels | bounds | {"seed": arm.seeds[seed], "chain": arm.models[seed]}
                    if len(arm.tables) == 1 and arm.backbone:
                        yield position, labels | bounds | {"seed": MEAN, "chain": "", "n_seeds": 1}
            of_seeds = list(columns.values())
            if len(arm.tables) == 1 or len(of_seeds) < len(arm.tables) or not resampled.n[of_seeds].all():
                continue
            means = resampled_over_seeds(resampled.means[:, of_seeds].T, arm, bootstrap)
            inside = percentile_bounds(means[:, None])[:, 0].clip(
                *value_range(arm, metric, resampled.means[:, of_seeds])
            )
            bounds = dict(zip(("low", "high"), inside, strict=True))
            bounds |= {"n": resampled.n[of_seeds].min(), ERROR: np.nanstd(means, ddof=1)}
            bounds["note"] = FEW_SEEDS if arm.few_seeds else ""
            by_seed = resampled.means[:, of_seeds]
            alike = np.allclose(by_seed, by_seed[:, :1], rtol=0, atol=NOISE, equal_nan=True)
            if alike or not vary(means[:, None])[0]:  # then it is that of one seed, and so is the note
                first = of_seeds[0]
                bounds |= {"low": low[first], "high": high[first], "note": notes[first]}
            yield position, labels | bounds | _over_seeds(resampled.value[of_seeds]) | {"seed": MEAN, "chain": ""}


def _over_seeds(values: np.ndarray) -> dict[str, float]:
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
    return {"value": float(np.mean(values)), "sd_seeds": spread, "n_seeds": len(values)}


def _distinct_rows(scored: Scored, questions: Questions) -> Iterator[dict]:
    """The shares of distinct names, without intervals: resampling repeats names."""
    sizes = {str(subset): count for subset, count in questions.subsets.value_counts().items()}
    sizes[MEAN] = sum(sizes[subset] for subset in in_mean(sizes))
    for subset in dict.fromkeys(subset for shares in scored.distinct for subset in shares):
        shares = [shares.get(subset, 0.0) for shares in scored.distinct]  # 0 for a subset without answers
        row = scored.labels | {"subset": subset, "metric": "distinct_names", "n": sizes[subset]}
        for seed, chain, share in zip(scored.seeds, scored.models, shares, strict=True):
            yield row | {"seed": seed, "chain": chain, "value": share}
        if scored.backbone:
            yield row | {"seed": MEAN} | _over_seeds(np.array(shares))
