"""Voting: rankings merged by hand, accuracy by the number of samples, and what it costs."""

import math

import pandas as pd
import pytest

from reasonome.tasks.ranking import voting
from reasonome.tasks.ranking.voting import (
    Ballot,
    accuracy,
    likelihood,
    majority,
    mean_reciprocal_rank,
    question_ballots,
    sample_subsets,
    voting_table,
)

A, B, C = Ballot(["A", "B"], 10, -1.0), Ballot(["B", "C"], 20, -3.0), Ballot(["B", "A"], 30, -2.0)


def test_the_majority_of_first_genes():
    assert majority([A, B, C]) == ["B", "A", "C"]  # B is first twice, A once; C 1/2 : never first
    # A is first twice, so it wins although B has more by 1/rank: 1/1 + 1/2 + 1/2 against 2.
    assert majority([Ballot(["A", "B"]), Ballot(["A", "B"]), Ballot(["B"]), Ballot(["C", "B"])])[0] == "A"


def test_equals_go_by_the_order_of_the_samples():
    assert majority([Ballot(["X"]), Ballot(["Y"])]) == ["X", "Y"]
    assert mean_reciprocal_rank([Ballot(["Y"]), Ballot(["X"])]) == ["Y", "X"]


def test_the_mean_reciprocal_rank():
    # B: 1/2 + 1 + 1 = 2.5, A: 1 + 0 + 1/2 = 1.5, C: 1/2
    assert mean_reciprocal_rank([A, B, C]) == ["B", "A", "C"]
    # M is never first and wins: 1/2 three times against 1 once.
    assert mean_reciprocal_rank([Ballot(["X", "M"]), Ballot(["Y", "M"]), Ballot(["Z", "M"])])[0] == "M"


def test_the_samplers_own_likelihood():
    # Weights are exp(0), exp(-2), exp(-1). A: 1 + 0.5 e^-1 = 1.184, B: 0.5 + e^-2 + e^-1 = 1.003
    assert likelihood([A, B, C]) == ["A", "B", "C"]
    # A completion that is drawn three times is no likelier for it: 0.2 against 0.3.
    often, rare = Ballot(["Q"], 1, math.log(0.2), "why Q"), Ballot(["R"], 1, math.log(0.3), "why R")
    assert likelihood([often, often, often, rare]) == ["R", "Q"]
    # Two reasonings that lead to one list are two: 0.2 + 0.15 against 0.3.
    assert likelihood([often, often._replace(logprob=math.log(0.15), text="or"), rare]) == ["Q", "R"]
    # One probability that is not known leaves nothing to weigh by: Q and R have 1/1 once each, S twice 1/2.
    unknown = [Ballot(["Q", "S"], 1, math.nan), Ballot(["R", "S"], 1, -0.1, "r")]
    assert likelihood(unknown) == mean_reciprocal_rank(unknown) == ["Q", "S", "R"]


def test_answers_without_a_list_have_no_vote():
    empty = Ballot([], 5, -0.1)
    for merge in voting.METHODS.values():
        assert merge([empty, A]) == ["A", "B"]
        assert merge([empty]) == []


def test_accuracy_is_the_exact_mean_over_all_sets():
    found = accuracy([A, B, C], frozenset({"A"}), 2, mean_reciprocal_rank, "0")
    # A B → A 1, B 1.5: second; A C → A 1.5, B 1.5: the first ballot has A first; B C → B, then C and A with 1/2 each:
    # C comes first in the ballots, so A is third.
    assert found["top_1"] == pytest.approx(1 / 3)
    assert found["mrr"] == pytest.approx((1 / 2 + 1 + 1 / 3) / 3)
    assert found["tokens"] == pytest.approx(2 * 20)
    assert accuracy([A, B, C], frozenset({"Z"}), 3, majority, "0")["mrr"] == 0


def test_sets_of_samples_are_all_or_drawn_by_the_seed():
    assert len(sample_subsets(5, 2, "0")) == 10
    drawn = sample_subsets(16, 8, "0")
    assert len(drawn) == voting.DRAWS
    assert drawn == sample_subsets(16, 8, "0") != sample_subsets(16, 8, "1")
    assert all(len(set(one)) == 8 for one in drawn)


def test_numbers_of_samples():
    assert voting.sample_counts(4) == [1, 2, 3, 4]
    assert voting.sample_counts(40) == [1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 40]


def scores(samples: int = 3) -> pd.DataFrame:
    """Two questions: of one all samples are right, of the other two of three; three tokens a sample."""
    rows = []
    for name, lists in {"a": ["G X", "G", "G Y"], "b": ["H G", "X H", "H"]}.items():
        for sample, genes in enumerate(lists[:samples]):
            gold, cluster = ("G", "G") if name == "a" else ("H, K", "H|K|X")  # X is right for another question
            row = {"id": name, "subset": "loci", "cluster": cluster, "gold": gold, "sample": sample, "text": genes}
            rows.append(row | {"genes": genes, "completion_tokens": 3, "logprob": -1.0, "name_logprob": None})
    return pd.DataFrame(rows).astype({"name_logprob": float})


def test_a_table_of_accuracy_against_samples():
    table = voting_table(scores(), seed=0).set_index(["method", "n", "metric", "subset"])
    one = table.loc[("majority of first genes", 1, "top_1", "mean")]
    assert one["value"] == pytest.approx((1 + 2 / 3) / 2)
    assert (one["questions"], one["tokens"]) == (2, 3)
    three = table.loc[("majority of first genes", 3, "top_1", "loci")]
    assert (three["value"], three["tokens"], three["high"]) == (1, 9, 1)
    assert three["low"] == pytest.approx(0.025 ** (1 / three["questions"]))  # all are right: exact
    assert table.index.get_level_values("n").max() == 3


def test_a_questions_log_probabilities_are_of_one_kind():
    rows = pd.DataFrame(
        {
            "genes": ["A", "B", ""],
            "text": ["x", "y", ""],
            "completion_tokens": [1, 2, 0],
            "logprob": [-9.0, -8.0, math.nan],  # what lists nothing has no vote, and needs none
            "name_logprob": [-1.0, math.nan, math.nan],
        }
    )
    assert [one.logprob for one in question_ballots(rows)][:2] == [-9, -8]
    assert question_ballots(rows)[1] == Ballot(["B"], 2, -8.0, "y")
    by_list = rows.assign(logprob=[-9.0, math.nan, math.nan], name_logprob=[-1.0, -2.0, math.nan])
    assert [one.logprob for one in question_ballots(by_list)][:2] == [-1, -2]
    mixed = rows.assign(logprob=[-9.0, math.nan, math.nan])
    assert all(math.isnan(one.logprob) for one in question_ballots(mixed))


def test_one_sample_leaves_nothing_to_merge():
    assert voting_table(scores(1), seed=0).empty
