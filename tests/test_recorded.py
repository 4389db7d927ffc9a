"""Recorded answers: one table in many dresses, everything that can be wrong with it, and what is made of it."""

import gzip
import hashlib
import json
import sys

import pytest
from ranking_questions import question
from refusals import refused

import read_recorded as program
from reasonome.answering.recorded import read_recorded
from reasonome.answering.rows import read_answers
from reasonome.core import atomic
from reasonome.tasks import TASKS
from reasonome.tasks.naming.questions import Example, Gene
from reasonome.tasks.naming.task import GeneSetNaming

EXAMPLES = [
    Example(id=id, subset=subset, name=name, main_id=main_id, genes=[Gene(symbol="A")])
    for id, subset, name, main_id in (
        ("GO:1", "bp", "DNA repair", ""),
        ("GO:2", "bp", "ion transport", "GO:20"),
        ("GO:3", "cc", "nucleus", ""),
    )
]
COMPLETION = "Process: DNA repair\nReasoning:\n<think>one, two</think>"


def read(path, text, **columns):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_recorded(path, GeneSetNaming(), EXAMPLES, columns)


@pytest.mark.parametrize(
    "data",
    [
        f'id,answer\nGO:3,"a; b, c: d."\nGO:1,"{COMPLETION}"\nGO:2,NA\n'.encode(),
        b"\xef\xbb\xbf" + f'id,answer\r\nGO:1,"{COMPLETION}"\r\nGO:2,NA\r\nGO:3,"a; b,  c: d."\r\n'.encode(),
        f'ID\tText\textra\nGO:1\t"{COMPLETION}"\t1\n\nGO:2\tNA\t2\nGO:3\ta; b, c: d.\t3'.encode(),
        gzip.compress(f'sample;answer;id\n0;"{COMPLETION}";GO:1\n0; NA ;GO:20\n0;"a; b, c:\n d.";GO:3\n'.encode()),
        "\n".join(
            json.dumps({"id": i, "text": t}) for i, t in (("GO:1", COMPLETION), ("GO:2", "NA"), ("GO:3", "a; b, c: d."))
        ).encode(),
    ],
    ids=["csv", "BOM and Windows line ends", "tsv", "gzipped, semicolons, main id", "JSON lines"],
)
def test_one_table_in_many_dresses(tmp_path, data):
    found = read(tmp_path / "answers.any", data)
    assert [(row.id, row.subset, row.sample, row.answer) for row in found.answers] == [
        ("GO:1", "bp", 0, None),  # a completion, to be parsed
        ("GO:2", "bp", 0, "NA"),  # a name as it is written, not a missing value
        ("GO:3", "cc", 0, "a; b, c: d."),  # in full, white space collapsed
    ]
    assert found.answers[0].text == COMPLETION
    assert found.sentences() == []
    assert found.facts()["sha256"] == hashlib.sha256(data).hexdigest()
    assert set(found.counts().values()) == {0}


def test_what_is_wrong_is_left_out_or_wrong_and_said(tmp_path, snapshot):
    text = (
        "name of the set,answer\n"
        "GO:1,first\n"
        "GO:9,x\n"  # unknown
        "GO:2,\n"  # empty
    )
    found = read(tmp_path / "a.csv", text, id="name of the set")
    assert [(row.id, row.answer) for row in found.answers] == [("GO:1", "first"), ("GO:2", "")]
    assert found.counts() == {"missing": 1, "unknown": 1, "empty": 1}
    facts = found.facts()
    assert (facts["rows"], facts["missing_ids"], facts["unknown_rows"]) == (3, ["GO:3"], [{"id": "GO:9", "line": 3}])
    assert found.sentences() == snapshot


def test_lines_are_those_of_the_file_below_quoted_line_ends(tmp_path):
    found = read(tmp_path / "a.csv", 'id,answer\nGO:1,"two\nlines"\nGO:9,x\n')
    assert [vars(place) for place in found.unknown] == [{"id": "GO:9", "line": 4}]
    assert found.answers[0].answer == "two lines"


