"""`reasonome plan`: numbers worked out by hand, where they come from, and what users get wrong."""

import json
import math
import os
import re
import shutil
import struct
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_project
import torch

import generate
from reasonome import cli
from reasonome.cluster.plan import backbones, measured, memory
from reasonome.cluster.plan.estimates import Estimate, counted, total, unknown
from reasonome.cluster.plan.jobs import Job, parse, waits_for
from reasonome.cluster.plan.plan import Plan
from reasonome.cluster.plan.rates import Device, Rates
from reasonome.cluster.plan.table import text, tsv
from reasonome.cluster.plan.workload import Workload
from reasonome.config import STAGES
from reasonome.config.project import Project
from reasonome.config.project.job_resources import JobResources
from reasonome.core.errors import InputError
from reasonome.core.token_count import count_tokens

BACKBONE = "smollm2-135m"
PRETRAINED, TAUGHT, ALIGNED = tiny_project.PRETRAINED, tiny_project.TAUGHT, tiny_project.ALIGNED
DRY_RUN = """
[Fri Nov 20 17:32:57 2026]
rule build_benchmark:
    input: results/facts/demo/facts.parquet
    output: results/benchmarks/demo-go/train.jsonl, results/benchmarks/demo-go/test.jsonl
    wildcards: benchmark=demo-go
localrule write_recipe:
    output: results/models/b/sft.names-s0/recipe.json
    wildcards: backbone=b, chain=sft.names-s0
rule sft:
    input: results/models/b/sft.names-s0/recipe.json, results/benchmarks/demo-go/train.jsonl
    output: results/models/b/sft.names-s0/model, results/models/b/sft.names-s0/manifest.json
    reason: Missing output files: results/models/b/sft.names-s0/manifest.json
    wildcards: backbone=b, chain=sft.names-s0
    threads: 16
rule all:
    input: results/models/b/sft.names-s0/manifest.json
"""


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """Results are looked for below the working directory."""
    monkeypatch.chdir(tmp_path)


def training(chain, backbone=BACKBONE):
    return Job(chain.rpartition("+")[2].partition(".")[0], {"backbone": backbone, "chain": chain})


def answering(chain="base", backbone=BACKBONE, decoding="greedy"):
    wildcards = {
        "backbone": backbone,
        "chain": chain,
        "benchmark": "demo-go",
        "style": "demo-names",
        "decoding": decoding,
    }
    return Job("generate", wildcards)


def weights(folder, shapes):
    """A safetensors file whose header has tensors of these shapes, without their numbers."""
    header = {f"t{n}": {"dtype": "BF16", "shape": shape, "data_offsets": [0, 0]} for n, shape in enumerate(shapes)}
    content = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(content)) + content)


def trained_run(project, chain, backbone=BACKBONE, examples=0, recipe=None, **facts):
    """Files of a finished training step, as its job leaves them; `recipe` are settings other than the variant's."""
    step = chain.rpartition("+")[2]
    stage, variant = step.removesuffix("-s0").split(".")
    folder = tiny_folder(f"results/models/{backbone}/{chain}")
    settings = project.recipes[stage][variant].model_dump(mode="json") | (recipe or {})
    (folder / "recipe.json").write_text(json.dumps(settings))
    (folder / "manifest.json").write_text(json.dumps({"examples": examples}))
    run = {"seconds": 100.0, "backward_tokens": 0, "generated_tokens": 0, "peak_memory_gb": 5.0}
    run |= {"threads": 2, "steps": 4}
    (folder / "run.json").write_text(json.dumps(run | facts))


def answered_run(backbone=BACKBONE, chain="base", **facts):
    folder = tiny_folder(f"results/answers/{backbone}/{chain}/demo-go.demo-names")
    run = {"seconds": 20.0, "backward_tokens": 0, "generated_tokens": 1000, "peak_memory_gb": 1.5, "threads": 2}
    (folder / "greedy.run.json").write_text(json.dumps(run | facts))


