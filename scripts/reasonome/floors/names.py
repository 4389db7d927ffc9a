"""Floors that need no question: one answer for all, or a name by lot."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from tqdm import tqdm

from reasonome.floors.questions import Questions
from reasonome.metrics import rouge
from reasonome.metrics.terms import TermScorer
from reasonome.prompt_neighbours import in_order
from reasonome.tasks.gene_set_naming import Example

_ROWS_AT_ONCE, _CELLS_AT_ONCE = 1024, 20_000_000  # of a block of candidates against truths
_WORDS_TO_GROW_BY, _TRUTHS_TO_GROW_BY = 30, 400  # rows of common words: candidates at each place, and names they meet
_TRUTHS_TO_COMPARE = 400  # training names that a constant answer is compared with
_CANDIDATES_TO_TRY, SETS_TO_CHOOSE_BY = 600, 150  # where answers are chosen by their scores on training sets
_ROUNDING = 1e-9
Item = TypeVar("Item")


def constant(questions: Questions) -> list[list[str]]:
    """The training name with the best mean ROUGE-L against the training names, always."""
    names = sorted({example.name for example in questions.training})
    return [[_constant(names, questions)] * len(questions.asked)]


def constant_term(questions: Questions) -> list[list[str]]:
    """The training name with the best mean term_score on training sets, always."""
    names = [example.name for example in questions.training]
    best = best_by_term_score(names, questions.training, questions.terms, questions.seed)
    return [[best] * len(questions.asked)]


def common_words(questions: Questions) -> list[list[str]]:
    """A row of the commonest words of the training names, always: the words, up to eight, that overlap best.

    Not a name, and yet it may earn more than any constant name: a collapsed model can drift here.
    """
    rows = rows_of_common_words([example.name for example in questions.training])
    return [[_constant(rows, questions)] * len(questions.asked)]


def _constant(candidates: Sequence[str], questions: Questions) -> str:
    names = sorted(example.name for example in questions.training)
    truths = random.Random(questions.seed).sample(names, min(len(names), _TRUTHS_TO_COMPARE))
    return most_overlapping(candidates, truths)


def rows_of_common_words(names: Sequence[str], most: int = 8) -> list[str]:
    """Rows of the names' commonest words that no gene set is needed for; equals by the alphabet.

    The commonest word, the two commonest in a row, and so on up to `most`; and rows that grow word by word, each the
    commonest word at the place where mean ROUGE-L against the names gains most, as long as it gains.
    """
    counts = Counter(word for name in names for word in name.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))
    commonest = [" ".join(words[:length]) for length in range(1, min(most, len(words)) + 1)]
    return list(dict.fromkeys([*commonest, *_grown_rows(words[:_WORDS_TO_GROW_BY], names, most)]))


def _grown_rows(words: Sequence[str], names: Sequence[str], most: int) -> list[str]:
    truths = _Truths(sorted(names)[:: -(-len(names) // _TRUTHS_TO_GROW_BY) or 1])
    row: list[str] = []
    rows, best = [], 0.0
    while len(row) < most:
        longer = [[*row[:place], word, *row[place:]] for word in words for place in range(len(row) + 1)]
        overlaps = [truths.overlap(" ".join(one)) for one in longer]
        if not overlaps or max(overlaps) <= best:
            break
        best = max(overlaps)
        row = longer[overlaps.index(best)]
        rows.append(" ".join(row))
    return rows


class _Truths:
    """Names as rows of numbers, one per stemmed word, so that ROUGE-L against all of them is a few array operations."""

    def __init__(self, names: Sequence[str]):
        tokens = [rouge.tokens(name) for name in names]
        self._number = {word: n for n, word in enumerate(dict.fromkeys(word for row in tokens for word in row))}
        self._lengths = np.array([len(row) for row in tokens])
        self._words = np.full((len(tokens), max(self._lengths, default=0)), -1)
        for place, row in enumerate(tokens):
            self._words[place, : len(row)] = [self._number[word] for word in row]

    def overlap(self, text: str) -> float:
        """Mean ROUGE-L (F1) of a text against the names: by the table of longest common subsequences, row by row."""
        words = [self._number.get(word, -2) for word in rouge.tokens(text)]
        longest = np.zeros((len(self._words), self._words.shape[1] + 1), dtype=int)
        for word in words:
            matched = np.where(self._words == word, longest[:, :-1] + 1, longest[:, 1:])
            longest[:, 1:] = np.maximum.accumulate(matched, axis=1)
        return float((2 * longest[:, -1] / np.maximum(1, len(words) + self._lengths)).mean())


def most_overlapping(candidates: Sequence[str], truths: Sequence[str]) -> str:
    """The candidate with the best mean ROUGE-L against the truths; the first of equals.

    ROUGE-1 does not mind the order of words, so it is no lower than ROUGE-L: candidates are tried from the highest mean
    ROUGE-1 down, until none that is left can be better.
    """
    counts = Counter(truths)
    distinct, times = list(counts), np.array(list(counts.values()), dtype=float)
    bounds = _mean_rouge_1(candidates, distinct, times)
    best, chosen = -1.0, 0
    for place in tqdm(np.argsort(-bounds, kind="stable").tolist(), "best constant", delay=5, leave=False):
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
    """Stemmed words with their how-manieth occurrence: shared words are counted as often as both texts have them."""
    seen: Counter[str] = Counter()
    found = []
    for word in rouge.tokens(text):
        found.append(f"{word} {seen[word]}")
        seen[word] += 1
    return found


def best_by_term_score(candidates: Sequence[str], examples: Sequence[Example], terms: TermScorer, seed: int) -> str:
    """The candidate with the best mean term_score as the answer to every example; of equals by the alphabet.

    Of many candidates 600 drawn by lot are tried, on at most 150 examples.
    """
    candidates = sampled(sorted(set(candidates)), _CANDIDATES_TO_TRY, seed)
    examples = sampled(in_order(examples), SETS_TO_CHOOSE_BY, seed)
    # In one call, so that encoders read all candidates at once.
    names = [candidate for candidate in candidates for _ in examples]
    scores = terms.score_terms(names, examples * len(candidates))["term_score"].to_numpy()
    return candidates[int(scores.reshape(len(candidates), -1).mean(axis=1).round(9).argmax())]


def sampled(items: Sequence[Item], most: int, seed: int) -> list[Item]:
    """At most so many of the items, by lot, in their order."""
    chosen = sorted(random.Random(seed).sample(range(len(items)), min(len(items), most)))
    return [items[place] for place in chosen]


def random_name(questions: Questions) -> list[list[str]]:
    """A training name drawn at random, twenty times: the mean of the draws is chance."""
    names = sorted(example.name for example in questions.training)
    return [
        [random.Random(f"{questions.seed}:{draw}:{e.id}").choice(names) for e in questions.asked] for draw in range(20)
    ]
