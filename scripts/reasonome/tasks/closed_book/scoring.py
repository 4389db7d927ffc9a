"""Scores of names in the closed book: the very name, words in common, and names that training asked for."""

import math
from typing import Any

import pandas as pd

from reasonome.config import ASKED
from reasonome.facts.text import normalise
from reasonome.scoring import rouge
from reasonome.scoring.answers import Attempt, attempts, order_agreement, score_rows, shuffled_rows
from reasonome.task_parts import Scoring, ScoringJob
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue
from reasonome.tasks.closed_book.questions import Question
from reasonome.tasks.closed_book.recital import recital_scores
from reasonome.tasks.closed_book.rewards import REWARDS
from reasonome.tasks.closed_book.settings import ClosedBookBenchmark
from reasonome.tasks.naming.settings import NamingStyle

_OF_THE_FORM = ("format", "reward_format", "reward_reasoning")


class ClosedBookScoring(Scoring[ClosedBookDialogue]):
    """Whether names are right, and else whether they are ones that training asked for."""

    def score(self, job: ScoringJob[ClosedBookBenchmark, NamingStyle]) -> pd.DataFrame:
        """A row for every question × sample × order; one without an answer has an empty, wrong one.

        `drifted` is 1 for a wrong name that training questions ask for, as the subset `asked` has them; nan without it.
        Where the style asks for reasoning, there are `recital_scores`. InputError as of `attempts`.
        """
        style = job.style
        scored = attempts(self.task, style, job.examples, job.answers, job.file, job.sealed)
        asked_for = {normalise(example.name) for example in job.examples if example.subset == ASKED}
        recites = style.reasoning != "none"

        def own(attempt: Attempt) -> dict[str, Any]:
            example, _, read = attempt
            right = self.task.right(read, example)
            return {
                **labels(example),
                "answer": read.name,
                "reasoning": "\n".join(read.steps),
                **name_scores(read.name, example),
                "drifted": float(not right and normalise(read.name) in asked_for) if asked_for else math.nan,
                "format": float(read.formed),
                **(recital_scores(read.steps, read.name, example) if recites else {}),
            }

        left_out = {"similarity", *(() if recites else REWARDS)}
        rewards = {name: reward for name, reward in self.task.rewards().items() if name not in left_out}
        table = score_rows(scored, own, _OF_THE_FORM, rewards)
        handed = table["answer"].iloc[shuffled_rows(table, job.seed)]
        others = [name_scores(name, one.example) for name, one in zip(handed, scored, strict=True)]
        shuffled = pd.DataFrame(others).add_prefix("shuffled_")
        return table.join(shuffled).assign(order_agreement=order_agreement(table["answer"].map(normalise), table))


def labels(example: Question) -> dict[str, str]:
    """The columns of a table of scores that describe the question; those of one pathway are one cluster."""
    return {
        "id": example.id,
        "subset": example.subset,
        "stratum": example.stratum,
        "cluster": example.main_id,
        "gold": example.name,
        "genes": " ".join(gene.symbol for gene in example.genes),
        "strangers": " ".join(example.outliers),
    }


def name_scores(name: str, example: Question) -> dict[str, float]:
    """`exact`, but for case and punctuation, and `rouge_l`; 0 without a name."""
    exact = bool(name) and normalise(name) == normalise(example.name)
    return {"exact": float(exact), "rouge_l": rouge.score(name, example.name)["rouge_l"]}
