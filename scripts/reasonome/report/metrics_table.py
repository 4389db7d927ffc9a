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
    """One row per arm (or baseline, or arm's shuffled answers) × subset × metric, with its 95 % interval.

    Shares and scores are 0..1, percentiles 0..100, `length` is in tokens, what was left out of prompts in genes, facts
    and neighbours. `n` counts the examples that a metric is known of.
    Several samples and orders of an example are averaged first. An arm with several seeds gets a further row with
    seed "mean": the mean over seeds, its standard deviation `sd_seeds`, and an interval that varies seeds and examples.
    `no_name` is the share of answers without a usable name, those that are not there included. `distinct_names` has no
    interval: resampling repeats names.
    The mean over subsets leaves out contaminated variants; its rows stand once for all examples and, with a `stratum`,
    for those whose genes are studied less or more, as far as the examples have strata. Of rankings there are standard
    errors, and rows of `<metric>_by_gene`, where every cluster has one vote: `n` counts the clusters.
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
        for position, labels, entry in _intervals(scored, questions, members, bootstrap):
            subset = entry["subset"]
            if stratum and subset != MEAN:
                continue
            shuffled = entry["metric"].startswith(SHUFFLED)
            kind = {"kind": "shuffled"} if shuffled else {}
            own = {"metric": entry["metric"].removeprefix(SHUFFLED), "stratum": stratum}
            seed = [*scored[position].seeds, MEAN].index(labels["seed"])
            order = (position, seed, shuffled, place, subset != MEAN, subset)
            found.append((order, scored[position].labels | labels | entry | own | kind))
    found.sort(key=lambda row: row[0])
    return [row for _, row in found] + [row for one in scored for row in _distinct_rows(one, questions)]


def _intervals(
    scored: list[Scored], questions: Questions, members: pd.MultiIndex, bootstrap: Bootstrap
) -> Iterator[tuple[int, dict, dict]]:
    """(position of the arm, labels, row) of every metric on every subset of the examples `members`."""
    tables = [
        table.drop(columns="missing").loc[members].add_prefix(f"{i}:{j}:")
        for i, one in enumerate(scored)
        for j, table in enumerate(one.tables)
    ]
    values = pd.concat(tables, axis=1)
    place = {column: number for number, column in enumerate(values)}
    subsets, clusters = members.get_level_values("subset"), questions.clusters.loc[members]
    resampled = resampled_means(values.to_numpy(), subsets, clusters, **bootstrap._asdict())
    for subset, found in resampled:
        low, high = percentile_bounds(found.means)
        for column, k in place.items():
            if found.n[k]:
                i, j, metric = column.split(":", 2)
                labels = {"seed": scored[int(i)].seeds[int(j)], "chain": scored[int(i)].models[int(j)]}
                bounds = {"value": found.value[k], "low": low[k], "high": high[k], "n": found.n[k]}
                bounds[ERROR] = np.nanstd(found.means[:, k], ddof=1)
                yield int(i), labels, {"subset": subset, "metric": metric} | bounds
        for i, one in enumerate(scored):
            if len(one.tables) == 1:
                continue
            for metric in one.tables[0]:
                columns = [place.get(f"{i}:{j}:{metric}") for j in range(len(one.tables))]
                if None in columns or not found.n[columns].all():
                    continue
                means = resampled_over_seeds(found.means[:, columns].T, one, bootstrap)
                bounds = percentile_bounds(means[:, None])[:, 0]
                row = {"subset": subset, "metric": metric, "n": found.n[columns].min(), ERROR: np.nanstd(means, ddof=1)}
                row |= dict(zip(("low", "high"), bounds, strict=True)) | _over_seeds(found.value[columns])
                yield i, {"seed": MEAN, "chain": ""}, row


def _over_seeds(values: np.ndarray) -> dict[str, float]:
    return {"value": np.mean(values), "sd_seeds": np.std(values, ddof=1), "n_seeds": len(values)}


def _distinct_rows(scored: Scored, questions: Questions) -> Iterator[dict]:
    sizes = questions.subsets.value_counts().to_dict()
    sizes[MEAN] = sum(sizes[subset] for subset in in_mean(sizes))
    for subset in dict.fromkeys(subset for shares in scored.distinct for subset in shares):
        shares = [shares.get(subset, 0.0) for shares in scored.distinct]  # a subset that nothing was answered to
        row = scored.labels | {"subset": subset, "metric": "distinct_names", "n": sizes[subset]}
        for seed, chain, share in zip(scored.seeds, scored.models, shares, strict=True):
            yield row | {"seed": seed, "chain": chain, "value": share}
        if len(scored.seeds) > 1:
            yield row | {"seed": MEAN} | _over_seeds(np.array(shares))
