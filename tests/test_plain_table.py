"""Quote marks in tables that people bring: cells of several lines are read, and marks that swallow rows are told."""

import json

import pytest
from refusals import refused
from unknown_genes import unknown

from reasonome.apps.annotate.inputs import read_gene_lists
from reasonome.config.annotations import Annotation
from reasonome.facts.files.plain_table import read_table
from reasonome.facts.files.text_file import json_value
from reasonome.scoring.answer_tables import score_table
from reasonome.tasks import TASKS

COMPLETION = "Process: mismatch repair\nReasoning:\n<think>MSH2 and MSH6 find, then bind, it.</think>"


def written(path, rows):
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def with_two_marks(rows, first, last):
    """The rows with a quote mark before a second cell and one behind another: all between them is one cell."""
    before, _, after = rows[first].partition(",")
    rows[first] = f'{before},"{after}'
    before, _, after = rows[last].partition(",")
    rows[last] = f'{before},{after}"'
    return rows


@pytest.mark.parametrize("texts", [False, True])
def test_two_marks_far_apart_do_not_swallow_rows(tmp_path, texts):
    path = written(tmp_path / "a.csv", with_two_marks(["id,answer", *(f"s{n},name {n}" for n in range(1, 41))], 11, 36))
    with refused(path, 12):
        read_table(path, ["id"], texts)


def test_two_marks_do_not_swallow_answers_and_genes(tmp_path):
    rows = ["answer,gold", *(f"DNA repair,term {n}" for n in range(40))]
    with refused():
        score_table(
            written(tmp_path / "a.csv", with_two_marks(rows, 5, 30)),
            {"answer": "answer", "gold": "gold"},
            TASKS["gene_set_naming"],
        )
    rows = ["gene,log2FoldChange,padj,description", *(f"GENE{n},2.5,0.01,protein {n}" for n in range(4))]
    rows[2], rows[3] = 'GENE1,2.5,0.01,"protein 1', 'GENE2,2.5,0.01,protein 2"'
    with refused(line=3):
        read_gene_lists(written(tmp_path / "b.csv", rows), Annotation(sets=["any"]), unknown)


@pytest.mark.parametrize("order", ["{id},{text},{gold}", "{id},{gold},{text}"])
def test_completions_of_several_lines_are_cells(tmp_path, order):
    quoted = f'"{COMPLETION}"'
    rows = [order.format(id="id", text="answer", gold="gold")]
    rows += [order.format(id=f"s{n}", text=quoted, gold="mismatch repair") for n in range(50)]
    table = read_table(written(tmp_path / "a.csv", rows), ["id", "answer"], texts=True)
    assert [cells["answer"] for _, cells in table.rows] == [COMPLETION] * 50
    assert [line for line, _ in table.rows[:2]] == [2, 5]


def test_a_text_whose_few_lines_are_like_rows_is_read(tmp_path):
    path = written(tmp_path / "a.csv", ["id,answer", 's1,"repair', 'or replication, of DNA"', "s2,x"])
    table = read_table(path, ["id"], texts=True)
    assert [cells["answer"] for _, cells in table.rows] == ["repair\nor replication, of DNA", "x"]
    with refused():
        read_table(path, ["id"])


def test_a_description_of_two_lines_is_a_cell_of_a_gene_table(tmp_path):
    rows = ["gene,log2FoldChange,padj,description"]
    rows += [f'GENE{n},2.5,0.01,"first line\nsecond line, and more"' for n in range(4)]
    one, _ = read_gene_lists(written(tmp_path / "a.csv", rows), Annotation(sets=["any"]), unknown)[0].lists
    assert [gene.written for gene in one.genes] == ["GENE0", "GENE1", "GENE2", "GENE3"]


def test_a_json_array_is_a_table_whose_rows_are_numbered(tmp_path):
    path = tmp_path / "a.json"
    rows = [{"id": 1, "answer": "a ] b,\n["}, {"id": 2, "answer": ["\ud83d"], "more": {"x": 1}}, {"id": 3}]
    path.write_text("\ufeff\n" + json.dumps(rows, indent=2), encoding="utf-8")
    table = read_table(path, ["id"])
    assert (table.columns, table.lines) == (["id", "answer", "more"], [1, 2, 3])
    assert (table.cells("id"), table.cells("answer")) == (["1", "2", "3"], ["a ] b,\n[", "\ufffd", ""])


def test_lists_of_genes_in_json_are_cells_of_genes(tmp_path):
    path = tmp_path / "a.json"
    rows = [
        {"answer": ["FTO", "IRX3"], "gold": "FTO", "candidates": ["IRX3", "FTO", "RPGRIP1L"]},
        {"answer": ["[TCF7L2]"], "gold": ["TCF7L2", "VTI1A"], "candidates": "VTI1A, TCF7L2"},
        {"answer": ["VTI1A"], "gold": ["TCF7L2"], "candidates": ["VTI1A", "TCF7L2"]},
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    columns = {"answer": "answer", "gold": "gold", "candidates": "candidates"}
    scored = score_table(path, columns, TASKS["causal_gene_ranking"])
    assert scored.table["top_1"].tolist() == [1, 1, 0]
    path.write_text(json.dumps([{"a": "repair", "g": "DNA repair", "s": ["MSH2", "MSH6"]}] * 2), encoding="utf-8")
    columns = {"answer": "a", "gold": "g", "genes": "s"}
    scored = score_table(path, columns, TASKS["gene_set_naming"])
    assert scored.table["genes"].tolist() == ["MSH2, MSH6"] * 2
    path.write_text(json.dumps([{"a": ["DNA", "repair"], "g": "DNA repair"}]), encoding="utf-8")
    with refused(line=1, field="a"):
        score_table(path, {"answer": "a", "gold": "g"}, TASKS["gene_set_naming"])


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '[{"a": 1}',
        "[\n1]",
    ],
)
def test_a_json_array_that_is_none_of_objects_is_refused(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with refused():
        read_table(path, ["a"])


@pytest.mark.parametrize("rows", [[], ["id,gene"]])
def test_a_table_without_rows_is_told_what_it_lacks(tmp_path, rows):
    with refused():
        read_table(written(tmp_path / "a.csv", rows), ["id", "gene"])


@pytest.mark.parametrize("row", ["TP53 tumor protein p53 17p", "TP53 kinase, or not 17p"])
def test_a_header_whose_names_blanks_part_is_told_what_parts_columns(tmp_path, row):
    with refused("a.tsv", line=2 if "," in row else 1):
        read_table(written(tmp_path / "a.tsv", ["id gene answer", row]), ["id", "gene", "answer"]).place("id")


@pytest.mark.parametrize("rows", [["gene name", "TP53"], ["gene name", "tumor protein"], ["gene,my name", "TP53,p 53"]])
def test_a_blank_within_a_name_parts_nothing(tmp_path, rows):
    table = read_table(written(tmp_path / "a.txt", rows), ["gene", "name", "gene name"])
    assert table.columns == rows[0].split(",")


def test_a_key_that_stands_twice_in_an_object_is_refused():
    assert json_value('[{"excluded": true}, {"excluded": false}]') == [{"excluded": True}, {"excluded": False}]
    with pytest.raises(ValueError, match="'excluded' stands twice"):
        json_value('{"features": [{"excluded": true, "excluded": false}]}')
