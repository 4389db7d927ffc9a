"""The metrics of answers to a task: one tuple, from which tables, tests, figures, pages and the terminal derive."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

INDEPENDENT = "similarity_independent"
# The information that baselines use which an arm has to beat. A ceiling, which knows the truth, is no baseline: looking
# up the tested set, or choosing the best of what a prompt shows.
BASELINE_GROUPS = ("none", "prompt", "prompt facts", "prompt terms", "training data", "a database", "a domain model")
CEILING = "a database with the own term"
CEILING_OF_TERMS = "prompt terms and the true name"
CEILINGS = (CEILING_OF_TERMS, CEILING)
# How often each of n rows counts, shape (weights, n) → a metric of all rows together, shape (weights,).
OfWeights = Callable[[np.ndarray], np.ndarray]
# A table, or places of its rows → such a metric of them; None where it is not defined.
OfTable = Callable[[pd.DataFrame], OfWeights | None]
Pooled = Callable[[np.ndarray], OfWeights | None]
# Where a metric may be shown: by a scoring job; by `reasonome score`, and there of baselines; in the page's table of
# answers; of each stratum; of contaminated variants; with one vote for each cluster.
Place = Literal["job", "score", "baselines", "answers", "strata", "variants", "clusters"]
# Numbers in a table of scores that say which answer a row is of, for every task.
DESCRIBES_A_ROW = ("sample", "order", "draws", "prompt_tokens", "completion_tokens")


@dataclass(frozen=True)
class Metric:
    """A column of a table of scores, or a number that reports make of several.

    A name that ends with an underscore stands for all columns that begin with it. Without a label pages show a metric
    apart, by its name. `of` says what a missing value is: "name", 0 without a usable answer; "answer", 0 without an
    answer; "text", unknown without one; "report", none, as reports make it. Baselines are shown by those of a "name"
    alone.
    """

    name: str
    label: str = ""
    of: Literal["name", "answer", "text", "report"] = "text"
    least: float = 0.0  # of an unusable answer
    may_be_unknown: bool = False  # also of an answer that is usable
    of_the_form: bool = False  # what a bare answer does not have
    hit: bool = False  # 0 or 1 for one answer
    tested: bool = False  # arms are compared by it
    drawn: str = ""  # its axis in the figure of arms
    less_is_better: bool = False
    leads: str = ""  # its name in the first line of `reasonome score`
    digits: int = 3  # after the point, on pages
    apart: bool = False  # with a label, and still apart from the main table
    on: tuple[Place, ...] = ()  # where it is shown beside


@dataclass(frozen=True)
class MetricSet:
    """The metrics of a task's answers, in the order in which pages show them, and what reports need beside them.

    `primary` leads; `stand_in`, which every table has, replaces it where it was not measured. `right` is the metric
    that calibration is about: no reward for a confidence is in it. `describe` are numbers in tables of scores that are
    no metrics. `groups` says what the kinds of information are that baselines use, `baselines` what each of them does.
    `strata` is the order of strata; others follow by name.
    """

    metrics: tuple[Metric, ...]
    primary: str
    stand_in: str
    right: str
    groups: Mapping[str, str]
    baselines: Mapping[str, str]
    describe: Sequence[str] = ()
    # Metrics of all answers together: the rows of a subset's scores → the metric for weights of them, if defined.
    pooled: Mapping[str, OfTable] = field(default_factory=dict)
    strata: Sequence[str] = ()
    errors: bool = False  # whether tables have standard errors

    def those(self, has: Callable[[Metric], object]) -> tuple[str, ...]:
        """The names of the metrics that have something, in their order."""
        return tuple(metric.name for metric in self.metrics if has(metric))

    def on(self, place: Place) -> tuple[str, ...]:
        """The names of the metrics that are shown in a place."""
        return self.those(lambda metric: place in metric.on)

    def labels(self, of: Callable[[Metric], str]) -> dict[str, str]:
        """Metric → its words in some place, of those that have any."""
        return {metric.name: words for metric in self.metrics if (words := of(metric))}

    @property
    def of_names(self) -> tuple[str, ...]:
        return self.those(lambda metric: metric.of == "name")

    @property
    def of_the_form(self) -> tuple[str, ...]:
        return self.those(lambda metric: metric.of_the_form)

    @property
    def hits(self) -> tuple[str, ...]:
        return self.those(lambda metric: metric.hit)

    @property
    def compared(self) -> tuple[str, ...]:
        return self.those(lambda metric: metric.tested)

    @property
    def further(self) -> tuple[str, ...]:
        return self.those(lambda metric: metric.apart)

    @property
    def names(self) -> dict[str, str]:
        return self.labels(lambda metric: metric.label)

    @property
    def ablated(self) -> dict[str, str]:
        return self.labels(lambda metric: metric.drawn)

    def digits(self, metric: str) -> int:
        """How many digits of a metric stand after the point; `rank_by_gene` has those of `rank`."""
        known = [one for one in self.metrics if metric.startswith(one.name)]
        return max(known, key=lambda one: len(one.name)).digits if known else Metric(metric).digits

    def name(self, metric: str) -> str:
        """A metric in words; those without a label lose their underscores."""
        return self.names.get(metric, metric.replace("_", " "))

    def unnamed(self, columns: Sequence[str]) -> list[str]:
        """The columns that no metric names."""
        known = (*DESCRIBES_A_ROW, *self.describe, *(metric.name for metric in self.metrics))
        return [column for column in columns if not is_of(column, known)]

    def with_own(self, least: Mapping[str, float]) -> "MetricSet":
        """The same set with metrics of one's own behind its own, which are not tested: name → its least value."""
        places: tuple[Place, ...] = ("score", "baselines", "answers")
        told = {"of": "name", "may_be_unknown": True, "on": places}
        own = (Metric(name, name.replace("_", " "), least=low, **told) for name, low in least.items())
        return replace(self, metrics=(*self.metrics, *own))

    def led_by(self, metric: str) -> "MetricSet":
        """The same set with this metric as the primary one, first wherever metrics have an order."""
        led = next((one for one in self.metrics if one.name == metric), Metric(metric))
        led = replace(led, tested=True, drawn=led.drawn or self.name(metric))
        others = (
            replace(one, on=(*one.on, "strata")) if one.name == self.primary else one
            for one in self.metrics
            if one.name != metric
        )
        return replace(self, primary=metric, metrics=(led, *others))


def is_of(column: str, names: Sequence[str]) -> bool:
    """Whether a column is one of these, or begins with one that ends with an underscore."""
    return any(column == name or (name.endswith("_") and column.startswith(name)) for name in names)
