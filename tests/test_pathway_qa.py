"""Questions on enrichment tables: truths worked out by hand, what is held out, attacks, and baselines."""

import re
from math import nan
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pandas as pd
import pytest

from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.prompts.prompts import Prompt
from reasonome.report.answers_data import with_reward
from reasonome.tasks.base import means, total
from reasonome.tasks.pathway_qa import building
from reasonome.tasks.pathway_qa.answer import CANNOT_BE_TOLD, parse_answer, stated
from reasonome.tasks.pathway_qa.baselines import baselines
from reasonome.tasks.pathway_qa.enrichment_tables import Contrast, EnrichedSet
from reasonome.tasks.pathway_qa.questions import Writer, shown_name
from reasonome.tasks.pathway_qa.settings import PathwayBenchmark
from reasonome.tasks.pathway_qa.task import DEPENDS, DOWN, UP, with_statements
from reasonome.tasks.pathway_qa.truths import Tables
from reasonome.tasks.registry import TASKS

TASK = TASKS["pathway_qa"]
PROMPT = Prompt([], [], 0, "")
FULL = {"facts": 0.35, "sets": 0.30, "consistency": 0.15, "uncertainty": 0.20}
LATER = {"facts": 0.30, "sets": 0.15, "consistency": 0.10, "uncertainty": 0.45}
FIRST = {"facts": 0.6, "uncertainty": 0.4}


def contrast(tissue, study, **scores):
    """Sets with a score; significant unless it is below 1 in size."""
    rows = {name: EnrichedSet(name, name, 0.01 if abs(score) >= 1 else 0.5, score) for name, score in scores.items()}
    return Contrast(tissue, study, True, rows)


@pytest.mark.parametrize(
    ("scores", "direction"),
    [
        ((2, 2, 2), UP),
        ((2, 2, 0.5), UP),
        ((2, 2, -2), UP),  # outvoted
        ((-2, -2, -0.5), DOWN),
        ((2, 0.5, 0.5), None),  # one study is no consensus
        ((2, -2, 0.5), DEPENDS),
        ((2, 2, -2, -2), DEPENDS),
        ((0.5, -0.5, 0.1), None),
    ],
)
def test_directions_by_hand(scores, direction):
    tables = Tables([contrast("liver", str(place), A=score) for place, score in enumerate(scores)], 0.05)
    assert tables.direction("liver", "A") == direction
    assert tables.count("liver", "A") == sum(abs(score) >= 1 for score in scores)


def test_conservation_by_hand():
    up = {f"S{place}": float(place) for place in range(10)}
    down = {name: -value for name, value in up.items()}
    tables = Tables([contrast("liver", "1", **up), contrast("liver", "2", **up), contrast("skin", "1", **down)], 0.05)
    assert tables.conservation("liver", "liver") == pytest.approx(1)
    assert tables.conservation("liver", "skin") == pytest.approx(-1)
    assert not tables.conservation("skin", "skin") > -2  # one study has no pair
    few = Tables([contrast("liver", "1", A=1, B=2), contrast("liver", "2", A=1, B=2)], 0.05)
    assert not few.conservation("liver", "liver") > -2  # two shared sets are no correlation


def test_names_as_prompts_show_them():
    assert shown_name("REACTOME_DNA_REPAIR") == "dna repair"
    assert shown_name("GO:0006281", "DNA repair") == "DNA repair"
    assert shown_name("DNA repair") == "DNA repair"


@pytest.fixture(scope="module")
def project():
    return Project("config")


@pytest.fixture(scope="module")
def splits(project):
    contrasts, _ = building.read_tables(project, "spaceflight")
    return building.split(contrasts, project.benchmarks["spaceflight"])[0]


def names(question, place):
    """Whether the text names a tissue, beside sets such as kidney development."""
    text = question.columns["question"]
    for name, _ in question.about:
        text = text.replace(name, "…")
    return re.search(rf"\b{re.escape(place)}\b", text)


