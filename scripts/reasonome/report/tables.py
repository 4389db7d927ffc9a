"""metrics.tsv and comparisons.tsv: every score beside its floors, every claim with its test."""

import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.atomic import replacing
from reasonome.comparisons import (
    IDENTICAL,
    MEAN,
    RESAMPLES,
    bootstrap_test,
    in_mean,
    mcnemar,
    paired_test,
    percentile_bounds,
    resampled_means,
    seed_weights,
)
from reasonome.errors import InputError
from reasonome.metrics.naming import distinct_share
from reasonome.report.evidence import EXAMPLE, Evidence
from reasonome.report.example_scores import (
    SHUFFLED,
    Questions,
    asked,
    per_example,
    with_independent_similarity,
)
from reasonome.report.family import CEILING, FLOOR_GROUPS, family_of, verdicts, with_adjusted_p
from reasonome.report.metric_sets import NAMES, MetricSet
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
    "sd_seeds",
    "n_seeds",
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
    "verdict",
    "t",
    "p",
    "p_wilcoxon",
    "p_bootstrap",
    "p_mcnemar",
    "p_equivalence",
    "family",
    "p_family",
    "group_p",
    "p_holm",
    "effect_size",
    "effect_rank",
    "n",
    "seeds_a",
    "seeds_b",
    "missing_a",
    "missing_b",
    "note",
]
ERROR = "se"  # a column of the metrics of rankings: the standard deviation of the resampled means
EQUIVALENCE = 0.02
# The order of the floors in every table.
INFORMATION = [*FLOOR_GROUPS, CEILING]
_TEXT = ["experiment", "backbone", "arm", "chain", "seed", *SETTING, "subset", "stratum", "kind", "information"]
_TEXT += ["metric", "a", "b", "verdict", "family", "note"]


@dataclass(frozen=True)
class Bootstrap:
    """The draws that all intervals and tests of a report share."""

    seed: int = 0
    resamples: int = RESAMPLES
    _weights: dict[tuple, np.ndarray] = field(default_factory=dict)

    def of_seeds(self, backbone: str, models: tuple[str, ...]) -> np.ndarray:
        """Weights (resamples, models) in the mean over models of a backbone that differ in their seed.

        They are the same whenever asked for.
        """
        key = (backbone, *models)
        if key not in self._weights:
            own = zlib.crc32("\n".join(key).encode())  # whatever else the experiment consists of
            random = np.random.default_rng([self.seed, own])
            self._weights[key] = seed_weights(len(models), random, self.resamples)
        return self._weights[key]


@dataclass(frozen=True)
class Scored:
    """An arm, with a table of scores per example for every seed, or a floor; `models` are its chains."""

    labels: dict[str, str]
    models: tuple[str, ...]
    seeds: list[str]
    tables: list[pd.DataFrame]
    distinct: list[dict[str, float]]

    @property
    def name(self) -> str:
        return self.labels["arm"]

    @property
    def backbone(self) -> str:
        """That of an arm; "" of a floor."""
        return self.labels.get("backbone", "")


class Side(NamedTuple):
    """One side of a comparison: a column of what was scored."""

    scored: Scored
    column: str


def metrics_table(plan: Plan, evidence: Evidence, *, seed: int = 0, resamples: int = RESAMPLES) -> pd.DataFrame:
    """One row per arm (or floor, or arm's shuffled answers) × subset × metric, with its 95 % interval.

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
    questions = _questions(evidence, plan.metric_set)
    batches: dict[tuple, list[Scored]] = {}
    for arm in _arms(plan, evidence, questions):
        batches.setdefault(tuple(arm.labels[name] for name in [*SETTING, "backbone"]), []).append(arm)
    for key, floors in _floors(plan, evidence, questions).items():
        batches[(*key, "", "")] = floors
    rows: list[dict] = []
    for (benchmark, style, *_), scored in tqdm(batches.items(), desc="intervals", delay=5, leave=False):
        found = _metric_rows(scored, questions[benchmark, style], bootstrap)
        if plan.metric_set.per_cluster:
            by_cluster = _by_cluster(scored, questions[benchmark, style], plan.metric_set.per_cluster)
            found += _metric_rows(*by_cluster, bootstrap)
        rows += [{"experiment": plan.experiment} | row for row in found]
    columns = metric_columns(plan.metric_set)
    table = pd.DataFrame(rows, columns=columns)
    return table.fillna({column: "" for column in columns if column in _TEXT})


def metric_columns(metric_set: MetricSet) -> list[str]:
    """The columns of metrics.tsv."""
    return [*METRIC_COLUMNS, ERROR] if metric_set.errors else METRIC_COLUMNS


def _by_cluster(scored: list[Scored], questions: Questions, metrics: Sequence[str]) -> tuple[list[Scored], Questions]:
    """The same arms or floors with a row for each cluster of a subset: the mean of its examples, each one vote.

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
    """The rows of arms or floors that answer the same questions, which share their resamples."""
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
    draws = {"seed": bootstrap.seed, "resamples": bootstrap.resamples}
    resampled = resampled_means(
        values.to_numpy(), members.get_level_values("subset"), questions.clusters.loc[members], **draws
    )
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
                means = _over_seeds_of(found.means[:, columns].T, one, bootstrap)
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


