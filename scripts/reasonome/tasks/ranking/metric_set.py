"""The metrics of rankings: what tables, tests, pages and the terminal show of them."""

from reasonome.metrics import CEILING, Metric, MetricSet, Place

_GROUPS = {
    "none": "nothing about the question",
    "prompt": "the prompt alone",
    "training data": "the training data",
    "a database": "a database",
    CEILING: "a database that holds the case's own disease",
}
_BASELINES = {
    "random_order": "lists the genes in a random order; its numbers are expected values, not draws",
    "prompt_order": "lists the candidates as the prompt does",
    "name_similarity": "lists the genes by how near encoders find their official names to what is asked",
    "commonest_gene": "lists the genes by how often each is the right one of a training question",
    "nearest_gene": "lists the candidates by their distance from the lead variant",
    "tool_score": "lists the candidates by the scores of the tool whose short list they are",
    "phenotype_overlap": "lists the genes by how well the phenotypes known of them, less those known by the case's own "
    "disease, fit the patient's",
    "phenotype_overlap_own_disease": "lists the genes by how well the phenotypes known of them fit the patient's",
}

_TOP: dict[int, tuple[Place, ...]] = {1: ("job",), 3: ("job", "strata"), 5: (), 10: ()}  # where else it is shown

METRICS = MetricSet(
    metrics=(
        *(
            Metric(
                f"top_{k}",
                f"top-{k}",
                of="name",
                hit=True,
                tested=True,
                drawn="top-1" if k == 1 else "",
                leads="Top-1" if k == 1 else "",
                on=(*of_k, "score", "baselines", "clusters"),
            )
            for k, of_k in _TOP.items()
        ),
        Metric(
            "top_max",
            "anywhere in the list",
            of="name",
            hit=True,
            tested=True,
            on=("score", "clusters"),
        ),
        Metric(
            "mrr",
            "MRR",
            of="name",
            tested=True,
            drawn="MRR",
            leads="MRR",
            on=("job", "score", "baselines", "answers", "strata", "clusters"),
        ),
        Metric("top_1_by_gene", "top-1, each gene one vote", of="report"),
        Metric("mrr_by_gene", "MRR, each gene one vote", of="report"),
        Metric("no_candidate", "first is no candidate", hit=True, less_is_better=True, on=("job",)),
        Metric("rank", "mean rank", digits=1, on=("score", "answers")),
        Metric("set_f1", "F1 of the set", of="name", on=("score",)),
        Metric("listed_candidates", "candidates listed", of="name", on=("score",)),
        Metric("non_candidates", "listed, not asked about", digits=1, on=("score",)),
        Metric("invented", "invented genes", digits=1, on=("score",)),
        Metric("repeated", "repeated genes", digits=1),
        Metric("format", "format kept", hit=True, of="answer", of_the_form=True, on=("score",)),
        Metric("no_name", "no usable list", hit=True, of="report"),
        Metric("truncated", "never closed", hit=True, of_the_form=True),
        Metric("reasoning_words", "words of reasoning", digits=1, on=("score",)),
        Metric("length", "length", of_the_form=True, digits=1, on=("answers",)),
        Metric("distinct_names", "distinct first genes", of="report", apart=True, on=("baselines",)),
        Metric("cut_off", "listed beyond what counts", digits=1, apart=True, on=("score",)),
        Metric("top_3_by_gene", "top-3, each gene one vote", of="report"),
        Metric("top_5_by_gene", "top-5, each gene one vote", of="report"),
        Metric("top_10_by_gene", "top-10, each gene one vote", of="report"),
        Metric("top_max_by_gene", "anywhere in the list, each gene one vote", of="report"),
        Metric("top_", of="name"),
        Metric("genes_left_out", digits=1, apart=True),
        Metric("facts_left_out", digits=1, apart=True),
        Metric("logprob"),
        Metric("name_logprob"),
        Metric("name_tokens"),
        Metric("confidence"),
        Metric("reward_"),
    ),
    primary="top_1",
    stand_in="top_1",
    right="top_1",
    groups=_GROUPS,
    baselines=_BASELINES,
    errors=True,
)
