"""Trainings of the 135M model as jobs start them: packing and kernels, an experiment's steps, kills, DeepSpeed."""

import json
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from measuring import BACKBONE

from gpu_checks import made
from gpu_checks.finding import Finding, Here
from reasonome.core.manifest import folder_sha256
from reasonome.tasks import load_project
from reasonome.training import packing as text_by_text

DIFFERENCE = 0.01  # between losses of two kinds of kernels
GRADIENTS = 0.02  # of their norm, in bf16
# What a rehearsed stage takes from its recipe.
REHEARSED = {
    "pretrain": ["micro_batch_size", "sequence_length", "packing"],
    "sft": ["micro_batch_size", "max_length", "packing"],
    "grpo": ["micro_batch_size", "max_completion_length", "generations", "gradient_checkpointing", "loss"],
}
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


def packing(here: Here) -> Iterator[Finding]:
    """SFT on packed and padded rows, with kernels of `auto` and plain ones, and the gradients of a packed row."""
    project = made.project(here)
    batch = here.size(64, 4)
    ways = [("none", "auto"), ("separate", "auto")] + [("none", "plain")] * (not here.small)
    runs, last = {}, {}
    for number, way in enumerate(ways):
        settings = {"packing": way[0], "kernels": way[1], "batch_size": batch, "micro_batch_size": "auto"}
        steps = {"max_steps": here.size(24, 2), "save_steps": 1000}
        step = project.step(BACKBONE, f"sft.way{number}-s0", "sft", **settings, **steps)
        runs[way] = project.trained(step)
        printed = (step / "log.txt").read_text(encoding="utf-8")
        rows = re.search(r"rows of up to \d+ tokens at once: (\d+)", printed)
        what = f"packing {way[0]}, kernels {way[1]}"
        enough = rate(runs[way]) >= 60_000
        yield here.compare("packing", "60,000 tokens/s or more", f"{what}: {rates(runs[way])}", enough)
        fits = int(rows[1]) if rows else 0
        yield here.compare("packing", "auto finds 32 rows of 512 or more", f"{what}: {fits}", fits >= 32)
        last[way] = losses(step)[-1]
    times = rate(runs["separate", "auto"]) / rate(runs["none", "auto"])
    yield here.compare("packing", "no slower than padding", f"{times:.2f} × padding's tokens/s", times >= 1)
    if not here.small:
        between = last["none", "auto"] / last["none", "plain"] - 1
        found = f"{between:+.2%} of kernels: plain"
        yield Finding("packing", f"loss within {DIFFERENCE:.0%}", found, abs(between) <= DIFFERENCE)
    apart = _apart(here)
    found = f"{apart:.2g} of their norm"
    yield Finding("packing", f"gradients as of texts alone, to {GRADIENTS:g}", found, apart <= GRADIENTS)


def _apart(here: Here) -> float:
    """How far the gradients of a row of packed texts are from those of the texts alone, in parts of their norm."""
    model = made.on_device(here, BACKBONE).float().train()
    lengths = [here.size(length, length // 8) for length in (512, 32, 200, 280)]
    positions = torch.cat([torch.arange(length) for length in lengths])[None].to(here.device)
    ids = torch.randint(5, 2000, positions.shape, device=here.device)
    weights = torch.randn(*ids.shape, model.config.hidden_size, device=here.device)
    told = text_by_text.bounds(positions) if text_by_text.attend_text_by_text(model, True, here.device) else {}
    gradients = []
    for parts, bounds in ((ids.shape[1:], told), (lengths, {})):
        model.zero_grad()
        for text, place, weight in zip(*(each.split(parts, dim=1) for each in (ids, positions, weights)), strict=True):
            with torch.autocast(here.device, dtype=torch.bfloat16):
                states = model.model(input_ids=text, position_ids=place, use_cache=False, **bounds).last_hidden_state
            (states * weight).sum().backward()
        gradients.append(model.model.layers[0].self_attn.k_proj.weight.grad.clone())
    packed, alone = gradients
    return ((packed - alone).norm() / alone.norm()).item()


def rehearsed(here: Here) -> Iterator[Finding]:
    """A few steps of what closed-book-genome trains, in its recipes' batches and lengths, on made-up inputs; and of
    fine-tuning with an adapter on packed rows."""
    project = made.project(here)
    recipes = load_project(made.ROOT / "config").recipes
    packed = {"max_steps": 4, "packing": "separate", "adapter": {"rank": 32, "alpha": 64}}
    for stage, few in (("pretrain", {"max_steps": 6}), ("sft", {"max_steps": 4}), ("sft", packed), ("grpo", {})):
        recipe = recipes[stage]["closedgenome"]
        settings = {name: getattr(recipe, name) for name in REHEARSED[stage]} | {"batch_size": recipe.batch_size}
        settings |= few
        if here.small:
            settings |= {"batch_size": 4, "micro_batch_size": 2} | ({"generations": 2} if stage == "grpo" else {})
        if stage == "grpo":
            settings |= {"prompts": 2 * settings["batch_size"] // settings["generations"], "epochs": 1.0}
        variant = "packed" if few is packed else "rehearsed"
        step = project.step(BACKBONE, f"{stage}.{variant}-s0", stage, **settings, save_steps=1000)
        run = project.trained(step)
        what = f"{stage}, adapter and packed rows" if few is packed else stage
        found = f"{what}: {run['train_seconds'] / run['steps']:.2f} s a step, {rates(run)}"
        yield Finding("rehearsed", "trains and ends", found, run["steps"] > 1)


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
