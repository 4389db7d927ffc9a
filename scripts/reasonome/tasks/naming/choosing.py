"""Answers beside the enriched terms that their prompts show: copies, the nearest term, and what is shown at all."""

from collections.abc import Sequence

import numpy as np

from reasonome.facts.text import normalise, without_regulation
from reasonome.rewards import Similarity
from reasonome.tasks.naming.dialogue import ABSTENTION
from reasonome.tasks.naming.metrics import TermScorer
from reasonome.tasks.naming.questions import Example

SIZES = {5: "≤ 5 genes", 19: "6–19 genes", None: "≥ 20 genes"}  # by the largest set
OWN, EQUAL, RELATIVE, NEITHER = "its own term", "an equal set", "a relative", "neither"
WHAT_IS_SHOWN = (OWN, EQUAL, RELATIVE, NEITHER)
RELATIVES = ("parent", "child", "ancestor", "descendant", "sibling")


def copied_rank(name: str, example: Example) -> int:
    """The rank, from 1, of the shown term that a name equals, case and punctuation aside; 0 if it equals none."""
    wanted = normalise(name)
    names = [normalise(term.name) for term in example.enriched or ()]
    return names.index(wanted) + 1 if wanted in names else 0


def snapped(names: Sequence[str], examples: Sequence[Example], similarity: Similarity) -> list[str]:
    """Each name replaced by the shown term that is nearest by `similarity`, the first of equals.

    What names nothing stays: an empty name and an abstention; and so does a name where no term is shown.
    """
    replaced = list(names)
    composed: dict[int, list[str]] = {}  # row → the names of its terms
    for row, (name, example) in enumerate(zip(names, examples, strict=True)):
        shown = [term.name for term in example.enriched or ()]
        if rank := copied_rank(name, example):
            replaced[row] = shown[rank - 1]
        elif shown and normalise(name) not in ("", normalise(ABSTENTION)):
            composed[row] = shown
    if not composed:
        return replaced
    pairs = [(names[row], term) for row, shown in composed.items() for term in shown]
    # Rounded, so that equal names are equally near whatever the batch in which they were encoded.
    cosines = np.asarray(similarity(*map(list, zip(*pairs, strict=True))), dtype=float).round(6)
    ends = np.cumsum([len(shown) for shown in composed.values()])
    for (row, shown), end in zip(composed.items(), ends, strict=True):
        replaced[row] = shown[int(cosines[end - len(shown) : end].argmax())]
    return replaced


def size_stratum(example: Example) -> str:
    """The stratum of a set by the number of its genes."""
    return next(stratum for most, stratum in SIZES.items() if most is None or len(example.genes) <= most)


def what_is_shown(example: Example, scorer: TermScorer) -> str:
    """The nearest thing to the truth that the prompt shows: one of WHAT_IS_SHOWN.

    A relative is an ancestor, a descendant or a sibling of the true term, or has its name but for words of regulation.
    """
    truth = scorer.truth(example)
    bare = {without_regulation(name) for name in (example.name, *example.synonyms)}
    ids = {example.id, example.main_id, example.term, "" if truth is None else truth.id} - {""}
    found = set()
    for term in example.enriched or ():
        if term.id in ids:
            found.add(OWN)
        elif term.overlap == term.size == term.drawn:
            found.add(EQUAL)
        elif without_regulation(term.name) in bare:
            found.add(RELATIVE)
        elif truth is not None and term.id in scorer.background.by_id:
            found |= {RELATIVE} if scorer.background.relation(term.id, truth.id) in RELATIVES else set()
    return next((kind for kind in WHAT_IS_SHOWN if kind in found), NEITHER)


def strata(examples: Sequence[Example], scorer: TermScorer | None) -> dict[str, list[str]]:
    """Strata of questions that show enriched terms: the size of the set, and what of its relatives is shown."""
    shown = {} if scorer is None else {example.id: what_is_shown(example, scorer) for example in examples}
    return {
        "size_stratum": [size_stratum(example) for example in examples],
        "what_is_shown": [shown.get(example.id, "") for example in examples],
    }
