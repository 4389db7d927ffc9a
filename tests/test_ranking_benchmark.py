"""The demo's loci through Snakemake: every row is in a split or left out with a reason, and nothing leaks."""

import json
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import tiny_project
from checkout import ROOT

from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.facts.sources import gold_standards
from reasonome.facts.sources.formats import AUTHORITIES
from reasonome.tasks.ranking.questions import LocusExample
from reasonome.tasks.ranking.splits import leaks

GOLD = ROOT / "resources" / "demo-ranking" / "gold_standards.tsv.gz"


def test_the_slice_holds_no_free_text():
    table = pd.read_csv(GOLD, sep="\t", dtype=str, keep_default_na=False)
    assert table.shape == (896, 31)
    assert not table[["gold_standard_info.evidence.description", "metadata.comments"]].any(axis=None)
    assert len(gold_standards.read(GOLD)) == 896


def build(folder, old="", new="", file="benchmarks.yaml", pinned=True):
    """Run the program on the demo's loci, a text of one file of its configuration changed, with or without pins."""
    if not (folder / "config").exists():
        shutil.copytree(ROOT / "config", folder / "config")
        (folder / "resources").symlink_to(ROOT / "resources")
        other = folder / "results/benchmarks/demo-cases"  # which the loci leave out
        other.mkdir(parents=True)
        for part in ("valid", "test"):
            (other / f"{part}.jsonl").touch()
    if not pinned:
        (folder / "config/sources.lock.yaml").unlink()
    path = folder / "config" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    command = [sys.executable, str(ROOT / "scripts" / "build_benchmark.py")]
    command += ["--benchmark", "demo-loci", "--output", "built"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


SUBSET = "{source: gold-standards-demo, test: 60,"


@pytest.mark.slow
def test_too_few_questions_say_why_and_write_nothing(tmp_path):
    done = build(tmp_path, SUBSET, SUBSET.replace("60", "6000"))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "subset 'loci' has 250 questions, 5750 too few" in done.stderr
    assert "of 896 rows of 'gold-standards-demo' 269 are in questions; left out: 414 too many candidates" in done.stderr
    assert not (tmp_path / "built").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("sources.lock.yaml", "3dbad83fec1d", "000000000000", "gold-standards-demo.files.table: resources/"),
        (
            "sources.yaml",
            "gold-standards-demo:\n",
            "gold-standards-demo:\n  restricted: true\n  licence_url: https://example.org/terms\n",
            "'gold-standards-demo' is under a restricted licence that nobody has accepted here",
        ),
    ],
    ids=["another file than the pinned one", "licence"],
)
def test_sources_that_may_not_be_used(tmp_path, file, old, new, told):
    done = build(tmp_path, old, new, file=file)
    assert done.returncode == 2 and told in done.stderr
    assert not (tmp_path / "built").exists()


@pytest.mark.slow
def test_traits_that_name_their_answers_make_no_questions(tmp_path):
    table = pd.read_csv(GOLD, sep="\t", dtype=str, keep_default_na=False)
    authority = {"table": ROOT / "resources/demo/hgnc_complete_set.txt.gz"}
    symbols = {gene.ensembl_id: gene.symbol for gene in AUTHORITIES["hgnc"](authority)}
    named = table["gold_standard_info.gene_id"].map(symbols).fillna("no gene")
    named = named.mask(named.isin(["HP", "TF"]), "no gene")  # of two letters, which are words
    kept = (named == "no gene").sum()
    table["trait_info.reported_trait_name"] += " (" + named + " levels)"
    table.to_csv(tmp_path / "gold.tsv", sep="\t", index=False)
    shipped = "resources/demo-ranking/gold_standards.tsv.gz"
    done = build(tmp_path, shipped, "gold.tsv", file="sources.yaml", pinned=False)
    asked = int(re.search(r"subset 'loci' has (\d+) questions", done.stderr)[1])
    assert done.returncode == 2 and asked <= kept < 10
    assert "the question names its answer" in done.stderr


@pytest.mark.full
@pytest.mark.slow
def test_the_order_of_every_style_is_looked_at(tmp_path):
    assert build(tmp_path, "reasoning:", "seed: 7\nreasoning:", "prompts/causal_gene_ranking.short.txt").returncode == 0
    told = json.loads((tmp_path / "built" / "audit.json").read_text())["shortcuts"]
    assert {"first by seed 0", "last by seed 0", "first by seed 7", "last by seed 7", "shortest symbol"} <= told.keys()
    assert told["first by seed 0"] != told["first by seed 7"]


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
