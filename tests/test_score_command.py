"""`reasonome score`: values against rouge_score itself, baselines beside them, and every way to ask wrongly."""

import csv
import json
import shutil
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import own_task
import pandas as pd
import pytest
from checkout import ROOT
from pyarrow import parquet
from refusals import refused
from rouge_score import rouge_scorer
from scipy import stats
from traced_sets import rows_table, term

from reasonome import cli
from reasonome.commands.options import parse_columns
from reasonome.facts.sources.go import read_obo
from reasonome.facts.text import symbols_in
from reasonome.scoring import answer_tables
from reasonome.scoring.table_scores import Score
from reasonome.tasks import TASKS
from reasonome.tasks.naming.constant_names import most_overlapping

score_table = partial(answer_tables.score_table, task=TASKS["gene_set_naming"])

COLUMNS = {"answer": "answer", "gold": "gold"}
CONSTANT = "regulation of process"


REFERENCE = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)


def rouge_l(answer, truth):
    """The reference library's value."""
    return REFERENCE.score(truth, answer)["rougeL"].fmeasure


@pytest.fixture(scope="module")
def names():
    """Two hundred names of biological processes, of the demo's slice of GO."""
    terms = read_obo(ROOT / "resources/demo/go-basic.obo.gz").terms
    found = [terms[term].name for term in sorted(terms) if terms[term].namespace == "biological_process"]
    return found[:200]


