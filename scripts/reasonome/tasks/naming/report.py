"""Reports and model cards of gene-set naming: metrics, primary first, baselines, and kinds of failures."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.benchmarks.strata import STRATA
from reasonome.config import is_variant
from reasonome.metrics import INDEPENDENT, MetricSet
from reasonome.report.answers_data import text_column
from reasonome.report.evidence import Evidence
from reasonome.report.family import CEILING, CEILING_OF_TERMS
from reasonome.report.plan import Plan
from reasonome.task import Reporting
from reasonome.tasks.naming import own_section as own_tables
from reasonome.tasks.naming.dialogue import NamingDialogue

_NAMES = {
    "term_score": "term score",
    "rouge_l": "ROUGE-L",
    "similarity": "similarity",
    "similarity_independent": "similarity, encoders of no reward",
    "percentile": "percentile",
    "exact": "exact",
    "same_term": "same term",
    "specificity": "specificity",
    "distinct_names": "distinct names",
    "order_agreement": "order agreement",
    "format": "format kept",
    "format_published": "format, as published",
    "supported_share": "claims supported",
    "no_name": "no usable name",
    "truncated": "cut off",
    "length": "length",
    "abstained": "abstained",
    "rouge_1": "ROUGE-1",
    "rouge_2": "ROUGE-2",
    "lin": "Lin",
    "resnik": "Resnik",
    "gene_overlap": "gene overlap",
    "copied": "copies of a shown term",
    "snap_term_score": "term score, nearest shown term",
    "snap_rouge_l": "ROUGE-L, nearest shown term",
    "snap_similarity": "similarity, nearest shown term",
    "snap_exact": "exact, nearest shown term",
}
_GROUPS = {
    "none": "nothing about the question",
    "prompt": "the genes' official names alone",
    "prompt facts": "the facts chosen for the prompt",
    "prompt terms": "the enriched terms that the prompt shows",
    "training data": "the training data",
    "a database": "a database",
    CEILING_OF_TERMS: "the enriched terms that the prompt shows, and the true name",
    CEILING: "a database that holds the very term",
}
_BASELINES = {
    "constant": "always gives the training name that scores best on training names; it does not see the genes",
    "common_words": "always gives the row of the commonest training words that scores best; it does not see the genes",
    "constant_term": "always gives the training name with the best term score on training; it does not see the genes",
    "random": "draws a training name by chance; it does not see the genes",
    "commonest_phrase": "answers with the commonest phrase of the official names of the genes shown",
    "commonest_words": "answers with the commonest words of the official names of the genes shown",
    "gene_names": "answers with the shortest official name among the genes shown",
    "nearest_prompt": "answers with the name of the training set whose genes, as prompted, read most like these",
    "nearest_set": "answers with the name of the training set that shares most genes with this one, shown or not",
    "over_representation": "answers with the most over-represented of the facts shown",
    "first_term": "answers with the first enriched term shown",
    "largest_jaccard": "answers with the enriched term shown whose genes overlap most with the set's (Jaccard index)",
    "reranker": "answers with the enriched term shown that gradient boosting, fitted on training sets, finds best",
    "composer": "the same among these terms and variants of their names: bare, regulation of, words that they share",
    "best_shown": "answers with the enriched term shown that is nearest to the true name by ROUGE-L",
    "nearest_prompt_encoder": "answers with the name of the training set whose genes, as listed, encoders find nearest",
    "database_nearest_set": "answers with the term, other than the true one, that shares most genes with this set",
    "database_over_representation": "answers with the most over-represented term other than the true one",
    "database_nearest_set_own_term": "answers with the term that shares most genes with this set, mostly the true one",
    "database_over_representation_own_term": "answers with the most over-represented term, the true one among them",
}

METRICS = MetricSet(
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
        "copied",
        "snap_",
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
    right="same_term",
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
    names=_NAMES,
    further=(  # beside all without a name
        "abstained",
        "rouge_1",
        "rouge_2",
        "lin",
        "resnik",
        "gene_overlap",
        "copied",
        "snap_term_score",
        "snap_rouge_l",
        "snap_similarity",
        "snap_exact",
    ),
    groups=_GROUPS,
    baselines=_BASELINES,
    by_stratum=("rouge_l", "similarity", "exact"),
    on_variants=("term_score", "rouge_l", "exact", "abstained"),
    strata=STRATA,
)

# The intended use, for model cards.
_USE = """\
To suggest what a list of human genes has in common, as a short name with reasons, to somebody who can judge the
suggestion. `reasonome annotate` asks it about your own lists and shows every answer beside known facts and an
over-representation analysis; use it that way rather than by itself."""

_BY_RELATION = {
    "parent": "too general",
    "ancestor": "too general",
    "child": "too specific",
    "descendant": "too specific",
    "sibling": "a sibling term",
    "same branch": "same branch, another term",
    "other branch": "other branch",
}


class NamingReporting(Reporting[NamingDialogue]):
    """Reports and cards of gene-set naming."""

    metrics = METRICS
    does = "names what human genes have in common"
    tag = "gene-set-naming"
    use = _USE

    def write_own(self, plan: Plan, evidence: Evidence, folder: Path, seed: int, resamples: int) -> None:
        """Write the tables of answers beside the enriched terms that prompts show; none where no prompt shows any."""
        own_tables.write_tables(evidence, plan.control_styles, folder, seed, resamples)

    def own_section(self, plan: Plan, metrics: pd.DataFrame, evidence: Evidence, folder: Path) -> dict[str, Any]:
        """What these tables say; empty where no prompt shows enriched terms."""
        return own_tables.section(evidence, folder)

    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """The kinds of failure of each answer beside its problems; `repeated` are names that many questions get."""
        flags = {
            name: (table[name].fillna(0) > 0).tolist() if name in table else [False] * len(table)
            for name in ("truncated", "claims_contradicted", "foreign_genes", "abstained")
        }
        random = _nothing_to_name(table)
        kinds = []
        words = (text_column(table, name) for name in ("answer", "gold", "genes", "relation"))
        for row, (answer, gold, genes, relation) in enumerate(zip(*words, strict=True)):
            named, abstained = bool(names[row]), flags["abstained"][row]
            checks = {
                "no usable name": not named,
                "cut off": flags["truncated"][row],
                "copied a gene's symbol": named and not abstained and _copies_a_gene(answer, gold, genes),
                "constant-like": names[row] in repeated and not abstained,
                "abstained wrongly": abstained and not random[row],
                "named a random set": named and not abstained and random[row],
                "claims contradicted": flags["claims_contradicted"][row],
                "genes that were not asked about": flags["foreign_genes"][row],
                "linked to no term": named and not abstained and not random[row] and relation == "none",
            }
            if relation in _BY_RELATION:
                checks[_BY_RELATION[relation]] = named and not abstained and not random[row]
            kinds.append([kind for kind, holds in checks.items() if holds])
        return kinds


def _nothing_to_name(table: pd.DataFrame) -> list[bool]:
    """Whether all genes of a question were replaced by random ones."""
    if "contaminated" in table:
        return (table["contaminated"].fillna(0) >= 1.0).tolist()
    return [is_variant(subset) and subset.endswith("-100") for subset in table["subset"]]


def _copies_a_gene(answer: str, gold: str, genes: str) -> bool:
    """Whether the answer contains a symbol of the set that the true name does not contain."""
    symbols = {gene for gene in genes.split() if len(gene) > 2}
    answer_words, gold_words = (set(re.findall(r"[\w.-]+", text)) for text in (answer, gold))
    return bool(symbols & answer_words - gold_words)
