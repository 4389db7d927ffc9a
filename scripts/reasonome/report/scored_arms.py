"""The scores of an experiment: of single examples, of its arms with a table for every seed, and of its baselines."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import pandas as pd

from reasonome.benchmarks.rows import in_mean
from reasonome.config.project import chains
from reasonome.core.errors import InputError
from reasonome.facts.text import distinct_share
from reasonome.metrics import INDEPENDENT, MetricSet, Pooled, is_of
from reasonome.report.evidence import EXAMPLE, Evidence
from reasonome.report.plan import Evaluation, Plan
from reasonome.report.tables import SETTING, grouped, information_rank
from reasonome.scoring.clustered import Influence, of_means, of_pooled
from reasonome.scoring.comparisons import MEAN, pooled_metric

NOT_ANSWERED = "missing_answer"  # the problem of a row that stands for a missing answer
SHUFFLED = "shuffled_"
FEWEST_SEEDS, FEWEST_CLUSTERS = 3, 12  # with which the test of scores holds (speed/ruler.py)
# What notes say of an interval.
ONE_READING = "one reading"
MODELS_ALONE = "of these models alone"
FEW_CLUSTERS = f"fewer than {FEWEST_CLUSTERS} clusters"
ALIKE = "no variance between clusters"


@dataclass(frozen=True)
class Questions:
    """The questions of one benchmark and style, which all arms and baselines answer; one entry per example.

    `examples` is sorted; `clusters` says which examples are resampled together, `strata` has the examples of each
    stratum that count in the mean, and `known` (metric → bool) those that a metric of names is known of at all.
    """

    examples: pd.MultiIndex
    clusters: pd.Series
    strata: dict[str, pd.MultiIndex]
    known: pd.DataFrame

    @property
    def subsets(self) -> pd.Index:
        """The subset of every example."""
        return self.examples.get_level_values("subset")

    def labels(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The subsets and the clusters of the chosen examples, as text."""
        subsets, clusters = self._as_text
        return subsets[chosen], clusters[chosen]

    @cached_property
    def _as_text(self) -> tuple[np.ndarray, np.ndarray]:
        return self.subsets.to_numpy(str), self.clusters.to_numpy().astype(str)

    def parts(self, members: pd.MultiIndex) -> Iterator[tuple[str, np.ndarray]]:
        """(subset, whether each example belongs to it) of some examples, and last those that count in the mean."""
        among, (subsets, _) = self.examples.isin(members), self._as_text
        names = sorted(set(subsets[among]))
        for name, counted in [*((name, [name]) for name in names), (MEAN, in_mean(names))]:
            yield name, among & np.isin(subsets, counted)


def list_questions(baselines: pd.DataFrame, metric_set: MetricSet) -> Questions:
    """The questions that a table of baselines answers.

    Without a column `cluster`, every example is a cluster of its own.
    """
    rows = baselines.drop_duplicates(EXAMPLE).sort_values(EXAMPLE)
    examples = pd.MultiIndex.from_frame(rows[EXAMPLE])
    clusters = rows["cluster"].to_numpy() if "cluster" in rows else range(len(rows))
    named = baselines[baselines["answer"].fillna("").str.strip() != ""]
    metrics = [c for c in baselines.columns if is_of(c, metric_set.of_names)]
    known = named.groupby(EXAMPLE)[metrics].count().reindex(examples) > 0
    strata = {}
    if "stratum" in rows:
        counted = rows[rows["subset"].isin(in_mean(rows["subset"])) & (rows["stratum"] != "")]
        order = [*metric_set.strata, *sorted(set(counted["stratum"]) - set(metric_set.strata))]
        for stratum in sorted(counted["stratum"].unique(), key=order.index):
            strata[stratum] = pd.MultiIndex.from_frame(counted.loc[counted["stratum"] == stratum, EXAMPLE])
    return Questions(examples, pd.Series(clusters, index=examples), strata, known)


def with_independent_similarity(table: pd.DataFrame, rewarded: Collection[str]) -> pd.DataFrame:
    """With the mean similarity over the encoders that are not `rewarded`, where there are any."""
    encoders = [c for c in table.columns if c.startswith("similarity_") and c != INDEPENDENT]
    judges = [c for c in encoders if c.removeprefix("similarity_") not in rewarded]
    return table.assign(**{INDEPENDENT: table[judges].mean(axis=1)}) if judges else table


