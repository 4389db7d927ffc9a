"""Answers from a model folder through vLLM: tensor parallel over the visible GPUs, prompts of one beginning shared."""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from transformers import AutoConfig

from reasonome.answering.engine import Completion, Drawn, Span, check_answers, completions, seed_of
from reasonome.config import Decoding
from reasonome.core.errors import InputError
from reasonome.facts.fetching.weights import weight_files
from reasonome.prompts.chat_template import configured_ends, end_tokens, load_tokenizer

# vLLM puts its own batches together. What is handed over at once bounds what a killed job has to do again, and each
# request has a seed of its own, so that nothing depends on which ones run side by side.
_AT_ONCE = 1024


def load(folder: Path, precision: str, **settings):
    """vLLM's model ("bf16" or "fp32") and the tokenizer of a model folder; InputError where vLLM is not installed.

    `settings` are arguments of vLLM's own, and win over those chosen here.
    """
    check_answers(folder)
    # vLLM would else send statistics of its use.
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    # A worker that is forked cannot use a GPU that this process has already touched.
    os.environ.setdefault("VLLM_WORKER_MULTIPROC_METHOD", "spawn")
    try:
        from vllm import LLM  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise InputError(
            f"engine 'vllm' needs the package vllm: {error}",
            file="backbones.yaml",
            field="engine",
            fix="run it in the environment of envs/gpu.lock (docs/environments.md), or leave out `engine: vllm`",
        ) from None
    chosen = {
        "dtype": {"bf16": "bfloat16", "fp32": "float32"}[precision],
        "tensor_parallel_size": shards(folder),
        "enable_prefix_caching": True,
        # The longest that fits: room for a whole context of 128k tokens is more than many GPUs have.
        "max_model_len": -1,
        "logprobs_mode": "raw_logprobs",  # before temperature, as the other engine's
    }
    return LLM(model=str(folder), **(chosen | settings)), load_tokenizer(folder)


def shards(folder: Path) -> int:
    """The most visible GPUs over which vLLM can spread the model; 1 on a machine without."""
    import torch

    return max(possible_shards(folder, max(1, torch.cuda.device_count())))


def possible_shards(folder: Path, most: int) -> list[int]:
    """The numbers of GPUs, ascending from 1 to `most`, over which vLLM can spread the model; needs no vLLM."""
    config = AutoConfig.from_pretrained(folder).get_text_config()
    heads, width = config.num_attention_heads, getattr(config, "intermediate_size", None) or 0
    shared = getattr(config, "num_key_value_heads", None) or heads
    # Each GPU gets as many heads and as wide a layer; a key-value head may be on several.
    even = [n for n in range(1, most + 1) if heads % n == 0 and width % n == 0]
    return [n for n in even if shared % n == 0 or n % shared == 0]


def tensor_parallel(model: Path, share: float, processes: int) -> int:
    """Over how many of a node's `processes` each engine spreads: as few as let the weights take half of its share.

    Each process is an engine of its own at 1, which is fastest. `share` (of one GPU) is in bytes.
    """
    weights = weight_bytes(model)
    possible = [n for n in possible_shards(model, processes) if processes % n == 0]
    return next((n for n in possible if weights / n <= share / 2), possible[-1])


def weight_bytes(model: Path) -> int:
    """The size of a model's weights on disk, in bytes."""
    return sum(path.stat().st_size for path in weight_files(model))


def generate(
    model,
    tokenizer,
    prompts: Sequence[str],
    decoding: Decoding,
    skip: Collection[int] = (),
    span: Span | None = None,
) -> Iterator[tuple[int, list[tuple[int, Completion]]]]:
    """As `engine.completions`."""
    from vllm import TokensPrompt  # pyright: ignore[reportMissingImports]

    ends = end_tokens(configured_ends(tokenizer.name_or_path), tokenizer.eos_token_id)

    def draw(number: int, positions: list[int], ids: list[list[int]]) -> list[Drawn]:
        outputs = model.generate(
            [TokensPrompt(prompt_token_ids=tokens) for tokens in ids],
            [_sampling(decoding, position, ends) for position in positions],
        )
        return [_drawn(*output.outputs) for output in outputs]

    return completions(tokenizer, prompts, max(decoding.batch_size, _AT_ONCE), draw, skip, span)


def _sampling(decoding: Decoding, position: int, ends: list[int]):
    from vllm import SamplingParams  # pyright: ignore[reportMissingImports]

    return SamplingParams(
        max_tokens=decoding.max_new_tokens,
        temperature=decoding.temperature,
        top_p=decoding.top_p if decoding.temperature else 1.0,
        seed=seed_of(decoding.seed, position) if decoding.temperature else None,
        logprobs=0,  # of the chosen token alone
        detokenize=False,  # the tokenizer does that below, as for the other engine
        stop_token_ids=ends,
    )


def _drawn(made) -> Drawn:
    tokens = list(made.token_ids)
    logprobs = [candidates[token].logprob for candidates, token in zip(made.logprobs, tokens, strict=True)]
    return Drawn(tokens, logprobs, sum(logprobs), made.finish_reason or "")
