"""`reasonome doctor`: each check on readings of a node that has the fault, and the fix that it prints."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import tiny_project

from reasonome import cli
from reasonome.cluster.doctor import all_reduce, machine, slurm, storage
from reasonome.cluster.doctor.examination import disk_needed, requests
from reasonome.cluster.doctor.finding import FAIL, NOT_HERE, OK, WARN
from reasonome.cluster.doctor.machine import Torch
from reasonome.core.errors import InputError

BACKBONE = "smollm2-135m"
GPUS = tuple(f"GPU {number}: NVIDIA H100 80GB HBM3" for number in range(8))
NODE = Torch("2.13.0", "13.0", "580.65.06", GPUS, 8)
ON_CPU = Torch("2.13.0+cpu")


def put_on_path(monkeypatch, folder, name, script=""):
    """A program of that name that comes first on the path."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def with_torch(**changed):
    """NODE, with other readings."""
    return Torch(**vars(NODE) | changed)


# --- GPUs, memory ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("torch", "expected", "visible", "state", "what", "fix"),
    [
        (NODE, 8, None, OK, "sees 8 of 8 NVIDIA H100 80GB HBM3", ""),
        (NODE, 4, None, FAIL, "4 are expected, and nvidia-smi lists 8", "ask for GPUs"),
        (ON_CPU, 8, None, FAIL, "8 are expected, and nvidia-smi lists none", "ask for GPUs"),
        (ON_CPU, None, None, NOT_HERE, "train and answer on its CPU (torch 2.13.0+cpu)", ""),
        (ON_CPU, 0, None, NOT_HERE, "on its CPU", ""),
        (with_torch(cuda=None, count=0), None, None, FAIL, "was built without CUDA", "pip install -r envs/gpu.lock"),
        (with_torch(count=2), 8, "0,1", WARN, "sees 2 of 8", "unset CUDA_VISIBLE_DEVICES"),
        (with_torch(count=0), 8, "", FAIL, "CUDA_VISIBLE_DEVICES=''", "unset CUDA_VISIBLE_DEVICES"),
        (
            with_torch(count=0, said="The NVIDIA driver on your system is too old"),
            8,
            None,
            FAIL,
            "sees 0 of 8 NVIDIA H100 80GB HBM3: The NVIDIA driver on your system is too old",
            "compare driver and CUDA in `python -m torch.utils.collect_env`",
        ),
        (Torch("?", error="libcudnn.so.9: cannot open"), 8, None, FAIL, "cannot open", "pip install -r envs/gpu.lock"),
        (Torch(), 8, None, NOT_HERE, "an environment to submit from", "call it by the Python that jobs compute with"),
        (Torch(), None, None, NOT_HERE, "an environment to submit from", ""),
    ],
)
def test_gpus_that_are_expected_have_to_be_there_and_torch_to_see_them(torch, expected, visible, state, what, fix):
    found = machine.check_gpus(torch, expected, visible)
    assert (found.state, what in found.what, found.fix.startswith(fix)) == (state, True, True)
    assert bool(found.fix) == bool(fix)


@pytest.mark.full
@pytest.mark.slow
def test_torch_tells_what_it_is(monkeypatch):
    found = machine.read_torch()
    assert (found.error, found.version[0].isdigit()) == ("", True)
    monkeypatch.setattr(machine, "_ASK_TORCH", "raise SystemExit('libcudnn.so.9: cannot open')")
    assert machine.read_torch() == Torch("?", error="libcudnn.so.9: cannot open")


def test_memory_is_that_of_the_node():
    assert machine.check_memory(0.5).state == OK
    found = machine.check_memory(1e6)
    assert (found.state, "asks for up to 1e+06" in found.what) == (WARN, True)


# --- processes ---------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.slow
def test_two_processes_agree_over_gloo():
    found = all_reduce.check_all_reduce(ON_CPU)
    assert (found.state, found.what.split(",")[0]) == (OK, "2 processes over gloo")


