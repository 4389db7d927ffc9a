"""Which examples share a step, and which completions of GRPO share a micro-batch: those of similar length.

A micro-batch of completions is a dict of tensors: left-padded prompts and right-padded completions with their masks and
what is known of each token (rows × tokens), and values of a row or of the step. Columns that are padding in all of its
rows are left out. Loss and gradient are of the whole step: they stay.
"""

from collections.abc import Iterator, Sequence

import torch
from accelerate.data_loader import prepare_data_loader
from torch.utils.data import DataLoader, Sampler
from transformers import Trainer
from transformers.trainer_pt_utils import get_length_grouped_indices

from reasonome.training import processes


class Order(Sampler):
    """Positions of a trainer's examples, epoch by epoch; for the trainer's own sampler, which depends on processes.

    Each process takes its share of every optimizer step from this one order. Where an epoch's last step is smaller
    than the others, several processes fill their shares up to equal size with examples from the epoch's beginning.
    """

    def __init__(self, trainer, lengths: list[int] | None, batch_size: int, alike: bool = False):
        """With `lengths` examples of similar length of one optimizer step of `batch_size` pass through together.

        What makes a step is drawn regardless of length, or where steps are `alike` of similar length, too.
        """
        self._trainer, self._lengths, self._batch_size, self._alike = trainer, lengths, batch_size, alike
        self._count = len(trainer.train_dataset)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        # The state knows the epoch after a resume too, where nobody calls set_epoch on a sampler of several processes.
        epoch = int(self._trainer.state.epoch or 0)
        generator = torch.Generator().manual_seed(self._trainer.args.data_seed + epoch)
        if self._lengths is not None and self._alike:
            # The first epoch draws from the generator that the stage has seeded, as transformers does; later ones must
            # not, since a resumed run has not drawn what came before.
            drawn = generator if epoch else None
            indices = get_length_grouped_indices(self._lengths, self._batch_size, generator=drawn)
            return iter(processes.gather(indices)[0])
        order = torch.randperm(self._count, generator=generator).tolist()
        if self._lengths is None:
            return iter(order)
        steps = [order[start : start + self._batch_size] for start in range(0, self._count, self._batch_size)]
        lengths = self._lengths
        return (i for step in steps for i in sorted(step, key=lambda i: -lengths[i]))


def install(trainer, batch_size: int, alike: bool = False) -> None:
    """Let `trainer` go through its examples in this order, unless it has one of its own."""
    if processes.count() > 1 and trainer.eval_dataset is not None:
        _evaluate_all(trainer)
    if type(trainer)._get_train_sampler is not Trainer._get_train_sampler:
        return
    grouped = trainer.args.train_sampling_strategy == "group_by_length"
    if grouped or processes.count() > 1:  # else transformers' own order is this one
        lengths = [len(ids) for ids in trainer.train_dataset["input_ids"]] if grouped else None
        _train_in(trainer, Order(trainer, lengths, batch_size, alike))


def _train_in(trainer, order: Order) -> None:
    """Let the trainer draw its training batches in an order."""
    examples = trainer._remove_unused_columns(trainer.train_dataset, description="training")
    settings = {"batch_size": trainer.args.train_batch_size, "collate_fn": trainer.data_collator}
    batches = DataLoader(examples, sampler=order, pin_memory=trainer.args.dataloader_pin_memory, **settings)
    trainer.get_train_dataloader = lambda: trainer.accelerator.prepare(batches)


def _evaluate_all(trainer) -> None:
    """Let each process evaluate all examples: shares of unequal size would be filled up, and change the mean."""
    accelerator = trainer.accelerator
    gather = accelerator.gather_for_metrics

    def loader(dataset=None):
        examples = trainer._remove_unused_columns(trainer.eval_dataset, description="evaluation")
        batches = DataLoader(examples, batch_size=trainer.args.eval_batch_size, collate_fn=trainer.data_collator)
        return prepare_data_loader(batches, accelerator.device, num_processes=1, process_index=0, put_on_device=True)

    def measured(values, *args, **options):
        if trainer.model.training:
            return gather(values, *args, **options)
        state, values = accelerator.gradient_state, torch.atleast_1d(values)
        # The last batch may be smaller than the others, and counts by its size.
        return values[: state.remainder] if state.end_of_dataloader and state.remainder > 0 else values

    trainer.get_eval_dataloader = loader
    trainer.gather_function = accelerator.gather_for_metrics = measured


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


def replaced(batch: Drawn, wanted: torch.Tensor, other: Drawn, fit: torch.Tensor) -> Drawn:
    """A step's completions with the first of the groups that are `wanted` replaced by those that `fit` of others."""
    size = len(batch["advantages"]) // len(wanted)
    given = fit.repeat_interleave(size)
    taken = wanted.repeat_interleave(size).nonzero()[: int(given.sum()), 0]

    def of(name: str, value: torch.Tensor) -> torch.Tensor:
        both = [value, other[name]]
        if value.ndim == 2:
            filling = [max(rows.shape[1] for rows in both) - rows.shape[1] for rows in both]
            sides = [(count, 0) if name in ("prompt_ids", "prompt_mask") else (0, count) for count in filling]
            both = [torch.nn.functional.pad(rows, side) for rows, side in zip(both, sides, strict=True)]
        return both[0].index_copy(0, taken, both[1][given])

    rows = {name: of(name, value) for name, value in batch.items() if value.ndim}
    return batch | rows | {"num_items_in_batch": rows["completion_mask"].sum()}


def trimmed(batch: Drawn) -> Drawn:
    """A micro-batch without the columns that are padding in all of its rows; one of each part stays."""
    prompt, completion = (max(1, int(batch[f"{part}_mask"].sum(dim=1).max())) for part in PARTS)
    width = batch["completion_mask"].shape[1]

    def of(name: str, value: torch.Tensor) -> torch.Tensor:
        if name in ("prompt_ids", "prompt_mask"):
            return value[:, -prompt:]
        return value[:, :completion] if value.ndim == 2 and value.shape[1] == width else value

    return {name: of(name, value) for name, value in batch.items()}
