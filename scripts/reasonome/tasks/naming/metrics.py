"""Metrics of names: of words, encoders and terms; and the judges that compute them for a benchmark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reasonome.config.project import Project
from reasonome.facts.sources.source import read_facts
from reasonome.facts.text import normalise
from reasonome.scoring import rouge
from reasonome.scoring.encoders import SentenceEncoder, load_encoders
from reasonome.task import Similarity
from reasonome.tasks.naming.background import read_background
from reasonome.tasks.naming.claims import Knowledge
from reasonome.tasks.naming.terms import TermScorer


@dataclass(frozen=True)
class Judges:
    """Encoders by name, and the scorers of terms and claims; None where there is none.

    `jaccard` is the Jaccard index from which two test sets form a cluster.
    """

    encoders: Mapping[str, SentenceEncoder] = field(default_factory=dict)
    terms: TermScorer | None = None
    knowledge: Knowledge | None = None
    jaccard: float = 0.5

    def score_names(self, names: Sequence[str], examples: Sequence[Any]) -> pd.DataFrame:
        """Scores of names against the examples' truths, a row per name."""
        similarities = {name: encoder.similarity for name, encoder in self.encoders.items()}
        table = pd.DataFrame(name_scores(names, [example.name for example in examples], similarities))
        return table if self.terms is None else table.join(self.terms.score(names, examples))


def load_judges(
    project: Project, benchmark: str, encoders: Sequence[str], background: Path | None, facts: Sequence[Path]
) -> Judges:
    """The judges of a benchmark, by names of encoders, its background's table, and tables of facts."""
    loaded = load_encoders(project.encoders, [project.results.encoder(name) for name in encoders])
    terms = None if background is None else read_background(background)
    known = pd.concat([read_facts(path) for path in facts]).drop_duplicates() if facts else None
    return Judges(
        encoders=loaded,
        terms=None if terms is None else TermScorer(terms, loaded),
        knowledge=None if known is None else Knowledge(known, terms),
        jaccard=project.benchmarks[benchmark].jaccard,
    )


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
