"""Support for a name: samples that agree, enriched terms with the same meaning, genes with evidence."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from reasonome.annotation.record import AnnotatedClaim
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.text import normalise
from reasonome.scoring import rouge
from reasonome.tasks.base import Similarity
from reasonome.tasks.naming.clusters import clusters
from reasonome.tasks.naming.task import Example, Gene

SIGNIFICANT = 0.05  # the largest adjusted p of a term that counts
# The smallest score of a term that says the same as a name, by ROUGE-L and by an encoder. Either alone is too little:
# by the demo's encoder "interferon-mediated protein binding" has a cosine of .84 with "Interferon Signaling", and by
# its words "ribosomal protein binding" is nearly "protein binding". The value is a convention: no score separates right
# from wrong names.
SAYS_THE_SAME = 0.7
# Words that a name and a term may differ in and still say the same.
_ADDS_NOTHING = "a activity an and by cellular function in involved mediated of overview pathway process the to via"
NEAR_IDENTICAL = 0.8  # the smallest Jaccard index of sets of one group


def most_frequent_name(names: Sequence[str]) -> str:
    """The name that most samples give, as its first sample writes it; of equally frequent names the first.

    Case, spacing and punctuation do not count (`facts.text.normalise`). "" where no sample gives a usable name.
    """
    written: dict[str, str] = {}
    for name in names:
        written.setdefault(normalise(name), name)
    # Counters keep the order of insertion, and `most_common` keeps it for equal counts.
    votes = Counter(key for key in map(normalise, names) if key)
    return written[votes.most_common(1)[0][0]] if votes else ""


class TermAgreement(NamedTuple):
    """The similarity of a name and an enriched term (0 to 1), the term, and whether it says the same as the name."""

    score: float
    term: EnrichedTerm
    same: bool


def agreement_with_terms(
    name: str, enriched: Sequence[EnrichedTerm], similarity: Similarity | None = None
) -> TermAgreement | None:
    """The significant term most similar to a name, the first of equals; terms that say the same come before others.

    The score is the smaller of ROUGE-L and `similarity` (cosines; negative ones count as 0). Terms with an adjusted p
    above SIGNIFICANT do not count. None without a name or such a term.

    A term says the same if its score is SAYS_THE_SAME or more, and its words are the same but for those that add
    nothing: "interferon-gamma signaling pathway" and "interferon gamma signaling" say the same; "DNA repair" and "DNA
    repair deficiency" do not, nor do "Wnt signaling" and "signaling".
    """
    terms = [term for term in enriched if term.adjusted_p <= SIGNIFICANT]
    if not normalise(name) or not terms:
        return None
    others = [term.name for term in terms]
    scores = _alike(name, others, similarity)
    same = _same(name, others, scores)
    best = max(range(len(terms)), key=lambda place: (same[place], scores[place]))
    return TermAgreement(max(0.0, float(scores[best])), terms[best], same[best])


def claims_of_name(
    name: str, claims: Sequence[AnnotatedClaim], similarity: Similarity | None = None
) -> list[AnnotatedClaim]:
    """The claims whose term says the same as the name (`agreement_with_terms`); other claims are no evidence for it."""
    terms = list(dict.fromkeys(claim.term for claim in claims))
    if not normalise(name) or not terms:
        return []
    same = dict(zip(terms, _same(name, terms, _alike(name, terms, similarity)), strict=True))
    return [claim for claim in claims if same[claim.term]]


def _alike(name: str, others: Sequence[str], similarity: Similarity | None) -> np.ndarray:
    words = np.array([rouge.score(name, other)["rouge_l"] for other in others])
    return words if similarity is None else np.minimum(words, similarity([name] * len(others), list(others)))


def _same(name: str, others: Sequence[str], scores: np.ndarray) -> list[bool]:
    wanted = _telling_words(name)
    return [
        bool(score >= SAYS_THE_SAME) and _telling_words(other) == wanted
        for other, score in zip(others, scores, strict=True)
    ]


def _telling_words(text: str) -> list[str]:
    """Stems of the words that add something, and words that ROUGE skips: letters of other alphabets and "+"."""
    unseen = [word for word in normalise(text).split() if not (word.isascii() and word.isalnum())]
    return [word for word in rouge.tokens(text) if word not in rouge.tokens(_ADDS_NOTHING)] + unseen


def genes_of_reasoning(
    symbols: Sequence[str], claims: Collection[AnnotatedClaim], agreement: TermAgreement | None = None
) -> tuple[list[str], list[str]]:
    """The genes of a set with evidence for its name, and the others; both in the order of the set.

    A gene has evidence if a known fact supports a claim about the name (`claims_of_name`) that is not negated, or if
    the enriched term that agrees best with the name says the same and has the gene. Unknown claims are no evidence; a
    contradicted claim does not cancel a supported one.
    """
    evidence = {claim.gene for claim in claims if claim.verdict == "supported" and not claim.negated}
    if agreement is not None and agreement.same:
        evidence |= set(agreement.term.genes)
    return [s for s in symbols if s in evidence], [s for s in symbols if s not in evidence]


def near_identical_groups(sets: Sequence[frozenset[str]]) -> list[int]:
    """The group of each set, numbered from 1 in the order of first appearance.

    Groups are the single-linkage clusters of sets with a Jaccard index of NEAR_IDENTICAL or more. A set without genes
    is a group of its own.
    """
    examples = [
        Example(id=str(position), subset="", name="unnamed", genes=[Gene(symbol=symbol) for symbol in symbols])
        for position, symbols in enumerate(sets)
        if symbols
    ]
    cluster = dict(zip((example.id for example in examples), clusters(examples, NEAR_IDENTICAL), strict=True))
    numbers: dict[str, int] = {}
    return [
        numbers.setdefault(cluster.get(str(position), f"empty {position}"), len(numbers) + 1)
        for position in range(len(sets))
    ]
