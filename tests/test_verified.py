"""Tasks whose answers are verified: what the base gives to the third task, which is in tests/own_task."""

import pickle
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import own_task
import pandas as pd
import pytest
from own_task.chromosome import ChromosomeOfGene
from refusals import refused

from reasonome.answering.rows import AnswerRow
from reasonome.benchmarks.rows import read_rows
from reasonome.core import atomic
from reasonome.jobs import LeakSettings, OtherBenchmark, Training
from reasonome.leaks.audit import LEAK_KINDS, check, same_sources
from reasonome.rewards import total
from reasonome.stages.pretrain import PretrainRecipe
from reasonome.task import code_files
from reasonome.task_parts import BaselineJob, BenchmarkJob, BuildingJob, Built, ScoringJob, TeachingJob
from reasonome.tasks import find_task
from reasonome.tasks.question_answer import building, teaching
from reasonome.tasks.question_answer.dialogue import Question
from reasonome.teaching.proposals import Proposal

TASK = ChromosomeOfGene()


def question(i, answer="17", group="", subset="all"):
    return Question(id=i, subset=subset, columns={"gene": i, "name": "a name"}, answer=answer, group=group or i)


def benchmark(**settings):
    return TASK.Benchmark.model_validate(own_task.stanza() | settings)


def write_split(path, *questions):
    atomic.write_jsonl(path, [one.model_dump() for one in questions])


@pytest.mark.parametrize("value", [float("nan"), 7.0, ValueError("seven")])
def test_a_verify_that_gives_no_number_from_0_to_1_is_an_error(value):
    class Odd(ChromosomeOfGene):
        def verify(self, answer, example):
            if isinstance(value, ValueError):
                raise value
            return value

    odd = Odd()
    line = next(n for n, text in enumerate(Path(__file__).read_text().splitlines(), 1) if "raise value" in text)
    with refused(
        line=line if isinstance(value, ValueError) else None, fix="let it return a number from 0 to 1 for every"
    ):
        odd.verified(odd.bare("seven"), question("TP53"))
    assert odd.verified(odd.bare(""), question("TP53")) == 0


@pytest.mark.parametrize(
    ("text", "name", "problems"),
    [
        ("<answer>17</answer>", "17", []),
        ("<reasoning>TP53.</reasoning>\n<answer> chromosome\n17 </answer>\n", "chromosome 17", []),
        ("17", "", ["no_answer", "text_outside"]),
        ("<answer>17</answer><answer>18</answer>", "", ["several_answers"]),
        ("<answer>17", "", ["unclosed_answer"]),
        ("<answer> </answer>", "", ["empty_answer"]),
        ("It is <answer>17</answer>", "17", ["text_outside"]),
        ("", "", ["no_answer"]),
    ],
)
def test_an_answer_is_read_strictly(text, name, problems):
    read = TASK.parse(text)
    assert (read.name, read.problems) == (name, problems)
    span = TASK.name_span(text)
    assert (span is not None) == read.named
    if span:
        assert " ".join(text[slice(*span)].split()) == name


def test_the_target_is_read_back_and_is_right():
    one = question("TP53")
    for proposal, steps in ((None, []), ({"steps": ["It is a", "tumour protein."]}, ["It is a tumour protein."])):
        read = TASK.parse(TASK.completion(one, None, None, proposal))
        assert (read.name, read.steps, read.problems, TASK.verified(read, one)) == ("17", steps, [], 1.0)


SURE = TASK.Style(
    system="", user="{gene} {name}? <answer>…</answer>, then Confidence: 0 to 100.", budget_tokens=50, confidence=True
)