def per_example(answers: pd.DataFrame, questions: Questions, metric_set: MetricSet) -> pd.DataFrame:
    """Metrics averaged over an example's samples and orders, one row per example; no usable name counts as wrong.

    The primary metric comes first, the scores of shuffled answers last. A metric that may be unknown is averaged over
    the answers for which it is known, else nan. The column `missing` is above 0 where an answer is missing; the form
    of a missing answer scores 0, or nan if no other answer's form is known. InputError for a number that no metric of
    the task names: it would be lost without a word.
    """
    _check_named(answers, metric_set)
    of_names = [c for c in answers.columns if is_of(c, metric_set.of_names)]
    own = [c for c in answers.columns if c.startswith(SHUFFLED)]
    shuffled = [c for c in own if is_of(c.removeprefix(SHUFFLED), metric_set.of_names)]
    of_answers = [c for c in metric_set.those(lambda metric: metric.of == "answer") if c in answers]
    scored = [*of_names, *of_answers, *shuffled]
    of_texts = metric_set.those(lambda metric: metric.of == "text")
    descriptive = [c for c in answers.columns if is_of(c, of_texts)]
    first = sorted(of_names, key=lambda c: c != metric_set.primary)
    scores = answers[[*first, *of_answers, *descriptive, *shuffled]].astype(float)
    no_name = answers["answer"].fillna("").str.strip() == ""
    least = {metric.name: metric.least for metric in metric_set.metrics}
    for column in of_names:
        scores.loc[no_name, column] = least.get(column, 0.0)
    may_be_unknown = metric_set.those(lambda metric: metric.may_be_unknown or metric.of_the_form)
    zero_if_unknown = [c for c in scored if c.removeprefix(SHUFFLED) not in may_be_unknown]
    scores[zero_if_unknown] = scores[zero_if_unknown].fillna(0.0)
    missing = answers.get("problems", pd.Series("", answers.index)) == NOT_ANSWERED
    scores.loc[missing, of_answers] = 0.0
    form = [c for c in metric_set.of_the_form if c in scores]
    formless = [c for c in form if not missing.all() and scores.loc[~missing, c].isna().all()]
    scores["no_name"] = no_name.astype(float)
    scores["missing"] = missing.astype(float)
    scores = scores.groupby([answers["subset"], answers["id"]]).mean()
    unanswered = ~questions.examples.isin(scores.index)
    scores = scores.reindex(questions.examples)
    scores.loc[unanswered, ["no_name", "missing"]] = 1.0
    for column in scored:
        scores.loc[unanswered, column] = least.get(column.removeprefix(SHUFFLED), 0.0)
    scores[formless] = float("nan")
    for metric in set(scores) & set(questions.known):
        scores.loc[~questions.known[metric], metric] = float("nan")
    return scores


def _check_named(answers: pd.DataFrame, metric_set: MetricSet) -> None:
    numbers = [column.removeprefix(SHUFFLED) for column in answers.select_dtypes("number").columns]
    if unnamed := metric_set.unnamed(numbers):
        fix = "give the task a Metric of this name, or name it in `describe` (its metric_set.py)"
        raise InputError(f"no metric names the number '{unnamed[0]}' of the scores", fix=fix)


# Examples → a metric of the answers to some of them.
PooledMetric = Callable[[pd.MultiIndex], Pooled]


