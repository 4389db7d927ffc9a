"""What fits in memory: the largest micro batch, the longest text, found by training on rows that hold nothing.

On a GPU trials are made from the largest down, halving where memory runs out. On a CPU, where running out ends the job,
what two small trials allocate is counted, and larger ones are reckoned from it. All processes take what fits the least
of them.
"""

import gc
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import torch
from accelerate import PartialState
from peft import get_peft_model
from torch.profiler import ProfilerActivity, profile
from trl.trainer import add_fused_lm_head

from reasonome.config import TrainingSettings
from reasonome.core import atomic, memory_limits
from reasonome.core.errors import InputError
from reasonome.training import adapters, lm_head, processes, recomputation, sharding
from reasonome.training.launcher import MEMORY_MB

FILE = "fitted.json"
SHARE = 0.9  # of the memory that is there: the allocator's fragments and other processes need some
ADAM_BYTES = 8  # per trained weight: two moments in fp32
BUCKET_BYTES = 4  # per trained weight: the gradients once more, as several processes add them up without sharding
REFERENCE_BYTES = 4  # per weight: GRPO's reference model; with an adapter it is the model without that
SHORTEST = 32  # tokens, as the least max_length of a recipe
PIECE = 32  # tokens: lengths are whole multiples
FIRST = 16  # tokens in a trial that makes gradients, and what libraries set up once
MEASURED = (128, 256)  # tokens in the trials on a CPU
ALLOCATION = "[memory]"  # an event of PyTorch's profiler
# A process grew by up to 2.8 times what its tensors take at once with TRL's head: SmolLM2-135M, 2 and 4 rows of
# changing length, freed memory kept as jobs keep it (glibc 2.36).
FRAGMENTS = 2.9


@dataclass(frozen=True)
class Fitted:
    """Rows that pass through at once, and the longest text in tokens."""

    micro_batch_size: int
    max_length: int


def fit(
    load: Callable[[], Any], recipe: TrainingSettings, longest: int, folder: Path, resumed: bool, taken: float = 0
) -> Fitted:
    """Micro batch and length for `recipe`, whose longest text has `longest` tokens.

    `taken` is the share of a GPU's memory that something beside training will have.

    `load` gives a model to try on; it is thrown away. What is found is written to `folder`, and is what a `resumed` job
    takes, so that it goes on as it was; where its share of the batch is another, rows are found again and the length,
    which decides what is trained on, stays. InputError where not one row of the least length fits.
    """
    auto_rows, auto_length = recipe.micro_batch_size == "auto", getattr(recipe, "max_length", None) == "auto"
    if not (auto_rows or auto_length) or not longest:
        return Fitted(1 if auto_rows else recipe.micro_batch_size, longest)
    each = recipe.batch_size // processes.count()
    before = _before(folder / FILE) if resumed else None
    if before and each % before.micro_batch_size == 0:
        return before
    if sharding.asked() == "zero3":
        raise InputError(
            "'auto' is found before the weights are spread over processes, which is what zero3 is for",
            field="micro_batch_size" if auto_rows else "max_length",
            fix="give a number: start with 1 row, and see gpu_peak_memory_gb in run.json",
        )
    # Processes must be able to agree before the trainer is there.
    PartialState(cpu=not torch.cuda.is_available())
    with torch.random.fork_rng():
        if before:
            longest, auto_length = before.max_length, False
        rows, length = _search(load(), recipe, longest, auto_length, each, taken)
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()  # for the trainer, and what shares the GPU with it
    if not rows or not length:
        raise InputError(
            f"not one row of {length or SHORTEST} tokens fits in the memory of a process"
            + (f", beside the {taken:.0%} of its GPU that are vLLM's" if taken else ""),
            field="micro_batch_size" if auto_rows else "max_length",
            fix="gradient_checkpointing: true, an adapter, a smaller max_length, or more memory in resources.yaml",
        )
    found = Fitted(rows, length)
    if processes.is_first():
        atomic.write_json(folder / FILE, asdict(found))
        print(f"fits in memory: {rows} rows at once, of up to {length} tokens", flush=True)
    return found


def _search(
    model, recipe: TrainingSettings, longest: int, auto_length: bool, each: int, taken: float
) -> tuple[int, int]:
    """Rows and length that all processes can train on (`longest` without `auto_length`); 0 for what does not fit."""
    on_gpu = torch.cuda.is_available()
    fits = _trial_on_gpu(model, recipe, taken) if on_gpu else _reckoned_on_cpu(model, recipe)
    rows = 1 if recipe.micro_batch_size == "auto" else recipe.micro_batch_size
    length = longest
    if auto_length:
        length = _least(longest_that_fits(longest, lambda n: fits(rows, n)))
    if recipe.micro_batch_size == "auto" and length:
        rows = _least(most_that_fit(each, lambda n: fits(n, length)))
    return rows, length


