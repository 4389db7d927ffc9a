"""What metrics are called where people read them, in the order they are shown."""

from collections.abc import Mapping

METRIC_NAMES = {
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
}

RANKING_METRIC_NAMES = {
    "top_1": "top-1",
    "top_3": "top-3",
    "top_5": "top-5",
    "top_10": "top-10",
    "top_max": "anywhere in the list",
    "mrr": "MRR",
    "top_1_by_gene": "top-1, each gene one vote",
    "mrr_by_gene": "MRR, each gene one vote",
    "rank": "mean rank",
    "set_f1": "F1 of the set",
    "listed_candidates": "candidates listed",
    "non_candidates": "listed, not asked about",
    "invented": "invented genes",
    "repeated": "repeated genes",
    "format": "format kept",
    "no_name": "no usable list",
    "truncated": "never closed",
    "reasoning_words": "words of reasoning",
    "length": "length",
    "distinct_names": "distinct first genes",
    "cut_off": "listed beyond what counts",
    "top_3_by_gene": "top-3, each gene one vote",
    "top_5_by_gene": "top-5, each gene one vote",
    "top_10_by_gene": "top-10, each gene one vote",
    "top_max_by_gene": "anywhere in the list, each gene one vote",
}


def metric_name(metric: str, names: Mapping[str, str] = METRIC_NAMES) -> str:
    """A metric in words; those without a name of their own lose their underscores."""
    return names.get(metric, metric.replace("_", " "))
