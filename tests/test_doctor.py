"""`reasonome doctor`: each check on readings of a node that has the fault, and the fix that it prints."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import tiny_project

from reasonome import cli
from reasonome.cluster.doctor import FAIL, NOT_HERE, OK, WARN, examination, machine, system
from reasonome.cluster.doctor.examination import disk_needed, requests
from reasonome.cluster.doctor.machine import Torch
from reasonome.tasks import load_project

BACKBONE = "smollm2-135m"
GPUS = tuple(f"GPU {number}: NVIDIA H100 80GB HBM3" for number in range(8))
NODE = Torch("2.13.0", "13.0", "580.65.06", GPUS, 8)
ON_CPU = Torch("2.13.0+cpu", precision=("bf16", "the processor has avx512_bf16"))


def put_on_path(monkeypatch, folder, name, script=""):
    """A program of that name that comes first on the path."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def with_torch(**changed):
    """NODE, with other readings."""
    return Torch(**vars(NODE) | changed)


# --- GPUs, precision, memory -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("torch", "expected", "visible"),
    [
        (NODE, 8, None),
        (NODE, 4, None),
        (ON_CPU, 8, None),
        (with_torch(cuda=None, count=0), None, None),
        (with_torch(count=2), 8, "0,1"),
        (with_torch(count=0, said="The NVIDIA driver on your system is too old"), 8, None),
        (Torch(), 8, None),
    ],
)
def test_gpus_that_are_expected_have_to_be_there_and_torch_to_see_them(torch, expected, visible, snapshot):
    assert machine.check_gpus(torch, expected, visible) == snapshot


@pytest.mark.full
@pytest.mark.slow
def test_torch_tells_what_it_is_and_its_precision(monkeypatch):
    found = machine.read_torch()
    assert (found.error, found.precision[0] in ("bf16", "fp32")) == ("", True)
    assert found.version[0].isdigit()
    monkeypatch.setattr(machine, "_ASK_TORCH", "raise SystemExit('libcudnn.so.9: cannot open')")
    assert machine.read_torch() == Torch("?", error="libcudnn.so.9: cannot open")


def test_a_gpu_without_bf16_is_slower_than_it_could_be():
    found = machine.check_precision(with_torch(precision=("fp32", "Tesla V100 has no bf16 instructions")))
    assert (found.state, found.what) == (WARN, "fp32: Tesla V100 has no bf16 instructions")
    found = machine.check_precision(ON_CPU)
    assert (found.state, found.what) == (OK, "bf16: the processor has avx512_bf16")
    assert machine.check_precision(Torch()).state == NOT_HERE


def test_gpus_need_a_c_compiler_and_the_header_of_python(tmp_path, monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    header = tmp_path / "include/Python.h"
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"include": str(header.parent)})
    assert machine.check_compiler(ON_CPU, None).state == NOT_HERE
    for torch, expected in ((NODE, None), (ON_CPU, 8)):
        found = machine.check_compiler(torch, expected)
        assert (found.state, found.what.split(":")[0]) == (FAIL, "no C compiler (gcc or clang) on the path")
        assert "module load gcc" in found.fix and "jobs.yaml" in found.fix
    node = with_torch(compiler="(Debian 12.2.0-14) 12.2.0")
    found = machine.check_compiler(node, None)
    assert (found.state, found.what.split(" ")[0], "python3-dev" in found.fix) == (FAIL, str(header), True)
    header.parent.mkdir()
    header.touch()
    assert machine.check_compiler(node, None).what.startswith("C compiler (Debian 12.2.0-14) 12.2.0, and")
    monkeypatch.setenv("CC", "nvc")
    assert machine.check_compiler(NODE, None).state == OK


def test_memory_is_that_of_the_control_group(tmp_path):
    def found(asked, in_job=True):
        return machine.check_memory(asked, in_job, tmp_path)

    assert (found(0.5).state, "control group" in found(0.5).what) == (OK, False)
    assert found(0.5).what.endswith("; training asks for up to 0.5"), "which is less than answering does"
    assert found(1e6).state == WARN, "the node's own"
    (tmp_path / "memory.max").write_text("1000000000\n")
    assert (found(400).state, found(400).what.split(",")[0]) == (FAIL, "1 GB by the control group")
    assert "srun --mem=400G" in found(400).fix
    assert found(400, in_job=False).state == WARN


