"""Genes shown and sets cut, counted in prompt files."""

import shutil

import pytest
import tiny_project

from reasonome import cli
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.prompts import counts as prompt_counts
from reasonome.tasks import load_project

CONFIG = tiny_project.ROOT / "config"


def row(number, genes, shown, **fields):
    symbols = [f"G{i}" for i in range(genes)]
    listed = [{"symbol": symbol} for symbol in symbols]
    return {"id": f"GO:{number}", "subset": "bp", "name": "x", "genes": listed, "shown": symbols[:shown], **fields}


@pytest.fixture
def project(tmp_path, monkeypatch) -> Project:
    """The demo's prompts: sets of 2, 201 and 9 genes with names, and one of 4 in symbols."""
    monkeypatch.chdir(tmp_path)
    for part, rows in (
        ("train", [row(1, 2, 2), row(2, 201, 3)]),
        ("valid", [row(3, 9, 4, facts_left_out=6)]),
        ("test", []),
    ):
        atomic.write_jsonl(tmp_path / f"results/prompts/demo-go.demo-names/{part}.jsonl", rows)
        few = [row(4, 4, 4)] if part == "test" else []
        atomic.write_jsonl(tmp_path / f"results/prompts/demo-go.demo-symbols/{part}.jsonl", few)
    shutil.copytree(CONFIG, tmp_path / "config")
    symbols = {"symbols": {"steps": ["sft.symbols"], "styles": ["demo-symbols"]}}
    tiny_project.edit(tmp_path, "experiments/demo.yaml", lambda c: c["arms"].update(symbols))
    return load_project(tmp_path / "config")


def test_genes_shown_and_sets_cut(project):
    counts = prompt_counts.table(project, ["demo"]).to_dict("records")
    names = {"experiment": "demo", "benchmark": "demo-go", "style": "demo-names", "sets": 3}
    assert counts[0] == names | {"genes": 212 / 3, "shown": 3.0, "cut": 2, "small_cut": 1, "left_out": 2.0}
    assert counts[1] == names | {
        "style": "demo-symbols",
        "sets": 1,
        "genes": 4.0,
        "shown": 4.0,
        "cut": 0,
        "small_cut": 0,
        "left_out": 0.0,
    }


def test_the_command_prints_a_table_for_pages(project, capsys):
    assert cli.main(["prompts", "demo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:] == [
        "| demo | demo-go | demo-names | 3 | 70.7 | 3.0 | 2 | 1 | 2.0 |",
        "| demo | demo-go | demo-symbols | 1 | 4.0 | 4.0 | 0 | 0 | 0.0 |",
    ]
    assert {line.count("|") for line in lines} == {10}


def test_prompts_that_are_not_written(project, refused):
    with refused():
        prompt_counts.table(project, ["gene-r1"])
    with refused():
        prompt_counts.table(project, ["gene-r2"])


def test_what_is_asked_and_what_is_trained_on_is_counted(project):
    assert prompt_counts.prompted(project, "causal-genes")[-1] == ("rare-cases-transfer", "short")
    assert prompt_counts.prompted(project, "gene-r1") == [("go", "symbols"), ("reactome-human", "symbols")]
    first = [f"results/prompts/go.symbols/{part}.jsonl" for part in ("train", "valid", "test")]
    assert [str(path) for path in prompt_counts.prompt_files(project, "gene-r1")[:3]] == first
