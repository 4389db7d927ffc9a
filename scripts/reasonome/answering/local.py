"""Answers from a local transformers model: batched by length, left-padded, streamed batch by batch.

Samples of one question stand side by side, and a batch reads a question once.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, DynamicCache, GenerationConfig, LogitsProcessor, LogitsProcessorList
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from reasonome.answering.engine import Completion, Drawn, Span, check_answers, completions, seed_of
from reasonome.answering.precision import DTYPES
from reasonome.config import Decoding
from reasonome.prompts.chat_template import end_tokens, load_tokenizer

# What a model's folder may ask for in its generation config, which transformers fills in, and the value that does
# nothing: only a decoding says how answers are drawn, whichever engine draws them.
_WITHOUT_EFFECT = {
    "repetition_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "num_beams": 1,
    "min_length": 0,
    "min_new_tokens": 0,
    "min_p": 0.0,
    "typical_p": 1.0,
    "epsilon_cutoff": 0.0,
    "eta_cutoff": 0.0,
}


class ChosenLogprobs(LogitsProcessor):
    """Adds up the log-probability of the chosen tokens without keeping every step's logits.

    It sees the raw logits, before temperature, so values of greedy and sampled answers compare; or, with a
    `temperature`, what tokens are drawn by.
    """

    def __init__(self, prompt_length: int, temperature: float = 1.0):
        self._prompt_length, self._temperature = prompt_length, temperature
        self._last = torch.empty(0)
        self.chosen: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Note the last chosen tokens' log-probabilities, and the scores that the next ones are chosen by."""
        if input_ids.shape[1] > self._prompt_length:
            self.take(input_ids[:, -1])
        self._last = torch.log_softmax(scores.float() / self._temperature, dim=-1)
        return scores

    def take(self, tokens: torch.Tensor) -> None:
        """Note the log-probability of the tokens chosen in the last step."""
        self.chosen.append(self._last.gather(1, tokens[:, None])[:, 0])


def load(folder: Path, precision: str):
    """Model ("bf16" or "fp32") and left-padding tokenizer of a model folder."""
    check_answers(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=DTYPES[precision])
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()  # pyright: ignore[reportArgumentType]
    tokenizer = load_tokenizer(folder, padding_side="left")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer


def generate(
    model,
    tokenizer,
    prompts: Sequence[str],
    decoding: Decoding,
    skip: Collection[int] = (),
    span: Span | None = None,
) -> Iterator[tuple[int, list[tuple[int, Completion]]]]:
    """As `engine.completions`; each batch is seeded by its number, so that a job that goes on draws the same."""
    own = model.generation_config
    config = GenerationConfig(
        **{name: value for name, value in _WITHOUT_EFFECT.items() if getattr(own, name, None) is not None},
        max_new_tokens=decoding.max_new_tokens,
        do_sample=decoding.temperature > 0,
        **({"temperature": decoding.temperature, "top_p": decoding.top_p, "top_k": 0} if decoding.temperature else {}),
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=end_tokens(own.eos_token_id, tokenizer.eos_token_id),
        use_cache=True,
    )

    def draw(number: int, positions: list[int], ids: list[list[int]]) -> list[Drawn]:
        torch.manual_seed(seed_of(decoding.seed, number))
        inputs = tokenizer.pad({"input_ids": ids}, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            return _drawn(model, inputs, _read_once(model, inputs, ids), config)

    return completions(tokenizer, prompts, decoding.batch_size, draw, skip, span)


def _read_once(model, inputs: Mapping[str, torch.Tensor], prompts: Sequence[Sequence[int]]) -> dict[str, DynamicCache]:
    """The keys and values of a batch's prompts but for their last tokens, each prompt read once; none if all differ."""
    numbers: dict[tuple[int, ...], int] = {}
    places = [numbers.setdefault(tuple(prompt), len(numbers)) for prompt in prompts]
    if len(numbers) == len(prompts) or inputs["input_ids"].shape[1] == 1 or not cache_can_be_copied(model):
        return {}
    first = [places.index(number) for number in numbers.values()]
    ids, attended = (inputs[name][first, :-1] for name in ("input_ids", "attention_mask"))
    positions = (attended.cumsum(1) - 1).clamp(min=0)
    read = model(input_ids=ids, attention_mask=attended, position_ids=positions, use_cache=True, logits_to_keep=1)
    read.past_key_values.batch_select_indices(torch.tensor(places, device=ids.device))
    return {"past_key_values": read.past_key_values}


def cache_can_be_copied(model) -> bool:
    """Whether what a model has read of a prompt is keys and values alone, which serve several rows.

    Layers with a state (linear attention, convolutions, Mamba) keep no such, and a folder may ask for a cache of
    another kind in its generation config.
    """
    if model.generation_config.cache_implementation is not None:
        return False
    layers = DynamicCache(config=model.config.get_text_config(decoder=True)).layers
    return bool(layers) and all(type(layer) in (DynamicLayer, DynamicSlidingWindowLayer) for layer in layers)


def _drawn(
    model, inputs: Mapping[str, torch.Tensor], read: Mapping[str, DynamicCache], config: GenerationConfig
) -> list[Drawn]:
    """The model's continuations of left-padded prompts; `read` is of `_read_once`."""
    width = inputs["input_ids"].shape[1]
    logprobs = ChosenLogprobs(width)
    watching = LogitsProcessorList([logprobs])
    output = model.generate(**inputs, **read, generation_config=config, logits_processor=watching)
    logprobs.take(output[:, -1])
    ends = torch.tensor(config.eos_token_id)
    drawn = []
    for tokens, chosen in zip(output[:, width:].cpu(), torch.stack(logprobs.chosen, dim=1), strict=True):
        stops = torch.isin(tokens, ends).nonzero()
        length = int(stops[0]) + 1 if len(stops) else len(tokens)
        kept = chosen[:length]
        reason = "stop" if len(stops) else "length"
        drawn.append(Drawn(tokens[:length].tolist(), kept.tolist(), float(kept.sum()), reason))
    return drawn
