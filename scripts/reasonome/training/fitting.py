"""The largest micro batch that fits on a GPU, found by training on rows that hold nothing.

Trials are made from the largest down. All processes take what fits the least of them. On a CPU, where running out of
memory ends the job, nothing is tried: rows pass one at a time.
"""

import gc
import math
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import torch
from accelerate import PartialState
from peft import get_peft_model
from transformers import PreTrainedModel
from trl.trainer.utils import add_fused_lm_head

from reasonome.answering.precision import DTYPES
from reasonome.config import Recipe
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.training import adapters, kernels, processes, sharding

FILE = "fitted.json"
WAIT = timedelta(minutes=30)  # for other processes: a trainer's own, which finds the group open; NCCL's would be 10
SHARE = 0.9  # of the memory that is there: the allocator's fragments and other processes need some
ADAM_BYTES = 8  # per trained weight: two moments in fp32
BUCKET_BYTES = 4  # per trained weight: the gradients once more, as several processes add them up without sharding
REFERENCE_BYTES = 4  # per weight: GRPO's reference model; with an adapter it is the model without that
# Under DeepSpeed, of which processes share these: per trained weight a copy in fp32, its gradient, and the moments.
SHARED_BYTES = 4 + 4 + ADAM_BYTES
BUCKETS = 2 * 500_000_000  # numbers in what gradients pass through under zero2: twice DeepSpeed's `reduce_bucket_size`
# What the error says where memory ran out: of torch's allocator, the driver and Triton; of cuBLAS; of cuDNN.
OUT_OF_MEMORY = (
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_NOT_INITIALIZED",  # no room for its workspace
    "CUDNN_STATUS_ALLOC_FAILED",
)
Tokens = Callable[[int], int]  # rows → tokens of so many at once, at most
GPU_BYTES = 85e9  # of a GPU of 80 GB, as its driver counts them
# Under zero3, with recomputation: weights at most → tokens that pass at once through such a GPU (estimates).
SPREAD_TOKENS = ((4 * 10**9, 32_768), (9 * 10**9, 16_384), (80 * 10**9, 4_096))
FIRST = 16  # tokens in a trial that makes gradients
# Tokens that keep a GPU busy: where as many pass without recomputation, that would cost a third more time for nothing.
BUSY_TOKENS = 4_096


def fit(
    load: Callable[[], PreTrainedModel],
    recipe: Recipe,
    longest: int,
    folder: Path,
    resumed: bool,
    tokens: Tokens | None = None,
) -> tuple[int, bool]:
    """Rows of up to `longest` tokens that pass through at once: the recipe's number, or for "auto" the most that fit;
    and whether activations are computed again: as the recipe says, or for "auto" where few tokens fit without it.

    `load` gives a model to try on; it is thrown away. Rows that share something have fewer `tokens`. vLLM has nothing
    of a GPU while rows pass: it sleeps. The number is written to `folder`, where a `resumed` job finds it, so that it
    goes on as it was, or with a part of that where its GPUs are smaller. Where its share of the batch is another, rows
    are found again. InputError where not one row fits.
    """
    recomputed = bool(recipe.gradient_checkpointing)
    if recipe.micro_batch_size != "auto" or not longest:
        return 1 if recipe.micro_batch_size == "auto" else recipe.micro_batch_size, recomputed
    most, file = recipe.batch_size // processes.count(), folder / FILE
    if resumed and file.is_file():
        before = atomic.read_json(file)["micro_batch_size"]
        most = before if most % before == 0 else most
    given, tokens = recipe.gradient_checkpointing, tokens or (lambda rows: rows * longest)
    rows, recomputed = 1, given is True
    if torch.cuda.is_available():
        rows = 0
        for again in (False, True) if given == "auto" else (given,):
            fit_so = _most_on_gpus(load, recipe, tokens, most, again)
            gc.collect()
            torch.cuda.empty_cache()  # for the trainer, and what shares the GPU with it
            if fit_so > rows:
                rows, recomputed = fit_so, again
            if rows == most or tokens(rows) >= BUSY_TOKENS:
                break
    if not rows:
        raise InputError(
            f"not one row of {longest} tokens fits in the memory of a GPU",
            field="micro_batch_size",
            fix="gradient_checkpointing: auto, an adapter, a smaller max_length, or a larger GPU in resources.yaml",
        )
    if processes.is_first():
        atomic.write_json(file, {"micro_batch_size": rows})
        print(f"rows of up to {longest} tokens at once: {rows}", flush=True)
    return rows, recomputed


