"""What terms are called, and how alike a name and a term read: by their words' stems, rare ones before common ones."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

from reasonome.facts.text import normalise
from reasonome.scoring import rouge

_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "κ": "kappa", "λ": "lambda"}
# British to American, in both texts, so that a word which is no British one does no harm.
_SPELLINGS = tuple(
    (re.compile(pattern), american)
    for pattern, american in (
        ("(?<=[α-ω])(?=[α-ω])", " "),
        *_GREEK.items(),
        ("ae|oe(?=[dst])", "e"),
        (r"our\b", "or"),
        (r"tre\b", "ter"),
        (r"bre(?=s?\b)", "ber"),
        ("is(?=(?:e|ed|es|ing|ation)\\b)", "iz"),
        ("sulph", "sulf"),
        (r"\bnegative(?:ly)? regulat\w*", "inhibition"),
        (r"\bpositive(?:ly)? regulat\w*", "stimulation"),
        (r"\b(down|up).?regulat", r"\1regulat"),
    )
)
# Words that a name and a term may differ in and still say the same.
_ADD_NOTHING = """
a activity an and at by cellular for from function in into involved its mediated of on or overview pathway process that
the through to upon via with
"""
# Words of one meaning where terms are named, the first of a line standing for all.
_INHIBITION, _STIMULATION = "inhibition", "stimulation"
_ALIKE = f"""
{_INHIBITION} attenuation block blockade blocking damping dampening downregulation repression restraint suppression
{_STIMULATION} activation enhancement induction promotion upregulation
synthesis biosynthesis biosynthetic production
degradation breakdown catabolism catabolic decay
metabolism metabolic turnover
transport trafficking
assembly formation
response reaction
regulation control
signaling signal signalling cascade transduction
apoptosis apoptotic
development maturation
"""


@lru_cache(maxsize=200_000)
def words(text: str) -> frozenset[str]:
    """The stems of a text's words that say something, each spelled one way, words of one meaning as one.

    Letters of other alphabets than Latin and Greek, and "+", are words too: NAD+ is not NAD.
    """
    spelled = text.casefold()
    for pattern, american in _SPELLINGS:
        spelled = pattern.sub(american, spelled)
    unseen = {word for word in normalise(spelled).split() if not (word.isascii() and word.isalnum())}
    return frozenset(_stands_for(stem) for stem in rouge.tokens(spelled) if stem not in _add_nothing()) | unseen


@lru_cache(maxsize=1)
def _add_nothing() -> frozenset[str]:
    return frozenset(rouge.tokens(_ADD_NOTHING))


@lru_cache(maxsize=1)
def _alike() -> dict[str, str]:
    lines = [rouge.tokens(line) for line in _ALIKE.strip().splitlines()]
    return {stem: line[0] for line in lines for stem in line}


def _stands_for(stem: str) -> str:
    return _alike().get(stem, stem)


@lru_cache(maxsize=1)
def _directions() -> frozenset[str]:
    return words(_INHIBITION) | words(_STIMULATION)


def are_opposite(first: str, second: str) -> bool:
    """Whether one text is only of an inhibition, and the other only of a stimulation."""
    kinds = [words(text) & _directions() for text in (first, second)]
    return all(len(kind) == 1 for kind in kinds) and kinds[0] != kinds[1]


class KnownTerm(NamedTuple):
    """A term of a collection ("GO BP", a library, "" for objects of facts alone), with its name and synonyms."""

    collection: str
    id: str
    name: str
    synonyms: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Collection and id."""
        return self.collection, self.id

    @property
    def forms(self) -> tuple[str, ...]:
        """The name, then the synonyms."""
        return self.name, *self.synonyms


class Vocabulary:
    """Terms by what they are called."""

    def __init__(self, terms: Iterable[KnownTerm]):
        """Of several terms with one collection and id the first counts."""
        self.terms: dict[tuple[str, str], KnownTerm] = {}
        for term in terms:
            self.terms.setdefault(term.key, term)
        self._with_word: dict[str, list[KnownTerm]] = defaultdict(list)
        for term in self.terms.values():
            for word in frozenset().union(*map(words, term.forms)):
                self._with_word[word].append(term)

    @cached_property
    def keys_of(self) -> dict[str, tuple[str, str]]:
        """The key of each id; of several terms with an id that of the first."""
        return {key[1]: key for key in reversed(self.terms)}

    @cached_property
    def _called(self) -> dict[frozenset[str], list[KnownTerm]]:
        called = defaultdict(list)
        for term in self.terms.values():
            for form in {words(form): None for form in term.forms}:
                called[form].append(term)
        return called

    def called(self, name: str) -> list[KnownTerm]:
        """The terms whose name or a synonym has the same words: "signaling by Wnt" and "Wnt signaling pathway"."""
        return self._called.get(words(name), []) if words(name) else []

    def rarity(self, word: str) -> float:
        """The negative logarithm of the share of terms with the word; 0 for a word that no term has.

        Such a word tells nothing of what a name means among terms.
        """
        found = len(self._with_word.get(word, ()))
        return math.log((len(self.terms) + 1) / found) if found else 0.0

    def weight(self, some: Collection[str]) -> float:
        """The sum of the words' rarity."""
        return sum(map(self.rarity, some))

    def alike(self, name: str, other: str) -> float:
        """Twice the weight of the shared words, divided by that of the words of both: 0 to 1."""
        first, second = words(name), words(other)
        both = self.weight(first) + self.weight(second)
        return 2 * self.weight(first & second) / both if both else 0.0

    def neighbours(self, name: str, most: int) -> list[KnownTerm]:
        """At most so many terms that share words with the name, the most alike first; of equals in their order."""
        shared: Counter[tuple[str, str]] = Counter()
        for word in words(name):
            for term in self._with_word.get(word, ()):
                shared[term.key] += self.rarity(word)
        # Only the best by what they share are compared whole: a common word has thousands.
        best = [self.terms[key] for key, _ in shared.most_common(10 * most)]
        return sorted(best, key=lambda term: -max(self.alike(name, form) for form in term.forms))[:most]
