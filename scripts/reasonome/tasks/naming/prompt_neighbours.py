"""Training sets that a prompt may show with their answers: those that read like the set, or the same few everywhere.

The nearest-neighbour baseline answers with the former.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from random import Random

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from tqdm import tqdm

from reasonome.benchmarks.gene_sets import jaccard
from reasonome.core.errors import InputError
from reasonome.prompts.prompts import gene_order
from reasonome.task_parts import Splits
from reasonome.tasks.naming.prompt import as_shown, genes_text
from reasonome.tasks.naming.questions import Example, Neighbour, Shot
from reasonome.tasks.naming.rows import gene_set
from reasonome.tasks.naming.settings import NamingStyle

_ROWS_AT_ONCE = 1024  # of a block of the matrix, so that a whole genome's sets need no more memory than a few


def in_order(examples: Sequence[Example]) -> list[Example]:
    """Examples by subset and id, so that the order of a file changes nothing."""
    return sorted(examples, key=lambda example: (example.subset, example.id))


def tie_break(count: int, seed: int) -> np.ndarray:
    """Random values, shape (count,), to add to scores: too small to change an order, but they break ties."""
    return np.random.default_rng(seed).random(count) * 1e-9


def nearness(
    training: Sequence[Example], asked: Sequence[Example], style: NamingStyle, seed: int
) -> Iterator[tuple[slice, np.ndarray]]:
    """TF-IDF cosines between the genes of asked and training sets, written as in the style's prompts, ties broken.

    Yields blocks: a slice of `asked`, and its cosines, shape (rows, len(training)).
    """
    vectorizer = TfidfVectorizer(token_pattern=r"[A-Za-z0-9-]+", sublinear_tf=True)
    known = vectorizer.fit_transform([genes_text(example.genes, style) for example in training]).T.tocsr()
    texts = vectorizer.transform([genes_text(example.genes, style) for example in asked])
    chance = tie_break(len(training), seed)
    for start in tqdm(range(0, len(asked), _ROWS_AT_ONCE), "nearest sets", delay=5, leave=False):
        rows = slice(start, min(start + _ROWS_AT_ONCE, len(asked)))
        yield rows, (texts[rows] @ known).toarray() + chance


def with_neighbours(
    asked: Sequence[Example], training: Sequence[Example], style: NamingStyle, threshold: float
) -> list[Example]:
    """`asked` with the nearest training sets that a prompt of the style shows, the nearest first, if it shows any.

    They are nearest by the genes and facts that prompts show, as for baselines: what did not fit tells nothing.
    A neighbour never has the same term, the same name or a synonym, or a Jaccard index of `threshold` or more: such
    training sets are dropped for test sets, so training sets do not get them either. InputError without training sets,
    and for a set without any neighbour.
    """
    if style.neighbours is None:
        return list(asked)
    if not training:
        raise InputError("there are no training sets to show as neighbours", fix="choose a style without neighbours")
    training = in_order(training)
    known = [gene_set(example) for example in training]
    by_term, by_name = defaultdict(list), defaultdict(list)
    for position, training_set in enumerate(known):
        by_term[training_set.id].append(position)
        for name in training_set.names:
            by_name[name].append(position)
    extended: list[Example] = []
    listed = style.model_copy(update={"neighbours": None})
    read, questions = ([as_shown(example, listed) for example in sets] for sets in (training, asked))
    for rows, cosines in nearness(read, questions, style, style.seed):
        block = asked[rows]
        sets = [gene_set(example) for example in block]
        cosines[jaccard(sets, known) >= threshold] = -np.inf
        for example, asked_set, cosine in zip(block, sets, cosines, strict=True):
            cosine[by_term[example.term or example.id]] = -np.inf
            cosine[[i for name in asked_set.names for i in by_name[name]]] = -np.inf
            nearest = np.argsort(-cosine, kind="stable")[: style.neighbours.most]
            nearest = nearest[np.isfinite(cosine[nearest])]
            if not len(nearest):
                raise InputError(
                    f"set '{example.id}' of {example.subset} can be shown no neighbour: each of the {len(training):,} "
                    f"training sets has its term, its name or a Jaccard index of {threshold:g} or more with it",
                    field="neighbours",
                    fix="give the benchmark more training sets, or ask it in a style without neighbours",
                )
            neighbours = [_shown(training[i], style.neighbours.genes, style.seed) for i in nearest]
            extended.append(example.model_copy(update={"neighbours": neighbours}))
    return extended


def _shown(example: Example, most: int, seed: int) -> Neighbour:
    """A training set with the genes that are shown, in the order of a prompt."""
    order = gene_order([gene.symbol for gene in example.genes], seed)[:most]
    genes = [example.genes[i].model_copy(update={"facts": ()}) for i in order]
    return Neighbour(name=example.name, genes=genes)


def with_examples(splits: Splits, style: NamingStyle) -> Splits:
    """The splits with the style's examples, if it has any, drawn at random from training questions that show terms.

    Their sets have sizes between the quartiles, and their families of terms are withheld, as in the first test. A
    training question that is an example is not shown itself. InputError without enough of them.
    """
    if style.examples is None:
        return splits
    most = style.examples.most
    usable = [row for row in in_order(splits["train"]) if row.withheld == "family" and row.enriched]
    sizes = [len(row.genes) for row in usable]
    low, high = np.quantile(sizes, [0.25, 0.75]) if usable else (0, 0)
    alike = [row for row, size in zip(usable, sizes, strict=True) if low <= size <= high]
    if len(alike) <= most:
        what = f"the style shows {most} examples, and only {len(alike)} training sets are fit for them"
        fix = "give the benchmark more training sets, or show fewer examples"
        raise InputError(what, field="examples.most", fix=fix)
    drawn = Random(f"{style.seed}:examples").sample(alike, most)
    shots = {example.id: Shot(name=example.name, enriched=example.enriched or []) for example in drawn}
    return {
        part: [
            row.model_copy(update={"shots": [shot for id, shot in shots.items() if part != "train" or id != row.id]})
            for row in rows
        ]
        for part, rows in splits.items()
    }
