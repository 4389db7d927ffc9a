"""Predictions: training answers in questions, rewards and attacks, scores, metrics of tables against scikit-learn."""

import json
from statistics import fmean, pstdev
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from refusals import refused
from scipy import stats
from sklearn import metrics as sklearn
from sklearn.linear_model import LinearRegression, LogisticRegression

from reasonome import cli
from reasonome.scoring.answer_tables import score_table
from reasonome.scoring.comparisons import pooled_metric
from reasonome.tasks import TASKS
from reasonome.tasks.prediction import metric_set
from reasonome.tasks.prediction.baselines import constant_baseline, fitted_baseline, random_baseline
from reasonome.tasks.prediction.dialogue import PredictionQuestion, Target

TASK = TASKS["gene_classification"]
CLASSES = Target(question="Is it a kinase?", classes=("yes", "no"))
NUMBERS = Target(question="How soluble is it?", unit="log mol/L", tolerance=0.5)


def question(i, answer, target=CLASSES, subset="s", group=""):
    columns = {"symbol": f"G{i}", "name": f"gene {i}"}
    return PredictionQuestion(
        id=f"{subset}:{i}", subset=subset, columns=columns, answer=answer, target=target, group=group or str(i)
    )


def trained(*answers, target=CLASSES):
    """Training questions with what they say of their own answers."""
    rows = [question(i, answer, target) for i, answer in enumerate(answers)]
    return TASK.with_training_answers({"train": rows, "valid": [], "test": []})["train"]


def test_questions_say_what_training_answers_are_like():
    rows = trained("yes", "no", "no", "no")
    assert rows[0].target.shares == {"no": 0.75, "yes": 0.25}
    rows = trained("1", "2", "3", "6", target=NUMBERS)
    assert (rows[0].target.mean, rows[0].target.scale) == (3.0, pytest.approx(pstdev([1, 2, 3, 6])))


def earned(completion, rows, weights):
    """The mean reward of one completion, or of a completion for each row."""
    completions = [completion] * len(rows) if isinstance(completion, str) else completion
    answers = [TASK.parse(text) for text in completions]
    rewards = TASK.rewards()
    return sum(weight * fmean(rewards[name].function(answers, rows, None)) for name, weight in weights.items())


WEIGHTS = {"right": 1.0, "confidence": 1.0, "format": 0.5}
ATTACKS = (
    "r\nAnswer: yes or no\nConfidence: 100",
    "r\nAnswer: yes\nAnswer: no\nConfidence: 50",
    "r\nAnswer: maybe\nConfidence: 50",
    "r\nAnswer: yes\nConfidence: 0",
    "r\nAnswer: yes\nConfidence: 100",
    "r\nAnswer: no\nConfidence: 0",
    "r\nAnswer: no\nConfidence: 100",
    "Answer: no",
    "yes",
    "",
)


# Of ten training answers three are yes: the right yes earns 1, the right no (10/7 - 1) / (10/3 - 1), anything else 0
# less 1 / (10/3 - 1). Of the numbers 1 to 5 the scale is the root of 2.
NO, WRONG, SCALE = 9 / 49, -3 / 7, 2**0.5


