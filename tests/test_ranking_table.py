"""Tables of rankings in both tracks: values by hand, cells as people write them, baselines, and ways to ask wrongly."""

import csv

import numpy as np
import pandas as pd
import pytest
from refusals import refused
from scipy.stats import beta

from reasonome import cli
from reasonome.facts.genes import Gene, GeneTable
from reasonome.scoring.answer_tables import score_table
from reasonome.scoring.table_scores import Score
from reasonome.tasks import TASKS

TASK = TASKS["causal_gene_ranking"]
COLUMNS = {"answer": "answer", "gold": "gold"}

# (cell, gold, rank in track strict, rank as published); rank 0 is wrong.
ROWS = [
    ("[A, B, C]", "A", 1, 1),
    ("[B, B, B, A]", "A", 2, 4),  # repeats take places as published, and none in strict
    ("[A, B,\nA]", "B", 2, 2),
    ("<reasoning>why</reasoning>\n<genes>[C, A, B]</genes>", "A", 2, 2),
    ("<genes>[A, B]</genes>", "A", 1, 0),  # as published the first entry is "<genes>A"
    ("B, C, A", "A", 0, 3),  # no closed list
    ("[B, A", "A", 0, 2),
    ("", "A", 0, 0),
    ("It is A, as\nB, A\n[see above]", "A", 0, 0),  # split as it stands: "B" is an entry no more than the others
    ("[b, a]", "A", 2, 0),
    ("[B; A]", "A", 0, 0),  # semicolons do not part entries
    ("[C, D, E, F, G, B]", "{A},{B}", 6, 0),  # several golds: the best-ranked counts; as published no entry is equal
    ("[A,, B]", "B", 2, 3),  # an empty entry takes a place as published
]


def frame(rows=ROWS, **more):
    cells = pd.DataFrame({"answer": [row[0] for row in rows], "gold": [row[1] for row in rows]})
    return cells.assign(**more)


def by_hand(ranks):
    return {
        **{f"top_{k}": np.mean([0 < rank <= k for rank in ranks]) for k in (1, 3, 5, 10)},
        "top_max": np.mean([rank > 0 for rank in ranks]),
        "mrr": np.mean([1 / rank if rank else 0 for rank in ranks]),
    }


@pytest.mark.parametrize("track, place", [("strict", 2), ("as-published", 3)])
@pytest.mark.parametrize("task", [TASK, TASKS["rare_disease_ranking"]], ids=lambda task: task.name)
def test_values_by_hand(track, place, task):
    ranks = [row[place] for row in ROWS]
    scored = score_table(frame(), COLUMNS, task, track=track)
    assert (scored.n, scored.track) == (13, track)
    found = scored.table["mrr"]
    assert found.tolist() == pytest.approx([1 / rank if rank else 0 for rank in ranks])
    for metric, value in by_hand(ranks).items():
        assert scored.metrics[metric].value == pytest.approx(value), metric
        assert scored.metrics[metric].n == 13
    assert "rank" not in scored.metrics  # without candidates there is no worst one


def test_what_is_odd_is_counted():
    strict, published = (score_table(frame(), COLUMNS, TASK, track=track) for track in ("strict", "as-published"))
    always = {"duplicates": 0, "conflicts": 0, "empty": 1}
    assert strict.problems == always | {
        "no_tags": 10,
        "repeated_genes": 2,
        "line_breaks": 1,
        "no_brackets": 1,
        "unclosed_list": 1,
        "other_case": 1,
        "text_outside": 1,
    }
    assert published.problems == always | {
        "repeated_genes": 2,
        "line_breaks": 3,
        "tags": 2,
        "no_brackets": 1,
        "unclosed_list": 1,
        "other_case": 1,
        "gold_not_one_gene": 1,
        "empty_entries": 1,
    }
    assert "counted as wrong: 2 (lines 6, 7)" in "\n".join(strict.notes)


@pytest.mark.parametrize(
    "cell, entries",
    [
        ("[A, B,\nA]", ["A", "B", "A"]),
        ("[A,\r\n B\t,\u00a0C ]", ["A", "B", "C"]),
        ("[]", [""]),
        ("A", ["A"]),
        ("<genes>[A, B]</genes>", ["<genes>A", "B</genes>"]),
        ("['A', 'B']", ["'A'", "'B'"]),
        ("A; B", ["A; B"]),
        ("The gene\nis A, or [B]", ["The gene\nis A", "or B"]),
    ],
)
def test_as_published_a_cell_is_split_as_it_stands(cell, entries):
    scored = score_table(frame([(cell, "X")]), COLUMNS, TASK, track="as-published")
    assert scored.table["answer"].tolist() == [entries]


