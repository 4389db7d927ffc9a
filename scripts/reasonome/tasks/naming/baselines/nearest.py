"""Baselines that answer with the name of the nearest set: of the training data, or of a database."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from reasonome.benchmarks.gene_sets import jaccard_blocks
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.prompt import genes_text
from reasonome.tasks.naming.prompt_neighbours import in_order, nearness, tie_break
from reasonome.tasks.naming.rows import gene_set

_ROWS_AT_ONCE = 1024  # of a block of asked against training sets


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


def nearest_prompt_encoder(questions: Questions) -> list[list[str]]:
    """The name of the training set whose genes read most alike (mean cosine of the encoders), listed as a prompt does.

    An encoder reads as many of its tokens as it can.
    """
    training = questions.training_prompts
    known, queries = ([genes_text(e.genes, questions.style) for e in sets] for sets in (training, questions.prompts))
    vectors = [(encoder.embed(queries), encoder.embed(known).T) for encoder in questions.encoders.values()]
    chance = tie_break(len(training), questions.seed)
    answers = []
    for start in tqdm(range(0, len(queries), _ROWS_AT_ONCE), "nearest prompts", delay=5, leave=False):
        cosines = np.mean([left[start : start + _ROWS_AT_ONCE] @ right for left, right in vectors], axis=0)
        # Rounded, so that equal listings are equally near whatever the order in which their products were summed.
        nearest = (cosines.astype(float).round(6) + chance).argmax(axis=1)
        answers += [training[i].name for i in nearest]
    return [answers]


def database_nearest_set(questions: Questions) -> list[list[str]]:
    """The term of the background with the highest Jaccard index, its own aside; chance where no gene is shared."""
    return _nearest_term(questions, [questions.own_terms(example) for example in questions.asked])


def database_nearest_set_own_term(questions: Questions) -> list[list[str]]:
    """The term of the background with the highest Jaccard index, which is mostly the set's own: a ceiling."""
    return _nearest_term(questions, [[]] * len(questions.asked))


def _nearest_term(questions: Questions, left_out: Sequence[Sequence[int]]) -> list[list[str]]:
    """The nearest terms' names, those at the positions `left_out` of each question aside; "" where none remains."""
    database = questions.database
    chance = tie_break(len(database.terms), questions.seed)
    answers: list[str] = []
    for block in jaccard_blocks([gene_set(e) for e in questions.asked], database.sets):
        for indices in block + chance:
            indices[left_out[len(answers)]] = -1
            best = indices.argmax()
            answers.append(database.terms[best].name if indices[best] >= 0 else "")
    return [answers]
