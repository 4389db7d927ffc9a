"""Models of two layers of random weights, which train in seconds and know nothing."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from transformers import (
    CONFIG_MAPPING,
    MODEL_FOR_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BertConfig,
    BertModel,
    PreTrainedConfig,
)
from transformers.utils import logging

from reasonome.cluster.rehearsal.configuration import Small
from reasonome.config.backbones import AdapterWeights
from reasonome.config.experiments import Experiment
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.manifest import text_sha256

# Sizes by the names that configurations have for them; a configuration takes those that it has.
SIZES = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "moe_intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "num_experts": 4,
    "num_local_experts": 4,
    "num_experts_per_tok": 2,
}


def architecture_of(name: str) -> str | None:
    """The longest model type of transformers in a repository's name, as llama in Llama-3.1-8B; None without one."""
    letters = _letters(name)
    held = [kind for kind in CONFIG_MAPPING if _letters(kind) in letters]
    models = [kind for kind in held if CONFIG_MAPPING[kind] in MODEL_FOR_CAUSAL_LM_MAPPING]
    return max(models, key=len, default=None)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.rpartition("/")[2].lower())


def small(config: PreTrainedConfig) -> PreTrainedConfig:
    """The configuration of a language model with two small layers; what else it says stays. Of one that also sees, the
    part that reads text."""
    config = config.get_text_config(decoder=True)
    for name, size in SIZES.items():
        if getattr(config, name, None) is not None:
            setattr(config, name, size)
    if kinds := getattr(config, "layer_types", None):
        one_each = [*dict.fromkeys(kinds)]
        config.layer_types = [one_each[0], one_each[-1]]  # pyright: ignore[reportAttributeAccessIssue]  # of some alone
    return config


def write_language_model(folder: Path, config: PreTrainedConfig, tokenizer_of: Path) -> Path:
    """Write a random model of this configuration with a tokenizer into `folder`, the same bytes each time."""
    tokenizer = _saved_tokenizer(folder, config, tokenizer_of)
    for token in ("bos_token_id", "eos_token_id", "pad_token_id"):
        setattr(config, token, getattr(tokenizer, token))
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return folder


def write_backbone(folder: Path, kind: str, like: Path | None, tokenizer_of: Path) -> Path:
    """Write a small model of a model type, with all that the configuration in `like` says but for its sizes."""
    config: Any = AutoConfig.from_pretrained(like) if like else CONFIG_MAPPING[kind]()
    return write_language_model(folder, small(config), tokenizer_of)


def write_encoder(folder: Path, tokenizer_of: Path) -> Path:
    """Write a random BERT of two layers into `folder`, which reads 256 tokens at most, and texts, not messages."""
    config = BertConfig()
    small(config)
    _saved_tokenizer(folder, config, tokenizer_of, chat_template=None, model_max_length=256)
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder)
    return folder


def _saved_tokenizer(folder: Path, config: PreTrainedConfig, tokenizer_of: Path, **own: Any) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_of)
    for name, value in own.items():
        setattr(tokenizer, name, value)
    tokenizer.save_pretrained(folder)
    config.vocab_size = len(tokenizer)
    config.pad_token_id = tokenizer.pad_token_id
    return tokenizer


# --- in place of an experiment's ----------------------------------------------------------------------


def stand_ins(project: Project, experiment: Experiment, backbones: Iterable[str], default: str, folder: Path) -> Small:
    """Small models for these backbones, for each architecture of the experiment's one, and an encoder.

    They are written below `folder`, if they are not there. A backbone that is not on this disk has the architecture of
    which its name tells, and the tokenizer of the backbone `default`, which is there.
    """
    logging.disable_progress_bar()
    folders, words, kept = {}, {}, {}
    for name in backbones:
        weights = project.backbones[name].weights
        if weights is None:
            kept[name] = name
            continue
        base = weights.backbone if isinstance(weights, AdapterWeights) else name
        folders[name], kind, words[name] = _small_backbone(project, base, default, folder)
        known = kept.get(kind)
        if name in experiment.backbones and (known is None or known in experiment.untrained):
            kept[kind] = name
    encoder = folder / "encoder"
    if not (encoder / "model.safetensors").is_file():
        tokenizer = project.model_at_hand(default)
        assert tokenizer is not None  # it was fetched before
        write_encoder(encoder, tokenizer)
    asked = [name for name in experiment.backbones if name in kept.values()]
    told = [f"{name}: {words[name]}" for name in asked if name in words]
    if alike := [name for name in experiment.backbones if name not in asked]:
        told.append(f"backbones of an architecture that another one has: {', '.join(alike)}")
    return Small(folders, encoder, asked, told)


def _small_backbone(project: Project, name: str, default: str, folder: Path) -> tuple[Path, str, str]:
    """The folder of a small model in place of a backbone, its model type, and what it is, in words."""
    like, other = project.model_at_hand(name), project.model_at_hand(default)
    assert other is not None
    named = None if like else architecture_of(getattr(project.backbones[name].weights, "repository", ""))
    kind = named or str(atomic.read_json((like or other) / "config.json")["model_type"])
    made = folder / text_sha256(f"{kind} {like}")[:8]
    if not (made / "model.safetensors").is_file():
        write_backbone(made, kind, None if named else like or other, like or other)
    guessed = "" if like or named else ", since its name tells of no other"
    return made, kind, f"two random layers of {kind}{guessed}, with the tokenizer of {name if like else default}"
