"""Scores of answers to exported questions, by the parser and the rewards of the task that they were exported from."""

import json
import math
from pathlib import Path
from typing import Any

from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.exports.question_set import DESCRIPTION, Description
from reasonome.rewards import total
from reasonome.tasks import find_task
from reasonome.training.graders import grader_rewards
from reasonome.training.reward_scorer import RewardScorer

SIMILARITY = "similarity"
# What is told of every answer. A reward of such a name is told as it is in tables of scores.
RIGHT, SUM = "right", "reward"


class RewardedQuestions:
    """The questions in a folder that `QuestionSet.write` wrote, and what answers to them earn.

    `metrics` are the names of scores; `encoders` is a folder with the encoders of a similarity reward, such as
    results/encoders. InputError where one is missing.
    """

    def __init__(self, folder: Path, encoders: Path | None = None):
        self.folder = folder
        said = Description.model_validate_json((folder / DESCRIPTION).read_text(encoding="utf-8"))
        path, _, kind = said.task.rpartition(":")
        self.task = find_task(f"{folder / path}:{kind}" if path else kind)
        self.style = self.task.Style.model_validate(said.style)
        weights = {name: grader.weight for name, grader in said.graders.items()} | said.rewards
        self.weights = {name: weight for name, weight in weights.items() if weight}
        rewards = grader_rewards(said.graders, folder) | self.task.rewards(said.grading)
        without_encoder = dict.fromkeys(name for name in rewards if name != SIMILARITY)
        self._scorer = RewardScorer(self.task, self.weights, _similarity(said, encoders), self.style, rewards)
        self._names = list(without_encoder | dict.fromkeys(self.weights))
        self.metrics = [RIGHT, *map(_told, self._names), *([SUM] if self.weights else [])]

    def rows(self, split: str) -> list[dict[str, Any]]:
        """The questions of a split, as `QuestionSet` has them."""
        return atomic.read_jsonl(self.folder / f"{split}.jsonl")

    def scores(self, text: str, example: str) -> dict[str, float]:
        """What an answer earns to the question whose row is `example`: `right`, and every reward that applies.

        With weights, "reward" is their weighted sum, as GRPO has it.
        """
        question = self.task.Example.model_validate(json.loads(example))
        values = {name: self._scorer.component(name, [text], [question])[0] for name in self._names}
        told = {RIGHT: float(self.task.right(self.task.parse(text, self.style), question))}
        told |= {_told(name): value for name, value in values.items()}
        if self.weights:
            told[SUM] = total({name: [values[name]] for name in self.weights}, self.weights)[0]
        return {name: float(value) for name, value in told.items() if not math.isnan(value)}


def _told(reward: str) -> str:
    return f"reward_{reward}" if reward in (RIGHT, SUM) else reward


def _similarity(said: Description, folder: Path | None) -> Any:
    """The mean cosine by the encoders of a similarity reward; None without such a reward."""
    if not said.pooling:
        return None
    from reasonome.scoring.encoders import SentenceEncoder, mean_similarity

    if folder is None:
        fix = f"give the folder that holds {', '.join(said.pooling)}"
        raise InputError("the similarity reward needs its encoders", field="encoders", fix=fix)
    return mean_similarity(
        [SentenceEncoder(folder / name / "model", pooling) for name, pooling in said.pooling.items()]
    )
