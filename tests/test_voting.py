"""Voting: rankings merged by hand, accuracy by the number of samples, and what it costs."""

import pandas as pd
import pytest

from reasonome.tasks.ranking import voting
from reasonome.tasks.ranking.voting import accuracy, majority, sample_subsets, voting_table

A, B, C = ["A", "B"], ["B", "C"], ["B", "A"]


def test_the_majority_of_first_genes():
    assert majority([A, B, C]) == ["B", "A", "C"]  # B is first twice, A once; C 1/2 : never first
    # A is first twice, so it wins although B has more by 1/rank: 1/1 + 1/2 + 1/2 against 2.
    assert majority([A, A, ["B"], ["C", "B"]])[0] == "A"


def test_equals_go_by_the_order_of_the_samples():
    assert majority([["X"], ["Y"]]) == ["X", "Y"]
    assert majority([["Y"], ["X"]]) == ["Y", "X"]


def test_answers_without_a_list_have_no_vote():
    assert majority([[], A]) == ["A", "B"]
    assert majority([[]]) == []


def test_accuracy_is_the_exact_mean_over_all_sets():
    top_1, mrr = accuracy([A, B, C], frozenset({"A"}), 2, "0")
    # A B → A 1, B 1.5: second; A C → A 1.5, B 1.5: the first sample has A first; B C → B, then C and A with 1/2 each:
    # C comes first in the samples, so A is third.
    assert top_1 == pytest.approx(1 / 3)
    assert mrr == pytest.approx((1 / 2 + 1 + 1 / 3) / 3)
    assert accuracy([A, B, C], frozenset({"Z"}), 3, "0") == [0, 0]


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
            row = {"id": name, "subset": "loci", "cluster": cluster, "gold": gold, "sample": sample}
            rows.append(row | {"genes": genes, "completion_tokens": 3})
    return pd.DataFrame(rows)


def test_a_table_of_accuracy_against_samples():
    table = voting_table(scores(), seed=0, resamples=100).set_index(["n", "metric", "subset"])
    one = table.loc[(1, "top_1", "mean")]
    assert one["value"] == pytest.approx((1 + 2 / 3) / 2)
    assert (one["questions"], one["tokens"]) == (2, 3)
    three = table.loc[(3, "top_1", "loci")]
    assert (three["value"], three["tokens"], three["low"], three["high"]) == (1, 9, 1, 1)
    assert table.index.get_level_values("n").max() == 3


def test_one_sample_leaves_nothing_to_merge():
    assert voting_table(scores(1), seed=0, resamples=100).empty
