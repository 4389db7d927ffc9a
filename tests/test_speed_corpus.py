"""The bounds that speed/corpus.py holds a corpus to: counts and times."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from reasonome.facts.sources.source import FACT_COLUMNS

PROGRAM = Path(__file__).parent.parent / "speed" / "corpus.py"


@pytest.fixture(scope="module")
def corpus():
    spec = importlib.util.spec_from_file_location("speed_corpus", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_bound_belongs_to_its_range_and_says_when_it_is_broken(corpus):
    kept = [corpus.Bound("sets", found, 1_418, 1_446).kept for found in (1_417, 1_418, 1_446, 1_447)]
    assert kept == [False, True, True, False]
    assert str(corpus.Bound("facts", 449_999, 450_000)) == "BROKEN  facts: 449,999 (at least 450,000)"
    assert str(corpus.Bound("seconds", 59.994, most=60)) == "ok      seconds: 59.99 (at most 60)"


def test_facts_and_statements_count_once(corpus):
    facts = pd.DataFrame(
        [
            ["A", "has_alias", "A1", "A1", "one", ""],
            ["A", "has_alias", "A1", "A1", "two", "IEA"],
            ["B", "has_alias", "A1", "A1", "one", ""],
        ],
        columns=FACT_COLUMNS,
    )
    statistics = pd.DataFrame({"source": ["one", "two", "total"], "distinct": ["2", "1", "250000"]})
    found = corpus.content(facts, statistics)
    assert [(bound.found, bound.kept) for bound in found] == [(2, False), (2, False), (250_000, True)]


def test_times_are_those_of_both_stages_and_grow_with_the_input(corpus):
    measured = [
        corpus.Measured("facts", 1, 20.0, 19.0, 0.5),
        corpus.Measured("statements", 1, 30.0, 29.0, 2.5),
        corpus.Measured("facts", 10, 300.0, 290.0, 3.0),
        corpus.Measured("statements", 10, 200.0, 190.0, 3.0),
    ]
    found = [(bound.what, round(bound.found, 2), bound.most, bound.kept) for bound in corpus.costs(measured)]
    assert found == [
        ("seconds of one genome", 50.0, 60, True),
        ("gigabytes of one genome", 2.5, 2, False),
        ("10 times the input, facts: times the time", 15.0, 12, False),
        ("10 times the input, statements: times the time", 6.67, 12, True),
        ("10 times the input, both: times the time", 10.0, 12, True),
    ]
