"""Scores of names in the closed book: the very name, words in common, and names that training asked for."""

import math

import pandas as pd

from reasonome.config import ASKED
from reasonome.config.project import Project
from reasonome.facts.text import normalise
from reasonome.scoring import rouge
from reasonome.scoring.answers import (
    answer_columns,
    attempts,
    confidence,
    ending,
    order_agreement,
    shuffled_rows,
    unknown_where_missing,
)
from reasonome.task_parts import Scoring, ScoringJob
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue
from reasonome.tasks.naming.dialogue import Example

_OF_THE_FORM = ("format", "reward_format", "reward_reasoning")


class ClosedBookScoring(Scoring[ClosedBookDialogue]):
    """Whether names are right, and else whether they are ones that training asked for."""

    def score(self, project: Project, job: ScoringJob) -> pd.DataFrame:
        """A row for every question × sample × order; one without an answer has an empty, wrong one.

        `drifted` is 1 for a wrong name that training questions ask for. InputError as of `attempts`.
        """
        style = project.style(job.benchmark, job.style)
        scored = attempts(self.task, style, job.examples, job.answers, job.file, job.sealed)
        asked_for = {normalise(example.name) for example in job.examples if example.subset == ASKED}
        rewards = {name: reward for name, reward in self.task.rewards().items() if name != "similarity"}
        rows = []
        for attempt in scored:
            example, answer, read = attempt
            right = self.task.right(read, example)
            paid = {f"reward_{name}": reward.values([read], [example])[0] for name, reward in rewards.items()}
            row = {
                **labels(example),
                "answer": read.name,
                "reasoning": "\n".join(read.steps),
                **answer_columns(attempt),
                **name_scores(read.name, example),
                "drifted": float(not right and normalise(read.name) in asked_for),
                "format": float(read.formed),
                **paid,
                **ending(answer),
                **confidence(read, answer),
            }
            rows.append(row | (dict.fromkeys(_OF_THE_FORM, math.nan) if attempt.bare else {}))
        table = unknown_where_missing(pd.DataFrame(rows), [*_OF_THE_FORM, "truncated", "length"])
        handed = table["answer"].iloc[shuffled_rows(table, project.settings.seed)]
        others = [name_scores(name, one.example) for name, one in zip(handed, scored, strict=True)]
        shuffled = pd.DataFrame(others).add_prefix("shuffled_")
        return table.join(shuffled).assign(order_agreement=order_agreement(table["answer"].map(normalise), table))


def labels(example: Example) -> dict[str, str]:
    """The columns of a table of scores that describe the question; those of one pathway are resampled together."""
    return {
        "id": example.id,
        "subset": example.subset,
        "stratum": example.stratum,
        "cluster": example.main_id,
        "gold": example.name,
        "genes": " ".join(gene.symbol for gene in example.genes),
        "strangers": " ".join(example.outliers),
    }


def name_scores(name: str, example: Example) -> dict[str, float]:
    """`exact`, but for case and punctuation, and `rouge_l`; 0 without a name."""
    exact = bool(name) and normalise(name) == normalise(example.name)
    return {"exact": float(exact), "rouge_l": rouge.score(name, example.name)["rouge_l"]}