def table(path, rows, header=("answer", "gold")):
    with open(path, "w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
    return path


@pytest.mark.parametrize(
    "cell",
    [CONSTANT, f"Process: {CONSTANT}", f"Process: {CONSTANT}\nReasoning:\n<think>They act, together.</think>"],
    ids=["bare name", "name line", "completion"],
)
def test_a_constant_answer_has_the_reference_librarys_score(tmp_path, names, cell):
    expected = np.mean([rouge_l(CONSTANT, name) for name in names])
    assert expected > 0.05
    scored = score_table(table(tmp_path / "a.csv", [(cell, name) for name in names]), COLUMNS)
    assert scored.n == 200
    assert scored.metrics["rouge_l"].value == pytest.approx(expected)
    assert scored.metrics["rouge_l"].low < expected < scored.metrics["rouge_l"].high
    assert scored.metrics["distinct_names"] == Score(1 / 200, None, None, 200)
    # Whatever row a constant is handed to, it says the same.
    assert scored.baselines["shuffled_answers"].metrics["rouge_l"] == scored.metrics["rouge_l"]


def test_a_small_table_by_hand(tmp_path):
    full = "Process: DNA repair\nReasoning:\n<think>one</think>"
    rows = [("DNA repair", "DNA repair"), (full, "dna-repair"), ("", "nucleus"), ("x\nProcess: a\nProcess: b", "axon")]
    scored = score_table(table(tmp_path / "a.csv", rows), COLUMNS)
    assert scored.table["answer"].tolist() == ["DNA repair", "DNA repair", "", ""]
    assert scored.table["exact"].tolist() == [1, 1, 0, 0]
    assert scored.metrics["exact"].value == 0.5
    assert scored.metrics["no_name"].value == 0.5
    assert scored.metrics["distinct_names"].value == 0.25
    # Only two cells are completions: the first keeps the whole contract; the second has a name and no step.
    assert (scored.metrics["format"].value, scored.metrics["format"].n) == (0.5, 2)
    assert (scored.metrics["format_published"].value, scored.metrics["format_published"].n) == (0.5, 2)
    assert scored.problems["empty"] == 1
    assert scored.problems["several_process_lines"] == 1
    assert scored.notes == ["empty answers, counted as wrong: 1 (line 6)"]


@pytest.mark.slow
def test_the_best_constant_is_the_best_of_all(names):
    names = names[:80]
    means = {name: np.mean([rouge_l(name, truth) for truth in [*names, names[7]]]) for name in set(names)}
    chosen = most_overlapping(sorted(set(names)), [*names, names[7]])
    assert means[chosen] == pytest.approx(max(means.values()))
    assert chosen == min(name for name in means if means[name] > max(means.values()) - 1e-9)


def test_baselines_by_hand():
    frame = pd.DataFrame(
        {
            "answer": ["ion transport"] * 4,
            "gold": ["DNA repair", "DNA binding", "DNA repair", "nucleus"],
            "genes": ["A B", "{B,C}", "['A', 'B', \"C\"]", "Z"],
        }
    )
    scored = score_table(frame, COLUMNS | {"genes": "genes"})
    baselines = scored.baselines
    assert set(baselines) == {"best_constant", "common_words", "random_name", "shuffled_answers", "nearest_row"}
    # "DNA repair" in every row: 1, 1/2, 1 and 0; best of the common words is the same.
    assert "'DNA repair' in every row" in baselines["best_constant"].note
    assert baselines["best_constant"].metrics["rouge_l"].value == pytest.approx(0.625)
    assert baselines["common_words"].metrics["rouge_l"].value == pytest.approx(0.625)
    # Nearest: row 3 for rows 1 and 2 (both 2/3), row 1 for row 3, nothing for row 4.
    assert baselines["nearest_row"].metrics["exact"].value == pytest.approx(0.5)
    assert baselines["nearest_row"].metrics["rouge_l"].value == pytest.approx((1 + 0.5 + 1 + 0) / 4)
    # Chance: the mean over golds of ROUGE-L with a gold drawn at random is 7/16.
    assert baselines["random_name"].metrics["rouge_l"].value == pytest.approx(7 / 16, abs=0.15)


def test_rows_whose_sets_are_alike_are_resampled_together():
    # Five clusters of four rows, three right and two wrong: as three of five.
    frame = pd.DataFrame({"answer": ["axon"] * 20, "gold": ["axon"] * 12 + ["nucleus"] * 8})
    frame["genes"] = [f"A{cluster} B{cluster}" for cluster in range(5) for _ in range(4)]
    alone, together = score_table(frame, COLUMNS), score_table(frame, COLUMNS | {"genes": "genes"})
    exact = together.metrics["exact"]
    assert [exact.low, exact.high] == pytest.approx([*stats.binomtest(3, 5).proportion_ci()])
    assert 0.3 < alone.metrics["exact"].low < alone.metrics["exact"].high < 0.9
    assert together.notes == []


@pytest.mark.parametrize(("chained", "told"), [(6, "one cluster"), (3, "4 clusters")])
def test_sets_that_overlap_in_a_chain_have_no_interval(chained, told):
    """Each set shares two of three genes with the next: one cluster, though the ends have nothing in common."""
    frame = pd.DataFrame({"answer": ["axon"] * 6, "gold": ["axon", "nucleus"] * 3})
    frame["genes"] = [f"A{row} A{row + 1} A{row + 2}" for row in range(chained)] + list("XYZ")[: 6 - chained]
    scored = score_table(frame, COLUMNS | {"genes": "genes"})
    assert scored.metrics["exact"] == Score(0.5, None, None, 6)
    assert scored.baselines["best_constant"].metrics["exact"] == Score(0.5, None, None, 6)
    assert scored.notes == [
        f"no intervals: 6 rows are {told} by the genes that they share, too few to tell how far others lie"
    ]
    assert "[" not in scored.text().split("baseline")[0]
    assert score_table(frame, COLUMNS).metrics["exact"].low is not None  # without genes, every row is its own


def test_similarity_is_that_of_the_encoders():
    def cosines(first, second):
        return np.array([0.9 if a == b else 0.3 for a, b in zip(first, second, strict=True)])

    frame = pd.DataFrame({"answer": ["axon", "axon", ""], "gold": ["axon", "nucleus", "nucleus"]})
    scored = score_table(frame, COLUMNS, encoders={"half": SimpleNamespace(similarity=cosines)})
    assert scored.metrics["similarity_half"].value == pytest.approx((0.9 + 0.3 + 0) / 3)
    assert scored.metrics["similarity"] == scored.metrics["similarity_half"]
    assert "similarity" in scored.baselines["best_constant"].metrics


def test_terms_of_a_background(tmp_path):
    # One root with two children of three genes each, of which they share two.
    terms = [
        ("T:0", "root", [], "ABCD", 0.0),
        ("T:1", "axon", ["T:0"], "ABC", 0.5),
        ("T:2", "synapse", ["T:0"], "BCD", 0.5),
    ]
    rows = [term(i, name, genes, parents=parents, information=told) for i, name, parents, genes, told in terms]
    background = tmp_path / "background.parquet"
    parquet.write_table(rows_table(rows), background)
    frame = pd.DataFrame({"answer": ["axon", "synapse", "root"], "gold": ["axon"] * 3, "genes": ["A B C"] * 3})
    scored = score_table(frame, COLUMNS | {"genes": "genes"}, background=background)
    # The sibling shares two of four genes with the set, the root three of four; the root tells nothing (Lin 0).
    assert scored.table["gene_overlap"].tolist() == [1, 0.5, 0.75]
    assert scored.table["lin"].tolist() == [1, 0, 0]
    # On the scale of term_score, .5 and .75 are .7 and .85: half of the way from .167 to 1 and more.
    parts = [1, *(0.5 + 0.5 * (share - 0.167) / 0.833 for share in (0.5, 0.75))]
    assert scored.metrics["gene_part"].value == pytest.approx(np.mean(parts))
    assert scored.metrics["term_score"].value == pytest.approx(np.mean(parts))
    assert scored.baselines["best_constant"].metrics["term_score"].value == 1
    assert scored.baselines["best_constant_term"].metrics["term_score"].value == 1
    # The background's genes in small letters are the same.
    small = score_table(frame.assign(genes="a b c"), COLUMNS | {"genes": "genes"}, background=background)
    assert small.table["gene_overlap"].tolist() == [1, 0.5, 0.75]
    with refused(fix="give a file of results/backgrounds/"):
        score_table(frame, COLUMNS | {"genes": "genes"}, background=tmp_path / "no-such.parquet")


HALF = 0.5 + 0.5 * (0.5 - 0.167) / 0.833  # an overlap of one half on the scale of term_score


def test_the_best_constant_by_term_score_by_hand(tmp_path):
    # No term has information, so that genes alone count. "DNA" overlaps in words; "cell" has the genes: with AB,
    # CD and ABCD it overlaps by 1/2, 1/2 and 1; "DNA repair" by 1, 0 and 1/2; "DNA binding" by 0, 1 and 1/2. One half
    # is .7 on the scale of term_score: the means are 2.4/3 and 1.7/3.
    terms = [("T:1", "DNA repair", "AB"), ("T:2", "DNA binding", "CD"), ("T:3", "cell", "ABCD")]
    rows = [term(i, name, genes, namespace="", information=np.nan) for i, name, genes in terms]
    parquet.write_table(rows_table(rows), tmp_path / "background.parquet")
    frame = pd.DataFrame(
        {"answer": ["x"] * 3, "gold": ["DNA repair", "DNA binding", "cell"], "genes": ["A B", "C D", "A B C D"]}
    )
    columns = COLUMNS | {"genes": "genes"}
    baselines = score_table(frame, columns, background=tmp_path / "background.parquet").baselines
    assert baselines["best_constant_term"].metrics["term_score"].value == pytest.approx((2 * HALF + 1) / 3)
    assert "'cell' in every row" in baselines["best_constant_term"].note
    assert "optimistic in term_score" in baselines["best_constant_term"].note
    assert baselines["best_constant"].metrics["term_score"].value == pytest.approx((1 + HALF) / 3)
    assert "'DNA binding' in every row" in baselines["best_constant"].note
    assert "optimistic in ROUGE-L" in baselines["best_constant"].note
    assert "best_constant_term" not in score_table(frame, columns).baselines


def test_ids_that_stand_twice(tmp_path):
    rows = [("a", "x", "1"), ("a", "x", "1"), ("b", "x", "1"), ("c", "y", "2")]
    path = table(tmp_path / "a.csv", rows, ("answer", "gold", "id"))
    scored = score_table(path, COLUMNS | {"id": "id"})
    assert scored.table["text"].tolist() == ["a", "c"]
    assert (scored.problems["duplicates"], scored.problems["conflicts"]) == (1, 1)
    assert "counted once: 1 (line 3)" in scored.notes[0]
    assert "which alone counts: 1 (line 4)" in scored.notes[1]
    assert score_table(path, COLUMNS).n == 4  # without ids every row counts
    with refused(path, 5, fix="name a column in"):
        score_table(table(path, [*rows[:3], ("c", "y", "1")], ("answer", "gold", "id")), COLUMNS | {"id": "id"})


def test_a_row_without_the_truth_is_an_error(tmp_path):
    path = table(tmp_path / "a.csv", [("a", "x"), ("b", "")])
    with refused(line=3, field="gold", fix="fill in column 'gold'"):
        score_table(path, COLUMNS)


def test_columns_of_any_name():
    assert parse_columns("answer=~my, answer,gold=a=b,id=#") == {"answer": "~my, answer", "gold": "a=b", "id": "#"}
    assert parse_columns("answer = a b , gold=b") == {"answer": "a b", "gold": "b"}
    assert parse_columns("") == {}
    with refused(fix="name a column of its own for each"):
        parse_columns("answer=gold,gold=gold")
    with refused(fix="write KEY=COLUMN"):
        parse_columns("answer,gold=x")
    assert symbols_in("TP53;BRCA1, ATM/ATR|TP53") == ["TP53", "BRCA1", "ATM", "ATR"]


@pytest.mark.parametrize(
    ("columns", "field", "fix"),
    [("answer=answer,gold=godl", "gold", "did you mean 'gold'?"), ("answer=answer", "columns", "gold=COLUMN")],
)
def test_asked_wrongly(tmp_path, monkeypatch, columns, field, fix):
    monkeypatch.chdir(tmp_path)
    path = table(tmp_path / "a.csv", [("a", "x")])
    with refused(field=field, fix=fix):
        cli.main(["score", str(path), "--task", "gene_set_naming", "--columns", columns])


def test_a_folder_of_files_of_ones_own_names_tasks_and_values(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    shutil.copy(own_task.HERE / "chromosome.py", tmp_path / "mine")
    text = "tasks: {chromosome_of_gene: mine/chromosome.py:ChromosomeOfGene}\n"
    (tmp_path / "mine/config.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    words = ["score", str(table(tmp_path / "a.csv", [("7", "7")])), "--config", "mine", "--task"]
    with refused(field="--task", fix="give --benchmark in place of --task") as caught:
        cli.main([*words, "chromosome_of_gene"])
    assert "verified against their questions" in caught.value.what  # it is known
    with refused("command line", field="promt_share", fix="did you mean 'prompt_share'?"):
        cli.main([*words, "gene_set_naming", "--set", "promt_share=0.5"])


def test_scores_do_not_replace_the_answers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = table(tmp_path / "a.csv", [("a", "x")])
    before = path.read_bytes()
    with refused("a.csv", field="--json", fix="give another path"):
        cli.main(
            ["score", "a.csv", "--task", "gene_set_naming", "--columns", "answer=answer,gold=gold", "--json", "a.csv"]
        )
    assert path.read_bytes() == before


def test_a_seed_that_cannot_be(capsys):
    arguments = ["--task", "gene_set_naming", "--columns", "answer=answer,gold=gold"]
    with pytest.raises(SystemExit) as caught:
        cli.main(["score", "a.csv", *arguments, "--seed=1.5"])
    said = capsys.readouterr().err
    assert (caught.value.code, "argument --seed: '1.5' is not a whole number from" in said) == (2, True)


@pytest.mark.slow
def test_json_is_alone_on_standard_output(tmp_path, names):
    path = table(tmp_path / "my answers.tsv.csv", [(f"Process: {CONSTANT}", name) for name in names])
    command = [sys.executable, "-m", "reasonome.cli", "score", str(path), "--task", "gene_set_naming", "--json", "-"]
    command += ["--columns", "answer=answer,gold=gold", "--encoders", "none"]
    environment = {"PYTHONPATH": str(ROOT / "scripts")}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    expected = np.mean([rouge_l(CONSTANT, name) for name in names])
    assert (found["n"], found["metrics"]["rouge_l"]["value"]) == (200, pytest.approx(expected))
    assert found["metrics"]["rouge_l"].keys() == {"value", "low", "high", "n"}
    assert found["metrics"]["distinct_names"]["low"] is None
    assert found["problems"] == {"duplicates": 0, "conflicts": 0, "empty": 0, "no_reasoning": 200}
    assert f"ROUGE-L {expected:.4f} (200 rows)" in run.stderr
