"""`reasonome plan`: jobs and requests out of a dry-run, sums worked out by hand, and what finished jobs measured."""

import json
import re
from pathlib import Path

import pytest
import tiny_project
import toy_config
from refusals import refused

from reasonome import cli
from reasonome.cluster.plan import Job, dry_run, lines, measured, parse, text, without_gpu
from reasonome.core.errors import InputError
from reasonome.tasks import load_project
from reasonome.training import gpus

BACKBONE = "smollm2-135m"
CHAIN = "pretrain.demo-s0+sft.names-s0"
DRY_RUN = f"""
[Fri Nov 20 17:32:57 2026]
rule build_benchmark:
    input: results/facts/demo/facts.parquet
    output: results/benchmarks/demo-go/train.jsonl, results/benchmarks/demo-go/test.jsonl
    wildcards: benchmark=demo-go
    resources: tmpdir=<TBD>, cpus=1, mem_mb=32000, mem_mib=30518, runtime=120, slurm_partition=cpu,long
rule write_recipe:
    output: results/models/{BACKBONE}/{CHAIN}/recipe.json
    wildcards: backbone={BACKBONE}, chain={CHAIN}
    resources: tmpdir=<TBD>
rule sft:
    input: results/models/{BACKBONE}/{CHAIN}/recipe.json, results/benchmarks/demo-go/train.jsonl
    output: results/models/{BACKBONE}/{CHAIN}/model (missing), results/models/{BACKBONE}/{CHAIN}/run.json
    reason: Missing output files: results/models/{BACKBONE}/{CHAIN}/manifest.json
    wildcards: backbone={BACKBONE}, chain={CHAIN}
    threads: 16
    resources: cpus=16, gpu=8, gpus_per_node=8, mem_mb=16000, nodes=2, runtime=90, slurm_extra=--signal=TERM@120 --open
rule generate:
    output: results/answers/{BACKBONE}/{CHAIN}/demo-go.demo-names/greedy.run.json
    wildcards: backbone={BACKBONE}, chain={CHAIN}, benchmark=demo-go, style=demo-names, decoding=greedy
    resources: cpus=16, gpu=1, gpus_per_node=1, mem_mb=64000, nodes=1, runtime=480
rule generate:
    output: results/answers/{BACKBONE}/base/demo-go.demo-names/greedy.run.json
    wildcards: backbone={BACKBONE}, chain=base, benchmark=demo-go, style=demo-names, decoding=greedy
    resources: cpus=16, gpu=1, gpus_per_node=1, mem_mb=64000, nodes=1, runtime=480
rule all:
    input: results/models/{BACKBONE}/{CHAIN}/manifest.json
"""


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """Results are looked for below the working directory."""
    monkeypatch.chdir(tmp_path)


def measure(file, seconds, **facts):
    """The run.json of a finished job."""
    path = Path("results", file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"seconds": seconds, "threads": 2, "started": "2026-11-20", **facts}))


def test_jobs_of_a_dry_run():
    found = parse(DRY_RUN)
    assert [job.rule for job in found] == ["build_benchmark", "write_recipe", "sft", "generate", "generate"]
    assert [job.local for job in found] == [False, True, False, False, False]
    assert [job.name for job in found[1:4]] == [
        ("write_recipe", "", ""),
        ("sft", BACKBONE, "sft.names"),
        ("generate", BACKBONE, "demo-go.demo-names.greedy"),
    ]
    assert found[2].outputs[0] == f"results/models/{BACKBONE}/{CHAIN}/model"
    assert found[0].resources == {"cpus": 1, "mem_mb": 32000, "mem_mib": 30518, "runtime": 120}


def test_hours_are_jobs_times_minutes_times_gpus_of_all_nodes_or_cores():
    generate, sft, build = lines(parse(DRY_RUN))
    assert (sft.jobs, sft.gpus, sft.cores, sft.memory_gb) == (1, 16, 32, 32)
    assert (sft.hours, sft.unit) == (24, "GPU-h")
    assert (generate.jobs, generate.hours, generate.unit) == (2, 16, "GPU-h")
    assert (build.name, build.hours, build.unit) == (("build_benchmark", "", ""), 2, "core-h")


def test_what_was_measured_is_of_the_same_backbone_and_step_whatever_the_seed_and_the_steps_before():
    _, _, sft, generate, _ = parse(DRY_RUN)
    for chain in ("sft.names-s3", "sft.names-s0+grpo.soft-s0", "sft.namesmore-s0", "grpo.names-s0"):
        measure(f"models/{BACKBONE}/{chain}/run.json", 60)
    measure("models/other/sft.names-s0/run.json", 60)
    measure(f"models/{BACKBONE}/{CHAIN}/run.json", 600, device="NVIDIA H200", processes=8)
    assert [run.seconds for run in measured(sft)] == [600, 60]
    for chain, seconds in (("base", 50), ("sft.names-s0", 7200)):
        measure(f"answers/{BACKBONE}/{chain}/demo-go.demo-names/greedy.run.json", seconds)
    measure(f"answers/{BACKBONE}/base/demo-go.names/greedy.run.json", 9000)
    assert [run.seconds for run in measured(generate)] == [50, 7200]
    table = lines(parse(DRY_RUN))
    assert [line.took for line in table] == ["2.0 h on 2 cores", "60 s on 2 cores; 10 min on 8 × NVIDIA H200", ""]


