"""README: its commands work in the order in which they stand."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT

README = ROOT / "README.md"
_PROGRAMS = ("make", "reasonome", "snakemake")
_NOT_COPIED = shutil.ignore_patterns("results", ".*", "__pycache__", "tests")


def commands() -> list[list[str]]:
    """The commands of README's blocks, as arguments, without their comments."""
    lines = [line for line in README.read_text().splitlines() if line.startswith("    ")]
    found = [shlex.split(line, comments=True) for line in lines if line.split()[0] in _PROGRAMS]
    return [command for command in found if command]


def in_test(command: list[str]) -> list[str]:
    """What of a command a test can run: make and Snakemake only say what they would do."""
    program, *arguments = command
    if program == "make":
        return ["make", "-n", *arguments]
    if program == "snakemake":
        local = ["profiles/slurm" if argument == "slurm" else argument for argument in arguments]
        return ["snakemake", "-n", "--quiet", "all", *(argument for argument in local if argument != "-n")]
    if arguments[0] == "rehearse":  # of minutes, in tests/workflow/test_rehearsals.py
        return [*command[:2], "--help"]
    return command


def test_the_first_screen_fits():
    lines = README.read_text().splitlines()
    assert len(lines) <= 120
    assert [line for line in lines if len(line) > 120] == []


@pytest.mark.slow(minutes=1)
def test_every_command_works_after_those_above_it(tmp_path):
    folder = tmp_path / "reasonome"
    shutil.copytree(ROOT, folder, ignore=_NOT_COPIED)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "scripts"),
    }
    assert len(commands()) >= 8
    for command in commands():
        ran = subprocess.run(in_test(command), cwd=folder, env=environment, capture_output=True, text=True)
        fine = (0, 1) if command[1] == "doctor" else (0,)  # 1: this machine lacks something
        assert ran.returncode in fine and "Traceback" not in ran.stderr, (
            f"{shlex.join(command)}\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}"
        )
    assert (folder / "mine/annotations.html").is_file()
    assert len((folder / "mine/enrichment.tsv").read_text().splitlines()) > 10