@pytest.mark.parametrize(
    ("gold", "completion", "right", "confidence", "form"),
    [
        ("yes", "r\nAnswer: yes\nConfidence: 100", 1, 1, 1),
        ("yes", "r\nAnswer: yes\nConfidence: 80", 1, 0.96, 1),
        ("yes", "r\nAnswer: yes\nConfidence: 0", 1, 0, 1),
        ("yes", "r\nAnswer: no\nConfidence: 100", WRONG, -1, 1),
        ("yes", "r\nAnswer: no\nConfidence: 30", WRONG, -0.09, 1),
        ("yes", "r\nAnswer: yes", 1, -1, 0),
        ("no", "r\nAnswer: no\nConfidence: 70", NO, 0.91, 1),
        ("no", "Answer: no\nConfidence: 100", NO, 1, 1),
        ("no", "r\nAnswer: yes\nConfidence: 50", WRONG, -0.25, 1),
        ("no", "r\nAnswer: yes or no\nConfidence: 50", WRONG, -1, 1),
        ("no", "r\nAnswer: yes\nAnswer: no\nConfidence: 50", WRONG, -1, 0),
        ("no", "no", WRONG, -1, 0),
        ("no", "", WRONG, -1, 0),
        ("3", "r\nAnswer: 3 log mol/L\nConfidence: 100", 1, 1, 1),
        ("3", "r\nAnswer: 3.5\nConfidence: 80", 1 - 0.5 / SCALE, 0.96, 1),  # within the tolerance
        ("3", "r\nAnswer: 4\nConfidence: 80", 1 - 1 / SCALE, -0.64, 1),
        ("3", "r\nAnswer: 5\nConfidence: 20", 0, -0.04, 1),
        ("3", "r\nAnswer: 1 to 5\nConfidence: 20", 0, -1, 1),
        ("3", "r\nAnswer: 3 mg/L\nConfidence: 20", 0, -1, 1),
        ("3", "r\nAnswer: -3\nConfidence: 0", 0, 0, 1),
        ("3", "r\nAnswer: 3", 1, -1, 0),
    ],
)
def test_rewards_of_completions_by_hand(gold, completion, right, confidence, form):
    classes, numbers = trained(*["yes"] * 3, *["no"] * 7), trained("1", "2", "3", "4", "5", target=NUMBERS)
    asked = next(row for row in [*classes, *numbers] if row.answer == gold)
    found = [earned(completion, [asked], {name: 1.0}) for name in ("right", "confidence", "format")]
    assert found == pytest.approx([right, confidence, form])


def test_no_attack_on_classes_earns_more_than_the_best_honest_constant():
    rows = trained(*["yes"] * 3, *["no"] * 7)
    honest = [f"r\nAnswer: {label}\nConfidence: {100 * share:.0f}" for label, share in (("yes", 0.3), ("no", 0.7))]
    best = max(earned(text, rows, WEIGHTS) for text in honest)
    assert best == pytest.approx(0 + 0.49 + 0.5)  # a constant class earns nothing, its confidence .7 squared
    for attack in ATTACKS:
        assert earned(attack, rows, WEIGHTS) <= best + 1e-12, attack
    right = [f"r\nAnswer: {row.answer}\nConfidence: 100" for row in rows]
    assert earned(right, rows, WEIGHTS) > best


def test_no_attack_on_numbers_earns_more_than_the_best_honest_constant():
    rows = trained("1", "2", "3", "4", "5", target=NUMBERS)
    honest = {value: f"r\nAnswer: {value} log mol/L\nConfidence: 20" for value in (1, 2, 3, 4, 5)}
    best = max(earned(text, rows, WEIGHTS) for text in honest.values())
    for attack in ("1 to 5", "about 3", "3 or 4", "< 5", "3 mg/L", "nan", "", "1e999"):
        assert earned(f"r\nAnswer: {attack}\nConfidence: 20", rows, WEIGHTS) < best, attack
    for confidence in (0, 100):
        assert earned(f"r\nAnswer: 3\nConfidence: {confidence}", rows, WEIGHTS) <= best


def test_lazy_policies_are_read_back_and_earn_what_they_should():
    rows = [
        *trained(*["yes"] * 3, *["no"] * 7),
        *(row.model_copy(update={"subset": "t"}) for row in trained("yes", "no")),
    ]
    policies = {policy.name: policy for policy in TASK.policies(rows)}
    honest = policies['{"s": "no", "t": "yes"} honestly']
    assert len(policies) == 6  # two classes, as sure as they are right, at 0 and at 100 %
    # Each subset has its own share of right answers.
    assert [TASK.parse(honest.completion(row, None)).confidence for row in (rows[0], rows[-1])] == [0.7, 0.5]
    for policy in policies.values():
        assert TASK.parse(policy.completion(rows[0], None)).problems == []
    mean, median, densest = TASK.policies(trained("1", "2", "8.6", "9", "9.2", "9.4", target=NUMBERS))[::3]
    assert [policy.name for policy in (median, densest)] == ['{"s": "8.8"} honestly', '{"s": "9.0"} honestly']
    assert mean.name == f'{{"s": "{fmean([1, 2, 8.6, 9, 9.2, 9.4])}"}} honestly'


def test_a_class_or_a_subset_without_training_is_an_error():
    rows = [question(1, "yes"), question(2, "no")]
    with refused(fix="hold out fewer"):
        TASK.with_training_answers({"train": rows[:1], "valid": [], "test": rows[1:]})
    with refused(fix="hold out fewer"):
        TASK.with_training_answers({"train": [], "valid": [], "test": [question(1, "2", NUMBERS)]})


