"""What the measurements of speed promise of their inputs and sums: the stream of rewards, ratios, a run's overhead."""

import importlib
import json
import os
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from reasonome.tasks import TASKS, load_project

PROGRAMS = Path(__file__).parent.parent / "speed"
TASK = TASKS["gene_set_naming"]
LOG = "Building DAG of jobs...\n2 of 3 steps (67%) done\n3 of 3 steps (100%) done\nElapsed time: 0:00:10\n"


@pytest.fixture(scope="module")
def module():
    """A program of speed/ by name, found as it is when it runs as a program: beside the others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PROGRAMS)
        yield importlib.import_module


@pytest.fixture(scope="module")
def examples():
    names = [f"{kind} of {part}" for kind in ("repair", "transport", "folding") for part in map(str, range(20))]
    genes = [{"symbol": "TP53", "name": "tumor protein p53"}, {"symbol": "LOC1"}]
    return [TASK.Example(id=name, subset="bp", name=name, genes=genes) for name in names]


@pytest.fixture(scope="module")
def steps(module, examples):
    return module("rewards").stream(TASK, examples, 3)


def test_every_prompt_is_met_three_times_with_eight_completions(steps):
    assert [(len(step.examples), len(step.texts)) for step in steps] == [(256, 256)] * 3
    assert Counter(Counter(example.id for step in steps for example in step.examples).values()) == {24: 32}
    assert all(Counter(Counter(example.id for example in step.examples).values()) == {8: 32} for step in steps)


def test_two_in_five_names_were_given_before_and_all_keep_the_format(steps):
    answers = [TASK.parse(text) for step in steps for text in step.texts]
    assert len({answer.name for answer in answers}) == 768 - 307  # two fifths of 768, rounded
    assert all(answer.named and answer.reasoned for answer in answers)


def test_the_stream_is_the_same_each_time(module, examples, steps):
    assert module("rewards").stream(TASK, examples, 3) == steps
    with pytest.raises(ValueError, match="no multiple of 3"):
        module("rewards").stream(TASK, examples, 4)


def test_by_length_the_same_completions_pass_with_less_padding_and_texts_attend_to_fewer_tokens(module):
    padding = module("padding")
    theirs, ours = padding.padded(), padding.trimmed()
    real = [
        sum(int(batch[f"{part}_mask"].sum()) for batch in way for part in ("prompt", "completion"))
        for way in (theirs, ours)
    ]
    assert real[0] == real[1] <= padding.passed(ours) < 0.6 * padding.passed(theirs)
    rows = padding.packed()
    assert padding.pairs_by_text(rows) < 0.2 * padding.pairs(rows)


def test_a_rate_is_held_against_theirs_and_rows_come_back_as_written(module, tmp_path, capsys):
    measuring = module("measuring")
    fast, slow = (measuring.Speed("one", "tokens/s", 200.0, None, ours, 2) for ours in (400.0, 399.0))
    assert (fast.ratio, fast.kept, slow.kept) == (2.0, True, False)
    assert fast.cells() == ["one", "tokens/s", "200", "–", "400", "2.0 ×", "–", "≥ 2 ×", "ok"]
    check = measuring.Check("loss", "+0.4 %", "within 1 %")
    assert measuring.report([fast], [check], tmp_path / "rows.json") == 0
    assert measuring.read(tmp_path / "rows.json") == ([fast], [check])
    assert measuring.report([slow], [check], None) == 1
    assert "MISSED" in capsys.readouterr().out


def test_jobs_side_by_side_count_once(module):
    assert module("overhead").covered([(5, 6), (0, 2), (1, 4), (2, 3)]) == 5
    assert module("overhead").covered([]) == 0


def record(folder: Path, name: str, started: float, ended: float, command: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    row = {"rule": "r", "shellcmd": command, "starttime": started, "endtime": ended}
    (folder / name).write_text(json.dumps(row))


def test_jobs_of_a_run_are_read_from_its_records(module, tmp_path):
    overhead = module("overhead")
    sft = "python scripts/launch.py --nodes 1 /here/scripts/train.py --folder x 2>&1 | (trap '' TERM; exec tee -a log)"
    record(tmp_path, "a", 100.0, 103.0, sft)
    record(tmp_path / "deep", "b", 100.1, 104.0, sft)  # another output of the same job
    record(tmp_path, "c", 106.0, 107.0, "cp one other")
    record(tmp_path, "d", 50.0, 60.0, "python scripts/score.py")  # of an earlier run
    jobs = overhead.jobs_between(tmp_path, 99.0, 110.0)
    assert sorted(jobs, key=lambda job: job.started) == [
        overhead.Job(100.0, 104.0, ("train.py",)),
        overhead.Job(106.0, 107.0, ()),
    ]


def test_the_longest_whole_run_counts(module, tmp_path):
    overhead = module("overhead")
    names = [f"2026-11-2{day}T101500.250000.snakemake.log" for day in range(3)]
    texts = [LOG, "1 of 1 steps (100%) done\n", "7 of 9 steps (78%) done\n"]  # whole, whole but short, broken off
    for name, text in zip(names, texts, strict=True):
        (tmp_path / name).write_text(text)
    log = overhead.longest_run(tmp_path)
    assert log.name == names[0]
    begun = datetime(2026, 11, 20, 10, 15, 0, 250_000).timestamp()
    os.utime(log, (begun + 12.5, begun + 12.5))
    assert overhead.span(log) == (begun, begun + 12.5)


def test_a_folder_without_a_whole_run_says_what_to_do(module, tmp_path, refused):
    with refused():
        module("overhead").longest_run(tmp_path)


def test_the_dry_run_is_of_a_valid_configuration_with_five_test_sets(module, tmp_path):
    config = shutil.copytree(PROGRAMS.parent / "config", tmp_path / "config")
    module("dry_run").enlarge(config)
    project = load_project(config)
    added = ["reactome-human-1", "reactome-human-2", "reactome-human-3"]
    assert project.experiments["gene-r1"].benchmarks == ["go", "reactome-human", *added]
    assert [project.benchmarks[name].seed for name in added] == [1, 2, 3]
    assert project.corpora["human"].leave_out == ["go", "reactome-human", *added]
