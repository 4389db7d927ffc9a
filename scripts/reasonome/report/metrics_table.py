"""The table of metrics: every score of an arm or a baseline, with its interval."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.report.evidence import EXAMPLE, Evidence
from reasonome.report.example_scores import SHUFFLED, Questions
from reasonome.report.plan import Plan
from reasonome.report.scored_arms import Bootstrap, Scored, arms_of, baselines_of, questions_of, resampled_over_seeds
from reasonome.report.tables import ERROR, SETTING, TEXT_COLUMNS, metric_columns
from reasonome.scoring.comparisons import MEAN, RESAMPLES, in_mean, percentile_bounds, resampled_means


def metrics_table(plan: Plan, evidence: Evidence, *, seed: int = 0, resamples: int = RESAMPLES) -> pd.DataFrame:
    """metrics.tsv, as docs/tables.md tells: a row per arm, baseline or arm's shuffled answers × subset × metric.

    Several samples and orders of an example are averaged first. Of rankings there are standard errors, and rows of
    `<metric>_by_gene`, where every cluster has one vote: `n` counts the clusters.
    """
    bootstrap = Bootstrap(seed, resamples)
    questions = questions_of(evidence, plan.metric_set)
    batches: dict[tuple, list[Scored]] = {}
    for arm in arms_of(plan, evidence, questions):
        batches.setdefault(tuple(arm.labels[name] for name in [*SETTING, "backbone"]), []).append(arm)
    for key, baselines in baselines_of(plan, evidence, questions).items():
        batches[(*key, "", "")] = baselines
    rows: list[dict] = []
    for (benchmark, style, *_), scored in tqdm(batches.items(), desc="intervals", delay=5, leave=False):
        found = _metric_rows(scored, questions[benchmark, style], bootstrap)
        if plan.metric_set.per_cluster:
            by_cluster = _by_cluster(scored, questions[benchmark, style], plan.metric_set.per_cluster)
            found += _metric_rows(*by_cluster, bootstrap)
        rows += [{"experiment": plan.experiment} | row for row in found]
    columns = metric_columns(plan.metric_set)
    table = pd.DataFrame(rows, columns=columns)
    return table.fillna({column: "" for column in columns if column in TEXT_COLUMNS})


def _by_cluster(scored: list[Scored], questions: Questions, metrics: Sequence[str]) -> tuple[list[Scored], Questions]:
    """The same arms or baselines with a row for each cluster of a subset: the mean of its examples, each one vote.

    Clusters may lie in several strata, so there are none.
    """
    keys = [questions.subsets, questions.clusters.to_numpy()]

    def averaged(table: pd.DataFrame) -> pd.DataFrame:
        shown = [metric for metric in metrics if metric in table]
        means = table[[*shown, "missing"]].groupby(keys).mean().rename_axis(EXAMPLE)
        return means.rename(columns={metric: f"{metric}_by_gene" for metric in shown})

    found = [replace(one, tables=[averaged(table) for table in one.tables], distinct=[]) for one in scored]
    clusters = found[0].tables[0].index
    return found, Questions(clusters, pd.Series(range(len(clusters)), clusters), {}, pd.DataFrame(index=clusters))


def _metric_rows(scored: list[Scored], questions: Questions, bootstrap: Bootstrap) -> list[dict]:
    """The rows of arms or baselines that answer the same questions, which share their resamples."""
    found: list[tuple[tuple, dict]] = []
    parts = {"": questions.examples} | questions.strata
    for place, (stratum, members) in enumerate(parts.items()):
        for position, row in _intervals(scored, questions, members, bootstrap):
            one, subset, metric = scored[position], row["subset"], row["metric"]
            if stratum and subset != MEAN:
                continue
            shuffled = metric.startswith(SHUFFLED)
            kind = {"kind": "shuffled"} if shuffled else {}
            own = {"metric": metric.removeprefix(SHUFFLED), "stratum": stratum}
            order = (position, [*one.seeds, MEAN].index(row["seed"]), shuffled, place, subset != MEAN, subset)
            found.append((order, one.labels | row | own | kind))
    found.sort(key=lambda row: row[0])
    return [row for _, row in found] + [row for one in scored for row in _distinct_rows(one, questions)]


def _intervals(
    scored: list[Scored], questions: Questions, members: pd.MultiIndex, bootstrap: Bootstrap
) -> Iterator[tuple[int, dict]]:
    """(position of the arm, row) of every metric on every subset of the examples `members`, by seed and over seeds."""
    tables = {
        (position, seed): table.drop(columns="missing").loc[members]
        for position, one in enumerate(scored)
        for seed, table in enumerate(one.tables)
    }
    values = pd.concat(tables, axis=1)
    places: dict[tuple[int, str], dict[int, int]] = {}  # position and metric → number of the seed → column
    for column, (position, seed, metric) in enumerate(values):
        places.setdefault((position, metric), {})[seed] = column
    subsets, clusters = members.get_level_values("subset"), questions.clusters.loc[members]
    for subset, found in resampled_means(values.to_numpy(), subsets, clusters, **bootstrap._asdict()):
        low, high = percentile_bounds(found.means)
        for (position, metric), columns in places.items():
            one, labels = scored[position], {"subset": subset, "metric": metric}
            for seed, k in columns.items():
                if found.n[k]:
                    bounds = {"value": found.value[k], "low": low[k], "high": high[k], "n": found.n[k]}
                    bounds[ERROR] = np.nanstd(found.means[:, k], ddof=1)
                    yield position, labels | bounds | {"seed": one.seeds[seed], "chain": one.models[seed]}
            of_seeds = list(columns.values())
            if len(one.tables) == 1 or len(of_seeds) < len(one.tables) or not found.n[of_seeds].all():
                continue
            means = resampled_over_seeds(found.means[:, of_seeds].T, one, bootstrap)
            bounds = dict(zip(("low", "high"), percentile_bounds(means[:, None])[:, 0], strict=True))
            bounds |= {"n": found.n[of_seeds].min(), ERROR: np.nanstd(means, ddof=1)}
            yield position, labels | bounds | _over_seeds(found.value[of_seeds]) | {"seed": MEAN, "chain": ""}


def _over_seeds(values: np.ndarray) -> dict[str, float]:
    return {"value": np.mean(values), "sd_seeds": np.std(values, ddof=1), "n_seeds": len(values)}


def _distinct_rows(scored: Scored, questions: Questions) -> Iterator[dict]:
    """The shares of distinct names, without intervals: resampling repeats names."""
    sizes = questions.subsets.value_counts().to_dict()
    sizes[MEAN] = sum(sizes[subset] for subset in in_mean(sizes))
    for subset in dict.fromkeys(subset for shares in scored.distinct for subset in shares):
        shares = [shares.get(subset, 0.0) for shares in scored.distinct]  # a subset that nothing was answered to
        row = scored.labels | {"subset": subset, "metric": "distinct_names", "n": sizes[subset]}
        for seed, chain, share in zip(scored.seeds, scored.models, shares, strict=True):
            yield row | {"seed": seed, "chain": chain, "value": share}
        if len(scored.seeds) > 1:
            yield row | {"seed": MEAN} | _over_seeds(np.array(shares))