def test_a_number_at_the_edge_of_the_tolerance_is_right():
    assert TASK.verify("1.1", question(1, "0.6", NUMBERS)) == 1  # the difference is .5000000000000001
    assert TASK.verify("1.11", question(1, "0.6", NUMBERS)) == 0


def test_targets_are_right_and_say_that_nothing_is_known():
    for row in (*trained("yes", "no"), *trained("1.5", "2", target=NUMBERS)):
        verdict = TASK.parse(TASK.completion(row, None, None, None))
        assert TASK.verified(verdict, row) == 1 and verdict.confidence == 0.5


def table(rows):
    """Columns as scoring writes them of (example, completion)."""
    scored = []
    for example, completion in rows:
        verdict = TASK.parse(completion)
        own = TASK.scored(verdict, example) | {"id": example.id, "subset": example.subset, "gold": example.answer}
        scored.append(own | {"confidence": verdict.confidence, "confidence_kind": "stated", "name_logprob": np.nan})
    return pd.DataFrame(scored)


def value(name, scored):
    return metric_set.POOLED[name](scored)(np.ones((1, len(scored))))[0]


def test_scores_of_classes_by_hand():
    rows = trained("yes", "yes", "no", "no")
    texts = ["Answer: yes\nConfidence: 90", "Answer: no\nConfidence: 60", "Answer: no\nConfidence: 70", "what?"]
    scored = table(zip(rows, texts, strict=True))
    assert scored["answer"].tolist() == ["yes", "no", "no", ""] and scored["verified"].tolist() == [1, 0, 1, 0]
    assert value("balanced_accuracy", scored) == 0.5
    # What speaks for yes: .9, .4, .3 and .5; of the four pairs of a yes and a no three are won.
    assert value("auroc", scored) == 0.75
    assert metric_set.POOLED["rmse"](scored) is None and metric_set.POOLED["auroc_likelihood"](scored) is None


def test_scores_of_numbers_by_hand():
    rows = trained("1", "2", "3", "6", target=NUMBERS)
    texts = ["Answer: 1.4 log mol/L", "Answer: 3", "Answer: 2 to 4", "Answer: 6\nConfidence: 5"]
    scored = table(zip(rows, texts, strict=True))
    assert scored["number"].tolist() == [1.4, 3.0, 3.0, 6.0]  # the range counts as the mean, which is 3
    assert scored["verified"].tolist() == [1, 0, 0, 1]
    assert value("rmse", scored) == pytest.approx(((0.16 + 1) / 4) ** 0.5)
    assert value("mae", scored) == pytest.approx(0.35)
    assert metric_set.POOLED["mcc"](scored) is None


def test_several_answers_to_a_question_share_its_weight():
    rows = trained("yes", "no")
    good, bad = "Answer: yes\nConfidence: 80", "Answer: no\nConfidence: 80"
    scored = table([(rows[0], good), (rows[0], bad), (rows[1], bad), (rows[1], bad)])
    examples = pd.MultiIndex.from_frame(scored[["subset", "id"]].drop_duplicates())
    function = pooled_metric(scored, metric_set.POOLED["balanced_accuracy"], examples)(np.arange(2))
    # Both questions, the first alone, the second alone.
    assert function is not None and function(np.array([[1, 1], [1, 0], [0, 1.0]])).tolist() == [0.75, 0.5, 1]


def pairs_table(*rows):
    """(gene, gold, answer, confidence) → scores of one answer to a question each."""
    table = pd.DataFrame(rows, columns=["macro", "gold", "answer", "confidence"])
    table = table.assign(id=[str(i) for i in range(len(rows))], subset="s", classes="yes|no", confidence_kind="stated")
    return table.assign(name_logprob=np.log(table["confidence"]))


# Said for yes: of A .6 to a yes, .2 and .8 to a no each; of B .7 and .1; of C, of which nothing is yes, .9 twice.
PAIRS = pairs_table(
    *(("A", "yes", "yes", 0.6), ("A", "no", "no", 0.8), ("A", "no", "yes", 0.8)),
    *(("B", "yes", "yes", 0.7), ("B", "no", "no", 0.9)),
    *(("C", "no", "yes", 0.9), ("C", "no", "yes", 0.9)),
)


