"""Packing: several texts in a row of fixed length, each of which sees itself alone.

Attention to each text by itself needs no mask of all pairs of a row's tokens. Texts of similar length are attended to
together, as rows that are filled up behind: causal attention sees no filling. Work and memory grow with the squares of
the texts instead of that of the row. To transformers it is a kind of attention with a name; where positions do not tell
texts apart, and where there is a mask, it is sdpa's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from datasets import Dataset
from transformers import (
    AttentionInterface,
    AttentionMaskInterface,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    TrainerCallback,
)
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling, SFTTrainer

from reasonome.core.errors import InputError
from reasonome.training.shared_questions import sees_all

ATTENTION = "text_by_text"
SDPA = "sdpa"
LONG = 512  # tokens of a row; of shorter ones a mask has too few pairs to be worth the gathering of texts


@dataclass(frozen=True)
class Texts:
    """Where the texts of packed rows stand among all of the rows' tokens, one row after the other.

    Each group has places (texts × longest, filled up with any) and which of these are `real`, flat; `back` is where a
    token of the rows stands among those of all groups.
    """

    groups: list[tuple[torch.Tensor, torch.Tensor]]
    back: torch.Tensor


def texts_in(positions: torch.Tensor) -> Texts | None:
    """The texts of rows whose positions (rows × tokens) start again at 0 with each; None where no row has two.

    No text is shorter than half of the longest one that it is attended to with.
    """
    starts = positions == 0
    if not starts[:, 1:].any():
        return None
    starts[:, 0] = True  # of a row that does not begin with 0, too
    firsts = starts.flatten().nonzero()[:, 0]
    lengths = firsts.diff(append=firsts.new_tensor([positions.numel()]))
    lengths, order = lengths.sort(descending=True)
    groups, start = [], 0
    while start < len(lengths):
        stop = start + int((2 * lengths[start:] >= lengths[start]).sum())
        sizes, steps = lengths[start:stop, None], torch.arange(int(lengths[start]), device=positions.device)
        places = firsts[order[start:stop], None] + torch.minimum(steps, sizes - 1)
        groups.append((places, (steps < sizes).flatten().nonzero()[:, 0]))
        start = stop
    return Texts(groups, torch.cat([places.flatten()[real] for places, real in groups]).argsort())


def attend_text_by_text(model: PreTrainedModel) -> None:
    """Let a model attend to the texts of packed rows one by one, where its attention is sdpa over whole texts."""
    if not can_attend_text_by_text(model.config):
        return
    text_by_text = _TextByText(ALL_ATTENTION_FUNCTIONS[SDPA])
    AttentionInterface.register(ATTENTION, text_by_text.attend)  # pyright: ignore[reportAttributeAccessIssue]
    AttentionMaskInterface.register(ATTENTION, _mask)
    model.set_attn_implementation(ATTENTION)


def can_attend_text_by_text(config: PreTrainedConfig) -> bool:
    """Whether models of this configuration can."""
    return config._attn_implementation == SDPA and sees_all(config)


def _mask(attention_mask: torch.Tensor | None = None, **settings) -> torch.Tensor | None:
    """None where positions say everything."""
    if attention_mask is None:
        return None
    return AttentionMaskInterface()[SDPA](attention_mask=attention_mask, **settings)


class _TextByText:
    """Attention as transformers calls it; the texts of one pass are found once for all layers."""

    def __init__(self, plain: Callable):
        self._plain = plain
        self._positions: torch.Tensor | None = None
        self._texts: Texts | None = None

    @torch.compiler.disable  # its shapes follow from the positions
    def attend(self, module, query, key, value, attention_mask, *args, position_ids=None, **settings):
        if attention_mask is not None or position_ids is None or position_ids.shape != query.shape[::2]:
            return self._plain(module, query, key, value, attention_mask, *args, **settings)
        if position_ids is not self._positions:
            self._positions, self._texts = position_ids, texts_in(position_ids)
        if self._texts is None:
            return self._plain(module, query, key, value, None, *args, **settings)
        # Tokens × heads × size, of all rows.
        states = [each.transpose(1, 2).flatten(0, 1) for each in (query, key, value)]
        parts = []
        for places, real in self._texts.groups:
            own = [each[places].transpose(1, 2) for each in states]
            parts.append(self._plain(module, *own, None, *args, **settings)[0].flatten(0, 1)[real])
        return torch.cat(parts)[self._texts.back].unflatten(0, position_ids.shape), None


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

    def __call__(self, rows: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        """Tensors input_ids, labels and position_ids; `rows` have input_ids, labels and seq_lengths."""
        batch = self._collate(rows)
        del batch["attention_mask"]
        # The first token of a text must not be learnt from the end of its neighbour.
        batch["labels"][batch["position_ids"] == 0] = -100
        return batch


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
    was_training = model.training
    model.eval()
    with torch.no_grad(), torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32):
        first, second = (
            model(input_ids=ids[None], position_ids=positions, use_cache=False).logits[0, 12:].float()
            for ids in (row, other)
        )
    model.train(was_training)
    return bool((first - second).abs().max() < 1e-3 * first.std())


def separate(trainer: SFTTrainer, batch_size: int) -> int:
    """Let a trainer made with SEPARATE keep the texts of a row apart, whatever its attention is; its number of rows.

    What a step of `batch_size` rows holds is printed.
    """
    model, rows, settings, tokenizer = trainer.model, trainer.train_dataset, trainer.args, trainer.processing_class
    assert isinstance(model, PreTrainedModel) and isinstance(rows, Dataset)
    assert isinstance(settings, SFTConfig) and isinstance(tokenizer, PreTrainedTokenizerBase)
    if (settings.max_length or 0) >= LONG:
        attend_text_by_text(model)
    trainer.add_callback(KeepApart())
    if "flash" not in (model.config._attn_implementation or ""):
        trainer.data_collator = PackedRows(int(tokenizer.pad_token_id))  # pyright: ignore[reportArgumentType]
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