@pytest.mark.full
@pytest.mark.slow
def test_processes_that_hang_are_given_up_and_those_that_fail_are_quoted(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import time; time.sleep(60)")
    found = all_reduce.check_all_reduce(ON_CPU, 1, program)
    assert (found.state, found.what) == (FAIL, "2 processes over gloo did not finish in 1 s")
    assert "GLOO_SOCKET_IFNAME" in found.fix
    program.write_text("import sys; sys.exit('NCCL WARN no route')")
    found = all_reduce.check_all_reduce(ON_CPU, 100, program)
    assert (found.state, "NCCL WARN no route" in found.what) == (FAIL, True)


def test_processes_need_torch_and_something_to_agree_on():
    assert all_reduce.check_all_reduce(Torch()).state == NOT_HERE
    assert all_reduce.check_all_reduce(with_torch(count=1)).state == NOT_HERE


# --- disks -------------------------------------------------------------------------------------------------


def test_too_little_space_fails(tmp_path):
    assert storage.check_free(tmp_path / "not/made", 0, "demo").state == OK
    found = storage.check_free(tmp_path, 1e6, "demo")
    assert (found.state, found.what.split(", ")[-1]) == (FAIL, "1,000,000 needed")
    assert "`reasonome plan demo` counts it" in found.fix


def test_what_is_needed_is_models_and_one_jobs_checkpoints(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # 135M by name: three models of 2 bytes a parameter, three checkpoints of 12.
    assert disk_needed(project, requests(project, ["demo"])) == pytest.approx(135e6 * (3 * 2 + 3 * 12) / 1e9)
    folder = tmp_path / "results/models" / BACKBONE / tiny_project.PRETRAINED
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    assert disk_needed(project, requests(project, ["demo"])) == pytest.approx(135e6 * (2 * 2 + 3 * 12) / 1e9)


@pytest.mark.parametrize(
    ("path", "kind", "state"),
    [
        ("/home/me/project/results", "nfs4", OK),
        ("/home/my lab/results", "lustre", OK),
        ("/homes/results", "ext4", WARN),
        ("/scratch/results", "tmpfs", WARN),
    ],
)
def test_the_file_system_of_results_is_told_by_the_nearest_mount(monkeypatch, path, kind, state):
    kinds = {"/": "ext4", "/home": "nfs4", "/home/my lab": "lustre", "/scratch": "tmpfs"}
    mounts = [SimpleNamespace(mountpoint=point, fstype=fstype) for point, fstype in kinds.items()]
    monkeypatch.setattr(storage.psutil, "disk_partitions", lambda all: mounts)
    monkeypatch.setattr(storage, "existing", Path)
    assert storage.file_system(Path(path)) == kind
    assert storage.check_shared(Path(path), kind, has_slurm=True).state == state


def test_a_local_disk_is_right_without_a_cluster_and_a_container_never():
    assert storage.check_shared(Path("results"), "ext4", has_slurm=False).state == OK
    assert storage.check_shared(Path("results"), "overlay", has_slurm=False).state == WARN


def test_results_have_to_be_written(tmp_path, monkeypatch):
    assert storage.check_writing(tmp_path / "not/made/yet").state == OK
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "results").symlink_to(tmp_path / "unmounted")
    found = storage.check_writing(tmp_path / "results")
    assert found.state == FAIL and "is not there on this node" in found.what

    def refuse(dir):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(storage.tempfile, "TemporaryFile", refuse)
    found = storage.check_writing(tmp_path)
    assert (found.state, found.what) == (FAIL, f"{tmp_path}: Read-only file system")


# --- SLURM -------------------------------------------------------------------------------------------------


def test_partitions_that_jobs_ask_for_have_to_be_there(tmp_path, monkeypatch):
    put_on_path(monkeypatch, tmp_path, "sinfo", "echo gpu; echo cpu; echo gpu")
    put_on_path(monkeypatch, tmp_path, "sacct", "echo 'Slurm accounting storage is disabled' >&2")
    put_on_path(monkeypatch, tmp_path, "scontrol", "exit 1")
    found = slurm.read_slurm()
    assert found == slurm.Slurm(True, ("gpu", "cpu"))
    assert slurm.check_controller(found, ["cpu,gpu"]).what == "partitions gpu, cpu"
    asked = slurm.check_controller(found, ["gpu", "cpus,gpu"])
    assert (asked.state, asked.fix) == (FAIL, "did you mean 'cpu'?")
    assert slurm.check_following(found).state == WARN, "the controller does not tell its settings"


@pytest.mark.parametrize(
    ("seconds", "accounting", "state", "fix"),
    [
        (200, False, OK, ""),
        (0, False, OK, ""),
        (199, True, WARN, "`slurm-status-command: sacct` in profiles/slurm/config.yaml"),
        (60, False, FAIL, "ask the administrators for MinJobAge=300 in slurm.conf, or for accounting"),
    ],
)
def test_ended_jobs_have_to_be_remembered_until_snakemake_looks(tmp_path, monkeypatch, seconds, accounting, state, fix):
    put_on_path(monkeypatch, tmp_path, "sinfo", "echo gpu")
    put_on_path(monkeypatch, tmp_path, "sacct", f"exit {0 if accounting else 1}")
    lines = f"MessageTimeout          = 10 sec\nMinJobAge               = {seconds} sec\nMpiDefault = none"
    put_on_path(monkeypatch, tmp_path, "scontrol", f"[ \"$*\" = 'show config' ] && printf '{lines}\n'")
    read = slurm.read_slurm()
    assert (read.remembers, read.accounting) == (seconds, accounting)
    found = slurm.check_following(read)
    assert (found.state, found.fix) == (state, fix)


def test_a_controller_that_does_not_answer(tmp_path, monkeypatch):
    put_on_path(monkeypatch, tmp_path, "sinfo", "echo 'Unable to contact slurm controller' >&2; exit 1")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    read = slurm.read_slurm()
    found = slurm.check_controller(read, [])
    assert (found.state, found.what) == (WARN, "no answer: Unable to contact slurm controller")
    assert slurm.check_following(read).state == NOT_HERE
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert slurm.check_controller(read, []).state == FAIL
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert slurm.check_controller(slurm.read_slurm(), []).state == NOT_HERE


# --- the command -------------------------------------------------------------------------------------------


@pytest.fixture
def healthy(tmp_path, monkeypatch):
    """A project's folder, on a node without GPUs whose processes are not started."""
    shutil.copytree(tiny_project.ROOT / "config", tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(machine, "read_torch", lambda: ON_CPU)
    monkeypatch.setattr(all_reduce, "check_all_reduce", lambda torch: machine.check_gpus(torch, None, None))
    return tmp_path


def test_findings_are_printed_and_a_failure_is_the_exit_status(healthy, capsys):
    assert cli.main(["doctor", "--gpus", "0"]) == 0
    assert "disk: " in capsys.readouterr().out
    assert cli.main(["doctor", "--gpus", "8"]) == 1
    said = "fail      GPUs: 8 are expected, and nvidia-smi lists none\n          fix: ask for GPUs"
    assert said in capsys.readouterr().out


def test_an_unknown_experiment_names_the_nearest(healthy):
    with pytest.raises(InputError, match="did you mean 'gene-r1'"):
        cli.main(["doctor", "gene-r2"])