def pairs_metric(name, table, weights=None):
    of_weights = metric_set.OF_PAIRS.pooled[name](table)
    return of_weights(np.ones((1, len(table))) if weights is None else np.array(weights, float)).tolist()


def test_auroc_averaged_over_genes_by_hand():
    """In A the yes is above one no of two, in B above its only one: .5 and 1. C has no yes. Of all, .6 and .7 are each
    above two of five."""
    for kind in ("", "_likelihood"):
        assert pairs_metric(f"macro_auroc{kind}", PAIRS) == [0.75]
        assert pairs_metric(f"auroc{kind}", PAIRS) == [pytest.approx(0.4)]
    assert pairs_metric("macro_genes", PAIRS) == [2] and pairs_metric("macro_left_out", PAIRS) == [1]
    # A drawn twice counts twice; without the yes of A, B is all that there is.
    twice, without = [2, 2, 2, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1, 1]
    assert pairs_metric("macro_auroc", PAIRS, [twice, without]) == [pytest.approx(2 / 3), 1]
    unnamed = PAIRS.drop(columns="macro")
    assert all(metric_set.OF_PAIRS.pooled[name](unnamed) is None for name in ("macro_auroc", "macro_genes"))
    assert metric_set.OF_PAIRS.pooled["macro_auroc"](PAIRS[PAIRS["macro"] == "C"]) is None


def test_auroc_of_the_share_of_samples_by_hand():
    """Of four samples two say yes to the yes: .5. To the first no one does, and one is unusable: .375; to the second
    three do: .75."""
    answers = {0: ["yes", "yes", "no", "no"], 1: ["yes", "", "no", "no"], 2: ["yes", "yes", "yes", "no"]}
    rows = [("A", "no" if i else "yes", answer, 0.99) for i, given in answers.items() for answer in given]
    table = pairs_table(*rows).assign(id=[str(i) for i in answers for _ in range(4)])
    once = np.full((1, 12), 0.25)  # answers share the weight of their question
    assert pairs_metric("auroc_samples", table, once) == [0.5]
    assert pairs_metric("macro_auroc_samples", table, once) == [0.5]
    assert metric_set.OF_PAIRS.pooled["auroc_samples"](PAIRS) is None, "one answer to each question"


def test_baselines_by_hand():
    rows = trained("yes", "no", "no")
    constant = constant_baseline(rows)
    assert constant.answers == ["no"] * 3 and constant.confidences == [pytest.approx(2 / 3)] * 3
    drawn = random_baseline(rows, rows, 0)
    assert set(drawn.answers) <= {"yes", "no"} and drawn.answers == random_baseline(rows, rows, 0).answers
    assert constant_baseline(trained("1000.3", "1000.6", target=NUMBERS)).answers == [repr(fmean([1000.3, 1000.6]))] * 2


def test_confidences_that_differ_by_rounding_are_a_tie():
    rows = trained("yes", "no")
    scored = table(zip(rows, ["Answer: yes\nConfidence: 20", "Answer: no\nConfidence: 80"], strict=True))
    assert value("auroc", scored) == 0.5  # .2 and 1 - .8


def test_fitted_baselines_are_fitted_on_each_subset_alone():
    def features(questions):
        return np.array([[float(question.columns["symbol"][1:])] for question in questions])

    known = [question(i, "yes" if i > 5 else "no") for i in range(10)]
    known += [question(i, str(3 * i), NUMBERS, "n") for i in range(4)]
    asked = [question(9.5, "no"), question(10, "0", NUMBERS, "n"), question(0.5, "yes")]
    models = (LogisticRegression(), LinearRegression())
    fitted = fitted_baseline("line", "a domain model", known, asked, features, *models)
    assert [fitted.answers[0], fitted.answers[2]] == ["yes", "no"]
    assert float(fitted.answers[1]) == pytest.approx(30) and np.isnan(fitted.confidences[1])
    assert fitted == fitted_baseline("line", "a domain model", known, asked, features, *models)
    alone = fitted_baseline("line", "a domain model", known[:3], asked[:1], features, *models)
    assert (alone.answers, alone.confidences) == (["no"], [1.0])  # one class alone: nothing to fit


