"""The demo's loci through Snakemake: every row is in a split or left out with a reason, and nothing leaks."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import tiny_project

from reasonome.benchmarks.ranking_splits import leaks
from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.sources import gold_standards
from reasonome.tasks.ranking import LocusExample

ROOT = Path(__file__).parents[1]
GOLD = ROOT / "resources" / "demo-ranking" / "gold_standards.tsv.gz"


def test_the_slice_holds_no_free_text():
    table = pd.read_csv(GOLD, sep="\t", dtype=str, keep_default_na=False)
    assert table.shape == (896, 31)
    assert not table[["gold_standard_info.evidence.description", "metadata.comments"]].any(axis=None)
    assert len(gold_standards.read(GOLD)) == 896


@pytest.mark.slow
def test_the_demo_benchmark(tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "resources").symlink_to(ROOT / "resources")
    made = tmp_path / "results" / "benchmarks" / "demo-loci"
    tiny_project.snakemake(tmp_path, "results/benchmarks/demo-loci/test.jsonl")
    parts = {part: read_rows(made / f"{part}.jsonl", LocusExample) for part in SPLITS}
    audit = json.loads((made / "audit.json").read_text())
    left_out = pd.read_csv(made / "left_out.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert (len(parts["test"]), len(parts["valid"])) == (60, 30) and len(parts["train"]) > 100
    rows = audit["rows"]
    assert sum(rows[part] for part in SPLITS) + len(left_out) == 896
    assert left_out["reason"].value_counts().to_dict() == rows["left_out"]
    for one in (example for examples in parts.values() for example in examples):
        symbols = [gene.symbol for gene in one.candidates]
        assert 5 <= len(symbols) <= 12 and one.right <= set(symbols) and len(set(symbols)) == len(symbols)
        assert all(gene.distance <= 500_000 for gene in one.candidates)
    assert not any(leaks(parts["train"], parts["test"] + parts["valid"], 1_000_000))
    assert not {one.group for one in parts["train"]} & {one.group for one in parts["test"]}
