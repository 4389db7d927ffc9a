"""Answers of an earlier run that were changed or damaged: said, never used, and asked for again."""

import json

import pytest
from annotation_project import GOOD, SECOND

from reasonome.annotation import kept_answers
from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256

ROW = {"id": "mine/repair", "subset": "", "sample": 0, "text": "Process: DNA repair", "position": 0}


def without_last_row(content: bytes) -> bytes:
    return b"".join(content.splitlines(keepends=True)[:-1])


CHANGED = "answers.jsonl was changed or damaged since it was written"
DAMAGED = {
    "emptied": ("answers.jsonl", lambda content: b"", CHANGED),
    "torn": ("answers.jsonl", lambda content: content[:-20], CHANGED),
    "a row missing": ("answers.jsonl", without_last_row, CHANGED),
    "edited": (
        "answers.jsonl",
        lambda content: content.replace(b"DNA", b"RNA"),
        CHANGED,
    ),
    "latin-1": (
        "answers.jsonl",
        lambda content: content.replace(b"DNA", b"\xe9"),
        CHANGED,
    ),
    "removed": ("answers.jsonl", None, "answers.jsonl is missing"),
    "stamp torn": ("answers.json", lambda content: content[:-10], "answers.json is damaged"),
    "stamp latin-1": ("answers.json", lambda content: content.replace(b"asked", b"\xe9"), "answers.json is damaged"),
    "stamp a list": ("answers.json", lambda content: b"[]", "answers.json is damaged"),
    "stamp deep": ("answers.json", lambda content: b"[" * 100_000, "answers.json is damaged"),
    "stamp without digest": (
        "answers.json",
        lambda content: json.dumps({"asked": json.loads(content)["asked"]}).encode(),
        CHANGED,
    ),
}


@pytest.mark.parametrize(("name", "change", "message"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_answers_are_asked_for_again_and_one_sentence_says_so(
    annotating, by_hand, capsys, name, change, message
):
    path = annotating.file("mine.gmt", GOOD + SECOND)
    first = annotating(path)
    whole = {file.name: file.read_bytes() for file in annotating.out.iterdir()}
    capsys.readouterr()
    if change is None:
        (annotating.out / name).unlink()
    else:
        (annotating.out / name).write_bytes(change(whole[name]))
    assert annotating(path) == first
    told = [line for line in capsys.readouterr().out.splitlines() if "asked about again" in line]
    assert len(told) == 1 and told[0].startswith(str(annotating.out / message))
    assert len(by_hand.asked) == 2
    assert {file.name: file.read_bytes() for file in annotating.out.iterdir()} == whole


def test_the_stamp_has_the_digest_of_the_answers(annotating, by_hand):
    annotating(annotating.file("mine.gmt", GOOD))
    stamp = json.loads((annotating.out / "answers.json").read_text())
    assert stamp["sha256"] == file_sha256(annotating.out / "answers.jsonl")
    assert len(stamp["asked"]) == 64


BATCHES = {
    "a list": [1],
    "no rows": {"batch": 0},
    "rows of nothing": {"batch": 0, "rows": []},
    "a row without an id": {"batch": 0, "rows": [{"position": 0, "text": "x", "subset": ""}]},
    "a row without a place": {"batch": 0, "rows": [{key: ROW[key] for key in ROW if key != "position"}]},
    "a row that is text": {"batch": 0, "rows": ["x"]},
    "a place that is text": {"batch": 0, "rows": [ROW | {"position": "0"}]},
    "a batch that is text": {"batch": "0", "rows": [ROW]},
    "more of a row than there is": {"batch": 0, "rows": [ROW | {"mine": 1}]},
}


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_batches_of_another_shape_are_not_gone_on_with(tmp_path, capsys, batch):
    partial = tmp_path / kept_answers.PARTIAL
    partial.write_text(f"digest\n{json.dumps({'batch': 1, 'rows': [ROW]})}\n{json.dumps(batch)}\n")
    assert asked_once(tmp_path) == [False]
    assert f"{partial} is damaged" in capsys.readouterr().out


def test_whole_batches_and_torn_lines_are_left_to_go_on_with(tmp_path, capsys):
    partial = tmp_path / kept_answers.PARTIAL
    partial.write_bytes(f"digest\n{json.dumps({'batch': 0, 'rows': [ROW]})}\n".encode() + b"\0" * 40 + b"\ntorn")
    assert asked_once(tmp_path) == [True]
    assert capsys.readouterr().out == ""


def as_written(row: dict) -> str:
    """The line of a row in the file of answers."""
    return json.dumps({key: value for key, value in row.items() if key != "position"}) + "\n"


def asked_once(folder) -> list[bool]:
    """Ask for ROW; whether there were batches of an earlier run each time that it was asked for."""
    seen = []

    def ask(target):
        seen.append((folder / kept_answers.PARTIAL).is_file())
        target.write_text(as_written(ROW))

    (row,) = kept_answers.answers(folder, "question", [(ROW["id"], 0)], ask)
    assert row.text == "Process: DNA repair"
    return seen


def test_where_batches_had_rows_of_other_sets_all_is_asked_again(tmp_path, capsys):
    written = [[ROW | {"id": "another"}], [ROW]]

    def ask(target):
        rows = written.pop(0)
        target.write_text(
            "".join(json.dumps({key: row[key] for key in row if key != "position"}) + "\n" for row in rows)
        )

    (row,) = kept_answers.answers(tmp_path, "question", [(ROW["id"], 0)], ask)
    assert (row.id, written) == ("mine/repair", [])
    assert "was damaged" in capsys.readouterr().out


def test_answers_that_are_twice_to_other_questions_are_refused_and_used_by_no_later_run(tmp_path):
    written = [[ROW | {"id": "another"}], [ROW, ROW], [ROW]]

    def ask(target):
        target.write_text("".join(map(as_written, written.pop(0))))

    with pytest.raises(InputError, match="not to the questions that were asked") as error:
        kept_answers.answers(tmp_path, "question", [(ROW["id"], 0)], ask)
    assert (error.value.file, len(written)) == (tmp_path / kept_answers.ANSWERS, 1)
    assert error.value.fix.startswith("remove the file")
    (row,) = kept_answers.answers(tmp_path, "question", [(ROW["id"], 0)], ask)
    assert (row.id, written) == ("mine/repair", [])
