"""Scores of rankings: values by hand, missing and malformed answers, invented genes, and lists handed to others."""

import math

import pandas as pd
import pytest
from ranking_questions import TASK, case, locus
from synthetic_rankings import style

from reasonome.answering.rows import AnswerRow
from reasonome.tasks import TASKS
from reasonome.tasks.ranking.questions import Phenotype, RankedGene
from reasonome.tasks.ranking.scoring import handed_over, score_rankings
from reasonome.tasks.ranking.settings import RankingStyle

KNOWN = frozenset({"tp53", "il13", "il4", "rad50", "kif3a", "p53"})


EXAMPLES = [
    locus("a", "IL13 IL4 RAD50 KIF3A", "IL13", source="curated"),
    locus("b", "IL13 IL4 RAD50 KIF3A", "IL4 RAD50", source="functional"),
    locus("c", "IL4 KIF3A", "KIF3A"),
]


def answer(name: str, text: str, **known) -> AnswerRow:
    return AnswerRow(id=name, subset="loci", text=text, **known)


def full(genes: str) -> str:
    return f"<reasoning>it is near</reasoning>\n<genes>[{genes}]</genes>"


def scored(*answers: AnswerRow, examples=EXAMPLES, asked: RankingStyle | None = None, **known) -> pd.DataFrame:
    table = score_rankings(TASK, asked or style(), examples, answers, KNOWN, known.pop("longest", 25), seed=0, **known)
    return table.set_index("id")


def test_metrics_of_three_questions_by_hand():
    table = scored(
        answer("a", full("IL4, IL13, TP53"), completion_tokens=9, prompt_tokens=50, finish_reason="stop"),
        answer("b", full("KIF3A, IL13, rad50"), completion_tokens=7, finish_reason="stop"),
        answer("c", full("KIF3A, IL4")),
    )
    a, b, c = (table.loc[name] for name in "abc")
    assert (a["top_1"], a["top_3"], a["mrr"], a["rank"]) == (0, 1, 0.5, 2)
    assert (a["listed_candidates"], a["non_candidates"], a["invented"]) == (0.5, 1, 0)  # TP53 is a gene
    assert (b["top_1"], b["top_3"], b["mrr"], b["rank"]) == (0, 1, pytest.approx(1 / 3), 3)
    assert b["set_f1"] == pytest.approx(2 * 1 / (3 + 2))
    assert b["genes"] == "KIF3A IL13 RAD50"  # as the question writes them
    assert (c["top_1"], c["mrr"], c["format"]) == (1, 1, 1)
    assert (a["answer"], a["gold"], a["cluster"], a["stratum"]) == ("IL4", "IL13", "IL13", "curated")
    assert (b["gold"], b["cluster"], b["stratum"]) == ("IL4, RAD50", "IL4|RAD50", "functional")
    assert (a["length"], a["reasoning_words"], a["prompt_tokens"]) == (9, 3, 50)
    assert math.isnan(c["length"])  # nobody counted its tokens
    assert a["reward_reciprocal_rank"] == 0.5 and c["reward_top_one"] == 1


def test_a_missing_answer_is_a_row_that_is_wrong_and_ranks_worst():
    table = scored(answer("a", full("IL13")))
    assert table.loc["c", "problems"] == "missing_answer"
    wrong = ["top_1", "top_10", "top_max", "mrr", "format", "reward_reciprocal_rank", "reward_brevity", "truncated"]
    assert (table.loc["c", wrong] == 0).all()
    assert table.loc["c", "rank"] == 3  # of two candidates
    assert table.loc["b", "rank"] == 5
    assert (table.loc["c", "answer"], table.loc["c", "genes"]) == ("", "")


def test_an_invented_gene_is_neither_of_the_question_nor_known_and_is_counted():
    table = scored(answer("a", full("IL13X, p53, IL13, made up gene")))
    row = table.loc["a"]
    assert (row["invented"], row["non_candidates"]) == (2, 3)
    assert (row["top_1"], row["mrr"]) == (0, pytest.approx(1 / 3))  # what is invented takes ranks
    assert {"invented_genes", "listed_non_candidates"} <= set(row["problems"].split(","))
    assert row["genes"] == "IL13X p53 IL13 made_up_gene"


