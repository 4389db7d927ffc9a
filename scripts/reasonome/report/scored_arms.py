"""The scores of an experiment: its arms with a table for every seed, its baselines, and the draws they share."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from reasonome.benchmarks.rows import in_mean
from reasonome.facts.text import distinct_share
from reasonome.metrics import Pooled
from reasonome.report.evidence import EXAMPLE, Evidence
from reasonome.report.example_scores import Questions, list_questions, per_example, with_independent_similarity
from reasonome.report.plan import Evaluation, Plan
from reasonome.report.tables import SETTING, information_rank
from reasonome.scoring.comparisons import MEAN, RESAMPLES, OfTable, OfWeights, seed_weights

# Examples → a metric of the answers to some of them.
PooledMetric = Callable[[pd.MultiIndex], Pooled]


class Bootstrap(NamedTuple):
    """The draws that all intervals and tests of a report share."""

    seed: int = 0
    resamples: int = RESAMPLES


@cache
def weights_of_seeds(bootstrap: Bootstrap, backbone: str, models: tuple[str, ...]) -> np.ndarray:
    """Weights, shape (resamples, models), in the mean over models of a backbone that differ only in their seed.

    They do not depend on what else is in the experiment.
    """
    own = zlib.crc32("\n".join([backbone, *models]).encode())
    return seed_weights(len(models), np.random.default_rng([bootstrap.seed, own]), bootstrap.resamples)


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
    def backbone(self) -> str:
        """The backbone of an arm; "" for a baseline."""
        return self.labels.get("backbone", "")


def resampled_over_seeds(means: np.ndarray, scored: Scored, bootstrap: Bootstrap) -> np.ndarray:
    """Resampled means over seeds, shape (resamples,), from those of every seed, shape (seeds, resamples)."""
    return (means.T * weights_of_seeds(bootstrap, scored.backbone, scored.models)).sum(axis=1)


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of an experiment's examples. The keys are benchmark and style.

    `arms` are sorted by benchmark, style, decoding and backbone, then as in the plan; `baselines` by the information
    that they use.
    """

    questions: dict[tuple[str, str], Questions]
    arms: list[Scored]
    baselines: dict[tuple[str, str], list[Scored]]


def collect_scores(plan: Plan, evidence: Evidence) -> Scores:
    """The scores of every arm in every setting, and of every baseline."""
    questions = {key: list_questions(table, plan.metric_set) for key, table in evidence.baselines.items()}
    return Scores(questions, _arms(plan, evidence, questions), _baselines(plan, evidence, questions))


def _arms(plan: Plan, evidence: Evidence, questions: dict[tuple[str, str], Questions]) -> list[Scored]:
    groups: dict[tuple, list[tuple[Evaluation, pd.DataFrame]]] = {}
    for evaluation, table in evidence.evaluations:
        key = (evaluation.benchmark, evaluation.style, evaluation.decoding, evaluation.backbone, evaluation.arm)
        groups.setdefault(key, []).append((evaluation, table))
    arms = []
    for key in sorted(groups, key=lambda key: (*key[:-1], plan.arms.index(key[-1]))):
        evaluations, tables = zip(*groups[key], strict=True)
        labels = dict(zip([*SETTING, "backbone", "arm"], key, strict=True)) | {"kind": "model"}
        chains, seeds = tuple(e.chain for e in evaluations), [str(e.seed) for e in evaluations]
        arms.append(_scored(labels, chains, seeds, tables, questions[key[:2]], plan))
    return arms


def _baselines(
    plan: Plan, evidence: Evidence, questions: dict[tuple[str, str], Questions]
) -> dict[tuple[str, str], list[Scored]]:
    baselines = {}
    for (benchmark, style), table in evidence.baselines.items():
        labels = {"benchmark": benchmark, "style": style, "kind": "baseline"}
        groups = table.groupby(["information", "baseline"])
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


def pooled_metric(answers: pd.DataFrame, prepare: OfTable, examples: pd.MultiIndex) -> Pooled:
    """A metric of the answers to some of the examples, by their places; several answers to one share its weight."""
    places = examples.get_indexer(pd.MultiIndex.from_frame(answers[EXAMPLE]))
    answers, places = answers[places >= 0], places[places >= 0]
    shares = 1 / np.bincount(places, minlength=len(examples))[places]

    def of_places(chosen: np.ndarray) -> OfWeights | None:
        inside = np.isin(places, chosen)
        of_weights = prepare(answers[inside]) if inside.any() else None
        if of_weights is None:
            return None
        position, share = np.searchsorted(chosen, places[inside]), shares[inside]
        return lambda weights: of_weights(weights[:, position] * share)

    return of_places


def _distinct_names(answers: pd.DataFrame) -> dict[str, float]:
    """The share of distinct answers, by subset and as their mean; empty where scores are expected values."""
    if "draws" in answers and not answers["draws"].any():
        return {}
    by_subset = answers["answer"].fillna("").groupby(answers["subset"]).agg(distinct_share).to_dict()
    return {MEAN: float(np.mean([by_subset[subset] for subset in in_mean(by_subset)]))} | by_subset
