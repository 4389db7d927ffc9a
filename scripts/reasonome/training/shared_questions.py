"""A question and all of its answers at once: it is read once for all of them, in training and when they are drawn.

In training, questions stand in one row, each followed by its answers, without padding. An answer begins with the
question's last token, which predicts its first one, and its positions go on from there. Attention is computed question
by question, so that no mask grows with the square of the row: it is never more than each answer with a question of its
own would take.

Completions that are drawn together are one row of the model's cache: behind the question stand their first tokens, then
their second ones, and so on. Each sees the question and itself; each step decodes a token of all of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import wraps

import torch
from torch.nn import functional
from transformers import Cache, PreTrainedConfig
from transformers.cache_utils import DynamicLayer
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from reasonome.answering.engine import batches
from reasonome.config import RolloutRecipe
from reasonome.core.errors import InputError

# Attention that can be asked part by part, with a mask of ours or with none.
ATTENTION = ("sdpa", "flash_attention_2")
# By how much fewer tokens must pass before questions are shared; a row of unequal parts has costs of its own.
WORTH = 1.1


@dataclass(frozen=True)
class Sharing:
    """What is computed once for all answers to a question, and why nothing is where that is so."""

    rollouts: bool = False
    together: int = 1  # answers to a question that pass through training at once
    why_not: str = ""
    demanded: bool = False

    def facts(self) -> dict[str, bool | str]:
        """What run.json says."""
        return {"rollouts": self.rollouts, "training": self.together > 1, "why_not": self.why_not}


def choose(recipe: RolloutRecipe, config: PreTrainedConfig, micro_batch_size: int, question: float) -> Sharing:
    """What the recipe's `shared_questions` comes to for a model and questions of so many tokens (the mean).

    InputError where it is `always` and nothing can be shared.
    """
    if recipe.shared_questions == "never":
        return Sharing(why_not="shared_questions: never")
    why_not = recipe.apart or _cannot(config)
    alike = recipe.rollouts == "transformers" and recipe.top_p == 1  # as `draw` draws
    rollouts = alike and config._attn_implementation == "sdpa" and not why_not
    together = 1 if why_not else math.gcd(micro_batch_size, recipe.group)
    if not why_not and not rollouts and together == 1:
        why_not = f"a micro-batch of {micro_batch_size} has no two of the {recipe.group} answers to a question"
    if recipe.shared_questions == "always":
        if why_not:
            raise _refused(why_not)
        return Sharing(rollouts, together, demanded=True)
    if recipe.apart:
        print(f"questions are not shared: {recipe.apart}", flush=True)
    fewer = {rows: saved(question, recipe.max_completion_length, rows) >= WORTH for rows in (recipe.group, together)}
    if not why_not and not any(fewer.values()):
        why_not = f"questions of {question:.0f} tokens are short beside answers of {recipe.max_completion_length}"
    return Sharing(rollouts and fewer[recipe.group], together if fewer[together] else 1, why_not)


def _refused(why: str) -> InputError:
    fix = "shared_questions: auto, which shares where it can be done"
    return InputError(f"questions cannot be shared here: {why}", field="shared_questions", fix=fix)


def tried(sharing: Sharing, model, rounded: bool) -> Sharing:
    """The sharing itself, or none if the model computes something else by it; InputError if it was demanded.

    `model` has TRL's fused head, and computes in bf16 if it is `rounded`.
    """
    if not (sharing.rollouts or sharing.together > 1) or agrees(model, 0.1 if rounded else 1e-3):
        return sharing
    why_not = f"{model.config.model_type} gives answers to a shared question other log-probabilities"
    if sharing.demanded:
        raise _refused(why_not)
    print(f"questions are not shared: {why_not}", flush=True)
    return Sharing(why_not=why_not)


def saved(question: float, answer: float, answers: int) -> float:
    """How many times fewer tokens pass if a question is computed once for so many answers."""
    return answers * (question + answer) / (question + answers * answer)


def _cannot(config: PreTrainedConfig) -> str:
    """Why models of this configuration cannot share questions; empty if they can."""
    if config._attn_implementation not in ATTENTION:
        return f"{config._attn_implementation} attention takes no mask of ours"
    if not sees_all(config):
        return f"{config.get_text_config().model_type} has layers that do not see the whole question"
    return ""


def sees_all(config: PreTrainedConfig) -> bool:
    """Whether every layer of a model sees all tokens before the one that it predicts."""
    text = config.get_text_config()
    layers = set(getattr(text, "layer_types", None) or ["full_attention"])
    return layers == {"full_attention"} and not getattr(text, "sliding_window", None)


@dataclass(frozen=True)
class Place:
    """Where a question, without its last token, and its answers stand in a row.

    `answers` has the positions of each answer's tokens (answers × longest, filled up with any), flat; `real` which of
    these are no filling, and `seen` (1 × 1 × longest × question and longest) what a token of an answer sees.
    """

    question: slice
    count: int
    answers: torch.Tensor
    real: torch.Tensor
    seen: torch.Tensor


@dataclass(frozen=True)
class Row:
    """Questions and answers as a model takes them: 1 × tokens each. Labels of questions are -100."""

    tokens: torch.Tensor
    positions: torch.Tensor
    labels: torch.Tensor
    places: list[Place]


def lay_out(questions: Sequence[torch.Tensor], answers: Sequence[Sequence[torch.Tensor]]) -> Row:
    """The row of `questions` (tokens each) with the answers to each one; all have a token or more."""
    tokens, positions, labels, places, start = [], [], [], [], 0
    for question, own in zip(questions, answers, strict=True):
        before = len(question) - 1
        tokens.append(question[:-1])
        positions.append(torch.arange(before, device=question.device))
        labels.append(torch.full_like(question[:-1], -100))
        for answer in own:
            tokens.append(torch.cat([question[-1:], answer[:-1]]))
            positions.append(torch.arange(before, before + len(answer), device=question.device))
            labels.append(answer)
        places.append(_place(start, before, [len(answer) for answer in own], question.device))
        start += before + sum(len(answer) for answer in own)
    return Row(torch.cat(tokens)[None], torch.cat(positions)[None], torch.cat(labels)[None], places)


def _place(start: int, before: int, lengths: Sequence[int], device: torch.device) -> Place:
    steps, sizes = torch.arange(max(lengths), device=device), torch.tensor(lengths, device=device)[:, None]
    firsts = start + before + sizes.cumsum(0) - sizes
    answers = firsts + torch.minimum(steps, sizes - 1)
    seen = torch.arange(before + len(steps), device=device) <= before + steps[:, None]
    real = (steps < sizes).flatten().nonzero()[:, 0]
    return Place(slice(start, start + before), len(lengths), answers.flatten(), real, seen[None, None])


def allow() -> None:
    """From now on models with attention of ATTENTION take `places`, those of their one row, and attend by them.

    With sdpa they also take `drawn_together`: few queries that have a mask (rows × 1 × queries × keys).
    """
    for name in ATTENTION:
        plain = ALL_ATTENTION_FUNCTIONS[name]
        if not hasattr(plain, "__wrapped__"):
            # Without a mask FlashAttention lets the last query see the last key, which is what `seen` says.
            ALL_ATTENTION_FUNCTIONS[name] = _by_places(plain, masked=name == "sdpa")


def _by_places(plain, masked: bool):
    """Attention that is `plain` without places and without completions that are drawn together."""

    @torch.compiler.disable  # questions are of other lengths in each step, and their number differs
    @wraps(plain)
    def attend(module, query, key, value, attention_mask, *args, places=None, drawn_together=False, **settings):
        if drawn_together:
            return _by_keys(query, key, value, attention_mask, settings["scaling"]), None
        if places is None:
            return plain(module, query, key, value, attention_mask, *args, **settings)
        settings.pop("position_ids", None)  # by which FlashAttention would tell texts of a packed row apart
        parts = []
        for place in places:
            own = [_answers(states, place) for states in (query, key, value)]
            if place.question.stop > place.question.start:
                states = [each[:, :, place.question] for each in (query, key, value)]
                parts.append(plain(module, *states, None, *args, **settings)[0][0])
                shared = [each.expand(place.count, -1, -1, -1) for each in states[1:]]
                own[1:] = [torch.cat(both, dim=2) for both in zip(shared, own[1:], strict=True)]
            output = plain(module, *own, place.seen if masked else None, *args, **settings)[0]
            parts.append(output.flatten(0, 1).index_select(0, place.real))
        return torch.cat(parts)[None], None

    return attend


def _by_keys(query, key, value, seen: torch.Tensor, scaling: float | None) -> torch.Tensor:
    """Attention of few queries to many keys, without a copy of the keys for each head that shares them."""
    heads = query.shape[1] // key.shape[1]
    rows, seen = query.unflatten(1, (-1, heads)).flatten(2, 3), seen.repeat(1, 1, heads, 1)
    output = functional.scaled_dot_product_attention(rows, key, value, attn_mask=seen, scale=scaling)
    return output.unflatten(2, (heads, -1)).flatten(1, 2).transpose(1, 2)


def _answers(states: torch.Tensor, place: Place) -> torch.Tensor:
    """Of one row (1 × heads × tokens × size) the answers as rows of their own."""
    return states[0].index_select(1, place.answers).unflatten(1, (place.count, -1)).transpose(0, 1)


def scores(model, ids: torch.Tensor, attended: torch.Tensor, width: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Log-probabilities of the tokens of completions, and entropies there if the model's fused head gives them.

    `ids` are left-padded prompts with right-padded completions of `width` behind them, `attended` says what is no
    padding; both rows × tokens. Neighbours with the same prompt are answers to one question. Both results are
    rows × width, and 0 in padding. Call `allow` before.
    """
    mask = attended[:, -width:].bool()
    row = _row(ids, attended.bool(), width)
    out = model(
        input_ids=row.tokens,
        # A mask of all pairs is what transformers would make without one.
        attention_mask=torch.ones(1, 1, 1, 1, dtype=torch.bool, device=ids.device),
        position_ids=row.positions,
        shift_labels=row.labels,
        fused_lm_head=True,
        places=row.places,
    )
    labelled = row.labels != -100

    def placed(values: torch.Tensor) -> torch.Tensor:
        return values.new_zeros(mask.shape).masked_scatter(mask, values[labelled])

    return placed(out.log_probs), None if out.entropy is None else placed(out.entropy)


