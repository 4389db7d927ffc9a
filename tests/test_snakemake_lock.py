"""A lock of Snakemake is removed only where nothing living can hold it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT

from reasonome.cluster import snakemake_lock
from reasonome.cluster.snakemake_lock import LOCKS

SCRIPTS = ROOT / "scripts"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """A folder that is locked as a run on this machine does."""
    monkeypatch.chdir(tmp_path)
    snakemake_lock.note()
    (LOCKS / "0.output.lock").write_text("results/x\n")
    return tmp_path


@pytest.fixture
def starts():
    """Start Python as some program in a folder; it lives until the test ends."""
    started = []

    def start(program: str, folder: Path) -> int:
        code = "import time; print(flush=True); time.sleep(600)"
        command = [sys.executable, "-c", code, program]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE)
        process.stdout.readline()
        started.append(process)
        return process.pid

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_lock_that_nothing_holds_is_removed():
    assert snakemake_lock.release(SCRIPTS) == ".snakemake/locks: removed, as the run that held it is no more"
    assert not LOCKS.exists()
    assert snakemake_lock.release(SCRIPTS) is None


def test_a_folder_without_a_lock_stays_as_it_is():
    (LOCKS / "0.output.lock").unlink()
    assert snakemake_lock.release(SCRIPTS) is None
    assert LOCKS.is_dir()


@pytest.mark.parametrize("program", ["snakemake", "/elsewhere/.venv/bin/snakemake", str(SCRIPTS / "train.py")])
def test_snakemake_and_a_job_that_outlived_it_hold_their_lock(folder, starts, program):
    number = starts(program, folder)
    assert snakemake_lock.release(SCRIPTS) == f".snakemake/locks: held by {Path(program).name} (process {number})"
    assert (LOCKS / "0.output.lock").is_file()


def test_what_runs_elsewhere_or_is_another_program_holds_nothing(folder, starts, tmp_path_factory):
    starts("snakemake", tmp_path_factory.mktemp("other"))
    starts("notes-on-snakemake.txt", folder)
    snakemake_lock.release(SCRIPTS)
    assert not LOCKS.exists()


def test_a_process_that_has_ended_holds_nothing_though_its_parent_does_not_know(folder):
    process = subprocess.Popen([sys.executable, "-c", "", "snakemake"], cwd=folder)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    snakemake_lock.release(SCRIPTS)
    assert not LOCKS.exists()
    process.wait()


def test_make_demo_looks_at_the_lock_before_it_runs_snakemake():
    makefile = SCRIPTS.parent / "Makefile"
    dry = ["make", "--no-print-directory", "-nB", "--assume-old=install", f"--file={makefile}", "demo"]
    printed = subprocess.run(dry, check=True, capture_output=True, text=True).stdout.splitlines()
    assert printed[0].endswith("scripts/release_lock.py")
    assert "snakemake --cores" in next(line for line in printed[1:] if not line.startswith("echo "))