def comparisons_table(
    plan: Plan,
    evidence: Evidence,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    equivalence: float = EQUIVALENCE,
) -> pd.DataFrame:
    """Paired comparisons of every arm with its parent arm, every floor, and its own shuffled answers.

    Arms of one backbone, benchmark and decoding whose chains have the same stages are also compared across
    prompt styles, once: the row stands under the style that the plan has first, and `b` is "arm [style]".
    Arms of two backbones that are asked the same are compared where they have the same name, and everything with a
    backbone that is not trained at all; the row stands under the backbone that the plan has first.
    Scores are averaged over samples and seeds, example by example; an answer without a usable name scores 0, and
    an example without any answer scores 0 and is counted in missing_a or missing_b. `p_holm` is adjusted over the
    protocol's family; "on par" needs a difference within ± `equivalence`.
    A benchmark with a single subset has rows for "mean" only, which is that subset.
    """
    bootstrap = Bootstrap(seed, resamples)
    questions = _questions(evidence, plan.metric_set)
    settings: dict[tuple, list[Scored]] = {}
    for arm in _arms(plan, evidence, questions):
        settings.setdefault(tuple(arm.labels[name] for name in ["backbone", *SETTING]), []).append(arm)
    floors = _floors(plan, evidence, questions)
    chain_of = {evaluation.arm: evaluation for evaluation in plan.evaluations}
    trained = {evaluation.backbone for evaluation in plan.evaluations if evaluation.steps}
    order = list(dict.fromkeys((e.backbone, e.benchmark, e.style, e.decoding) for e in plan.evaluations))
    rows: list[dict] = []
    for position, key in enumerate(tqdm(order, desc="comparisons", delay=5, leave=False)):
        backbone, benchmark, style, decoding = key
        labels = dict(zip(["experiment", "backbone", *SETTING], [plan.experiment, *key], strict=True))
        later = order[position + 1 :]
        styles = {
            other[2]: settings[other]
            for other in later
            if (other[0], other[1], other[3]) == (backbone, benchmark, decoding)
        }
        rivals = [
            (arm, other)
            for others in later
            if others[1:] == key[1:]
            for arm in settings[key]
            for other in settings[others]
            if arm.name == other.name or not {backbone, other.backbone} <= trained
        ]
        compared = plan.metric_set.compared
        pairs = list(_pairs(settings[key], chain_of, styles, rivals, floors[benchmark, style], compared))
        hits = plan.metric_set.hits
        rows += [labels | row for row in _compare(pairs, questions[benchmark, style], bootstrap, equivalence, hits)]
    table = with_adjusted_p(pd.DataFrame(rows, columns=COMPARISON_COLUMNS))
    return table.assign(verdict=verdicts(table))


