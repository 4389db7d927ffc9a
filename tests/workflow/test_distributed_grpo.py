"""GRPO on two processes (gloo, CPU) draws a curve of one process, from the same completions, whatever is sharded."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import grpo_steps
import psutil
import pytest
import tiny_training
import torch
from checkout import ROOT
from transformers import AutoModelForCausalLM

from reasonome.answering.engine import token_ids
from reasonome.core import atomic
from reasonome.prompts.chat_template import load_tokenizer, render
from reasonome.tasks.naming.task import GeneSetNaming

pytestmark = [pytest.mark.slow, pytest.mark.full]

WAIT_SECONDS = 900
CURVE = {"beta": 0.02, "validate_every": 2}
# Sums of fp32 in another order: about 1e-6 of each value at every step, which training makes a little larger.
CLOSE = {"rel": 1e-3, "abs": 1e-6}
# Not kl and entropy, which TRL averages over micro-batches of unequal numbers of tokens; the loss has kl in it.
CURVES = ("loss", "grad_norm", "reward", "reward_std", "completions/mean_length", "learning_rate")


def launched(processes: int, sharding: str, *arguments) -> subprocess.Popen:
    """The steps under the launcher, writing to `log` beside the step's folder."""
    paths = [str(Path(grpo_steps.__file__).parent), str(ROOT / "scripts")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, ROOT / "scripts/launch.py", "--processes", processes, "--cpus", processes]
    command += ["--sharding", sharding, grpo_steps.__file__, *arguments]
    with open(log(arguments[0]), "a") as out:
        return subprocess.Popen(list(map(str, command)), env=environment, stdout=out, stderr=out)


def log(folder: Path) -> Path:
    return folder / "log"


def finished(process: subprocess.Popen, folder: Path) -> None:
    assert process.wait(timeout=WAIT_SECONDS) == 0, log(folder).read_text()[-5000:]


