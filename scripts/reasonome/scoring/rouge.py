"""ROUGE-1, -2 and -L F1 with Porter stemming, as published naming scores use it (package rouge-score).

Only the first WORDS words of a text are compared: ROUGE-L of megabytes would take minutes, for a score near 0.
"""

import re
from functools import cache, lru_cache
from itertools import islice
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.tokenizers import DefaultTokenizer

NAMES = ("rouge_l", "rouge_1", "rouge_2")
WORDS = 1000
_WORD = re.compile("[a-z0-9]+")  # of lower-case text, as the package's tokenizer has it


@cache
def _scorer() -> "RougeScorer":
    from rouge_score.rouge_scorer import RougeScorer  # imported late: it loads scipy, which planning jobs does not need

    return RougeScorer(["rougeL", "rouge1", "rouge2"], tokenizer=SimpleNamespace(tokenize=tokens))


@cache
def _tokenizer() -> "DefaultTokenizer":
    from rouge_score.tokenizers import DefaultTokenizer

    return DefaultTokenizer(use_stemmer=True)


@lru_cache(maxsize=200_000)
def _stemmed(word: str) -> list[str]:
    return _tokenizer().tokenize(word)


@lru_cache(maxsize=200_000)
def tokens(text: str) -> list[str]:
    """The stemmed words that scores compare: of the first WORDS words."""
    words = islice(_WORD.finditer(text.lower()), WORDS)
    return [stem for word in words for stem in _stemmed(word.group())]


@lru_cache(maxsize=500_000)
def _score(answer: str, truth: str) -> tuple[float, ...]:
    if set(tokens(answer)).isdisjoint(tokens(truth)):  # as most pairs of a large table are
        return 0.0, 0.0, 0.0
    return tuple(score.fmeasure for score in _scorer().score(truth, answer).values())


def score(answer: str, truth: str) -> dict[str, float]:
    """ROUGE F1 values in [0, 1] of an answer against the truth, keyed rouge_l, rouge_1, rouge_2."""
    return dict(zip(NAMES, _score(answer, truth), strict=True))