@dataclass(frozen=True, eq=False)
class Scored:
    """An arm, with a table of scores per example for every seed, or a baseline; `models` are its chains.

    `pooled` has for every seed the metrics of all answers together.
    """

    labels: dict[str, str]
    models: tuple[str, ...]
    seeds: list[str]
    tables: list[pd.DataFrame]
    distinct: list[dict[str, float]]
    pooled: list[dict[str, PooledMetric]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.labels["arm"]

    @property
    def is_trained(self) -> bool:
        """Whether it is an arm with steps."""
        return bool(self.backbone) and self.models[0] != chains.BASE

    @property
    def told(self) -> list[str]:
        """What a note says of the models behind its mean over seeds."""
        read = [{step for step in chains.parse(m) if step.stage == "pretrain"} for m in self.models if self.is_trained]
        shared = len(read) > 1 and set.intersection(*read)
        few = self.is_trained and len(self.models) < FEWEST_SEEDS
        return [MODELS_ALONE] * few + [ONE_READING] * bool(shared)

    def values(self, column: str) -> np.ndarray:
        """A column of the tables, shape (examples, seeds)."""
        return np.column_stack([table[column].to_numpy(float) for table in self.tables])

    @property
    def backbone(self) -> str:
        """The backbone of an arm; "" for a baseline."""
        return self.labels.get("backbone", "")


def note(said: Iterable[str]) -> str:
    """What is said of a number, each thing once."""
    return "; ".join(dict.fromkeys(filter(None, said)))


def known_means(values: np.ndarray, strata: np.ndarray, clusters: np.ndarray) -> Influence:
    """`of_means` of what is known of each seed, which is something; a cluster of which nothing is moves nothing."""
    some = np.isfinite(values).any(axis=1)
    values, strata, clusters = values[some], strata[some], clusters[some]
    known = np.isfinite(values)
    whole = of_means(np.where(known, values, 0.0), strata, clusters)
    for seed in np.flatnonzero(~known.all(axis=0)):
        there = known[:, seed]
        own = of_means(values[there, seed, None], strata[there], clusters[there])
        whole.values[seed], whole.moves[:, seed] = own.values[0], 0.0
        whole.moves[np.isin(np.unique(clusters), clusters[there]), seed] = own.moves[:, 0]
    return whole


def pooled_means(arm: Scored, metric: str, questions: Questions, chosen: np.ndarray) -> Influence:
    """The jackknife of the mean over subsets of a metric of all answers together; nan where it is defined in none."""
    (strata, clusters), examples = questions.labels(chosen), questions.examples[chosen]
    places = [np.flatnonzero(strata == name) for name in np.unique(strata)]
    metrics = [seed[metric](examples) for seed in arm.pooled]
    of_seeds = [[(place, of_places(place)) for place in places] for of_places in metrics]

    def of_weights(weights: np.ndarray) -> np.ndarray:
        means = [
            [float(function(weights[None, place])[0]) for place, function in parts if function] for parts in of_seeds
        ]
        return np.array([np.mean(of_strata) if of_strata else np.nan for of_strata in means])

    with np.errstate(invalid="ignore", divide="ignore"):  # not defined without a cluster
        return of_pooled(of_weights, strata, clusters)


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of an experiment's examples, by benchmark and style.

    `arms`, by backbone, benchmark, style and decoding, are in the order of the plan, `baselines` in that of the
    information that they use.
    """

    questions: dict[tuple[str, str], Questions]
    arms: dict[tuple[str, str, str, str], list[Scored]]
    baselines: dict[tuple[str, str], list[Scored]]


def collect_scores(plan: Plan, evidence: Evidence) -> Scores:
    """The scores of every arm in every setting, and of every baseline."""
    questions = {key: list_questions(table, plan.metric_set) for key, table in evidence.baselines.items()}
    return Scores(questions, _arms(plan, evidence, questions), _baselines(plan, evidence, questions))


def _arms(
    plan: Plan, evidence: Evidence, questions: dict[tuple[str, str], Questions]
) -> dict[tuple[str, str, str, str], list[Scored]]:
    groups: dict[tuple[str, str, str, str, str], list[tuple[Evaluation, pd.DataFrame]]] = {}
    for evaluation, table in evidence.evaluations:
        key = (evaluation.benchmark, evaluation.style, evaluation.decoding, evaluation.backbone, evaluation.arm)
        groups.setdefault(key, []).append((evaluation, table))
    arms: dict[tuple[str, str, str, str], list[Scored]] = {}
    for key in sorted(groups, key=lambda key: (*key[:-1], plan.arms.index(key[-1]))):
        evaluations, tables = [e for e, _ in groups[key]], [table for _, table in groups[key]]
        labels = dict(zip([*SETTING, "backbone", "arm"], key, strict=True)) | {"kind": "model"}
        chains, seeds = tuple(e.chain for e in evaluations), [str(e.seed) for e in evaluations]
        benchmark, style, decoding, backbone, _ = key
        scored = _scored(labels, chains, seeds, tables, questions[benchmark, style], plan)
        arms.setdefault((backbone, benchmark, style, decoding), []).append(scored)
    return arms


def _baselines(
    plan: Plan, evidence: Evidence, questions: dict[tuple[str, str], Questions]
) -> dict[tuple[str, str], list[Scored]]:
    baselines = {}
    for (benchmark, style), table in evidence.baselines.items():
        labels = {"benchmark": benchmark, "style": style, "kind": "baseline"}
        groups = grouped(table, ["information", "baseline"])
        baselines[benchmark, style] = [
            _scored(labels | {"arm": name, "information": key}, ("",), [""], [rows], questions[benchmark, style], plan)
            for (key, name), rows in sorted(groups, key=lambda group: (information_rank(group[0][0]), group[0][1]))
        ]
    return baselines


def _scored(labels: dict, chains: tuple, seeds: list, tables: list, questions: Questions, plan: Plan) -> Scored:
    tables = [with_independent_similarity(table, plan.rewarded_encoders) for table in tables]
    scores = [per_example(table, questions, plan.metric_set) for table in tables]
    pooled = [
        {metric: partial(pooled_metric, table, prepare) for metric, prepare in plan.metric_set.pooled.items()}
        for table in tables
    ]
    return Scored(labels, chains, seeds, scores, [_distinct_names(table) for table in tables], pooled)


def _distinct_names(answers: pd.DataFrame) -> dict[str, float]:
    """The share of distinct answers, by subset and as their mean; empty where scores are expected values."""
    if "draws" in answers and not answers["draws"].any():
        return {}
    groups = grouped(answers.sort_values("subset", kind="stable"), ["subset"])
    by_subset = {subset: distinct_share(rows["answer"].fillna("").tolist()) for (subset,), rows in groups}
    return {MEAN: float(np.mean([by_subset[subset] for subset in in_mean(by_subset)]))} | by_subset
