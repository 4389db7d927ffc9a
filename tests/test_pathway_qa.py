"""Questions on enrichment tables: truths worked out by hand, what is held out, attacks, and baselines."""

import re
from collections import Counter
from math import nan
from pathlib import Path
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest
from refusals import refused

from reasonome.jobs import LeakSettings, Training
from reasonome.prompts.prompts import Prompt
from reasonome.rewards import means, total
from reasonome.task_parts import BaselineJob, BuildingJob, Built
from reasonome.tasks import TASKS
from reasonome.tasks.pathway_qa import building
from reasonome.tasks.pathway_qa.answer import CANNOT_BE_TOLD, parse_answer, stated
from reasonome.tasks.pathway_qa.baselines import baselines
from reasonome.tasks.pathway_qa.dialogue import DEPENDS, DOWN, UP, covers, with_statements
from reasonome.tasks.pathway_qa.enrichment_tables import Contrast, EnrichedSet, Tables
from reasonome.tasks.pathway_qa.questions import OTHER_TISSUES, Writer, shown_name
from reasonome.tasks.pathway_qa.settings import PathwayBenchmark

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
    assert shown_name("DNA REPAIR%REACTOME%R-HSA-73894.5") == "DNA REPAIR"


def test_two_sets_of_one_name_are_told_apart():
    rows = {"KEGG_APOPTOSIS": 2, "HALLMARK_APOPTOSIS": -2, "A;B_C": 2}
    writer = Writer(Tables([contrast("liver", "1", **rows)], 0.05), benchmark())
    assert list(writer.names.values()) == ["kegg apoptosis", "hallmark apoptosis", "a,b c"]


def test_a_tissue_of_a_table_is_never_absent():
    """Whatever its case, and with tables of every tissue that is asked about."""
    writer = Writer(Tables([contrast(name.title(), "1", A=2) for name in OTHER_TISSUES], 0.05), benchmark())
    assert all(q.tissues[0] in writer.tables.tissues for q in writer.of_kind("unanswerable"))


def test_no_training_question_has_a_gene_of_a_test_table_alone():
    def led_by(study, gene):
        return Contrast("liver", study, True, {"A": EnrichedSet("A", "A", 0.01, 2.0, (gene,))})

    writer = Writer(Tables([led_by("1", "X"), led_by("3", "Y"), led_by("4", "Z")], 0.05), benchmark())
    asked = {(q.study, q.answer): q.id.split(":")[-1] for q in writer.of_kind("leadingedge")}
    assert (asked["1", "no"], asked["4", "no"]) == ("Z", "X")  # 3 is of test
    assert asked["3", "no"] in "XZ"


@pytest.fixture(scope="module")
def splits(project):
    spec = project.benchmarks["few-studies"]
    contrasts, _ = building.read_tables("few-studies", spec)
    return building.split(contrasts, spec)[0]


def names(question, place):
    """Whether the prompt names a tissue, beside sets such as kidney development."""
    text = TASK.prompt(question, SimpleNamespace(system="", user="{studies} {question}")).messages[-1]["content"]
    for name, _ in question.about:
        text = text.replace(name, "…")
    return re.search(rf"\b{re.escape(place)}\b", text)


@pytest.mark.slow
def test_no_training_question_names_a_held_out_tissue(splits):
    assert len(splits["train"]) > 400 and len(splits["test"]) > 150
    assert not [q for q in splits["train"] if names(q, "thymus") or names(q, "kidney")]
    assert not [q for q in splits["valid"] if names(q, "thymus")]
    of_test = [q for q in splits["test"] if q.subset != "unanswerable"]
    assert all("thymus" in q.tissues for q in of_test) and any(len(q.tissues) == 2 for q in of_test)


def test_absent_tissues_are_asked_about_in_one_part(splits):
    absent = {
        part: {tissue for q in rows for tissue in q.tissues if tissue in OTHER_TISSUES} for part, rows in splits.items()
    }
    assert absent["test"] and absent["train"] and not absent["test"] & (absent["train"] | absent["valid"])


