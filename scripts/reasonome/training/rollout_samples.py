"""A sample of what a model answered during training, and what it earned: rollouts.jsonl beside the model."""

import math
from pathlib import Path

from transformers import TrainerCallback
from trl.trainer.grpo_trainer import GRPOTrainer

from reasonome.core import atomic
from reasonome.training import processes

FILE = "rollouts.jsonl"


class SampleRollouts(TrainerCallback):
    """Keep of every step the completions of its first question: a row with `step`, `prompt`, and of each of the
    `completions` its `text`, `rewards` and `advantage`. A reward is
    unweighted, and null where it does not apply; there the others are raised so that their weights have its sum.

    `folder` is that of the checkpoints. Steps behind the checkpoint that a job goes on from are drawn again.
    """

    def __init__(self, trainer: GRPOTrainer, group: int, folder: Path):
        self._trainer, self._group, self._file = trainer, group, folder / FILE
        self.rows: list[dict] = []

    def on_train_begin(self, args, state, control, **kwargs):
        """What earlier attempts kept."""
        if state.global_step and self._file.is_file():
            self.rows = [row for row in atomic.read_jsonl(self._file) if row["step"] <= state.global_step]

    def on_step_end(self, args, state, control, **kwargs):
        """The step's own; nothing for one that learns again from the completions of the step before."""
        drawn = self._trainer._logs
        completions = [
            {
                "text": completion[0]["content"],
                "rewards": {name: _known(values[place]) for name, values in drawn["rewards"].items()},
                "advantage": drawn["advantages"][place],
            }
            for place, completion in zip(range(self._group), drawn["completion"], strict=False)
        ]
        if completions and (not self.rows or self.rows[-1]["completions"] != completions):
            self.rows.append(
                {"step": state.global_step, "prompt": drawn["prompt"][0][-1]["content"], "completions": completions}
            )

    def on_save(self, args, state, control, **kwargs):
        """What a job that goes on from this checkpoint does not draw again."""
        if processes.is_first():
            atomic.write_jsonl(self._file, self.rows)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
