"""Completions of a question drawn together: the question is read once, and each step decodes a token of all of them.

The completions of a question are one row of the model's cache: behind the question stand their first tokens, then their
second ones, and so on. Each sees the question and itself.
"""

from collections.abc import Sequence

import torch
from transformers import Cache
from transformers.cache_utils import DynamicLayer

from reasonome.answering.engine import batches

Drawn = tuple[list[int], list[float]]
"""Tokens, the last of which ends the completion unless it was cut, and their log-probabilities as drawn from."""

QUESTIONS = 32  # that are drawn for at once; fewer of longer ones


class _Roomy(DynamicLayer):
    """Keys and values in the precision of attention, with room for more, so that a step copies no earlier ones."""

    def __init__(self):
        super().__init__()
        self._length = 0

    def update(self, key_states, value_states, *args, **kwargs):
        """All keys and values up to these."""
        start, self._length = self._length, self._length + key_states.shape[2]
        kept = [
            _with_room(states, start, new) for states, new in ((self.keys, key_states), (self.values, value_states))
        ]
        self.keys, self.values, self.is_initialized = *kept, True
        return tuple(states[:, :, : self._length] for states in kept)

    def get_seq_length(self) -> int:
        """How many of the keys are no room."""
        return self._length


def _with_room(states: torch.Tensor | None, length: int, new: torch.Tensor) -> torch.Tensor:
    """Of `states` the first `length` with `new` behind them, in their own place if they have room."""
    end, device = length + new.shape[2], new.device.type
    if states is None or end > states.shape[2]:
        precision = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else new.dtype
        larger = new.new_empty((*new.shape[:2], end * 3 // 2, new.shape[3]), dtype=precision)
        if states is not None:
            larger[:, :, :length] = states[:, :, :length]
        states = larger
    states[:, :, length:end] = new
    return states


def draw(
    model,
    questions: Sequence[Sequence[int]],
    count: int,
    new_tokens: int,
    temperature: float,
    ends: Sequence[int],
) -> list[list[Drawn]]:
    """`count` completions of each question (tokens), of up to `new_tokens`, drawn by torch's global random numbers.

    Questions of similar length are drawn for together. Call `shared_questions.allow` before.
    """
    drawn: list[list[Drawn]] = [[] for _ in questions]
    for batch in batches([len(tokens) for tokens in questions], QUESTIONS):
        device = next(model.parameters()).device
        lengths = torch.tensor([len(questions[i]) for i in batch], device=device)
        # Filled up on the left with any token: no other one sees it.
        longest = int(lengths.max())
        ids = torch.tensor([[0] * (longest - len(questions[i])) + list(questions[i]) for i in batch], device=device)
        attended = torch.arange(longest, device=device) >= longest - lengths[:, None]
        settings = (count, new_tokens, temperature, torch.tensor(ends, device=device))
        for i, completions in zip(batch, _draw(model, ids, attended, *settings), strict=True):
            drawn[i] = completions
    return drawn


@torch.no_grad()
def _draw(
    model,
    ids: torch.Tensor,
    attended: torch.Tensor,
    count: int,
    new_tokens: int,
    temperature: float,
    ends: torch.Tensor,
) -> list[list[Drawn]]:
    """Completions of left-padded questions (questions × tokens)."""
    cache, sizes = Cache(layer_class_to_replicate=_Roomy), attended.sum(1, keepdim=True)
    logits = model(
        input_ids=ids,
        attention_mask=attended.long(),
        position_ids=(attended.cumsum(1) - 1).clamp(min=0),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    ).logits.expand(-1, count, -1)
    alone = torch.eye(count, dtype=torch.bool, device=ids.device)
    seen = attended[:, None].expand(-1, count, -1)
    made = ids.new_zeros(len(ids), count, new_tokens)
    logprobs = torch.zeros(made.shape, device=ids.device)
    lengths, ended = ids.new_zeros(made.shape[:2]), torch.zeros(made.shape[:2], dtype=torch.bool, device=ids.device)
    going = torch.arange(len(ids), device=ids.device)  # questions with a completion that has not ended
    for step in range(new_tokens):
        tokens, of_tokens = choose(logits, temperature)
        made[going, :, step], logprobs[going, :, step] = tokens, of_tokens
        lengths[going] += ~ended[going]
        ended[going] |= torch.isin(tokens, ends)
        kept = ~ended[going].all(1)
        if step + 1 == new_tokens or not kept.any():
            break
        if not kept.all():
            cache.batch_select_indices(kept)
            going, tokens, seen = going[kept], tokens[kept], seen[kept]
        seen = torch.cat([seen, alone.expand(len(going), -1, -1)], dim=2)
        logits = model(
            input_ids=tokens,
            attention_mask=seen[:, None],
            position_ids=(sizes[going] + step).expand(-1, count),
            past_key_values=cache,
            use_cache=True,
            drawn_together=True,
        ).logits
    return [
        [(tokens[:n].tolist(), scores[:n].tolist()) for n, tokens, scores in zip(*of_question, strict=True)]
        for of_question in zip(lengths.tolist(), made, logprobs, strict=True)
    ]


def choose(logits: torch.Tensor, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """A token drawn by each of `logits` (questions × completions × vocabulary), and its log-probability.

    One random number a token: torch.multinomial draws one for each word of the vocabulary.
    """
    logprobs = torch.log_softmax(logits.float() / temperature, dim=-1)
    sums = logprobs.double().exp().cumsum(-1)
    points = torch.rand((*sums.shape[:-1], 1), dtype=sums.dtype, device=sums.device) * sums[..., -1:]
    tokens = torch.searchsorted(sums, points, right=True)
    return tokens[..., 0], logprobs.gather(-1, tokens)[..., 0]
