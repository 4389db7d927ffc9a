"""docs/your-own.md: its files, written as they stand there, make all that it says before anything trains."""

import re
import shutil

import pandas as pd
import pytest
import tiny_project

from reasonome.core import atomic

pytestmark = pytest.mark.slow

PAGE = tiny_project.ROOT / "docs/your-own.md"
FILE = re.compile(r"`((?:mine|config/own)/[\w./-]+)`[^\n]*\n(?:\S[^\n]*\n)*\n((?:    [^\n]*\n|\n)+)")


def test_the_files_of_the_page_build_what_it_says(tmp_path):
    text, _, _ = PAGE.read_text(encoding="utf-8").partition("\n## Pairs of genes\n")
    files = {name: re.sub(r"(?m)^    ", "", block).strip() + "\n" for name, block in FILE.findall(text)}
    assert len(files) == 9 and "config/own/recipes/pretrain.yaml" not in files
    files["config/own/recipes/pretrain.yaml"] = "variants:\n  ours: {corpus: ours}\n"
    shutil.copytree(tiny_project.ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns("own"))
    (tmp_path / "resources").symlink_to(tiny_project.ROOT / "resources")
    for name, content in files.items():
        atomic.write_text(tmp_path / name, content)
    targets = re.findall(r"(?m)^    snakemake (?:-n )?--cores 2 (\S+)", text)
    tiny_project.snakemake(tmp_path, *targets[1:-1])
    results = tmp_path / "results"
    questions = atomic.read_jsonl(results / "benchmarks/kinds/test.jsonl")
    assert {question["answer"] for question in questions} == {"kinase", "transporter"}
    said = [row["text"] for row in atomic.read_jsonl(results / "statements/ours/train.jsonl")]
    assert any("Yamanaka factors" in sentence for sentence in said) and len(said) < 100
    recipe = atomic.read_json(results / "models/smollm2-135m/sft.kinds-s0+grpo.kinds-s0/recipe.json")
    assert recipe["graders"]["brief"]["weight"] == 0.3
    baselines = pd.read_parquet(results / "baselines/kinds.names.parquet")
    assert set(baselines["reward_brief"]) == {1.0}, "answers without a word of reasoning"
    assert tiny_project.planned_jobs(tmp_path, targets[-1])["grpo"] == 1
