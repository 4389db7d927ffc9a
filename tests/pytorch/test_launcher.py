"""The launcher: what it starts, what it tells each process, how it ends, and what it refuses; without a model."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from checkout import ROOT
from refusals import refused
from torch.distributed import TCPStore  # pyright: ignore[reportPrivateImportUsage]

from reasonome.stages.pretrain import PretrainRecipe
from reasonome.training import launcher
from reasonome.training.job import check_batch
from reasonome.training.launcher import Launch

TOLD = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "OMP_NUM_THREADS", "REASONOME_SHARDING")
TOLD += ("CUDA_VISIBLE_DEVICES", "VLLM_CACHE_ROOT")
# A program that writes what it was told and its pid to a file of its rank, then does what its argument says.
PROGRAM = f"""
import json, os, signal, sys, time
rank = int(os.environ.get("RANK", 0))
folder, what = sys.argv[1:]
stopped = []
for number in (signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, lambda number, frame: stopped.append(number))
told = {{name: os.environ.get(name) for name in {TOLD}}} | {{"pid": os.getpid()}}
open(f"{{folder}}/.{{rank}}", "w").write(json.dumps(told))
os.replace(f"{{folder}}/.{{rank}}", f"{{folder}}/{{rank}}.json")
print("out", rank, flush=True)
print("err", rank, file=sys.stderr, flush=True)
if what == "fail" and rank == 1:
    sys.exit("the disk of rank 1 is broken")
while what != "end":
    time.sleep(0.02)
    if len(stopped) > 1:
        sys.exit(128 + stopped[0])
"""


@pytest.fixture
def program(tmp_path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def start(program: Path, what: str, *options: str, **environment: str) -> subprocess.Popen:
    command = [sys.executable, ROOT / "scripts/launch.py", *options, program, program.parent, what]
    return subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def told(folder: Path, rank: int) -> dict:
    deadline = time.monotonic() + 60
    while not (folder / f"{rank}.json").is_file():
        assert time.monotonic() < deadline, f"process {rank} was not started"
        time.sleep(0.02)
    return json.loads((folder / f"{rank}.json").read_text())


def gone(pid: int) -> bool:
    """Whether a process has ended; waits for it a little."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_a_single_process_takes_the_launchers_place(program):
    job = start(program, "end", "--processes", "1", "--cpus", "3")
    out, _ = job.communicate(timeout=60)
    mine = told(program.parent, 0)
    assert job.returncode == 0 and out == "out 0\n"
    assert mine["pid"] == job.pid
    assert (mine["OMP_NUM_THREADS"], mine["WORLD_SIZE"], mine["REASONOME_SHARDING"]) == ("3", None, "none")
    assert mine["MASTER_ADDR"] == "127.0.0.1" and mine["MASTER_PORT"].isdigit()


def test_the_port_of_a_single_process_is_kept_for_its_store(program):
    job = start(program, "stay", "--processes", "1")
    port = int(told(program.parent, 0)["MASTER_PORT"])
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("", port))
    assert TCPStore("127.0.0.1", port, is_master=True, wait_for_workers=False).port == port
    job.kill()
    job.communicate(timeout=60)


@pytest.mark.parametrize(("visible", "gpus", "seen"), [(None, "2", "0,1"), ("3,1,2", "2", "3,1"), ("0,1", "0", "")])
def test_a_program_sees_no_more_gpus_than_its_job_asked_for(program, monkeypatch, visible, gpus, seen):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    given = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    start(program, "end", "--gpus", gpus, **given).communicate(timeout=60)
    assert told(program.parent, 0)["CUDA_VISIBLE_DEVICES"] == seen


@pytest.mark.slow
def test_two_processes_share_store_and_cpus_and_rank_0_speaks(program):
    job = start(program, "end", "--processes", "2", "--cpus", "5", "--sharding", "zero2")
    out, err = job.communicate(timeout=60)
    first, second = (told(program.parent, rank) for rank in (0, 1))
    assert job.returncode == 0 and (out, err) == ("out 0\n", "err 0\n")
    assert [p["RANK"] for p in (first, second)] == [p["LOCAL_RANK"] for p in (first, second)] == ["0", "1"]
    assert first["WORLD_SIZE"] == "2" and first["OMP_NUM_THREADS"] == "2" and first["REASONOME_SHARDING"] == "zero2"
    assert first["MASTER_PORT"] == second["MASTER_PORT"] != "0"
    assert first["VLLM_CACHE_ROOT"] != second["VLLM_CACHE_ROOT"], "each engine in a process takes itself for the first"
    assert Path(first["VLLM_CACHE_ROOT"]).parent == Path(second["VLLM_CACHE_ROOT"]).parent


@pytest.mark.slow
def test_a_process_that_fails_ends_the_others_and_is_named(program):
    job = start(program, "fail", "--processes", "2")
    out, err = job.communicate(timeout=60)
    assert job.returncode == 1 and out == "out 0\n"
    assert "process 1 of 2" in err and "ended with status 1" in err
    assert "[1] the disk of rank 1 is broken" in err
    assert gone(told(program.parent, 0)["pid"])


@pytest.mark.full
@pytest.mark.slow
def test_a_process_that_is_killed_ends_the_job(program):
    job = start(program, "wait", "--processes", "2")
    pids = [told(program.parent, rank)["pid"] for rank in (0, 1)]
    os.kill(pids[1], signal.SIGKILL)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGKILL
    assert "process 1 of 2" in err and "SIGKILL" in err
    assert gone(pids[0])


