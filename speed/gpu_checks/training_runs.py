"""Trainings of the 135M model as jobs start them: SFT by packing and kernels, jobs that are killed, DeepSpeed."""

import json
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import BACKBONE

from gpu_checks import made
from gpu_checks.finding import Finding, Here
from reasonome.core.manifest import folder_sha256

DIFFERENCE = 0.01  # between losses of two kinds of kernels
SAVED = 128 + signal.SIGTERM
WAIT_SECONDS = 240  # for a checkpoint


def losses(step: Path) -> list[float]:
    """The loss of each step that was logged."""
    entries = map(json.loads, (step / "history.jsonl").read_text(encoding="utf-8").splitlines())
    return [entry["loss"] for entry in entries if "loss" in entry]


def rate(run: dict[str, Any]) -> float:
    """Tokens a second of a run.json, the first steps included, which compile kernels."""
    return run["backward_tokens"] / run["train_seconds"]


def rates(run: dict[str, Any]) -> str:
    """Speed and memory of a run.json, in words."""
    gpu = f", {run['gpu_peak_memory_gb']:.1f} GB of the GPU at most" if "gpu_peak_memory_gb" in run else ""
    return f"{rate(run):,.0f} tokens/s{gpu}"


def sft(here: Here) -> Iterator[Finding]:
    """Packed and padded rows, with kernels of `auto` and plain ones.

    That texts of a packed row do not see one another each such training tests by itself, and fails otherwise.
    """
    project = made.project(here)
    batch = here.size(64, 4)
    ways = [("none", "auto"), ("separate", "auto")] + [("none", "plain")] * (not here.small)
    last = {}
    for number, (packing, kernels) in enumerate(ways):
        settings = {"packing": packing, "kernels": kernels, "batch_size": batch, "micro_batch_size": "auto"}
        steps = {"max_steps": here.size(24, 2), "save_steps": 1000}
        step = project.step(BACKBONE, f"sft.way{number}-s0", "sft", **settings, **steps)
        run = project.trained(step)
        printed = (step / "log.txt").read_text(encoding="utf-8")
        rows = re.search(r"rows of up to \d+ tokens at once: (\d+)", printed)
        what = f"packing {packing}, kernels {kernels}"
        enough = rate(run) >= 60_000
        yield here.compare("sft", "60,000 tokens/s or more", f"{what}: {rates(run)}", enough)
        fits = int(rows[1]) if rows else 0
        yield here.compare("sft", "auto finds 32 rows of 512 or more", f"{what}: {fits}", fits >= 32)
        last[packing, kernels] = losses(step)[-1]
    if not here.small:
        between = last["none", "auto"] / last["none", "plain"] - 1
        found = f"{between:+.2%} of kernels: plain"
        yield Finding("sft", f"loss within {DIFFERENCE:.0%}", found, abs(between) <= DIFFERENCE)


def killed(here: Here) -> Iterator[Finding]:
    """A training that is killed, then told to stop, then let end; beside one that nobody disturbs."""
    project = made.project(here)
    steps = here.size(24, 6)
    recipe = {"batch_size": here.size(32, 4), "micro_batch_size": here.size(8, 4), "max_steps": steps, "save_steps": 2}
    whole, torn = (project.step(BACKBONE, f"sft.{name}-s0", "sft", **recipe) for name in ("whole", "torn"))
    project.trained(whole)
    first = project.launch(torn)
    _wait_for_checkpoint(torn, 2)
    first.kill()
    first.wait()
    second = project.launch(torn)
    _wait_for_checkpoint(torn, 4)
    asked = time.monotonic()
    second.send_signal(signal.SIGTERM)
    status, took = second.wait(), time.monotonic() - asked
    ended = (torn / "run.json").is_file()  # before the signal came
    expected = f"after kill -9 it goes on, at SIGTERM it saves and ends with {SAVED}"
    yield Finding("killed", expected, f"status {status}, after {took:.1f} s", None if ended else status == SAVED)
    project.trained(torn)
    resumed = (torn / "log.txt").read_text(encoding="utf-8").count("resuming from checkpoint-")
    yield Finding("killed", "resumed twice", f"{resumed} times", resumed == 2 if not ended else None)
    one, other = losses(whole)[-1], losses(torn)[-1]
    yield Finding("killed", "the last loss as undisturbed, to 1e-3", f"{other:.6g}, {one:.6g}", abs(one - other) < 1e-3)
    same = folder_sha256(whole / "model") == folder_sha256(torn / "model")
    found = f"weights are {'' if same else 'not '}the same, byte for byte"
    yield Finding("killed", "" if here.gpu else "the same bytes", found, same or here.gpu)
    if here.gpu:
        again = project.step(BACKBONE, "sft.again-s0", "sft", **recipe)
        project.trained(again)
        same = folder_sha256(whole / "model") == folder_sha256(again / "model")
        yield Finding("killed", "", f"two undisturbed runs: weights are {'' if same else 'not '}the same")


def _wait_for_checkpoint(step: Path, number: int) -> None:
    """Return when a checkpoint of this step or a later one is complete, or the training has ended."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        saved = [path.parent.name for path in step.glob("trainer/*/checkpoint-*/complete.json")]
        if any(int(name.rpartition("-")[2]) >= number for name in saved) or (step / "run.json").is_file():
            return
        time.sleep(0.05)
    raise TimeoutError(f"no checkpoint {number} after {WAIT_SECONDS} s: {(step / 'log.txt').read_text()[-600:]}")


def sharded(here: Here) -> Iterator[Finding]:
    """DeepSpeed's ZeRO of one process over NCCL, through the launcher."""
    if not here.gpu:
        yield Finding(
            "sharded", "", "NCCL needs a GPU; over gloo it is tested (tests/workflow/test_distributed.py)", None
        )
        return
    project = made.project(here)
    for sharding in ("zero2", "zero3"):
        recipe = {"batch_size": 8, "micro_batch_size": 4, "max_steps": here.size(10, 2), "save_steps": here.size(5, 2)}
        step = project.step(BACKBONE, f"sft.{sharding}-s0", "sft", **recipe, checkpoints="keep")
        run = project.trained(step, sharding)
        saved = [file.stat().st_size for file in step.glob("trainer/*/checkpoint-*/**/*") if file.is_file()]
        number = len(list(step.glob("trainer/*/checkpoint-*/complete.json")))
        found = f"{sharding}: {rates(run)}; {sum(saved) / max(1, number) / 1e9:.2f} GB a checkpoint"
        yield Finding("sharded", "trains, saves and ends", found, number > 0)
