"""Rewards of gene-set naming, after Gene-R1: similarity and ROUGE-L of the name, format, reasoning; the exact name too.

Each takes parsed answers, their examples and a similarity function (two lists of texts → cosines), and
returns one value in [0, 1] per answer. An answer without exactly one usable name earns nothing for its
name: otherwise listing guesses would pay.
"""

from collections.abc import Sequence

import numpy as np

from reasonome.facts.text import normalise
from reasonome.scoring import rouge


def similarity(answers: Sequence, examples: Sequence, similarity_of) -> list[float]:
    """Cosine similarity of name and truth, negative values cut to 0. All pairs go to the encoder at once."""
    values = np.zeros(len(answers))
    named = [i for i, answer in enumerate(answers) if answer.named]
    if named:
        cosines = similarity_of([answers[i].name for i in named], [examples[i].name for i in named])
        values[named] = np.clip(cosines, 0.0, 1.0)
    return values.tolist()


def rouge_l(answers: Sequence, examples: Sequence, similarity_of) -> list[float]:
    """ROUGE-L F1 of name and truth, stemmed."""
    return [
        rouge.score(answer.name, example.name)["rouge_l"] if answer.named else 0.0
        for answer, example in zip(answers, examples, strict=True)
    ]


def exact(answers: Sequence, examples: Sequence, similarity_of) -> list[float]:
    """1 where name and truth are equal, but for case, punctuation and spaces."""
    return [
        float(answer.named and normalise(answer.name) == normalise(example.name))
        for answer, example in zip(answers, examples, strict=True)
    ]


def format(answers: Sequence, examples: Sequence, similarity_of) -> list[float]:
    """1 where the answer's only `Process:` line stands in its place, mostly first, and holds a usable name."""
    return [float(answer.named) for answer in answers]


def reasoning(answers: Sequence, examples: Sequence, similarity_of) -> list[float]:
    """1 where `Reasoning:` holds at least one step, every step in closed tags with text in them."""
    return [float(answer.reasoned) for answer in answers]
