"""Rewards of GRPO on held-out prompts: before, every few steps under way, and after."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pandas import DataFrame
from transformers import Trainer, TrainerCallback

from reasonome.benchmarks.rows import Row
from reasonome.core import atomic
from reasonome.rewards import means
from reasonome.training import processes
from reasonome.training.reward_scorer import RewardScorer

FILE = "answers-before.json"


class ValidationCurve(TrainerCallback):
    """Log the mean reward of greedy answers to held-out prompts: `eval_reward`, and each reward beside it.

    They go into the trainer's history, which checkpoints keep: a resumed run has the curve of an undisturbed one.
    """

    def __init__(
        self,
        trainer: Trainer,
        scorer: RewardScorer,
        examples: Sequence[Row],
        ask: Callable[[], tuple[list[str], int]],
        every: int | None,
        folder: Path,
        last: bool = False,
    ):
        """`ask` has the model as it is answer `examples`, and gives the answers and their number of tokens.
        `every`: optimizer steps between answers under way; None: there are none between the first and the last.
        `folder` is that of the checkpoints, beside which the parent's answers are kept. Of the last step they are
        those after training, unless it is to be compared with the others (`last`).
        """
        self._trainer, self._scorer, self._examples = trainer, scorer, examples
        self._ask, self._every, self._last, self._file = ask, every, last, folder / FILE
        self.before: list[str] = []
        self._tokens: dict[str, int] = {}  # by the step after which the prompts were answered, or "after"

    def on_train_begin(self, args, state, control, **kwargs):
        """The parent's answers: from here on the model is where it is trained; DeepSpeed leaves it on the CPU before.

        What an earlier attempt asked is not asked again: a resumed one has no model left to ask.
        """
        were_asked = state.global_step > 0 or self._file.is_file()
        kept, *_ = processes.gather(atomic.read_json(self._file) if were_asked else None)
        if kept is None:
            self.before = self.answers()
            self._keep()
        else:
            # An earlier version counted those of the parent alone.
            self.before, self._tokens = kept["answers"], kept.get("tokens_by_step") or {"0": kept["tokens"]}
        if state.global_step == 0:
            self.log(self.before)

    def on_step_end(self, args, state, control, **kwargs):
        """Answers under way."""
        is_last = state.global_step >= state.max_steps
        if self._last if is_last else self._every and state.global_step % self._every == 0:
            self.log(self.answers())
            self._keep()

    def _keep(self) -> None:
        """Write what a resumed job does not ask again: the parent's answers, and how many tokens each asking took."""
        if processes.is_first():
            atomic.write_json(self._file, {"answers": self.before, "tokens_by_step": self._tokens})

    def answers(self, when: str = "") -> list[str]:
        """Those of the model as it is, under way or at another moment (`when`); every process must ask."""
        answers, self._tokens[when or str(self._trainer.state.global_step)] = self._ask()
        return answers

    def after(self) -> list[str]:
        """Those after training, which are logged unless those under way are of the last step too."""
        answers, state = self.answers("after"), self._trainer.state
        if not any("eval_reward" in entry and entry["step"] == state.global_step for entry in state.log_history):
            self.log(answers)
        return answers

    @property
    def tokens(self) -> int:
        """Those of the answers of a whole training so far, whichever attempt asked for them."""
        return sum(self._tokens.values())

    @property
    def times(self) -> int:
        """How often the prompts are answered in a whole training: before, under way and after."""
        return len(self._tokens)

    def log(self, answers: Sequence[str]) -> None:
        """Log what answers to all held-out prompts earn on average; nothing without prompts."""
        if not self._examples:
            return
        earned = means(self._scorer.components(answers, self._examples))
        named = {"eval_reward" if name == "reward" else f"eval_rewards/{name}": mean for name, mean in earned.items()}
        # The step's own entry is still to come: the GRPO trainer's `log` would take its means, and any entry its turn.
        waiting = self._trainer.control.should_log
        Trainer.log(self._trainer, named)
        self._trainer.control.should_log = waiting


def before_and_after(
    scorer: RewardScorer, examples: Sequence[Row], before: list[str], after: list[str]
) -> dict[str, object]:
    """Mean reward before and after on the same prompts, with a 95 % interval of the paired difference, over
    prompts; None where all gain the same."""
    from reasonome.scoring.comparisons import MEAN
    from reasonome.scoring.table_scores import intervals

    if not examples:
        return {"n": 0}
    earned = [scorer.components(texts, examples) for texts in (before, after)]
    gain = earned[1]["reward"] - earned[0]["reward"]
    difference = intervals(DataFrame({"gain": gain}), [example.subset for example in examples], None)[MEAN]["gain"]
    first, last = (means(side) for side in earned)
    return {
        "n": len(examples),
        "before": first["reward"],
        "after": last["reward"],
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "components": {key: [first[key], last[key]] for key in first if key != "reward"},
        "ids": [example.id for example in examples],
        "rewards_before": earned[0]["reward"].tolist(),
        "rewards_after": earned[1]["reward"].tolist(),
    }