def _pairs(
    arms: list[Scored],
    chain_of: dict[str, Evaluation],
    other_styles: dict[str, list[Scored]],
    other_backbones: list[tuple[Scored, Scored]],
    floors: list[Scored],
    compared: Sequence[str],
) -> Iterator[tuple[dict, Side, Side]]:
    """Labels and the two sides of every comparison in one setting, by each metric that is `compared`; `chain_of` tells
    an arm's chain."""
    by_name = {arm.name: arm for arm in arms}
    steps = {name: chain_of[name].steps for name in by_name}
    for arm in arms:
        parent = parent_arm(arm.name, steps)
        others = [] if parent is None else [("parent arm", parent, by_name[parent], "")]
        others += [
            ("other style", f"{other.name} [{style}]", other, "")
            for style, found in other_styles.items()
            for other in found
            if chain_of[other.name].stages == chain_of[arm.name].stages
        ]
        others += [
            ("other backbone", f"{other.name} [{other.backbone}]", other, "")
            for own, other in other_backbones
            if own is arm
        ]
        others += [("floor", floor.name, floor, "") for floor in floors]
        others += [("shuffled", f"{arm.name} (shuffled)", arm, SHUFFLED)]
        for kind, name, other, prefix in others:
            labels = {"kind": kind, "a": arm.name, "b": name, "trained": bool(steps[arm.name])}
            labels |= {"information": other.labels.get("information", "")}
            for metric in compared:
                if all(metric in table for table in arm.tables) and all(prefix + metric in t for t in other.tables):
                    yield labels | {"metric": metric}, Side(arm, metric), Side(other, prefix + metric)


def _compare(
    pairs: list[tuple], questions: Questions, bootstrap: Bootstrap, equivalence: float, hits: Sequence[str]
) -> list[dict]:
    """Test every pair on every subset; all pairs share the resamples of one bootstrap. `hits` are right or wrong."""
    values, columns = _columns(pairs)
    subsets = questions.subsets.to_numpy()
    clusters = questions.clusters.to_numpy()
    draws = {"seed": bootstrap.seed, "resamples": bootstrap.resamples}
    rows: dict[str, list[dict]] = {}
    for subset, found in resampled_means(values, subsets, clusters, **draws):
        if subset != MEAN and len(set(subsets)) == 1:
            continue
        counted = in_mean(subsets) if subset == MEAN else [subset]
        chosen = np.isin(subsets, counted)
        means = np.ascontiguousarray(found.means.T)
        rows[subset] = []
        for labels, *sides in pairs:
            places = [columns[side] for side in map(_key, sides)]
            known = chosen & np.isfinite(values[:, places[0]]).all(axis=1)
            if not known.any():
                continue
            a, b = (values[known][:, place].mean(axis=1) for place in places)
            own = [
                means[place[0]] if len(place) == 1 else _over_seeds_of(means[place], side.scored, bootstrap)
                for side, place in zip(sides, places, strict=True)
            ]
            test = asdict(paired_test(a, b, subsets[known], equivalence))
            resampled = own[0] - own[1]
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
            row["family"] = family_of(subset=subset, **{k: labels[k] for k in ("trained", "kind", "information")})
            rows[subset].append(row)
    return [row for subset in sorted(rows, key=lambda name: (name != MEAN, name)) for row in rows[subset]]


def _over_seeds_of(means: np.ndarray, scored: Scored, bootstrap: Bootstrap) -> np.ndarray:
    """Resampled means over seeds, shape (resamples,), from those of every seed, shape (seeds, resamples)."""
    return (means.T * bootstrap.of_seeds(scored.backbone, scored.models)).sum(axis=1)


def _columns(pairs: list[tuple]) -> tuple[np.ndarray, dict[tuple, list[int]]]:
    """All distinct score vectors of pairs, shape (examples, vectors), and by side the places of its seeds.

    An example at which anything does not know a metric is nan in all vectors that are compared by that metric.
    """
    vectors: list[np.ndarray] = []
    places: dict[tuple, list[int]] = {}
    of_metric: dict[str, list[int]] = {}
    for labels, *sides in pairs:
        for side in sides:
            if _key(side) not in places:
                start = len(vectors)
                vectors += [table[side.column].to_numpy() for table in side.scored.tables]
                places[_key(side)] = list(range(start, len(vectors)))
            of_metric.setdefault(labels["metric"], []).extend(places[_key(side)])
    values = np.column_stack(vectors)
    for members in of_metric.values():
        unknown = ~np.isfinite(values[:, members]).all(axis=1)
        values[np.ix_(unknown, sorted(set(members)))] = np.nan
    return values, places