def _row(ids: torch.Tensor, attended: torch.Tensor, width: int) -> Row:
    prompts = ids[:, :-width].masked_fill(~attended[:, :-width], -1)
    counts = torch.unique_consecutive(prompts, dim=0, return_counts=True)[1].tolist()
    answers = [tokens[mask] for tokens, mask in zip(ids[:, -width:], attended[:, -width:], strict=True)]
    firsts = [sum(counts[:i]) for i in range(len(counts))]
    questions = [prompts[first][attended[first, :-width]] for first in firsts]
    return lay_out(questions, [answers[first : first + n] for first, n in zip(firsts, counts, strict=True)])


@torch.no_grad()
def agrees(model, tolerance: float) -> bool:
    """Whether a model with TRL's fused head gives answers the same log-probabilities both ways.

    `tolerance` is of their spread. Two questions of unequal length with two answers each are tried.
    """
    ids = torch.arange(1, 29, device=next(model.parameters()).device).view(4, 7)
    ids[1, :4], ids[3, :4] = ids[0, :4], ids[2, :4]
    attended = torch.ones_like(ids)
    attended[2:, :2] = attended[1, -1] = 0
    labels = ids.masked_fill(attended == 0, -100)
    labels[:, :4] = -100
    alone = model(input_ids=ids, attention_mask=attended, labels=labels, fused_lm_head=True).log_probs[:, -3:]
    shared = scores(model, ids, attended, 3)[0]
    real = attended[:, -3:].bool()
    return bool((alone - shared)[real].abs().mean() <= tolerance * alone[real].std())


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

    Questions of similar length are drawn for together. Call `allow` before.
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
        tokens, of_tokens = choose_tokens(logits, temperature)
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


def choose_tokens(logits: torch.Tensor, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """A token drawn by each of `logits` (questions × completions × vocabulary), and its log-probability.

    One random number a token: torch.multinomial draws one for each word of the vocabulary.
    """
    logprobs = torch.log_softmax(logits.float() / temperature, dim=-1)
    sums = logprobs.double().exp().cumsum(-1)
    points = torch.rand((*sums.shape[:-1], 1), dtype=sums.dtype, device=sums.device) * sums[..., -1:]
    tokens = torch.searchsorted(sums, points, right=True)
    return tokens[..., 0], logprobs.gather(-1, tokens)[..., 0]