def test_the_prompt_lists_the_studies_of_what_can_be_told(splits):
    """So that a held-out tissue is told from one of which there are no studies."""
    for question in splits["train"] + splits["test"]:
        missing = question.subset == "unanswerable" and not covers(question)
        assert missing or covers(question)
        assert 2 <= len(question.studies) <= 3
    of = [q for q in splits["test"] if q.subset == "unanswerable" and q.tissues == ("thymus",)]
    assert any("thymus" not in q.studies for q in of) and any(q.study for q in of if "thymus" in q.studies)
    assert of[0].columns["table"] == "no such rows"


@pytest.mark.parametrize("part", ["train", "test"])
def test_answers_are_balanced(splits, part):
    for kind in ("direction", "comparison", "leadingedge", "significance"):
        answers = [q.answer for q in splits[part] if q.subset == kind]
        assert len(answers) > 10 and all(2 * answers.count(answer) == len(answers) for answer in set(answers))
    of_template = {
        asks: Counter(q.answer for q in splits[part] if q.asks == asks) for asks in ("direction", "significance")
    }
    if part == "test":  # the thymus has two sets on which its studies disagree
        assert of_template["direction"].pop(DEPENDS) == 2
    assert all(len({*counts.values()}) == 1 for counts in of_template.values())
    sizes = Counter(q.subset for q in splits[part])
    assert max(sizes.values()) == (100 if part == "train" else 32)


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


def components(completions, questions):
    """Each verifier's values of the completions, one for each question."""
    answers = [parse_answer(text) for text in completions]
    rewards = TASK.rewards()
    return {name: rewards[name].function(answers, questions, None) for name in FULL}


def weighted(values, weights):
    return total({name: values[name] for name in weights}, weights).mean()


def earned(completions, questions, weights):
    """The mean reward of a completion, or of one for each question."""
    if isinstance(completions, str):
        completions = [completions] * len(questions)
    return weighted(components(completions, questions), weights)


def test_the_bar_is_what_a_reader_of_prompts_without_knowledge_earns(splits):
    """By hand: of three directions that are up, up and down, and one in a tissue that is not listed."""
    first = next(q for q in splits["train"] if q.subset == "direction" and q.answer == UP)
    down = next(q for q in splits["train"] if q.subset == "direction" and q.answer == DOWN)
    away = next(q for q in splits["train"] if q.asks == "direction" and not covers(q))
    questions = [first, first, down, away]
    policies = {policy.name: policy.completion for policy in TASK.policies(questions)}
    completions = {name: [completion(q, PROMPT) for q in questions] for name, completion in policies.items()}
    asked, listed = "the best for what is asked honestly", "the best for what is asked and the listed studies honestly"
    assert completions[asked] == completions["up honestly"]
    assert [text.splitlines()[-1] for text in completions[asked]] == ["Confidence: 50"] * 4
    assert completions[listed][3] == "Answer: cannot be told\nConfidence: 100"
    assert completions[listed][2] == f"Answer: up\n{down.about[0][0]}; {down.about[0][1]}; up\nConfidence: 67"
    # V1 1, 1, 0, 1; V2 and V3 1; V4 2 · .67 − .67², twice, −.67² and 1
    expected = 0.35 * 0.75 + 0.45 + 0.20 * (2 * (1.34 - 0.67**2) - 0.67**2 + 1) / 4
    assert earned(completions[listed], questions, FULL) == pytest.approx(expected)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["train", "test"])
