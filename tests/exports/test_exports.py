"""Exports, loaded and scored by the libraries that they are for, in an environment of their own."""

import json
from pathlib import Path

import pandas as pd
import pytest
from datasets import load_dataset
from environments import failure, python_with
from huggingface_hub import DatasetCard
from ranking_questions import case

from reasonome.answering.rows import AnswerRow
from reasonome.benchmarks.rows import SPLITS, is_sealed, read_rows
from reasonome.cli import main
from reasonome.config import Grading
from reasonome.core import atomic
from reasonome.exports.libraries import WRITERS, benchmark_card
from reasonome.exports.question_set import DESCRIPTION, Description, question_sets
from reasonome.exports.rewarded import RewardedQuestions
from reasonome.stages.grpo import GrpoRecipe
from reasonome.tasks import TASKS
from reasonome.tasks.naming.metrics import Judges
from reasonome.tasks.naming.scoring import score_answers
from reasonome.tasks.prediction.dialogue import PredictionQuestion, Target

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parent
NAME = "reasonome-demo-go-demo-names"
TASK = TASKS["gene_set_naming"]
# Exact names, part of one, another name, lost forms, nothing, and an answer full of HTML.
TEXTS = (
    "Process: {name}\nReasoning:\n<think>The genes share it.</think>",
    "Process: {name} of cells\nReasoning:\n<think>Half of the name.</think>",
    "Process: protein folding\nReasoning:\n<think>A guess.</think>",
    "{name}",
    "",
    "Process: <b>{name}</b><script>alert(1)</script>\nReasoning:\n<think>1 &lt; 2</think>",
)


@pytest.fixture
def demo(project, demo_benchmark, tmp_path, monkeypatch):
    """The shipped project in an empty folder, with the questions of demo-go in the style demo-names, half sealed."""
    monkeypatch.chdir(tmp_path)
    half = project.benchmarks["demo-go"].model_copy(update={"sealed": 0.5})
    monkeypatch.setitem(project.benchmarks, "demo-go", half)
    style = project.style("demo-go", "demo-names")
    for split in SPLITS:
        rows = (TASK.with_choice(row, style) for row in read_rows(demo_benchmark / f"{split}.jsonl", TASK.Example))
        path = project.results.prompts("demo-go", "demo-names") / f"{split}.jsonl"
        atomic.write_jsonl(path, (row.model_dump(exclude_defaults=True) for row in rows))
    return project


@pytest.fixture
def recorded(demo, tmp_path):
    """Answers to the first 20 open test questions, as rows of a file of answers, and their questions."""
    folder = demo.results.prompts("demo-go", "demo-names")
    opened = [row for row in read_rows(folder / "test.jsonl", TASK.Example) if not is_sealed(row, 0.5)][:20]
    texts = [TEXTS[i % len(TEXTS)].format(name=row.name) for i, row in enumerate(opened)]
    rows = [{"id": row.id, "subset": row.subset, "text": text} for row, text in zip(opened, texts, strict=True)]
    atomic.write_jsonl(tmp_path / "answers.jsonl", rows)
    return opened, texts


@pytest.fixture
def ours(demo, recorded):
    """What scoring says of the recorded answers: a row per question, with its rewards."""
    opened, texts = recorded
    answers = [
        AnswerRow(id=row.id, subset=row.subset, sample=0, order=0, prompt_sha256="0", text=text, finish_reason="stop")
        for row, text in zip(opened, texts, strict=True)
    ]
    style = demo.style("demo-go", "demo-names")
    return score_answers(TASK, style, opened, answers, Judges({}, None, None), seed=0).set_index("id")


def exported(demo, kind, folder, recipe=None):
    [questions] = question_sets(demo, "demo-go", "demo-names", recipe, rewarded=recipe is not None)
    WRITERS[kind](questions, folder / NAME)
    return folder / NAME


@pytest.mark.parametrize("library", ["verifiers", "lm-eval"])
def test_the_library_gives_recorded_answers_our_scores(demo, recorded, ours, tmp_path, library):
    python = python_with(HERE / "exports.lock", ".test-exports")
    folder = exported(demo, library, tmp_path, "grpo.demobpexact" if library == "verifiers" else None)
    program = [python, HERE / "score_with_library.py", library, folder, "answers.jsonl", tmp_path / "scores.json"]
    environment = {"PYTHONPATH": str(HERE.parents[1] / "scripts"), "HF_HUB_OFFLINE": "1", "HOME": str(tmp_path)}
    assert failure(program, env=environment, cwd=tmp_path) is None
    theirs = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert len(theirs) == 20
    for example in recorded[0]:
        said, row = theirs[example.id], ours.loc[example.id]
        messages = TASK.prompt(example, demo.style("demo-go", "demo-names")).messages
        assert said["asked"] == [message["content"] for message in messages]
        assert said["right"] == row["exact"]
        for reward in ("exact", "rouge_l", "format", "reasoning"):
            assert said[reward] == pytest.approx(row[f"reward_{reward}"])
        if library == "verifiers":  # grpo.demobpexact: 3 × exact + format + reasoning
            assert said["reward"] == pytest.approx(3 * said["exact"] + said["format"] + said["reasoning"])


