"""Jobs whose disk is full, or takes no files: they say so and leave nothing half-written."""

import subprocess
import sys
from pathlib import Path

import pytest
from tiny_project import ROOT, environment

pytestmark = pytest.mark.slow


def in_small_filesystem(project: Path, options: str, command: list[str]) -> subprocess.CompletedProcess:
    """Run a command in `project` with results/new on a file system of its own, seen by this process only."""
    (project / "results/new").mkdir()
    script = f'mount -t tmpfs -o {options} none results/new && exec "$@"'
    unshared = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", *command]
    if subprocess.run([*unshared[: -len(command)], "true"], cwd=project, capture_output=True).returncode:
        pytest.skip("this system lets no test mount a file system of its own (unshare --mount)")
    return subprocess.run(unshared, cwd=project, env=environment(), capture_output=True, text=True)


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