@pytest.mark.parametrize(
    ("line", "folder", "file"),
    [("0::/slurm/job_7", "slurm", "memory.max"), ("4:memory:/slurm/job_7", "memory/slurm", "memory.limit_in_bytes")],
)
def test_control_groups_of_both_versions_and_those_above_them(tmp_path, line, folder, file):
    (tmp_path / "listing").write_text(f"9:cpu:/other\n{line}\n")
    group = tmp_path / "root" / folder
    (group / "job_7").mkdir(parents=True)
    (group / file).write_text("3000000000\n")
    (group / "job_7" / file).write_text("max\n")
    assert machine.control_group_limits(tmp_path / "root", tmp_path / "listing") == [3_000_000_000]
    assert machine.control_group_limits(tmp_path / "root", tmp_path / "nowhere") == []


# --- processes ---------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.slow
def test_two_processes_agree_over_gloo():
    found = machine.check_all_reduce(ON_CPU)
    assert (found.state, found.what.split(",")[0]) == (OK, "2 processes over gloo")


@pytest.mark.full
@pytest.mark.slow
def test_processes_that_hang_are_given_up_and_those_that_fail_are_quoted(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import time; time.sleep(60)")
    found = machine.check_all_reduce(ON_CPU, 1, program)
    assert (found.state, found.what) == (FAIL, "2 processes over gloo did not finish in 1 s")
    assert "GLOO_SOCKET_IFNAME" in found.fix
    program.write_text("import sys; sys.exit('NCCL WARN no route')")
    found = machine.check_all_reduce(ON_CPU, 100, program)
    assert (found.state, "NCCL WARN no route" in found.what) == (FAIL, True)


def test_processes_need_torch_and_something_to_agree_on():
    assert machine.check_all_reduce(Torch()).state == NOT_HERE
    assert machine.check_all_reduce(with_torch(count=1)).state == NOT_HERE


# --- disks -------------------------------------------------------------------------------------------------


def test_too_little_space_fails(tmp_path):
    assert system.check_free(tmp_path / "not/made", 0, "demo").state == OK
    found = system.check_free(tmp_path, 1e6, "demo")
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
    monkeypatch.setattr(system.psutil, "disk_partitions", lambda all: mounts)
    monkeypatch.setattr(system, "existing", Path)
    assert system.file_system(Path(path)) == kind
    assert system.check_shared(Path(path), kind, has_slurm=True).state == state


def test_results_have_to_be_written(tmp_path, monkeypatch):
    assert system.check_writing(tmp_path / "not/made/yet").state == OK
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "results").symlink_to(tmp_path / "unmounted")
    found = system.check_writing(tmp_path / "results")
    assert found.state == FAIL and "is not there on this node" in found.what

    def refuse(dir):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(system.tempfile, "TemporaryFile", refuse)
    found = system.check_writing(tmp_path)
    assert (found.state, found.what) == (FAIL, f"{tmp_path}: Read-only file system")


# --- what was fetched --------------------------------------------------------------------------------------


