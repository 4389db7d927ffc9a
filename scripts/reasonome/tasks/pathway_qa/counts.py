"""How many questions of each kind and answer a benchmark has."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import pandas as pd

from reasonome.benchmarks.rows import SPLITS
from reasonome.tasks.pathway_qa.dialogue import PathwayQuestion

ByAnswer = Mapping[str, Mapping[str, int]]  # kind → answer → number of questions


def by_answer(questions: Sequence[PathwayQuestion]) -> ByAnswer:
    """The number of questions of each kind and answer; the numbers of a correlation are not told apart."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for question in questions:
        counts[question.subset]["a number" if question.tolerance else question.answer] += 1
    return {kind: dict(sorted(answers.items())) for kind, answers in counts.items()}


def counts_table(parts: Mapping[str, ByAnswer]) -> pd.DataFrame:
    """A row for each kind and answer, with its number of questions in each part."""
    pairs = {(kind, answer): None for part in SPLITS for kind, counts in parts[part].items() for answer in counts}
    rows = [
        {"kind": kind, "answer": answer} | {part: parts[part].get(kind, {}).get(answer, 0) for part in SPLITS}
        for kind, answer in pairs
    ]
    return pd.DataFrame(rows, columns=["kind", "answer", *SPLITS])
