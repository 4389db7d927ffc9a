"""Two processes train what one trains: plain, with ZeRO-2 and ZeRO-3, undisturbed and interrupted.

All runs have the batch of the recipe and fp32 arithmetic; sums are taken in another order, nothing else differs.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import program_job
import psutil
import pytest
import tiny_training
import torch
from checkout import ROOT
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

from reasonome.answering.precision import DTYPES
from reasonome.core import atomic
from reasonome.stages import STAGES
from reasonome.tasks import load_project

pytestmark = [pytest.mark.slow, pytest.mark.full]

# Of losses near 10.8, which the log gives as 32-bit floats: a few of their last places, 1e-6 each.
LOSS = 5e-6
# Where weights are bf16, whose last place is 0.4 % of their size.
BF16_LOSS = 5e-3
# Of weights up to 0.2 in size, kept as bf16: one last place.
WEIGHT = 1e-3
WAIT = 600
TWO = ("--processes", "2", "--cpus", "2")
RECIPES = {
    "pretrain": {"corpus": "demo", "sequence_length": 32, "epochs": 2},
    "sft": {"benchmark": "demo-go", "style": "names", "teacher": "none", "max_length": 512, "epochs": 2},
    **dict.fromkeys(
        ("dpo", "reward"), {"benchmark": "demo-go", "style": "names", "preferences": "demo-tiers", "max_length": 256}
    ),
}
COMMON = {"learning_rate": 1e-3, "batch_size": 8, "micro_batch_size": 2, "save_steps": 1, "precision": "fp32"}


class Job:
    """One run of a training program under the launcher, with its output in a file."""

    def __init__(self, models: Path, stage: str, *options: str, **settings):
        self.folder = models / f"{stage}.try-s0"
        if not self.folder.is_dir():
            recipe = STAGES[stage].model_validate({"stage": stage, **COMMON, **RECIPES[stage], **settings})
            self.folder.mkdir()
            atomic.write_json(self.folder / "recipe.json", recipe.model_dump(mode="json"))
            program_job.of_training(load_project(ROOT / "config"), recipe, self.folder)
        program = [ROOT / "scripts/train.py", self.folder / "manifest.job.json"]
        command = [sys.executable, ROOT / "scripts/launch.py", *options, *program]
        self._log = self.folder.with_suffix(".log")
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=models.parents[2],
                env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
            )

    def said(self) -> str:
        return self._log.read_text()

    def finished(self) -> "Job":
        assert self.process.wait(timeout=2 * WAIT) == 0, self.said()[-6000:]
        return self

    def saved(self) -> "Job":
        """Wait for the first complete checkpoint."""
        deadline = time.monotonic() + WAIT
        while not list(self.folder.glob("trainer/*/checkpoint-*/complete.json")):
            assert self.process.poll() is None and time.monotonic() < deadline, self.said()[-6000:]
            time.sleep(0.05)
        return self

    def losses(self) -> list[tuple[int, str, float]]:
        rows = [json.loads(line) for line in (self.folder / "history.jsonl").read_text().splitlines()]
        return [(row["step"], key, row[key]) for row in rows for key in ("loss", "eval_loss") if key in row]

    def run(self) -> dict:
        return json.loads((self.folder / "run.json").read_text())


@pytest.fixture(scope="module")
def models(tiny_backbone, tmp_path_factory):
    """Make a folder of models, with nothing but the untouched backbone in it, in results of a project."""
    folder = tmp_path_factory.mktemp("models")
    results = tiny_training.make(folder / "made/results", tiny_backbone).parent.parent
    for part in ("train", "held_out"):
        atomic.write_jsonl(results / f"statements/demo/{part}.jsonl", atomic.read_jsonl(results / f"{part}.jsonl"))
        pairs = atomic.read_jsonl(results / ("pairs.jsonl" if part == "train" else "held_out_pairs.jsonl"))
        atomic.write_jsonl(results / f"preferences/demo-tiers/demo-go.names/{part}.jsonl", pairs)
    examples = [tiny_training._example(number) for number in range(32)]
    atomic.write_jsonl(results / "prompts/demo-go.names/train.jsonl", examples)
    count = iter(range(100))

    def fresh() -> Path:
        return Path(shutil.copytree(folder / "made", folder / str(next(count)))) / "results/models/tiny"

    return fresh


def same(job: Job, one: Job) -> None:
    """Every step's loss is that of one process, and plain transformers loads weights that are near its."""
    losses, expected = job.losses(), one.losses()
    assert [row[:2] for row in losses] == [row[:2] for row in expected]
    assert [row[2] for row in losses] == pytest.approx([row[2] for row in expected], abs=LOSS, rel=0)
    weights, theirs = (load_file(it.folder / "model" / "model.safetensors") for it in (job, one))
    assert weights.keys() == theirs.keys(), "tied weights are written once"
    computed_in = json.loads((job.folder / "run.json").read_text())["precision"]
    assert {weight.dtype for weight in weights.values()} == {DTYPES[computed_in]}
    assert max(float((weights[name].float() - theirs[name].float()).abs().max()) for name in theirs) < WEIGHT
    assert (job.folder / "model/config.json").read_text() == (one.folder / "model/config.json").read_text()
    kind = AutoModelForSequenceClassification if job.folder.name.startswith("reward") else AutoModelForCausalLM
    loaded = kind.from_pretrained(job.folder / "model").state_dict()
    assert all(torch.equal(loaded[name], weights[name]) for name in weights)
    assert len(list(job.folder.glob("trainer/*/checkpoint-*"))) == 1, "the newest stays, and no other job's"


