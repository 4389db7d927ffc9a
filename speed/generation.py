"""Generation for evaluation with the 135M model: one prompt at a time, in batches, and as the pipeline does it.

snakemake --cores 2 results/prompts/demo-go.demo-names/test.jsonl results/models/smollm2-135m/base/manifest.json
python speed/generation.py                   # takes the GPU where there is one, and vLLM where it is installed

Greedy answers to the demo's test prompts, in the precision that this machine is faster in; the prompts are tokenized in
all times, loading the model in none.

theirs: `model.generate` for one prompt after another.
plain:  `model.generate` for left-padded batches of the decoding's size, in the order of the prompts.
ours:   reasonome.answering.local, and reasonome.answering.vllm_engine.

In bf16 greedy answers depend on what a prompt is batched with: of two tokens that are equally likely to three digits
either may win. The share of equal answers is printed, also between theirs and plain.
"""

import gc
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import torch
from measuring import CUDA, Check, Inputs, Speed, median_seconds, parser, report

from reasonome.answering import local, precision
from reasonome.config import Decoding
from reasonome.core.errors import run_program
from reasonome.prompts.chat_template import render

# Times as fast as theirs. One prompt at a time waits for memory and a batch for products, which take longer in fp32:
# what batches gain there depends on which of the two a machine is good at.
LEAST_CPU, LEAST_VLLM = {"bf16": 7, "fp32": 5}, 20


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--model", type=Path, help="another model folder, with manifest.json and model/")
    arguments.add_argument("--prompts", type=int, default=64)
    arguments.add_argument("--tokens", type=int, default=48, help="new ones, at most (%(default)s)")
    arguments.add_argument("--times", type=int, default=3, help="runs of each way, of which the median counts")
    given = arguments.parse_args()
    inputs = Inputs(given.config, given.results)
    folder = (given.model or inputs.backbone()) / "model"
    decoding = inputs.project.decodings["greedy"].model_copy(update={"max_new_tokens": given.tokens})
    chosen = precision.choose("auto")
    model, tokenizer = local.load(folder, chosen)
    prompts = prompt_texts(inputs, tokenizer, given.prompts)
    one_by_one(model, tokenizer, prompts[:1], decoding)  # warms up
    ways = {
        "theirs": lambda: one_by_one(model, tokenizer, prompts, decoding),
        "plain": lambda: unsorted_batches(model, tokenizer, prompts, decoding),
        "ours": lambda: pipeline(local, model, tokenizer, prompts, decoding),
    }
    seconds, texts = median_seconds(ways, given.times)
    device = "GPU" if CUDA else "CPU"
    unit = "prompts/s"
    rates = {way: len(prompts) / taken for way, taken in seconds.items()}
    local_bound = None if CUDA else LEAST_CPU[chosen]
    speeds = [Speed(f"generation, {device}", unit, *(rates[way] for way in ways), local_bound)]
    if CUDA and importlib.util.find_spec("vllm"):
        model = None
        gc.collect()
        torch.cuda.empty_cache()
        rates["vllm"], texts["vllm"] = with_vllm(folder, chosen, prompts, decoding, given.times)
        speeds.append(
            Speed(f"generation, {device}, vLLM", unit, rates["theirs"], rates["plain"], rates["vllm"], LEAST_VLLM)
        )
    return report(speeds, list(equal_shares(texts)), given.rows)


def prompt_texts(inputs: Inputs, tokenizer, wanted: int) -> list[str]:
    """The first prompts of the demo's test split, as text."""
    examples = inputs.examples("test")[:wanted]
    return [render(tokenizer, inputs.task.prompt(each, inputs.style).messages) for each in examples]


@torch.inference_mode()
def one_by_one(model, tokenizer, prompts: Sequence[str], decoding: Decoding) -> list[str]:
    texts = []
    for prompt in prompts:
        inputs = tokenizer(prompt, add_special_tokens=False, return_tensors="pt").to(model.device)
        texts += written(model, tokenizer, inputs, decoding)
    return texts


@torch.inference_mode()
def unsorted_batches(model, tokenizer, prompts: Sequence[str], decoding: Decoding) -> list[str]:
    texts = []
    for start in range(0, len(prompts), decoding.batch_size):
        batch = list(prompts[start : start + decoding.batch_size])
        inputs = tokenizer(batch, add_special_tokens=False, padding=True, return_tensors="pt").to(model.device)
        texts += written(model, tokenizer, inputs, decoding)
    return texts


def written(model, tokenizer, inputs, decoding: Decoding) -> list[str]:
    output = model.generate(
        **inputs, max_new_tokens=decoding.max_new_tokens, do_sample=False, pad_token_id=tokenizer.pad_token_id
    )
    return tokenizer.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


def pipeline(engine, model, tokenizer, prompts: Sequence[str], decoding: Decoding) -> list[str]:
    """The answers as generation for evaluation gets them, log-probabilities included."""
    texts = [""] * len(prompts)
    for _, batch in engine.generate(model, tokenizer, prompts, decoding):
        for position, completion in batch:
            texts[position] = completion.text
    return texts


def with_vllm(
    folder: Path, chosen: str, prompts: Sequence[str], decoding: Decoding, times: int
) -> tuple[float, list[str]]:
    """Prompts a second and the answers of the other engine."""
    from reasonome.answering import vllm_engine

    model, tokenizer = vllm_engine.load(folder, chosen)
    pipeline(vllm_engine, model, tokenizer, prompts[:1], decoding)  # warms up
    work = {"ours, vLLM": lambda: pipeline(vllm_engine, model, tokenizer, prompts, decoding)}
    seconds, texts = median_seconds(work, times)
    return len(prompts) / seconds["ours, vLLM"], texts["ours, vLLM"]


def equal_shares(texts: dict[str, list[str]]):
    """How many answers are the same, to the last character, as those to one prompt at a time."""
    for way in [way for way in texts if way != "theirs"]:
        same = sum(one == other for one, other in zip(texts["theirs"], texts[way], strict=True))
        yield Check(f"generation: answers equal to theirs, {way}", f"{same / len(texts[way]):.0%}")


if __name__ == "__main__":
    run_program(main)
