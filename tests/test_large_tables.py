"""Tables of very many answers: the scores of a small one, whatever it is cut into, and little memory for each row."""

import random
import tracemalloc

import pandas as pd
import pytest

from reasonome.benchmarks import gene_sets
from reasonome.scoring import answer_tables
from reasonome.scoring.answer_tables import score_table
from reasonome.tasks import TASKS
from reasonome.tasks.naming import constant_names
from reasonome.tasks.naming import table as naming_table
from reasonome.tasks.naming.table import nearest_rows

COLUMNS = {"answer": "answer", "gold": "gold"}
NAMES = ["DNA repair", "mismatch repair", "cell cycle", "axon guidance", "ion transport", "membrane", "DNA replication"]


def names_of_sets() -> tuple[pd.DataFrame, dict, str]:
    r = random.Random(3)
    cells = [(r.choice(NAMES), r.choice(NAMES), " ".join(r.sample("ABCDEFGHI", 4))) for _ in range(30)]
    cells[4] = ("Process: axon\nReasoning:\n<think>why</think>", *cells[4][1:])
    return pd.DataFrame(cells, columns=["answer", "gold", "genes"]), COLUMNS | {"genes": "genes"}, "gene_set_naming"


def rankings() -> tuple[pd.DataFrame, dict, str]:
    r = random.Random(3)
    shown = [r.sample("ABCDEFGHI", 5) for _ in range(30)]
    cells = [(f"[{', '.join(r.sample(genes, 3))}]", genes[0], ", ".join(genes)) for genes in shown]
    cells[2] = (*cells[2][:2], "")
    return (
        pd.DataFrame(cells, columns=["answer", "gold", "candidates"]),
        COLUMNS | {"candidates": "candidates"},
        "causal_gene_ranking",
    )


@pytest.mark.parametrize("table", [names_of_sets, rankings])
def test_what_a_table_is_cut_into_changes_no_score(monkeypatch, table):
    frame, columns, task = table()
    whole = score_table(frame, columns, TASKS[task])
    monkeypatch.setattr(answer_tables, "_ROWS_AT_ONCE", 7)
    for module in (gene_sets, constant_names):
        monkeypatch.setattr(module, "_CELLS_AT_ONCE", 20)
    cut = score_table(frame, columns, TASKS[task])
    assert cut.to_json() == whole.to_json()
    pd.testing.assert_frame_equal(cut.table, whole.table, check_exact=True)


def test_of_very_many_names_some_are_compared_and_told(monkeypatch):
    monkeypatch.setattr(naming_table, "_NAMES_TO_COMPARE", 4)
    frame = pd.DataFrame({"answer": "axon", "gold": NAMES})
    note = score_table(frame, COLUMNS, TASKS["gene_set_naming"]).baselines["best_constant"].note
    assert "chosen on 4 of these rows, drawn at random, and so optimistic" in note
    assert note.split("'")[1] in NAMES
    few = score_table(frame.iloc[:4], COLUMNS, TASKS["gene_set_naming"]).baselines["best_constant"].note
    assert "chosen on these very rows and so optimistic" in few


def test_the_nearest_row_is_another_one_of_the_same_set_before_all():
    genes = ["A B", "C D E", "b a", "C D F", "a b", "X", "E C D"]
    frame = pd.DataFrame({"gold": list("1234567"), "genes": genes})
    # Rows 1, 3 and 5 are one set, 2 and 7 another; row 4 shares two of four genes with both of those; 6 none with any.
    assert nearest_rows(frame) == ["3", "7", "1", "2", "1", "", "2"]


def test_questions_share_their_genes():
    r, genes = random.Random(0), [f"GENE{n}" for n in range(200)]
    rows = [r.sample(genes, 20) for _ in range(1000)]
    cells = [(f"[{', '.join(shown[:10])}]", shown[3], ", ".join(shown)) for shown in rows]
    frame = pd.DataFrame(cells, columns=["answer", "gold", "candidates"])
    part = TASKS["causal_gene_ranking"].tables
    part.read(frame)  # what is kept for all tables
    tracemalloc.start()
    read = part.read(frame)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert read["answer"].tolist() == [shown[:10] for shown in rows]
    assert kept < 3000 * len(rows)  # bytes
