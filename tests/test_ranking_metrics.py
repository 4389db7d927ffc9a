"""Metrics of rankings: values worked out by hand."""

import pytest
from ranking_questions import ONE, RANKINGS, TASK, answer, question

from reasonome.facts.genes import Gene
from reasonome.tasks.ranking.metrics import answer_metrics, known_names, list_metrics


# Lists of six candidates are cut off after five genes here, so "right last" has its right gene beyond.
@pytest.mark.parametrize(
    ("ranking", "tops", "rank", "mrr", "listed", "strangers", "cut_off", "repeated", "f1"),
    [
        ("right first", (1, 1, 1, 1, 1), 1, 1, 1, 0, 1, 0, 1 / 3),
        ("right second", (0, 1, 1, 1, 1), 2, 1 / 2, 1, 0, 1, 0, 1 / 3),
        ("right last of three", (0, 1, 1, 1, 1), 3, 1 / 3, 1 / 2, 0, 0, 0, 1 / 2),
        ("right last", (0, 0, 0, 0, 0), 7, 0, 1, 0, 1, 0, 0),
        ("right alone", (1, 1, 1, 1, 1), 1, 1, 1 / 6, 0, 0, 0, 1),
        ("wrong alone", (0, 0, 0, 0, 0), 7, 0, 1 / 6, 0, 0, 0, 0),
        ("two wrong", (0, 0, 0, 0, 0), 7, 0, 1 / 3, 0, 0, 0, 0),
        ("behind a stranger", (0, 1, 1, 1, 1), 2, 1 / 2, 1 / 6, 1, 0, 0, 2 / 3),
        ("strangers alone", (0, 0, 0, 0, 0), 7, 0, 0, 3, 0, 0, 0),
        ("behind six strangers", (0, 0, 0, 0, 0), 7, 0, 1 / 3, 6, 3, 0, 0),
        ("two right, first and third", (1, 1, 1, 1, 1), 1, 1, 1 / 2, 0, 0, 0, 4 / 5),
        ("two right, second and third", (0, 1, 1, 1, 1), 2, 1 / 2, 1, 0, 1, 0, 4 / 7),
        ("alias, other case and repeats", (1, 1, 1, 1, 1), 1, 1, 1 / 3, 0, 0, 3, 2 / 3),
    ],
)
def test_metrics_worked_out_by_hand(ranking, tops, rank, mrr, listed, strangers, cut_off, repeated, f1):
    example, genes = RANKINGS[ranking]
    found = answer_metrics(answer(genes), example, longest_list=5)
    assert found == pytest.approx(
        {
            **dict(zip(("top_1", "top_3", "top_5", "top_10", "top_max"), tops, strict=True)),
            "rank": rank,
            "mrr": mrr,
            "listed_candidates": listed,
            "non_candidates": strangers,
            "cut_off": cut_off,
            "no_candidate": float("stranger" in ranking),  # it is first
            "repeated": repeated,
            "set_f1": f1,
            "format": float(not repeated),
            "truncated": 0,
            "reasoning_words": 1,
        }
    )


def test_tops_differ_by_rank():
    symbols = [f"G{i}" for i in range(12)]
    example = question(symbols, ["G7"])
    found = list_metrics(symbols, example, 25)
    assert [found[f"top_{k}"] for k in (1, 3, 5, 10)] == [0, 0, 0, 1]
    assert (found["rank"], found["mrr"]) == (8, 1 / 8)
    last = list_metrics(symbols, question(symbols, ["G11"]), 25)
    assert (last["top_10"], last["top_max"], last["rank"]) == (0, 1, 12)


def test_no_rank_is_worse_than_that_of_an_unlisted_gene():
    strangers = [f"X{i}" for i in range(10)]
    found = list_metrics([*strangers, "C"], ONE, 25)
    assert (found["rank"], found["mrr"]) == (7, 1 / 11)
    assert list_metrics([], ONE, 25)["rank"] == 7


def test_where_every_gene_is_a_candidate():
    example = question("", "C")
    found = list_metrics(["A", "C", *(f"G{i}" for i in range(9))], example, longest_list=10)
    assert (found["listed_candidates"], found["non_candidates"], found["cut_off"]) == (1, 0, 1)
    assert (found["rank"], list_metrics(["A"], example, 10)["rank"]) == (2, 11)
    assert list_metrics(["A"], example, 10)["listed_candidates"] == 0.1


def test_invented_genes_are_those_that_nobody_knows():
    known = known_names([Gene("TP53", previous=("P53",), aliases=("LFS1", "")), Gene("A")])
    assert known == {"tp53", "p53", "lfs1", "a"}
    # C is of the question; TP53 is real, though no candidate; the fourth is nothing.
    found = list_metrics(["C", "TP53", "lfs1", "GENE9000"], ONE, 25, known)
    assert (found["non_candidates"], found["invented"]) == (3, 1)
    assert "invented" not in list_metrics(["C"], ONE, 25)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<reasoning>on and on", {"truncated": 1, "format": 0, "reasoning_words": 3, "top_1": 0, "rank": 7}),
        ("<reasoning>so</reasoning><genes>[C", {"truncated": 1, "format": 0, "top_1": 0, "listed_candidates": 0}),
        ("<genes>[C]</genes><genes>[C]</genes>", {"truncated": 0, "format": 0, "top_max": 0, "repeated": 0}),
        ("<genes>[C]</genes> done", {"truncated": 0, "format": 0, "top_1": 1}),
        ("", {"truncated": 0, "format": 0, "top_1": 0, "mrr": 0, "rank": 7}),
    ],
)
def test_malformed_answers(text, expected):
    found = answer_metrics(TASK.parse(text), ONE, 25)
    assert {key: found[key] for key in expected} == expected