@pytest.mark.parametrize(
    "cell, genes, problems",
    [
        ("[A, B]", ["A", "B"], "no_tags"),
        ("The genes are [A, B].", ["A", "B"], "no_tags,text_outside"),
        ("[A, B] or [B, A]", [], "several_lists,no_tags"),
        ("[A, B", [], "unclosed_list,no_tags"),
        ("A, B", [], "no_brackets,no_tags"),
        ("[]", [], "empty_list,no_tags"),
        ("[A, a, B]", ["A", "B"], "repeated_genes,no_tags"),
        ("<genes>[A, B]", [], "unclosed_list"),
        ("<genes>A, B</genes>", [], "no_brackets"),
        ("<genes>[A]</genes><genes>[B]</genes>", [], "several_lists"),
        ("<reasoning>[A, B]</reasoning>", [], "no_list"),
        ("<reasoning>x</reasoning>\n[A, B]", [], "no_list,text_outside"),
        ("<genes>[A,\nB]</genes>", ["A", "B"], "line_breaks"),
        ("<genes>[A]</genes> done", ["A"], "text_outside"),
        ("", [], ""),
        # A misspelled tag is none, here as in an answer of the pipeline, and its cell is no list alone.
        ("<GENES>[A, B]</GENES>", [], "no_list,text_outside,near_tags"),
        ("<genes>[A, B]</Genes>", [], "unclosed_list,near_tags"),
        ("<Reasoning>x</Reasoning> <genes>[A, B]</genes>", ["A", "B"], "text_outside,near_tags"),
        ("<gene>[A, B]</gene>", ["A", "B"], "no_tags,text_outside"),
    ],
)
def test_strict_a_row_without_one_closed_list_is_wrong(cell, genes, problems):
    scored = score_table(frame([(cell, "A")]), COLUMNS, TASK)
    assert scored.track == "strict"
    assert scored.table["answer"].tolist() == [genes]
    assert scored.table["problems"].tolist() == [problems]
    assert scored.metrics["top_1"].value == float(genes[:1] == ["A"])


@pytest.mark.parametrize("track", ["strict", "as-published"])
@pytest.mark.parametrize(
    "cell",
    ["<genes>" * 200_000, "[" * 1_000_000],
)
def test_a_cell_made_to_be_slow_is_read(track, cell):
    scored = score_table(frame([(cell, "A"), ("[A]", "A")]), COLUMNS, TASK, track=track)
    assert scored.table["top_1"].tolist() == [0, 1]


def test_genes_are_compared_as_genes_in_strict_alone():
    genes = GeneTable([Gene("KMT2D", previous=("MLL2",), aliases=("ALR",)), Gene("PRKN", aliases=("PARK2",))])
    cells = frame([("[mll2, PARK2, KMT2D, XYZ1]", "PRKN"), ("[ALR]", "MLL2"), ("[prkn]", "KMT2D")])
    known = score_table(cells, COLUMNS, TASK, genes=genes)
    assert known.table["answer"].tolist() == [["KMT2D", "PRKN", "XYZ1"], ["KMT2D"], ["PRKN"]]
    assert known.table["mrr"].tolist() == [0.5, 1, 0]
    odd = {"aliases": 2, "repeated_genes": 1, "unknown_genes": 1, "other_case": 1}
    assert {name: known.problems[name] for name in odd} == odd
    assert "the symbols and aliases of the 2 genes of the GeneTable" in known.notes[0]
    unknown = score_table(cells, COLUMNS, TASK)
    assert unknown.table["mrr"].tolist() == [0, 0, 0]
    assert "aliases are unknown" in unknown.notes[-1]
    with refused(fix="leave it out, or ask for track strict"):
        score_table(cells, COLUMNS, TASK, track="as-published", genes=genes)


CANDIDATES = frame(
    [("[X, A]", "A"), ("[A, B]", "B"), ("[b, a]", "B"), ("[C]", "D")],
    candidates=["A, B", "{C},{A},{B}", "['B', 'A', 'C', 'D']", "A;B|C"],
)
ASKED = COLUMNS | {"candidates": "candidates"}