def test_no_training_question_names_a_held_out_tissue(splits):
    assert len(splits["train"]) > 400 and len(splits["test"]) > 150
    assert not [q for q in splits["train"] if names(q, "thymus") or names(q, "kidney")]
    assert not [q for q in splits["valid"] if names(q, "thymus")]
    of_test = [q for q in splits["test"] if q.about and q.about[0][1] in ("eye", "skin", "thymus")]
    assert of_test and all(names(q, "thymus") for q in of_test)
    assert any(names(q, "thymus") and len(q.about) == 2 for q in splits["test"])


def test_absent_tissues_are_asked_about_in_one_part(splits):
    absent = {
        part: {tissue for q in rows if q.subset == "unanswerable" for _, tissue in q.about} - {"thymus", "kidney"}
        for part, rows in splits.items()
    }
    known = {tissue for q in splits["train"] if q.subset != "unanswerable" for _, tissue in q.about}
    assert absent["test"] - known and not (absent["test"] - known) & absent["train"]


@pytest.mark.parametrize("part", ["train", "test"])
def test_answers_are_balanced(splits, part):
    for kind in ("direction", "comparison", "leadingedge", "significance"):
        answers = [q.answer for q in splits[part] if q.subset == kind]
        assert len(answers) > 10 and all(2 * answers.count(answer) == len(answers) for answer in set(answers))


def test_no_prompt_tells_kinds_apart_that_share_a_template(splits):
    """The words of `direction`, `disagreement` and `unanswerable` are the same, but for set and tissue."""
    frames = {}
    for q in splits["train"] + splits["test"]:
        if q.asks == "direction":
            frame = q.columns["question"]
            for text in (*(name for name, _ in q.about), *(tissue for _, tissue in q.about)):
                frame = frame.replace(text, "…")
            frames.setdefault(q.subset, set()).add(frame)
    assert frames["direction"] == frames["disagreement"] == frames["unanswerable"] and len(frames["direction"]) == 2


def test_every_truth_is_right_and_earns_the_most(splits):
    for question in splits["train"] + splits["test"]:
        completion = TASK.completion(question, PROMPT, None, None, confidence=1.0)
        answer = parse_answer(completion)
        assert not answer.problems and TASK.verified(answer, question) == 1, completion
        start, end = TASK.name_span(completion)
        assert completion[start:end] + "\nConfidence: 100" == completion.removeprefix("Answer: ")
        assert earned(completion, [question], FULL) == pytest.approx(1)


def test_wrong_answers_have_the_form_and_are_wrong(splits):
    for question in splits["train"]:
        wrong = TASK.wrong(question, PROMPT, splits["train"], Random(0))
        if question.asks != "conservation":
            answer = parse_answer(f"Answer: {wrong}\nConfidence: 50")
            assert not answer.problems and TASK.verified(answer, question) == 0


def said(answer, question):
    return with_statements(answer, question, Random(0)).partition("\n")[2]


def earned(completions, questions, weights):
    """The mean reward of a completion, or of one for each question."""
    if isinstance(completions, str):
        completions = [completions] * len(questions)
    answers = [parse_answer(text) for text in completions]
    rewards = TASK.rewards()
    return total({name: rewards[name].function(answers, questions, None) for name in weights}, weights).mean()


