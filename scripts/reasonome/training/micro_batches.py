"""Micro-batches of completions: those of similar length together, and without columns that are padding in all of them.

A micro-batch is a dict of tensors: left-padded prompts and right-padded completions with their masks and what is known
of each token (rows × tokens), and values of a row or of the step. Loss and gradient are of the whole step: they stay.
"""

from collections.abc import Sequence

import torch

Drawn = dict[str, torch.Tensor]
PARTS = ("prompt", "completion")


def by_length(prompts: Sequence[int], completions: Sequence[int], size: int) -> list[int]:
    """Positions of rows of so many tokens, in an order that leaves micro-batches of `size` neighbours little padding.

    A micro-batch is as wide as its longest prompt and its longest completion together, so that it depends on the rows
    by which of the two, or by what sum, they are best sorted.
    """
    sums = [prompt + completion for prompt, completion in zip(prompts, completions, strict=True)]
    orders = [sorted(range(len(sums)), key=lambda i: (key[i], sums[i])) for key in (sums, prompts, completions)]

    def tokens(order: Sequence[int]) -> int:
        parts = [order[start : start + size] for start in range(0, len(order), size)]
        return sum(len(part) * (max(prompts[i] for i in part) + max(completions[i] for i in part)) for part in parts)

    return min(orders, key=tokens)


def resorted(batches: Sequence[Drawn]) -> list[Drawn]:
    """The rows of a step's micro-batches in as many new ones, by length.

    Here a row is of several completions that stay together: rows × together × tokens.
    """
    rows = {name: torch.cat([batch[name] for batch in batches]) for name, value in batches[0].items() if value.ndim}
    lengths = [rows[f"{part}_mask"].sum(dim=-1).amax(dim=1).tolist() for part in PARTS]
    size = len(batches[0]["prompt_mask"])
    order = torch.tensor(by_length(*lengths, size), device=rows["prompt_mask"].device)
    return [batches[0] | {name: value[part] for name, value in rows.items()} for part in order.split(size)]


def trimmed(batch: Drawn) -> Drawn:
    """A micro-batch without the columns that are padding in all of its rows; one of each part stays."""
    prompt, completion = (max(1, int(batch[f"{part}_mask"].sum(dim=1).max())) for part in PARTS)
    width = batch["completion_mask"].shape[1]

    def of(name: str, value: torch.Tensor) -> torch.Tensor:
        if name in ("prompt_ids", "prompt_mask"):
            return value[:, -prompt:]
        return value[:, :completion] if value.ndim == 2 and value.shape[1] == width else value

    return {name: of(name, value) for name, value in batch.items()}
