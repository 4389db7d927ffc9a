"""Steps that draw completions, and the parts of them that speed/ has bounds for: rewards and generation."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import BACKBONE, BENCHMARK, ENCODER, STYLE

from gpu_checks import made
from gpu_checks.finding import Finding, Here
from gpu_checks.programs import findings
from gpu_checks.training_runs import rates

DRIFT = 0.05  # nats per token, of sampler and trainer
KEYS = ("sampler_drift", "frac_reward_zero_std", "completions/mean_length", "step_time")
JUDGE = ["sft.any", "reward.any"]
REWARDS = {"similarity": 2.0, "rouge_l": 1.0, "format": 1.0, "reasoning": 1.0}


def grpo(here: Here) -> Iterator[Finding]:
    """Steps of GRPO of a 1B drawn by transformers, with all rewards."""
    project = made.project(here)
    backbone = "llama-3.2-1b"
    made.model(here, backbone, project.made)
    step = _rollouts(here, project, backbone, "grpo", 64, 256, generations=here.size(8, 2))
    run, logged = project.trained(step), _logged(step)
    project.forget_checkpoints(step)
    seconds = run["train_seconds"] / run["steps"]
    shown = ", ".join(f"{key} {logged[key]:.3g}" for key in KEYS if key in logged)
    yield here.compare("grpo", "12 s a step or less", f"{seconds:.1f} s a step", seconds <= 12)
    yield Finding("grpo", "", f"{rates(run)}; {shown}")
    drift = max(_all(step, "sampler_drift"), default=float("nan"))
    yield Finding("grpo", f"sampler_drift below {DRIFT}", f"{drift:.2g}", drift < DRIFT)


def _rollouts(here: Here, project: made.MadeProject, backbone: str, stage: str, batch: int, tokens: int, **more: Any):
    """A step of a few rounds of completions."""
    rows = here.size(batch, 4)
    group = more.get("generations", 2)
    recipe = {"batch_size": rows, "micro_batch_size": here.size(16, 2), "prompts": rows // group, "epochs": 3.0}
    lengths = {"max_completion_length": here.size(tokens, 8), "validation": 4, "save_steps": 1000}
    rewards = {"benchmark": BENCHMARK, "style": STYLE, "rewards": REWARDS, "encoders": [ENCODER]} | (
        {"max_drift": 1.0} if stage == "grpo" else {}
    )
    return project.step(backbone, f"{stage}.try-s0", stage, **recipe, **lengths, **rewards, **more)


def _logged(step: Path) -> dict[str, Any]:
    """What the last step of training logged."""
    rows = map(json.loads, (step / "history.jsonl").read_text(encoding="utf-8").splitlines())
    return [row for row in rows if "loss" in row][-1]


def _all(step: Path, key: str) -> list[float]:
    rows = map(json.loads, (step / "history.jsonl").read_text(encoding="utf-8").splitlines())
    return [row[key] for row in rows if key in row]


def online_dpo(here: Here) -> Iterator[Finding]:
    """Steps of online DPO with a reward model as judge."""
    from transformers import LlamaForSequenceClassification

    project = made.project(here)
    chain = "+".join(f"{step}-s0" for step in JUDGE)
    made.model(here, BACKBONE, project.made, LlamaForSequenceClassification, chain)
    run = project.trained(_rollouts(here, project, BACKBONE, "onlinedpo", 64, 96, judge=JUDGE))
    yield Finding("online_dpo", "trains and ends", f"{run['steps']} steps, {rates(run)}", run["steps"] == 3)


def rewards(here: Here) -> Iterator[Finding]:
    """speed/rewards.py, with a random encoder in MiniLM's shape."""
    small = ["--steps", "3", "--prompts", "4", "--times", "1"]
    yield from findings(here, "rewards", *(small if here.small else ["--times", "2"]))


def generation(here: Here) -> Iterator[Finding]:
    """speed/generation.py, with the random 135M."""
    model = made.model(here, BACKBONE, made.project(here).inputs.results)
    few = ["--prompts", "4", "--tokens", "8"] if here.small else []
    yield from findings(here, "generation", "--model", str(model), "--times", "1", *few)
