"""Metrics of gene-set naming: the similarity of names to the true ones."""

from collections.abc import Mapping, Sequence

import numpy as np

from reasonome.facts.text import normalise
from reasonome.scoring import rouge
from reasonome.tasks.base import Similarity


def name_scores(
    names: Sequence[str], truths: Sequence[str], encoders: Mapping[str, Similarity]
) -> dict[str, np.ndarray]:
    """Scores of names against truths, one array of len(names) per metric.

    rouge_l, rouge_1, rouge_2 and exact are in [0, 1]; similarity_<encoder> are cosines, and similarity
    is their mean. An empty name scores 0 everywhere.
    """
    answered = [place for place, name in enumerate(names) if name]
    rows = [rouge.score(name, truth) for name, truth in zip(names, truths, strict=True)]
    scores = {key: np.array([row[key] for row in rows], dtype=float) for key in rouge.NAMES}
    scores["exact"] = np.array(
        [bool(n) and normalise(n) == normalise(t) for n, t in zip(names, truths, strict=True)], dtype=float
    )
    for encoder, similarity in encoders.items():
        values = np.zeros(len(names))
        if answered:
            values[answered] = similarity([names[place] for place in answered], [truths[place] for place in answered])
        scores[f"similarity_{encoder}"] = values
    if encoders:
        scores["similarity"] = np.mean([scores[f"similarity_{e}"] for e in encoders], axis=0)
    return scores
