"""ROUGE-1, -2 and -L F1 with Porter stemming, as published naming scores use it (package rouge-score).

Only the first WORDS words of a text are compared: ROUGE-L of megabytes would take minutes, for a score near 0.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import islice

NAMES = ("rouge_l", "rouge_1", "rouge_2")
WORDS = 1000
_WORD = re.compile("[a-z0-9]+")  # of lower-case text, as the package's tokenizer has it


@cache
def _tokenizer() -> Callable[[str], list[str]]:
    from rouge_score import tokenizers  # imported late: it loads scipy, which planning jobs does not need

    return tokenizers.DefaultTokenizer(use_stemmer=True).tokenize


@lru_cache(maxsize=200_000)
def _stemmed(word: str) -> list[str]:
    return _tokenizer()(word)


@lru_cache(maxsize=200_000)
def tokens(text: str) -> list[str]:
    """The stemmed words that scores compare: of the first WORDS words."""
    words = islice(_WORD.finditer(text.lower()), WORDS)
    return [stem for word in words for stem in _stemmed(word.group())]


@lru_cache(maxsize=500_000)
def _score(answer: str, truth: str) -> tuple[float, ...]:
    answered, true = tokens(answer), tokens(truth)
    if set(answered).isdisjoint(true):
        return 0.0, 0.0, 0.0
    pairs = [list(zip(words, words[1:], strict=False)) for words in (answered, true)]
    return (
        _f1(_longest_common(answered, true), len(answered), len(true)),
        _f1(_shared(answered, true), len(answered), len(true)),
        _f1(_shared(*pairs), *map(len, pairs)),
    )


def _longest_common(first: Sequence[str], second: Sequence[str]) -> int:
    """The length of the longest common subsequence, by Hyyrö's bit vectors: a number stands for a row of the table."""
    places: dict[str, int] = {}
    for place, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << place
    every = row = (1 << len(first)) - 1
    for word in second:
        matched = row & places.get(word, 0)
        row = (row + matched | row - matched) & every
    return len(first) - row.bit_count()


def _shared(first: Sequence, second: Sequence) -> int:
    """How many entries both have in common, counted with multiplicity."""
    return (Counter(first) & Counter(second)).total()


def _f1(shared: int, answered: int, true: int) -> float:
    precision, recall = shared / max(answered, 1), shared / max(true, 1)
    return 2 * precision * recall / (precision + recall) if shared else 0.0


def score(answer: str, truth: str) -> dict[str, float]:
    """ROUGE F1 values in [0, 1] of an answer against the truth, keyed rouge_l, rouge_1, rouge_2."""
    return dict(zip(NAMES, _score(answer, truth), strict=True))