@pytest.mark.parametrize(
    ("text", "confidence", "problems"),
    [
        ("<answer>17</answer>\nConfidence: 80", 0.8, []),
        ("<answer>17</answer>\nconfidence: 80 %.\n", 0.8, []),
        ("<answer>17</answer>", None, ["no_confidence"]),
        ("<answer>17</answer>\nConfidence: high", None, ["bad_confidence"]),
        ("<answer>17</answer>\nConfidence: 80\nConfidence: 90", None, ["several_confidences"]),
        ("<answer>17</answer>\nConfidence: 80\nand more", 0.8, ["text_outside"]),
        ("Confidence: 80\n<answer>17</answer>", None, ["no_confidence", "text_outside"]),
    ],
)
def test_a_confidence_is_read_where_the_style_asks_for_one(text, confidence, problems):
    read = TASK.parse(text, SURE)
    assert (read.name, read.confidence, read.problems) == ("17", confidence, problems)
    [form] = TASK.rewards()["format"].function([read], [question("TP53")], None)
    assert form == float(not problems)
    # Elsewhere the line is text behind the answer.
    plain = TASK.parse("<answer>17</answer>\nConfidence: 80", None)
    assert (plain.confidence, plain.problems) == (None, ["text_outside"])


def test_a_confidence_is_taught_and_pays_by_brier():
    one = question("TP53")
    read = TASK.parse(TASK.completion(one, None, SURE, {"steps": ["It is."]}, 0.35), SURE)
    assert (read.name, read.confidence, read.problems, read.steps) == ("17", 0.35, [], ["It is."])
    assert TASK.parse(TASK.completion(one, None, SURE, None), SURE).confidence == 0.5, "50 where nothing is known"
    texts = ("<answer>17</answer>\nConfidence: 80", "<answer>3</answer>\nConfidence: 80", "<answer>17</answer>")
    answers = [TASK.parse(text, SURE) for text in texts]
    # 2 · .8 − .64; −.64; and the least without a confidence.
    earned = TASK.rewards()["confidence"].function(answers, [one] * 3, None)
    assert earned == pytest.approx([0.96, -0.64, -1])
    lazy = {p.name: p.completion(one, None) for p in TASK.policies([one, question("A"), question("B", "3")], SURE)}
    assert len(lazy) == 6 and lazy["17 honestly"] == "<answer>17</answer>\nConfidence: 67"
    assert lazy["3 at 100%"] == "<answer>3</answer>\nConfidence: 100"


def test_no_lazy_or_malformed_answer_earns_more_than_the_best_constant():
    questions = [question(str(i), answer) for i, answer in enumerate(["1"] * 5 + ["2"] * 3 + ["X"] * 2)]
    weights = {"verified": 1.0, "confidence": 0.0, "format": 0.0}

    def earned(texts):
        read = [TASK.parse(text) for text in texts]
        rewards = {name: reward.function(read, questions, None) for name, reward in TASK.rewards().items()}
        return total(rewards, weights).mean()

    constants = {p.name: earned([p.completion(q, None) for q in questions]) for p in TASK.policies(questions, None)}
    assert constants == {"1": 0.5, "2": 0.3, "X": 0.2}
    for text in ("", "1", "<answer>1", "<answer>1</answer><answer>2</answer>", "<answer>1 2 X</answer>"):
        assert earned([text] * len(questions)) == 0


def test_no_two_splits_share_a_group_and_what_is_left_out_is_told():
    questions = [question(f"{group}{i}", group=group) for group in "ABCDEFGH" for i in range(3)]
    subsets = {"all": {"table": "t.tsv", "test": 4, "valid": 2, "train": 5}}
    splits, left_out = building.split(questions, benchmark(subsets=subsets), TASK)
    assert {part: len(rows) for part, rows in splits.items()} == {"train": 5, "test": 6, "valid": 3}
    groups = [{one.group for one in rows} for rows in splits.values()]
    assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
    assert Counter(row.reason for row in left_out) == {"not drawn: train is 5": 10}
    with refused(fix="ask for fewer"):
        building.split(questions[:3], benchmark(subsets={"all": {"table": "t.tsv", "test": 5, "valid": 0}}), TASK)


