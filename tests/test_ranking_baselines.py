"""Baselines of rankings: expected values of a random order by hand and by enumeration, and lists without a model."""

from itertools import permutations

import numpy as np
import pytest
import ranking_questions
from ranking_questions import TASK, case
from refusals import refused
from synthetic_rankings import style

from reasonome.metrics import BASELINE_GROUPS, CEILING
from reasonome.tasks import TASKS
from reasonome.tasks.ranking.baselines import (
    BASELINES,
    RankingQuestions,
    baseline_scores,
    commonest_gene,
    name_similarity,
)
from reasonome.tasks.ranking.metric_set import METRICS
from reasonome.tasks.ranking.metrics import expected_metrics, list_metrics
from reasonome.tasks.ranking.questions import RankedGene


def locus(name, distances, causal, scores=()):
    genes = [
        RankedGene(symbol=symbol, name=f"{symbol} protein", distance=distance, score=dict(scores).get(symbol))
        for symbol, distance in distances.items()
    ]
    return ranking_questions.locus(name, "", causal, candidates=genes)


NEAR = locus("a", {"IL13": 9000, "IL4": 0, "RAD50": 500, "KIF3A": None}, "IL4")
FAR = locus("b", {"TP53": 10, "WRAP53": 700}, "WRAP53", scores={"WRAP53": 0.9})


