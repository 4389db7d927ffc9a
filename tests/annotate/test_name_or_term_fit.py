"""When a name is better than the first term: fitted on tables by hand, and tables that cannot be."""

import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

import fit_name_or_term
from reasonome.apps.annotate.name_or_term_fit import fit
from reasonome.apps.annotate.shipped import read_name_or_term
from reasonome.core import atomic
from reasonome.tasks.naming.dialogue import Example, Gene, ShownTerm

pytestmark = pytest.mark.slow

# Forty questions: names of the first twenty are likely and better, two of them not; those of the others neither.
LIKELY, N = 20, 40
WRONG = (3, 11)


def term(name: str, overlap: int = 3) -> ShownTerm:
    return ShownTerm(library="GO BP", id="GO:1", name=name, overlap=overlap, drawn=8, size=20)


def example(number: int, enriched: bool = True) -> Example:
    terms = [term(f"term {number}", overlap=2 + number % 3)] if enriched else []
    genes = [Gene(symbol=f"G{number}")]
    return Example(id=f"q{number}", subset="bp", name="unknown", genes=genes, enriched=terms)


@pytest.fixture
def tables(tmp_path) -> dict:
    """The arguments of a fit: names score .6 where they are better and .2 else, terms .4."""
    likely = [number < LIKELY for number in range(N)]
    better = [is_likely and number not in WRONG for number, is_likely in enumerate(likely)]
    scores = pd.DataFrame(
        {
            "id": [f"q{number}" for number in range(N)],
            "cluster": [f"q{number}" for number in range(N)],
            "answer": [f"process {number % 7}" for number in range(N)],
            "name_logprob": [-0.2 if is_likely else -4.0 for is_likely in likely],
            "name_tokens": 2,
            "rouge_l": [0.6 if is_better else 0.2 for is_better in better],
        }
    )
    baselines = pd.DataFrame({"id": scores["id"], "answer": [f"Term {number}" for number in range(N)], "rouge_l": 0.4})
    scores.to_parquet(tmp_path / "scores.parquet")
    baselines = pd.concat([baselines.assign(baseline=name) for name in ("first_term", "largest_jaccard")])
    baselines.to_parquet(tmp_path / "baselines.parquet")
    files = {"scores": tmp_path / "scores.parquet", "baselines": tmp_path / "baselines.parquet"}
    asked = {"benchmark": "mine", "style": "enriched", "metric": "rouge_l", "first_term": "first_term"}
    return files | asked | {"examples": [example(number) for number in range(N)]}


def change(path, **columns) -> None:
    pd.read_parquet(path).assign(**columns).to_parquet(path)


def test_likely_names_stand_first_and_the_shares_are_those_of_the_table(tables):
    judge = fit(**tables)
    first = term("term")
    assert judge.probability("process 1", -0.1, first) > 0.5 > judge.probability("process 1", -2.0, first)
    assert judge.coefficients["logprob"] > 0
    assert (judge.questions, judge.better, judge.first) == (N, 18 / N, LIKELY / N)
    assert judge.better_where_first == 18 / LIKELY
    assert fit(**tables) == judge


def test_names_as_the_first_term_and_missing_ones_take_no_part_and_do_not_stand_first(tables):
    answers = pd.read_parquet(tables["scores"])["answer"].tolist()
    change(tables["scores"], answer=["term 0.", "", *answers[2:]])
    tables["examples"][2] = example(2, enriched=False)
    judge = fit(**tables)
    pd.read_parquet(tables["scores"])[3:].to_parquet(tables["scores"])
    without = fit(**tables)
    assert judge.coefficients == without.coefficients
    # The third question has no first term to be better than.
    assert (judge.questions, without.questions, judge.better) == (N - 1, N - 3, 17 / (N - 1))
    assert round(judge.first * (N - 1)) == round(without.first * (N - 3)) <= LIKELY - 3


def test_a_table_without_names_of_both_kinds(tables, refused):
    change(tables["scores"], rouge_l=[0.6] * 4 + [0.2] * (N - 4))
    with refused():
        fit(**tables)


def test_tables_that_do_not_go_together(tables, refused):
    with refused():
        fit(**tables | {"first_term": "first_name"})
    with refused():
        fit(**tables | {"examples": tables["examples"][:-1]})
    change(tables["baselines"], answer="another")
    with refused():
        fit(**tables)
    change(tables["scores"], id=["q0"] * 2 + [f"q{number}" for number in range(2, N)])
    with refused():
        fit(**tables)


def test_the_program_finds_its_tables_and_writes_numbers_alone(tables, config, monkeypatch, capsys):
    monkeypatch.chdir(config.parent)
    asked = "enriched-valid.enriched"
    files = {
        tables["scores"]: f"results/scores/smollm2-135m/sft.enriched-s0/{asked}/greedy-short.parquet",
        tables["baselines"]: f"results/baselines/{asked}.parquet",
    }
    for source, target in files.items():
        Path(target).parent.mkdir(parents=True)
        shutil.copy(source, target)
    atomic.write_jsonl(f"results/prompts/{asked}/test.jsonl", [one.model_dump() for one in tables["examples"]])
    words = ["--backbone", "smollm2-135m", "--chain", "sft.enriched-s0", "--benchmark", "enriched-valid"]
    words += ["--style", "enriched", "--decoding", "greedy-short", "--output", "fitted.json"]
    monkeypatch.setattr(sys, "argv", ["fit_name_or_term.py", *words])
    fit_name_or_term.main()
    expected = fit(**tables | {"benchmark": "enriched-valid"})
    assert read_name_or_term(Path("fitted.json")) == expected
    assert set(expected.coefficients) == {"logprob", "likeness", "share", "jaccard", "genes"}
    told = "of 40 names 45% were better than the first term; 50% would stand first, of which 90% were better"
    assert told in capsys.readouterr().out
