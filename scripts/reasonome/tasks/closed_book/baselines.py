"""Answers to the closed book that need no model."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from reasonome.core.errors import InputError
from reasonome.enrichment.over_representation import upper_tail
from reasonome.facts.sources.source import read_facts
from reasonome.task_parts import BaselineJob, Baselines
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue
from reasonome.tasks.closed_book.questions import Question
from reasonome.tasks.closed_book.scoring import labels, name_scores
from reasonome.tasks.closed_book.settings import ClosedBookBenchmark
from reasonome.tasks.closed_book.world import answers
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.tasks.question_answer.scoring import commonest


class ClosedBookBaselines(Baselines[ClosedBookDialogue]):
    """The commonest name, that of the nearest training set, and over-representation against the pathways asked for."""

    def score(self, job: BaselineJob[ClosedBookBenchmark, NamingStyle]) -> pd.DataFrame:
        """A row for each baseline and question. InputError without training questions."""
        if not job.training:
            raise InputError("baselines are answers of training questions, and there are none", fix="hold out fewer")
        benchmark, facts = job.benchmark, read_facts(job.files["facts"])
        pathways = {example.main_id for example in (*job.training, *job.asked)}
        members = answers(facts, benchmark)
        constant, _ = commonest([example.name for example in job.training])
        answered: dict[str, tuple[str, Callable[[Question], str]]] = {
            "commonest name": ("none", lambda example: constant),
            "nearest training set": ("training data", lambda example: nearest_name(example, job.training)),
            "over-representation": ("a database", OverRepresented(members[members["object_id"].isin(pathways)])),
        }
        rows = []
        for baseline, (information, answer) in answered.items():
            for example in job.asked:
                name = answer(example)
                row = {"baseline": baseline, "information": information, "answer": name, "draws": 1}
                rows.append(row | labels(example) | name_scores(name, example))
        return pd.DataFrame(rows)


def nearest_name(example: Question, training: Sequence[Question]) -> str:
    """The name of the training question with the largest Jaccard index to the example; of equals the first by id."""
    own = {gene.symbol for gene in example.genes}

    def far(other: Question) -> tuple[float, str]:
        genes = {gene.symbol for gene in other.genes}
        return -len(own & genes) / len(own | genes), other.id

    return min(training, key=far).name


class OverRepresented:
    """The pathway with the smallest p of over-representation, by the hypergeometric distribution."""

    def __init__(self, facts: pd.DataFrame):
        """`facts` are the memberships of all pathways to choose from, whose genes are the universe."""
        self._names: Mapping[str, str] = dict(zip(facts["object_id"], facts["object_name"], strict=True))
        pairs = facts[["gene", "object_id"]].drop_duplicates()
        self._sizes = pairs["object_id"].value_counts()
        self._pathways = pairs.groupby("gene")["object_id"].agg(list)

    def __call__(self, example: Question) -> str:
        """The name of the best pathway; of equal p the smallest id."""
        genes = [gene.symbol for gene in example.genes]
        shared = Counter(pathway for gene in genes for pathway in self._pathways.get(gene, ()))
        ids = sorted(shared)
        overlaps, sizes = np.array([shared[one] for one in ids]), self._sizes[ids].to_numpy()
        tails = upper_tail(overlaps, sizes, np.full(len(ids), len(genes)), len(self._pathways))
        return self._names[ids[int(np.argmin(tails))]]