def _most_on_gpus(
    load: Callable[[], PreTrainedModel], recipe: Recipe, tokens: Tokens, most: int, recomputed: bool
) -> int:
    """The largest divisor of `most` rows that the GPUs of all processes hold; 0 for none."""
    PartialState(timeout=WAIT)  # processes must be able to agree before the trainer is there
    with torch.random.fork_rng():
        fits = _trial_on_gpu(load(), recipe, recomputed)
        return min(processes.gather(most_that_fit(most, lambda rows: fits(rows, math.ceil(tokens(rows) / rows)))))


def gpu_bytes() -> float:
    """The memory of this process's GPU; without one that of the GPU which estimates are for."""
    return torch.cuda.get_device_properties().total_memory if torch.cuda.is_available() else GPU_BYTES


def most_when_spread(weights: int, tokens: Tokens, most: int, gpu_bytes: float) -> int:
    """The largest divisor of `most` rows whose `tokens` pass under zero3, where no trial is made; 1 at least.

    Trials would need the weights whole, before they are spread over processes.
    """
    fitting = next((fitting for largest, fitting in SPREAD_TOKENS if weights <= largest), 0)
    return most_that_fit(most, lambda rows: tokens(rows) <= fitting * gpu_bytes / GPU_BYTES) or 1


def most_that_fit(most: int, fits: Callable[[int], bool]) -> int:
    """The largest divisor of `most` that fits, tried from the largest down; 0 if none does."""
    divisors = [n for n in range(most, 0, -1) if most % n == 0]
    return next((n for n in divisors if fits(n)), 0)


def add_head(model) -> None:
    """Give a model the head of SFT: `model(…, labels=…, fused_lm_head=True)` gives no logits but `log_probs`."""
    add_fused_lm_head(model, outputs=("log_probs", "entropy", "is_top1"))


def _trial(model, recipe: Recipe, recomputed: bool) -> Callable[[int, int], None]:
    """A function that trains on rows × tokens without a step; gradients stay, as they do between micro batches."""
    adapter = adapters.configuration(recipe.adapter)
    trained = get_peft_model(model, adapter) if adapter else model
    add_head(model)
    if sharding.chosen() == "zero2":
        _hold_as_zero2(trained, DTYPES[recipe.precision])
    trained.to("cuda").train()
    if recomputed:
        kernels.recompute(model)
        model.enable_input_require_grads()

    def trial(rows: int, length: int) -> None:
        ids = torch.ones(rows, length, dtype=torch.long, device="cuda")
        with torch.autocast("cuda", dtype=torch.bfloat16, enabled=recipe.precision == "bf16"):
            out = trained(input_ids=ids, attention_mask=ids, labels=ids, fused_lm_head=True, use_cache=False)
        (-out.log_probs.sum()).backward()

    return trial


def _hold_as_zero2(model, precision: torch.dtype) -> None:
    """Let a model hold what a process does under zero2: weights in `precision`, and no gradient once it is summed."""
    for weight in model.parameters():
        if weight.is_floating_point():
            weight.data = weight.data.to(precision)
        if weight.requires_grad:
            weight.register_post_accumulate_grad_hook(_let_go)


def _let_go(weight: torch.Tensor) -> None:
    weight.grad = None


def width(recipe: Recipe) -> int:
    """Bytes of a weight that DeepSpeed computes with: it casts them to the recipe's precision."""
    return 4 if recipe.precision == "fp32" else 2


def _bytes_beside(model, recipe: Recipe) -> int:
    """Memory of a process that no trial takes: the optimizer's moments, buckets of gradients, a reference model.

    Under zero2 also its part of weights and gradients in fp32.
    """
    weights = sum(weight.numel() for weight in model.parameters())
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    reference = weights if recipe.holds_parent and not recipe.adapter else 0
    if sharding.chosen() == "zero2":
        return SHARED_BYTES * trained // processes.count() + width(recipe) * (reference + BUCKETS)
    return REFERENCE_BYTES * reference + (ADAM_BYTES + (BUCKET_BYTES if processes.count() > 1 else 0)) * trained


def _trial_on_gpu(model, recipe: Recipe, recomputed: bool) -> Callable[[int, int], bool]:
    """A function that tries whether rows × tokens fit on a GPU, beside gradients and what training will need later."""
    trial = _trial(model, recipe, recomputed)
    _, total = torch.cuda.mem_get_info()
    held = _bytes_beside(model, recipe) + int((1 - SHARE) * total)

    def fits(rows: int, length: int) -> bool:
        try:
            trial(1, FIRST)
            others = torch.empty(held, dtype=torch.uint8, device="cuda")
            trial(rows, length)
            del others
        except RuntimeError as error:
            if not any(sign in str(error) for sign in OUT_OF_MEMORY):
                raise
            return False
        finally:
            gc.collect()
            torch.cuda.empty_cache()
        return True

    return fits