def killed_at_checkpoint(process: subprocess.Popen, folder: Path, step: int) -> None:
    """Kill the launcher and all that it started with -9 once that checkpoint is complete."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not list(folder.glob(f"trainer/**/checkpoint-{step}/complete.json")):
        assert process.poll() is None and time.monotonic() < deadline, log(folder).read_text()[-5000:]
        time.sleep(0.02)
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for one in family:
        one.kill()
    process.wait()
    psutil.wait_procs(family)


def history(folder: Path, of: str = "reward") -> list[dict]:
    """What was logged of training (`reward`) or of held-out prompts (`eval_reward`)."""
    entries = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return [entry for entry in entries if of in entry]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32).state_dict()


@pytest.fixture(scope="module")
def models(tiny_backbone, tmp_path_factory) -> Path:
    return tiny_training.make(tmp_path_factory.mktemp("distributed"), tiny_backbone)


@pytest.fixture(scope="module")
def alone(models) -> Path:
    """One process; its completions, of three to eleven tokens, are in completions.json."""
    folder = grpo_steps.prepare(models, "grpo.alone-s0", **CURVE)
    finished(launched(1, "none", folder, "--write", folder / "completions.json"), folder)
    return folder


@pytest.mark.parametrize("sharding", ["none", "zero2", "zero3"])
def test_two_processes_killed_in_between_draw_the_curve_of_one(models, alone, sharding):
    folder = grpo_steps.prepare(models, f"grpo.{sharding}-s0", **CURVE)
    arguments = (2, sharding, folder, "--read", alone / "completions.json")
    killed_at_checkpoint(launched(*arguments), folder, 3)
    (before,) = folder.glob("trainer/*/answers-before.json")
    written = before.stat().st_mtime_ns
    finished(launched(*arguments), folder)
    assert before.stat().st_mtime_ns == written, "what the parent answered is known"
    assert "resuming from checkpoint-3" in log(folder).read_text()

    together, single = history(folder), history(alone)
    for name in CURVES:
        assert [step[name] for step in together] == pytest.approx([step[name] for step in single], **CLOSE), name
    assert max(step["sampler_drift"] for step in together) < 1e-5, "drawn by one process, weighed by two"
    of_both = [[(e["step"], e["eval_reward"]) for e in history(path, "eval_reward")] for path in (folder, alone)]
    assert [step for step, _ in of_both[0]] == [0, 2, 4], "once each, though the job was killed after step 3"
    assert of_both[0] == [pytest.approx(entry, abs=1e-6) for entry in of_both[1]]
    # The validation prompts were shared out, and sharded weights gathered for them.
    before, after = (json.loads((path / "validation.json").read_text()) for path in (alone, folder))
    assert after["rewards_before"] == before["rewards_before"] and after["ids"] == before["ids"]

    found, wanted = weights(folder), weights(alone)
    assert found.keys() == wanted.keys()
    for name, weight in wanted.items():
        # A weight at the edge of two bf16 values may fall to either: 2⁻⁸ of it.
        torch.testing.assert_close(found[name], weight, rtol=2**-7, atol=1e-5, msg=name)


def test_a_process_without_a_held_out_prompt_waits_for_the_one_that_has_it(models, alone):
    folder = grpo_steps.prepare(models, "grpo.fewer-s0", validation=1, max_steps=1)
    finished(launched(2, "zero3", folder), folder)
    of_three, of_one = (json.loads((path / "validation.json").read_text()) for path in (alone, folder))
    assert (of_three["n"], of_one["n"]) == (3, 1)
    # The parent's answer to the first of the three, from weights that both processes gathered.
    assert (of_one["ids"], of_one["rewards_before"]) == (of_three["ids"][:1], of_three["rewards_before"][:1])
    assert len(of_one["rewards_after"]) == 1
    assert [entry["step"] for entry in history(folder, "eval_reward")] == [0, 1]


def test_weights_that_are_spread_over_processes_are_trained_in_bf16(models, alone):
    """As an 8B model is: zero3, activations computed again, a reference model; two steps, killed after the first."""
    settings = CURVE | {"precision": "bf16", "gradient_checkpointing": True, "max_steps": 2}
    folder = grpo_steps.prepare(models, "grpo.bf16-s0", **settings)
    arguments = (2, "zero3", folder, "--read", alone / "completions.json")
    killed_at_checkpoint(launched(*arguments), folder, 1)
    finished(launched(*arguments), folder)
    assert "resuming from checkpoint-1" in log(folder).read_text()
    assert json.loads((folder / "run.json").read_text())["precision"] == "bf16"

    steps, single = history(folder), history(alone)[:2]
    assert [step["step"] for step in steps] == [1, 2]
    for name in ("reward", "reward_std", "completions/mean_length"):  # of the same completions
        assert [step[name] for step in steps] == pytest.approx([step[name] for step in single], rel=1e-6), name
    # Numbers of 8 bits, in sums of many.
    assert [step["grad_norm"] for step in steps] == pytest.approx([step["grad_norm"] for step in single], rel=0.02)
    assert steps[0]["kl"] == 0 < steps[1]["kl"] < 0.01
    found, before = weights(folder), weights(models / "base")
    assert found.keys() == before.keys()
    # AdamW moves each weight by the learning rate of .001 in its first steps, which bf16 holds of fp32 sums alone.
    moved = {name: (weight - before[name]).abs() for name, weight in found.items()}
    assert all(0.0005 < by.max() < 0.01 for by in moved.values()), moved


def test_two_processes_compare_pairs_as_one_does(models):
    """Online DPO: on the same completions the loss, its gradient and what pairs show are those of one process."""
    one, both = (grpo_steps.prepare(models, f"onlinedpo.{name}-s0", beta=0.5) for name in ("one", "both"))
    finished(launched(1, "none", one, "--write", one / "completions.json"), one)
    finished(launched(2, "zero2", both, "--read", one / "completions.json"), both)
    together, single = history(both), history(one)
    assert len(single) == 2 and any(step["grad_norm"] > 0 for step in single)
    of_pairs = ("rewards/margins", "rewards/accuracies", "frac_reward_zero_std")
    for name in (*CURVES, *of_pairs):
        assert [step[name] for step in together] == pytest.approx([step[name] for step in single], **CLOSE), name


def test_processes_that_share_a_prompt_draw_completions_of_their_own(models):
    folder = grpo_steps.prepare(models, "grpo.shared-s0", generations=8, max_steps=2, validate_every=1)
    finished(launched(2, "none", folder, "--write", folder / "completions.json"), folder)
    first, second = (json.loads((folder / f"completions.{rank}.json").read_text()) for rank in (0, 1))
    for step in ("0", "1"):  # before and after held-out prompts were answered in between
        drawn = [{tuple(ids) for ids in of_rank[step][0]} for of_rank in (first, second)]
        assert [len(completions) for completions in drawn] == [4, 4], step
        assert not drawn[0] & drawn[1], step
    # Each process read the question of a step for its four; three held-out ones were read before, between and after.
    run = json.loads((folder / "run.json").read_text())
    asked = json.loads((folder / "validation.json").read_text())["ids"]
    rows = {row["id"]: GeneSetNaming.Example(**row) for row in atomic.read_jsonl(models.parents[1] / "examples.jsonl")}
    tokenizer = load_tokenizer(models / "base/model")
    prompts = [render(tokenizer, GeneSetNaming().prompt(rows[i], tiny_training.STYLE).messages) for i in asked]
    read = sum(2 * step["prompts/mean_length"] for step in history(folder))
    assert run["shared_questions"]["rollouts"]
    assert run["prompt_tokens"] == read + 3 * sum(map(len, token_ids(tokenizer, prompts)))
