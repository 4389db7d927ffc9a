"""ROUGE-1, -2 and -L F1 with Porter stemming, as published naming scores use it (package rouge-score).

Of a text longer than any name, the first WORDS words are compared: of megabytes ROUGE-L would take minutes, for a score
of next to nothing.
"""

import re
from functools import cache, lru_cache
from itertools import islice
from typing import Any

NAMES = {"rouge_l": "rougeL", "rouge_1": "rouge1", "rouge_2": "rouge2"}


WORDS = 1000
_WORD = re.compile("[a-z0-9]+")  # of lower-case text, as the package's tokenizer has it


class _CachedTokenizer:
    """The package's stemming tokenizer; names repeat a lot, and stemming is most of the cost."""

    def __init__(self):
        from rouge_score import tokenizers  # late: it loads scipy, and whoever only plans jobs scores nothing

        self._all_words = tokenizers.DefaultTokenizer(use_stemmer=True).tokenize
        self.tokenize = lru_cache(maxsize=200_000)(self._first_words)

    def _first_words(self, text: str) -> list[str]:
        if len(text) > WORDS:  # in characters: else it cannot have more words
            text = " ".join(word.group() for word in islice(_WORD.finditer(text.lower()), WORDS))
        return self._all_words(text)


@cache
def _tokenizer() -> _CachedTokenizer:
    return _CachedTokenizer()


def tokens(text: str) -> list[str]:
    """The stemmed words that scores compare: of the first WORDS words."""
    return _tokenizer().tokenize(text)


@cache
def _scorer() -> Any:
    from rouge_score import rouge_scorer

    return rouge_scorer.RougeScorer(list(NAMES.values()), tokenizer=_tokenizer())


@lru_cache(maxsize=500_000)
def _score(answer: str, truth: str) -> tuple[float, ...]:
    scores = _scorer().score(truth, answer)
    return tuple(scores[name].fmeasure for name in NAMES.values())


def score(answer: str, truth: str) -> dict[str, float]:
    """ROUGE F1 values in [0, 1] of an answer against the truth, keyed rouge_l, rouge_1, rouge_2."""
    return dict(zip(NAMES, _score(answer, truth), strict=True))
