"""The exported folder: `datasets` loads it, no sealed question is in it, and the lines of docs/exports.md use it."""

import asyncio
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Generic, TypeVar

import pytest
import tiny_project
import yaml
from datasets import DatasetDict, load_dataset
from huggingface_hub import DatasetCard
from refusals import refused

from reasonome.benchmarks.rows import SPLITS, is_sealed, read_rows
from reasonome.cli import main
from reasonome.compile.cards import dataset_card_settings
from reasonome.core import atomic
from reasonome.exports.dataset_card import benchmark_card
from reasonome.tasks import TASKS, load_project

BLOCK = re.compile(r"(?m)^    # ([\w/.]+)\n((?:    .*\n|\n)+)")
BLOCKS = {
    name: re.sub(r"(?m)^    ", "", block)
    for name, block in BLOCK.findall((tiny_project.ROOT / "docs/exports.md").read_text(encoding="utf-8"))
}
COLUMNS = ["prompt", "answer", "id", "subset", "example"]
TASK = TASKS["closed_book"]
WORDS = ["export", "closed-book", "--style", "symbols", "--out", "exports/closed-book"]


@pytest.fixture
def half_sealed(tmp_path, monkeypatch) -> Path:
    """The folder of the questions of closed-book, 20 in each split, in a project that seals half of the test split."""
    monkeypatch.chdir(tmp_path)
    tiny_project.copied_config(tmp_path)
    tiny_project.edit(tmp_path, "benchmarks.yaml", lambda c: c["closed-book"].update(sealed=0.5))
    folder = tmp_path / "results/prompts/closed-book.symbols"
    for split in SPLITS:
        genes = [{"symbol": f"G{n}", "name": f"gene {n}"} for n in range(20)]
        rows = [
            {"id": f"R-{split}-{n}", "subset": "asked", "name": f"Pathway {n}", "genes": [gene]}
            for n, gene in enumerate(genes)
        ]
        atomic.write_jsonl(folder / f"{split}.jsonl", rows)
    return folder


def loaded(tmp_path: Path) -> DatasetDict:
    return load_dataset("exports/closed-book", cache_dir=str(tmp_path / "cache"))


def test_the_folder_has_splits_and_a_card_and_no_sealed_question(half_sealed, tmp_path, capsys):
    assert main(WORDS) == 0
    dataset = loaded(tmp_path)
    assert {split: rows.column_names for split, rows in dataset.items()} == dict.fromkeys(
        ("train", "validation", "test"), COLUMNS
    )
    tested = read_rows(half_sealed / "test.jsonl", TASK.Example)
    opened = [row.id for row in tested if not is_sealed(row, 0.5)]
    assert dataset["test"]["id"][:] == opened and 0 < len(opened) < 20
    sealed = {row.id for row in tested} - {*opened}
    written = "".join(path.read_text(encoding="utf-8") for path in Path("exports/closed-book").iterdir())
    assert [name for name in sealed if f'"{name}"' in written] == []
    first = dataset["train"][0]
    assert [message["role"] for message in first["prompt"]] == ["system", "user"]
    assert first["prompt"][1]["content"].strip() == "G0" and first["answer"] == "Process: Pathway 0"
    card = DatasetCard.load("exports/closed-book/README.md")
    assert f"{len(sealed)} test questions are sealed" in card.text and "| validation | 20 |" in card.text
    assert f"{len(sealed)} test questions are sealed" in capsys.readouterr().out
    with refused("exports/closed-book", field="--out", fix="remove it"):
        main(WORDS)


def test_an_empty_split_is_left_out(half_sealed, tmp_path):
    (half_sealed / "valid.jsonl").write_text("")
    main(WORDS)
    assert sorted(loaded(tmp_path)) == ["test", "train"]


def test_an_unknown_name_is_told_with_the_nearest(half_sealed):
    with refused(fix="did you mean 'symbols'?"):
        main(["export", "closed-book", "--style", "symbls", "--out", "out"])
    assert not Path("out").exists()


