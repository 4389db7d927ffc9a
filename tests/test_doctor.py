"""`reasonome doctor`: each check on readings of a node that has the fault, and the fix that it prints."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest
import tiny_project

from reasonome import cli
from reasonome.cluster.doctor import cluster, communication, gpus, limits, offline, packages, storage
from reasonome.cluster.doctor.examination import disk_needed, examine, optional_packages
from reasonome.cluster.doctor.finding import FAIL, NOT_HERE, OK, WARN, Finding
from reasonome.cluster.doctor.gpus import Driver, Gpu, Torch
from reasonome.config import Adapter
from reasonome.config.project import Project
from reasonome.core.errors import InputError

BACKBONE = "smollm2-135m"
H100 = Gpu("NVIDIA H100 80GB HBM3", 85.5, (9, 0))
V100 = Gpu("Tesla V100-SXM2-32GB", 34.3, (7, 0))
NODE = Driver(True, "580.65.06", (H100,) * 8)
NO_GPU = Driver(False)
LOCK = "envs/gpu.lock"


def put_on_path(monkeypatch, folder, name, script):
    """A program of that name that comes first on the path."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


# --- GPUs --------------------------------------------------------------------------------------------------


def test_what_nvidia_smi_prints_is_read(tmp_path, monkeypatch):
    line = "NVIDIA H100 80GB HBM3, 81559, 9.0, 580.65.06"
    put_on_path(monkeypatch, tmp_path, "nvidia-smi", f"echo '{line}'; echo '{line}'")
    found = gpus.read_driver()
    assert (found.version, len(found.gpus)) == ("580.65.06", 2)
    assert found.gpus[0].capability == (9, 0)
    assert found.gpus[0].memory_gb == pytest.approx(81559 * 1024 * 1024 / 1e9)
    finding = gpus.check_driver(found, None)
    assert (finding.state, finding.what) == (OK, "580.65.06, NVIDIA H100 80GB HBM3 × 2, 86 GB each")


def test_an_nvidia_smi_that_fails_without_words_or_tells_no_memory(tmp_path, monkeypatch):
    put_on_path(monkeypatch, tmp_path, "nvidia-smi", "exit 9")
    assert gpus.read_driver().error == "nvidia-smi ended with status 9"
    assert gpus.parse_nvidia_smi("A, [N/A], 9.0, 580.1\n").gpus[0].memory_gb == 0
    (tmp_path / "nvidia-smi").write_text("")
    assert "cannot be run" in gpus.read_driver().error


def test_results_that_point_nowhere_fail(tmp_path):
    (tmp_path / "results").symlink_to(tmp_path / "unmounted")
    finding = storage.check_replacing(tmp_path / "results")
    assert finding.state == FAIL and "is not there on this node" in finding.what


def test_an_nvidia_smi_that_fails_is_quoted(tmp_path, monkeypatch):
    put_on_path(
        monkeypatch,
        tmp_path,
        "nvidia-smi",
        "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18",
    )
    finding = gpus.check_driver(gpus.read_driver(), None)
    assert (finding.state, finding.what) == (FAIL, "Failed to initialize NVML: Driver/library version mismatch")


def test_gpus_that_are_expected_have_to_be_seen():
    assert gpus.check_driver(NODE, 8).state == OK
    found = gpus.check_driver(NODE, 4)
    assert (found.state, found.what.rpartition("; ")[2]) == (FAIL, "4 are expected")
    assert gpus.check_driver(NO_GPU, None).state == NOT_HERE
    assert gpus.check_driver(NO_GPU, 0).state == NOT_HERE
    found = gpus.check_driver(Driver(True), 8)
    assert (found.state, found.what) == (FAIL, "8 GPUs are expected and none is seen, though libcuda is here")


def test_torch_without_cuda_on_a_node_with_gpus_fails_with_the_lock_that_mends_it():
    found = gpus.check_torch(NODE, Torch("2.13.0+cpu"), LOCK, None)
    assert (found.state, found.fix) == (FAIL, "pip install -r envs/gpu.lock")
    assert found.what == "2.13.0+cpu was built without CUDA, and 8 GPUs are here"
    assert gpus.check_torch(NO_GPU, Torch("2.13.0+cpu"), LOCK, None).state == OK


