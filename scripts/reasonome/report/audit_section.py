"""The page's audit: the leaks from training data and prompts that were searched for, found and dropped, or remain."""

from typing import Any

LEAK_KINDS = {
    "same_term": "the same id",
    "same_name": "the same name or an exact synonym",
    "identical_set": "the same genes",
    "jaccard": "a Jaccard index of the threshold or more",
    "related_term": "an ancestor or a descendant by is_a and part_of",
    "test_fact": "a gene of a test set is said to belong to its term, by id, name or synonym, from any source",
    "test_fact_by_descendant": "a gene of a test set is said to belong to a term below its own by is_a and part_of",
    "test_name": "the words of a statement about a gene hold the name of its test term, often inside a longer name",
    "name_in_reasoning": "the words of a teacher's reasoning hold a test name, often inside a longer name",
    "causal_gene": "a training question has a right gene of a test question",
    "disease": "a training question is about the disease of a test question",
    "candidate_gene": "a training question at a locus has a candidate of a test question",
    "overlapping_locus": "the windows around the lead variants of a training and a test question overlap",
    "tells_the_answer": "a statement links a right gene to the disease or trait of its test question",
    "gene_and_phenotype": "a statement links a right gene to a phenotype of its test question",
    "asked_in_text": "a statement about a right gene holds the name of the disease or trait of its test question",
    "gene_in_reasoning": "a teacher's reasoning names a right gene of a test question",
    "gene_in_question": "the trait or a phenotype of a test question names its right gene",
    "held_out_term": "a training question shows the term of a test set among its enriched terms, by id or name",
    "withheld_term": "a prompt shows an enriched term that is withheld of its question",
    "name_in_prompt": "the prompt holds the true name of its own genes",
    "name_in_gene_name": "the true name stands in the prompt only because the name of a gene holds it",
}
_GROUP = ("data", "training", "used_by", "benchmark")


def leaks_section(leaks: dict) -> dict[str, Any]:
    """The findings by training data and benchmark, how many leaks remain, and data from the test sets' sources."""
    groups: dict[tuple, list[dict]] = {}
    for finding in leaks["findings"]:
        own = groups.setdefault(tuple(finding[name] for name in _GROUP), [])
        own.append(finding | {"means": LEAK_KINDS.get(finding["kind"], "")})
    return {
        "groups": [
            dict(zip(_GROUP, key, strict=True))
            | {"findings": findings, "closest": next((f for f in findings if f["highest_jaccard"] is not None), None)}
            for key, findings in groups.items()
        ],
        "remaining": sum(finding["remaining"] > 0 for finding in leaks["findings"]),
        "same_source": leaks["same_source"],
        "not_compared": leaks["not_compared"],
    }