@pytest.fixture(scope="module")
def sharded_and_stopped(models) -> Job:
    """A warm-up of two processes under ZeRO-3 that was told to stop after its first checkpoint."""
    job = Job(models(), "pretrain", *TWO, "--sharding", "zero3").saved()
    job.process.send_signal(signal.SIGTERM)
    assert job.process.wait(timeout=WAIT) == 128 + signal.SIGTERM, job.said()[-6000:]
    assert "stopped by signal 15" in job.said() and not (job.folder / "manifest.json").exists()
    return job


@pytest.fixture(scope="module")
def one_pretrain(models, sharded_and_stopped) -> Job:
    """The warm-up in one process, beside a checkpoint that it cannot read."""
    target = models()
    shutil.copytree(sharded_and_stopped.folder, target / sharded_and_stopped.folder.name)
    return Job(target, "pretrain", "--processes", "1").finished()


@pytest.fixture(scope="module")
def one_sft(models) -> Job:
    return Job(models(), "sft", "--processes", "1").finished()


def test_a_checkpoint_of_another_sharding_is_left_and_the_job_says_how_to_use_it(one_pretrain):
    assert "of 2 processes with sharding zero3 cannot be read by 1 process" in one_pretrain.said()
    assert "training starts again" in one_pretrain.said() and "resuming" not in one_pretrain.said()
    assert one_pretrain.losses()[0][:2] == (0, "eval_loss"), "from the first step on"


def test_zero3_stops_by_signal_and_goes_on(sharded_and_stopped, one_pretrain):
    job = Job(sharded_and_stopped.folder.parent, "pretrain", *TWO, "--sharding", "zero3").finished()
    assert "resuming from checkpoint-" in job.said()
    same(job, one_pretrain)
    run = job.run()
    assert (run["processes"], run["nodes"], run["sharding"], run["device"]) == (2, 1, "zero3", "cpu")
    assert run["peak_memory_gb"] > one_pretrain.run()["peak_memory_gb"], "of both processes"


def test_jobs_on_one_node_at_the_same_time_do_not_clash(models, one_pretrain, one_sft):
    jobs = [Job(models(), "pretrain", *TWO), Job(models(), "sft", *TWO, "--sharding", "zero3")]
    for job, one in zip(jobs, (one_pretrain, one_sft), strict=True):
        same(job.finished(), one)


def test_zero2_goes_on_after_the_whole_job_was_killed(models, one_sft):
    folder = models()
    job = Job(folder, "sft", *TWO, "--sharding", "zero2").saved()
    processes = psutil.Process(job.process.pid).children()
    job.process.kill()
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert len(processes) == 2 and not alive, "no process is left behind to write on"
    job = Job(folder, "sft", *TWO, "--sharding", "zero2").finished()
    assert "resuming from checkpoint-" in job.said()
    same(job, one_sft)


@pytest.mark.parametrize("stage", ["dpo", "reward"])
def test_two_processes_learn_preferences_as_one_does(models, stage):
    one = Job(models(), stage, "--processes", "1").finished()
    assert one.losses()[-1][2] < one.losses()[0][2], "held-out pairs are told apart better"
    same(Job(models(), stage, *TWO, "--sharding", "zero2").finished(), one)


@pytest.mark.parametrize("sharding", ["none", "zero2", "zero3"])
def test_two_processes_train_an_adapter_in_packed_rows_as_one_does(models, sharding):
    settings = {"adapter": {"rank": 4}, "packing": "separate", "max_length": 128, "batch_size": 4}
    one = Job(models(), "sft", "--processes", "1", **settings).finished()
    same(Job(models(), "sft", *TWO, "--sharding", sharding, **settings).finished(), one)


def test_zero2_in_bf16_stays_near_fp32(models, one_sft):
    job = Job(models(), "sft", *TWO, "--sharding", "zero2", precision="bf16", micro_batch_size=1).finished()
    losses, expected = job.losses(), one_sft.losses()
    assert [row[:2] for row in losses] == [row[:2] for row in expected]
    assert [row[2] for row in losses] == pytest.approx([row[2] for row in expected], abs=BF16_LOSS, rel=0)


def test_one_lost_process_ends_the_job_and_another_number_goes_on(models, one_sft):
    folder = models()
    job = Job(folder, "sft", *TWO).saved()
    psutil.Process(job.process.pid).children()[1].kill()
    assert job.process.wait(timeout=60) == 128 + signal.SIGKILL
    assert "process 1 of 2" in job.said() and "SIGKILL" in job.said()
    job = Job(folder, "sft", "--processes", "1").finished()
    assert "it was saved by 2 processes, and this job has 1 process" in job.said()
    same(job, one_sft)
