"""Baselines that learn from training questions which of the shown terms, or of their variants, is nearest to the truth.

Both fit gradient boosting to the ROUGE-L of candidates by what the prompt says of them, and answer with the candidate
of the highest prediction. They know what a model knows that is trained on these questions, and no more.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from tqdm import tqdm

from reasonome.facts.text import bare_name
from reasonome.scoring import rouge
from reasonome.tasks.naming.baselines.names import sampled
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.questions import Example, ShownTerm

TRAINING_QUESTIONS = 2500  # that are fitted to, drawn at random
_REGULATED = ("", "regulation of ", "positive regulation of ", "negative regulation of ")
_SHARED = len(_REGULATED)  # the kind of a variant of words that several names share
_SHARED_PHRASES = 8  # of a question
# Words that neither begin nor end a phrase.
_EMPTY = {"of", "in", "by", "to", "the", "and", "or", "from", "into", "via", "for", "with", "involved"}


class Candidate(NamedTuple):
    """A name that may be answered, and what the prompt says of it, in numbers."""

    name: str
    features: tuple[float, ...]


def reranker(questions: Questions) -> list[list[str]]:
    """The shown term for which the highest ROUGE-L is predicted; "" where the prompt shows none."""
    return _best_predicted(questions, shown_candidates)


def composer(questions: Questions) -> list[list[str]]:
    """The same among the shown terms and their variants: the bare name, its regulation, and words that names share."""
    return _best_predicted(questions, composed_candidates)


# The terms of a question and the libraries of its style → the names that may be answered.
Candidates = Callable[[Sequence[ShownTerm], Sequence[str]], list[Candidate]]


def _best_predicted(questions: Questions, candidates_of: Candidates) -> list[list[str]]:
    """The candidate with the highest prediction for each question, the first of equals; "" without candidates."""
    libraries = questions.style.terms.libraries if questions.style.terms else []
    known = [example for example in questions.training_prompts if example.enriched]
    model = _fitted(sampled(known, TRAINING_QUESTIONS, questions.seed), libraries, candidates_of)
    asked = [
        candidates_of(example.enriched or [], libraries)
        for example in tqdm(questions.prompts, "terms to choose from", delay=5, leave=False)
    ]
    if not any(asked):
        return [[""] * len(asked)]
    # Rounded, as sums of floating-point numbers differ in their last bits.
    predicted = model.predict(np.concatenate([_rows(candidates) for candidates in asked if candidates])).round(9)
    ends = np.cumsum([len(candidates) for candidates in asked])
    return [
        [
            candidates[int(predicted[end - len(candidates) : end].argmax())].name if candidates else ""
            for candidates, end in zip(asked, ends, strict=True)
        ]
    ]


def _fitted(
    training: Sequence[Example], libraries: Sequence[str], candidates_of: Candidates
) -> HistGradientBoostingRegressor:
    rows, overlaps = [], []
    for example in tqdm(training, "learning to choose terms", delay=5, leave=False):
        candidates = candidates_of(example.enriched or [], libraries)
        rows.append(_rows(candidates))
        overlaps += [rouge.score(candidate.name, example.name)["rouge_l"] for candidate in candidates]
    model = HistGradientBoostingRegressor(max_iter=300, learning_rate=0.05, early_stopping=False, random_state=0)
    return model.fit(np.concatenate(rows), overlaps)


def _rows(candidates: Sequence[Candidate]) -> np.ndarray:
    return np.array([candidate.features for candidate in candidates], dtype=float)


# --- candidates -----------------------------------------------------------------------------------------


def shown_candidates(terms: Sequence[ShownTerm], libraries: Sequence[str]) -> list[Candidate]:
    """The shown terms, with their rank, overlap, size, Jaccard index, library, and words."""
    words = [term.name.split() for term in terms]
    return [
        Candidate(
            term.name, (*_numbers(terms, rank, libraries), *_of_words(words[rank], words[:rank] + words[rank + 1 :]))
        )
        for rank, term in enumerate(terms)
    ]


def composed_candidates(terms: Sequence[ShownTerm], libraries: Sequence[str]) -> list[Candidate]:
    """The shown terms and their variants, each name once: shown terms first.

    A variant has the numbers of the term that it is made of, and beside them its kind, whether it is shown, how many
    shown names have its bare name or its words, and how many are of each kind of regulation.
    """
    names = [term.name for term in terms]
    bare = [bare_name(name) for name in names]
    with_bare = Counter(bare)
    made = [(name, rank, _kind(name), with_bare[bare[rank]]) for rank, name in enumerate(names)]
    made += [
        (prefix + bare[rank], rank, kind, with_bare[bare[rank]])
        for rank in range(len(terms))
        for kind, prefix in enumerate(_REGULATED)
    ]
    made += [(phrase, rank, _SHARED, held) for phrase, rank, held in shared_phrases(names)]
    words, of_kind = [name.split() for name in names], Counter(map(_kind, names))
    counts = [of_kind[kind] for kind in range(1, len(_REGULATED))]
    candidates: dict[str, Candidate] = {}
    for name, rank, kind, held in made:
        if name not in candidates:
            own = (*_numbers(terms, rank, libraries), *_of_words(name.split(), words))
            candidates[name] = Candidate(name, (*own, kind, name in names, held, *counts))
    return list(candidates.values())


def shared_phrases(names: Sequence[str]) -> list[tuple[str, int, int]]:
    """Phrases of two words or more that several names share: (phrase, rank of the first name, how many names).

    Those that most names share come first, then the longest; a phrase is left out where a longer one has as many.
    """
    holders: dict[str, list[int]] = {}
    for rank, name in enumerate(names):
        for phrase in _phrases(name.split()):
            holders.setdefault(phrase, []).append(rank)
    several = [(phrase, ranks[0], len(ranks)) for phrase, ranks in holders.items() if len(ranks) > 1]
    kept: list[tuple[str, int, int]] = []
    for phrase, rank, held in sorted(several, key=lambda shared: (-shared[2], -len(shared[0].split()), shared[0])):
        if not any(f" {phrase} " in f" {longer} " and held == as_many for longer, _, as_many in kept):
            kept.append((phrase, rank, held))
    return kept[:_SHARED_PHRASES]


def _phrases(words: Sequence[str]) -> set[str]:
    """The runs of two words or more that neither begin nor end with an empty one."""
    return {
        " ".join(words[start:end])
        for start in range(len(words))
        for end in range(start + 2, len(words) + 1)
        if not _EMPTY & {words[start], words[end - 1]}
    }


def _kind(name: str) -> int:
    """The position of a name's words of regulation in _REGULATED; that of shared words for others."""
    prefix = name.removesuffix(bare_name(name))
    return _REGULATED.index(prefix) if prefix in _REGULATED else _SHARED


def _numbers(terms: Sequence[ShownTerm], rank: int, libraries: Sequence[str]) -> tuple[float, ...]:
    term = terms[rank]
    largest = max(other.jaccard for other in terms)
    shares = (term.overlap / term.drawn, term.overlap / term.size, term.jaccard, term.jaccard - largest)
    return (rank, *shares, term.size, term.drawn, libraries.index(term.library))


def _of_words(words: Sequence[str], shown: Sequence[Sequence[str]]) -> tuple[float, float]:
    """The number of words of a name, and their mean Jaccard index with those of shown names; 0 without any."""
    indices = [len({*words} & {*other}) / len({*words, *other}) for other in shown]
    return len(words), sum(indices) / max(1, len(indices))
