"""Packing: several texts in a row of fixed length, each of which sees itself alone.

On GPUs attention takes the texts of all rows one behind the other, and where each begins (torch's varlen attention):
work and memory grow with the squares of the texts instead of that of the row. To transformers it is a kind of attention
with a name. Elsewhere transformers makes a mask of a row's tokens from their positions.
"""

from collections.abc import Sequence
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from torch.nn.attention.varlen import varlen_attn
from transformers import (
    AttentionInterface,
    AttentionMaskInterface,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    TrainerCallback,
)
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.modeling_flash_attention_utils import prepare_fa_kwargs_from_position_ids
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling, SFTTrainer

from reasonome.core.errors import InputError

ATTENTION = "text_by_text"
SDPA = "sdpa"


def sees_all(config: PreTrainedConfig) -> bool:
    """Whether every layer of a model sees all tokens before the one that it predicts."""
    text = config.get_text_config()
    layers = set(getattr(text, "layer_types", None) or ["full_attention"])
    return layers == {"full_attention"} and not getattr(text, "sliding_window", None)


def text_by_text(config: PreTrainedConfig, bf16: bool, device: str) -> bool:
    """Whether a model can attend to texts one by one: in bf16 on a GPU, if each token sees all before it."""
    plain = config._attn_implementation == SDPA and sees_all(config) and not getattr(config, "attention_dropout", 0)
    return device == "cuda" and bf16 and plain  # torch has no other kernels


def attend_text_by_text(model: PreTrainedModel | PeftModel, bf16: bool, device: str) -> bool:
    """Let a model that can attend to texts one by one do so where a pass says where they begin (`bounds`).

    With an adapter the model inside it does.
    """
    if not text_by_text(model.config, bf16, device):
        return False
    AttentionInterface.register(ATTENTION, _attend)  # pyright: ignore[reportAttributeAccessIssue]
    AttentionMaskInterface.register(ATTENTION, _mask)
    model.set_attn_implementation(ATTENTION)
    return True


def bounds(positions: torch.Tensor) -> dict[str, Any]:
    """Where texts begin in rows whose positions (rows × tokens) start again at 0 with each, by transformers' names."""
    (first, _), (longest, _) = prepare_fa_kwargs_from_position_ids(positions)
    both = {"cu_seq_lens_q": first, "cu_seq_lens_k": first}
    return both | {"max_length_q": int(longest), "max_length_k": int(longest)}


def bounds_of_parts(queries: Sequence[int], keys: Sequence[int], device: torch.device) -> dict[str, Any]:
    """Where parts with so many queries and keys each begin; the last query of a part sees its last key."""
    of = {"q": torch.tensor([0, *queries], device=device), "k": torch.tensor([0, *keys], device=device)}
    firsts = {f"cu_seq_lens_{name}": lengths.cumsum(0, dtype=torch.int32) for name, lengths in of.items()}
    return firsts | {"max_length_q": max(queries), "max_length_k": max(keys)}


def _mask(attention_mask: torch.Tensor | None = None, **settings) -> torch.Tensor | None:
    """None where bounds say everything."""
    if attention_mask is None:
        return None
    return AttentionMaskInterface()[SDPA](attention_mask=attention_mask, **settings)


def _attend(module, query, key, value, attention_mask, *args, cu_seq_lens_q=None, keys=None, **settings):
    if cu_seq_lens_q is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, *args, **settings)
    rows = len(query)  # from here on tokens × heads × size, of all rows
    # Under autocast rotary positions leave queries and keys in fp32, which torch's attention takes with no other type.
    query, key, value = (each.transpose(1, 2).flatten(0, 1).to(value.dtype) for each in (query, key, value))
    if keys is not None:  # what several parts attend to stands once in the row
        key, value = key[keys], value[keys]
    firsts = cu_seq_lens_q, settings["cu_seq_lens_k"]
    longest, scale = (settings["max_length_q"], settings["max_length_k"]), settings.get("scaling")
    attended = varlen_attn(query, key, value, *firsts, *longest, scale=scale, window_size=(-1, 0), enable_gqa=True)
    assert isinstance(attended, torch.Tensor)  # no more was asked for
    return attended.unflatten(0, (rows, -1)), None


# Arguments of SFTConfig: best-fit decreasing, which cuts no text that fits a row.
SEPARATE = {"packing": True, "packing_strategy": "bfd"}


class PackedRows:
    """Collate packed rows into tensors of rows × longest row, without an attention mask.

    Positions start again at 0 with each text. TRL's own collator joins all rows of a batch into one: right for
    attention that has no mask, and a waste elsewhere, where the mask grows with the square. What fills a row up has
    position 0 throughout, so that it is kept apart as well. `bounded`: the model attends to texts one by one.
    """

    def __init__(self, pad_token_id: int, bounded: bool = False):
        self._collate = DataCollatorForLanguageModeling(pad_token_id, return_position_ids=True)
        self._bounded = bounded

    def __call__(self, rows: list[dict[str, list[int]]]) -> dict[str, Any]:
        """Tensors input_ids, labels and position_ids; `rows` have input_ids, labels and seq_lengths."""
        batch = self._collate(rows)
        del batch["attention_mask"]
        # The first token of a text must not be learnt from the end of its neighbour.
        batch["labels"][batch["position_ids"] == 0] = -100
        return batch | (bounds(batch["position_ids"]) if self._bounded else {})


class KeepApart(TrainerCallback):
    """Before the first step: make sure that the model does keep apart what its positions say are two texts."""

    def on_train_begin(self, args, state, control, **kwargs):
        """InputError where the second text of a row feels what the first one is."""
        model = kwargs["model"]
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
    apart = bounds(positions) if model.config._attn_implementation == ATTENTION else {}
    was_training = model.training
    model.eval()
    with torch.no_grad(), torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32):
        first, second = (
            model(input_ids=ids[None], position_ids=positions, use_cache=False, **apart).logits[0, 12:].float()
            for ids in (row, other)
        )
    model.train(was_training)
    return bool((first - second).abs().max() < 1e-3 * first.std())


def separate(trainer: SFTTrainer, batch_size: int) -> int:
    """Let a trainer made with SEPARATE keep the texts of a row apart, whatever its attention is; its number of rows.

    What a step of `batch_size` rows holds is printed.
    """
    model, rows, settings, tokenizer = trainer.model, trainer.train_dataset, trainer.args, trainer.processing_class
    assert isinstance(model, PreTrainedModel | PeftModel) and isinstance(rows, Dataset)
    assert isinstance(settings, SFTConfig) and isinstance(tokenizer, PreTrainedTokenizerBase)
    bounded = attend_text_by_text(model, bool(settings.bf16), trainer.accelerator.device.type)
    trainer.add_callback(KeepApart())
    trainer.data_collator = PackedRows(int(tokenizer.pad_token_id), bounded)  # pyright: ignore[reportArgumentType]
    print(describe(rows, batch_size), flush=True)
    return len(rows)  # pyright: ignore[reportArgumentType]


def describe(rows: Dataset, batch_size: int) -> str:
    """How many texts and tokens a row and a step of `batch_size` rows hold."""
    texts = sum(len(lengths) for lengths in rows["seq_lengths"])
    tokens = sum(sum(lengths) for lengths in rows["seq_lengths"])
    per_row = texts / len(rows)
    return (
        f"packed into {len(rows)} rows of {tokens / len(rows):.0f} tokens, {per_row:.1f} texts each: "
        f"a step of {batch_size} rows is {batch_size * per_row:.0f} texts"
    )