def test_a_request_below_what_was_measured_on_what_it_asks_for_is_warned_of():
    answers = f"answers/{BACKBONE}/base/demo-go.demo-names/greedy.run.json"
    measure(answers, 481 * 60)
    assert lines(parse(DRY_RUN))[0].warning == "", "on cores, and a GPU is asked for"
    measure(answers, 481 * 60, device="NVIDIA H200", gpus=1)
    assert "took 481 minutes, and asks for 480: set `minutes: 1443`" in lines(parse(DRY_RUN))[0].warning


def test_the_table(snapshot):
    measure(f"models/{BACKBONE}/{CHAIN}/run.json", 6000, device="NVIDIA H200", processes=8)
    assert text(parse(DRY_RUN), "demo") == snapshot
    assert text([], "demo") == "'demo' is finished: nothing is left to run"
    assert "where Snakemake runs: 1 write_recipe\n`reasonome rehearse demo`" in text([Job("write_recipe")], "demo")


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        ("recipes/pretrain.yaml", "5}", "5, adapter: {quantize: 4bit}}", "variants.demo.adapter.quantize"),
        ("recipes/grpo.yaml", "s: 8}", "s: 8, rollouts: vllm-colocate}", "variants.soft.rollouts"),
        ("recipes/grpo.yaml", "s: 8}", "s: 8, rollouts: transformers}", ""),
        ("backbones.yaml", "context: 4000", "engine: vllm", "small.engine"),
    ],
)
def test_what_needs_a_gpu_is_warned_of_once_where_none_is_within_reach(tmp_path, monkeypatch, file, old, new, field):
    config = toy_config.write(tmp_path)
    tiny_project.change(config / file, old, new)
    project, jobs = load_project(config), parse(DRY_RUN.replace(BACKBONE, "small"))
    jobs.append(Job("pretrain", {"backbone": "small", "chain": "pretrain.demo-s0"}))
    jobs.append(Job("grpo", {"backbone": "small", "chain": f"{CHAIN}+grpo.soft-s0"}))
    monkeypatch.setattr(gpus, "within_reach", lambda: False)
    found = without_gpu(project, [*jobs, *jobs])
    assert len(found) == bool(field) and all(f"{file}:" in one and f" {field}: " in one for one in found)
    monkeypatch.setattr(gpus, "within_reach", lambda: True)
    assert without_gpu(project, jobs) == []


@pytest.mark.parametrize("content", ['{"seconds": 3', '{"threads": 2}'])
def test_a_broken_run_json_is_named(content):
    measure(f"models/{BACKBONE}/{CHAIN}/run.json", 1)
    Path(f"results/models/{BACKBONE}/{CHAIN}/run.json").write_text(content)
    with refused("run.json"):
        lines(parse(DRY_RUN))


def test_an_unknown_experiment_names_the_nearest():
    with refused():
        cli.main(["plan", "dmo", "--config", str(tiny_project.ROOT / "config")])


@pytest.mark.slow
def test_every_job_that_asks_for_a_gpu_is_in_the_table():
    project = load_project(tiny_project.ROOT / "config")
    printed = dry_run(project, project.results.experiment("closed-book-genome") / "report.html")
    asking = re.findall(r"^rule (\w+):\n(?: +.*\n)*? +resources: .*\bgpu=[1-9]", printed, re.MULTILINE)
    planned = [line for line in lines(parse(printed)) if line.gpus]
    assert len(asking) == sum(line.jobs for line in planned)
    assert set(asking) == {line.name[0] for line in planned} == {"pretrain", "sft", "grpo", "generate", "ask_facts"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("experiment", "units", "times", "hours"),
    [
        ("gene-r1", ("GPU-h",), 8, 310),  # docs/experiments/not-run.md
        ("closed-book", ("GPU-h", "core-h"), 5, 2 * 1.5),  # docs/experiments/closed-book.md: 90 minutes of two cores
    ],
)
def test_no_experiment_asks_for_many_times_what_its_page_says(experiment, units, times, hours):
    project = load_project(tiny_project.ROOT / "config")
    table = lines(parse(dry_run(project, project.results.experiment(experiment) / "report.html")))
    assert hours < sum(line.hours for line in table if line.unit in units) <= times * hours


@pytest.mark.full
@pytest.mark.slow
def test_snakemake_says_what_is_left_of_the_demo_and_what_it_asks_for(tmp_path, capsys):
    tiny_project.copied_config(tmp_path)
    with pytest.raises(InputError, match=r"Snakemake could not plan the jobs: MissingInputException"):
        cli.main(["plan", "demo"])  # without resources/, from which facts are built
    (tmp_path / "resources").symlink_to(tiny_project.ROOT / "resources")
    assert cli.main(["plan", "demo"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    # Jobs, GPUs, cores, GB and minutes, as config/resources.yaml has them.
    assert ["sft", BACKBONE, "sft.names", "1", "1", "16", "16", "20", "0.3", "GPU-h", "–"] in rows
    assert ["grpo", BACKBONE, "grpo.soft", "1", "1", "16", "16", "20", "0.3", "GPU-h", "–"] in rows