def shares(rows):
    return dict(sorted(Counter(one.answer for one in rows).items()))


@pytest.mark.parametrize("seed", range(5))
def test_each_split_has_the_share_of_every_answer(seed):
    """Five classes of 20: a fifth of 20 and of 10 are 4 and 2."""
    questions = [question(f"{answer}{i}", answer) for answer in "ABCDE" for i in range(20)]
    spec = benchmark(subsets={"all": {"table": "t.tsv", "test": 20, "valid": 10}}, seed=seed)
    splits, left_out = building.split(questions, spec, TASK)
    parts = {part: shares(rows) for part, rows in splits.items()}
    assert parts == {part: dict.fromkeys("ABCDE", n) for part, n in (("test", 4), ("valid", 2), ("train", 14))}
    assert not left_out


def test_shares_are_rounded_to_the_size_that_is_asked_for():
    """Of 7 of 14 questions, A's share is 4, B's 2.5 and C's .5: of equal remainders the first in the order is rounded
    up. Answers that one question has each are drawn as the order has them."""
    answers = ["A"] * 8 + ["B"] * 5 + ["C"]
    spec = benchmark(subsets={"all": {"table": "t.tsv", "test": 7, "valid": 0}})
    splits, _ = building.split([question(str(i), answer) for i, answer in enumerate(answers)], spec, TASK)
    assert shares(splits["test"]) in ({"A": 4, "B": 3}, {"A": 4, "B": 2, "C": 1})
    alone = [question(str(i), str(i)) for i in range(14)]
    again, _ = building.split([one.model_copy(update={"answer": "17"}) for one in alone], spec, TASK)
    drawn, _ = building.split(alone, spec, TASK)
    assert [one.id for one in drawn["test"]] == [one.id for one in again["test"]] and len(drawn["test"]) == 7


