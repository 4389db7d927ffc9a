"""Evaluation through Snakemake: what rescoring reruns, and what is sealed."""

import shutil

import pandas as pd
import pytest
import tiny_project
from tiny_project import ALIGNED, BACKBONE, ROOT

pytestmark = pytest.mark.slow(minutes=1)


def test_an_added_metric_scores_again_and_generates_nothing(copy, tmp_path):
    edited = tmp_path / "checkout"
    edited.mkdir()
    for part in ("scripts", "workflow", "profiles", "envs"):
        shutil.copytree(ROOT / part, edited / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "Snakefile", edited)
    assert tiny_project.planned_jobs(copy, root=edited) == {}
    metrics = edited / "scripts/reasonome/tasks/naming/metrics.py"
    text = metrics.read_text(encoding="utf-8")
    line = "    for encoder, similarity in encoders.items():\n"
    assert line in text
    words = '    scores["words"] = np.array([len(name.split()) for name in names], dtype=float)\n'
    metrics.write_text(text.replace(line, words + line), encoding="utf-8")
    jobs = tiny_project.planned_jobs(copy, root=edited)
    assert jobs["score"] == 3 and jobs["score_baselines"] == 1
    assert not {"generate", "grpo", "sft", "pretrain"} & jobs.keys()
    scored = f"results/scores/{BACKBONE}/{ALIGNED}/demo-go.demo-names/greedy.parquet"
    tiny_project.snakemake(copy, scored, root=edited)
    table = pd.read_parquet(copy / scored)
    assert (table["words"] == table["answer"].str.split().str.len()).all()


def test_the_sealed_part_is_scored_for_a_final_table_alone(copy):
    tiny_project.edit(copy, "benchmarks.yaml", lambda c: c["demo-go"].update(sealed=0.5))
    scored = f"results/scores/{BACKBONE}/base/demo-go.demo-names/greedy.parquet"
    assert tiny_project.planned_jobs(copy, scored) == {"score": 1}
    tiny_project.snakemake(copy, scored)
    opened = set(pd.read_parquet(copy / scored)["id"])
    assert 0 < len(opened) < 12
    tiny_project.edit(copy, "config.yaml", lambda c: c.update(final=True))
    assert tiny_project.planned_jobs(copy, scored) == {"score": 1}
    tiny_project.snakemake(copy, scored)
    assert opened < set(pd.read_parquet(copy / scored)["id"])
