"""A question and all of its answers at once: it is read once for all of them, in training and when they are drawn.

In training a row is a question with its answers behind it. An answer begins with the question's last token, which
predicts its first one, and its positions go on from there; it sees the question and itself. A mask says so, which grows
with the square of the row. On GPUs rows lose their padding and become one, and attention is told the keys of each part
(`packing.py`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedConfig

from reasonome.config import RolloutRecipe
from reasonome.training.packing import SDPA, bounds_of_parts, sees_all

# How many times cheaper a step must be before questions are shared; a row of unequal parts has costs of its own.
WORTH = 1.1
PADDING = -1


@dataclass(frozen=True)
class Sharing:
    """What is computed once for all answers to a question, and why nothing is where that is so.

    It is `possible` where each answer may stand in a row with a question of its own, too: on GPUs such rows become one.
    """

    possible: bool = False
    rollouts: bool = False
    together: int = 1  # answers to a question that pass through training at once
    why_not: str = ""

    def facts(self) -> dict[str, bool | str]:
        """What run.json says."""
        return {"rollouts": self.rollouts, "training": self.together > 1, "why_not": self.why_not}


def choose(
    recipe: RolloutRecipe, config: PreTrainedConfig, micro_batch_size: int, question: float, by_parts: bool
) -> Sharing:
    """What the recipe's `shared_questions` comes to for a model and questions of so many tokens (the mean).

    `by_parts`: it can attend to the parts of a row one by one, without a mask.
    """
    if recipe.shared_questions == "never":
        return Sharing(why_not="shared_questions: never")
    if why_not := recipe.apart or _cannot(config):
        return Sharing(why_not=why_not)
    rollouts, together = recipe.rollouts == "transformers", math.gcd(micro_batch_size, recipe.group)
    hidden, longest = config.get_text_config().hidden_size, recipe.max_completion_length
    if saved(question, longest, together, hidden, by_parts) >= WORTH:
        return Sharing(True, rollouts, together)
    few = f"{together} answers of {longest} tokens to a question of {question:.0f}"
    return Sharing(True, rollouts, why_not=f"{few} are no cheaper in one row")


def tokens(share: Callable[[int], Sharing], question: int, answer: int, rows: int) -> int:
    """Tokens of so many rows at once, of questions and answers of so many; a question counts once for who shares it.

    `share` is `choose` by the number of rows.
    """
    return rows // share(rows).together * question + rows * answer


def saved(question: float, answer: float, answers: int, hidden: int, by_parts: bool) -> float:
    """How many times cheaper so many answers are in a row with one question than with a question each.

    A layer multiplies some 12 · hidden² numbers for a token, and 2 · hidden for a pair of tokens: of those that see one
    another, or where a mask says so, of all in a row.
    """
    alone, row = question + answer, question + answers * answer
    apart = answers * alone**2
    pairs = apart if by_parts else row**2
    return (answers * alone + apart / (6 * hidden)) / (row + pairs / (6 * hidden))


def _cannot(config: PreTrainedConfig) -> str:
    """Why models of this configuration cannot share questions; empty if they can."""
    if config._attn_implementation != SDPA:
        return f"{config._attn_implementation} attention takes no mask of ours"
    if not sees_all(config):
        return f"{config.get_text_config().model_type} has layers that do not see the whole question"
    return ""


@dataclass(frozen=True)
class Rows:
    """Questions with their answers, a row each (questions × longest); labels of questions and padding are -100.

    `parts` is 0 in a question, which lacks its last token, 1 … in its answers, and PADDING behind them.
    """

    tokens: torch.Tensor
    positions: torch.Tensor
    labels: torch.Tensor
    parts: torch.Tensor


def lay_out(questions: Sequence[torch.Tensor], answers: Sequence[Sequence[torch.Tensor]]) -> Rows:
    """Rows of `questions` (tokens each) with the answers to each one; all have a token or more."""
    tokens, positions, labels, parts = [], [], [], []
    for question, own in zip(questions, answers, strict=True):
        pieces = [question[:-1], *(torch.cat([question[-1:], answer[:-1]]) for answer in own)]
        starts = [0] + [len(question) - 1] * len(own)
        tokens.append(torch.cat(pieces))
        positions.append(
            torch.cat([start + torch.arange(len(piece)) for start, piece in zip(starts, pieces, strict=True)])
        )
        labels.append(torch.cat([torch.full_like(pieces[0], -100), *own]))
        parts.append(torch.cat([torch.full((len(piece),), number) for number, piece in enumerate(pieces)]))
    filled = ((tokens, 0), (positions, 0), (labels, -100), (parts, PADDING))
    rows = (pad_sequence(each, batch_first=True, padding_value=value) for each, value in filled)
    return Rows(*(each.to(questions[0].device) for each in rows))


def seen(parts: torch.Tensor) -> torch.Tensor:
    """What each token sees (rows × 1 × longest × longest): of those before it its own part and the question."""
    earlier = torch.ones(parts.shape[1], parts.shape[1], dtype=torch.bool, device=parts.device).tril()
    return (earlier & ((parts[:, None] == parts[:, :, None]) | (parts[:, None] == 0)))[:, None]


def keys_of(parts: torch.Tensor) -> dict[str, Any]:
    """Where the parts of rows without padding begin, by transformers' names, and the `keys` that each attends to.

    Keys are positions in the rows one behind the other; those of the question stand before those of an answer.
    """
    queries, keys, start = [], [], 0
    for row in parts.cpu():
        question = range(start, start + int((row == 0).sum()))
        for number in row[row != PADDING].unique().tolist():
            own = range(start, start + int((row == number).sum()))
            queries.append(len(own))
            keys.append([*question, *own] if number else [*own])
            start = own.stop
    places = torch.tensor([place for own in keys for place in own], device=parts.device)
    return {"keys": places} | bounds_of_parts(queries, [len(own) for own in keys], parts.device)


def scores(
    model, ids: torch.Tensor, attended: torch.Tensor, width: int, by_parts: bool = False
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Log-probabilities of the tokens of completions, and entropies there if the model's fused head gives them.

    `ids` are left-padded prompts with right-padded completions of `width` behind them, `attended` says what is no
    padding; both rows × tokens. Neighbours with the same prompt are answers to one question. Both results are
    rows × width, and 0 in padding. `by_parts`: the model attends as `packing.attend_text_by_text` lets it.
    """
    mask = attended[:, -width:].bool()
    rows = _rows(ids, attended.bool(), width)
    inputs = {"input_ids": rows.tokens, "position_ids": rows.positions, "shift_labels": rows.labels}
    if by_parts:
        inputs = {name: value[rows.parts != PADDING][None] for name, value in inputs.items()} | keys_of(rows.parts)
    else:
        inputs["attention_mask"] = seen(rows.parts)
    out = model(**inputs, fused_lm_head=True)

    def placed(values: torch.Tensor) -> torch.Tensor:
        return values.new_zeros(mask.shape).masked_scatter(mask, values[inputs["shift_labels"] != -100])

    return placed(out.log_probs), None if out.entropy is None else placed(out.entropy)


