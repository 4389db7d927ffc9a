"""What metrics are called where people read them, in the order they are shown."""

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


def metric_name(metric: str) -> str:
    """A metric in words; those without a name of their own lose their underscores."""
    return METRIC_NAMES.get(metric, metric.replace("_", " "))
