"""Floors of words: names that need no question, and phrases that the genes' names share."""

import random
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse
from tqdm import tqdm

from reasonome.floors.questions import Questions
from reasonome.metrics import rouge
from reasonome.tasks.gene_set_naming import Example

_ROWS_AT_ONCE = 1024  # of a block of candidates against truths
_WORDS_TO_GROW_BY, _TRUTHS_TO_GROW_BY = 30, 400  # rows of common words: candidates at each place, and names they meet
# Words that do not make a phrase on their own, nor begin or end one.
_EMPTY_WORDS = {"and", "the", "for", "with", "like", "containing", "family", "member", "protein", "gene", "subunit"}


def constant(questions: Questions) -> list[list[str]]:
    """The training name with the best mean ROUGE-L against the training names, always."""
    names = sorted({example.name for example in questions.training})
    return [[_most_overlapping(names, questions.training, questions.seed)] * len(questions.asked)]


def common_words(questions: Questions) -> list[list[str]]:
    """A row of the commonest words of the training names, always: the words, up to eight, that overlap best.

    Not a name, and yet it may earn more than any constant name: a collapsed model can drift here.
    """
    rows = rows_of_common_words([example.name for example in questions.training])
    return [[_most_overlapping(rows, questions.training, questions.seed)] * len(questions.asked)]


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


def _most_overlapping(candidates: Sequence[str], training: Sequence[Example], seed: int) -> str:
    """The candidate with the best mean ROUGE-L against up to 400 training names; the first of equals."""
    names = sorted(example.name for example in training)
    truths = random.Random(seed).sample(names, min(len(names), 400))
    bounds = _highest_overlaps(candidates, truths)
    best, chosen = -1.0, 0
    for position in tqdm(np.argsort(-bounds, kind="stable").tolist(), "constant", delay=5):
        if bounds[position] < best - 1e-9:  # of rounding
            break
        overlap = np.mean([rouge.score(candidates[position], truth)["rouge_l"] for truth in truths])
        if overlap > best or (overlap == best and position < chosen):
            best, chosen = overlap, position
    return candidates[chosen]


def _highest_overlaps(candidates: Sequence[str], truths: Sequence[str]) -> np.ndarray:
    """The mean ROUGE-1 of each candidate against the truths: its mean ROUGE-L, which minds the order, is no higher."""
    words: dict[tuple[str, int], int] = {}
    left, right = (_words_of(texts, words) for texts in (candidates, truths))
    left.resize(len(candidates), len(words))
    lengths = [np.asarray(matrix.sum(axis=1)).ravel() for matrix in (left, right)]
    means = []
    for start in range(0, len(candidates), _ROWS_AT_ONCE):
        shared = (left[start : start + _ROWS_AT_ONCE] @ right.T).toarray()
        both = lengths[0][start : start + _ROWS_AT_ONCE, None] + lengths[1][None, :]
        means.append((2 * shared / np.maximum(both, 1)).mean(axis=1))
    return np.concatenate(means)


def _words_of(texts: Sequence[str], words: dict[tuple[str, int], int]) -> sparse.csr_matrix:
    """A row of ones per text, by stemmed word and its how-manieth occurrence; `words` gets the columns."""
    rows, columns = [], []
    for row, text in enumerate(texts):
        seen: Counter[str] = Counter()
        for word in rouge.tokens(text):
            columns.append(words.setdefault((word, seen[word]), len(words)))
            rows.append(row)
            seen[word] += 1
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(texts), len(words)))


def random_name(questions: Questions) -> list[list[str]]:
    """A training name drawn at random, twenty times: the mean of the draws is chance."""
    names = sorted(example.name for example in questions.training)
    return [
        [random.Random(f"{questions.seed}:{draw}:{e.id}").choice(names) for e in questions.asked] for draw in range(20)
    ]


def commonest_phrase(questions: Questions) -> list[list[str]]:
    """The phrase of one to four words that most of the genes' official names share; longer ones first.

    All genes of the set are read, also those that a prompt's budget leaves out.
    """
    return [[_commonest([gene.name for gene in example.genes]) for example in questions.asked]]


def _commonest(names: Sequence[str]) -> str:
    counts: Counter[str] = Counter()
    for name in names:
        words = re.findall(r"[A-Za-z][A-Za-z'-]+", name.lower())
        phrases = {
            " ".join(words[start : start + length])
            for length in range(1, 5)
            for start in range(len(words) - length + 1)
            if words[start] not in _EMPTY_WORDS and words[start + length - 1] not in _EMPTY_WORDS
        }
        counts.update(phrases)
    if not counts:
        return ""
    return max(counts, key=lambda phrase: (counts[phrase] * len(phrase.split()) ** 0.5, phrase))