def test_weights_that_are_not_fetched_are_named_with_the_command_that_fetches_them(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert examination.needed_weights(project, ["demo"]) == ([BACKBONE], ["minilm"])
    # GRPO is rewarded by MedCPT, which scores too; the teacher of the SFT filters by it.
    assert examination.needed_weights(project, ["gene-r1"])[1] == ["medcpt", "sentence-bert", "sapbert"]
    place = tmp_path / "results/encoders/minilm"
    place.mkdir(parents=True)
    (place / "manifest.json").write_text("{}")
    found = examination.check_weights(project, ["demo"])
    assert (found.state, found.what[:6]) == (WARN, "1 of 2")
    assert found.fix.endswith(f"snakemake --cores 1 results/models/{BACKBONE}/base/manifest.json")


# --- packages ----------------------------------------------------------------------------------------------


def test_versions_are_compared_with_the_lock_that_they_are_nearest_to(tmp_path):
    lock = tmp_path / "gpu.lock"
    lock.write_text(
        "# made by uv\ntorch==2.13.0+cpu\ntrl==1.16.0 \\\n    --hash=sha256:00\nsentence_transformers==6.2.0\n"
    )
    assert system.pins(lock) == {"torch": "2.13.0", "trl": "1.16.0", "sentence-transformers": "6.2.0"}
    assert system.pins(tmp_path / "none") == {}
    locks = {"a.lock": {"torch": "2.13.0", "trl": "1.16.0"}, "gpu.lock": {"torch": "2.13.0", "trl": "1.15.0"}}
    found = system.check_versions({"torch": "2.13.0", "trl": "1.15.0", "vllm": "0.31.0"}, locks)
    assert (found.state, found.what) == (OK, "as in gpu.lock: torch 2.13.0, trl 1.15.0")
    found = system.check_versions({"torch": "2.13.0", "trl": "1.14.0"}, locks)
    assert (found.state, found.fix) == (WARN, "pip install -r a.lock")
    assert found.what == "not as in a.lock: trl 1.14.0 (lock: 1.16.0)"
    assert system.check_versions({"torch": "2.13.0"}, {"a.lock": {}}).state == WARN
    assert system.check_versions({}, locks).state == NOT_HERE
    assert system.installed()["tokenizers"]


# --- SLURM -------------------------------------------------------------------------------------------------


def test_partitions_are_those_of_all_rules(config):
    """Training overrides the partition of all jobs, which scoring then keeps; nobody asks for the first one."""
    entries = [
        "partition: first",
        "partition: cpuu",
        "{rules: [pretrain, sft, grpo, generate, annotate], partition: gpu}",
    ]
    with (config / "resources.yaml").open("a") as file:
        file.writelines(f"- {entry}\n" for entry in entries)
    assert examination.partitions(load_project(config), ["demo"]) == ["gpu", "cpuu"]


def test_partitions_that_jobs_ask_for_have_to_be_there(tmp_path, monkeypatch):
    put_on_path(monkeypatch, tmp_path, "sinfo", "echo gpu; echo cpu; echo gpu")
    put_on_path(monkeypatch, tmp_path, "sacct", "echo 'Slurm accounting storage is disabled' >&2")
    put_on_path(monkeypatch, tmp_path, "scontrol", "exit 1")
    found = system.read_slurm()
    assert found == system.Slurm(True, ("gpu", "cpu"))
    assert system.check_controller(found, ["cpu,gpu"]).what == "partitions gpu, cpu"
    asked = system.check_controller(found, ["gpu", "cpus,gpu"])
    assert (asked.state, asked.fix) == (FAIL, "did you mean 'cpu'?")
    assert system.check_following(found).state == WARN, "the controller does not tell its settings"


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
    read = system.read_slurm()
    assert (read.remembers, read.accounting) == (seconds, accounting)
    found = system.check_following(read)
    assert (found.state, found.fix) == (state, fix)


def test_a_controller_that_does_not_answer(tmp_path, monkeypatch):
    put_on_path(monkeypatch, tmp_path, "sinfo", "echo 'Unable to contact slurm controller' >&2; exit 1")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    read = system.read_slurm()
    found = system.check_controller(read, [])
    assert (found.state, found.what) == (WARN, "no answer: Unable to contact slurm controller")
    assert system.check_following(read).state == NOT_HERE
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert system.check_controller(read, []).state == FAIL
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert system.check_controller(system.read_slurm(), []).state == NOT_HERE


# --- the command -------------------------------------------------------------------------------------------


@pytest.fixture
def healthy(tmp_path, monkeypatch):
    """A project's folder, on a node with 500 GB of disk, 64 GB of memory and no GPUs; no processes are started."""
    tiny_project.copied_config(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(system.shutil, "disk_usage", lambda path: SimpleNamespace(free=5e11))
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: SimpleNamespace(total=64e9))
    monkeypatch.setattr(machine, "read_torch", lambda: ON_CPU)
    monkeypatch.setattr(machine, "check_all_reduce", lambda torch: machine.check_precision(torch))
    return tmp_path


def test_findings_are_printed_and_written_and_a_failure_is_the_exit_status(healthy, capsys):
    assert cli.main(["doctor", "--gpus", "0", "--json", "-"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert [finding["check"] for finding in found][:2] == ["disk", "file system"]
    assert len(captured.err.split("\n")) >= len(found)
    assert cli.main(["doctor", "--gpus", "8", "--json", "found.json"]) == 1
    assert FAIL in [finding["state"] for finding in json.loads((healthy / "found.json").read_text())]
    said = "fail      GPUs: 8 are expected, and nvidia-smi lists none\n          fix: ask for GPUs"
    assert said in capsys.readouterr().out


def test_a_place_that_cannot_be_written_to_is_told_before_anything_is_examined(healthy, capsys, refused):
    with refused():
        cli.main(["doctor", "--json", "config"])
    with refused():
        cli.main(["doctor", "--json", "new/found.json"])
    assert capsys.readouterr().out == "" and not (healthy / "new").exists()


def test_an_unknown_experiment_names_the_nearest(healthy, refused):
    with refused():
        cli.main(["doctor", "gene-r2"])
