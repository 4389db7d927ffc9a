"""How many real tokens a training passed forward and backward."""

from collections.abc import Mapping

import torch
from transformers import TrainerCallback


class TokenCount(TrainerCallback):
    """Count the tokens of forward passes that a backward pass follows, as the trainer's `num_input_tokens_seen`.

    They are those of all processes, and of the attempts that this one goes on from. The count of transformers is of
    what a data loader gives: it knows neither completions that are drawn nor the filling of packed rows.
    """

    def __init__(self) -> None:
        self._passed = torch.zeros((), dtype=torch.int64)
        self._earlier = 0

    def on_train_begin(self, args, state, control, **kwargs):
        """Watch the model from now on."""
        self._earlier = state.num_input_tokens_seen
        self._passed = self._passed.to(args.device)
        self._hook = kwargs["model"].register_forward_pre_hook(self._count, with_kwargs=True)

    def _count(self, model, args, kwargs) -> None:
        if model.training and torch.is_grad_enabled() and "input_ids" in kwargs:
            self._passed += real_tokens(kwargs).to(self._passed.device)

    def on_optimizer_step(self, args, state, control, **kwargs):
        """Add up what all processes did."""
        total = self._passed.clone()
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.all_reduce(total)
        state.num_input_tokens_seen = self._earlier + int(total)

    def on_train_end(self, args, state, control, **kwargs):
        """Stop watching."""
        self._hook.remove()


def real_tokens(batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """The number of tokens of a batch without padding.

    Padding is what an attention mask of rows × tokens says; else what has position 0 and is followed by a 0, as texts
    begin there. Rows in which parts have `keys` have none.
    """
    mask, positions = batch.get("attention_mask"), batch.get("position_ids")
    if mask is not None and mask.ndim == 2:
        return mask.bool().sum()
    if positions is None or "keys" in batch:
        return torch.tensor(batch["input_ids"].numel())
    starts = positions == 0
    return (~(starts & torch.nn.functional.pad(starts[:, 1:], (0, 1), value=True))).sum()