def test_a_list_without_its_end_is_wrong_and_truncated():
    table = scored(
        answer("a", "<reasoning>it is near</reasoning><genes>[IL13, IL4", finish_reason="length"),
        answer("b", "<reasoning>for ever", finish_reason="length"),
        answer("c", "The gene is", finish_reason="length"),  # cut off before any tag
    )
    assert (table[["top_1", "top_max", "format"]] == 0).all(axis=None)
    assert (table["truncated"] == 1).all()
    assert scored(answer("a", "The gene is", finish_reason="stop")).loc["a", "truncated"] == 0


def test_only_the_longest_list_counts():
    row = scored(answer("a", full("IL4, RAD50, IL13")), longest=2).loc["a"]
    assert (row["top_max"], row["mrr"], row["rank"], row["cut_off"]) == (0, 0, 5, 1)
    assert row["genes"] == "IL4 RAD50"
    assert "longer_than_counts" in row["problems"]


def test_rewards_count_as_many_genes_as_the_metrics_do():
    open_question = locus("a", "", "IL13")
    ranked = answer("a", full("IL4, RAD50, IL13"))
    for longest, reciprocal, listed in ((25, 1 / 3, 3 / 25), (2, 0.0, 1 / 2)):
        row = scored(ranked, examples=[open_question], longest=longest).loc["a"]
        assert row["reward_reciprocal_rank"] == row["mrr"] == pytest.approx(reciprocal)
        assert row["reward_listed"] == pytest.approx(listed)  # of two that count, less one beyond: (2 · 2 - 3) / 2


def test_samples_and_orders_are_rows_of_their_own_with_the_prompts_order():
    table = scored(answer("a", full("IL13"), sample=1), answer("a", full("IL4"), order=1))
    rows = table.loc["a"].set_index(["sample", "order"])
    assert list(rows.index) == [(0, 1), (1, 0)]
    for order, candidates in ((0, rows.loc[(1, 0), "candidates"]), (1, rows.loc[(0, 1), "candidates"])):
        asked = style().model_copy(update={"seed": order})
        assert candidates.split() == TASK.prompt(EXAMPLES[0], asked).shown


def test_rankings_are_handed_over_by_their_places_in_the_prompt():
    shown, other = ["IL4", "IL13", "RAD50"], ["TP53", "KIF3A"]
    assert handed_over(["RAD50", "IL13", "XYZ", "IL4"], shown, other, EXAMPLES[0]) == ["KIF3A", "TP53"]
    # Without candidates the genes are handed over, as the other question calls them.
    open_question = locus("o", "", "TP53").model_copy(update={"causal": [RankedGene(symbol="TP53", aliases=("P53",))]})
    assert handed_over(["p53", "IL4", "TP53"], [], [], open_question) == ["TP53", "IL4"]


def test_shuffled_scores_are_of_another_questions_ranking():
    examples = [locus("a", "IL13 IL4", "IL13"), locus("c", "RAD50 KIF3A", "KIF3A")]
    first = {e.id: TASK.prompt(e, style()).shown[0] for e in examples}
    right_first = {e.id: first[e.id] in e.right for e in examples}
    # Whoever lists the prompt's first candidate alone, hands over just that place.
    table = scored(*(answer(name, full(gene)) for name, gene in first.items()), examples=examples)
    assert table["shuffled_top_1"].to_dict() == {name: float(right) for name, right in right_first.items()}
    assert table["top_1"].to_dict() == table["shuffled_top_1"].to_dict()


def test_a_case_is_shown_by_its_phenotypes():
    absent = [Phenotype(id="HP:0001250", label="Seizure")]
    patient = case("p1", "", causal=[RankedGene(symbol="FBN1", aliases=("FBN",))], absent=absent)
    asked = RankingStyle(
        gene="{symbol}", budget_tokens=400, reasoning="none", system="s", user="{present} {absent} {genes}"
    )
    task = TASKS["rare_disease_ranking"]
    given = [AnswerRow(id="p1", subset="cases", text="<genes>[TP53, fbn]</genes>")]
    row = score_rankings(task, asked, [patient], given, KNOWN, 25, seed=0).iloc[0]
    assert row["question"] == "Arachnodactyly; not Seizure"
    assert (row["candidates"], row["genes"], row["mrr"], row["rank"]) == ("", "TP53 FBN1", 0.5, 2)
    assert (row["non_candidates"], row["invented"]) == (0, 0)  # every gene is a candidate