@pytest.mark.parametrize("weights", [FULL, LATER, FIRST], ids=["full", "later", "first"])
def test_no_attack_earns_more_than_the_best_honest_constant(splits, weights):
    questions = splits["train"]
    sets = list(dict.fromkeys(name for q in questions for name, _ in q.about))[:40]

    def each(write):
        return [write(q) for q in questions]

    honest = {
        policy.name: earned([policy.completion(q, PROMPT) for q in questions], questions, weights)
        for policy in TASK.policies(questions)
    }
    best = max(value for name, value in honest.items() if name.endswith("honestly"))
    assert all(value <= best for value in honest.values()), honest  # always at 0 % or 100 %
    claims = {d: each(lambda q, d=d: "\n".join(f"{s}; {t}; {d}" for s, t in q.about)) for d in (UP, DOWN)}
    both = [f"{up}\n{down}".strip() for up, down in zip(claims[UP], claims[DOWN], strict=True)]
    every = "\n".join(f"{name}; skin; up" for name in sets)
    attacks = {
        "stuffing": each(lambda q: stated(UP, f"{said(UP, q)}\n{every}".strip(), 0.3)),
        "hedging": each(lambda q: stated(DEPENDS, said(DEPENDS, q), 0.0)),
        "both directions": [stated(UP, text, 0.3) for text in both],
        "two answers": each(lambda q: f"Answer: up\nAnswer: down\n{claims[UP][0]}\nConfidence: 50"),
        "every pathway": each(lambda q: stated(UP, every, 0.3)),
        "the prompt's words": each(lambda q: stated(q.columns["question"], "", 0.0)),
        "the prompt's words as a statement": each(lambda q: stated(UP, f"{q.columns['question']}; skin; up", 0.0)),
        "abstaining": each(lambda q: stated(CANNOT_BE_TOLD, "", 1.0)),
        "abstaining without confidence": each(lambda q: f"Answer: {CANNOT_BE_TOLD}"),
        "nothing": [""] * len(questions),
    }
    for name, completions in attacks.items():
        assert earned(completions, questions, weights) <= best, name


def test_a_reader_of_prompts_alone_is_no_better_than_the_commonest_answer(splits):
    """By kinds whose answers the wording does not tell; within what 140 questions allow."""
    kinds = ("direction", "comparison", "leadingedge", "significance")
    asked = [q for q in splits["test"] if q.subset in kinds]
    found = {baseline.name: baseline for baseline in baselines(splits["train"], asked, 0, False)}
    right = {
        name: sum(TASK.verify(answer, q) for answer, q in zip(found[name].answers, asked, strict=True)) / len(asked)
        for name in found
    }
    assert right["commonest"] == 0.5
    assert right["words"] < 0.5 + 1.96 * 0.5 / len(asked) ** 0.5


def test_a_look_up_is_a_baseline_only_where_the_prompt_shows_the_table(splits, project):
    asked = splits["test"]
    with_table = {b.name: b for b in baselines(splits["train"], asked, 0, True)}
    without = {b.name: b for b in baselines(splits["train"], asked, 0, False)}
    assert set(with_table) - set(without) == {"look_up"}
    shown = TASK.prompt(asked[0], project.style("spaceflight", "table")).messages[-1]["content"]
    plain = TASK.prompt(asked[0], project.style("spaceflight", "plain")).messages[-1]["content"]
    assert asked[0].columns["table"] in shown and asked[0].columns["table"] not in plain


def test_a_set_of_other_tissues_is_looked_up_by_hand(splits):
    question = next(q for q in splits["train"] if q.subset == "direction" and q.answer == DOWN)
    asked = question.model_copy(update={"about": ((question.about[0][0], "thymus"),)})
    [*_, elsewhere] = baselines([question], [asked], 0, False)
    assert (elsewhere.name, elsewhere.answers) == ("elsewhere", [DOWN])


def benchmark(**changes):
    spec = {
        "task": "pathway_qa",
        "condition": "treated against control",
        "tables": [{"path": "t.csv", "tissue": "liver", "study": "1"}],
        "held_out": {"by": "study", "test": ["3"], "valid": ["2"]},
        "subsets": {"significance": {"train": 10, "valid": 2, "test": 4}},
    }
    return PathwayBenchmark.model_validate(spec | changes)


