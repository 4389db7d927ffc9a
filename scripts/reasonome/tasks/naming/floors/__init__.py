"""Floors of gene-set naming: answers that need no model, each with the information that it uses.

A score means something only beside what can be had without a model from the same information. No answer
depends on the order in which examples are given. docs/floors.md says what beating each of them means.
"""

from collections.abc import Collection

from reasonome.tasks.naming.floors.enrichment import (
    database_over_representation,
    database_over_representation_own_term,
    over_representation,
)
from reasonome.tasks.naming.floors.gene_names import commonest_phrase, commonest_words, shortest_gene_name
from reasonome.tasks.naming.floors.names import (
    SETS_TO_CHOOSE_BY,
    best_by_term_score,
    common_words,
    constant,
    constant_term,
    random_name,
    sampled,
)
from reasonome.tasks.naming.floors.nearest import (
    database_nearest_set,
    database_nearest_set_own_term,
    nearest_prompt,
    nearest_prompt_encoder,
    nearest_set,
)
from reasonome.tasks.naming.floors.questions import Floor, Questions
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.tasks.naming.terms import TermScorer

__all__ = [
    "FLOORS",
    "SETS_TO_CHOOSE_BY",
    "Floor",
    "Questions",
    "best_by_term_score",
    "floors_of",
    "sampled",
]

FLOORS = {
    "constant": Floor("none", constant),
    "constant_term": Floor("none", constant_term, by_terms=True),
    "common_words": Floor("none", common_words),
    "random": Floor("none", random_name),
    "commonest_phrase": Floor("prompt", commonest_phrase),
    "commonest_words": Floor("prompt", commonest_words),
    "gene_names": Floor("prompt", shortest_gene_name),
    "over_representation": Floor("prompt facts", over_representation),
    "nearest_set": Floor("training data", nearest_set),
    "nearest_prompt": Floor("training data", nearest_prompt),
    "nearest_prompt_encoder": Floor("training data", nearest_prompt_encoder, by_encoder=True),
    "database_nearest_set": Floor("a database", database_nearest_set, by_terms=True),
    "database_over_representation": Floor("a database", database_over_representation, by_terms=True),
    # Ceilings: what looking the tested set up in a database that holds it would give.
    "database_nearest_set_own_term": Floor(
        "a database with the own term", database_nearest_set_own_term, by_terms=True
    ),
    "database_over_representation_own_term": Floor(
        "a database with the own term", database_over_representation_own_term, by_terms=True
    ),
}


def floors_of(
    style: NamingStyle, trained: bool, encoders: Collection[str] = (), terms: TermScorer | None = None
) -> dict[str, Floor]:
    """The floors that can answer: by the style, whether there are training sets, and what else there is."""
    known = {"prompt", "a database", "a database with the own term"}
    if trained:
        known |= {"none", "training data"}
    if style.facts is not None:
        known.add("prompt facts")
    return {
        name: floor
        for name, floor in FLOORS.items()
        if floor.information in known
        and (encoders or not floor.by_encoder)
        and (terms is not None or not floor.by_terms)
    }