@pytest.mark.parametrize("seed", range(5))
def test_groups_stay_together_and_every_class_is_held_out(seed):
    """Four groups of five of each class: one group is the 4 of each class that the test is to have, and more."""
    questions = [question(f"{a}{i}", a, group=f"{a}{i // 5}") for a in "ABCDE" for i in range(20)]
    spec = benchmark(subsets={"all": {"table": "t.tsv", "test": 20, "valid": 0}}, seed=seed)
    splits, _ = building.split(questions, spec, TASK)
    assert shares(splits["test"]) == dict.fromkeys("ABCDE", 5)
    assert not {one.group for one in splits["test"]} & {one.group for one in splits["train"]}
    # Groups of both classes in the shares of all: those that fit are taken first, and none is needed beyond them.
    mixed = [question(f"{i}", "A" if i % 4 else "B", group=str(i // 4)) for i in range(40)]
    spec = benchmark(subsets={"all": {"table": "t.tsv", "test": 12, "valid": 8}}, seed=seed)
    splits, _ = building.split(mixed, spec, TASK)
    assert [shares(splits[part]) for part in ("test", "valid")] == [{"A": 9, "B": 3}, {"A": 6, "B": 2}]


class ByArm(ChromosomeOfGene):
    """Both arms of a chromosome are one class."""

    def kind(self, question):
        return question.answer.rstrip("pq")


def test_a_class_of_ones_own_is_in_every_split_or_nothing_is_built():
    questions = [question(f"{answer}{i}", answer) for answer in ("17p", "17q", "3p") for i in range(4)]
    spec = benchmark(subsets={"all": {"table": "t.tsv", "test": 3, "valid": 0}})
    splits, _ = building.split(questions, spec, ByArm())
    assert Counter(one.answer.rstrip("pq") for one in splits["test"]) == {"17": 2, "3": 1}
    for seed in range(9):  # of two training questions
        one_each = {"table": "t.tsv", "test": 3, "valid": 0, "train": 2}
        splits, _ = building.split(questions, benchmark(subsets={"all": one_each}, seed=seed), ByArm())
        assert {one.answer.rstrip("pq") for one in splits["train"]} == {"17", "3"}
    few = [*questions, question("X", "X")]
    with refused(fix="ask for fewer"):
        building.split(few, benchmark(subsets={"all": {"table": "t.tsv", "test": 3, "valid": 1}}), ByArm())


def test_training_questions_that_leak_into_another_benchmark_are_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [question(i, group=i[0].upper()) for i in ("a1", "b1", "b2", "c1", "c2", "d1")]
    table = [{"id": one.id, **one.columns, "stem": one.group, "answer": "17"} for one in rows]
    own_task.write(tmp_path / "genes.tsv", table, ("id", "gene", "name", "stem", "answer"))
    write_split(tmp_path / "other/valid.jsonl", question("x", group="B"))
    write_split(tmp_path / "other/test.jsonl", question("d1", group="Y"))  # asks what d1 asks
    subsets = {"all": {"table": "genes.tsv", "test": 1, "valid": 0}}
    mine = benchmark(subsets=subsets, leave_out=["other"])
    other = Built(TASK, benchmark(), tmp_path / "other")
    given = {"files": {"tables": {"all": Path("genes.tsv")}}, "left_out": {"other": other}}
    TASK.building.build(BuildingJob(benchmark=mine, name="mine", folder=tmp_path / "mine", **given))
    # Of the groups A and C the smaller one suffices for the test.
    splits = {
        part: [one.id for one in read_rows(tmp_path / f"mine/{part}.jsonl", Question)] for part in building.SPLITS
    }
    assert splits == {"train": ["c1", "c2"], "valid": [], "test": ["a1"]}
    left_out = pd.read_csv(tmp_path / "mine/left_out.tsv", sep="\t", keep_default_na=False)
    assert left_out.to_numpy().tolist() == [["all", name, "leaks into other", ""] for name in ("d1", "b1", "b2")]
    assert atomic.read_json(tmp_path / "mine/audit.json") == {
        "questions": 6,
        "groups": 4,
        "largest_group": 2,
        "sizes": {"train": {"all": 2}, "valid": {}, "test": {"all": 1}},
        "classes": {"train": {"all": {"17": 2}}, "valid": {}, "test": {"all": {"17": 1}}},
        "left_out": {"leaks into other": 3},
    }


def test_the_audit_fails_for_training_questions_of_a_test_questions_group_and_for_its_own_words(tmp_path):
    asked = question("t", group="G")
    again = {"columns": asked.columns}
    training = [question("r1"), question("r2", group="G"), question("r3").model_copy(update=again)]
    training.append(question("r4", group="G").model_copy(update=again))
    write_split(tmp_path / "tested/test.jsonl", asked)
    write_split(tmp_path / "training/train.jsonl", *training)
    table = {"mine/genes.tsv": ""}
    folders = {name: tmp_path / name for name in ("tested", "training")}
    both = {
        name: OtherBenchmark(task="", benchmark={}, folder=folder, sources={"train": table, "test": table})
        for name, folder in folders.items()
    }
    learned = Training("training questions", "training", ("sft.mine",), tmp_path / "training/train.jsonl")
    audit = LeakSettings(benchmarks=both, tested=["tested"], training=[learned])
    found = TASK.leaks.findings(audit, {name: Built(TASK, benchmark(), folder) for name, folder in folders.items()})
    assert {one.kind: (one.looked_at, one.remaining, one.line, one.verdict) for one in found} == {
        "same_group": (4, 2, 2, "fails"),
        "same_question": (4, 2, 3, "fails"),
    }
    assert {one.kind for one in found} <= LEAK_KINDS.keys()
    with refused(fix="add tested to leave_out of training in"):
        check("mine", found, TASK.leaks.fixes)
    shared = {"data": "training questions", "training": "training", "benchmark": "tested"}
    assert same_sources(audit, TASK.leaks.of_sources(audit)) == [shared | {"sources": ["mine/genes.tsv"]}]


@pytest.mark.parametrize(
    ("learned", "leave_out", "fix"),
    [
        (SimpleNamespace(questions=[("tested", "plain")]), [], None),
        (SimpleNamespace(questions=[("mine", "plain")]), [], "add tested to leave_out of mine in benchmarks.yaml"),
        (SimpleNamespace(questions=[("mine", "plain")]), ["tested"], None),
        (SimpleNamespace(questions=[("of another task", "plain")]), [], None),
        (PretrainRecipe.model_construct(), [], None),
    ],
)
def test_a_recipe_may_not_train_on_what_may_give_the_test_away(learned, leave_out, fix):
    both = SimpleNamespace(benchmarks={"mine": benchmark(leave_out=leave_out), "tested": benchmark()})
    both.akin = lambda benchmark: both.benchmarks
    leak = TASK.checks.leak(both, learned, "tested")
    assert (leak and leak[1]) == fix


def test_a_question_that_does_not_fit_is_told(tmp_path):
    style = SimpleNamespace(budgets=lambda: [5], user="{gene} {name}")
    file = str(tmp_path / "prompts/chromosome_of_gene.plain.txt")
    asked = BenchmarkJob(benchmark=None, style=style, further=file)
    fits = {"train": [question("T")]}  # a capital, and half of "a name"
    assert TASK.prompting.with_material(asked, fits) == fits
    with refused(file, fix="raise it, or shorten the question"):
        TASK.prompting.with_material(asked, {"test": [question("TTT")]})
    style.user = "{gene}"  # the name is not shown, and does not count
    TASK.prompting.with_material(asked, {"test": [question("TTT")]})


def test_a_group_by_the_answer_is_refused():
    with pytest.raises(ValueError, match="would keep every answer of a test question out of training"):
        benchmark(group="answer")


def baseline_job(training, asked):
    return BaselineJob(benchmark=benchmark(), style=None, training=training, asked=asked)


def test_baselines_are_worked_out_by_hand():
    training = [question(str(i), answer) for i, answer in enumerate(["1", "1", "2"])]
    asked = [question("a", "1"), question("b", "2")]

    scored = TASK.baselines.score(baseline_job(training, asked)).set_index(["baseline", "id"])
    # The majority is as sure as it is common in training.
    assert scored.loc["majority", "confidence"].tolist() == [2 / 3, 2 / 3]
    assert scored.loc["random", "confidence"].isna().all()
    table = scored["verified"]
    assert table["majority"].tolist() == [1.0, 0.0]
    # Two thirds and one third, as far as twenty draws tell.
    assert 0.4 < table["random", "a"] < 0.95 and 0.05 < table["random", "b"] < 0.6


def test_baselines_are_of_the_subset_of_the_question():
    def of(subset, *answers):
        return [question(f"{subset}{i}", one, subset=subset) for i, one in enumerate(answers)]

    training = [*of("arms", "p", "p", "q"), *of("chromosomes", "1", "1", "1", "X")]
    asked = [*of("arms", "p"), *of("chromosomes", "1"), *of("bands", "1")]
    scored = TASK.baselines.score(baseline_job(training, asked)).set_index(["baseline", "subset"])
    # Of bands no training question is: all seven count, of which three are answered with 1.
    assert scored.loc["majority", "answer"].tolist() == ["p", "1", "1"]
    assert scored.loc["majority", "confidence"].tolist() == [2 / 3, 3 / 4, 3 / 7]
    assert scored.loc[("random", "arms"), "answer"] in ("p", "q")
    assert scored.loc[("random", "chromosomes"), "answer"] in ("1", "X")


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (("B", "B", "", "s", "2"), "name"),
        (("A", "B", "n", "s", "2"), "id"),
        (("B", "B", "n", "s", "</answer>"), "answer"),
        (("B", "A", "n", "s", "2"), "id"),
    ],
)
def test_a_table_is_refused_with_its_line(tmp_path, row, field):
    path = tmp_path / "genes.tsv"
    columns = ("id", "gene", "name", "stem", "answer")
    rows = [("A", "A", "n", "s", "1"), row]
    own_task.write(path, [dict(zip(columns, row, strict=True)) for row in rows], columns)
    with refused(path, 3, field):
        building._read(TASK, benchmark(), "all", path, {})


def test_a_truth_of_several_words_can_be_answered(tmp_path):
    row = {"id": "A", "gene": "A", "name": "n", "stem": "s", "answer": "17  q21"}
    own_task.write(tmp_path / "genes.tsv", [row], tuple(row))
    [built] = building._read(TASK, benchmark(), "all", tmp_path / "genes.tsv", {})
    assert built.answer == "17 q21"
    assert TASK.verified(TASK.parse("<answer>17 q21</answer>"), built) == 1


def test_a_teacher_is_believed_where_it_is_right():
    proposals = [
        Proposal("a", "all", "chromosome 17", ["why"]),
        Proposal("b", "all", "3"),
        Proposal("c", "all", problem="x"),
    ]
    about = {"name": "b", "benchmark": None, "style": None, "teacher": None, "output": None, "prompts": {}}
    job = TeachingJob(**about, examples=[question(i) for i in "abc"])
    kept, dropped = TASK.teaching.keep(job, proposals)
    assert [row["id"] for row in kept] == ["a"]
    assert [row["reason"] for row in dropped] == [teaching.WRONG, "x"]


OWN = """
from reasonome.tasks.question_answer.report import VerifiedReporting
from reasonome.tasks.question_answer.task import VerifiedTask

class One(VerifiedTask):
    name = "one"
    columns = ("gene",)

    def verify(self, answer, example):
        return float(answer == example.answer)

    @property
    def report(self):
        return Own(self)

class Two(One):
    name = "two"

class Own(VerifiedReporting):
    does = "guesses"
"""


def test_a_file_of_tasks_is_loaded_once_and_its_own_parts_have_the_defaults(tmp_path):
    for name in ("mine-a.py", "mine_a.py"):
        (tmp_path / name).write_text(OWN)
    one, two = (find_task(f"{tmp_path}/mine-a.py:{kind}") for kind in ("One", "Two"))
    other = find_task(f"{tmp_path}/mine_a.py:One")
    assert pickle.loads(pickle.dumps(one)).name == "one" and isinstance(two, type(one))
    assert code_files(one)[0].name == "mine-a.py" and code_files(other)[0].name == "mine_a.py"
    assert one.report.does == "guesses" and [folder.name for folder in one.report.templates] == ["report"]


def test_the_line_of_an_error_in_a_task_of_ones_own(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text('x = 1\ny = {}["k"]\n')
    monkeypatch.chdir(tmp_path)
    with refused(line=2, fix="see docs/your-own.md for what a task has"):
        find_task("mine.py:Mine")


def test_orders_that_change_no_prompt_are_not_said_to_agree():
    """TP53 is asked twice with one prompt, and BRCA1 in two ways, of which the answers differ: agreement 0."""
    style = TASK.Style(system="You know.", user="Where is {gene} ({name})?", budget_tokens=20)
    answers = [
        AnswerRow(id=i, subset="all", order=order, prompt_sha256=sha, text=f"<answer>{text}</answer>")
        for i, order, sha, text in (
            ("TP53", 0, "a", "17"),
            ("TP53", 1, "a", "17"),
            ("BRCA1", 0, "b", "17"),
            ("BRCA1", 1, "c", "X"),
        )
    ]
    given = {"examples": [question("TP53"), question("BRCA1")], "answers": answers, "file": Path("greedy.jsonl")}
    job = ScoringJob(benchmark=benchmark(), style=style, **given)
    agreement = TASK.scoring.score(job).groupby("id")["order_agreement"].first()
    assert agreement["BRCA1"] == 0 and pd.isna(agreement["TP53"])
