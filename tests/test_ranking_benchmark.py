"""The demo's loci through Snakemake: every row is in a split or left out with a reason, and nothing leaks."""

import json
import re
import shutil

import pandas as pd
import pytest
import tiny_project
from checkout import ROOT
from refusals import refused

from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.facts.sources import gold_standards
from reasonome.facts.sources.formats import AUTHORITIES
from reasonome.task_parts import BuildingJob
from reasonome.tasks.ranking.questions import LocusExample
from reasonome.tasks.ranking.splits import leaks
from reasonome.tasks.ranking.task import CausalGeneRanking

GOLD = ROOT / "resources" / "demo-ranking" / "gold_standards.tsv.gz"
HGNC = ROOT / "resources" / "demo" / "hgnc_complete_set.txt.gz"


def test_the_slice_holds_no_free_text():
    table = pd.read_csv(GOLD, sep="\t", dtype=str, keep_default_na=False)
    assert table.shape == (896, 31)
    assert not table[["gold_standard_info.evidence.description", "metadata.comments"]].any(axis=None)
    assert len(gold_standards.read(GOLD)) == 896


def build(project, folder, questions=GOLD, **subset):
    """Build the demo's loci, of other questions or with other settings of their subset."""
    shipped = project.benchmarks["demo-loci"]
    spec = shipped.model_copy(update={"subsets": {"loci": shipped.subsets["loci"].model_copy(update=subset)}})
    files = {
        "authority": {"table": HGNC},
        "questions": {"loci": questions},
        "locations": [ROOT / "resources/demo-ranking/gene_locations.tsv.gz"],
    }
    further = [{"gold-standards-demo": "gold_standards"}, [0, 7]]
    job = BuildingJob(benchmark=spec, name="demo-loci", folder=folder / "built", files=files, further=further)
    CausalGeneRanking().building.build(job)


@pytest.mark.slow
def test_too_few_questions_say_why_and_write_nothing(project, tmp_path):
    with refused(field="subsets.loci.test") as error:
        build(project, tmp_path, test=6000)
    assert "subset 'loci' has 250 questions, 5750 too few" in error.value.what
    told = "of 896 rows of 'gold-standards-demo' 269 are in questions; left out: 414 too many candidates"
    assert told in error.value.what and not (tmp_path / "built").exists()


@pytest.mark.slow
def test_traits_that_name_their_answers_make_no_questions(project, tmp_path):
    table = pd.read_csv(GOLD, sep="\t", dtype=str, keep_default_na=False)
    symbols = {gene.ensembl_id: gene.symbol for gene in AUTHORITIES["hgnc"]({"table": HGNC})}
    named = table["gold_standard_info.gene_id"].map(symbols).fillna("no gene")
    named = named.mask(named.isin(["HP", "TF"]), "no gene")  # of two letters, which are words
    kept = (named == "no gene").sum()
    table["trait_info.reported_trait_name"] += " (" + named + " levels)"
    table.to_csv(tmp_path / "gold.tsv", sep="\t", index=False)
    with refused() as error:
        build(project, tmp_path, tmp_path / "gold.tsv")
    asked = int(re.search(r"subset 'loci' has (\d+) questions", error.value.what)[1])
    assert asked <= kept < 10 and "the question names its answer" in error.value.what


@pytest.mark.full
@pytest.mark.slow
def test_the_order_of_every_style_is_looked_at(project, tmp_path):
    build(project, tmp_path)
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
