"""`make gpu-check`: what fails stops nothing, what cannot be checked is told, and its small form on a CPU."""

import importlib
import json
import subprocess
import sys
import time

import pytest
from checkout import ROOT

from reasonome.config import Adapter

SPEED = ROOT / "speed"
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


def test_each_part_has_the_checks_that_it_names(gpu_check):
    for part in gpu_check.PARTS:
        assert gpu_check.functions(part).keys() == gpu_check.needs(part).keys()
    assert gpu_check.NEEDS.keys() <= {check for part in gpu_check.PARTS for check in gpu_check.needs(part)}


def test_an_adapter_that_is_left_in_bf16_is_found(gpu_check, tmp_path, monkeypatch):
    from gpu_checks import sizes

    here = gpu_check.Here(tmp_path, True)
    assert sizes._adapted(here, Adapter(**sizes.ADAPTER))[1] == ["float32"]
    monkeypatch.setattr(sizes.adapters, "to_fp32", lambda model: None)
    assert sizes._adapted(here, Adapter(**sizes.ADAPTER))[1] == ["bfloat16"]


@pytest.mark.full
@pytest.mark.slow
def test_where_no_gpu_is_its_small_form_ends_well(gpu_check, tmp_path):
    report = tmp_path / "report.json"
    words = [sys.executable, SPEED / "gpu_check.py", "--output", report]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env={**gpu_check.os.environ, **HIDDEN})
    rows = [gpu_check.Finding(**row) for row in json.loads(report.read_text())]
    assert [row.line() for row in rows if row.verdict == "MISSED"] == [] and done.returncode == 0, done.stdout
    assert {row.check for row in rows} == {check for part in gpu_check.PARTS for check in gpu_check.needs(part)}
    told = {row.check for row in rows if row.verdict == "not checked"}
    assert told == {"hardware", "sharded", "four_bits"}, "what takes a GPU"
    assert done.stdout.startswith("torch sees no GPU") and done.stdout.count("\n") == len(rows) + 3


HIDDEN = {"CUDA_VISIBLE_DEVICES": ""}  # of a machine with a GPU the test says nothing