def test_questions_that_were_not_written_are_told(half_sealed):
    (half_sealed / "valid.jsonl").unlink()
    with refused("results/prompts/closed-book.symbols/valid.jsonl", fix="snakemake --cores 2"):
        main(WORDS)


def test_the_folder_of_a_benchmark_loads_by_its_card_though_rows_lack_what_others_have(half_sealed, tmp_path):
    project = load_project()
    folder = project.results.benchmark("closed-book")
    for split in SPLITS:
        rows = atomic.read_jsonl(half_sealed / f"{split}.jsonl")
        if split == "test":
            rows.append(rows[0] | {"id": "R-50", "subset": "asked-50", "term": rows[0]["id"]})
        atomic.write_jsonl(folder / f"{split}.jsonl", rows)
    settings = dataset_card_settings(project, "closed-book")
    files = {split: folder / f"{split}.jsonl" for split in SPLITS}
    atomic.write_text(folder / "README.md", benchmark_card(settings, TASKS["closed_book"], files))
    dataset = load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert dataset["test"][-1]["term"] == dataset["test"][0]["id"] and dataset["train"][0]["term"] is None


def stand_in_for_verifiers() -> ModuleType:
    """What the page uses of verifiers.v1, without what asks a model."""
    data = TypeVar("data")
    config = TypeVar("config")

    class Task(Generic[data]):
        def __init__(self, data, config):
            self.data = data

    class Taskset(Generic[data, config]):
        config = SimpleNamespace(task=None)

    module = ModuleType("verifiers.v1")
    names = {"TaskData": SimpleNamespace, "Task": Task, "Taskset": Taskset, "Trace": object, "TasksetConfig": object}
    vars(module).update(names, reward=lambda weight: lambda method: method)
    return module


def run(name: str) -> dict:
    """The names that a block of Python of the page defines."""
    defined: dict = {}
    exec(compile(BLOCKS[name], name, "exec"), defined)
    return defined


def test_the_lines_for_verifiers_ask_the_questions_and_reward_right_answers(half_sealed, tmp_path, monkeypatch):
    main(WORDS)
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    module = stand_in_for_verifiers()
    monkeypatch.setitem(sys.modules, "verifiers", ModuleType("verifiers"))
    monkeypatch.setitem(sys.modules, "verifiers.v1", module)
    vars(sys.modules["verifiers"])["v1"] = module
    asked = list(run("closed_book.py")["Questions"]().load())
    assert len(asked) == 20 and asked[3].data.prompt.strip() == "G3" and asked[3].data.system_prompt
    for said, right in (("Process: pathway 3", 1.0), ("Process: Pathway 4", 0.0), ("Pathway 3", 0.0)):
        assert asyncio.run(asked[3].right(SimpleNamespace(last_reply=said))) == right


def test_the_lines_for_lm_evaluation_harness_name_columns_that_are_there(half_sealed, tmp_path):
    main(WORDS)
    dataset = loaded(tmp_path)

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))
    said = yaml.load(BLOCKS["harness/closed_book.yaml"], Loader)
    assert said["dataset_path"] == "exports/closed-book"
    splits = [said[f"{kind}_split"] for kind in ("training", "validation", "test")]
    assert splits == list(dataset)
    templates = " ".join(said[key] for key in ("description", "doc_to_text"))
    assert {said["doc_to_target"], *re.findall(r"\{\{ (\w+)", templates)} <= {*COLUMNS}
    file, _, function = said["process_results"].partition(".")
    scores = run(f"harness/{file}.py")[function]
    doc = dataset["test"][0]
    assert scores(doc, [doc["answer"]]) == {"right": 1.0} and scores(doc, ["Process: none"]) == {"right": 0.0}
    assert [metric["metric"] for metric in said["metric_list"]] == ["right"]
