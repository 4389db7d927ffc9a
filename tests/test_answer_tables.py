"""The rows of a table of answers, whatever the task: cells that are empty."""

import json

import pandas as pd
import pytest
from refusals import refused

from reasonome.scoring.answer_tables import score_table
from reasonome.tasks import TASKS

COLUMNS = {"id": "id", "answer": "answer", "gold": "gold", "genes": "genes"}


def rows(*cells):
    return pd.DataFrame(cells, columns=["id", "answer", "gold", "genes"])


def test_names_without_an_id_are_answers_to_questions_of_their_own():
    cells = rows(("", "a", "a", "A, B"), ("", "b", "b", "C, D"), ("1", "c", "c", "E, F"), ("1", "c", "c", "E, F"))
    scored = score_table(cells, COLUMNS, TASKS["gene_set_naming"])
    assert (scored.n, scored.problems["duplicates"], scored.problems["conflicts"]) == (3, 1, 0)
    assert scored.table["id"].tolist() == ["line 1", "line 2", "1"]
    assert "rows without an id, each counted as a question of its own: 2 (lines 1, 2)" in scored.notes


def test_rows_without_an_id_are_clusters_of_their_own():
    """One of two is right: (1 - p)² = .975 at the lower bound; together they would be one cluster."""
    cells = rows(("", "a", "a", "A, B"), ("", "x", "b", "C, D"))
    score = score_table(cells, COLUMNS, TASKS["gene_set_naming"]).metrics["exact"]
    assert (score.low, score.value, score.high) == pytest.approx((1 - 0.975**0.5, 0.5, 0.975**0.5))


def test_rows_without_what_is_needed_are_all_named():
    cells = rows(*((str(row), "a", "a", "" if row > 2 else "A") for row in range(1, 10)))
    with refused(fix="fill in column 'genes'"):
        score_table(cells, COLUMNS, TASKS["gene_set_naming"])


@pytest.mark.parametrize("missing", ["NA", "nan", "<NA>"])
def test_a_truth_that_r_or_pandas_writes_as_missing_is_none(missing):
    cells = rows(("1", "a", "a", "A"), ("2", "a", missing, "B"), ("3", "NA", "a", "C"))
    with refused(line=2, field="gold", fix="fill in column 'gold'"):
        score_table(cells, COLUMNS, TASKS["gene_set_naming"])


def test_a_class_may_be_called_none():
    cells = rows(("1", "none", "none", "A"), ("2", "none", "gain", "B"), ("3", "gain", "gain", "C"))
    scored = score_table(cells, COLUMNS, TASKS["gene_set_naming"])
    assert scored.table["gold"].tolist() == ["none", "gain", "gain"]
    assert scored.metrics["exact"].value == pytest.approx(2 / 3)


def json_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_harness_that_records_a_list_of_one_text_is_read(tmp_path):
    said = "Process: mitophagy\nReasoning:\n<think>They act together.</think>"
    rows = [{"target": "mitophagy", "resps": [[said]], "filtered_resps": [said]}] * 2
    path = json_lines(tmp_path / "samples.jsonl", rows)
    for column in ("resps", "filtered_resps"):
        scored = score_table(path, {"answer": column, "gold": "target"}, TASKS["gene_set_naming"])
        assert (scored.metrics["rouge_l"].value, scored.metrics["format"].value) == (1, 1)


def test_missing_values_of_pandas_are_empty_in_json(tmp_path):
    columns = {"answer": "answer", "gold": "gold"}
    answered = {"answer": "mitophagy", "gold": "mitophagy"}
    path = json_lines(tmp_path / "answers.jsonl", [answered, {"answer": float("nan"), "gold": "DNA repair"}])
    assert "NaN" in path.read_text()
    scored = score_table(path, columns, TASKS["gene_set_naming"])
    assert (scored.metrics["no_name"].value, scored.problems["empty"]) == (0.5, 1)
    path = json_lines(tmp_path / "answers.jsonl", [answered, {"answer": "mitophagy", "gold": float("nan")}])
    with refused(line=2, field="gold", fix="fill in column 'gold'"):
        score_table(path, columns, TASKS["gene_set_naming"])


@pytest.mark.parametrize("answer", [["a", "b"], [], {"a": 1}])
def test_what_is_no_text_has_a_fix(tmp_path, answer):
    path = json_lines(tmp_path / "answers.jsonl", [{"answer": answer, "gold": "a"}])
    with refused(path, 1, "answer", fix="text"):
        score_table(path, {"answer": "answer", "gold": "gold"}, TASKS["gene_set_naming"])


def test_a_share_behind_a_bare_name_is_no_part_of_it():
    golds = ["mismatch repair", "glycolysis", "complement (C3)"]
    cells = pd.DataFrame({"answer": ["mismatch repair (0.92)", "glycolysis (92%)", golds[2]], "gold": golds})
    scored = score_table(cells, {"answer": "answer", "gold": "gold"}, TASKS["gene_set_naming"])
    assert scored.metrics["exact"].value == 1
    assert scored.problems["number_behind"] == 2
