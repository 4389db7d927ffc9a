"""What the measurements of speed promise of their inputs and sums: the stream of rewards, and ratios."""

import importlib
from collections import Counter

import pytest
from checkout import ROOT

from reasonome.tasks import TASKS

PROGRAMS = ROOT / "speed"
TASK = TASKS["gene_set_naming"]


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
