"""A reward of questions on enrichment tables, by the verifiers that ship: see docs/your-own.md."""

from reasonome.scoring import verifiers
from reasonome.tasks.pathway_qa.dialogue import stated_and_truth


def sure_of_sets(answer: dict, example: dict) -> float | None:
    """V4 for as much as V2 finds the sets right, from -1 to 1; None where a question asks for no statements."""
    stated, truth = stated_and_truth(answer, example)
    sets = verifiers.sets(stated, truth)
    return None if sets is None else sets * verifiers.uncertainty(stated, truth)
