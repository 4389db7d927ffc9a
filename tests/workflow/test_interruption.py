"""Jobs that are killed or run out of disk: they go on where they were and lose nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import tiny_project
from tiny_project import BACKBONE, ROOT, TAUGHT

from reasonome.core.manifest import file_sha256

pytestmark = pytest.mark.slow

WAIT_SECONDS = 240


def wait_for(condition, process: subprocess.Popen, what: str) -> None:
    """Poll until `condition()`; an early end of the process or a long wait fails the test."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert process.poll() is None, f"the job ended before {what}"
        assert time.monotonic() < deadline, f"no {what} within {WAIT_SECONDS} s"
        time.sleep(0.02)


def start(folder: Path, target: str, log: Path) -> subprocess.Popen:
    """Start Snakemake on `target` in the background."""
    with open(log, "w") as out:
        return subprocess.Popen(
            tiny_project.command(target), cwd=folder, env=tiny_project.environment(), stdout=out, stderr=out
        )


def program(process: subprocess.Popen, script: str) -> psutil.Process:
    """The Python process below Snakemake that runs `script`."""
    for child in psutil.Process(process.pid).children(recursive=True):
        command = child.cmdline()
        if len(command) > 1 and command[0].endswith(("python", "python3")) and command[1].endswith(script):
            return child
    raise AssertionError(f"no process runs {script}")


@pytest.fixture
def untaught(copy) -> tuple[Path, Path, dict]:
    """A project whose SFT step is gone; its former weights and history are what a new run must equal."""
    folder = copy / "results/models" / BACKBONE / TAUGHT
    expected = {name: file_sha256(folder / name) for name in ("model/model.safetensors", "history.jsonl")}
    expected["manifest"] = json.loads((folder / "manifest.json").read_text())
    recipe = (folder / "recipe.json").read_bytes()
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "recipe.json").write_bytes(recipe)
    return copy, folder, expected


def same_result(folder: Path, expected: dict) -> bool:
    for name in ("model/model.safetensors", "history.jsonl"):
        assert file_sha256(folder / name) == expected[name], name
    assert json.loads((folder / "manifest.json").read_text()) == expected["manifest"]
    return True


def find_checkpoints(folder: Path, step: int) -> list[Path]:
    return list(folder.glob(f"trainer/*/checkpoint-{step}/complete.json"))


def test_sft_killed_in_the_middle_resumes_to_the_same_model(untaught, tmp_path):
    project, folder, expected = untaught
    target = f"results/models/{BACKBONE}/{TAUGHT}/manifest.json"
    process = start(project, target, tmp_path / "log")
    wait_for(lambda: find_checkpoints(folder, 4), process, "checkpoint")
    program(process, "train.py").send_signal(signal.SIGKILL)
    assert process.wait(timeout=60) != 0
    assert not (folder / "manifest.json").exists()
    # A save that was cut off is passed over: the newest checkpoint loses a byte of its weights.
    newest = max(
        (p.parent for p in folder.glob("trainer/*/checkpoint-*/complete.json")), key=lambda p: p.stat().st_mtime
    )
    half = newest.with_name("checkpoint-99")
    shutil.copytree(newest, half)
    os.truncate(half / "model.safetensors", (half / "model.safetensors").stat().st_size - 1)

    again = tiny_project.snakemake(project, target)
    assert f"resuming from {newest.name}" in again.stdout
    assert same_result(folder, expected)


def in_small_filesystem(project: Path, options: str, command: list[str]) -> subprocess.CompletedProcess:
    """Run a command in `project` with results/new on a file system of its own, seen by this process only."""
    (project / "results/new").mkdir()
    script = f'mount -t tmpfs -o {options} none results/new && exec "$@"'
    unshared = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", *command]
    if subprocess.run([*unshared[: -len(command)], "true"], cwd=project, capture_output=True).returncode:
        pytest.skip("this system lets no test mount a file system of its own (unshare --mount)")
    return subprocess.run(unshared, cwd=project, env=tiny_project.environment(), capture_output=True, text=True)


@pytest.mark.full
@pytest.mark.parametrize(
    ("options", "reason"), [("size=64k", "No space left on device"), ("ro", "Read-only file system")]
)
def test_a_full_disk_and_a_read_only_folder_leave_no_half_file(copy, options, reason):
    listing = "; status=$?; find results/new -type f | sed 's/^/left: /'; exit $status"
    job = (copy / "results/statements/demo/train.job.json").read_text()
    (copy / "job.json").write_text(job.replace("results/statements/demo/", "results/new/out/"))
    program = f"{sys.executable} {ROOT}/scripts/write_statements.py job.json"
    done = in_small_filesystem(copy, options, ["sh", "-c", program + listing])
    assert done.returncode == 2
    assert reason in done.stderr and "results/new" in done.stderr
    assert "Traceback" not in done.stderr
    assert "left:" not in done.stdout
