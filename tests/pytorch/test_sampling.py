"""Sampling of statements: up to a number of tokens, and by weight."""

import json
import random
from collections import Counter

import pytest
from refusals import refused

from reasonome.training.pretrain import sample_statements


class Words:
    """A tokenizer whose tokens are words; `begin` stands before each text."""

    eos_token = " end"

    def __init__(self, begin: str = ""):
        self.begin = begin

    def __call__(self, texts):
        return {"input_ids": [f"{self.begin} {text}".split() for text in texts]}


by_words = Words()


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_equal_weights_are_a_plain_shuffle(tmp_path):
    rows = [{"text": f"statement {i}"} for i in range(50)]
    expected = [row["text"] for row in rows]
    random.Random(3).shuffle(expected)
    plain = written(tmp_path / "plain.jsonl", rows)
    weighted = written(tmp_path / "weighted.jsonl", [row | {"weight": 1.0} for row in rows])
    assert sample_statements(plain, by_words, None, 3) == expected
    assert sample_statements(weighted, by_words, None, 3) == expected


def test_statements_are_kept_up_to_a_number_of_tokens(tmp_path):
    file = written(tmp_path / "train.jsonl", [{"text": "one two"}] * 10)
    # Two words and the end of text: three statements are nine tokens.
    assert [len(sample_statements(file, by_words, limit, 0)) for limit in (2, 3, 8, 9, 1000)] == [0, 1, 2, 3, 10]
    # What begins a text is trained on too.
    assert [len(sample_statements(file, Words("begin"), limit, 0)) for limit in (3, 4, 9)] == [0, 1, 2]


def test_a_statement_of_twice_the_weight_is_drawn_first_twice_as_often(tmp_path):
    file = written(tmp_path / "train.jsonl", [{"text": "light", "weight": 1.0}, {"text": "heavy", "weight": 2.0}])
    first = Counter(sample_statements(file, by_words, 2, seed)[0] for seed in range(3000))
    assert first["heavy"] / 3000 == pytest.approx(2 / 3, abs=0.03)
    assert len(sample_statements(file, by_words, None, 0)) == 2


def test_weights_do_not_order_statements_that_are_all_read(tmp_path):
    file = written(tmp_path / "train.jsonl", [{"text": "light", "weight": 1.0}, {"text": "heavy", "weight": 50.0}])
    first = Counter(sample_statements(file, by_words, None, seed)[0] for seed in range(1000))
    assert first["heavy"] / 1000 == pytest.approx(1 / 2, abs=0.05)


def test_what_weighs_nothing_is_never_drawn(tmp_path):
    file = written(tmp_path / "train.jsonl", [{"text": "yes", "weight": 0.5}, {"text": "no", "weight": 0.0}])
    assert sample_statements(file, by_words, None, 0) == ["yes"]


@pytest.mark.parametrize("row", ['{"text": "tw', '{"gene": "A"}\n'])
def test_a_row_that_is_no_statement_is_named(tmp_path, row):
    file = written(tmp_path / "train.jsonl", [{"text": "one"}])
    file.write_text(file.read_text() + row)
    with refused(file, 2):
        sample_statements(file, by_words, None, 0)
