"""Jobs that are killed or run out of disk: they go on where they were, lose nothing, and leave no half file."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import killing
import pytest
import tiny_project
from killing import Run
from tiny_project import ROOT, TAUGHT

pytestmark = pytest.mark.slow


def test_sft_killed_in_the_middle_resumes_to_the_same_model(copy):
    stage = killing.training(TAUGHT)
    folder, target = copy / killing.MODELS / TAUGHT, stage.outputs[0]
    expected = killing.fingerprint(copy, stage)
    killing.forget(copy, stage.outputs)
    run = Run(copy, target)
    assert run.wait_for(lambda: list(folder.glob("trainer/*/checkpoint-4/complete.json"))), run.text()
    killing.kill_program(run, run.program(TAUGHT), signal.SIGKILL)
    assert run.process.wait(timeout=60) != 0
    assert not (folder / "manifest.json").exists()
    # A save that was cut off is passed over: the newest checkpoint loses a byte of its weights.
    complete = folder.glob("trainer/*/checkpoint-*/complete.json")
    newest = max((path.parent for path in complete), key=lambda path: path.stat().st_mtime)
    half = newest.with_name("checkpoint-99")
    shutil.copytree(newest, half)
    os.truncate(half / "model.safetensors", (half / "model.safetensors").stat().st_size - 1)

    again = tiny_project.snakemake(copy, target)
    assert f"resuming from {newest.name}" in again.stdout
    assert killing.fingerprint(copy, stage) == expected


def in_small_filesystem(project: Path, options: str, command: list[str]) -> subprocess.CompletedProcess:
    """Run a command in `project` with results/new on a file system of its own, seen by this process only."""
    (project / "results/new").mkdir()
    script = f'mount -t tmpfs -o {options} none results/new && exec "$@"'
    unshared = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", *command]
    if subprocess.run([*unshared[: -len(command)], "true"], cwd=project, capture_output=True).returncode:
        pytest.skip("this system lets no test mount a file system of its own (unshare --mount)")
    return subprocess.run(unshared, cwd=project, env=tiny_project.environment(), capture_output=True, text=True)


STATEMENTS = ["--corpus", "demo", "--output", "results/new/out"]


@pytest.mark.full
@pytest.mark.parametrize(
    ("options", "reason"), [("size=1m", "No space left on device"), ("ro", "Read-only file system")]
)
def test_a_full_disk_and_a_read_only_folder_leave_no_half_file(copy, options, reason):
    listing = "; status=$?; find results/new -type f | sed 's/^/left: /'; exit $status"
    program = f"{sys.executable} {ROOT}/scripts/write_statements.py {' '.join(STATEMENTS)}"
    done = in_small_filesystem(copy, options, ["sh", "-c", program + listing])
    assert done.returncode == 2
    assert reason in done.stderr and "results/new" in done.stderr
    assert "Traceback" not in done.stderr
    assert "left:" not in done.stdout
