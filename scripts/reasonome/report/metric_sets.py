"""What a report measures, by what the experiment's answers are: names of gene sets, or rankings of genes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from reasonome.benchmarks.strata import STRATA
from reasonome.report.metric_names import METRIC_NAMES, RANKING_METRIC_NAMES

INDEPENDENT = "similarity_independent"
Kind = Literal["names", "rankings"]


@dataclass(frozen=True)
class MetricSet:
    """Metrics of one kind of answers, and what tables, tests and figures make of them.

    `primary` stands first, and where it was not measured `stand_in`, which every table has. `of_names` are 0 where an
    answer has nothing usable, `of_answers` where there is none at all, and `descriptive` ones are unknown there; a name
    that ends with an underscore is a prefix. Of these, `may_be_unknown` are never set to 0 for being unknown, and
    `of_the_form` are what bare answers do not have. `hits` are 0 or 1 for one answer. `compared` are tested, `ablated`
    and `over_ranks` drawn, and `per_cluster` also averaged with one vote for each cluster. `shown` are read on a
    terminal. `names` are in the order in which pages show them, `further` apart from the others; `by_stratum` and
    `on_variants` have tables of their own. `strata` is the order of strata; others follow by name.
    """

    primary: str
    stand_in: str
    of_names: Sequence[str]
    of_answers: Sequence[str]
    descriptive: Sequence[str]
    may_be_unknown: Sequence[str]
    of_the_form: Sequence[str]
    hits: Sequence[str]
    compared: Sequence[str]
    ablated: Mapping[str, str]
    shown: Sequence[str]
    names: Mapping[str, str]
    further: Sequence[str]
    by_stratum: Sequence[str]
    on_variants: Sequence[str] = ()
    per_cluster: Sequence[str] = ()
    over_ranks: Mapping[str, str] = field(default_factory=dict)
    strata: Sequence[str] = ()
    errors: bool = False  # whether tables have standard errors
    # Weights of the reward that the page shows where no single recipe says; none: all components alike.
    reward: Mapping[str, float] = field(default_factory=dict)


NAMES = MetricSet(
    primary="term_score",
    stand_in="rouge_l",
    of_names=(
        "term_score",
        "rouge_",
        "similarity",
        "similarity_",
        "percentile",
        "percentile_",
        "exact",
        "same_term",
        "lin",
        "resnik",
        "gene_overlap",
        "specificity",
    ),
    of_answers=("format", "format_published", "abstained"),
    descriptive=(
        "truncated",
        "length",
        "genes_left_out",
        "facts_left_out",
        "neighbours_left_out",
        "gene_coverage",
        "foreign_genes",
        "claims",
        "claims_supported",
        "claims_unknown",
        "claims_contradicted",
        "supported_share",
        "confidence",
        "logprob",
        "name_logprob",
        "name_tokens",
        "order_agreement",
        "reward_",
    ),
    may_be_unknown=("lin", "resnik", "specificity"),  # the linked term may have no information content
    of_the_form=("format", "format_published", "truncated", "length"),  # which a name alone does not have
    hits=("exact", "same_term"),
    compared=("term_score", "rouge_l", "similarity", INDEPENDENT, "exact", "same_term"),
    ablated={"term_score": "term score", "rouge_l": "ROUGE-L"},
    shown=(
        "term_score",
        "rouge_l",
        "similarity",
        INDEPENDENT,
        "exact",
        "format",
        "no_name",
        "truncated",
        "distinct_names",
        "length",
    ),
    names=METRIC_NAMES,
    further=("abstained", "rouge_1", "rouge_2", "lin", "resnik", "gene_overlap"),  # beside all without a name
    by_stratum=("rouge_l", "similarity", "exact"),
    on_variants=("term_score", "rouge_l", "exact", "abstained"),
    strata=STRATA,
)

RANKINGS = MetricSet(
    primary="top_1",
    stand_in="top_1",
    of_names=("top_", "mrr", "set_f1", "listed_candidates"),
    of_answers=("format",),
    descriptive=(
        "rank",
        "non_candidates",
        "invented",
        "repeated",
        "cut_off",
        "truncated",
        "length",
        "reasoning_words",
        "genes_left_out",
        "facts_left_out",
        "logprob",
        "name_logprob",
        "name_tokens",
        "reward_",
    ),
    may_be_unknown=(),
    of_the_form=("format", "truncated", "length"),
    hits=("top_1", "top_3", "top_5", "top_10", "top_max"),
    compared=("top_1", "top_3", "top_5", "top_10", "top_max", "mrr"),
    ablated={"top_1": "top-1", "mrr": "MRR"},
    shown=("top_1", "top_3", "top_5", "top_10", "top_max", "mrr", "rank", "format", "no_name", "truncated", "length"),
    names=RANKING_METRIC_NAMES,
    further=("distinct_names", "cut_off", "genes_left_out", "facts_left_out"),
    by_stratum=("top_3", "mrr"),
    per_cluster=("top_1", "top_3", "top_5", "top_10", "top_max", "mrr"),
    over_ranks={"top_1": "1", "top_3": "3", "top_5": "5", "top_10": "10", "top_max": "any"},
    errors=True,
    reward={"chance_corrected": 1.0},
)

METRIC_SETS: dict[Kind, MetricSet] = {"names": NAMES, "rankings": RANKINGS}
