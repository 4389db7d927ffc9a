"""`make gpu-check`: what fails stops nothing, what cannot be checked is told, and its small form on a CPU."""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reasonome.config import Adapter

SPEED = Path(__file__).resolve().parent.parent / "speed"
# A program in place of gpu_check.py, with checks that end in every way.
STAND_IN = """
import os, sys, time
import gpu_check
from gpu_checks.finding import Finding

def fails(here):
    yield Finding("fails", "1", "1")
    raise ValueError("no such thing")

def dies(here):
    yield Finding("dies", "", "said before")
    print("Killed by nobody", flush=True)
    os._exit(9)

def hangs(here):
    yield Finding("hangs", "", "said before")
    time.sleep(600)

def works(here):
    yield Finding("works", "small", str(here.small), here.small)

gpu_check.functions = lambda part: {"fails": fails, "dies": dies, "hangs": hangs, "works": works}
sys.exit(gpu_check.main())
"""
# Whose only check hangs, in a process of this program too.
ALONE = """
import functools
gpu_check.PARTS = {"machine": {"hangs": ()}}
gpu_check.run_part = functools.partial(gpu_check.run_part, program=__file__)
"""


@pytest.fixture(scope="module")
def gpu_check():
    """The program, found as it is when it runs: beside its checks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SPEED)
        yield importlib.import_module("gpu_check")


def found(gpu_check, folder, needs, seconds=60, minutes=1.0):
    program = folder / "stand_in.py"
    program.write_text(STAND_IN)
    deadline = time.monotonic() + seconds
    rows = gpu_check.run_part("machine", needs, folder, True, deadline, minutes, str(program))
    return [row for row in rows if not row.found.startswith("took ")]


def test_a_check_that_fails_or_dies_does_not_stop_the_next(gpu_check, tmp_path):
    rows = found(gpu_check, tmp_path, {"fails": (), "dies": (), "works": ()})
    assert [(row.check, row.verdict) for row in rows] == [
        ("fails", "ok"),
        ("fails", "MISSED"),
        ("dies", "told"),
        ("dies", "MISSED"),
        ("works", "ok"),
    ]
    assert rows[1].found == "ValueError: no such thing"
    assert rows[3].found == "its process ended with status 9: Killed by nobody"
    assert rows[4].line() == "ok           works: True (expected: small)"


@pytest.mark.slow
def test_what_hangs_is_ended_with_its_part_and_what_had_no_time_is_told(gpu_check, tmp_path):
    rows = found(gpu_check, tmp_path, {"hangs": (), "works": ()}, minutes=10 / 60)
    assert [(row.check, row.verdict) for row in rows] == [
        ("hangs", "told"),
        ("hangs", "MISSED"),
        ("works", "not checked"),
    ]
    assert rows[1].found.startswith("it did not end in time") and rows[2].found == "no time was left"


def test_a_check_whose_package_is_missing_is_told_and_not_begun(gpu_check, tmp_path):
    rows = found(gpu_check, tmp_path, {"fails": ("json", "no_such_package"), "works": ("json",)})
    assert [(row.check, row.verdict) for row in rows] == [("fails", "not checked"), ("works", "ok")]
    assert rows[0].found == "this machine lacks no_such_package"


def test_parts_that_are_not_there_are_named():
    done = subprocess.run([sys.executable, SPEED / "gpu_check.py", "machin"], capture_output=True, text=True)
    assert done.returncode == 2 and "no part 'machin': machine, training, sizes, rollouts" in done.stderr


def started(folder, output):
    """The whole program with a check that hangs, once it has said something, and the folder of its own files."""
    program, own = folder / "stand_in.py", folder / "own"
    own.mkdir()
    program.write_text(STAND_IN.replace("sys.exit(", ALONE + "sys.exit("))
    command = [sys.executable, program, "--small", "--output", output]
    environment = {**os.environ, "PYTHONPATH": str(SPEED), "TMPDIR": str(own)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment), own


def test_at_sigterm_it_ends_what_it_started_and_keeps_what_was_found(tmp_path):
    process, own = started(tmp_path, tmp_path / "report.json")
    assert "said before" in process.stdout.readline()
    process.terminate()
    process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert list(own.iterdir()) == []
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not any(str(tmp_path).encode() in command for command in commands)
    assert [row["found"] for row in json.loads((tmp_path / "report.json").read_text())] == ["said before"]


def test_a_report_that_cannot_be_written_is_said_before_anything_is_checked(tmp_path):
    process, _ = started(tmp_path, tmp_path)
    printed, errors = process.communicate()
    assert (process.returncode, printed) == (2, "")
    assert f"--output {tmp_path}: Is a directory" in errors


def test_each_part_has_the_checks_that_it_names(gpu_check):
    assert {part: set(gpu_check.functions(part)) for part in gpu_check.PARTS} == {
        part: set(checks) for part, checks in gpu_check.PARTS.items()
    }


def test_an_adapter_that_is_left_in_bf16_is_found(gpu_check, tmp_path, monkeypatch):
    from gpu_checks import sizes

    here = gpu_check.Here(tmp_path, True)
    assert sizes._adapted(here, Adapter(**sizes.ADAPTER))[1] == ["float32"]
    monkeypatch.setattr(sizes.adapters, "to_fp32", lambda model: None)
    assert sizes._adapted(here, Adapter(**sizes.ADAPTER))[1] == ["bfloat16"]


@pytest.mark.slow
def test_steps_are_timed_without_logits_of_all_tokens(gpu_check, tmp_path):
    from gpu_checks import sizes

    here = gpu_check.Here(tmp_path, True)
    model, _ = sizes._adapted(here, Adapter(**sizes.ADAPTER))
    model.get_output_embeddings().register_forward_hook(lambda *_: pytest.fail("logits were made"))
    assert sizes._steps(here, model, 2)[0] > 0


@pytest.mark.full
@pytest.mark.slow
def test_its_small_form_ends_well_on_a_cpu(gpu_check, tmp_path):
    report = tmp_path / "report.json"
    words = [sys.executable, SPEED / "gpu_check.py", "--small", "--output", report]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env={**gpu_check.os.environ, **HIDDEN})
    rows = [gpu_check.Finding(**row) for row in json.loads(report.read_text())]
    assert [row.line() for row in rows if row.verdict == "MISSED"] == [] and done.returncode == 0, done.stdout
    assert {row.check for row in rows} == {check for part in gpu_check.PARTS.values() for check in part}
    told = {row.check for row in rows if row.verdict == "not checked"}
    assert told == {"hardware", "sharded", "four_bits", "fits"}, "what takes a GPU"
    assert done.stdout.count("\n") == len(rows) + 2


HIDDEN = {"CUDA_VISIBLE_DEVICES": ""}  # of a machine with a GPU the test says nothing
