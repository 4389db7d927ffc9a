"""Scoring of answers and baselines: what is counted, and by hand how much."""

import json

import numpy as np
import pandas as pd
import pytest
from refusals import refused

from reasonome.answering.rows import AnswerRow, read_answers
from reasonome.scoring.answers import summary
from reasonome.tasks import TASKS
from reasonome.tasks.naming import scoring
from reasonome.tasks.naming.metrics import Judges
from reasonome.tasks.naming.questions import Example, Gene
from reasonome.tasks.naming.settings import NamingStyle

TASK = TASKS["gene_set_naming"]
STYLE = NamingStyle(gene="{symbol}", budget_tokens=8, system="", user="{genes}")
EXAMPLES = [
    Example(id=id, subset=subset, name=name, genes=[Gene(symbol="A"), Gene(symbol="B")])
    for id, subset, name in (
        ("GO:1", "bp", "DNA repair"),
        ("GO:2", "bp", "DNA binding"),
        ("GO:3", "cc", "nucleus"),
    )
]


class AlwaysHalf:
    """An encoder to which any two texts are half alike."""

    def similarity(self, first, second):
        return np.full(len(first), 0.5)


HALF = Judges(encoders={"half": AlwaysHalf()})


def answer(id, name, sample=0, **more):
    text = f"Process: {name}\nReasoning:\n<think>one</think>"
    return AnswerRow(**{"id": id, "subset": "bp", "sample": sample, "text": text, **more})


def score(answers):
    return scoring.score_answers(TASK, STYLE, EXAMPLES, answers, HALF, seed=0)


def test_answers_by_hand():
    table = score([answer("GO:3", "nucleus", completion_tokens=9), answer("GO:1", "DNA binding", logprob=-2.0)])
    assert table["id"].tolist() == ["GO:1", "GO:2", "GO:3"]
    assert table["answer"].tolist() == ["DNA binding", "", "nucleus"]
    assert table["rouge_l"].tolist() == [0.5, 0, 1]
    assert table["exact"].tolist() == [0, 0, 1]
    assert table["similarity"].tolist() == [0.5, 0, 0.5]
    assert table["format"].tolist() == [1, 0, 1]
    assert table["problems"].tolist() == ["", "missing_answer", ""]
    assert table["finish_reason"].tolist() == ["", "missing", ""]
    assert table["genes"].tolist() == ["A B"] * 3
    numbers = [column.removeprefix("shuffled_") for column in table.select_dtypes("number")]
    assert TASK.metrics.unnamed(numbers) == []
    # In bp the two rows change places: "" for DNA repair, "DNA binding" for DNA binding. cc has one row.
    assert table["shuffled_rouge_l"].tolist() == [0, 1, 1]


def test_summary_by_hand():
    found = summary(
        score(
            [
                answer("GO:1", "DNA binding", logprob=-2.0, completion_tokens=10, finish_reason="length"),
                answer("GO:3", "nucleus", completion_tokens=30),
            ]
        )
    )
    assert found["n"] == 3
    assert found["distinct_names"] == 2
    assert found["problems"] == {"missing_answer": 1}
    means = found["metrics"]
    assert [means[key]["rouge_l"] for key in ("bp", "cc", "mean")] == [0.25, 1, 0.625]
    assert [means[key]["length"] for key in ("bp", "cc", "mean")] == [5, 30, 17.5]
    assert [means[key]["truncated"] for key in ("bp", "cc", "mean")] == [0.5, 0, 0.25]
    assert [means[key]["format"] for key in ("bp", "cc", "mean")] == [0.5, 1, 0.75]
    assert not {"logprob", "order_agreement", "confidence"} & means["bp"].keys()  # of which nothing is known
    json.dumps(found, allow_nan=False)


def test_malformed_answers_are_wrong_and_each_problem_is_counted():
    rows = [answer("GO:1", ""), answer("GO:2", "a\nProcess: b"), AnswerRow(id="GO:3", subset="cc", text="nucleus")]
    table = score(rows)
    assert table["rouge_l"].tolist() == [0, 0, 0]
    assert table["answer"].tolist() == ["", "", ""]
    assert summary(table)["problems"] == {
        "empty_name": 1,
        "several_process_lines": 1,
        "no_process_line": 1,
        "no_reasoning": 1,
        "text_outside": 1,
    }