def tiny_folder(name):
    folder = Path(name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def benchmark(train=570, valid=30, test=90):
    folder = tiny_folder("results/benchmarks/demo-go")
    for part, rows in (("train", train), ("valid", valid), ("test", test)):
        (folder / f"{part}.jsonl").write_text("{}\n" * rows)


def planned(project, job, **limits):
    runs = measured.runs(tiny_folder("results"))
    return Plan(project, [job], runs, {}, **({"gpus": 0, "cores": 2} | limits)).jobs[0]


# --- numbers with a source -----------------------------------------------------------------------------


def test_a_sum_is_as_uncertain_as_the_worst_of_its_parts():
    found = Estimate(3, "measured", "a run") + Estimate(4, "assumed", "a guess", at_most=True)
    assert found == Estimate(7, "assumed", "a run; a guess", at_most=True)
    assert (counted(6) / Estimate(2, "scaled")) == Estimate(3, "scaled")
    assert (counted(6) * unknown("nobody knows")) == unknown("nobody knows")


def test_a_total_says_how_much_it_leaves_out():
    found = total([counted(1), unknown("x"), Estimate(2, "measured")])
    assert (found.value, found.source, found.note) == (3, "measured", "without 1 of 3 that are not known")
    assert total([]).value == 0
    assert total([unknown("x")]).value is None


# --- jobs ------------------------------------------------------------------------------------------------


def test_jobs_of_a_dry_run_with_what_they_wait_for():
    found = parse(DRY_RUN)
    assert [job.rule for job in found] == ["build_benchmark", "write_recipe", "sft"]
    assert (found[2].backbone, found[2].chain) == ("b", "sft.names-s0")
    assert found[2].outputs == ("results/models/b/sft.names-s0/model", "results/models/b/sft.names-s0/manifest.json")
    assert waits_for(found) == {0: [], 1: [], 2: [0, 1]}


# --- sizes -------------------------------------------------------------------------------------------------


def test_parameters_are_counted_in_weights_else_told_by_the_name_else_unknown(project, tmp_path):
    weights(tmp_path / "model", [[10, 4], [4, 4], [3]])
    assert backbones.parameters("any", project.backbones[BACKBONE], tmp_path / "model").value == 10 * 4 + 4 * 4 + 3
    by_name = backbones.parameters("llama-3.2-1b", project.backbones["llama-3.2-1b"], tmp_path)
    assert (by_name.value, by_name.source) == (1e9, "assumed")
    assert backbones.parameters(BACKBONE, project.backbones[BACKBONE], tmp_path).value == 135e6
    assert backbones.parameters("mine", project.backbones[BACKBONE], tmp_path).value is None


def test_weights_that_are_none_are_named(project, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"version https://git-lfs")
    with pytest.raises(InputError, match=r"model.safetensors: these are no safetensors"):
        backbones.parameters("any", project.backbones[BACKBONE], tmp_path)


# --- what is to be done ------------------------------------------------------------------------------------


def test_tokens_of_training_without_any_file(project):
    assert planned(project, training(PRETRAINED)).work.backward.value == 8200
    # 300 examples at most, 512 tokens each at most; 8 prompts × 4 epochs × 4 completions.
    work = planned(project, training(TAUGHT)).work.backward
    assert (work.value, work.at_most) == (300 * 512, True)
    work = planned(project, training(ALIGNED)).work
    style = project.style("demo-go", "demo-names")
    prompt = style.budget_tokens + sum(count_tokens([style.system, style.user])) + 32
    assert (work.backward.value, work.backward.at_most) == (128 * (prompt + 96), True)
    assert work.generated.value == (128 + 2 * 30) * 96


def test_prompts_that_are_written_say_how_long_they_are(project):
    """Work is counted by the mean prompt and memory by the longest, not by the style's budget for whole sets."""
    folder = tiny_folder("results/prompts/go-bioc.symbols")
    genes = [{"symbol": f"G{i}"} for i in range(10, 60)]
    rows = [
        {"id": f"GO:{n}", "subset": "bp", "name": "x", "genes": genes, "shown": [g["symbol"] for g in genes[:shown]]}
        for n, shown in enumerate((10, 40))
    ]
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    style = project.style("go-bioc", "symbols")
    system = style.system.replace("{kind}", style.any_kind)
    # "Genes: G10 G11 …": "Genes: " is 2 tokens of its own and 5 / 2 small ones, a symbol 3 with half a token between.
    lengths = [sum(count_tokens([system])) + 2 + 3 * n + math.ceil((5 + n - 1) / 2) + 32 for n in (10, 40)]
    workload = Workload(project)
    assert workload.prompt_tokens(BACKBONE, "go-bioc", "symbols").value == sum(lengths) / 2
    assert workload.longest_prompt("go-bioc", "symbols") == lengths[1]
    assert workload.longest_prompt("go-bioc", "names") == 4000 + sum(count_tokens([*names_texts(project)])) + 32


def names_texts(project):
    style = project.style("go-bioc", "names")
    return style.system, style.user


def test_what_cannot_be_known_before_data_are_built_is_unknown(project):
    found = planned(project, training("grpo.gener1-s0", "llama-3.2-1b"))
    assert found.work.backward.value is None
    assert found.seconds == unknown("train sets of go are not built")


def test_tokens_by_what_earlier_runs_showed(project):
    benchmark(test=90)
    trained_run(project, TAUGHT, examples=500, backward_tokens=100_000)
    answered_run(generated_tokens=4500)
    reasoning = tiny_folder("results/reasoning/knowledge-given") / "demo-go.demo-names.jsonl"
    reasoning.write_text("{}\n" * 300)
    # 300 kept rows of 200 tokens each, and 90 answers of 50.
    work = planned(project, training(TAUGHT)).work.backward
    assert (work.value, work.source, work.at_most) == (300 * 200, "measured", False)
    assert planned(project, answering(PRETRAINED)).work.generated.value == 90 * 50


# --- how fast ----------------------------------------------------------------------------------------------


def test_measured_rates_are_of_the_same_backbone_stage_and_device(project):
    trained_run(project, PRETRAINED, backward_tokens=20_000)
    found = planned(project, training(PRETRAINED)).seconds
    assert (found.value, found.source) == (8200 / 200, "measured")
    # Another stage of the same backbone, twice as many cores: still told, but marked.
    runs = measured.runs(tiny_folder("results"))
    rates = Rates(runs, {BACKBONE: counted(135e6)})
    other = rates.training("sft", BACKBONE, Device("cpu", 2), adapted=False, recomputed=False)
    assert (other.value, other.source) == (200, "scaled")
    wider = rates.training("pretrain", BACKBONE, Device("cpu", 4), adapted=False, recomputed=False)
    assert (wider.value, wider.source) == (400, "scaled")
    assert "2 → 4 cores" in wider.note


def test_rates_of_another_backbone_are_scaled_by_size_and_the_nearest_is_taken(project):
    for backbone, tokens in (("llama-3.1-8b", 800), ("llama-3.2-3b", 2000)):
        trained_run(project, "sft.names-s0", backbone, backward_tokens=tokens, processes=1, device="NVIDIA H100")
    sizes = {"llama-3.1-8b": counted(8e9), "llama-3.2-3b": counted(3e9), "llama-3.2-1b": counted(1e9)}
    rates = Rates(measured.runs(tiny_folder("results")), sizes)
    found = rates.training("sft", "llama-3.2-1b", Device("h100", 8), adapted=False, recomputed=False)
    assert (found.value, found.source) == (2000 / 100 * 8 * 3, "scaled")
    assert "by size 3×" in found.note
    # Measured on a GPU, so of no use on a CPU: 6 FLOP a parameter and token, 50 GFLOP/s a core.
    found = rates.training("sft", "llama-3.2-1b", Device("cpu", 2), adapted=False, recomputed=False)
    assert (found.value, found.source) == (pytest.approx(2 * 50e9 / 6e9), "assumed")


def test_rates_of_answering_are_of_the_same_engine_on_the_gpus_that_it_used(project):
    rates_of = {"llama-3.1-8b": counted(8e9)}
    four = Device("h100", 4)
    run = {"backbone": "llama-3.1-8b", "device": "NVIDIA H100 80GB HBM3", "generated_tokens": 40_000}  # 2000 a second

    def rate(engine, device=four):
        found = Rates(measured.runs(tiny_folder("results")), rates_of)
        rate = found.generation("llama-3.1-8b", device.answering(engine), engine)
        return rate.value, rate.source

    answered_run(**run, engine="vllm", gpus=4)
    assert rate("vllm") == (2000, "measured")
    assert rate("vllm", Device("h100", 2)) == (1000, "scaled")
    # The other engine was not measured: 1 % of the peak of the one GPU that it takes, 2 FLOP a parameter and token.
    assert rate("transformers") == (pytest.approx(0.01 * 989e12 / 16e9), "assumed")
    answered_run(**run, engine="transformers", gpus=1)
    assert rate("transformers") == (2000, "measured")
    assert rate("vllm") == (pytest.approx(0.1 * 989e12 * 4 / 16e9), "assumed")
    # Each process of GRPO answers on a GPU of its own.
    runs = Rates(measured.runs(tiny_folder("results")), rates_of)
    assert runs.generation("llama-3.1-8b", four, "transformers").value == 4 * 2000
    answered_run(**run)  # as an early release wrote it: by which engine, on how many GPUs?
    assert rate("transformers")[1] == rate("vllm")[1] == "assumed"


@pytest.mark.parametrize(
    ("device", "asked", "used"),
    [
        (Device("h100", 4), JobResources(gpus=4), 4),
        (Device("h100", 4), JobResources(gpus=4, processes=2), 2),
        (Device("h100", 8), JobResources(gpus=4, nodes=2, processes=3), 6),
        (Device("h100", 1), JobResources(gpus=4, processes=2), 1),
        (Device("cpu", 16), JobResources(cpus=16), 16),
        (Device("cpu", 16), JobResources(cpus=16, processes=3), 15),
        (Device("cpu", 2), JobResources(cpus=16, processes=3), 3),
    ],
)
def test_training_computes_on_a_gpu_or_the_same_cores_for_each_process(device, asked, used):
    assert device.training(asked) == replace(device, workers=used)


def test_a_backbone_that_changes_its_engine_is_not_as_fast_as_it_was(tmp_path):
    tiny_config(tmp_path)
    job = answering(backbone="llama-3.1-70b")  # four GPUs in the shipped configuration
    benchmark(test=90)
    answered_run("llama-3.1-70b", device="NVIDIA H100", generated_tokens=900, engine="transformers", gpus=1)
    found = planned(with_engine(tmp_path, "transformers"), job, gpus=None).seconds
    assert (found.value, found.source) == (20, "measured")
    found = planned(with_engine(tmp_path, "vllm"), job, gpus=None).seconds
    # 10 % of four unnamed A100, 140e9 FLOP a token.
    assert (found.value, found.source) == (pytest.approx(60 + 900 * 140e9 / (4 * 31.2e12)), "assumed")


def test_answers_say_their_engine_and_the_gpus_that_it_used(tmp_path, monkeypatch):
    model = tiny_folder("model/model")
    model.with_name("manifest.json").write_text('{"recipe": {"checkpoints": "keep"}}')
    shape = {"num_attention_heads": 9, "num_key_value_heads": 3, "hidden_size": 9, "intermediate_size": 18}
    (model / "config.json").write_text(json.dumps({"model_type": "llama", **shape}))
    Path("test.jsonl").write_text("")
    # What writes answers is tried elsewhere; here, on made-up GPUs, what is said of them.
    monkeypatch.setattr(generate, "write_answers", lambda *job: {"prompt_tokens": 18, "generated_tokens": 12})
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H100")

    def said(gpus, engine, *options):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3")
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        output = tiny_folder(f"results/answers/{BACKBONE}/base/demo-go.demo-names") / "greedy.jsonl"
        command = (
            f"generate.py --config {tiny_project.ROOT / 'config'} --model model --benchmark demo-go --style demo-names"
        )
        command += f" --examples test.jsonl --decoding greedy --engine {engine} --output {output}"
        monkeypatch.setattr("sys.argv", [*command.split(), *options])
        generate.main()
        run = json.loads(output.with_suffix(".run.json").read_text())
        assert (run["prompt_tokens"], run["generated_tokens"], run["backward_tokens"]) == (18, 12, 0)
        (read,) = measured.runs(tiny_folder("results"))
        assert (read.engine, read.device) == (engine, run["device"])
        return run["device"], run["engine"], run["gpus"]

    assert said(0, "transformers") == ("cpu", "transformers", 0)
    assert said(0, "vllm") == ("cpu", "vllm", 0)
    assert said(4, "transformers") == ("NVIDIA H100", "transformers", 1)
    assert said(4, "vllm") == ("NVIDIA H100", "vllm", 3)  # nine heads cannot be shared by four
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1,2,3"
    said(2, "vllm", "--gpus", "2")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"


def test_an_assumed_rate_is_a_share_of_the_peak(project):
    rates = Rates([], {"b": counted(1e9)})
    found = rates.training("grpo", "b", Device("h100", 8), adapted=False, recomputed=True)
    assert found.value == pytest.approx(0.3 * 989e12 * 8 / 8e9)
    assert found.note.startswith("30% of the peak of 8 H100")
    assert rates.generation("b", Device("gpu", 1), "vllm").value == pytest.approx(0.1 * 312e12 / 2e9)
    assert rates.generation("b", Device("tpu7", 1), "vllm").value is None
    assert rates.generation("unheard-of", Device("h100", 1), "vllm").value is None


def test_where_the_rate_is_assumed_a_job_takes_a_minute_to_start(project):
    found = planned(project, training(PRETRAINED, "llama-3.2-1b"), gpus=1)
    # No GPU is named in the shipped configuration: 30 % of an A100, 6 FLOP a parameter and token.
    assert found.seconds.value == pytest.approx(60 + 8200 * 6e9 / (0.3 * 312e12))
    assert found.seconds.source == "assumed"


def test_an_l40s_is_no_l4():
    assert Device("l40s", 1).peak == 362e12


def test_grpo_without_a_run_of_it_is_training_and_answering(project):
    benchmark()
    trained_run(project, PRETRAINED, backward_tokens=20_000)
    answered_run(generated_tokens=2000, prompt_tokens=9000)
    found = planned(project, training(ALIGNED))
    # 128 completions of 100 + 96 tokens at 200 tokens/s; 188 completions of 96 at 100 tokens/s.
    assert found.seconds.value == pytest.approx(128 * 196 / 200 + 188 * 96 / 100)
    assert (found.seconds.source, found.seconds.at_most) == ("scaled", True)


# --- memory and disk -----------------------------------------------------------------------------------------


def test_memory_of_training_by_sharding_and_adapter(project):
    recipe = project.recipes["sft"]["gpt4o"]
    size = counted(8e9)

    def need(recipe=recipe, **asked):
        return memory.of_training(size, None, recipe, JobResources(gpus=8, **asked))

    # fp32 weights and gradients, two moments: 16 bytes; DeepSpeed has bf16 weights beside those.
    assert need().gpu.value == pytest.approx(1.3 * 8 * 16)
    assert need(sharding="zero2").gpu.value == pytest.approx(1.3 * 8 * (2 + 16 / 8))
    assert need(sharding="zero3").gpu.value == pytest.approx(1.3 * 8 * 18 / 8)
    assert need(sharding="zero3", nodes=2).gpu.value == pytest.approx(1.3 * 8 * 18 / 16)
    # Eight processes each read 32 GB of weights.
    assert need().node.value == pytest.approx(8 * (32 + 1.5))
    assert (need().kept.value, need().meanwhile.value) == (16, 3 * 8 * 12)
    assert need(sharding="zero3").meanwhile.value == pytest.approx(3 * 8 * 14)
    adapted = type(recipe).model_validate(recipe.model_dump() | {"adapter": {"rank": 16, "quantize": "4bit"}})
    assert need(adapted).gpu.value == pytest.approx(1.3 * 8 * (0.56 + 12 * 0.03))
    adapted = type(recipe).model_validate(recipe.model_dump() | {"adapter": {"rank": 16}})
    assert need(adapted).gpu.value == pytest.approx(1.3 * 8 * (2 + 12 * 0.03)), "frozen weights are bf16"
    in_fp32 = type(recipe).model_validate(recipe.model_dump() | {"precision": "fp32"})
    assert need(in_fp32, sharding="zero3").gpu.value == pytest.approx(1.3 * 8 * 20 / 8)
    kept = type(recipe).model_validate(recipe.model_dump() | {"checkpoints": "keep"})
    assert need(kept).kept.value == 16 + 2 * 8 * 12


def test_activations_follow_from_shape_and_length(project):
    recipe = project.recipes["pretrain"]["demo"]  # 4 rows of 256 tokens
    shape = backbones.Shape(layers=30, hidden=576, vocabulary=49152, cached=384)
    with_them = memory.of_training(counted(135e6), shape, recipe, JobResources()).node.value
    without = memory.of_training(counted(135e6), None, recipe, JobResources()).node.value
    assert with_them - without == pytest.approx(1.3 * 4 * 256 * (34 * 576 * 30 + 12 * 49152) / 1e9)


LLAMA_8B = {
    "num_hidden_layers": 32,
    "hidden_size": 4096,
    "vocab_size": 128256,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
}


def test_the_shape_says_how_many_numbers_are_kept_of_a_token(tmp_path):
    def cached(**changed):
        (tmp_path / "config.json").write_text(json.dumps(LLAMA_8B | changed))
        return backbones.shape(tmp_path).cached

    assert cached() == 2 * 8 * 128  # keys and values of eight heads
    assert cached(head_dim=64) == 2 * 8 * 64
    assert cached(num_key_value_heads=None) == 2 * 32 * 128


def test_memory_of_grpo_counts_who_samples_and_the_reference_model(project):
    gener1, size = project.recipes["grpo"]["gener1"], counted(8e9)

    def need(shape=None, prompt=0.0, gpu_model=None, sharding="zero3", **changed):
        recipe = type(gener1).model_validate(gener1.model_dump() | {"rollouts": "transformers"} | changed)
        asked = JobResources(gpus=8, sharding=sharding, gpu_model=gpu_model)
        return memory.of_training(size, shape, recipe, asked, prompt).gpu.value

    trained, reference, gathered = 1.3 * 8 * 18 / 8, 1.3 * 8 * 2 / 8, 1.3 * 8 * 2
    assert need() == pytest.approx(trained + reference + gathered) == pytest.approx(46.8)
    assert need(beta=0.0) == pytest.approx(trained + gathered)
    # Two bytes of each weight stand whole on each GPU under zero2, where none has to be gathered.
    assert need(sharding="zero2") == pytest.approx(1.3 * 8 * (2 + 16 / 8) + 1.3 * 8 * 2)
    # vLLM takes 40 % of 80 GB, with its cache, or of 141; weights are passed to it one by one.
    assert need(rollouts="vllm-colocate") == pytest.approx(trained + reference + 32) == pytest.approx(58)
    assert need(rollouts="vllm-colocate", gpu_model="h200") == pytest.approx(trained + reference + 0.4 * 141)
    # A server has its own GPUs; held-out prompts are answered by the trained weights all the same.
    assert need(rollouts="vllm-server") == pytest.approx(need())
    assert need(rollouts="vllm-server", validation=0) == pytest.approx(trained + reference)
    # Beside an adapter the reference is the same weights.
    adapted = need(adapter={"rank": 16}, sharding="none")
    assert adapted == pytest.approx(1.3 * 8 * (2 + 12 * 0.03))

    # 25 of 200 held-out prompts a process, more than its 16 of 128 completions; bf16 keys and values of 32 layers.
    shape = backbones.Shape(layers=32, hidden=4096, vocabulary=128256, cached=2048)
    cache = 1.3 * 25 * (100 + 1024) * 32 * 2048 * 2 / 1e9
    assert need(shape, 100.0) == pytest.approx(trained + reference + gathered + cache)
    cache = 1.3 * 16 * (100 + 1024) * 32 * 2048 * 2 / 1e9
    assert need(shape, 100.0, validation=0) == pytest.approx(trained + reference + gathered + cache)
    # What passes forward and backward needs more where nothing is computed again; the rest is not there meanwhile.
    passing = 1.3 * 8 * 1124 * (34 * 4096 * 32 + 12 * 128256) / 1e9
    without = need(shape, 100.0, gradient_checkpointing=False)
    assert without == pytest.approx(trained + reference + passing) and passing > gathered + cache


def test_pretraining_sft_and_grpo_of_an_8b_are_told_apart(project):
    chains = ("pretrain.human-s0", "sft.gpt4o-s0", "grpo.gener1-s0")
    found = [planned(project, training(chain, "llama-3.1-8b"), gpus=None).need.gpu for chain in chains]
    assert [need.value for need in found] == [pytest.approx(23.4), pytest.approx(23.4), pytest.approx(58)]
    assert "vLLM's 40% of 80 GB (A100)" in found[2].note and "with a reference model (beta)" in found[2].note


def test_transformers_keeps_keys_and_values_of_a_batch_while_it_answers(project):
    folder = tiny_folder(f"results/models/{BACKBONE}/base/model")
    (folder / "config.json").write_text(json.dumps(LLAMA_8B))
    style = project.style("demo-go", "demo-names")
    prompt = style.budget_tokens + sum(count_tokens([style.system, style.user])) + 32
    # 32 at once, each with up to 96 tokens of its answer.
    cache = 1.3 * 32 * (prompt + 96) * 32 * 2048 * 2 / 1e9
    assert planned(project, answering()).need.node.value == pytest.approx(1.3 * 2 * 0.135 + cache + 1.5)


def memory_of(project, chain, backbone=BACKBONE, **limits):
    """GB of a GPU or, without one, of the node, and where that number is from."""
    need = planned(project, training(chain, backbone), **limits).need
    found = need.gpu or need.node
    return found.value, found.source


@pytest.mark.parametrize(
    ("chain", "other"),
    [
        (PRETRAINED, {"sequence_length": 1024}),
        (PRETRAINED, {"packing": "separate"}),
        (PRETRAINED, {"precision": "fp32"}),
        (PRETRAINED, {"kernels": "plain"}),
        (PRETRAINED, {"micro_batch_size": 2}),
        (PRETRAINED, {"gradient_checkpointing": True}),
        (PRETRAINED, {"adapter": {"rank": 8}}),
        (PRETRAINED, {"max_steps": 2}),
        (TAUGHT, {"max_length": 128}),
        (TAUGHT, {"packing": "separate"}),
        (TAUGHT, {"steps": "mixed"}),
        (TAUGHT, {"teacher": "none"}),
        (ALIGNED, {"max_completion_length": 512}),
        (ALIGNED, {"generations": 2}),
        (ALIGNED, {"rollouts": "vllm-colocate"}),
        (ALIGNED, {"beta": 0.04}),
    ],
)
def test_a_run_with_other_lengths_rows_or_kernels_says_nothing_of_memory(project, chain, other):
    trained_run(project, chain, peak_memory_gb=7.25)
    assert memory_of(project, chain) == (7.25, "measured")
    trained_run(project, chain, recipe=other, peak_memory_gb=7.25)
    assert memory_of(project, chain)[1] == "assumed"


def test_learning_rate_and_what_is_logged_and_kept_change_no_memory(project):
    other = {"learning_rate": 0.5, "epochs": 9, "warmup": 0.5, "log_steps": 7, "save_steps": 1, "checkpoints": "keep"}
    trained_run(project, PRETRAINED, recipe=other, peak_memory_gb=7.25)
    assert memory_of(project, PRETRAINED) == (7.25, "measured")


def test_fields_without_effect_on_memory_are_fields_of_recipes():
    assert set().union(*(recipe.model_fields for recipe in STAGES.values())) > memory.WITHOUT_EFFECT


def test_settings_that_a_recipe_did_not_have_yet_count_as_their_defaults(project):
    path = Path(f"results/models/{BACKBONE}/{PRETRAINED}/recipe.json")
    trained_run(project, PRETRAINED, peak_memory_gb=7.25)
    recipe = json.loads(path.read_text())
    assert recipe.pop("packing") == "wrapped"
    path.write_text(json.dumps(recipe))
    assert memory_of(project, PRETRAINED) == (7.25, "measured")
    path.write_text(json.dumps(recipe | {"flash": True}))  # a setting that is no more
    assert memory_of(project, PRETRAINED)[1] == "assumed"


def test_memory_is_that_of_the_same_sharding_and_number_of_processes(project):
    on_gpus = {"device": "NVIDIA H100", "processes": 8, "gpu_peak_memory_gb": 70.0}
    job = ("sft.names-s0", "llama-3.1-8b")  # 8 GPUs and zero3 in the shipped configuration
    spread = (pytest.approx(1.3 * 18), "assumed")  # 18 bytes of each of 8e9 parameters over 8 GPUs
    trained_run(project, *job, sharding="zero2", **on_gpus)
    assert memory_of(project, *job, gpus=None) == spread
    trained_run(project, *job, sharding="zero3", **on_gpus)
    assert memory_of(project, *job, gpus=None) == (70, "measured")
    # With four GPUs there is twice as much on each.
    assert memory_of(project, *job, gpus=4) == (pytest.approx(1.3 * 36), "assumed")
    # Two processes of one core have the weights twice.
    trained_run(project, PRETRAINED, peak_memory_gb=9.5, processes=2, threads=1)
    assert memory_of(project, PRETRAINED)[1] == "assumed"


def test_processes_and_sharding_are_as_asked_for_where_no_gpu_is_there(tmp_path):
    tiny_config(tmp_path, "- {rules: [pretrain], processes: 2, sharding: zero2}\n")
    project = Project(tmp_path / "config")
    trained_run(project, PRETRAINED, peak_memory_gb=9.5, processes=2, threads=1, sharding="zero2")
    assert memory_of(project, PRETRAINED) == (9.5, "measured")


def test_weights_that_answer_are_spread_over_the_gpus_that_vllm_takes(tmp_path):
    tiny_config(tmp_path)
    job = answering(backbone="llama-3.1-70b")
    found = planned(with_engine(tmp_path, "vllm"), job, gpus=None)
    assert (found.need.gpu.value, found.gpus) == (pytest.approx(1.3 * 2 * 70 / 4), 4)
    assert planned(with_engine(tmp_path, "vllm"), job, gpus=0).need.gpu is None
    found = planned(with_engine(tmp_path, "transformers"), job, gpus=None)
    assert (found.need.gpu.value, found.gpus) == (pytest.approx(1.3 * 2 * 70), 4)


def test_too_little_memory_and_time_is_warned_of(tmp_path):
    tiny_config(tmp_path, "- {memory_gb: 1, minutes: 1}\n")
    project = Project(tmp_path / "config")
    trained_run(project, PRETRAINED, backward_tokens=4100, peak_memory_gb=5.0)
    found = Plan(project, [training(PRETRAINED)], measured.runs(tiny_folder("results")), {}, 0, 2)
    assert found.jobs[0].seconds.value == 200
    # 200 s + a fifth are 4 minutes, 5 GB + a fifth 6 GB, and one more.
    assert len(found.warnings) == 2
    assert found.warnings[0].endswith("set `minutes: 4`")
    assert found.warnings[1].endswith("asks for 1: set `memory_gb: 7`")


def test_a_warning_that_is_shorter_than_a_save_is_told(tmp_path):
    tiny_config(tmp_path, "- {rules: [sft], warning_seconds: 1000}\n")
    jobs = [training(chain, "llama-3.1-8b") for chain in ("pretrain.human-s0", "sft.gpt4o-s0")]
    found = Plan(Project(tmp_path / "config"), jobs, [], {}).warnings
    # 14 bytes of 8e9 parameters at 100 MB/s are 1,120 s, and a fifth more; the warm-up has 1,800.
    assert [warning for warning in found if "warning_seconds" in warning] == [
        "sft llama-3.1-8b sft.gpt4o saves 112 GB, for which 1000 seconds before its time limit may be too few: set "
        "`warning_seconds: 1344`"
    ]


def test_half_of_the_time_limit_is_the_longest_warning(tmp_path):
    tiny_config(tmp_path, "- {rules: [sft], minutes: 30}\n")  # so 900 of the 8B's 1,800 seconds
    found = Plan(Project(tmp_path / "config"), [training("sft.gpt4o-s0", "llama-3.1-8b")], [], {}).warnings
    assert [warning.partition("for which ")[2] for warning in found if "warning_seconds" in warning] == [
        "900 seconds before its time limit may be too few: set `warning_seconds: 1344` and `minutes: 45`"
    ]


def with_engine(folder, engine):
    """The project in `folder` with llama-3.1-70b on this engine."""
    path = folder / "config/backbones.yaml"
    changed, count = re.subn(r"(llama-3.1-70b:\n  engine:) \w+", rf"\1 {engine}", path.read_text())
    assert count == 1
    path.write_text(changed)
    return Project(folder / "config")


def tiny_config(folder, more_resources=""):
    """A copy of the shipped configuration in `folder`, with more requests at the end."""
    shutil.copytree(tiny_project.ROOT / "config", folder / "config")
    path = folder / "config/resources.yaml"
    path.write_text(path.read_text() + more_resources)


# --- the whole -----------------------------------------------------------------------------------------------


def demo_plan(project):
    """Training of a chain of two steps and one beside it, each asked once, on one GPU a job."""
    beside = f"{PRETRAINED}+sft.symbols-s0"
    jobs = [training(chain) for chain in (PRETRAINED, TAUGHT, beside)]
    jobs += [answering(chain) for chain in (PRETRAINED, TAUGHT, beside)]
    return Plan(project, jobs, [], {})


def test_gpus_held_at_once_are_the_most_that_need_not_wait(project):
    # The warm-up first, alone; then its answers and both steps, or in place of a step its own answers.
    assert demo_plan(project).most_gpus == 3
    assert Plan(project, [training(TAUGHT), answering(TAUGHT)], [], {}).most_gpus == 1
    assert Plan(project, [answering(TAUGHT)], [], {}, gpus=0).most_gpus == 0


def test_the_longest_path_and_hours_of_jobs_that_wait(project):
    recorded = {"build_benchmark": {("a.log",): 30.0, ("b.log",): 50.0}, "write_recipe": {("c.log",): 5.0}}
    jobs = [job for job in parse(DRY_RUN) if job.rule != "sft"] + [
        Job("score", {"backbone": "b"}, ("results/benchmarks/demo-go/test.jsonl",), ("scores",)),
    ]
    found = Plan(project, jobs, [], recorded)
    # score was never recorded, so that its line is known to take 40 s at least.
    assert (found.longest_path.value, found.longest_path.note) == (40, "without 1 of 3 that are not known")
    assert found.cpu_hours(found.jobs).value == pytest.approx((40 * found.jobs[0].asked.cpus + 5) / 3600)


def test_the_table_says_where_numbers_are_from(project):
    trained_run(project, PRETRAINED, backward_tokens=20_000)
    jobs = [training(PRETRAINED), training(TAUGHT), answering(), Job("score", {"backbone": BACKBONE})]
    found = Plan(project, jobs, measured.runs(tiny_folder("results")), {}, 0, 2)
    shown = text(found, "demo")
    line = next(line for line in shown.splitlines() if line.startswith("[1]"))
    assert line.split()[:8] == [
        "[1]",
        "pretrain",
        BACKBONE,
        "pretrain.demo",
        "1",
        "2",
        "cores",
        "≤8.2",
    ]  # statements are not written: perhaps fewer
    assert "≤41 s m" in line
    assert "≤12.8 min s" in shown  # 300 × 512 tokens at 200 a second
    assert "score: no job of it was recorded here" not in shown and "unknown" in shown
    assert "CPU-hours: at most" in shown and "unknown of 1, which their time limits hold to" in shown
    rows = [line.split("\t") for line in tsv(found).splitlines()]
    assert {len(row) for row in rows} == {len(rows[0])}
    sft = dict(zip(rows[0], next(row for row in rows if row[0] == "sft"), strict=True))
    assert (sft["tokens"], sft["tokens_from"]) == ("1.536e+05", "<= counted")
    assert (sft["seconds"], sft["seconds_from"]) == ("768", "<= scaled")
    assert text(Plan(project, [], [], {}), "demo") == "'demo' is finished: nothing is left to run"


def test_a_broken_run_json_is_named(project):
    trained_run(project, PRETRAINED, backward_tokens=20_000)
    path = tiny_folder(f"results/models/{BACKBONE}/{PRETRAINED}") / "run.json"
    path.write_text('{"seconds": 3')
    with pytest.raises(InputError, match=r"pretrain.demo-s0/run.json: Invalid JSON"):
        measured.runs(tiny_folder("results"))
    path.write_text('{"seconds": "3", "threads": 2}')
    with pytest.raises(InputError, match=r"run.json: seconds: should be a number, is '3'"):
        measured.runs(tiny_folder("results"))
    path.write_text('{"seconds": 3, "threads": 2}')
    with pytest.raises(InputError, match=r"run.json: backward_tokens: is missing"):
        measured.runs(tiny_folder("results"))


def test_unfinished_steps_and_answers_of_endpoints_measure_nothing(project):
    trained_run(project, PRETRAINED, backward_tokens=20_000)
    (tiny_folder(f"results/models/{BACKBONE}/{PRETRAINED}") / "manifest.json").unlink()
    folder = tiny_folder("results/answers/gpt-4o/base/demo-go.demo-names")
    (folder / "greedy.run.json").write_text('{"seconds": 3, "cost": 1.5}')
    assert measured.runs(tiny_folder("results")) == []


def test_seconds_of_other_jobs_are_those_that_snakemake_recorded(project, tmp_path):
    record = {"rule": "score", "starttime": 10.0, "endtime": 17.0, "log": ["a.log"]}
    folder = tmp_path / ".snakemake/metadata"
    folder.mkdir(parents=True)
    other = record | {"log": ["b.log"], "endtime": 19.0}
    for name, value in (("b3V0MQ==", record), ("b3V0Mg==", record), ("b3V0Mw==", other)):
        (folder / name).write_text(json.dumps(value))
    (folder / "torn").write_text("{")
    assert measured.recorded_seconds() == {"score": {("a.log",): 7.0, ("b.log",): 9.0}}
    found = Plan(project, [Job("score", {})], [], measured.recorded_seconds()).jobs[0].seconds
    assert (found.value, found.note) == (8, "score: mean of 2 jobs here")
    assert measured.recorded_seconds(tmp_path / "nowhere") == {}


def test_an_unknown_experiment_names_the_nearest():
    with pytest.raises(InputError, match=r"unknown experiment 'dmo'\n  fix: did you mean 'demo'\?"):
        cli.main(["plan", "dmo", "--config", str(tiny_project.ROOT / "config")])


@pytest.mark.slow
def test_snakemake_says_what_is_left_of_the_demo(tmp_path, capsys):
    tiny_config(tmp_path)
    (tmp_path / "resources").symlink_to(tiny_project.ROOT / "resources")
    assert cli.main(["plan", "demo", "--gpus", "0", "--cores", "2"]) == 0
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.splitlines() if line.startswith("[")]
    assert [row[1:4] for row in rows[:3]] == [
        ["pretrain", BACKBONE, "pretrain.demo"],
        ["sft", BACKBONE, "sft.names"],
        ["grpo", BACKBONE, "grpo.soft"],
    ]
    assert "to know more, first:" not in shown  # all of the demo's sizes are in its config


@pytest.mark.slow
def test_what_snakemake_cannot_plan_is_said_in_its_words(tmp_path):
    tiny_config(tmp_path)  # without resources/, from which facts are built
    with pytest.raises(InputError, match=r"Snakemake could not plan the jobs(.|\n)*MissingInputException"):
        cli.main(["plan", "demo"])
