"""Baselines of gene-set naming: answers that need no model, each with the information that it uses.

A model's score means something only in comparison with baselines that use the same information. No answer depends on
the order of the examples. docs/baselines.md says what beating each of them means.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from reasonome.tasks.naming.baselines.enrichment import (
    database_over_representation,
    database_over_representation_own_term,
    over_representation,
)
from reasonome.tasks.naming.baselines.gene_names import commonest_phrase, commonest_words, shortest_gene_name
from reasonome.tasks.naming.baselines.names import common_words, constant, constant_term, random_name
from reasonome.tasks.naming.baselines.nearest import (
    database_nearest_set,
    database_nearest_set_own_term,
    nearest_prompt,
    nearest_prompt_encoder,
    nearest_set,
)
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.tasks.naming.terms import TermScorer


@dataclass(frozen=True)
class Baseline:
    """One model-free way to answer: questions → one list of names per draw; several draws are scored and averaged.

    `information` is what it uses: "none", "prompt", "prompt facts", "training data", "a database" or "a database with
    the own term". `by_encoder`, `by_terms`: whether it needs encoders, or the terms of a background. `constant`:
    whether it says one training name always; it is as sure as that is common in training.
    """

    information: str
    answer: Callable[[Questions], list[list[str]]]
    by_encoder: bool = False
    by_terms: bool = False
    constant: bool = False


BASELINES = {
    "constant": Baseline("none", constant, constant=True),
    "constant_term": Baseline("none", constant_term, by_terms=True, constant=True),
    "common_words": Baseline("none", common_words),
    "random": Baseline("none", random_name),
    "commonest_phrase": Baseline("prompt", commonest_phrase),
    "commonest_words": Baseline("prompt", commonest_words),
    "gene_names": Baseline("prompt", shortest_gene_name),
    "over_representation": Baseline("prompt facts", over_representation),
    "nearest_set": Baseline("training data", nearest_set),
    "nearest_prompt": Baseline("training data", nearest_prompt),
    "nearest_prompt_encoder": Baseline("training data", nearest_prompt_encoder, by_encoder=True),
    "database_nearest_set": Baseline("a database", database_nearest_set, by_terms=True),
    "database_over_representation": Baseline("a database", database_over_representation, by_terms=True),
    # Ceilings: what looking the tested set up in a database that holds it would give.
    "database_nearest_set_own_term": Baseline(
        "a database with the own term", database_nearest_set_own_term, by_terms=True
    ),
    "database_over_representation_own_term": Baseline(
        "a database with the own term", database_over_representation_own_term, by_terms=True
    ),
}


def usable_baselines(
    style: NamingStyle, trained: bool, encoders: Collection[str] = (), terms: TermScorer | None = None
) -> dict[str, Baseline]:
    """The baselines whose data are there: the style's facts, training sets (`trained`), encoders and terms."""
    known = {"prompt", "a database", "a database with the own term"}
    if trained:
        known |= {"none", "training data"}
    if style.facts is not None:
        known.add("prompt facts")
    return {
        name: baseline
        for name, baseline in BASELINES.items()
        if baseline.information in known
        and (encoders or not baseline.by_encoder)
        and (terms is not None or not baseline.by_terms)
    }