@pytest.mark.parametrize(
    ("torch", "visible", "state", "fix"),
    [
        (Torch("2.13.0", "13.0", True, 8), None, OK, ""),
        (Torch("2.13.0", "13.0", True, 2), "0,1", WARN, "unset CUDA_VISIBLE_DEVICES, if the job is to have all"),
        (Torch("2.13.0", "13.0"), "", FAIL, "unset CUDA_VISIBLE_DEVICES"),
        (Torch("2.13.0", "13.0"), "-1", FAIL, "unset CUDA_VISIBLE_DEVICES"),
        (Torch("?", error="libcudnn.so.9: cannot open"), None, FAIL, "pip install -r envs/gpu.lock"),
        (Torch(), None, NOT_HERE, "pip install -r envs/gpu.lock"),
    ],
)
def test_torch_has_to_see_what_the_driver_sees(torch, visible, state, fix):
    found = gpus.check_torch(NODE, torch, LOCK, visible)
    assert (found.state, found.fix) == (state, fix)


def test_an_environment_to_submit_from_is_said_to_be_one():
    found = gpus.check_torch(NO_GPU, Torch(), LOCK, None)
    assert (found.state, found.fix) == (NOT_HERE, "")
    assert "to submit from" in found.what
    assert communication.check_all_reduce(Torch()).state == NOT_HERE
    assert packages.check_versions({}, {LOCK: {"torch": "2.13.0"}}).state == NOT_HERE


@pytest.mark.parametrize(
    ("driver", "cuda", "state"),
    [
        ("580.65.06", "13.0", OK),
        ("550.54", "13.0", FAIL),
        ("550.54", "12.8", OK),
        ("470.82", "12.8", FAIL),
        ("600.1", "14.0", WARN),
    ],
)
def test_the_driver_is_new_enough_for_the_cuda_of_torch(driver, cuda, state):
    assert gpus.check_cuda(Driver(True, driver, (H100,)), Torch("2.13.0", cuda)).state == state


def test_precision_by_capability_or_as_torch_computes():
    with_bf16 = Torch("2.13.0", precision=("bf16", "the processor has avx512_bf16"))
    found = gpus.check_precision(Driver(True, "580.1", (H100, V100)), with_bf16)
    assert (found.state, found.what) == (WARN, "fp32: Tesla V100-SXM2-32GB has capability 7.0, bf16 needs 8.0")
    assert gpus.check_precision(NODE, Torch()).state == OK
    found = gpus.check_precision(NO_GPU, with_bf16)
    assert (found.state, found.what) == (OK, "bf16: the processor has avx512_bf16")
    assert gpus.check_precision(NO_GPU, Torch()).state == NOT_HERE


# --- processes ---------------------------------------------------------------------------------------------


def test_processes_that_hang_are_given_up_and_killed(tmp_path):
    mark = tmp_path / "alive"
    program = [sys.executable, "-c", f"import time; time.sleep(2); open({str(mark)!r}, 'w')"]
    found = communication.check_all_reduce(Torch("2.13.0"), 0.3, program)
    assert (found.state, found.what) == (FAIL, "2 processes over gloo did not finish in 0.3 s")
    assert "GLOO_SOCKET_IFNAME" in found.fix
    time.sleep(2.5)
    assert not mark.exists()


def test_a_process_that_fails_is_quoted():
    program = [sys.executable, "-c", "import sys; print('NCCL WARN no route'); sys.exit(3)"]
    found = communication.check_all_reduce(Torch("2.13.0", "13.0", True, 2, nccl=True), 60, program)
    assert (found.state, found.what) == (FAIL, "process 0 of 2 over nccl: NCCL WARN no route")
    assert communication.check_all_reduce(Torch("2.13.0", "13.0", True, 2)).state == FAIL  # no NCCL


@pytest.mark.slow
def test_two_processes_add_up_over_gloo():
    torch = gpus.read_torch()
    assert torch.version is not None and not torch.error
    assert communication.check_all_reduce(Torch(torch.version)).state == OK


