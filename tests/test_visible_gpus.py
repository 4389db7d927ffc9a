"""Programs leave GPUs that their job did not ask for alone; what launched programs see is in test_launcher.py."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


@pytest.mark.parametrize(
    "command",
    [
        "generate.py --model m --benchmark b --examples e --style s --decoding d --output o",
        "annotate.py --annotation a --model m --output o",
    ],
)
def test_programs_heed_their_limit_before_all_else(command, tmp_path):
    program, *arguments = command.split()
    done = subprocess.run(
        [sys.executable, SCRIPTS / program, *arguments, "--gpus", "-1"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (2, "error: --gpus is -1; the least is 0\n")
