"""Tasks whose answers are verified: what the base gives to the third task, which is in tests/own_task."""

from collections import Counter

import own_task
import pytest
from own_task.chromosome import ChromosomeOfGene

from reasonome.core.errors import InputError
from reasonome.tasks.base import total
from reasonome.tasks.verified import building, scoring
from reasonome.tasks.verified.task import Question
from reasonome.teaching import Proposal

TASK = ChromosomeOfGene()


def question(i, answer="17", group="", subset="all"):
    return Question(id=i, subset=subset, columns={"gene": i, "name": "a name"}, answer=answer, group=group or i)


def benchmark(**settings):
    return TASK.Benchmark.model_validate(own_task.stanza() | settings)


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


def test_no_lazy_or_malformed_answer_earns_more_than_the_best_constant():
    questions = [question(str(i), answer) for i, answer in enumerate(["1"] * 5 + ["2"] * 3 + ["X"] * 2)]
    weights = {"verified": 1.0, "format": 0.0}

    def earned(texts):
        read = [TASK.parse(text) for text in texts]
        rewards = {name: reward.function(read, questions, None) for name, reward in TASK.rewards.items()}
        return total(rewards, weights).mean()

    constants = {p.name: earned([p.completion(q, None) for q in questions]) for p in TASK.policies(questions)}
    assert constants == {"1": 0.5, "2": 0.3, "X": 0.2}
    for text in ("", "1", "<answer>1", "<answer>1</answer><answer>2</answer>", "<answer>1 2 X</answer>"):
        assert earned([text] * len(questions)) == 0


def test_no_two_splits_share_a_group_and_what_is_left_out_is_told():
    questions = [question(f"{group}{i}", group=group) for group in "ABCDEFGH" for i in range(3)]
    subsets = {"all": {"table": "t.tsv", "test": 4, "valid": 2, "train": 5}}
    splits, left_out = building.split(questions, benchmark(subsets=subsets))
    assert {part: len(rows) for part, rows in splits.items()} == {"train": 5, "test": 6, "valid": 3}
    groups = [{one.group for one in rows} for rows in splits.values()]
    assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
    assert Counter(row.reason for row in left_out) == {"not drawn: train is 5": 10}
    with pytest.raises(InputError, match="2 questions too few"):
        building.split(questions[:3], benchmark(subsets={"all": {"table": "t.tsv", "test": 5, "valid": 0}}))


def test_baselines_are_worked_out_by_hand():
    training = [question(str(i), answer) for i, answer in enumerate(["1", "1", "2"])]
    asked = [question("a", "1"), question("b", "2")]

    class Seeded:
        class settings:
            seed = 0

    table = scoring.score_baselines(TASK, Seeded, "", "", training, asked).set_index(["baseline", "id"])["verified"]
    assert table["majority"].tolist() == [1.0, 0.0]
    # Two thirds and one third, as far as twenty draws tell.
    assert 0.4 < table["random", "a"] < 0.95 and 0.05 < table["random", "b"] < 0.6


@pytest.mark.parametrize(
    ("rows", "message", "line"),
    [
        ([("A", "A", "n", "s", "1"), ("B", "B", "", "s", "2")], "the cell is empty", 3),
        ([("A", "A", "n", "s", "1"), ("A", "B", "n", "s", "2")], "the id 'A' stands in .*genes.tsv:2", 3),
        (
            [("A", "A", "n", "s", "1"), ("B", "A", "n", "s", "2")],
            "the question 'A n' stands in .*genes.tsv:2",
            3,
        ),
    ],
)
def test_a_table_is_refused_with_its_line(tmp_path, rows, message, line):
    path = tmp_path / "genes.tsv"
    columns = ("id", "gene", "name", "stem", "answer")
    own_task.write(path, [dict(zip(columns, row, strict=True)) for row in rows], columns)
    with pytest.raises(InputError, match=message) as error:
        building._read(TASK, benchmark(), "all", path, {})
    assert error.value.line == line


def test_a_teacher_is_believed_where_it_is_right():
    from reasonome.tasks.verified import teaching

    project = type("P", (), {})
    proposals = [
        Proposal("a", "all", "chromosome 17", ["why"]),
        Proposal("b", "all", "3"),
        Proposal("c", "all", problem="x"),
    ]
    kept, dropped = teaching.keep(TASK, project, None, proposals, [question(i) for i in "abc"])
    assert [row["id"] for row in kept] == ["a"]
    assert [row["reason"] for row in dropped] == [teaching.WRONG, "x"]