def _before(path: Path) -> Fitted | None:
    return Fitted(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def most_that_fit(most: int, fits: Callable[[int], bool]) -> int:
    """The largest divisor of `most` that fits, tried from the largest down; 0 if none does."""
    divisors = [n for n in range(most, 0, -1) if most % n == 0]
    return next((n for n in divisors if fits(n)), 0)


def longest_that_fits(longest: int, fits: Callable[[int], bool]) -> int:
    """`longest` if it fits, or else the largest multiple of PIECE below that does; 0 if not even SHORTEST fits."""
    if fits(longest):
        return longest
    low, high = 0, -(-longest // PIECE)  # in pieces: what fits, and what does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle * PIECE) else (low, middle)
    return low * PIECE if low * PIECE >= SHORTEST else 0


def _least(value: int) -> int:
    """The least of all processes' values."""
    return min(processes.of_all(value))


def _trial(model, recipe: TrainingSettings) -> Callable[[int, int], None]:
    """A function that trains on rows × tokens, but for the step; gradients stay, as they do between micro batches.

    The head is TRL's, which never holds the logits of all tokens.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    trained = get_peft_model(model, adapters.configuration(recipe.adapter)) if recipe.adapter else model
    add_fused_lm_head(model, outputs=("log_probs", "entropy", "is_top1"))
    trained.to(device).train()
    if recipe.gradient_checkpointing:
        recomputation.enable(model)
        model.enable_input_require_grads()

    def trial(rows: int, length: int) -> None:
        ids = torch.ones(rows, length, dtype=torch.long, device=device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=recipe.precision == "bf16"):
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


def _trial_on_gpu(model, recipe: TrainingSettings, taken: float) -> Callable[[int, int], bool]:
    """Whether rows × tokens fit, by trial on what is left of a GPU: beside gradients, and room for what is to come."""
    trial = _trial(model, recipe)
    _, total = torch.cuda.mem_get_info()
    held = _bytes_beside(model, recipe) + int((1 - SHARE + taken) * total)

    def fits(rows: int, length: int) -> bool:
        try:
            trial(1, FIRST)
            others = torch.empty(held, dtype=torch.uint8, device="cuda")
            trial(rows, length)
            del others
        except torch.OutOfMemoryError:
            return False
        finally:
            gc.collect()
            torch.cuda.empty_cache()
        return True

    return fits


def _reckoned_on_cpu(model, recipe: TrainingSettings) -> Callable[[int, int], bool]:
    """Whether rows × tokens fit, reckoned from what two trials of one row allocate beside what the process has.

    Trials have TRL's head. Tensors of ours take far less, but processes grew by up to 5.3 times of them: never by more
    than .75 of what is reckoned so (SmolLM2-135M, 512 to 2,048 tokens).
    """
    trial = _trial(model, recipe)
    with lm_head.left_to_trl():
        trial(1, FIRST)
        peaks = [FRAGMENTS * allocated_peak(lambda size=size: trial(1, size)) for size in MEASURED]
    per_token = (peaks[1] - peaks[0]) / (MEASURED[1] - MEASURED[0])
    fixed = _held() + peaks[1] - per_token * MEASURED[1] + _bytes_beside(model, recipe)
    there = SHARE * memory_limit()
    return lambda rows, length: fixed + per_token * rows * length <= there


def allocated_peak(run: Callable[[], Any]) -> int:
    """The most bytes of tensors on the CPU that `run` held at once, of those it made.

    The process's own memory would not show them: it grows only where what earlier work freed is used up.
    """
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        run()
    held = peak = 0
    for event in profiler.profiler.kineto_results.events():  # in the order of time
        if event.name() == ALLOCATION:
            held += event.nbytes()  # below zero where memory is freed
            peak = max(peak, held)
    return peak


def memory_limit() -> float:
    """Bytes that this process may have: its share of what is free, of what the launcher was told, of control groups."""
    sharing = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    free = psutil.virtual_memory().available / sharing + _held()
    told = [float(os.environ[MEMORY_MB]) * 2**20] if MEMORY_MB in os.environ else []
    return min([free, *(limit / sharing for limit in (*told, *memory_limits.control_group_limits()))])


def _held() -> int:
    """Bytes of memory that this process has."""
    return psutil.Process().memory_info().rss
