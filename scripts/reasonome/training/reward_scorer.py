"""The weighted rewards of completions, as GRPO and exported environments have them."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

import numpy as np

from reasonome.answering.engine import token_ids
from reasonome.benchmarks.rows import Row
from reasonome.config import RolloutRecipe, Style
from reasonome.rewards import Answer, Reward, Similarity, TextReward, total
from reasonome.task import Task


def overlong(tokenizer, recipe: RolloutRecipe) -> TextReward:
    """DAPO's soft punishment (Yu et al. 2025): 0, falling to -1 over the last tokens before the limit."""
    most = recipe.max_completion_length
    last = recipe.overlong_cache or most // 5

    def punished(texts: Sequence[str], examples: Sequence[Row], tokens: Sequence[int] | None) -> list[float]:
        tokens = tokens or [len(ids) + 1 for ids in token_ids(tokenizer, texts)]  # and the one that ends them
        return [max(-1.0, min(0.0, (most - last - count) / last)) for count in tokens]

    return TextReward(punished, semantic=False)


class RewardScorer:
    """The weighted rewards of a task over batches of completions; each completion is parsed once per batch."""

    def __init__(
        self,
        task: Task,
        weights: Mapping[str, float],
        similarity: Similarity,
        style: Style | None = None,
        rewards: Mapping[str, Reward | TextReward] | None = None,
    ):
        """Completions are read as `style` asks for them, as scoring reads them; strictly without one.

        `rewards` are the task's with a recipe's settings, the user's own, and those of all tasks; the task's own if
        not given.
        """
        self.task, self.weights, self.similarity, self.style = task, weights, similarity, style
        self.rewards = task.rewards() if rewards is None else rewards
        self._texts: tuple[str, ...] = ()
        self._answers: list[Answer] = []

    def component(
        self, name: str, texts: Sequence[str], examples: Sequence[Row], tokens: Sequence[int] | None = None
    ) -> list[float]:
        """One reward, unweighted, per completion; `tokens` is how many each took, if they were drawn."""
        reward = self.rewards[name]
        if isinstance(reward, TextReward):
            return reward.function(texts, examples, tokens)
        if tuple(texts) != self._texts:
            parsed = {text: self.task.parse(text, self.style) for text in dict.fromkeys(texts)}
            self._texts, self._answers = tuple(texts), [parsed[text] for text in texts]
        return reward.function(self._answers, examples, self.similarity)

    def components(self, texts: Sequence[str], examples: Sequence[Row]) -> dict[str, np.ndarray]:
        """All rewards with a weight, and those that the task watches, unweighted; "reward" is the weighted sum."""
        names = dict.fromkeys([*self.weights, *self.task.watched])
        values = {name: np.array(self.component(name, texts, examples)) for name in names}
        return {**values, "reward": total({name: values[name] for name in self.weights}, self.weights)}

    def for_trl(self, examples: Sequence[Row]) -> list[Callable[..., list[float]]]:
        """Reward functions as TRL calls them: once per step each, with all completions of the step."""
        step, values = None, {}

        def function(name: str) -> Callable[..., list[float]]:
            def reward(
                completions, index, completion_ids=(), log_metric=None, prompt_tokens=(), **columns
            ) -> list[float]:
                nonlocal step, values
                if log_metric is not None:
                    log_metric("prompts/mean_length", fmean(prompt_tokens))
                texts = [completion[0]["content"] for completion in completions]
                if step != (texts, index):
                    step, tokens = (texts, index), list(map(len, completion_ids))
                    values = self._shared_out(texts, [examples[i] for i in index], tokens)
                return values[name].tolist()

            reward.__name__ = name
            return reward

        return [function(name) for name in self.weights]

    def _shared_out(
        self, texts: Sequence[str], examples: Sequence[Row], tokens: Sequence[int]
    ) -> dict[str, np.ndarray]:
        """Each reward times all weights by those of the rewards that apply to its question: TRL adds them up."""
        values = {name: np.array(self.component(name, texts, examples, tokens)) for name in self.weights}
        applying = sum(np.where(np.isnan(values[name]), 0.0, weight) for name, weight in self.weights.items())
        share = np.divide(sum(self.weights.values()), applying, out=np.full(len(texts), np.nan), where=applying != 0)
        return {name: share * column for name, column in values.items()}