def test_samples_and_confidence(tmp_path):
    found = read(tmp_path / "a.csv", "id,answer,sample,sure\nGO:1,a,0,0.25\nGO:1,b,1,\nGO:2,c,1,1\n", confidence="sure")
    assert [(row.id, row.sample, row.confidence) for row in found.answers] == [
        ("GO:1", 0, 0.25),
        ("GO:1", 1, None),
        ("GO:2", 1, 1.0),
    ]
    assert found.missing == [("GO:2", 0), ("GO:3", 0), ("GO:3", 1)]
    assert "3 (GO:2 (sample 0), GO:3 (sample 0), GO:3 (sample 1))" in found.sentences()[0]


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("<reasoning>It is C, not A.</reasoning>\n<genes>[C, A]</genes>", None),
        ("<genes>[C", None),
        ("<GENES>[C, A]</GENES>", None),
        ("[C,\n A]", "[C, A]"),
        ("Process: [C, A]", "Process: [C, A]"),
        ("", ""),
    ],
)
def test_a_completion_of_a_ranking_is_told_by_its_tags(tmp_path, cell, answer):
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "q", "answer": cell}))
    found = read_recorded(tmp_path / "a.jsonl", TASKS["causal_gene_ranking"], [question()])
    assert [(row.id, row.answer, row.text) for row in found.answers] == [("q", answer, cell)]


def test_half_a_character_in_json_is_replaced(tmp_path):
    text = '{"id": "GO:1", "answer": "\\ud83d repair"}\n{"id": "GO:2", "answer": "\\ud83d\\ude00"}\n'
    found = read(tmp_path / "a.jsonl", text)
    assert [row.answer for row in found.answers] == ["\ufffd repair", "😀"]


@pytest.mark.parametrize(
    "data, line",
    [
        (b"identifer,answer\nGO:1,a\n", 1),
        (b"id,answr\nGO:1,a\n", 1),
        (b"id,answer\nGO:1,caf\xe9\n", 2),
        (b"id,answer\nGO:1,a,b\n", 2),
        (b'id,answer\nGO:1,a\nGO:2,"open\n', 3),
        (b"id,answer\nGO:7,a\nGO:8,b\n", 2),
        (b"id,answer\nGO:2,a\nGO:20,a\n", 3),
        (b"id,answer,confidence\nGO:1,a,85\n", 2),
        (b"PK\x03\x04rest", None),
        (b'{"id": "GO:1", "answer": "a"}\n{"id": "GO:2", "ans', 2),
        (gzip.compress(b"id,answer\nGO:1,a\n" * 99, mtime=0)[:30], None),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, data, line):
    with refused(tmp_path / "answers.csv", line):
        read(tmp_path / "answers.csv", data)


def test_a_missing_file_and_a_column_that_is_not_there(tmp_path):
    with refused():
        read_recorded(tmp_path / "none.csv", GeneSetNaming(), EXAMPLES)
    with refused():
        read(tmp_path / "a.csv", "go_id,answer\nGO:1,a\n", id="go id")


def test_the_program_writes_answers_that_score(tmp_path, monkeypatch, capsys):
    (tmp_path / "theirs.csv").write_text("id,model says\nGO:1,DNA repair\nGO:5,x\n")
    atomic.write_jsonl(tmp_path / "test.jsonl", (e.model_dump() for e in EXAMPLES))
    output = tmp_path / "greedy.jsonl"
    job = {
        "rule": "read_recorded",
        "inputs": {"examples": str(tmp_path / "test.jsonl"), "recorded": str(tmp_path / "theirs.csv")},
        "outputs": {"answers": str(output), "run": str(output.with_suffix(".run.json"))},
        "settings": {"task": "gene_set_naming", "columns": {"answer": "model says"}},
    }
    atomic.write_json(tmp_path / "job.json", job)
    monkeypatch.setattr(sys, "argv", ["read_recorded.py", str(tmp_path / "job.json")])
    program.main()
    (answer,) = read_answers(output)
    assert (answer.id, answer.answer, answer.completion_tokens) == ("GO:1", "DNA repair", 0)
    run = json.loads(output.with_suffix(".run.json").read_text())
    assert {"seconds", "backward_tokens", "generated_tokens", "peak_memory_gb"} <= run.keys()
    counts = {"rows": 2, "missing": 2, "unknown": 1, "empty": 0}
    assert {key: run["recorded"][key] for key in counts} == counts
    said = capsys.readouterr().out
    assert "1 answers in 2 rows" in said
    assert "counted as wrong: 2 (GO:2, GO:3)" in said