# --- disks -------------------------------------------------------------------------------------------------


def test_too_little_space_fails():
    found = storage.check_free("disk", Path("results"), 10.0, 12.5, "free some")
    assert found == Finding("disk", FAIL, "10 GB free in results, 12.5 needed", "free some")
    assert storage.check_free("disk", Path("results"), 12.5, 12.5, "free some").state == OK


def test_what_is_needed_is_models_and_one_jobs_checkpoints(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # 135M by name: three models of 2 bytes a parameter, three checkpoints of 12.
    assert disk_needed(project, ["demo"]) == pytest.approx(135e6 * (3 * 2 + 3 * 12) / 1e9)
    folder = tmp_path / "results/models" / BACKBONE / tiny_project.PRETRAINED
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    assert disk_needed(project, ["demo"]) == pytest.approx(135e6 * (2 * 2 + 3 * 12) / 1e9)


def test_shared_memory_of_containers_is_small():
    assert storage.check_shm(0.067, on_gpus=True).state == FAIL
    assert storage.check_shm(0.067, on_gpus=False).state == WARN
    assert "--shm-size" in storage.check_shm(None, on_gpus=True).fix
    assert storage.check_shm(64.0, on_gpus=True).state == OK


MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw,relatime shared:2 - nfs4 server:/home rw
31 30 0:41 / /home/my\040lab rw - lustre mgs:/lab rw
32 22 0:42 / /scratch rw - tmpfs tmpfs rw"""


@pytest.mark.parametrize(
    ("path", "kind", "state"),
    [
        ("/home/me/project/results", "nfs4", OK),
        ("/home/my lab/results", "lustre", OK),
        ("/homes/results", "ext4", WARN),
        ("/scratch/results", "tmpfs", FAIL),
    ],
)
def test_the_file_system_of_results_is_told_by_the_nearest_mount(path, kind, state):
    assert storage.mount_of(Path(path), MOUNTS)[1] == kind
    assert storage.check_shared(Path(path), kind, has_slurm=True).state == state


def test_a_local_disk_is_right_without_a_cluster_and_a_container_never():
    assert storage.check_shared(Path("results"), "ext4", has_slurm=False).state == OK
    assert storage.check_shared(Path("results"), "overlay", has_slurm=False).state == WARN


def test_files_are_replaced_whole_and_clocks_agree(tmp_path):
    assert storage.check_replacing(tmp_path / "not/made/yet").state == OK
    assert list(tmp_path.iterdir()) == []
    found = storage.check_skew(tmp_path, -42.0)
    assert (found.state, found.what) == (FAIL, f"{tmp_path}: its file server's clock is -42 s off this node's")


def test_a_folder_that_cannot_be_written_fails(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(storage.os, "replace", refuse)
    found = storage.check_replacing(tmp_path)
    assert (found.state, found.what) == (FAIL, f"{tmp_path}: Read-only file system")


# --- what was fetched, tokens ------------------------------------------------------------------------------


def test_weights_that_are_not_fetched_are_named_with_the_command_that_fetches_them(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert offline.needed_weights(project, ["demo"]) == ([BACKBONE], ["minilm"])
    # GRPO is rewarded by MedCPT, which scores too; the teacher of the SFT filters by it.
    assert offline.needed_weights(project, ["gene-r1"])[1] == ["medcpt", "sentence-bert", "sapbert"]
    place = tmp_path / "results/encoders/minilm"
    place.mkdir(parents=True)
    (place / "manifest.json").write_text("{}")
    found = offline.check_weights(project, ["demo"])
    assert (found.state, found.what[:6]) == (WARN, "1 of 2")
    assert found.fix.endswith(f"snakemake --cores 1 results/models/{BACKBONE}/base/manifest.json")


def test_tokens_are_named_and_never_shown(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert offline.check_tokens(project, ["demo"], {}).state == NOT_HERE
    found = offline.check_tokens(project, ["gene-r1"], {"HF_TOKEN": "hf_secret"})
    assert (found.state, found.what) == (WARN, "OPENAI_API_KEY is not set (asking teacher gpt-4o)")
    found = offline.check_tokens(project, ["gene-r1"], {"HF_TOKEN": "hf_secret", "OPENAI_API_KEY": "sk-secret"})
    assert (found.state, found.what) == (OK, "HF_TOKEN, OPENAI_API_KEY: set")


def test_the_hubs_cache_is_where_its_variables_say(tmp_path):
    assert "cache /a/hub" in offline.check_hub({"HF_HOME": "/a"}, tmp_path).what
    assert "cache /b " in offline.check_hub({"HF_HOME": "/a", "HF_HUB_CACHE": "/b"}, tmp_path).what
    assert "HF_HUB_OFFLINE is set" in offline.check_hub({"HF_HUB_OFFLINE": "1"}, tmp_path).what
    assert "HF_HUB_OFFLINE is not set" in offline.check_hub({"HF_HUB_OFFLINE": "0"}, tmp_path).what


# --- limits ------------------------------------------------------------------------------------------------


def test_limits_of_open_files():
    assert limits.check_open_files(1024, 1048576).fix == "ulimit -n 4096"
    assert "ask the administrators" in limits.check_open_files(1024, 2048).what
    assert limits.check_open_files(-1, -1).state == OK


def test_memory_is_that_of_the_control_group(tmp_path):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:       1000000000 kB\nMemFree: 5 kB\n")
    assert limits.read_memory(meminfo, tmp_path / "none") == (1024.0, None)
    (tmp_path / "memory.max").write_text("16000000000\n")
    assert limits.read_memory(meminfo, tmp_path) == (1024.0, 16.0)
    (tmp_path / "memory.max").write_text("max\n")
    assert limits.read_memory(meminfo, tmp_path) == (1024.0, None)


def test_memory_against_what_jobs_ask_for():
    found = limits.check_memory(1024.0, 16.0, 400, in_job=True)
    assert (found.state, found.what) == (FAIL, "16 GB by the control group, of 1,024; jobs ask for 400")
    assert limits.check_memory(24.0, None, 400, in_job=False).state == WARN
    assert limits.check_memory(512.0, None, 400, in_job=True).state == OK


# --- packages ----------------------------------------------------------------------------------------------


def test_versions_are_compared_with_the_lock_that_they_are_nearest_to(tmp_path):
    lock = tmp_path / "gpu.lock"
    lock.write_text(
        "# made by uv\ntorch==2.13.0\ntransformers==5.19.0 \\\n    --hash=sha256:00\nsentence_transformers==6.2.0\n"
    )
    pinned = packages.pins(lock)
    assert pinned == {"torch": "2.13.0", "transformers": "5.19.0", "sentence-transformers": "6.2.0"}
    locks = {"requirements.lock": {"torch": "2.13.0", "transformers": "5.23.0", "trl": "1.16.0"}, "gpu.lock": pinned}
    found = packages.check_versions({"torch": "2.13.0+cu130", "transformers": "5.19.0", "trl": "1.16.0"}, locks)
    assert (found.state, found.what) == (OK, "as in gpu.lock: torch 2.13.0, transformers 5.19.0")
    found = packages.check_versions({"torch": "2.13.0", "transformers": "5.23.0", "trl": "1.15.0"}, locks)
    assert (found.state, found.fix) == (WARN, "pip install -r requirements.lock")
    assert found.what == "not as in requirements.lock: trl 1.15.0 (lock: 1.16.0)"
    assert packages.check_versions({"torch": "2.13.0"}, {"a.lock": {}}).state == WARN


def test_packages_that_the_config_asks_for_have_to_be_there(project):
    assert optional_packages(project, ["demo"]) == {}
    assert optional_packages(project, ["causal-genes"]) == {"vllm": "`engine: vllm` of llama-3.1-8b"}
    changed = Project(tiny_project.ROOT / "config")
    sft, grpo = changed.recipes["sft"], changed.recipes["grpo"]
    sft["names"] = sft["names"].model_copy(update={"adapter": Adapter(quantize="4bit")})
    grpo["soft"] = grpo["soft"].model_copy(update={"rollouts": "vllm-server"})
    changed.settings.trackers.append("mlflow")
    asked = optional_packages(changed, ["demo"])
    assert asked == {
        "mlflow": "`trackers: mlflow`",
        "bitsandbytes": "`quantize: 4bit` of sft.names",
        "vllm": "`rollouts: vllm-server` of grpo.soft",
    }
    assert packages.check_asked_for({}, trains=True).state == NOT_HERE
    assert packages.check_asked_for({"vllm": "engine: vllm of llama-3.1-70b"}, trains=False).state == NOT_HERE
    assert packages.check_asked_for({"json": "trackers: json"}, trains=True).state == OK
    found = packages.check_asked_for({"json": "x", "no_such_one": "trackers: no_such_one"}, trains=True)
    assert (found.state, found.fix) == (FAIL, "pip install no_such_one")
    assert found.what == "no_such_one is not installed, which trackers: no_such_one asks for"


def test_compilers_are_needed_where_sharded_jobs_train_on_cpus(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = packages.check_compilers(sharding=True, trains=True, gpus=0)
    assert (found.state, found.what.split(" not")[0]) == (FAIL, "g++ and ninja")
    for sharding, trains, count in ((False, True, 0), (True, False, 8), (True, False, 0)):
        found = packages.check_compilers(sharding, trains, count)
        assert (found.state, found.fix) == (NOT_HERE, "")
    put_on_path(monkeypatch, tmp_path, "g++", "")
    put_on_path(monkeypatch, tmp_path, "ninja", "")
    assert packages.check_compilers(sharding=True, trains=True, gpus=0).state == OK


def test_gpus_need_a_c_compiler_and_the_header_of_python(tmp_path, monkeypatch):
    """As Triton looks for them: CC, else gcc or clang; whatever the sharding."""

    def found():
        return packages.check_compilers(sharding=False, trains=True, gpus=8)

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    header = tmp_path / "include/Python.h"
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"include": str(header.parent)})
    put_on_path(monkeypatch, tmp_path, "g++", "")
    put_on_path(monkeypatch, tmp_path, "cc", "")
    assert (found().state, found().what.split(":")[0]) == (FAIL, "no C compiler (gcc or clang) on the path")
    assert "module load gcc" in found().fix and "jobs.yaml" in found().fix
    put_on_path(monkeypatch, tmp_path, "clang", "")
    assert (found().state, found().what.split(" ")[0]) == (FAIL, str(header))
    assert "python3-dev" in found().fix
    header.parent.mkdir()
    header.touch()
    assert (found().state, found().what.split(",")[0]) == (OK, str(tmp_path / "clang"))
    put_on_path(monkeypatch, tmp_path, "gcc", "")
    assert found().what.startswith(str(tmp_path / "gcc"))
    monkeypatch.setenv("CC", "gcc -O2")
    assert found().what.startswith("CC is 'gcc -O2', which is no program: on GPUs Triton")
    monkeypatch.setenv("CC", "cc")
    assert found().what.startswith(str(tmp_path / "cc"))


@pytest.mark.parametrize(("driver", "expected"), [(NODE, None), (NO_GPU, 8)])
def test_a_compiler_is_looked_for_where_gpus_are_or_should_be(project, tmp_path, monkeypatch, driver, expected):
    monkeypatch.setattr(gpus, "read_driver", lambda: driver)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    found = next(one for one in examine(project, ["demo"], expected) if one.check == "compilers")
    assert (found.state, "no C compiler" in found.what) == (FAIL, True)


# --- SLURM -------------------------------------------------------------------------------------------------


def test_a_cluster_without_a_database_is_followed_by_squeue(tmp_path, monkeypatch):
    put_on_path(monkeypatch, tmp_path, "sinfo", "echo gpu; echo cpu; echo gpu")
    put_on_path(monkeypatch, tmp_path, "sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1")
    put_on_path(monkeypatch, tmp_path, "scontrol", "exit 1")
    slurm = cluster.read_slurm()
    assert slurm == cluster.Slurm(True, True, ("gpu", "cpu"), False)
    assert cluster.check_controller(slurm).what == "partitions gpu, cpu"
    found = cluster.check_accounting(slurm)
    assert (found.state, "slurm-status-command: squeue" in found.fix) == (WARN, True)
    found = cluster.check_partitions(slurm, ["gpu", "cpus,gpu"])
    assert (found.state, found.fix) == (FAIL, "did you mean 'cpu'?")
    assert cluster.check_partitions(slurm, ["cpu,gpu"]).state == OK
    assert cluster.check_partitions(slurm, []).state == OK


@pytest.mark.parametrize(
    ("seconds", "accounting", "state", "fix"),
    [
        (300, False, OK, ""),
        (200, False, OK, ""),
        (0, False, OK, ""),
        (199, True, WARN, "`slurm-status-command: sacct` in profiles/slurm/config.yaml, if not yet there"),
        (60, False, FAIL, "ask the administrators for MinJobAge=300 in slurm.conf, or for accounting"),
    ],
)
def test_ended_jobs_have_to_be_remembered_until_snakemake_looks(tmp_path, monkeypatch, seconds, accounting, state, fix):
    put_on_path(monkeypatch, tmp_path, "sinfo", "echo gpu")
    put_on_path(monkeypatch, tmp_path, "sacct", f"exit {0 if accounting else 1}")
    lines = f"MessageTimeout          = 10 sec\nMinJobAge               = {seconds} sec\nMpiDefault = none"
    put_on_path(monkeypatch, tmp_path, "scontrol", f"[ \"$*\" = 'show config' ] && printf '{lines}\n'")
    slurm = cluster.read_slurm()
    assert (slurm.remembers, slurm.accounting) == (seconds, accounting)
    found = cluster.check_remembered(slurm)
    assert (found.state, found.fix) == (state, fix)


def test_a_controller_that_does_not_tell_its_settings(tmp_path, monkeypatch):
    put_on_path(monkeypatch, tmp_path, "sinfo", "echo gpu")
    put_on_path(monkeypatch, tmp_path, "scontrol", "exit 1")
    assert cluster.check_remembered(cluster.read_slurm()).state == WARN
    assert cluster.check_remembered(cluster.Slurm(False)).state == NOT_HERE


def test_a_controller_that_does_not_answer(tmp_path, monkeypatch):
    put_on_path(monkeypatch, tmp_path, "sinfo", "echo 'Unable to contact slurm controller' >&2; exit 1")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    slurm = cluster.read_slurm()
    found = cluster.check_controller(slurm)
    assert (found.state, found.what) == (WARN, "no answer: Unable to contact slurm controller")
    assert cluster.check_accounting(slurm).state == NOT_HERE
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert cluster.check_controller(slurm).state == FAIL


def test_no_cluster_is_no_fault(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cluster.check_controller(cluster.read_slurm()).state == NOT_HERE


# --- the command -------------------------------------------------------------------------------------------


@pytest.fixture
def healthy(tmp_path, monkeypatch):
    """A project's folder, on a node whose torch is not asked."""
    shutil.copytree(tiny_project.ROOT / "config", tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gpus, "read_torch", Torch)
    monkeypatch.setattr(gpus, "read_driver", lambda: NO_GPU)
    return tmp_path


def test_findings_are_printed_and_written_and_a_failure_is_the_exit_status(healthy, capsys):
    assert cli.main(["doctor", "--gpus", "0", "--json", "-"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert [finding["check"] for finding in found][:2] == ["driver", "disk"]
    assert len(captured.err.split("\n")) >= len(found)
    assert cli.main(["doctor", "--gpus", "8", "--json", "found.json"]) == 1
    assert json.loads((healthy / "found.json").read_text())[0]["state"] == FAIL
    assert (
        "fail      driver: 8 GPUs are expected and none is seen\n          fix: ask for GPUs" in capsys.readouterr().out
    )


def test_a_place_that_cannot_be_written_to_is_told_before_anything_is_examined(healthy, capsys):
    with pytest.raises(InputError, match="'config' is no file's path"):
        cli.main(["doctor", "--json", "config"])
    assert capsys.readouterr().out == ""


def test_an_unknown_experiment_names_the_nearest(healthy):
    with pytest.raises(InputError, match="did you mean 'gene-r1'"):
        cli.main(["doctor", "gene-r2"])
