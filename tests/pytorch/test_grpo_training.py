"""GRPO on a tiny random backbone: what the canary sees and leaves alone, adapters, and kills."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpo_steps
import pytest
import tiny_training
import torch
from checkout import ROOT
from trl import GRPOTrainer

from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256
from reasonome.training import batches
from reasonome.training.rollouts import WatchedTrainer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("signal_handlers")]

WAIT_SECONDS = 240
FILES = ("model/model.safetensors", "validation.json", "constant.json", "rollouts.jsonl")
CURVE = {"beta": 0.02, "validate_every": 2}


@pytest.fixture(scope="module")
def models(tiny_backbone, tmp_path_factory) -> Path:
    return tiny_training.make(tmp_path_factory.mktemp("grpo"), tiny_backbone)


def history(folder: Path, of: str = "reward") -> list[dict]:
    """What was logged of training (`reward`) or of held-out prompts (`eval_reward`)."""
    entries = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return [entry for entry in entries if of in entry]


def program(folder: Path, log: Path) -> subprocess.Popen:
    """The steps in `folder` as a process of their own, with the threads that tests use."""
    paths = [*map(str, Path(__file__).parents[:2]), str(ROOT / "scripts")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with open(log, "w") as out:
        return subprocess.Popen([sys.executable, grpo_steps.__file__, folder], env=environment, stdout=out, stderr=out)


@pytest.fixture(scope="module")
def undisturbed(models, tmp_path_factory) -> Path:
    """Four steps in two passes over four prompts, with a reference model; every second one is validated."""
    folder, log = grpo_steps.prepare(models, "grpo.whole-s0", **CURVE), tmp_path_factory.mktemp("log") / "log"
    assert program(folder, log).wait(timeout=WAIT_SECONDS) == 0, log.read_text()
    return folder


@pytest.mark.full
def test_every_curve_is_in_the_history(undisturbed):
    steps = history(undisturbed)
    assert [entry["step"] for entry in steps] == [1, 2, 3, 4]
    for name in (
        "reward", "reward_std", "rewards/rouge_l/mean", "frac_reward_zero_std", "kl", "entropy", "sampler_drift",
        "clip_ratio/region_mean", "completions/mean_length", "completions/clipped_ratio", "grad_norm",
    ):  # fmt: skip
        assert all(name in entry for entry in steps), name
    # In fp32 the sampler's cached passes and the trainer's whole ones differ in the last bits alone.
    assert all(0 <= entry["sampler_drift"] < 1e-5 for entry in steps)
    # The first step's policy is the reference; then they part.
    assert steps[0]["kl"] == pytest.approx(0, abs=1e-9) and steps[-1]["kl"] > 1e-4


def test_completions_of_a_question_of_every_step_are_kept_with_what_they_earned(undisturbed):
    rows = [json.loads(line) for line in (undisturbed / "rollouts.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    for row in rows:
        kept = row["completions"]
        earned = [grpo_steps.share(one["text"]) for one in kept]
        assert len(kept) == 4 and [one["rewards"]["rouge_l"] for one in kept] == pytest.approx(earned)
        above = [reward - sum(earned) / 4 for reward in earned]
        assert [one["advantage"] > 0 for one in kept] == [one > 0 for one in above]
        assert sum(one["advantage"] for one in kept) == pytest.approx(0, abs=1e-5)


@pytest.mark.full
def test_held_out_prompts_are_answered_before_under_way_and_after_and_leave_training_as_it_is(models):
    asking, silent = (
        grpo_steps.prepare(models, f"grpo.{name}-s0", learning_rate=0.1, validate_every=every)
        for name, every in (("asking", 2), ("silent", None))
    )
    for folder in (asking, silent):
        grpo_steps.run(folder)
    curve, validation = history(asking, "eval_reward"), json.loads((asking / "validation.json").read_text())
    assert [entry["step"] for entry in curve] == [0, 2, 4]
    assert curve[0]["eval_reward"] == pytest.approx(validation["before"])
    assert curve[-1]["eval_reward"] == pytest.approx(validation["after"])
    assert len({entry["eval_reward"] for entry in curve}) > 1, "a learning rate that moves even greedy answers"
    assert all(entry["eval_rewards/rouge_l"] == entry["eval_reward"] for entry in curve), "of weight 1"
    assert history(asking) == history(silent)


def test_rewards_see_thoughts_though_the_tokenizer_tells_how_to_set_them_apart(tiny_models):
    """As those of newer backbones do, by a response template: here all that is written is a thought."""
    fields = {"thinking": {"open_pattern": r"(?=[\s\S])", "close_pattern": "$"}, "content": {"close_pattern": "$"}}
    template = {"defaults": {"role": "assistant"}, "start_anchor": "<|im_start|>assistant\n", "fields": fields}
    file = tiny_models / "base/model/tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"response_template": template}))
    folder = grpo_steps.prepare(tiny_models, max_steps=1)
    grpo_steps.run(folder)
    [step] = history(folder)
    assert step["rewards/rouge_l/mean"] > 0.1, "the share of vowels in random letters"


def test_a_job_killed_in_its_second_pass_resumes_to_the_same_bits(undisturbed, models, tmp_path):
    folder = grpo_steps.prepare(models, "grpo.killed-s0", **CURVE)
    process, deadline = program(folder, tmp_path / "first"), time.monotonic() + WAIT_SECONDS
    while not list(folder.glob("trainer/*/checkpoint-3/complete.json")):
        assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "first").read_text()
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not (folder / "manifest.json").exists()
    log = tmp_path / "second"
    assert program(folder, log).wait(timeout=WAIT_SECONDS) == 0, log.read_text()
    assert "resuming from checkpoint-3" in log.read_text()
    for name in (*FILES, "history.jsonl"):
        assert file_sha256(folder / name) == file_sha256(undisturbed / name), name


@pytest.mark.full
def test_watching_changes_nothing(models, monkeypatch):
    monkeypatch.setattr(WatchedTrainer, "_prepare_inputs", GRPOTrainer._prepare_inputs)  # in TRL's micro-batches
    monkeypatch.setattr(batches, "trimmed", lambda drawn: drawn)
    monkeypatch.setattr(WatchedTrainer, "_weigh_metrics", lambda trainer: None)
    settings = {"max_steps": 2, "precision": "bf16", "shared_questions": "never"}
    watched = grpo_steps.prepare(models, "grpo.watched-s0", **settings)
    grpo_steps.run(watched)
    plain = grpo_steps.prepare(models, "grpo.plain-s0", **settings)
    for name in (
        "_generate_single_turn", "_generate_and_score_completions", "_get_per_token_logps_and_entropies",
        "_compute_loss",
    ):  # fmt: skip
        monkeypatch.setattr(WatchedTrainer, name, getattr(GRPOTrainer, name))
    grpo_steps.run(plain)
    for name in FILES:
        assert file_sha256(watched / name) == file_sha256(plain / name), name
    steps = history(watched)
    drifts = [entry.pop("sampler_drift") for entry in steps]
    assert steps == history(plain)
    assert all(0 < drift < 0.01 for drift in drifts), "rounding to bf16 shows, and is let pass"


@pytest.mark.full
def test_a_sampler_that_is_another_model_fails_the_run(models, monkeypatch):
    generate_as_trained = WatchedTrainer._generate_single_turn

    def disturbed(trainer, *args, **kwargs):
        weight = trainer.model.model.layers[0].mlp.down_proj.weight
        kept = weight.detach().clone()
        if trainer.state.global_step > 0:
            weight.data += 0.5 * torch.sign(kept)
        try:
            return generate_as_trained(trainer, *args, **kwargs)
        finally:
            weight.data.copy_(kept)

    monkeypatch.setattr(WatchedTrainer, "_generate_single_turn", disturbed)
    folder = grpo_steps.prepare(models, "grpo.disturbed-s0", max_drift=1e-3, max_steps=3)
    with pytest.raises(InputError, match=r"step 2: sampler \(transformers\) and trainer differ by") as error:
        grpo_steps.run(folder)
    assert error.value.field == "max_drift"
    assert not (folder / "model").exists()
    assert not list(folder.glob("trainer/*/checkpoint-2")), "the weights did not move"


@pytest.mark.parametrize(
    ("stage", "settings"),
    [
        ("grpo", {"loss": "dapo", "prompts": 2}),
        ("grpo", {"loss": "grpo", "prompts": 2}),
        ("onlinedpo", {"beta": 0.5}),
    ],
)
def test_a_step_has_one_gradient_for_any_micro_batch(tiny_models, tmp_path, monkeypatch, stage, settings):
    """Eight completions of two prompts, or of four, drawn once: as 1 × 8, 2 × 4 and 4 × 2."""
    monkeypatch.setattr(WatchedTrainer, "_generate_single_turn", WatchedTrainer._generate_single_turn)
    settings = settings | {"epochs": 1, "max_grad_norm": 1e9}
    folders = []
    for micro in (8, 4, 2):
        (grpo_steps.write_down if micro == 8 else grpo_steps.read_back)(tmp_path / "drawn.json")
        folders.append(grpo_steps.prepare(tiny_models, f"{stage}.micro{micro}-s0", **settings, micro_batch_size=micro))
        grpo_steps.run(folders[-1])
        [step] = grpo_steps.logged(folders[-1])
        assert step["frac_reward_zero_std"] < 1 and step["grad_norm"] > 0
    tiny_training.assert_one_gradient(folders)
