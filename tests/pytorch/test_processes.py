"""How one of several training processes ends: with its status and without abort, and where it fails, at once."""

import os
import subprocess
import sys

import pytest
import torch.distributed as dist
from checkout import ROOT

from reasonome.training import processes

# As a trainer does, the program refers to its group for as long as it lives; Gloo still works on what it was given.
PROGRAM = """
import atexit, os, sys
import torch, torch.distributed as dist
from reasonome.training import processes
if len(sys.argv) == 2:
    dist.init_process_group("gloo")
    group = dist.group.WORLD
    for _ in range(20):
        group.allgather([torch.empty(1), torch.empty(1)], torch.ones(1))
atexit.register(lambda: print("registered", processes.rank()))
print("said before")
processes.leave(int(sys.argv[1]))
print("alone")
"""
# Rank 1 fails. Closing its group, or what is registered for its exit, would wait for ever, as with NCCL.
FAILING = """
import atexit, time
import torch, torch.distributed as dist
from reasonome.core.errors import InputError
from reasonome.training import processes
def main():
    dist.init_process_group("gloo")
    dist.destroy_process_group = lambda: time.sleep(1000)
    atexit.register(dist.destroy_process_group)
    if processes.rank() == 1:
        raise InputError("no memory")
    time.sleep(1000)
processes.run(main)
"""


@pytest.fixture
def leaving(tmp_path):
    """Run a program under the launcher, as so many processes."""
    program = tmp_path / "leaving.py"
    program.write_text(PROGRAM)

    def run(count: int, *arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, ROOT / "scripts/launch.py", "--processes", str(count), program, *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    return run


@pytest.mark.slow
def test_several_processes_end_as_they_say_though_their_group_is_still_at_work(leaving):
    done = leaving(2, "143")
    assert (done.returncode, done.stdout) == (143, "said before\nregistered 0\n"), done.stderr


@pytest.mark.parametrize(("backend", "closed"), [("gloo", ["closed"]), ("nccl", [])])
def test_a_group_of_gpus_is_not_closed_while_the_first_process_writes(backend, closed, monkeypatch):
    done, statuses = [], []
    monkeypatch.setattr(dist, "is_initialized", lambda: True)
    monkeypatch.setattr(dist, "get_backend", lambda: backend)
    monkeypatch.setattr(dist, "destroy_process_group", lambda: done.append("closed"))
    monkeypatch.setattr(processes.atexit, "_run_exitfuncs", lambda: None)
    monkeypatch.setattr(processes, "_end", statuses.append)
    processes.leave(143)
    assert (done, statuses) == (closed, [143])


def test_a_single_process_goes_on(leaving):
    done = leaving(1, "143", "no group")
    assert (done.returncode, done.stdout) == (0, "said before\nalone\nregistered 0\n"), done.stderr


@pytest.mark.slow
def test_one_that_fails_ends_the_job_though_its_group_would_wait_for_others(leaving, tmp_path):
    (tmp_path / "leaving.py").write_text(FAILING)
    done = leaving(2)
    assert done.returncode == 2 and "[1] error: no memory" in done.stderr.splitlines(), done.stderr
