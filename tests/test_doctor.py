"""`reasonome doctor`: each check on readings of a node that has the fault, and the fix that it prints."""

import json
import math
import os
import subprocess
import sys

import pytest
import tiny_project

from reasonome import cli
from reasonome.cluster import doctor, partitions, plan
from reasonome.cluster.doctor import FAIL, NOT_HERE, OK, WARN
from reasonome.cluster.plan import Job
from reasonome.tasks import load_project

BACKBONE = "smollm2-135m"
GPUS = ["NVIDIA H100 80GB HBM3"] * 8
TORCH, ON_CPU = ["2.13.0", "13.0", 8], ["2.13.0+cpu", None, 0]


def put_on_path(monkeypatch, folder, name, script=""):
    """A program of that name that comes first on the path."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_it_starts_where_no_other_package_can_be_imported(tmp_path):
    """Without site-packages: what is missing is a finding of its last check."""
    scripts = tiny_project.ROOT / "scripts"
    run = subprocess.run(
        [sys.executable, "-S", "-m", "reasonome.cli", "doctor", "--gpus", "8"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(scripts), "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1 and run.stderr == ""
    lines = [line for line in run.stdout.splitlines() if "fix:" not in line]
    assert [line.split(":")[0].split() for line in lines] == [
        ["not", "here", "packages"],
        ["fail", "GPUs"],
        ["not", "here", "SLURM"],
        ["ok", "disk"],
        ["fail", "configuration"],
    ]
    assert "No module named" in lines[-1]


@pytest.mark.parametrize(
    ("listed", "torch", "expected", "visible", "state", "what"),
    [
        (GPUS, TORCH, 8, None, OK, "torch 2.13.0 (CUDA 13.0) sees 8 of 8 NVIDIA H100 80GB HBM3"),
        (GPUS, ["2.13.0", "13.0", 2], 2, "0,1", OK, "sees 2 of 8"),
        (GPUS, ["2.13.0", "13.0", 2], 8, "0,1", WARN, "CUDA_VISIBLE_DEVICES='0,1'"),
        (GPUS, ["2.13.0", "13.0", 0], 8, None, FAIL, "sees 0 of 8 NVIDIA H100 80GB HBM3: the driver is too old"),
        (GPUS, ["2.13.0", None, 0], None, None, FAIL, "CUDA None"),
        (GPUS, TORCH, 4, None, FAIL, "4 are expected, and nvidia-smi lists 8"),
        ([], ON_CPU, 8, None, FAIL, "8 are expected, and nvidia-smi lists none"),
        ([], ON_CPU, None, None, NOT_HERE, "on its CPU (torch 2.13.0+cpu)"),
        ([], None, None, None, NOT_HERE, "torch cannot be imported: the driver is too old"),
        (GPUS, None, None, None, FAIL, "torch cannot be imported"),
    ],
)
def test_gpus_that_are_expected_have_to_be_there_and_torch_to_see_them(listed, torch, expected, visible, state, what):
    found = doctor.check_gpus(listed, torch, "the driver is too old", expected, visible)
    assert found.state == state and what in found.what
    assert bool(found.fix) == (state in (WARN, FAIL) or torch is None)


@pytest.mark.full
@pytest.mark.slow
def test_torch_tells_what_it_is_or_why_it_cannot(monkeypatch):
    (version, _, _), _ = doctor.ask_torch()
    assert version[0].isdigit()
    monkeypatch.setattr(doctor, "_ASK_TORCH", "raise SystemExit('libcudnn.so.9: cannot open')")
    assert doctor.ask_torch() == (None, "libcudnn.so.9: cannot open")


def test_versions_are_compared_with_the_lock_that_they_are_nearest_to(tmp_path):
    lock = tmp_path / "gpu.lock"
    lock.write_text("# made by uv\ntorch==2.13.0+cpu\ntrl==1.16.0 \\\n    --hash=sha256:00\n")
    assert doctor.pins(lock) == {"torch": "2.13.0", "trl": "1.16.0"}
    assert doctor.pins(tmp_path / "none") == {}
    locks = {"a.lock": {"torch": "2.13.0", "trl": "1.16.0"}, "gpu.lock": {"torch": "2.13.0", "trl": "1.15.0"}}
    found = doctor.check_packages({"torch": "2.13.0", "trl": "1.15.0", "vllm": "0.31.0"}, locks)
    assert found.state == OK and found.what.endswith("as in gpu.lock: torch 2.13.0, trl 1.15.0")
    found = doctor.check_packages({"torch": "2.13.0", "trl": "1.14.0"}, locks)
    assert (found.state, found.fix) == (WARN, "pip install -r a.lock")
    assert found.what.endswith("not as in a.lock: trl 1.14.0 (lock: 1.16.0)")
    assert doctor.check_packages({}, locks).state == NOT_HERE
    assert doctor.check_packages({"torch": "2.13.0"}, {"a.lock": {}, "gpu.lock": {}}).state == NOT_HERE
    assert doctor.installed()["tokenizers"]


@pytest.mark.parametrize(("seconds", "states"), [(200, [OK]), (0, [OK]), (199, [OK, FAIL])])
def test_slurm_has_to_remember_ended_jobs_until_snakemake_looks(tmp_path, monkeypatch, seconds, states):
    put_on_path(monkeypatch, tmp_path, "sinfo", "echo gpu; echo cpu; echo gpu")
    lines = f"MessageTimeout          = 10 sec\nMinJobAge               = {seconds} sec\nMpiDefault = none"
    put_on_path(monkeypatch, tmp_path, "scontrol", f"[ \"$*\" = 'show config' ] && printf '{lines}\n'")
    found = list(doctor.check_slurm())
    assert [finding.state for finding in found] == states and found[0].what == "partitions gpu, cpu"


def test_a_controller_that_does_not_answer(tmp_path, monkeypatch):
    put_on_path(monkeypatch, tmp_path, "sinfo", "echo 'Unable to contact slurm controller' >&2; exit 1")
    (found,) = doctor.check_slurm()
    assert (found.state, found.what) == (WARN, "no answer: Unable to contact slurm controller")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    (found,) = doctor.check_slurm()
    assert found.state == NOT_HERE


def test_results_have_to_be_written(tmp_path, monkeypatch):
    assert doctor.check_disk(tmp_path / "not/made/yet").state == OK
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "results").symlink_to(tmp_path / "unmounted")
    assert doctor.check_disk(tmp_path / "results").what == f"{tmp_path}/results: No such file or directory"

    def refuse(dir):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    found = doctor.check_disk(tmp_path)
    assert (found.state, found.what) == (FAIL, f"{tmp_path}: Read-only file system")


def test_weights_that_are_still_to_be_fetched_are_named_and_a_failure_is_the_exit_status(config, monkeypatch, capsys):
    monkeypatch.chdir(config.parent)
    monkeypatch.setattr(doctor, "listed_gpus", lambda: [])
    monkeypatch.setattr(doctor, "ask_torch", lambda: (ON_CPU, ""))
    manifest = f"results/models/{BACKBONE}/base/manifest.json"
    fetch = Job("fetch_backbone", outputs=(f"results/models/{BACKBONE}/base/model", manifest))
    monkeypatch.setattr(plan, "still_to_run", lambda project, name: [fetch, Job("sft")])
    assert cli.main(["doctor", "demo"]) == 0
    *_, last, fix = capsys.readouterr().out.splitlines()
    assert last == "warn      weights: 1 still to be fetched; jobs have no network"
    assert fix.endswith(f"snakemake --cores 1 {manifest}")
    monkeypatch.setattr(plan, "still_to_run", lambda project, name: [])
    assert cli.main(["doctor", "--gpus", "8"]) == 1
    assert capsys.readouterr().out.endswith("ok        weights: all are fetched\n")


def test_a_configuration_that_cannot_be_read_is_the_last_finding(config):
    (config / "backbones.yaml").write_text("mine: {weight: 3}\n")
    *_, disk, found = doctor.check_project(lambda: load_project(config), [])
    assert (disk.check, found.check, found.state) == ("disk", "configuration", FAIL)
    assert "backbones.yaml:1: mine" in found.what


NODES = """\
cpu* 7-00:00:00 192000 64 (null)
gpu 1-00:00:00 515000+ 64 gpu:a100:4(S:0-1)
big infinite 1030000 128+ gpu:h100:8,nvme:1
short 30:00 515000 64 gpu:8
down n/a n/a n/a gpu:8
"""
TRAINED = Job("sft", {"backbone": "llama-3.1-8b", "chain": "sft.gpt4o-s0"}, resources={"runtime": 120})
ASKED = Job("ask_facts", {"backbone": "llama-3.1-8b", "chain": "base", "corpus": "human"}, resources={"runtime": 30})
SCORED = Job("score", resources={"runtime": 60})


def test_partitions_are_read_from_sinfo():
    nodes = partitions.read(NODES)
    assert [(one.partition, one.default, one.minutes) for one in nodes] == [
        ("cpu", True, 7 * 1440),
        ("gpu", False, 1440),
        ("big", False, math.inf),
        ("short", False, 30),
    ]
    assert (nodes[1].memory_mb, nodes[2].cpus) == (515_000, 128)
    assert [one.gpus for one in nodes] == [{}, {"a100": 4}, {"h100": 8}, {"": 8}]


@pytest.mark.parametrize(
    ("job", "entry", "state", "what", "fix"),
    [
        (TRAINED, {"partition": "big"}, OK, "a node gives what each", ""),
        (TRAINED, {"partition": "gpu,big"}, OK, "", ""),
        (TRAINED, {}, FAIL, "asks for `gpus: 8`, and the default partition has none", "`partition: big`"),
        (TRAINED, {"partition": "gpu"}, FAIL, "partition gpu have 4 at most", "set `partition: big`"),
        (TRAINED, {"partition": "gpu", "gpu_model": "a100"}, FAIL, "`gpus: 8` of a100", "set `nodes: 2` and `gpus: 4`"),
        (TRAINED, {"partition": "big", "gpu_model": "a100"}, FAIL, "big has none", "which partition gpu gives"),
        (TRAINED, {"partition": "gpu", "gpus": 4, "minutes": 2000}, FAIL, "`minutes: 2000`", "set `partition: big`"),
        (
            TRAINED,
            {"partition": "gpu", "gpus": 4, "memory_gb": 2000},
            FAIL,
            "515 at most",
            "`memory_gb: 1030`, which partition big",
        ),
        (TRAINED, {"partition": "big", "cpus": 256}, FAIL, "`cpus: 256`", "set `cpus: 128`"),
        (
            TRAINED,
            {"partition": "gpu", "gpus": 4, "retry_factor": 5},
            WARN,
            "last retry for `minutes: 3000`",
            "factor: 1`",
        ),
        (ASKED, {}, FAIL, "generate of llama-3.1-8b asks for `gpus: 1`", "`partition: big,gpu,short`"),
        (ASKED, {"partition": "short"}, WARN, "last retry for `minutes: 68`", "retry_factor: 1"),
        (SCORED, {}, OK, "", ""),
        (SCORED, {"partition": "shrt"}, FAIL, "unknown partition 'shrt'", "mean 'short'?"),
    ],
)
def test_requests_are_held_against_the_nodes_of_their_partition(
    config, tmp_path, monkeypatch, job, entry, state, what, fix
):
    """A fake sinfo, and entries at the end of resources.yaml: the line that is named has what is too much."""
    put_on_path(monkeypatch, tmp_path, "sinfo", f"cat <<'END'\n{NODES}END")
    if entry:
        with open(config / "resources.yaml", "a") as file:
            file.write(f"- {json.dumps({'rules': [job.rule.replace('ask_facts', 'generate')], **entry})}\n")
    (found,) = doctor.check_requests(load_project(config), [job, job])
    assert found.state == state and what in found.what and fix in found.fix
    assert state == OK or found.fix.startswith(f"{config}/resources.yaml:")