def test_a_dataset_has_splits_and_a_card_and_no_sealed_question(demo, tmp_path):
    folder = exported(demo, "hub", tmp_path)
    dataset = load_dataset(str(folder), cache_dir=tmp_path / "cache")
    rows = {
        split: read_rows(demo.results.prompts("demo-go", "demo-names") / f"{split}.jsonl", TASK.Example)
        for split in SPLITS
    }
    opened = [row.id for row in rows["test"] if not is_sealed(row, 0.5)]
    assert dataset["test"]["id"][:] == opened
    assert 0 < len(opened) < len(rows["test"])
    assert [len(dataset[split]) for split in ("train", "valid")] == [len(rows["train"]), len(rows["valid"])]
    first = dataset["train"][0]
    assert [message["role"] for message in first["prompt"]] == ["system", "user"]
    assert first["completion"][0]["content"].startswith(f"Process: {rows['train'][0].name}")
    card = DatasetCard.load(folder / "README.md")
    assert card.data.license == ["cc-by-4.0", "cc0-1.0"]
    assert "| go-demo | GO 2022-07-01, slice shipped with reasonome | CC-BY-4.0 |" in card.text
    assert f"{len(rows['test']) - len(opened)} test questions are sealed" in card.text


def test_the_folder_of_a_benchmark_loads_by_its_card_though_rows_lack_what_others_have(demo, demo_benchmark, tmp_path):
    folder = demo.results.benchmark("demo-go")
    for split in SPLITS:
        rows = atomic.read_jsonl(demo_benchmark / f"{split}.jsonl")
        if split == "test":
            rows.append(rows[0] | {"id": "GO:1-50", "subset": "bp-50", "term": rows[0]["id"]})
        atomic.write_jsonl(folder / f"{split}.jsonl", rows)
    atomic.write_text(folder / "README.md", benchmark_card(demo, "demo-go"))
    dataset = load_dataset(str(folder), cache_dir=tmp_path / "cache")
    assert dataset["test"][-1]["term"] == dataset["test"][0]["id"] and dataset["train"][0]["term"] is None


def test_rewards_are_those_of_the_recipe(demo, recorded, ours, tmp_path):
    folder = exported(demo, "verifiers", tmp_path, recipe="grpo.demobpexact")
    rewarded = RewardedQuestions(next(folder.glob("*/data")))
    opened, texts = recorded
    rows = {row["id"]: row for row in rewarded.rows("test")}
    assert set(rows) >= {example.id for example in opened}
    scores = rewarded.scores(texts[0], rows[opened[0].id]["example"])
    assert scores == {"right": 1.0, "exact": 1.0, "rouge_l": 1.0, "format": 1.0, "reasoning": 1.0, "reward": 5.0} | {
        "confidence": scores["confidence"]
    }


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["demo-goo", "--style", "demo-names"], None),
        (["demo-go"], "--style"),
        (["demo", "--style", "nmaes"], "--style"),
        (["demo-go", "--style", "demo-names", "--recipe", "grpo.sotf"], "--recipe"),
        (["demo-go", "--style", "demo-names", "--recipe", "sft.names"], "--recipe"),
        (["demo-go", "--style", "demo-names", "--recipe", "grpo.demoloci"], "--recipe"),
        (["demo-go", "--style", "demo-names"], "--recipe"),
        (["demo-reward-ablation"], "--recipe"),
    ],
    ids=["unknown", "no-style", "unknown-style", "unknown-recipe", "no-rewards", "other-task", "no-recipe", "several"],
)
def test_what_cannot_be_exported_is_told(demo, tmp_path, refused, words, field):
    with refused(field=field):
        main(["export", *words, "--to", "verifiers", "--config", str(HERE.parents[1] / "config"), "--output", "out"])
    assert not list(Path().glob("out/*/*"))


def test_questions_that_were_not_written_are_told(demo, refused):
    path = demo.results.prompts("demo-go", "demo-names") / "valid.jsonl"
    path.unlink()
    with refused(file=path):
        question_sets(demo, "demo-go", "demo-names", None, rewarded=False)


def test_an_export_is_not_overwritten(demo, refused, capsys):
    words = ["export", "demo-go", "--style", "demo-names", "--to", "hub", "--config", str(HERE.parents[1] / "config")]
    assert main(words) == 0
    assert "sealed" not in capsys.readouterr().out  # the shipped demo seals nothing
    assert pd.read_parquet(f"exports/hub/{NAME}/data/test.parquet")["id"].is_unique
    with refused(file=f"exports/hub/{NAME}"):
        main(words)


