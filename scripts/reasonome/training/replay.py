"""Replay: statements that a warm-up taught, whose loss joins that of every step of a later stage."""

from collections.abc import Sequence

import torch

from reasonome.training import processes


class Replay:
    """Some statements a step, each in turn; their mean loss per token, times a weight, is added to that of the step."""

    def __init__(self, statements: Sequence[list[int]], number: int, weight: float):
        """`statements` are tokens, in the order of replay; `number` of them join a step, shared out over processes."""
        self._statements, self._number, self._weight = statements, number, weight

    def of_step(self, step: int) -> list[list[int]]:
        """The statements of a step, counted from 0; behind the last one the first follows."""
        places = range(step * self._number, (step + 1) * self._number)
        return [self._statements[place % len(self._statements)] for place in places]

    def loss(self, model: torch.nn.Module, step: int) -> torch.Tensor:
        """What is added to the loss of a step: a scalar, of this process's share of the statements."""
        mine = self.of_step(step)[processes.rank() :: processes.count()]
        device = next(model.parameters()).device
        if not mine:  # more processes than statements
            return torch.zeros((), device=device)
        rows = torch.nn.utils.rnn.pad_sequence([torch.tensor(ids) for ids in mine], batch_first=True).to(device)
        lengths = torch.tensor([len(ids) for ids in mine], device=device)
        mask = torch.arange(rows.shape[1], device=device) < lengths[:, None]
        logits = model(input_ids=rows, attention_mask=mask.long(), use_cache=False).logits[:, :-1]
        counted = mask[:, 1:]
        return self._weight * torch.nn.functional.cross_entropy(logits[counted].float(), rows[:, 1:][counted])
