"""What models still know after each stage: shares of training questions answered right, and of training facts recalled,
which a warm-up may measure under way, too."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reasonome.benchmarks.rows import Row
from reasonome.config import Style
from reasonome.config.project import chains
from reasonome.config.project.experiments import Asked
from reasonome.facts.selection import RECALLED
from reasonome.facts.text import normalise
from reasonome.facts.wording import JOINT, worded_as
from reasonome.scoring.table_scores import score_of
from reasonome.task import Task

COLUMNS = ["backbone", "chain", "steps", "kind", "of", "style", "metric", "relation", "exposures"]
COLUMNS += ["value", "low", "high", "n"]
NUMBERS = ["steps", "exposures", "value", "low", "high", "n"]
VOTED = "voted"  # the metric of questions that recalled facts name
UNDER_WAY = "warm-up"  # the kind of what was asked during a warm-up


@dataclass(frozen=True)
class Measured:
    """A metric, 0 or 1 for each question or fact that a model was asked (or a share, where votes tie); values of one of
    `questions` hang together.

    Facts also have their `relation` ("": all), and `exposures`: how many statements of each fact of their corpus the
    model had read by then, on average. Of questions that recalled facts name, `relation` is the subset.
    """

    asked: Asked
    metric: str
    values: Sequence[float]
    questions: Sequence[str] | None = None
    relation: str = ""
    exposures: float = np.nan


def right(
    asked: Asked, task: Task, style: Style, examples: Iterable[Row], texts: Mapping[str, Sequence[str]]
) -> list[Measured]:
    """Two metrics of each text that answers an example: `right`, and `named` (it is in a readable form)."""
    questions: list[str] = []
    judged: dict[str, list[float]] = {"right": [], "named": []}
    for example in examples:
        for text in texts.get(example.id, ()):
            answer = task.parse(text, style)
            judged["right"].append(float(task.right(answer, example)))
            judged["named"].append(float(answer.named))
            questions.append(example.id)
    return [Measured(asked, metric, values, questions) for metric, values in judged.items()]


def recalled(asked: Asked, rows: Iterable[Mapping[str, Any]], exposures: float) -> list[Measured]:
    """Whether a model recalled each fact that it was asked: one metric of all facts, then one of each relation."""
    by_relation: dict[str, list[float]] = {"": []}
    for row in rows:
        for relation in ("", worded_as(row["relation"])):
            by_relation.setdefault(relation, []).append(float(row["rank"] == 1))
    return [Measured(asked, RECALLED, values, None, relation, exposures) for relation, values in by_relation.items()]


def voted(
    asked: Asked, task: Task, rows: Iterable[Mapping[str, str]], questions: Iterable[Row], exposures: float
) -> list[Measured]:
    """How often what a model recalls of the genes of a question names it: of the objects that it finds likeliest, one
    for each gene, that of most genes is the name; where k objects tie for it, 1/k. A metric of all questions, and of
    those of each subset, by the facts of all of whose genes the model was asked one; none where there are none.
    """
    of_gene: dict[str, list[str]] = {}
    for row in rows:
        of_gene.setdefault(row["gene"], []).append(normalise(row["likeliest"]))
    likeliest = {gene: objects[0] for gene, objects in of_gene.items() if len(objects) == 1}
    shares: dict[str, list[tuple[str, float]]] = {}
    for question in questions:
        genes, terms = task.symbols(question), task.terms(question)
        if not terms or not all(gene in likeliest for gene in genes):
            continue
        _, name = terms[0]
        votes = Counter(likeliest[gene] for gene in genes)
        first = [likely for likely, count in votes.items() if count == max(votes.values())]
        share = (normalise(name) in first) / len(first)
        for subset in ("", question.subset):
            shares.setdefault(subset, []).append((name, share))
    measured = []
    for subset, of_subset in shares.items():
        names, values = zip(*of_subset, strict=True)
        measured.append(Measured(asked, VOTED, values, names, subset, exposures))
    return measured


def recalled_under_way(
    asked: Asked, history: Iterable[Mapping[str, float]], counts: Mapping[str, int], facts: int, statements: int
) -> Iterator[Measured]:
    """The same, each time that a warm-up measured it.

    `counts` has how many facts it asked of each relation, `facts` and `statements` how many its corpus has.
    """
    counted = {"": sum(counts.values()), **counts}
    for row in history:
        for relation, count in counted.items():
            share = row.get(f"{RECALLED}/{relation}" if relation else RECALLED)
            if share is not None:
                values = [1.0] * round(share * count) + [0.0] * (count - round(share * count))
                yield Measured(asked, RECALLED, values, None, relation, row.get("epoch", 0) * statements / facts)


def facts_said(statements: Iterable[Mapping[str, str]]) -> int:
    """The number of facts about one gene that statements say."""
    keys = {(row["gene"], row["relation"], row["object_id"]) for row in statements if JOINT not in row["gene"]}
    return len(keys)


def forgetting_table(measured: Iterable[Measured]) -> pd.DataFrame:
    """A row (COLUMNS) per model, what it was asked, metric and relation: its 95 % interval is over questions or facts.

    `steps` is the number of steps that made the model, 0 for the untouched backbone.
    """
    rows = []
    for one in measured:
        asked = one.asked
        labels = {"backbone": asked.backbone, "chain": asked.chain, "steps": len(chains.parse(asked.chain))}
        labels |= {"kind": asked.kind, "of": asked.of, "style": asked.style, "metric": one.metric}
        labels |= {"relation": one.relation, "exposures": one.exposures}
        share = score_of(one.values, ["all"] * len(one.values), one.questions, hits=one.metric != VOTED)
        rows.append(labels | {key: getattr(share, key) for key in ("value", "low", "high", "n")})
    return pd.DataFrame(rows, columns=COLUMNS)
