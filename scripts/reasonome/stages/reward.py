"""Reward models: a number for a prompt and its answer, which is larger for the better answer."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from reasonome.config.project import Project
from reasonome.config.reference import Mistake
from reasonome.core import atomic
from reasonome.stages.preferring import PreferenceRecipe, conversations

ALL = "all"


class RewardRecipe(PreferenceRecipe):
    """A reward model (Ouyang et al., 2022): a number for a prompt and its answer, larger for the better one."""

    in_words = "reward model, trained on preferences"
    further_files = ("pair_accuracies",)
    answers = False
    trained_by = "RewardConfig"
    stage: Literal["reward"]

    def mistakes_of_part(self, project: Project) -> Iterator[Mistake]:
        if not project.preferences[self.preferences].held_out:
            what = "a recipe of stage reward has these, and a reward model is judged by held-out questions"
            yield Mistake((self.preferences,), what, "add held_out, such as 40", "preferences.yaml")
        yield from super().mistakes_of_part(project)

    def trainer(self):
        from trl.trainer.reward_config import RewardConfig
        from trl.trainer.reward_trainer import RewardTrainer

        return RewardTrainer, partial(RewardConfig, max_length=self.max_length)

    def measure(self, folder: Path, held_out: Sequence[Mapping[str, Any]]) -> None:
        """Write how often the saved model, which is what judges, gives the chosen answer of held-out pairs more."""
        from reasonome.training.judge import RewardModel

        rows = conversations(held_out)
        rewards = RewardModel(folder / "model")(
            [row["prompt"] + row[side] for side in ("chosen", "rejected") for row in rows]
        )
        margins = np.subtract(rewards[: len(rows)], rewards[len(rows) :]).tolist()
        atomic.write_json(folder / "pair_accuracies.json", accuracies(held_out, margins))


def accuracies(pairs: Sequence[Mapping[str, Any]], margins: Sequence[float]) -> dict[str, dict[str, float]]:
    """Kind of pair, and "all" → how often the chosen answer earns more, ties counting half.

    With a 95 % interval over questions, the number of pairs, and `reasoned`: how often the rule "the answer
    with reasoning is the better one", ties counting half, is right.
    """
    from reasonome.scoring.table_scores import score_of

    if not pairs:
        return {}
    right = 0.5 + 0.5 * np.sign(margins)
    reasoned = 0.5 + 0.5 * np.array(
        [int(chosen) - int(rejected) for chosen, rejected in (p["reasoned"] for p in pairs)]
    )
    kinds = np.array([pair["kind"] for pair in pairs])
    questions = np.array([pair["id"] for pair in pairs])
    result = {}
    for kind in (ALL, *dict.fromkeys(kinds.tolist())):
        mine = kinds == kind if kind != ALL else np.ones(len(pairs), bool)
        accuracy = score_of(right[mine], [ALL] * int(mine.sum()), questions[mine], hits=True)
        result[kind] = {
            "accuracy": accuracy.value,
            "low": accuracy.low,
            "high": accuracy.high,
            "n": accuracy.n,
            "reasoned": float(reasoned[mine].mean()),
        }
    return result
