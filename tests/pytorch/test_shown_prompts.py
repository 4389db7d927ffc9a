"""`reasonome prompts`: what models will learn from and be asked, before anything is trained."""

import shutil
from pathlib import Path

import pytest
import tiny_project
from refusals import refused

from reasonome import cli
from reasonome.benchmarks.rows import is_sealed
from reasonome.core import atomic
from reasonome.prompts.chat_template import load_tokenizer, render
from reasonome.tasks import load_project

EXPERIMENT = """\
backbones: [smollm2-135m]
arms:
  base: []
  RA: [pretrain.demo, sft.names]
  TA: [pretrain.demo, sft.names, grpo.soft]
seeds: [0]
benchmarks: [demo-go]
styles: [demo-names]
decodings: [greedy]
"""
ASKED = Path("results/prompts/demo-go.demo-names")


@pytest.fixture
def built(tmp_path, config, tiny_backbone, monkeypatch) -> Path:
    """A project with an experiment `mine`, a row of each split, statements, reasoning and an untouched backbone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resources").symlink_to(tiny_project.ROOT / "resources")
    (config / "experiments/mine.yaml").write_text(EXPERIMENT)
    base = Path("results/models/smollm2-135m/base")
    shutil.copytree(tiny_backbone, base / "model")
    atomic.write_json(base / "manifest.json", {})
    for split, name in (("train", "DNA repair"), ("valid", "mitosis"), ("test", "lysis")):
        genes = [{"symbol": "GENA", "name": "gene A"}]
        atomic.write_jsonl(ASKED / f"{split}.jsonl", [{"id": name[:3], "subset": "bp", "name": name, "genes": genes}])
    atomic.write_jsonl("results/statements/demo/train.jsonl", [{"text": "GENA repairs."}, {"text": "not shown"}])
    reasoning = [{"id": "DNA", "proposed": "DNA repair", "steps": ["GENA repairs DNA."]}]
    atomic.write_jsonl("results/reasoning/knowledge-given/demo-go.demo-names.jsonl", reasoning)
    return tmp_path


@pytest.mark.slow
def test_each_step_shows_what_it_learns_and_each_arm_what_it_is_asked(built, capsys):
    assert cli.main(["prompts", "mine"]) == 0
    parts = {part.split("\n")[0]: part for part in capsys.readouterr().out.split("--- ")[1:]}
    assert list(parts) == [
        "asked: demo-go, style demo-names",
        "pretrain.demo: statements of demo",
        "sft.names: demo-go, style demo-names",
        "asked: demo-go, style demo-names: as of base",
        "pretrain.demo: statements of demo: as of RA",
        "sft.names: demo-go, style demo-names: as of RA",
        "grpo.soft: demo-go, style demo-names",
    ]
    assert "GENA repairs." in parts["pretrain.demo: statements of demo"]
    taught = parts["sft.names: demo-go, style demo-names"]
    assert "[target]\nProcess: DNA repair\nReasoning:\n<think>GENA repairs DNA.</think>\n" in taught
    project = load_project(Path("config"))
    task, style = project.task("demo-go"), project.style("demo-go", "demo-names")
    [row] = [task.Example.model_validate(one) for one in atomic.read_jsonl(ASKED / "train.jsonl")]
    tokenizer = load_tokenizer("results/models/smollm2-135m/base/model")
    text = render(tokenizer, task.prompt(row, style).messages)
    assert f"[DNA: {len(tokenizer(text)['input_ids'])} tokens]\n{text}\n[target]" in taught
    assert f"{text}\n[right]\nProcess: DNA repair\n" in parts["grpo.soft: demo-go, style demo-names"]
    assert "[mit: " in parts["asked: demo-go, style demo-names"]


def test_without_valid_questions_test_ones_that_are_not_sealed_are_shown(built, capsys):
    path = built / "config/benchmarks.yaml"
    tiny_project.change(path, "demo-go:\n", "demo-go:\n  sealed: 0.5\n")
    rows = [{"id": f"T{n}", "subset": "bp", "name": "lysis", "genes": [{"symbol": "GENA"}]} for n in range(8)]
    example = load_project(Path("config")).task("demo-go").Example
    open_ids = [row["id"] for row in rows if not is_sealed(example.model_validate(row), 0.5)]
    assert 0 < len(open_ids) < 8
    atomic.write_jsonl(ASKED / "valid.jsonl", [])
    atomic.write_jsonl(ASKED / "test.jsonl", rows)
    assert cli.main(["prompts", "mine", "--show", "8"]) == 0
    asked = capsys.readouterr().out.split("--- ")[1]
    assert [row["id"] for row in rows if f"[{row['id']}: " in asked] == open_ids


def test_what_is_not_built_is_told_with_the_targets_that_build_it(built):
    Path("results/statements/demo/train.jsonl").unlink()
    (ASKED / "valid.jsonl").unlink()
    with refused(fix="snakemake --cores 2"):
        cli.main(["prompts", "mine"])
    with refused(fix="did you mean 'mine'?"):
        cli.main(["prompts", "mien"])
    with refused(fix="did you mean 'smollm2-135m'?"):
        cli.main(["prompts", "mine", "--backbone", "smollm2-153m"])
    text = EXPERIMENT.replace("smollm2-135m", "gpt-4o").split("arms:")[0] + "arms:\n  base: []\n"
    Path("config/experiments/asked.yaml").write_text(text + EXPERIMENT[EXPERIMENT.index("seeds:") :])
    with refused(fix="name an experiment with such a backbone"):
        cli.main(["prompts", "asked"])