def test_a_random_order_has_harmonic_mrr_and_k_over_n():
    found = expected_metrics(5, 1, 25, 20_000)
    assert found["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5)
    assert (found["top_1"], found["top_3"], found["top_5"], found["top_10"]) == (0.2, 0.6, 1, 1)
    assert (found["rank"], found["top_max"], found["listed_candidates"]) == (3, 1, 1)


def test_of_two_right_genes_the_first_counts():
    # Of the 6 places that two of four genes can take, 3 have one first, 2 have one second and none first.
    found = expected_metrics(4, 2, 25, 20_000)
    assert found["top_1"] == 0.5
    assert found["mrr"] == pytest.approx((3 * 1 + 2 / 2 + 1 / 3) / 6)
    assert found["rank"] == pytest.approx((3 * 1 + 2 * 2 + 3) / 6)


def test_where_every_gene_is_a_candidate_the_list_is_cut():
    found = expected_metrics(0, 1, 25, 20_000)
    assert found["top_1"] == 1 / 20_000
    assert found["top_max"] == pytest.approx(25 / 20_000)
    assert found["mrr"] == pytest.approx(sum(1 / rank for rank in range(1, 26)) / 20_000)
    assert found["rank"] == pytest.approx(26 - sum(26 - rank for rank in range(1, 26)) / 20_000)


@pytest.mark.parametrize("longest", [2, 4, 25])
@pytest.mark.parametrize("causal", ["IL4", "IL4 RAD50", "IL4 RAD50 IL13 KIF3A"])
def test_expected_values_are_the_mean_over_all_orders(causal, longest):
    question = locus("a", {"IL13": 1, "IL4": 1, "RAD50": 1, "KIF3A": 1}, causal)
    symbols = [gene.symbol for gene in question.candidates]
    orders = [list_metrics(list(order)[:longest], question, longest) for order in permutations(symbols)]
    for metric, value in expected_metrics(4, len(question.causal), longest, 99).items():
        assert value == pytest.approx(np.mean([one[metric] for one in orders])), metric


def test_the_nearest_gene_comes_first_and_what_has_no_place_last():
    questions = RankingQuestions([NEAR], [["KIF3A", "IL13", "RAD50", "IL4"]], 25)
    assert BASELINES["nearest_gene"].rank(questions, 0) == ["IL4", "RAD50", "IL13", "KIF3A"]


def test_the_commonest_gene_of_training_comes_first_and_equals_stay_in_the_prompts_order():
    training = [locus(str(i), {"RAD50": 1}, "RAD50") for i in range(2)] + [locus("x", {"IL13": 1}, "IL13")]
    questions = RankingQuestions([NEAR, NEAR], [["KIF3A", "IL13", "RAD50", "IL4"], []], 25, training=training)
    assert commonest_gene(questions, 0) == ["RAD50", "IL13", "KIF3A", "IL4"]
    assert commonest_gene(questions, 1) == ["RAD50", "IL13"]


class Letters:
    """An encoder that finds texts alike by their letters."""

    def embed(self, texts):
        counts = np.array([[text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts])
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)


def test_names_that_read_like_the_trait_come_first():
    question = NEAR.model_copy(
        update={
            "candidates": [
                RankedGene(symbol="IL4", name="xyz"),
                RankedGene(symbol="A1", name="asthma"),
                RankedGene(symbol="Q", name=""),
            ]
        }
    )
    questions = RankingQuestions([question], [["IL4", "A1", "Q"]], 25, encoders={"letters": Letters()})
    assert name_similarity(questions, 0)[0] == "A1"


def scored(examples, training=(), **known):
    genes = {"IL13": "", "IL4": "", "TP53": "tumor protein p53"}
    return baseline_scores(TASK, style(), training, examples, genes, 25, **known)


def test_every_baseline_is_scored_on_every_question_and_told_by_its_information():
    table = scored([NEAR, FAR], training=[FAR])
    assert table.groupby("baseline")["id"].apply(list).map(tuple).unique().tolist() == [("a", "b")]
    information = table.drop_duplicates("baseline").set_index("baseline")["information"].to_dict()
    assert information == {
        "random_order": "none",
        "prompt_order": "prompt",
        "commonest_gene": "training data",
        "nearest_gene": "a database",
        "tool_score": "a database",
    }
    rows = table.set_index(["baseline", "id"])
    assert (rows.loc[("nearest_gene", "a"), "top_1"], rows.loc[("nearest_gene", "b"), "top_1"]) == (1, 0)
    assert rows.loc[("nearest_gene", "b"), "mrr"] == 0.5
    assert rows.loc[("tool_score", "b"), "answer"] == "WRAP53"
    assert rows.loc[("commonest_gene", "b"), "answer"] == "WRAP53"
    # It was right in the one training question, and no candidate of the other was: as sure as that.
    sure = rows.loc["commonest_gene", "confidence"]
    assert (sure["b"], sure["a"]) == (1.0, 0.0)
    assert set(rows.loc["commonest_gene", "confidence_kind"]) == {"stated"}
    assert rows["confidence"].notna().sum() == 2
    chance_of_b = rows.loc[("random_order", "b")]
    assert (chance_of_b["top_1"], chance_of_b["mrr"], chance_of_b["draws"]) == (0.5, 0.75, 0)
    assert (rows.loc[("tool_score", "b"), "cluster"], chance_of_b["gold"]) == ("WRAP53", "WRAP53")


def test_without_training_places_and_scores_only_the_prompt_is_left():
    table = scored([locus("a", {"IL13": None, "IL4": None}, "IL4")])
    assert sorted(table["baseline"].unique()) == ["prompt_order", "random_order"]
    with refused(fix="give the test split of a benchmark"):
        scored([])


def test_the_page_explains_every_baseline_of_rankings():
    assert set(METRICS.baselines) == {"random_order", *BASELINES}
    assert {baseline.information for baseline in BASELINES.values()} <= {*BASELINE_GROUPS, CEILING}


class Overlap:
    """An overlap that knows two genes; without its own disease FBN1 has nothing in common with the case."""

    genes = ("FBN1", "TGFBR2")

    def all_scores(self, example, leave_out_disease=False):
        return np.array([0.0 if leave_out_disease else 4.0, 1.0])

    def scores(self, example, genes, leave_out_disease=False):
        known = dict(zip(self.genes, self.all_scores(example, leave_out_disease), strict=True))
        return [known.get(gene.symbol, 0.0) for gene in genes]


@pytest.mark.parametrize("candidates", [(), ("AAAS", "FBN1", "TGFBR2")])
def test_phenotype_overlap_with_and_without_the_cases_own_disease(candidates):
    patient = case("p", "FBN1", candidates=[RankedGene(symbol=symbol) for symbol in candidates])
    asked = style().model_copy(update={"user": "{present} {genes}"})
    task, genes = TASKS["rare_disease_ranking"], {f"G{n}": "" for n in range(100)}
    table = baseline_scores(task, asked, [], [patient], genes, 25, overlap=Overlap()).set_index("baseline")
    assert table.loc["phenotype_overlap", "answer"] == "TGFBR2"
    assert table.loc["phenotype_overlap_own_disease", ["top_1", "mrr"]].tolist() == [1, 1]
    assert table.loc["phenotype_overlap_own_disease", "information"] == CEILING
    assert ("prompt_order" in table.index) == bool(candidates)