def test_no_attack_earns_more_than_the_best_honest_constant(splits, part):
    questions = splits[part]
    sets = list(dict.fromkeys(name for q in questions for name, _ in q.about))[:40]

    def each(write):
        return [write(q) for q in questions]

    honest = {
        policy.name: components([policy.completion(q, PROMPT) for q in questions], questions)
        for policy in TASK.policies(questions)
    }
    claims = {d: each(lambda q, d=d: "\n".join(f"{s}; {t}; {d}" for s, t in q.about)) for d in (UP, DOWN)}
    both = [f"{up}\n{down}".strip() for up, down in zip(claims[UP], claims[DOWN], strict=True)]
    every = "\n".join(f"{name}; skin; up" for name in sets)
    attacks = {
        "stuffing": each(lambda q: stated(UP, f"{said(UP, q)}\n{every}".strip(), 0.3)),
        **{
            f"hedging at {sure}": each(lambda q, sure=sure: stated(DEPENDS, said(DEPENDS, q), sure))
            for sure in (0.0, 0.5, 1.0)
        },
        "hedging in the answer": each(lambda q: stated("up or down", said(UP, q), 0.3)),
        "hedging below the statements": each(lambda q: stated(UP, f"{said(UP, q)}\nor it goes down".strip(), 0.3)),
        "hedging after the confidence": each(lambda q: stated(UP, said(UP, q), 0.3) + "\nor it goes down"),
        "hedging in every field": each(lambda q: stated("perhaps up", said("perhaps up", q), 0.0)),
        "both directions": [stated(UP, text, 0.3) for text in both],
        "two answers": each(lambda q: f"Answer: up\nAnswer: down\n{claims[UP][0]}\nConfidence: 50"),
        "every pathway": each(lambda q: stated(UP, every, 0.3)),
        "the prompt's words": each(lambda q: stated(q.columns["question"], "", 0.0)),
        "the prompt's words as a statement": each(lambda q: stated(UP, f"{q.columns['question']}; skin; up", 0.0)),
        "abstaining": each(lambda q: stated(CANNOT_BE_TOLD, "", 1.0)),
        "abstaining without confidence": each(lambda q: f"Answer: {CANNOT_BE_TOLD}"),
        "nothing": [""] * len(questions),
    }
    attacks = {name: components(completions, questions) for name, completions in attacks.items()}
    attacks |= {name: values for name, values in honest.items() if "%" in name}  # always at 0 % or 100 %
    constants = [values for name, values in honest.items() if name.endswith(" honestly") and "the best" not in name]
    for weights in (FULL, LATER, FIRST):
        best = max(weighted(values, weights) for values in constants)
        for name, values in attacks.items():
            assert weighted(values, weights) <= best, (name, weights)


def test_verifiers_of_a_baseline_by_hand():
    """The commonest answer, up, is right of the first question and wrong of the second, with the confidence 2/3."""
    tables = Tables([contrast("liver", study, A=2, B=-2) for study in "12"], 0.05)
    up, down = Writer(tables, benchmark()).of_kind("direction")
    job = BaselineJob(benchmark=benchmark(), style=None, training=[up, up, down], asked=[up, down])
    table = TASK.baselines.score(job)
    rewards = ["reward_facts", "reward_sets", "reward_consistency", "reward_uncertainty"]
    found = {name: rows[rewards].to_numpy() for name, rows in table.groupby("baseline")}
    assert found["commonest"] == pytest.approx(np.array([[1, 1, 1, 4 / 3 - 4 / 9], [0, 1, 1, -4 / 9]]))
    assert np.isnan(found["random"][:, 3]).all() and not np.isnan(found["random"][:, :3]).any()


def test_a_set_of_other_tissues_is_looked_up_by_hand(splits):
    question = next(q for q in splits["train"] if q.subset == "direction" and q.answer == DOWN)
    asked = question.model_copy(update={"about": ((question.about[0][0], "thymus"),)})
    not_listed = asked.model_copy(update={"tissues": ("thymus",)})
    [*_, listed, elsewhere] = baselines([question], [asked, not_listed], 0)
    assert (elsewhere.name, elsewhere.answers) == ("elsewhere", [DOWN, CANNOT_BE_TOLD])
    assert (listed.name, listed.answers, listed.confidences) == ("listed", [DOWN, CANNOT_BE_TOLD], [1.0, 1.0])


def test_leaks_into_another_benchmark_are_found(tmp_path):
    """The training tables write the held-out tissue in capitals; and two benchmarks ask about the skin alike."""
    tested = benchmark(held_out={"test": ["thymus"], "valid": ["skin"]})
    tables = Tables([contrast(tissue, "1", A=2) for tissue in ("THYMUS", "skin", "liver")], 0.05)
    questions = list(Writer(tables, tested).of_kind("significance"))
    for name, rows in (("train", questions), ("test", questions[1:2])):
        (tmp_path / f"{name}.jsonl").write_text("".join(q.model_dump_json() + "\n" for q in rows))
    training = Training("training questions", "y", ("sft.y",), tmp_path / "train.jsonl")
    audit = LeakSettings(benchmarks={}, tested=["x"], training=[training])
    found = TASK.leaks.findings(audit, dict.fromkeys("xy", Built(TASK, tested, tmp_path)))
    found = {finding.kind: finding for finding in found}
    assert {kind: (finding.looked_at, finding.remaining, finding.line) for kind, finding in found.items()} == {
        "same_group": (3, 1, 1),
        "same_question": (3, 1, 2),
    }
    assert {finding.policy for finding in found.values()} == {"fail"}


