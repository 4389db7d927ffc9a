"""Scores of verified answers, a row per question, sample and order; and baselines beside them."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import pandas as pd

from reasonome.core.errors import InputError
from reasonome.scoring.answers import Attempt, attempts, order_agreement, score_rows, shuffled_rows
from reasonome.task_parts import BaselineJob, Baselines, Scoring, ScoringJob
from reasonome.tasks.question_answer.dialogue import Question, VerifiedDialogue

_DRAWS = 20  # of random answers


class VerifiedScoring(Scoring[VerifiedDialogue]):
    """Whether `verify` finds answers right."""

    def score(self, job: ScoringJob) -> pd.DataFrame:
        """Score every question × sample × order; one without an answer is a row with an empty, wrong one.

        `verified` is the value of `verify`, 0 without a usable answer; `shuffled_verified` is that of the answer to
        another question of the subset. `order_agreement` is unknown where all orders have one prompt. InputError as of
        `attempts`.
        """
        scored_attempts = attempts(self.task, job.style, job.examples, job.answers, job.file, job.sealed)

        def own(attempt: Attempt) -> dict[str, Any]:
            example, _, verdict = attempt
            return {
                **labels(example),
                **self.task.further_labels(example, job.benchmark),
                **self.task.scored(verdict, example),
                "reasoning": verdict.reasoning,
                "format": rewards["format"].values([verdict], [example])[0],
            }

        rewards = self.task.rewards()
        table = score_rows(scored_attempts, own, ["format", "reward_format"], rewards)
        handed = table["answer"].iloc[shuffled_rows(table, job.seed)]
        others = [
            self.task.verified(self.task.bare(name), attempt.example)
            for name, attempt in zip(handed, scored_attempts, strict=True)
        ]
        agreement = order_agreement(table["answer"], table).where(table["id"].isin(_asked_in_several_words(job)))
        return table.assign(shuffled_verified=others, order_agreement=agreement)


def _asked_in_several_words(job: ScoringJob) -> set[str]:
    """The questions whose prompt is another one in another order: most tasks list nothing that could be reordered."""
    prompts: dict[str, set[str]] = defaultdict(set)
    for answer in job.answers:
        prompts[answer.id].add(answer.prompt_sha256)
    return {question for question, asked in prompts.items() if len(asked) > 1}


class VerifiedBaselines(Baselines[VerifiedDialogue]):
    """How often constant and random answers are right."""

    def score(self, job: BaselineJob) -> pd.DataFrame:
        """The majority answer of the subset's training questions, as sure as it is common there, and answers of theirs
        drawn at random (the mean of 20 draws); of all training questions where the subset has none.

        Neither looks at the question. InputError without training questions.
        """
        if not job.training:
            raise InputError("baselines are answers of training questions, and there are none", fix="hold out fewer")
        of_subset: dict[str, list[str]] = defaultdict(list)
        for question in job.training:
            of_subset[question.subset].append(question.answer)
        asked, everything = job.asked, [question.answer for question in job.training]
        answers = [of_subset.get(question.subset, everything) for question in asked]
        majority = {question.subset: commonest(own) for question, own in zip(asked, answers, strict=True)}
        seed = job.seed
        draws = {
            "majority": [[majority[question.subset][0] for question in asked]],
            "random": [
                [
                    random.Random(f"{seed}:{draw}:{question.id}").choice(own)
                    for question, own in zip(asked, answers, strict=True)
                ]
                for draw in range(_DRAWS)
            ],
        }
        rows: list[dict[str, Any]] = []
        for baseline, drawn in draws.items():
            for place, example in enumerate(asked):
                values = [self.task.verified(self.task.bare(names[place]), example) for names in drawn]
                row = {"baseline": baseline, "information": "none", "answer": drawn[0][place], "draws": len(drawn)}
                sure = majority[example.subset][1] if baseline == "majority" else math.nan
                stated = {"confidence": sure, "confidence_kind": "stated"}
                rows.append(row | labels(example) | stated | {"verified": sum(values) / len(values)})
        return pd.DataFrame(rows)


def commonest(answers: Sequence[str]) -> tuple[str, float]:
    """The answer that most questions have, of equals the first by the alphabet, and its share of them."""
    counts = Counter(answers)
    best = min(counts, key=lambda answer: (-counts[answer], answer))
    return best, counts[best] / len(answers)


def labels(example: Question) -> dict[str, str]:
    """The columns of a table of scores that describe the question; questions of one group are one cluster."""
    return {
        "id": example.id,
        "subset": example.subset,
        "stratum": example.stratum,
        "cluster": example.group,
        "gold": example.answer,
        "genes": "",
    }
