"""Baselines by the official names of the genes that a prompt shows."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from reasonome.scoring import rouge
from reasonome.tasks.naming.baselines.names import SETS_TO_CHOOSE_BY, sampled
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.dialogue import Example

_MOST_WORDS, _WORDS_UNTRAINED = 8, 5
# Words that do not make a phrase on their own, nor begin or end one.
_EMPTY_WORDS = {"and", "the", "for", "with", "like", "containing", "family", "member", "protein", "gene", "subunit"}
# These too do not describe, in a row of words, the function of the genes.
_EMPTY_IN_ROWS = _EMPTY_WORDS | {
    *("of", "to", "in", "by", "on", "or", "from", "an", "as", "at"),
    *("factor", "receptor", "component", "domain", "group", "class", "type", "subfamily", "superfamily", "homolog"),
    *("alpha", "beta", "gamma", "delta", "epsilon", "associated", "related", "interacting", "dependent", "specific"),
}


def commonest_phrase(questions: Questions) -> list[list[str]]:
    """The phrase of one to four words that most of the genes' official names share; longer ones first."""
    return [[_commonest([gene.name for gene in example.genes]) for example in questions.prompts]]


def _commonest(names: Sequence[str]) -> str:
    counts: Counter[str] = Counter()
    for name in names:
        words = _words(name)
        counts.update(
            {
                " ".join(words[start : start + length])
                for length in range(1, 5)
                for start in range(len(words) - length + 1)
                if words[start] not in _EMPTY_WORDS and words[start + length - 1] not in _EMPTY_WORDS
            }
        )
    return max(counts, key=lambda phrase: (counts[phrase] * len(phrase.split()) ** 0.5, phrase), default="")


def commonest_words(questions: Questions) -> list[list[str]]:
    """The commonest words of the genes' official names, each counted once per gene; the commonest first, then the
    alphabet.

    As many as have the best mean term_score on training sets, at most 150 of them (ROUGE-L where no terms are known);
    five where there are none.
    """
    most = _best_number_of_words(questions) if questions.training else _WORDS_UNTRAINED
    return [[" ".join(_row(example, most)) for example in questions.prompts]]


def _best_number_of_words(questions: Questions) -> int:
    """The number of words with the best mean score on training sets, the smallest of equals."""
    sets = sampled(questions.training_prompts, SETS_TO_CHOOSE_BY, questions.seed)
    rows = [_row(example, _MOST_WORDS) for example in sets]
    names = [" ".join(row[:number]) for number in range(1, _MOST_WORDS + 1) for row in rows]
    if questions.terms is not None:
        scores = questions.terms.score_terms(names, sets * _MOST_WORDS)["term_score"].to_numpy()
    else:
        pairs = zip(names, sets * _MOST_WORDS, strict=True)
        scores = np.array([rouge.score(name, example.name)["rouge_l"] for name, example in pairs])
    means = scores.reshape(_MOST_WORDS, len(sets)).mean(axis=1).round(9)
    return int(np.argmax(means)) + 1


def _row(example: Example, most: int) -> list[str]:
    counts: Counter[str] = Counter()
    for gene in example.genes:
        counts.update(set(_words(gene.name)) - _EMPTY_IN_ROWS)
    return sorted(counts, key=lambda word: (-counts[word], word))[:most]


def shortest_gene_name(questions: Questions) -> list[list[str]]:
    """The shortest official name among the genes, the first of equals by the alphabet; "" where none is known."""
    official_names = [[gene.name for gene in example.genes if gene.name] for example in questions.prompts]
    return [[min(names, key=lambda name: (len(name), name), default="") for names in official_names]]


def _words(name: str) -> list[str]:
    return re.findall(r"[A-Za-z][A-Za-z'-]+", name.lower())