def test_a_reward_that_is_called_right_is_told_beside_whether_the_answer_is_right(project, tmp_path):
    """3 of 10 training answers are yes: the right no earns (10/7 - 1) / (10/3 - 1), a wrong yes -1 / (10/3 - 1)."""
    style = project.style("demo-genes", "symbols").model_dump(mode="json")
    said = Description(
        benchmark="demo-genes",
        style_name="symbols",
        task="gene_classification",
        style=style,
        rewards={"right": 2.0, "format": 1.0},
        grading=Grading(),
        graders={},
        pooling={},
        max_new_tokens=8,
    )
    atomic.write_json(tmp_path / DESCRIPTION, said.model_dump(mode="json"))
    target = Target(question="Is it a kinase?", classes=("yes", "no"), shares={"yes": 0.3, "no": 0.7})
    question = PredictionQuestion(id="1", subset="s", columns={"symbol": "A", "name": "a"}, answer="no", target=target)
    rewarded = RewardedQuestions(tmp_path)
    assert rewarded.metrics == ["right", "reward_right", "confidence", "format", "reward"]
    for said, right, earned in (("no", 1, 9 / 49), ("yes", 0, -3 / 7)):
        scores = rewarded.scores(f"Answer: {said}\nConfidence: 50", question.model_dump_json())
        assert (scores["right"], scores["reward_right"]) == (right, pytest.approx(earned))
        assert scores["reward"] == pytest.approx(2 * earned + 1)


def test_graders_of_one_file_name_are_both_carried(demo, monkeypatch, tmp_path):
    for folder, value in (("a", 0.25), ("b", 0.75)):
        atomic.write_text(tmp_path / folder / "g.py", f"def f(answer, example):\n    return {value}\n")
    graders = {name: {"function": f"{name}/g.py:f"} for name in ("a", "b")}
    recipe = demo.recipes["grpo"]["demobpexact"]
    grading = GrpoRecipe.model_validate(recipe.model_dump() | {"graders": graders})
    monkeypatch.setitem(demo.recipes["grpo"], "demobpexact", grading)
    rewarded = RewardedQuestions(next(exported(demo, "verifiers", tmp_path / "out", "grpo.demobpexact").glob("*/data")))
    row = rewarded.rows("test")[0]
    scores = rewarded.scores(row["target"] + "\nReasoning:\n<think>It is.</think>", row["example"])
    assert (scores["a"], scores["b"]) == (0.25, 0.75)


def test_recipes_with_other_encoders_differ_in_their_rewards(demo, monkeypatch, refused):
    soft = demo.recipes["grpo"]["demobpsoft"]
    for name, encoder in (("demobpexact", "minilm"), ("demobpform", "sapbert")):
        monkeypatch.setitem(demo.recipes["grpo"], name, soft.model_copy(update={"encoders": [encoder]}))
    with refused(field="--recipe"):
        question_sets(demo, "demo-reward-ablation", None, None, rewarded=True)


def test_without_a_recipe_as_many_genes_of_a_list_count_as_in_tables_of_scores(project, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    two = project.benchmarks["demo-cases"].model_copy(update={"longest_list": 2})
    monkeypatch.setitem(project.benchmarks, "demo-cases", two)
    for split in SPLITS:
        path = project.examples("demo-cases", "short") / f"{split}.jsonl"
        atomic.write_jsonl(path, [case(split, "TTN").model_dump(mode="json", exclude_defaults=True)])
    [questions] = question_sets(project, "demo-cases", "short", None, rewarded=False)
    questions.write(tmp_path / "data")
    rewarded = RewardedQuestions(tmp_path / "data")
    [row] = rewarded.rows("test")
    assert rewarded.scores("<genes>[FBN1, TTN, NEB]</genes>", row["example"])["reciprocal_rank"] == 1 / 2
    assert rewarded.scores("<genes>[FBN1, NEB, TTN]</genes>", row["example"])["reciprocal_rank"] == 0


def test_answers_may_be_as_long_as_in_the_experiments_that_ask_the_questions(demo, monkeypatch):
    def longest() -> int:
        [questions] = question_sets(demo, "demo-go", "demo-names", None, rewarded=False)
        return questions.description.max_new_tokens

    assert longest() == 96  # by the decoding of `demo`
    another = demo.experiments["demo"].model_copy(update={"decodings": ["greedy-1024"]})
    monkeypatch.setitem(demo.experiments, "another", another)
    assert longest() == 1024


def test_an_empty_split_is_left_out(demo, tmp_path):
    path = demo.results.prompts("demo-go", "demo-names") / "valid.jsonl"
    path.write_text("")
    dataset = load_dataset(str(exported(demo, "hub", tmp_path)), cache_dir=tmp_path / "cache")
    assert sorted(dataset) == ["test", "train"]
