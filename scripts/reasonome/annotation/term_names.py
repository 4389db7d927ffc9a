"""Names by which terms are known, and whether another name is one of them, or nearly one."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from reasonome.annotation.agreement import SAYS_THE_SAME
from reasonome.facts.text import normalise
from reasonome.scoring import rouge

IsTerm = Literal["yes", "near", "no"]


class TermNames:
    """The names of terms; those `telling` are of terms that may support something."""

    def __init__(self, names: Iterable[str], telling: Iterable[str]):
        self._names = frozenset(map(normalise, names))
        self._telling = sorted(set(map(normalise, telling)))

    def is_term(self, name: str) -> IsTerm:
        """Whether a term is called so ("yes"), a telling one nearly so ("near"), or none ("no").

        Case, punctuation and spacing do not count. Nearly so is a ROUGE-L of SAYS_THE_SAME or more, below which
        nothing says the same as a name either.
        """
        if normalise(name) in self._names:
            return "yes"
        return "near" if self._is_near(name) else "no"

    def _is_near(self, name: str) -> bool:
        wanted = rouge.tokens(name)
        lengths, places = self._index
        shared = Counter(place for word in set(wanted) for place in places.get(word, ()))
        # ROUGE-L is at most 2 × the shared words / the words of both; a name may have a word twice.
        repeated = len(wanted) - len(set(wanted))
        return any(
            2 * (words + repeated) >= SAYS_THE_SAME * (len(wanted) + lengths[place])
            and rouge.score(name, self._telling[place])["rouge_l"] >= SAYS_THE_SAME
            for place, words in shared.items()
        )

    @cached_property
    def _index(self) -> tuple[list[int], dict[str, list[int]]]:
        """How many words each telling name has, and in which names (by place) a word stands."""
        lengths, places = [], defaultdict(list)
        for place, name in enumerate(self._telling):
            words = rouge.tokens(name)
            lengths.append(len(words))
            for word in set(words):
                places[word].append(place)
        return lengths, dict(places)