def test_every_example_has_a_row_for_every_sample():
    table = score([answer("GO:1", "DNA repair", 0), answer("GO:1", "DNA binding", 1), answer("GO:2", "DNA binding", 1)])
    assert list(zip(table["id"], table["sample"], table["rouge_l"], strict=True)) == [
        ("GO:1", 0, 1),
        ("GO:1", 1, 0.5),
        ("GO:2", 0, 0),
        ("GO:2", 1, 1),
        ("GO:3", 0, 0),
        ("GO:3", 1, 0),
    ]
    assert summary(table)["problems"] == {"missing_answer": 3}


@pytest.mark.parametrize("seed", range(10))
def test_shuffled_answers_never_meet_their_question_in_another_sample(seed):
    """Every answer is right, and no two truths share a word: any overlap left would be with the own question."""
    examples = [Example(id=f"{i}", subset="bp", name=f"term{i}", genes=[Gene(symbol="A")]) for i in range(4)]
    answers = [answer(f"{i}", f"term{i}", sample) for i in range(4) for sample in range(3)]
    table = scoring.score_answers(TASK, STYLE, examples, answers, Judges(), seed)
    assert table["rouge_l"].tolist() == [1] * 12
    assert table["shuffled_rouge_l"].tolist() == [0] * 12


def test_the_order_of_examples_and_answers_changes_no_score():
    examples = [Example(id=f"{i}", subset="bp", name=f"term{i % 3}", genes=[Gene(symbol="A")]) for i in range(6)]
    answers = [answer(f"{i}", f"term{i % 3}", sample) for i in range(6) for sample in range(2)]
    first = scoring.score_answers(TASK, STYLE, examples, answers, Judges(), 0)
    second = scoring.score_answers(TASK, STYLE, examples[::-1], answers[::-1], Judges(), 0)
    by_question = [table.sort_values(["id", "sample"], ignore_index=True) for table in (first, second)]
    pd.testing.assert_frame_equal(*by_question)
    assert first["shuffled_rouge_l"].nunique() > 1


def test_answers_that_fit_no_question_are_errors():
    with refused(fix="give the test split of a benchmark"):
        scoring.score_answers(TASK, STYLE, [], [], Judges(), 0)
    with refused(line=2, field="id"):
        score([answer("GO:1", "x"), answer("GO:9", "x")])
    with refused(line=3):
        score([answer("GO:1", "x"), answer("GO:2", "x"), answer("GO:1", "y")])