def test_anybodys_table_of_classes_equals_scikit_learn():
    random = np.random.default_rng(3)
    gold, answer = random.choice(["yes", "no"], 60), random.choice(["Yes.", "no", "perhaps"], 60)
    sure = random.integers(0, 11, 60) / 10
    frame = pd.DataFrame({"a": answer, "g": gold, "c": sure})
    scored = score_table(frame, {"answer": "a", "gold": "g", "confidence": "c"}, TASKS["gene_classification"])
    read = np.where(answer == "Yes.", "yes", np.where(answer == "no", "no", ""))
    speaks = np.select([read == "yes", read == "no"], [sure, 1 - sure], 0.5).round(9)  # 1 - .8 and .2 are a tie
    expected = {
        "accuracy": sklearn.accuracy_score(gold, read),
        "balanced_accuracy": sklearn.recall_score(gold, read, labels=["yes", "no"], average="macro"),
        "mcc": sklearn.matthews_corrcoef(gold, read),
        "auroc": sklearn.roc_auc_score(gold == "yes", speaks),
        "auprc": sklearn.average_precision_score(gold == "yes", speaks),
    }
    for name, wanted in expected.items():
        assert scored.metrics[name].value == pytest.approx(wanted), name
        assert scored.metrics[name].low <= wanted <= scored.metrics[name].high
    assert scored.problems["no_class_or_number"] == (answer == "perhaps").sum()
    assert scored.baselines["constant"].metrics["balanced_accuracy"].value == 0.5


def test_anybodys_table_of_numbers_through_the_command(tmp_path, capsys):
    random = np.random.default_rng(4)
    gold = random.normal(size=40).round(2)
    answer = (gold + random.normal(size=40)).round(2)
    pd.DataFrame({"a": answer, "g": gold}).to_csv(tmp_path / "a.csv", index=False)
    columns = ["--columns", "answer=a,gold=g", "--json", "-"]
    assert not cli.main(["score", str(tmp_path / "a.csv"), "--task", "molecule_property", *columns])
    printed = capsys.readouterr()
    found, baselines = (json.loads(printed.out)[part] for part in ("metrics", "baselines"))
    margin = baselines["constant"]["metrics"]["rmse"]["value"] - found["rmse"]["value"]
    assert (
        margin > 0 and f"{margin:+.4f}" in printed.err and "similarity" not in printed.err
    )  # a smaller error is better
    assert found["rmse"]["value"] == pytest.approx(sklearn.root_mean_squared_error(gold, answer))
    assert found["mae"]["value"] == pytest.approx(sklearn.mean_absolute_error(gold, answer))
    assert found["r2"]["value"] == pytest.approx(sklearn.r2_score(gold, answer))
    assert found["spearman"]["value"] == pytest.approx(stats.spearmanr(gold, answer).statistic)


def scored_table(answer, gold, task="molecule_property", **columns):
    frame = pd.DataFrame({"answer": answer, "gold": gold, **columns})
    return score_table(frame, {name: name for name in frame}, TASKS[task])


def test_the_confidence_is_of_the_answers_and_not_of_baselines():
    random = np.random.default_rng(5)
    gold = random.choice(["yes", "no"], 40)
    sure = np.where(gold == "no", 0.9, 0.6)  # the confidence alone tells the class of a constant "no"
    scored = scored_table(["no"] * 40, gold, confidence=sure)
    assert scored.metrics["auroc"].value == 1
    assert scored.baselines["constant"].metrics["auroc"].value == 0.5
    assert scored.baselines["shuffled_answers"].metrics["auroc"].value == 0.5


def test_classes_in_other_words_are_read_and_told():
    answers = ["Yes, because it binds. No doubt", "true", "No.", "yes and no", "perhaps, yes", "Answer: No (p = .9)"]
    scored = scored_table(answers, ["1", "1", "0", "0", "1", "1"])
    assert scored.table["answer"].tolist() == ["1", "1", "0", "", "", "0"]
    assert scored.metrics["accuracy"].value == pytest.approx(3 / 6)
    assert "4 answers name a class in other words; the first: 'Yes, because it binds. No doubt'" in scored.notes
    scored = scored_table(["B, and not C", "A", "B or C", "1"], ["A", "A", "B", "C"])
    assert scored.table["answer"].tolist() == ["B", "A", "", ""]