def test_candidates_give_the_worst_rank():
    strict = score_table(CANDIDATES, ASKED, TASK)
    # Unlisted among three candidates is rank 4.
    assert strict.table["rank"].tolist() == [2, 2, 1, 4]
    assert strict.metrics["rank"].value == 9 / 4
    assert strict.table["non_candidates"].tolist() == [1, 0, 0, 0]
    assert (strict.problems["non_candidates"], strict.problems["gold_not_a_candidate"]) == (1, 1)
    published = score_table(CANDIDATES, ASKED, TASK, track="as-published")
    assert published.table["rank"].tolist() == [2, 2, 5, 4]
    assert published.table["non_candidates"].tolist() == [1, 0, 2, 0]


def test_entries_that_are_no_candidates_are_told():
    cells = frame([("[A]", "A"), ("[A; B]", "A"), ("[C]", "A")], candidates=["A, B"] * 3)
    notes = score_table(cells, ASKED, TASK).notes
    assert "2 answers list what is no candidate; the first, in line 2: 'A; B'" in notes


def test_the_case_of_candidates_does_not_matter_in_strict():
    scored = score_table(frame([("[Brca1]", "BRCA1")], candidates=["brca1, TP53"]), ASKED, TASK)
    assert scored.metrics["top_1"].value == 1
    assert "gold_not_a_candidate" not in scored.problems
    assert "non_candidates" not in scored.problems


def test_a_list_counts_as_far_as_it_is_stated():
    many = [f"G{i}" for i in range(1, 31)]
    cells = frame([(f"[{', '.join(many)}]", "G25"), (f"[{', '.join(many)}]", "G26")])
    strict = score_table(cells, COLUMNS, TASK)
    assert strict.table["top_max"].tolist() == [1, 0]
    assert strict.problems["cut_off"] == 2
    assert score_table(cells, COLUMNS, TASK, track="as-published").table["top_max"].tolist() == [1, 1]


def test_baselines_by_hand():
    baselines = score_table(CANDIDATES, ASKED, TASK).baselines
    assert list(baselines) == ["random_order", "prompt_order", "commonest_gold", "shuffled_answers"]
    chance = baselines["random_order"].metrics
    # H(2)/2, H(3)/3 and H(4)/4; the last row's gold is no candidate.
    assert chance["mrr"].value == pytest.approx((3 / 4 + 11 / 18 + 25 / 48 + 0) / 4)
    assert chance["top_1"].value == pytest.approx((1 / 2 + 1 / 3 + 1 / 4 + 0) / 4)
    assert chance["top_3"].value == pytest.approx((1 + 1 + 3 / 4 + 0) / 4)
    assert chance["rank"].value == pytest.approx((3 / 2 + 2 + 5 / 2 + 4) / 4)
    # The columns have the golds at 1, 3, 1 and nowhere.
    assert baselines["prompt_order"].metrics["mrr"].value == pytest.approx((1 + 1 / 3 + 1 + 0) / 4)
    # In the other rows: B twice; A and B once, A before B in the column; A, B and D once, B first; D never, nor here.
    assert baselines["commonest_gold"].metrics["mrr"].value == pytest.approx((1 / 2 + 1 / 2 + 1 + 0) / 4)
    assert baselines["commonest_gold"].information == "the other rows"


def test_baselines_without_candidates():
    cells = frame([("[A]", "A"), ("[A]", "A"), ("[A]", "B"), ("[A]", "C")])
    baselines = score_table(cells, COLUMNS, TASK).baselines
    assert list(baselines) == ["commonest_gold", "shuffled_answers"]
    # A, B and C are right once in the other rows of A; B and C nowhere but in their own.
    assert baselines["commonest_gold"].metrics["mrr"].value == pytest.approx((1 + 1 + 0 + 0) / 4)
    assert baselines["shuffled_answers"].metrics["top_1"].value == 0.5  # an answer that is the same in every row


def test_standard_errors_are_clustered_and_genes_weigh_the_same():
    # Four rows of gene A, all right, and one of each of four others, all wrong.
    cells = frame([("[A]", "A")] * 4 + [("[A]", gene) for gene in "BCDE"])
    scored = score_table(cells, COLUMNS, TASK)
    top, macro = scored.metrics["top_1"], scored.macro["top_1"]
    assert (top.value, top.n) == (0.5, 8)
    assert (macro.value, macro.n) == (0.2, 5)
    # Rows of A are 4 × .5 above the mean, the others .5 below: a variance of 5/4 × (2² + 4 × .5²) / 8².
    variance = 5 / 4 * 5 / 64
    assert top.se == pytest.approx(variance**0.5) and macro.se == pytest.approx((0.2 * 0.8 / 4) ** 0.5)
    rows = 1 + 0.25 / variance  # independent ones of this variance
    right = rows / 2
    expected = beta.ppf(0.025, right, rows - right + 1), beta.ppf(0.975, right + 1, rows - right)
    assert (top.low, top.high) == pytest.approx(expected)


