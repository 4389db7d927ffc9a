"""Baselines that answer with a name: one for all, one drawn at random, the nearest set's, or one of gene names.

The nearest set is one of the training data; gene names are the official ones that a prompt shows.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from reasonome.benchmarks.gene_sets import jaccard_blocks
from reasonome.scoring import rouge
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.constant_names import common_word_rows, most_overlapping
from reasonome.tasks.naming.metrics import TermScorer
from reasonome.tasks.naming.prompt_neighbours import in_order, nearness, tie_break
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.rows import gene_set

_TRUTHS_TO_COMPARE = 400  # training names that a constant answer is compared with
_CANDIDATES_TO_TRY, SETS_TO_CHOOSE_BY = 600, 150  # where answers are chosen by their scores on training sets
Item = TypeVar("Item")


def constant(questions: Questions) -> list[list[str]]:
    """The training name with the best mean ROUGE-L against the training names, always."""
    names = sorted({example.name for example in questions.training})
    return [[_constant(names, questions)] * len(questions.asked)]


def constant_term(questions: Questions) -> list[list[str]]:
    """The training name with the best mean term_score on training sets, always."""
    names = [example.name for example in questions.training]
    best = best_by_term_score(names, questions.training, questions.scorer, questions.seed)
    return [[best] * len(questions.asked)]


def common_words(questions: Questions) -> list[list[str]]:
    """A row of the commonest words of the training names, always: the words, up to eight, that overlap best.

    Not a name, and yet it may earn more than any constant name: a collapsed model can drift here.
    """
    rows = common_word_rows([example.name for example in questions.training])
    return [[_constant(rows, questions)] * len(questions.asked)]


def _constant(candidates: Sequence[str], questions: Questions) -> str:
    names = sorted(example.name for example in questions.training)
    truths = random.Random(questions.seed).sample(names, min(len(names), _TRUTHS_TO_COMPARE))
    return most_overlapping(candidates, truths)


def best_by_term_score(candidates: Sequence[str], examples: Sequence[Example], terms: TermScorer, seed: int) -> str:
    """The candidate with the best mean term_score as the answer to every example; of equals by the alphabet.

    Of many candidates 600 drawn at random are tried, on at most 150 examples.
    """
    candidates = sampled(sorted(set(candidates)), _CANDIDATES_TO_TRY, seed)
    examples = sampled(in_order(examples), SETS_TO_CHOOSE_BY, seed)
    # In one call, so that encoders read all candidates at once.
    names = [candidate for candidate in candidates for _ in examples]
    scores = terms.score_terms(names, examples * len(candidates))["term_score"].to_numpy()
    return candidates[int(scores.reshape(len(candidates), -1).mean(axis=1).round(9).argmax())]


def sampled(items: Sequence[Item], most: int, seed: int) -> list[Item]:
    """At most `most` of the items, drawn at random, in their order."""
    chosen = sorted(random.Random(seed).sample(range(len(items)), min(len(items), most)))
    return [items[place] for place in chosen]


def random_name(questions: Questions) -> list[list[str]]:
    """A training name drawn at random, twenty times: the mean of the draws is chance."""
    names = sorted(example.name for example in questions.training)
    return [
        [random.Random(f"{questions.seed}:{draw}:{e.id}").choice(names) for e in questions.asked] for draw in range(20)
    ]


def nearest_set(questions: Questions) -> list[list[str]]:
    """The name of the training set with the highest Jaccard index; chance where no gene is shared."""
    training = in_order(questions.training)
    chance = tie_break(len(training), questions.seed)
    blocks = jaccard_blocks([gene_set(e) for e in questions.asked], [gene_set(e) for e in training])
    return [[training[i].name for block in blocks for i in (block + chance).argmax(axis=1)]]


def nearest_prompt(questions: Questions) -> list[list[str]]:
    """The name of the training set whose genes read most alike (TF-IDF cosine), written as the style does; chance
    where no word is shared."""
    training = questions.training_prompts
    cosine_blocks = nearness(training, questions.prompts, questions.style, questions.seed)
    blocks = [cosines.argmax(axis=1) for _, cosines in cosine_blocks]
    return [[training[i].name for block in blocks for i in block]]


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


def _words(name: str) -> list[str]:
    return re.findall(r"[A-Za-z][A-Za-z'-]+", name.lower())