def test_studies_can_be_held_out_too():
    contrasts = [contrast("liver", study, A=2, B=0.5, C=-2, D=0.1) for study in "1234"]
    wanted = {"train": 9, "valid": 9, "test": 9}
    spec = benchmark(subsets={"significance": wanted, "count": wanted})
    with pytest.raises(InputError, match="no train question of this kind"):  # a count is over all studies
        building.split(contrasts, spec)
    splits, _ = building.split(contrasts, benchmark())
    assert {part: {place for q in rows for place in q.places} for part, rows in splits.items()} == {
        "train": {"1", "4"},
        "valid": {"2"},
        "test": {"3"},
    }


def test_a_table_without_signs_cannot_tell_a_direction():
    unsigned = Contrast("liver", "1", False, {"A": EnrichedSet("A", "A", 0.01, nan)})
    writer = Writer(Tables([unsigned, contrast("skin", "1", A=2)], 0.05), benchmark())
    asked = [q for q in writer.of_kind("unanswerable") if q.about[0][1] == "liver" and q.asks == "direction"]
    assert [(q.answer, q.statements) for q in asked] == [(CANNOT_BE_TOLD, ())]
    assert not list(writer.of_kind("direction"))


def test_a_place_that_no_table_has_is_named_with_the_nearest():
    spec = benchmark(held_out={"by": "study", "test": ["33"], "valid": ["2"]})
    with pytest.raises(InputError, match="no table has the study '33'") as caught:
        building.split([contrast("liver", "3", A=2)], spec)
    assert caught.value.field == "held_out.test.0" and "3" in caught.value.fix


def test_one_contrast_in_two_tables_is_refused(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("pathway,padj,NES\nA,.01,2\n")
    tables = [{"path": str(tmp_path / f"{name}.csv"), "tissue": "liver", "study": "1"} for name in "ab"]
    project = SimpleNamespace(benchmarks={"x": benchmark(tables=tables)})
    with pytest.raises(InputError, match="an earlier table has liver, study 1, too") as caught:
        building.read_tables(project, "x")
    assert caught.value.file == Path(tables[1]["path"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tables": [{"path": "t.csv", "tissue": "liver"}]}, "give 'study', or in 'columns' the column of it"),
        ({"held_out": {"by": "study", "test": ["1"], "valid": ["1"]}}, "'1' is in test and in valid"),
        ({"subsets": {"directions": {"train": 1, "valid": 0, "test": 1}}}, "direction"),
    ],
)
def test_settings_that_cannot_work(changes, message):
    with pytest.raises(ValueError, match=message):
        benchmark(**changes)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("Answer: up\ndna repair; liver; up\nConfidence: 50", []),
        ("Because.\n\nAnswer: up\nConfidence: 50%", []),
        ("up", ["no_answer", "no_confidence"]),
        ("Answer: up\nAnswer: down\nConfidence: 50", ["several_answers", "bad_statement"]),
        ("Answer: up\nit moves\nConfidence: 50", ["bad_statement"]),
        ("Answer: up\ndna repair; liver\nConfidence: 50", ["bad_statement"]),
        ("Answer: up\nConfidence: 150", ["bad_confidence"]),
        ("Answer: up\nConfidence: 50\nand more", ["text_outside"]),
        ("Confidence: 50\nAnswer: up", ["text_outside"]),
        ("Answer:\nConfidence: 50", ["empty_answer"]),
        ("", ["no_answer", "no_confidence"]),
    ],
)
def test_problems_are_named(text, problems):
    assert parse_answer(text).problems == problems


def test_a_mean_is_over_the_answers_to_which_a_reward_applies():
    earned = {"facts": [1.0, 0.0], "sets": [0.5, nan], "consistency": [nan, nan]}
    assert means(earned) == {"facts": 0.5, "sets": 0.5}


def test_a_report_gives_the_weight_of_a_reward_that_does_not_apply_to_the_others():
    table = pd.DataFrame({"reward_facts": [1.0, 1.0], "reward_sets": [0.0, nan], "reward_format": [1.0, 1.0]})
    weights = {"facts": 0.35, "sets": 0.30}
    assert with_reward(table, weights)["reward"].tolist() == pytest.approx([0.35, 0.65])