def _rows(ids: torch.Tensor, attended: torch.Tensor, width: int) -> Rows:
    prompts = ids[:, :-width].masked_fill(~attended[:, :-width], -1)
    counts = torch.unique_consecutive(prompts, dim=0, return_counts=True)[1].tolist()
    answers = [tokens[mask] for tokens, mask in zip(ids[:, -width:], attended[:, -width:], strict=True)]
    firsts = [sum(counts[:i]) for i in range(len(counts))]
    questions = [prompts[first][attended[first, :-width]] for first in firsts]
    return lay_out(questions, [answers[first : first + n] for first, n in zip(firsts, counts, strict=True)])


def generate(model, *, input_ids: torch.Tensor, attention_mask: torch.Tensor, **settings) -> torch.Tensor:
    """What the model generates, whose left-padded prompts (rows × tokens) are read once where neighbours are equal."""
    _, question = torch.unique_consecutive(input_ids, dim=0, return_inverse=True)
    first = torch.cat([question.new_zeros(1), question.diff().nonzero()[:, 0] + 1])
    if len(first) < len(input_ids) and input_ids.shape[1] > 1:
        read = {"input_ids": input_ids[first, :-1], "attention_mask": attention_mask[first, :-1]}
        positions = (read["attention_mask"].cumsum(1) - 1).clamp(min=0)
        cache = model(**read, position_ids=positions, use_cache=True, logits_to_keep=1).past_key_values
        cache.batch_select_indices(question)
        settings["past_key_values"] = cache
    return type(model).generate(model, input_ids=input_ids, attention_mask=attention_mask, **settings)
