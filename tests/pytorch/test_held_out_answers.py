"""Held-out prompts of GRPO are answered by what draws its completions: here vLLM's place is taken by a stand-in."""

from types import SimpleNamespace

import pytest

from reasonome.training import rollouts
from reasonome.training.validation import ValidationCurve

TEXTS = {(1,): "repair", (2, 2): "growth", (3, 3, 3): "cycle"}


class Engine:
    """As TRL's VLLMGeneration: a prompt of n characters is answered by n times the token n."""

    temperature = 0.7

    def __init__(self):
        self.events = []

    def sync_weights(self):
        """Notes it."""
        self.events.append("weights")

    def generate(self, prompts, images, num_generations):
        """Notes how many prompts are answered, and at which temperature."""
        assert images is None and num_generations == 1
        self.events.append((len(prompts), self.temperature))
        completions = [[len(ids)] * len(ids) for ids in prompts]
        return prompts, completions, [[[-0.1]] * len(ids) for ids in completions], None


class Tokenizer:
    """A character is a token."""

    def __call__(self, texts, add_special_tokens):
        assert add_special_tokens is False, "the chat template has written them already"
        return {"input_ids": [list(map(ord, text)) for text in texts]}

    def decode(self, ids, skip_special_tokens):
        """The text of TEXTS."""
        assert skip_special_tokens
        return TEXTS[tuple(ids)]


def trainer(rank: int = 0, processes: int = 1) -> SimpleNamespace:
    return SimpleNamespace(
        use_vllm=True,
        vllm_generation=Engine(),
        state=SimpleNamespace(global_step=0),
        accelerator=SimpleNamespace(process_index=rank, num_processes=processes),
    )


def test_vllm_answers_greedily_with_the_weights_of_the_step():
    training = trainer()
    for step in (0, 20):
        training.state.global_step = step
        answers, tokens = rollouts.greedy(training, Tokenizer(), ["cc", "a", "bbb"], recipe=None)
        assert (answers, tokens) == (["growth", "repair", "cycle"], 6)
    assert training.vllm_generation.events == ["weights", (3, 0.0)] * 2
    assert training.vllm_generation.temperature == 0.7


@pytest.mark.parametrize(
    ("rank", "processes", "asked", "mine"),
    [(0, 2, 2, (["repair", "cycle"], 4)), (1, 2, 2, (["growth"], 2)), (3, 4, 1, ([], 0))],
)
def test_processes_ask_equally_many_prompts_and_keep_their_own(rank, processes, asked, mine):
    training = trainer(rank, processes)
    assert rollouts.greedy(training, Tokenizer(), ["a", "bb", "ccc"], recipe=None) == mine
    assert training.vllm_generation.events == ["weights", (asked, 0.0)]


def test_a_resumed_job_counts_the_tokens_that_an_earlier_attempt_drew(tmp_path):
    def attempt(first: int, last: int) -> ValidationCurve:
        """Training from one step to another; answers after step n take 10 + n tokens."""
        state = SimpleNamespace(global_step=first, max_steps=4)
        ask = lambda: (["repair"], 10 + state.global_step)  # noqa: E731
        curve = ValidationCurve(SimpleNamespace(state=state), None, [], ask, 1, tmp_path)
        curve.on_train_begin(None, state, None)
        for state.global_step in range(first + 1, last + 1):
            curve.on_step_end(None, state, None)
        return curve

    attempt(0, 2)  # killed; its checkpoint is that of the first step
    resumed = attempt(1, 4)
    resumed.answers("after")
    assert resumed.times == 5
    assert resumed.tokens == 10 + 11 + 12 + 13 + 14, "after step 2 twice, and counted once"
