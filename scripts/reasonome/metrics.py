"""The metrics of a report on the answers of one kind of task; each task has its own set."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

INDEPENDENT = "similarity_independent"
# How often each of n rows was drawn, shape (resamples, n) → a metric of all rows together, shape (resamples,).
OfWeights = Callable[[np.ndarray], np.ndarray]
# A table → such a metric of all of its rows; None where it is not defined.
OfTable = Callable[[pd.DataFrame], OfWeights | None]


@dataclass(frozen=True)
class MetricSet:
    """Metrics of one kind of answers, and what tables, tests and figures make of them.

    `primary` stands first; `stand_in`, which every table has, replaces it where it was not measured. `of_names` are 0
    where an answer has nothing usable, `of_answers` where there is no answer, and `descriptive` ones are unknown there;
    a name that ends with an underscore is a prefix. Of these, `may_be_unknown` stay unknown instead of 0, and bare
    answers do not have those `of_the_form`. `hits` are 0 or 1 for one answer, and `right` is the one
    that calibration is about: no reward for a confidence is in it. `compared` are tested, `ablated`
    and `over_ranks` drawn, and `per_cluster` also averaged with one vote for each cluster. `shown` are printed on a
    terminal. `names` are in the order in which pages show them, `further` apart from the others; `by_stratum` and
    `on_variants` have tables of their own. `strata` is the order of strata; others follow by name. `groups` says what
    the kinds of information are that baselines use, `baselines` what each of them does.
    """

    primary: str
    stand_in: str
    of_names: Sequence[str]
    of_answers: Sequence[str]
    descriptive: Sequence[str]
    may_be_unknown: Sequence[str]
    of_the_form: Sequence[str]
    hits: Sequence[str]
    right: str
    compared: Sequence[str]
    ablated: Mapping[str, str]
    shown: Sequence[str]
    names: Mapping[str, str]
    further: Sequence[str]
    by_stratum: Sequence[str]
    groups: Mapping[str, str]
    baselines: Mapping[str, str]
    on_variants: Sequence[str] = ()
    # Metrics of all answers together: the rows of a subset's scores → the metric for weights of them, if defined.
    pooled: Mapping[str, OfTable] = field(default_factory=dict)
    per_cluster: Sequence[str] = ()
    over_ranks: Mapping[str, str] = field(default_factory=dict)
    strata: Sequence[str] = ()
    errors: bool = False  # whether tables have standard errors
    # Weights of the reward that the page shows where no single recipe says; none: all components alike.
    reward: Mapping[str, float] = field(default_factory=dict)

    def name(self, metric: str) -> str:
        """A metric in words; those without a name of their own lose their underscores."""
        return self.names.get(metric, metric.replace("_", " "))

    def led_by(self, metric: str) -> "MetricSet":
        """The same set with this metric as the primary one; it stands first wherever metrics have an order."""
        return replace(
            self,
            primary=metric,
            compared=_first(metric, self.compared),
            shown=_first(metric, self.shown),
            ablated={metric: self.name(metric)} | self.ablated,
            by_stratum=_first(self.primary, self.by_stratum),
        )


def _first(metric: str, metrics: Sequence[str]) -> tuple[str, ...]:
    """These metrics, this one first."""
    return tuple(dict.fromkeys([metric, *metrics]))