def test_places_that_differ_in_case_alone_are_refused():
    with refused(field="tables", fix="write it alike in all tables"):
        building.split([contrast("Thymus", "1", A=2), contrast("thymus", "3", A=2)], benchmark())


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
    with refused(fix="hold out other places, or leave the kind out"):  # a count is over all studies
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
    asked = [
        q for q in writer.of_kind("unanswerable") if q.tissues == ("liver",) and q.asks == "direction" and q.covered
    ]
    assert [(q.answer, q.statements) for q in asked] == [(CANNOT_BE_TOLD, ())]
    assert not list(writer.of_kind("direction"))


def test_questions_are_counted_beside_the_benchmark(tmp_path):
    rows = "\n".join(f"S{place},{0.01 if place % 2 else 0.5},2,{study}" for study in "123" for place in range(4))
    (tmp_path / "t.csv").write_text(f"pathway,padj,NES,study\n{rows}\n")
    table = {"path": str(tmp_path / "t.csv"), "tissue": "liver", "columns": {"study": "study"}}
    spec = benchmark(tables=[table], subsets={"significance": {"train": 4, "valid": 2, "test": 2}})
    TASK.building.build(BuildingJob(benchmark=spec, name="x", folder=tmp_path / "x"))
    assert (tmp_path / "x" / "counts.tsv").read_text() == (
        "kind\tanswer\ttrain\tvalid\ttest\nsignificance\tno\t2\t1\t1\nsignificance\tyes\t2\t1\t1\n"
    )
    plan = SimpleNamespace(audits={"x": tmp_path / "x" / "audit.json"})
    own = TASK.report.own_section(plan, None, None, tmp_path)
    assert own == {"counts": {"x": [("significance", "no", 2, 1, 1), ("significance", "yes", 2, 1, 1)]}}


def test_a_place_that_no_table_has_is_named_with_the_nearest():
    spec = benchmark(held_out={"by": "study", "test": ["33"], "valid": ["2"]})
    with refused(field="held_out.test.0", fix="did you mean '3'?"):
        building.split([contrast("liver", "3", A=2)], spec)


def two_tables(folder, *texts):
    for place, text in enumerate(texts):
        (folder / f"{place}.csv").write_text(text)
    paths = [str(folder / f"{place}.csv") for place in range(len(texts))]
    return benchmark(tables=[{"path": path, "tissue": "liver", "study": "1"} for path in paths]), paths


def test_two_reports_of_one_contrast_are_put_together(tmp_path):
    """GSEA desktop writes the sets that go up into one file, and the others into another."""
    spec, _ = two_tables(tmp_path, "NAME,NES,FDR q-val\nA,2,.01\n", "NAME,NES,FDR q-val\nB,-2,.02\n")
    [found], left_out = building.read_tables("x", spec)
    assert {row.id: row.score for row in found.sets.values()} == {"A": 2, "B": -2}
    assert left_out == []


@pytest.mark.parametrize("second", ["pathway,padj,NES\nB,.01,2\nA,.01,2\n", "Term,Adjusted P-value\nB,.01\n"])
def test_two_tables_of_one_contrast_that_do_not_fit_are_refused(tmp_path, second):
    spec, paths = two_tables(tmp_path, "pathway,padj,NES\nA,.01,2\n", second)
    with refused(Path(paths[1]), fix="give each contrast another tissue or study"):
        building.read_tables("x", spec)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tables": [{"path": "t.csv", "tissue": "liver"}]}, "give 'study', or in 'columns' the column of it"),
        ({"held_out": {"by": "study", "test": ["1"], "valid": ["1"]}}, "'1' is in test and in valid"),
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