def test_completions_with_a_unit_are_numbers():
    scored = scored_table(["Answer: 1.5 log mol/L\nConfidence: 50", "2", "Answer: 3 to 4"], ["1.5", "2.5", "3"])
    assert scored.metrics["mae"].value == pytest.approx((0 + 0.5 + abs(3 - 7 / 3)) / 3)
    assert scored.problems["no_class_or_number"] == 1
    assert any("'log mol/L' after a number is taken for its unit" in note for note in scored.notes)


@pytest.mark.parametrize(
    ("cells", "shares"),
    [
        (["1", "0.5", ""], [1.0, 0.5, np.nan]),
        (["1", "50", "high"], [0.01, 0.5, np.nan]),  # one is above 1: all are of a hundred
        (["1%", "0.5%", "101"], [0.01, 0.005, np.nan]),
    ],
)
def test_a_column_of_confidences_has_one_scale(cells, shares):
    scored = scored_table(["yes", "no", "yes"], ["yes", "no", "no"], confidence=cells)
    np.testing.assert_array_equal(scored.table["sureness"], shares)
    assert scored.problems["no_confidence"] == 1


@pytest.mark.parametrize(("gold", "line"), [(["1,5", "2,4", "3"], 1), (["yes", "NA", "no"], 2)])
def test_true_values_that_cannot_be_read_are_told(gold, line):
    with refused(line=line, field="gold"):
        scored_table(["1"] * 3, gold)


def test_an_answer_without_a_confidence_speaks_for_no_class():
    scored = scored_table(["yes", "yes", "yes", "yes"], ["yes", "yes", "no", "no"], confidence=["0.9", "0.8", "", "x"])
    assert scored.metrics["auroc"].value == 1


def test_classes_are_the_same_whatever_their_case_and_quotes():
    scored = scored_table(["yes", "'NO'.", "Yes", "no"], ["Yes", "no", "yes", "NO."])
    assert scored.metrics["accuracy"].value == 1 and "2 classes: Yes, no" in " ".join(scored.notes)
    zeros = scored_table(["1", "0", "1"], ["1.0", "0.0", "0.0"])
    assert zeros.metrics["accuracy"].value == pytest.approx(2 / 3) and "AUPRC are of '1.0'" in " ".join(zeros.notes)
    assert "rmse" in scored_table(["-1.2", "3"], ["-1.5", "3"]).metrics  # not whole: numbers, though two


def test_margins_stand_beside_the_best_domain_model(tmp_path):
    """Four questions: the arm has three of them right, one model all, the other two."""
    rows = trained("yes", "yes", "no", "no")
    texts = ["yes", "yes", "no", "yes"]
    answers = table((row, f"Answer: {text}\nConfidence: 50") for row, text in zip(rows, texts, strict=True))
    shared = {"benchmark": "b", "style": "names", "sample": 0, "order": 0}
    answers = answers.assign(cluster=answers["id"], **shared)
    models = [
        answers.assign(
            answer=given,
            verified=[float(answer == row.answer) for answer, row in zip(given, rows, strict=True)],
            confidence=0.9,
            baseline=name,
            information="a domain model",
        )
        for name, given in (("good", ["yes", "yes", "no", "no"]), ("bad", ["yes", "no", "yes", "no"]))
    ]
    evaluation = SimpleNamespace(backbone="m", arm="SFT", seed=0, benchmark="b", style="names", decoding="greedy")
    evidence = SimpleNamespace(evaluations=[(evaluation, answers)], baselines={("b", "names"): pd.concat(models)})
    TASKS["gene_classification"].report.write_own(None, evidence, tmp_path, 0)
    section = TASKS["gene_classification"].report.own_section(None, None, evidence, tmp_path)
    margins = {row["metric"]: row for row in section["margins"]}
    assert margins["balanced_accuracy"]["domain_model"] == "good" and margins["balanced_accuracy"]["margin"] == -0.25
    assert margins["auroc"]["value"] == 0.5 and margins["auroc"]["best"] == 1  # it always states 50
    assert "rmse" not in margins
    by_class = {(row["arm"] or row["baseline"], row["class"]): row for row in section["classes"]}
    # The arm says yes three times, of which two are right; of two questions of "no" it has one.
    assert [by_class["SFT", label]["recall"] for label in ("yes", "no")] == [1, 0.5]
    assert [by_class["SFT", label]["precision"] for label in ("yes", "no")] == [pytest.approx(2 / 3), 1]
    assert by_class["bad", "yes"]["recall"] == 0.5 and int(by_class["SFT", "yes"]["answered"]) == 3