def test_one_gene_alone_has_no_interval():
    scored = score_table(frame([("[A]", "A")] * 3), COLUMNS, TASK)
    assert scored.metrics["top_1"] == Score(1, None, None, 3)
    assert scored.macro["top_1"] == Score(1, None, None, 1)
    assert (
        scored.notes[-1]
        == "no intervals: 3 rows are one cluster by the genes that they share, too few to tell how far others lie"
    )


def test_ids_that_stand_twice():
    cells = frame([("[A]", "A"), ("[A]", "A"), ("[B]", "A"), ("[B]", "B")], id=["1", "1", "1", "2"])
    columns = COLUMNS | {"id": "id"}
    strict = score_table(cells, columns, TASK)
    assert (strict.n, strict.metrics["top_1"].value) == (2, 1)
    assert (strict.problems["duplicates"], strict.problems["conflicts"]) == (1, 1)
    # As published every row counts.
    published = score_table(cells, columns, TASK, track="as-published")
    assert (published.n, published.metrics["top_1"].value) == (4, 0.75)
    assert (published.problems["duplicates"], published.problems["conflicts"]) == (1, 1)
    assert "counted all the same: 1 (line 2)" in published.notes[0]
    other = cells.assign(gold=["A", "B", "A", "B"])
    with refused(fix="name a column in"):
        score_table(other, columns, TASK)
    assert score_table(other, columns, TASK, track="as-published").n == 4


def written(path, cells):
    cells.to_csv(path, index=False, quoting=csv.QUOTE_MINIMAL)
    return path


GIVEN = ["--columns", "answer=answer,gold=gold"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["--task", "gene_set_naming", *GIVEN, "--track", "strict"], "track"),
        (["--task", TASK.name, *GIVEN, "--encoders", "minilm"], "--encoders"),
    ],
)
def test_asked_wrongly(tmp_path, monkeypatch, arguments, field):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "a.csv", frame())
    with refused(field=field, fix="leave it out"):
        cli.main(["score", str(path), *arguments])


@pytest.mark.parametrize("track", ["strict", "as-published"])
@pytest.mark.parametrize("empty", ["", None])
def test_a_row_without_candidates_is_asked_about_all_genes(track, empty):
    cells = frame([("[B, A]", "A"), ("[A]", "A"), ("[C, X]", "C")], candidates=["A, B", empty, "B, C, D"])
    scored = score_table(cells, ASKED, TASK, track=track)
    assert scored.metrics["top_1"].value == pytest.approx(2 / 3)
    assert (scored.metrics["rank"].value, scored.metrics["rank"].n) == (3 / 2, 2)
    assert (scored.metrics["non_candidates"].value, scored.metrics["non_candidates"].n) == (1 / 2, 2)
    assert "gold_not_a_candidate" not in scored.problems
    note = "rows without candidates, which have no rank and count as wrong in the orders of candidates: 1 (line 2)"
    assert note in scored.notes
    chance, prompt = (scored.baselines[name].metrics for name in ("random_order", "prompt_order"))
    assert chance["top_1"].value == pytest.approx((1 / 2 + 0 + 1 / 3) / 3)
    assert chance["mrr"].value == pytest.approx((3 / 4 + 0 + 11 / 18) / 3)
    assert (chance["rank"].value, chance["rank"].n) == ((3 / 2 + 2) / 2, 2)
    assert prompt["mrr"].value == pytest.approx((1 + 0 + 1 / 2) / 3)
    assert (prompt["rank"].value, prompt["rank"].n) == (3 / 2, 2)


def test_what_is_printed_names_the_track(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "a.csv", frame())
    for track in ("strict", "as-published"):
        assert cli.main(["score", str(path), "--task", TASK.name, *GIVEN, "--track", track]) == 0
        shown = capsys.readouterr()
        assert f"(13 rows, track {track})" in shown.out
        assert "mean over right genes" in shown.out
        assert ("aliases are unknown" in shown.err) == (track == "strict")
