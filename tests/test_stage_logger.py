"""The logger of `make demo`: which jobs get a line, what a bar is read from, and what is said of a job that fails."""

from logging import ERROR, INFO, LogRecord
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

import snakemake_logger_plugin_stages as stages
from snakemake_logger_plugin_stages import LogHandler, job_name, newest_bar


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(stages.time, "monotonic", lambda: now.seconds)
    return now


def record(event, level=INFO, message="", **values):
    made = LogRecord("snakemake", level, "", 0, message, None, None)
    vars(made).update(event=event, **values)
    return made


def started(jobid, log=(), rule="sft", **wildcards):
    return record(LogEvent.JOB_INFO, jobid=jobid, rule_name=rule, wildcards=wildcards, log=list(log))


@pytest.mark.parametrize(
    ("rule", "wildcards", "name"),
    [
        ("pretrain", {"backbone": "small", "chain": "pretrain.a-s0"}, "pretrain pretrain.a-s0"),
        ("sft", {"backbone": "small", "chain": "pretrain.a-s0+sft.b-s0"}, "sft sft.b-s0"),
        ("generate", {"chain": "pretrain.a-s0+sft.b-s0"}, "generate of pretrain.a-s0 + sft.b-s0"),
        ("ask_facts", {"chain": "pretrain.a-s0", "corpus": "c"}, "ask facts of pretrain.a-s0"),
        ("build_benchmark", {"benchmark": "book"}, "build benchmark book"),
        ("all", {}, "all"),
    ],
)
def test_a_job_is_called_by_its_rule_and_what_it_makes(rule, wildcards, name):
    assert job_name(rule, wildcards) == name


def test_the_newest_bar_counts():
    text = "a loss\r  1%|▏| 2/158 [00:04<05:00, 1.9s/it]\r 16%|█▌| 25/158 [00:49<04:11,  1.89s/it]"
    assert newest_bar(text) == (25, 158, "04:11")
    assert newest_bar("answers: 0answer [00:00, ?answer/s]") is None


def test_a_job_that_takes_a_while_gets_a_line(capsys, clock):
    handler = LogHandler(None, None)
    handler.emit(started(1, chain="sft.a-s0"))
    handler.emit(started(2, rule="score", chain="sft.a-s0"))
    clock.seconds += 4
    handler.emit(record(LogEvent.JOB_FINISHED, job_id=2))
    clock.seconds += 61
    handler.emit(record(LogEvent.JOB_FINISHED, job_id=1))
    assert capsys.readouterr().err == "  1:05  sft sft.a-s0\n"


def test_the_bar_is_of_the_job_that_runs_longest(tmp_path, clock):
    log = tmp_path / "sft.log"
    log.write_text(" 50%|█| 4/8 [00:49<00:50,  1.89s/it]")
    handler = LogHandler(None, None)
    assert handler._line() == "planning"
    handler.emit(record(LogEvent.PROGRESS, done=3, total=9))
    handler.emit(started(1, [str(log)], chain="sft.a-s0"))
    clock.seconds += 1
    handler.emit(started(2, rule="score", chain="sft.a-s0"))
    assert handler._line() == "████████████░░░░░░░░░░░░ 4/8, 00:50 left  sft sft.a-s0 · 3 of 9 jobs"
    log.write_text("nothing yet")
    assert handler._line() == "sft sft.a-s0 … 3 of 9 jobs"


def test_a_job_that_fails_shows_its_log_and_the_end_of_it(tmp_path, capsys, clock):
    log = tmp_path / "sft.log"
    log.write_text("\n".join(f"line {n}" for n in range(40)) + "\nerror: no such file\n")
    handler = LogHandler(None, None)
    handler.emit(started(1, [str(log)], chain="sft.a-s0"))
    handler.emit(record(LogEvent.JOB_ERROR, ERROR, jobid=1))
    handler.emit(record(None, ERROR, "At least one job did not complete successfully."))
    handler.emit(record(None, INFO, "Select jobs to execute..."))
    shown = capsys.readouterr().err.splitlines()
    assert shown[0] == f"failed: sft sft.a-s0; its log is {log}"
    assert shown[1:] == [
        *(f"line {n}" for n in range(26, 40)),
        "error: no such file",
        "At least one job did not complete successfully.",
    ]
