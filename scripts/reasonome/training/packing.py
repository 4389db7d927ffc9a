"""Packing: several texts in a row of fixed length, each of which sees itself alone."""

from typing import Any

import torch
from datasets import Dataset
from transformers import TrainerCallback
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from reasonome.core.errors import InputError
from reasonome.training import packed_attention

# Arguments of SFTConfig: best-fit decreasing, which cuts no text that fits a row.
SEPARATE = {"packing": True, "packing_strategy": "bfd"}


class PackedRows:
    """Collate packed rows into tensors of rows × longest row, without an attention mask.

    Positions start again at 0 with each text. By them a text is attended to by itself (`packed_attention`), or
    transformers makes the mask that keeps texts apart (short rows, eager attention, layers with a window). TRL's own
    collator joins all rows of a batch into one: right for FlashAttention, which has no mask, and a waste elsewhere,
    where the mask grows with the square. What fills a row up has position 0 throughout, so that it is kept apart as
    well.
    """

    def __init__(self, pad_token_id: int):
        self._collate = DataCollatorForLanguageModeling(pad_token_id, return_position_ids=True)

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Tensors input_ids, labels and position_ids; `rows` have input_ids, labels and seq_lengths."""
        batch = self._collate(rows)
        del batch["attention_mask"]
        # The first token of a text must not be learnt from the end of its neighbour.
        batch["labels"][batch["position_ids"] == 0] = -100
        return batch


class KeepApart(TrainerCallback):
    """Before the first step: make sure that the model does keep apart what its positions say are two texts."""

    def on_train_begin(self, args, state, control, model=None, **kwargs):
        """InputError where the second text of a row feels what the first one is."""
        if not sees_itself_alone(model, torch.bfloat16 if args.bf16 else torch.float32):
            raise InputError(
                f"packing: separate: {model.config.model_type} lets the texts of a packed row see one another with "
                f"{model.config._attn_implementation} attention",
                fix="packing: none (sft) or wrapped (pretrain) in the recipe",
            )


def sees_itself_alone(model, precision: torch.dtype = torch.float32) -> bool:
    """Whether logits of a row's second text stay the same when its first text becomes another one."""
    device = next(model.parameters()).device
    row = torch.arange(1, 25, device=device)
    other = torch.cat([torch.arange(31, 43, device=device), row[12:]])
    positions = torch.arange(12, device=device).repeat(2)[None]
    was_training = model.training
    model.eval()
    with torch.no_grad(), torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32):
        first, second = (
            model(input_ids=ids[None], position_ids=positions, use_cache=False).logits[0, 12:].float()
            for ids in (row, other)
        )
    model.train(was_training)
    return bool((first - second).abs().max() < 1e-3 * first.std())


def separate(trainer) -> None:
    """Let a trainer made with SEPARATE keep the texts of a row apart, whatever its attention is."""
    if trainer.args.max_length >= packed_attention.LONG:
        packed_attention.use(trainer.model)
    trainer.add_callback(KeepApart())
    if "flash" not in trainer.model.config._attn_implementation:
        trainer.data_collator = PackedRows(trainer.processing_class.pad_token_id)


def find_text(rows: Dataset, ids: list[int]) -> dict[str, list[int]]:
    """Tokens and labels of the text among the packed rows whose tokens are `ids`."""
    for row in rows:
        start = 0
        for length in row["seq_lengths"]:
            part = slice(start, start + length)
            if row["input_ids"][part] == ids:
                return {"input_ids": ids, "labels": row["labels"][part]}
            start += length
    raise LookupError("no packed row holds this text")


def describe(rows: Dataset, batch_size: int) -> str:
    """How many texts and tokens a row and a step of `batch_size` rows hold."""
    texts = sum(len(lengths) for lengths in rows["seq_lengths"])
    tokens = sum(sum(lengths) for lengths in rows["seq_lengths"])
    per_row = texts / len(rows)
    return (
        f"packed into {len(rows)} rows of {tokens / len(rows):.0f} tokens, {per_row:.1f} texts each: "
        f"a step of {batch_size} rows is {batch_size * per_row:.0f} texts"
    )
