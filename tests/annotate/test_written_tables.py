"""Tables of annotated sets: what a spreadsheet reads, and what a program reads back."""

import csv

import pandas as pd
from annotated_sets import ERROR, INTERFERON, LONG_NAME, NAMELESS, POISONED, RECORDS, SPINDLE

from reasonome.apps.annotate.record import AnnotationRecord
from reasonome.apps.annotate.tables import COLUMNS, best_term, tsv_line, write_tables
from reasonome.core import atomic


def read(folder) -> list[dict[str, str]]:
    with open(folder / "annotations.tsv", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def cell(record: AnnotationRecord, name: str) -> str:
    return next(csv.reader([tsv_line(record)], delimiter="\t"))[COLUMNS.index(name)]


def test_a_row_says_what_is_known_of_a_set(tmp_path):
    write_tables(RECORDS, tmp_path)
    row = read(tmp_path)[0]
    assert row["fold_enrichment"] == "300.0"  # 2/3 of the list, and 40/18000 of all
    known = {"set": "cluster 1", "suggested_name": "spindle checkpoint", "best_term_id": "GO:0007094", "n_genes": "3"}
    known |= {"cited": "BUB1; spindle assembly checkpoint", "cited_wrongly": "RAD51; anaphase", "unmapped": "MARCH1"}
    assert known.items() <= row.items()


def test_rows_stand_in_the_order_of_the_records_and_errors_and_answers_without_a_name_have_theirs(tmp_path):
    write_tables(RECORDS, tmp_path)
    rows = read(tmp_path)
    assert [row["id"] for row in rows] == [record.id for record in RECORDS]
    error, nameless = rows[RECORDS.index(ERROR)], rows[RECORDS.index(NAMELESS)]
    assert error["error"] == "none of its identifiers is a gene"
    assert [error[name] for name in ("suggested_name", "paragraph", "best_term", "adjusted_p")] == [""] * 4
    assert [error["n_genes"], error["n_unmapped"]] == ["0", "1"]
    assert (nameless["suggested_name"], nameless["flags"]) == ("", "the answer has no line `Process: NAME`")


def test_every_record_is_read_back_from_its_line(tmp_path):
    write_tables(POISONED, tmp_path)
    rows = atomic.read_jsonl(tmp_path / "annotations.jsonl")
    assert [AnnotationRecord.model_validate(row) for row in rows] == POISONED


def test_what_a_spreadsheet_would_run_gets_an_apostrophe():
    for text in ("=cmd()", "+cmd()", "-cmd()", "@cmd", "  =cmd()", "-", "-1+cmd()", "=1"):
        assert cell(SPINDLE.model_copy(update={"set": text}), "set") == f"'{text}"
    assert cell(SPINDLE.model_copy(update={"set": "\t=cmd()"}), "set") == "' =cmd()"


def test_what_no_spreadsheet_runs_stays_as_it_is():
    for text in ("-1", "+1.5e-3", "alpha-beta", "'quoted'", "3", LONG_NAME, "", "\u200b", "β＝1"):
        assert cell(SPINDLE.model_copy(update={"set": text}), "set") == text


def test_tabs_and_line_breaks_become_blanks_and_quotes_survive(tmp_path):
    odd = SPINDLE.model_copy(update={"name": 'a\tb\r\nc\u2028d "e"', "flags": ['"first', "second"]})
    write_tables([odd, INTERFERON], tmp_path)
    assert len((tmp_path / "annotations.tsv").read_bytes().splitlines()) == 3
    table = pd.read_csv(tmp_path / "annotations.tsv", sep="\t")
    assert table["suggested_name"].fillna("").tolist() == ['a b c d "e"', "interferon response"]
    assert table["flags"][0] == '"first; second'


def test_the_best_term_is_the_first_and_where_nothing_is_enriched_there_is_none():
    assert best_term(SPINDLE).id == "GO:0007094" and best_term(INTERFERON) is None
