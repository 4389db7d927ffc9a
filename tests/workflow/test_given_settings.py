"""Values that a command line gives in place of those of config.yaml reach rules and jobs, as a change there does."""

import json

import pandas as pd
import pytest
import tiny_project
from tiny_project import BACKBONE, PRETRAINED, planned_jobs

pytestmark = pytest.mark.slow

RECIPE = f"models/{BACKBONE}/{PRETRAINED}/recipe.json"
BASELINES = "results/baselines/few-molecules.smiles.parquet"
PREFERRED = """
backbones: [smollm2-135m]
arms: {DPO: [sft.names, dpo.tiers]}
benchmarks: [demo-go]
styles: [demo-names]
decodings: [greedy]
"""


def test_a_mistyped_key_is_refused_with_the_nearest_one(small):
    done = tiny_project.snakemake(small, "--dry-run", "--config", "promt_share=0.5", check=False)
    assert done.returncode == 1 and "did you mean 'prompt_share'?" in done.stdout


def test_a_file_of_values_names_other_experiments_and_the_command_line_goes_over_it(small):
    (small / "config/experiments/preferred.yaml").write_text(PREFERRED)
    (small / "given.yaml").write_text("experiments: [preferred]\n")
    jobs = planned_jobs(small, "--configfile", "given.yaml")
    assert jobs["dpo"] == 1 and "pretrain" not in jobs
    assert "pretrain" in planned_jobs(small, "--configfile", "given.yaml", "--config", "experiments=[demo]")


def test_results_may_lie_on_another_disk(small, tmp_path):
    disk = tmp_path / "disk/results"
    tiny_project.edit(small, "config.yaml", lambda config: config.update(results=str(disk)))
    tiny_project.snakemake(small, str(disk / RECIPE))
    assert json.loads((disk / RECIPE).read_text())["stage"] == "pretrain"
    assert (disk / f"logs/write_recipe/{BACKBONE}.{PRETRAINED}.log").is_file()
    jobs = planned_jobs(small)
    assert (jobs["pretrain"], jobs["grpo"], jobs["write_recipe"]) == (1, 1, 2)  # that of pretrain is there
    assert not (small / "results").exists()


def test_a_job_computes_with_the_value_that_is_given_and_runs_again_for_another(small):
    """The seed decides the baseline that draws; with the same seed in config.yaml nothing is left to do."""
    tiny_project.snakemake(small, BASELINES)
    of_zero = pd.read_parquet(small / BASELINES)
    assert planned_jobs(small, BASELINES, "--config", "seed=1", "prompt_share=0.7") == {"score_baselines": 1}
    tiny_project.snakemake(small, BASELINES, "--config", "seed=1", "prompt_share=0.7")
    assert not pd.read_parquet(small / BASELINES).equals(of_zero)
    tiny_project.edit(small, "config.yaml", lambda config: config.update(seed=1))
    assert planned_jobs(small, BASELINES) == {}