def test_answers_are_read_with_the_line_of_a_bad_row(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": "GO:1", "subset": "bp", "text": "x"}\n{"id": "GO:2", "subset": "bp"}\n')
    with refused(path, 2, "text"):
        read_answers(path)


def test_the_coverage_of_a_cut_contaminated_set_is_of_the_genes_that_its_prompt_shows():
    """Two of four genes are outliers, as of all ten; they stand first, and the first four were taken for the shown."""
    ten = [Gene(symbol=f"G{i}") for i in range(10)]
    half = {"outliers": [f"G{i}" for i in range(5)], "contaminated": 0.5, "term": "GO:1"}
    example = Example(id="GO:1-50", subset="bp-50", name="DNA repair", genes=ten, **half)
    style = STYLE.model_copy(update={"budget_tokens": 16, "order": "listed"})  # 4 tokens a gene: "G0; "
    prompt = TASK.prompt(example, style)
    assert (prompt.shown, prompt.left_out) == (["G0", "G1", "G5", "G6"], 6)
    text = "Process: x\nReasoning:\n<think>G5 and G6</think>"
    named = AnswerRow(id="GO:1-50", subset="bp-50", text=text, genes_left_out=prompt.left_out)
    table = scoring.score_answers(TASK, style, [example], [named], Judges(), seed=0)
    assert table["gene_coverage"].tolist() == [0.5]


def test_contaminated_variants_and_strata_in_the_summary_by_hand():
    def example(id, subset, name, stratum):
        return Example(id=id, subset=subset, name=name, genes=[Gene(symbol="A")], stratum=stratum)

    examples = [
        example("1", "bp", "DNA repair", "understudied"),
        example("2", "bp", "DNA binding", "well-studied"),
        example("3", "cc", "nucleus", "well-studied"),
        example("1-50", "bp-50", "DNA repair", "understudied"),
    ]
    answers = [answer(i, n) for i, n in (("1", "DNA repair"), ("3", "nucleus"), ("1-50", "DNA repair"))]
    table = scoring.score_answers(TASK, STYLE, examples, answers, Judges(), seed=0)
    assert table["stratum"].tolist() == ["understudied", "well-studied", "well-studied", "understudied"]
    found = summary(table)
    # bp is (1 + 0) / 2, cc is 1; the variant, answered rightly, is not in their mean.
    assert found["metrics"]["mean"]["exact"] == 0.75
    assert found["metrics"]["bp-50"]["exact"] == 1
    # Well-studied: bp 0, cc 1. Understudied: bp alone.
    assert {stratum: means["exact"] for stratum, means in found["strata"].items()} == {
        "understudied": 1,
        "well-studied": 0.5,
    }


def test_sealed_answers_are_passed_over_and_lines_are_those_of_the_file():
    given = [answer("GO:8", "x", sample=3), answer("GO:1", "DNA repair"), answer("GO:9", "x")]
    with refused("greedy.jsonl", 3):
        scoring.score_answers(TASK, STYLE, EXAMPLES, given, Judges(), 0, "greedy.jsonl", sealed={"GO:8"})
    table = scoring.score_answers(TASK, STYLE, EXAMPLES, given[:2], Judges(), 0, sealed={"GO:8"})
    assert table[["id", "sample", "exact"]].to_numpy().tolist() == [["GO:1", 0, 1], ["GO:2", 0, 0], ["GO:3", 0, 0]]


def test_the_track_of_the_style_reads_the_answers():
    text = "I think it is this.\nProcess: DNA repair\n<think>one</think>"
    given = [AnswerRow(id="GO:1", subset="bp", text=text)]
    read = {
        track: scoring.score_answers(
            TASK, STYLE.model_copy(update={"track": track}), EXAMPLES, given, Judges(), seed=0
        ).iloc[0]
        for track in ("strict", "as-published")
    }
    assert [read[track]["answer"] for track in read] == ["", "DNA repair"]
    # Whichever the track, a published system would count this form as kept; the contract's is not.
    assert [(row["format_published"], row["format"]) for row in read.values()] == [(1, 0), (1, 1)]


def test_confidence_is_stated_or_the_probability_of_the_names_tokens():
    given = [
        answer("GO:1", "a", name_logprob=-3.0, name_tokens=2),
        answer("GO:2", "b", name_logprob=-3.0, name_tokens=2, confidence=0.9),
    ]
    table = score(given)
    assert table["confidence"].round(6).tolist()[:2] == [0.22313, 0.9]  # exp(-3 / 2)
    assert np.isnan(table["confidence"].iloc[2])
    assert table["confidence_kind"].tolist() == ["logprob", "stated", ""]


def test_orders_that_agree_by_hand():
    names = ["DNA repair", "dna  Repair", "DNA binding"]
    table = score([answer("GO:1", name, order=order) for order, name in enumerate(names)])
    assert table["order"].tolist() == [0, 1, 2] * 3
    # Of three pairs one agrees; answers that are not there agree on nothing.
    assert table["order_agreement"].round(4).tolist() == [0.3333] * 3 + [0] * 6
    assert np.isnan(score([answer("GO:1", "x")])["order_agreement"]).all()


def test_rewards_stand_beside_the_metrics():
    table = score([answer("GO:1", "DNA binding")])
    assert table[["reward_similarity", "reward_rouge_l", "reward_format", "reward_reasoning"]].iloc[0].tolist() == [
        0.5,
        0.5,
        1,
        1,
    ]
    without = scoring.score_answers(TASK, STYLE, EXAMPLES, [answer("GO:1", "x")], Judges(), seed=0)
    assert "reward_similarity" not in without
