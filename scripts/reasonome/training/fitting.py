"""How many rows fit in memory at once, found by training on rows that hold nothing.

On a GPU trials are made from the largest number down. All processes take what fits the least of them. On a CPU, where
running out of memory ends the job, nothing is tried: rows pass one at a time.
"""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from peft import get_peft_model
from trl.trainer import add_fused_lm_head

from reasonome.config import TrainingSettings
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.training import adapters, processes, recomputation, sharding

FILE = "fitted.json"
SHARE = 0.9  # of the memory that is there: the allocator's fragments and other processes need some
ADAM_BYTES = 8  # per trained weight: two moments in fp32
BUCKET_BYTES = 4  # per trained weight: the gradients once more, as several processes add them up without sharding
REFERENCE_BYTES = 4  # per weight: GRPO's reference model; with an adapter it is the model without that
FIRST = 16  # tokens in a trial that makes gradients


def fit(
    load: Callable[[], Any], recipe: TrainingSettings, longest: int, folder: Path, resumed: bool, taken: float = 0
) -> int:
    """The micro batch of `recipe`, whose longest row has `longest` tokens.

    `taken` is the share of a GPU's memory that something beside training will have. `load` gives a model to try on; it
    is thrown away. What is found is written to `folder`, and is what a `resumed` job takes, so that it goes on as it
    was, but where its share of the batch is another. InputError where not one row fits.
    """
    if recipe.micro_batch_size != "auto":
        return recipe.micro_batch_size
    each, file = recipe.batch_size // processes.count(), folder / FILE
    if resumed and file.is_file() and each % (before := atomic.read_json(file)["micro_batch_size"]) == 0:
        return before
    rows = _tried(load, recipe, longest, each, taken) if torch.cuda.is_available() else 1
    if not rows:
        raise InputError(
            f"not one row of {longest} tokens fits in the memory of a GPU"
            + (f", beside the {taken:.0%} of it that are vLLM's" if taken else ""),
            field="micro_batch_size",
            fix="gradient_checkpointing: true, an adapter, a smaller max_length, or a larger GPU in resources.yaml",
        )
    if processes.is_first():
        atomic.write_json(file, {"micro_batch_size": rows})
        print(f"rows of up to {longest} tokens at once: {rows}", flush=True)
    return rows


def _tried(load: Callable[[], Any], recipe: TrainingSettings, longest: int, each: int, taken: float) -> int:
    """The largest divisor of `each` that fits the GPUs of all processes; 0 if none does."""
    PartialState()  # processes must be able to agree before the trainer is there
    with torch.random.fork_rng():
        rows = min(processes.of_all(most_that_fit(each, _trial_on_gpu(load(), recipe, longest, taken))))
    gc.collect()
    torch.cuda.empty_cache()  # for the trainer, and what shares the GPU with it
    return rows


def most_that_fit(most: int, fits: Callable[[int], bool]) -> int:
    """The largest divisor of `most` that fits, tried from the largest down; 0 if none does."""
    divisors = [n for n in range(most, 0, -1) if most % n == 0]
    return next((n for n in divisors if fits(n)), 0)


def _trial(model, recipe: TrainingSettings) -> Callable[[int, int], None]:
    """A function that trains on rows × tokens, but for the step; gradients stay, as they do between micro batches."""
    trained = get_peft_model(model, adapters.configuration(recipe.adapter)) if recipe.adapter else model
    add_fused_lm_head(model, outputs=("log_probs", "entropy", "is_top1"))
    trained.to("cuda").train()
    if recipe.gradient_checkpointing:
        recomputation.enable(model)
        model.enable_input_require_grads()

    def trial(rows: int, length: int) -> None:
        ids = torch.ones(rows, length, dtype=torch.long, device="cuda")
        with torch.autocast("cuda", dtype=torch.bfloat16, enabled=recipe.precision == "bf16"):
            out = trained(input_ids=ids, attention_mask=ids, labels=ids, fused_lm_head=True, use_cache=False)
        (-out.log_probs.sum()).backward()

    return trial


def _bytes_beside(model, recipe: TrainingSettings) -> int:
    """What a process holds that no trial has: the optimizer's moments, buckets of gradients, a reference model."""
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    reference = 0
    if getattr(recipe, "beta", 0) and not recipe.adapter:
        reference = REFERENCE_BYTES * sum(weight.numel() for weight in model.parameters())
    if sharding.asked() == "zero2":
        return reference + ADAM_BYTES * trained // processes.count()
    return reference + (ADAM_BYTES + (BUCKET_BYTES if processes.count() > 1 else 0)) * trained


def _trial_on_gpu(model, recipe: TrainingSettings, longest: int, taken: float) -> Callable[[int], bool]:
    """Whether so many rows of `longest` tokens fit, by trial: beside gradients, and room for what is to come."""
    trial = _trial(model, recipe)
    _, total = torch.cuda.mem_get_info()
    held = _bytes_beside(model, recipe) + int((1 - SHARE + taken) * total)

    def fits(rows: int) -> bool:
        try:
            trial(1, FIRST)
            others = torch.empty(held, dtype=torch.uint8, device="cuda")
            trial(rows, longest)
            del others
        except torch.OutOfMemoryError:
            return False
        finally:
            gc.collect()
            torch.cuda.empty_cache()
        return True

    return fits