def _key(side: Side) -> tuple[int, str]:
    return id(side.scored), side.column


def _seeds_and_missing(sides: list[Side], chosen: np.ndarray) -> dict[str, float]:
    """How many seeds the sides have (floors have none), and how many of the chosen examples each lacks."""
    found: dict[str, float] = {}
    for name, side in zip("ab", sides, strict=True):
        missing = np.mean([table["missing"].to_numpy() for table in side.scored.tables], axis=0)
        found[f"missing_{name}"] = int((missing[chosen] > 0).sum())
        found[f"seeds_{name}"] = np.nan if side.scored.labels["kind"] == "floor" else len(side.scored.tables)
    return found


def _questions(evidence: Evidence, metric_set: MetricSet) -> dict[tuple[str, str], Questions]:
    return {key: asked(table, metric_set) for key, table in evidence.floors.items()}


def _arms(plan: Plan, evidence: Evidence, questions: dict[tuple[str, str], Questions]) -> list[Scored]:
    """Every arm in every setting, by benchmark, style, decoding and backbone, then as the plan has them."""
    groups: dict[tuple, list[tuple[Evaluation, pd.DataFrame]]] = {}
    for evaluation, table in evidence.evaluations:
        key = (evaluation.benchmark, evaluation.style, evaluation.decoding, evaluation.backbone, evaluation.arm)
        groups.setdefault(key, []).append((evaluation, table))
    found = []
    for key in sorted(groups, key=lambda key: (*key[:-1], plan.arms.index(key[-1]))):
        evaluations, tables = zip(*groups[key], strict=True)
        labels = dict(zip([*SETTING, "backbone", "arm"], key, strict=True)) | {"kind": "model"}
        chains, seeds = tuple(e.chain for e in evaluations), [str(e.seed) for e in evaluations]
        found.append(_scored(labels, chains, seeds, tables, questions[key[:2]], plan))
    return found


def _floors(
    plan: Plan, evidence: Evidence, questions: dict[tuple[str, str], Questions]
) -> dict[tuple[str, str], list[Scored]]:
    """The floors of every benchmark and style, by the information they use."""
    found = {}
    for (benchmark, style), table in evidence.floors.items():
        labels = {"benchmark": benchmark, "style": style, "kind": "floor"}
        found[benchmark, style] = [
            _scored(
                labels | {"arm": name, "information": information},
                ("",),
                [""],
                [rows],
                questions[benchmark, style],
                plan,
            )
            for name, information, rows in _by_floor(table)
        ]
    return found


def _scored(labels: dict, chains: tuple, seeds: list, tables: list, questions: Questions, plan: Plan) -> Scored:
    tables = [with_independent_similarity(table, plan.rewarded_encoders) for table in tables]
    scores = [per_example(table, questions, plan.metric_set) for table in tables]
    return Scored(labels, chains, seeds, scores, [_distinct_names(table) for table in tables])


def _distinct_names(answers: pd.DataFrame) -> dict[str, float]:
    """The share of distinct answers, by subset and as their mean; nothing where scores are expected values."""
    if "draws" in answers and not answers["draws"].any():
        return {}
    by_subset = answers["answer"].fillna("").groupby(answers["subset"]).agg(distinct_share).to_dict()
    return {MEAN: float(np.mean([by_subset[subset] for subset in in_mean(by_subset)]))} | by_subset


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


def headline(metrics: pd.DataFrame, metric_set: MetricSet = NAMES) -> pd.DataFrame:
    """The means over subsets, one row per arm and floor, for people to read on a terminal."""
    rows = reported_seeds(of_all_strata(metrics)).query("subset == @MEAN and kind != 'shuffled'")
    labels = ["benchmark", "style", "decoding", "kind", "information", "backbone", "arm"]
    keys = rows[labels].drop_duplicates()
    wide = rows.pivot(index=labels, columns="metric", values="value").loc[list(keys.itertuples(index=False))]
    return wide[[metric for metric in metric_set.shown if metric in wide]].round(3).reset_index()


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
    for column in set(columns) & {*METRIC_COLUMNS, ERROR, *COMPARISON_COLUMNS} - {*_TEXT}:
        table[column] = pd.to_numeric(table[column].replace("", np.nan))
    return table
