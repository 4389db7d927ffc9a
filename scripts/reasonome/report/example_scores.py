"""The scores of single examples, which every interval and test of a report is made from."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from reasonome.benchmarks.rows import in_mean
from reasonome.core.errors import InputError
from reasonome.metrics import INDEPENDENT, MetricSet, is_of
from reasonome.report.evidence import EXAMPLE

NOT_ANSWERED = "missing_answer"  # the problem of a row that stands for a missing answer
SHUFFLED = "shuffled_"


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


def list_questions(baselines: pd.DataFrame, metric_set: MetricSet) -> Questions:
    """The questions that a table of baselines answers.

    Without a column `cluster`, every example is a cluster of its own.
    """
    rows = baselines.drop_duplicates(EXAMPLE).sort_values(EXAMPLE)
    examples = pd.MultiIndex.from_frame(rows[EXAMPLE])
    clusters = rows["cluster"].to_numpy() if "cluster" in rows else range(len(rows))
    named = baselines[baselines["answer"].fillna("").str.strip() != ""]
    metrics = [c for c in baselines if is_of(c, metric_set.of_names)]
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
    encoders = [c for c in table if c.startswith("similarity_") and c != INDEPENDENT]
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
    of_names = [c for c in answers if is_of(c, metric_set.of_names)]
    shuffled = [c for c in answers if c.startswith(SHUFFLED) and is_of(c.removeprefix(SHUFFLED), metric_set.of_names)]
    of_answers = [c for c in metric_set.of_answers if c in answers]
    scored = [*of_names, *of_answers, *shuffled]
    descriptive = [c for c in answers if is_of(c, metric_set.descriptive)]
    first = sorted(of_names, key=lambda c: c != metric_set.primary)
    scores = answers[[*first, *of_answers, *descriptive, *shuffled]].astype(float)
    no_name = answers["answer"].fillna("").str.strip() == ""
    scores.loc[no_name, of_names] = 0.0
    may_be_unknown = (*metric_set.may_be_unknown, *metric_set.of_the_form)
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
    scores.loc[unanswered, scored] = 0.0
    scores[formless] = float("nan")
    for metric in set(scores) & set(questions.known):
        scores.loc[~questions.known[metric], metric] = float("nan")
    return scores


def _check_named(answers: pd.DataFrame, metric_set: MetricSet) -> None:
    numbers = [column.removeprefix(SHUFFLED) for column in answers.select_dtypes("number")]
    if unnamed := metric_set.unnamed(numbers):
        fix = "give the task a Metric of this name, or name it in `describe` (its metric_set.py)"
        raise InputError(f"no metric names the number '{unnamed[0]}' of the scores", fix=fix)