@pytest.mark.slow
def test_every_signal_reaches_all_processes_and_their_status_is_the_jobs(program):
    job = start(program, "wait", "--processes", "2")
    for rank in (0, 1):
        told(program.parent, rank)
    job.send_signal(signal.SIGUSR1)
    time.sleep(0.3)
    assert job.poll() is None, "the processes wait for a second signal, and the launcher for them"
    job.send_signal(signal.SIGTERM)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGUSR1
    assert "error" not in err


@pytest.mark.slow
def test_processes_end_with_a_launcher_that_is_killed(program):
    job = start(program, "wait", "--processes", "2")
    pids = [told(program.parent, rank)["pid"] for rank in (0, 1)]
    job.kill()
    job.communicate(timeout=60)
    assert all(gone(pid) for pid in pids)


def test_the_srun_line_asks_for_one_launcher_a_node_with_what_the_job_has(program):
    launch = Launch(3, 0, 16, "zero3", (str(program), "--folder", "a b"))
    job = {"SLURM_GPUS_ON_NODE": "8", "SLURM_CPUS_PER_TASK": "12"}  # a step has the job's own GPUs, whatever it asks
    ours = ["/x/launch.py", "--nodes", "3", str(program), "--folder", "a b"]
    command = launcher.srun_command(launch, ours, "head:4321", job)
    assert command[:4] == ["srun", "--nodes=3", "--ntasks=3", "--ntasks-per-node=1"]
    assert {"--cpus-per-task=12", "--kill-on-bad-exit=1", "--wait=0", "--overlap"} < set(command)
    assert command[command.index("/x/launch.py") :] == [ours[0], "--store=head:4321", *ours[1:]]
    assert not any(part.startswith("--g") for part in command)
    # Snakemake's plugin leaves a job no variable.
    assert "--cpus-per-task=16" in launcher.srun_command(launch, ours, "head:4321", {})


# Starts a task a node, as srun does, and passes SIGUSR1 on to them; at a SIGTERM it kills them, as srun does too.
FAKE_SRUN = f"""#!{sys.executable}
import os, signal, subprocess, sys
nodes = int(sys.argv[1].removeprefix("--nodes="))
program = sys.argv[sys.argv.index(sys.executable):]
tasks = [subprocess.Popen(program, env=os.environ | {{"SLURM_PROCID": str(node)}}) for node in range(nodes)]
signal.signal(signal.SIGUSR1, lambda number, frame: [task.send_signal(number) for task in tasks])
signal.signal(signal.SIGTERM, lambda number, frame: [task.kill() for task in tasks])
statuses = [task.wait() for task in tasks]
sys.exit(max(status if status >= 0 else 128 - status for status in statuses))
"""


@pytest.fixture
def srun(tmp_path) -> dict[str, str]:
    """The environment of a job on two nodes, whose srun is the one above."""
    made = tmp_path / "bin" / "srun"
    made.parent.mkdir()
    made.write_text(FAKE_SRUN)
    made.chmod(0o755)
    return {"PATH": f"{made.parent}:{os.environ['PATH']}", "SLURM_JOB_ID": "7"}


@pytest.mark.slow
def test_two_nodes_number_their_processes_through_and_meet_in_one_store(program, tmp_path, srun):
    job = start(program, "end", "--nodes", "2", "--processes", "2", "--cpus", "4", **srun)
    out, err = job.communicate(timeout=60)
    assert job.returncode == 0, err
    processes = [told(tmp_path, rank) for rank in range(4)]
    assert [p["LOCAL_RANK"] for p in processes] == ["0", "1", "0", "1"]
    assert {p["WORLD_SIZE"] for p in processes} == {"4"} and {p["OMP_NUM_THREADS"] for p in processes} == {"2"}
    assert len({(p["MASTER_ADDR"], p["MASTER_PORT"]) for p in processes}) == 1
    assert out.splitlines()[-1] == "out 0" and "out 1" not in out


@pytest.mark.slow
def test_two_nodes_are_asked_to_save_by_a_signal(program, tmp_path, srun):
    job = start(program, "wait", "--nodes", "2", **srun)
    for rank in (0, 1):
        told(tmp_path, rank)
    for _ in range(2):  # the program ends at the second
        job.send_signal(signal.SIGTERM)
        time.sleep(0.3)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGUSR1, err


@pytest.mark.parametrize(
    ("asked", "limit", "found"),
    [
        (0, None, (4, "0,1,2,3")),
        (2, None, (2, "0,1")),  # a process that saw two GPUs would split its batch
        (0, 3, (3, "0,1,2")),
        (5, None, "5 processes for 4 GPUs"),
    ],
)
def test_one_process_per_gpu_and_never_more(program, monkeypatch, asked, limit, found):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3")
    monkeypatch.setattr(launcher, "gpus_here", lambda: len(os.environ["CUDA_VISIBLE_DEVICES"].split(",")))
    launch = Launch(1, asked, 1, "none", (str(program),), limit)
    if isinstance(found, str):
        with refused():
            launcher.processes_here(launch)
    else:
        assert (launcher.processes_here(launch), os.environ["CUDA_VISIBLE_DEVICES"]) == found


def test_a_batch_that_does_not_divide_names_the_nearest_numbers():
    recipe = PretrainRecipe(
        stage="pretrain", corpus="demo", sequence_length=64, learning_rate=1e-4, batch_size=48, micro_batch_size=4,
        save_steps=1,
    )  # fmt: skip
    for good in (1, 2, 3, 4, 6, 12):
        check_batch(recipe, good, Path("recipe.json"))
    # 48 = 4 × 12, and 12 is shared out by 1, 2, 3, 4, 6, 12; 5 processes take 20 at once: 40 or 60.
    with refused():
        check_batch(recipe, 5, Path("recipe.json"))
