"""The weighted rewards of completions, as GRPO and exported environments have them."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

import numpy as np

from reasonome.benchmarks.rows import Row
from reasonome.config import JUDGE, Style
from reasonome.rewards import Answer, Reward, Similarity, total
from reasonome.task import Task


class RewardScorer:
    """The weighted rewards of a task over batches of completions; each completion is parsed once per batch."""

    def __init__(
        self,
        task: Task,
        weights: Mapping[str, float],
        similarity: Similarity,
        style: Style | None = None,
        rewards: Mapping[str, Reward] | None = None,
        judge: Callable[[Sequence[str], Sequence[Row]], list[float]] | None = None,
    ):
        """Completions are read as `style` asks for them, as scoring reads them; strictly without one.

        `rewards` are the task's with a recipe's settings, and the user's own; the task's alone if not given. `judge`
        gives the reward of that name, for whole texts.
        """
        self.task, self.weights, self.similarity, self.style = task, weights, similarity, style
        self.rewards = task.rewards() if rewards is None else rewards
        self._judge = judge
        self._texts: tuple[str, ...] = ()
        self._answers: list[Answer] = []

    def component(self, name: str, texts: Sequence[str], examples: Sequence[Row]) -> list[float]:
        """One reward, unweighted, per completion."""
        if name == JUDGE and self._judge:
            return self._judge(texts, examples)
        if tuple(texts) != self._texts:
            parsed = {text: self.task.parse(text, self.style) for text in dict.fromkeys(texts)}
            self._texts, self._answers = tuple(texts), [parsed[text] for text in texts]
        return self.rewards[name].function(self._answers, examples, self.similarity)

    def components(self, texts: Sequence[str], examples: Sequence[Row]) -> dict[str, np.ndarray]:
        """All rewards with a weight, and those that the task watches, unweighted; "reward" is the weighted sum."""
        names = dict.fromkeys([*self.weights, *self.task.watched])
        values = {name: np.array(self.component(name, texts, examples)) for name in names}
        return {**values, "reward": total({name: values[name] for name in self.weights}, self.weights)}

    def for_trl(self, examples: Sequence[Row]) -> list[Callable[..., list[float]]]:
        """Reward functions as TRL calls them: once per step each, with all completions of the step."""
        step, values = None, {}

        def function(name: str) -> Callable[..., list[float]]:
            def reward(completions, index, log_metric=None, prompt_tokens=(), **columns) -> list[float]:
                nonlocal step, values
                if log_metric is not None:
                    log_metric("prompts/mean_length", fmean(prompt_tokens))
                texts = [completion[0]["content"] for completion in completions]
                if step != (texts, index):
                    step, values = (texts, index), self._shared_out(texts, [examples[i] for i in index])
                return values[name].tolist()

            reward.__name__ = name
            return reward

        return [function(name) for name in self.weights]

    def _shared_out(self, texts: Sequence[str], examples: Sequence[Row]) -> dict[str, np.ndarray]:
        """Each reward times all weights by those of the rewards that apply to its question: TRL adds them up."""
        values = {name: np.array(self.component(name, texts, examples)) for name in self.weights}
        applying = sum(np.where(np.isnan(values[name]), 0.0, weight) for name, weight in self.weights.items())
        share = np.divide(sum(self.weights.values()), applying, out=np.full(len(texts), np.nan), where=applying != 0)
        return {name: share * column for name, column in values.items()}
