"""The name that overlaps most with many: the best ROUGE-L of a constant answer."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from tqdm import tqdm

from reasonome.scoring import rouge

_ROWS_AT_ONCE, _CELLS_AT_ONCE = 1024, 20_000_000  # of a block of candidates against truths
_WORDS_TO_GROW_BY, _TRUTHS_TO_GROW_BY = 30, 400  # rows of common words: candidates at each place, and names they meet
_MOST_WORDS = 8  # of a row of common words
_ROUNDING = 1e-9


def common_word_rows(names: Sequence[str]) -> list[str]:
    """Rows of the names' commonest words, which need no gene set; equal counts in alphabetical order.

    The commonest word, the two commonest, and so on up to eight; and rows that grow word by word: each adds the
    common word at the position that increases mean ROUGE-L against the names most, until none does.
    """
    counts = Counter(word for name in names for word in name.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))
    commonest = [" ".join(words[:length]) for length in range(1, min(_MOST_WORDS, len(words)) + 1)]
    return list(dict.fromkeys([*commonest, *_grown_rows(words[:_WORDS_TO_GROW_BY], names)]))


def _grown_rows(words: Sequence[str], names: Sequence[str]) -> list[str]:
    truths = _Truths(sorted(names)[:: -(-len(names) // _TRUTHS_TO_GROW_BY) or 1])
    row: list[str] = []
    rows, best = [], 0.0
    while len(row) < _MOST_WORDS:
        longer = [[*row[:place], word, *row[place:]] for word in words for place in range(len(row) + 1)]
        overlaps = [truths.overlap(" ".join(candidate)) for candidate in longer]
        if not overlaps or max(overlaps) <= best:
            break
        best = max(overlaps)
        row = longer[overlaps.index(best)]
        rows.append(" ".join(row))
    return rows


class _Truths:
    """Names as rows of word numbers (stemmed), so that ROUGE-L against all of them takes few array operations."""

    def __init__(self, names: Sequence[str]):
        tokens = [rouge.tokens(name) for name in names]
        self._number = {word: n for n, word in enumerate(dict.fromkeys(word for row in tokens for word in row))}
        self._lengths = np.array([len(row) for row in tokens])
        self._words = np.full((len(tokens), max(self._lengths, default=0)), -1)
        for place, row in enumerate(tokens):
            self._words[place, : len(row)] = [self._number[word] for word in row]

    def overlap(self, text: str) -> float:
        """Mean ROUGE-L (F1) of a text against the names, by dynamic programming of longest common subsequences."""
        words = [self._number.get(word, -2) for word in rouge.tokens(text)]
        longest = np.zeros((len(self._words), self._words.shape[1] + 1), dtype=int)
        for word in words:
            matched = np.where(self._words == word, longest[:, :-1] + 1, longest[:, 1:])
            longest[:, 1:] = np.maximum.accumulate(matched, axis=1)
        return float((2 * longest[:, -1] / np.maximum(1, len(words) + self._lengths)).mean())


def most_overlapping(candidates: Sequence[str], truths: Sequence[str]) -> str:
    """The candidate with the best mean ROUGE-L against the truths; the first of equals.

    ROUGE-1 ignores the order of words, so it is an upper bound of ROUGE-L: candidates are tried from the highest mean
    ROUGE-1 down, until none that is left can be better.
    """
    counts = Counter(truths)
    distinct, times = list(counts), np.array(list(counts.values()), dtype=float)
    bounds = _mean_rouge_1(candidates, distinct, times)
    best, chosen = -1.0, 0
    order: list[int] = np.argsort(-bounds, kind="stable").tolist()
    for place in tqdm(order, "best constant", delay=5, leave=False):
        if bounds[place] < best - _ROUNDING:
            break
        overlaps = [rouge.score(candidates[place], truth)["rouge_l"] for truth in distinct]
        mean = round(float(np.dot(overlaps, times) / times.sum()), 9)
        if mean > best or (mean == best and place < chosen):
            best, chosen = mean, place
    return candidates[chosen]


def _mean_rouge_1(candidates: Sequence[str], truths: Sequence[str], times: np.ndarray) -> np.ndarray:
    """The mean ROUGE-1 F1 of each candidate against the truths, each counted as often as `times` says."""
    # The last text keeps the vocabulary from being empty.
    words = CountVectorizer(analyzer=_numbered_words, dtype=float).fit_transform([*candidates, *truths, "a"])
    left, right = words[: len(candidates)], words[len(candidates) : -1]
    lengths = [np.asarray(matrix.sum(axis=1)).ravel() for matrix in (left, right)]
    means = []
    rows = min(_ROWS_AT_ONCE, max(1, _CELLS_AT_ONCE // max(1, len(truths))))
    for start in tqdm(range(0, len(candidates), rows), "constants by words", delay=5, leave=False):
        block = slice(start, start + rows)
        shared = (left[block] @ right.T).toarray()
        both = np.maximum(lengths[0][block, None] + lengths[1][None, :], 1)
        means.append((2 * shared / both) @ times / times.sum())
    return np.concatenate(means)


def _numbered_words(text: str) -> list[str]:
    """Stemmed words, each with its number of earlier occurrences: sets of them count repeated words."""
    seen: Counter[str] = Counter()
    numbered = []
    for word in rouge.tokens(text):
        numbered.append(f"{word} {seen[word]}")
        seen[word] += 1
    return numbered
