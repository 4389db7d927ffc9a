"""Attention of packed rows: each text by itself, which needs no mask of all pairs of a row's tokens.

Texts of similar length are attended to together, as rows that are filled up behind: causal attention sees no filling.
Work and memory grow with the squares of the texts instead of that of the row. To transformers it is a kind of attention
with a name; where positions do not tell texts apart, and where there is a mask, it is sdpa's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedConfig, PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from reasonome.training.shared_questions import sees_all

NAME = "text_by_text"
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


def find(positions: torch.Tensor) -> Texts | None:
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


def use(model: PreTrainedModel) -> None:
    """Let a model attend to the texts of packed rows one by one, where its attention is sdpa over whole texts."""
    if not can(model.config):
        return
    AttentionInterface.register(NAME, _TextByText(ALL_ATTENTION_FUNCTIONS[SDPA]))
    AttentionMaskInterface.register(NAME, _mask)
    model.set_attn_implementation(NAME)


def can(config: PreTrainedConfig) -> bool:
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
    def __call__(self, module, query, key, value, attention_mask, *args, position_ids=None, **settings):
        if attention_mask is not None or position_ids is None or position_ids.shape != query.shape[::2]:
            return self._plain(module, query, key, value, attention_mask, *args, **settings)
        if position_ids is not self._positions:
            self._positions, self._texts = position_ids, find(position_ids)
        if self._texts is None:
            return self._plain(module, query, key, value, None, *args, **settings)
        # Tokens × heads × size, of all rows.
        states = [each.transpose(1, 2).flatten(0, 1) for each in (query, key, value)]
        parts = []
        for places, real in self._texts.groups:
            own = [each[places].transpose(1, 2) for each in states]
            parts.append(self._plain(module, *own, None, *args, **settings)[0].flatten(0, 1)[real])
        return torch.cat(parts)[self._texts.back].unflatten(0, position_ids.shape), None
