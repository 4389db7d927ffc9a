"""Floors of gene-set naming: answers that need no model, each with the information that it uses.

A score means something only beside what can be had without a model from the same information. No answer
depends on the order in which examples are given.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.stats import hypergeom
from tqdm import tqdm

from reasonome.audit import jaccard_blocks
from reasonome.config import Style
from reasonome.metrics import rouge
from reasonome.prompt_neighbours import gene_set, in_order, nearness, tie_break
from reasonome.tasks.gene_set_naming import Example

_ROWS_AT_ONCE = 1024  # of a block of candidates against truths
# Words that do not make a phrase on their own, nor begin or end one.
_EMPTY_WORDS = {"and", "the", "for", "with", "like", "containing", "family", "member", "protein", "gene", "subunit"}


@dataclass(frozen=True)
class Floor:
    """One model-free way to answer: (training, asked, style, seed) → one list of names per draw.

    `information` is "none", "prompt", "prompt facts" or "training data"; several draws are scored
    and averaged.
    """

    information: str
    answer: Callable[[Sequence[Example], Sequence[Example], Style, int], list[list[str]]]


def constant(training: Sequence[Example], asked: Sequence[Example], style: Style, seed: int) -> list[list[str]]:
    """The training name with the best mean ROUGE-L against the training names, always."""
    names = sorted({example.name for example in training})
    return [[_most_overlapping(names, training, seed)] * len(asked)]


def common_words(training: Sequence[Example], asked: Sequence[Example], style: Style, seed: int) -> list[list[str]]:
    """The commonest words of the training names in a row, always: as many, up to eight, as overlap best.

    Not a name, and yet it may earn more than any constant name: a collapsed model can drift here.
    """
    rows = rows_of_common_words([example.name for example in training])
    return [[_most_overlapping(rows, training, seed)] * len(asked)]


def rows_of_common_words(names: Sequence[str], most: int = 8) -> list[str]:
    """The commonest word of the names, the two commonest in a row, and so on; equals by the alphabet."""
    counts = Counter(word for name in names for word in name.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:most]
    return [" ".join(words[:length]) for length in range(1, len(words) + 1)]


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


def random_name(training: Sequence[Example], asked: Sequence[Example], style: Style, seed: int) -> list[list[str]]:
    """A training name drawn at random, twenty times: the mean of the draws is chance."""
    names = sorted(example.name for example in training)
    return [[random.Random(f"{seed}:{draw}:{e.id}").choice(names) for e in asked] for draw in range(20)]


def commonest_phrase(training: Sequence[Example], asked: Sequence[Example], style: Style, seed: int) -> list[list[str]]:
    """The phrase of one to four words that most of the genes' official names share; longer ones first.

    All genes of the set are read, also those that a prompt's budget leaves out.
    """
    return [[_commonest([gene.name for gene in example.genes]) for example in asked]]


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


def nearest_set(training: Sequence[Example], asked: Sequence[Example], style: Style, seed: int) -> list[list[str]]:
    """The name of the training set with the highest Jaccard index; chance where no gene is shared."""
    training = in_order(training)
    chance = tie_break(len(training), seed)
    blocks = jaccard_blocks([gene_set(e) for e in asked], [gene_set(e) for e in training])
    return [[training[i].name for block in blocks for i in (block + chance).argmax(axis=1)]]


def nearest_prompt(training: Sequence[Example], asked: Sequence[Example], style: Style, seed: int) -> list[list[str]]:
    """The name of the training set whose genes read most alike (TF-IDF cosine), written as the style does; chance
    where no word is shared."""
    training = in_order(training)
    blocks = [cosines.argmax(axis=1) for _, cosines in nearness(training, asked, style, seed)]
    return [[training[i].name for block in blocks for i in block]]


def over_representation(
    training: Sequence[Example], asked: Sequence[Example], style: Style, seed: int
) -> list[list[str]]:
    """The object of the prompt's facts that is most over-represented among the set's genes; "" without facts.

    Hypergeometric, over the facts chosen for the prompt, also those that its budget leaves out. The background is
    every gene of the benchmark's sets with all facts chosen for it. Of equal p-values the fact that more genes
    carry counts, then the alphabet.
    """
    examples = [*asked, *training]
    facts = sorted({(f.object, f.relation) for e in examples for g in e.genes for f in g.facts})
    if not facts:
        return [[""] * len(asked)]
    column = {fact: i for i, fact in enumerate(facts)}
    genes = {symbol: i for i, symbol in enumerate(sorted({g.symbol for e in examples for g in e.genes}))}
    told = {(genes[g.symbol], column[f.object, f.relation]) for e in examples for g in e.genes for f in g.facts}
    carriers = np.bincount([fact for _, fact in told], minlength=len(facts))
    in_sets = [Counter(column[f.object, f.relation] for g in e.genes for f in set(g.facts)) for e in asked]
    rows = np.repeat(np.arange(len(asked)), [len(counts) for counts in in_sets])
    columns = np.array([fact for counts in in_sets for fact in counts], dtype=int)
    shared = np.array([count for counts in in_sets for count in counts.values()], dtype=int)
    drawn = np.array([len(e.genes) for e in asked], dtype=int)[rows]
    p = _hypergeometric(shared, carriers[columns], drawn, len(genes))
    order = np.lexsort((columns, -shared, p, rows))
    best = order[np.unique(rows[order], return_index=True)[1]]
    answers = [""] * len(asked)
    for position in best:
        answers[rows[position]] = facts[columns[position]][0]
    return [answers]


def _hypergeometric(shared: np.ndarray, carriers: np.ndarray, drawn: np.ndarray, genes: int) -> np.ndarray:
    """The chance of as many shared genes or more, for each triple; equal ones are computed once, for it is slow."""
    triples, places = np.unique(np.stack([shared, carriers, drawn]), axis=1, return_inverse=True)
    return hypergeom.sf(triples[0] - 1, genes, triples[1], triples[2])[places]


FLOORS = {
    "constant": Floor("none", constant),
    "common_words": Floor("none", common_words),
    "random": Floor("none", random_name),
    "commonest_phrase": Floor("prompt", commonest_phrase),
    "nearest_set": Floor("training data", nearest_set),
    "nearest_prompt": Floor("training data", nearest_prompt),
    "over_representation": Floor("prompt facts", over_representation),
}


def floors_of(style: Style, trained: bool) -> dict[str, Floor]:
    """The floors of a style; without training sets, those that read the prompt alone."""
    known = {"prompt"}
    if trained:
        known |= {"none", "training data"}
    if style.facts is not None:
        known.add("prompt facts")
    return {name: floor for name, floor in FLOORS.items() if floor.information in known}


def shuffled(names: Sequence[str], groups: Sequence[Hashable], seed: int) -> list[str]:
    """A model's own answers permuted within each group of rows, so that none stays in its row.

    A group holds each question once: several samples of a question are groups of their own. The only row of
    a group keeps its answer.
    """
    result = list(names)
    rng = random.Random(seed)
    rows_of: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        rows_of.setdefault(group, []).append(row)
    for rows in rows_of.values():
        rng.shuffle(rows)
        for place, origin in zip(rows, rows[1:] + rows[:1], strict=True):
            result[place] = names[origin]
    return result
