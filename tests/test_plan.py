"""`reasonome plan`: numbers worked out by hand, where they come from, and what users get wrong."""

import json
import struct
from pathlib import Path

import pytest
import tiny_project
import torch

import generate
from reasonome import cli
from reasonome.cluster.plan import assumed, jobs, memory
from reasonome.cluster.plan.estimates import Estimate, counted, total, unknown
from reasonome.cluster.plan.jobs import Job, parse
from reasonome.cluster.plan.plan import Plan, text
from reasonome.cluster.plan.rates import Device, Rates, runs
from reasonome.cluster.plan.workload import Workload
from reasonome.config.project import chains, experiments
from reasonome.config.project.job_resources import JobResources
from reasonome.config.resources import PLANNED, gpu_in
from reasonome.core.errors import InputError
from reasonome.core.manifest import Stopwatch
from reasonome.tasks import load_project

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
    output: results/models/b/sft.names-s0/model (missing), results/models/b/sft.names-s0/manifest.json
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


def answering(chain="base", backbone=BACKBONE):
    asked = {"benchmark": "demo-go", "style": "demo-names", "decoding": "greedy"}
    return Job("generate", {"backbone": backbone, "chain": chain} | asked)


def trained_run(project, chain, backbone=BACKBONE, examples=0, recipe=None, **facts):
    """Files of a finished training step, as its job leaves them; `recipe` are settings other than the variant's."""
    step = chain.rpartition("+")[2]
    stage, variant = step.removesuffix("-s0").split(".")
    folder = tiny_folder(f"results/models/{backbone}/{chain}")
    settings = project.recipes[stage][variant].model_dump(mode="json") | (recipe or {})
    (folder / "recipe.json").write_text(json.dumps(settings))
    (folder / "manifest.json").write_text(json.dumps({"recipe": settings, "examples": examples}))
    run = {"seconds": 100.0, "backward_tokens": 0, "generated_tokens": 0, "peak_memory_gb": 5.0}
    run |= {"threads": 2, "steps": 4}
    (folder / "run.json").write_text(json.dumps(run | facts))


def answered_run(backbone=BACKBONE, chain="base", **facts):
    folder = tiny_folder(f"results/answers/{backbone}/{chain}/demo-go.demo-names")
    run = {"seconds": 20.0, "backward_tokens": 0, "generated_tokens": 1000, "peak_memory_gb": 1.5, "threads": 2}
    (folder / "greedy.run.json").write_text(json.dumps(run | {"engine": "transformers"} | facts))


def tiny_folder(name):
    folder = Path(name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def benchmark(train=570, valid=30, test=90):
    folder = tiny_folder("results/benchmarks/demo-go")
    for part, rows in (("train", train), ("valid", valid), ("test", test)):
        (folder / f"{part}.jsonl").write_text("{}\n" * rows)


def planned_work(project, job):
    return Workload(project, runs(Path("results"))).work(job)


def planned(project, job, **limits):
    """The line of a job, on two cores if nothing else is said."""
    return Plan(project, [job], runs(Path("results")), **({"gpus": 0, "cores": 2} | limits)).lines[0]


# --- numbers with a source -----------------------------------------------------------------------------


def test_a_sum_is_as_uncertain_as_the_worst_of_its_parts():
    found = Estimate(3, "measured", "a run") + Estimate(4, "assumed", "a guess", at_most=True)
    assert found == Estimate(7, "assumed", "a run; a guess", at_most=True)
    assert (counted(6) / Estimate(2, "scaled")) == Estimate(3, "scaled")
    assert (counted(6) * unknown("nobody knows")) == unknown("nobody knows")


def test_a_total_says_how_much_it_leaves_out():
    found = total([counted(1), unknown("x"), Estimate(2, "measured")])
    assert (found.value, found.source, found.note) == (3, "measured", "for 2 of 3 lines, 1 are not known")
    bounded = counted(6, at_most=True)
    assert total([bounded]).at_most and not total([bounded, unknown("x")]).at_most, "what is not known has no bound"
    assert total([]).value == 0
    assert total([unknown("x")]).value is None


# --- jobs and sizes --------------------------------------------------------------------------------------


def test_jobs_of_a_dry_run():
    found = parse(DRY_RUN)
    assert [job.rule for job in found] == ["build_benchmark", "write_recipe", "sft"]
    assert (found[2].backbone, found[2].chain) == ("b", "sft.names-s0")
    assert found[2].outputs == ("results/models/b/sft.names-s0/model", "results/models/b/sft.names-s0/manifest.json")


def test_parameters_are_counted_in_weights_else_told_by_the_name_else_unknown(project, tmp_path, refused):
    header = {f"t{n}": {"dtype": "BF16", "shape": shape} for n, shape in enumerate([[10, 4], [4, 4], [3]])}
    content = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(content)) + content)
    spec = project.backbones[BACKBONE]
    assert memory.parameters("any", spec, tmp_path).value == 10 * 4 + 4 * 4 + 3
    (tmp_path / "model.safetensors").write_bytes(b"version https://git-lfs")
    with refused():
        memory.parameters("any", spec, tmp_path)
    by_name = memory.parameters("llama-3.2-1b", project.backbones["llama-3.2-1b"], tmp_path / "none")
    assert (by_name.value, by_name.source) == (1e9, "assumed")
    assert memory.parameters(BACKBONE, spec, tmp_path / "none").value == 135e6
    assert memory.parameters("mine", spec, tmp_path / "none").value is None


# --- what is to be done ------------------------------------------------------------------------------------


def test_tokens_of_training_without_any_file(project):
    assert planned_work(project, training(PRETRAINED)).backward.value == 8200
    # 300 examples at most, of 190 tokens by sizes.yaml; 8 prompts × 4 epochs × 4 completions.
    work = planned_work(project, training(TAUGHT)).backward
    assert (work.value, work.at_most) == (300 * 190, True)
    work = planned_work(project, training(ALIGNED))
    prompt = project.style("demo-go", "demo-names").largest_prompt()
    assert (work.backward.value, work.backward.at_most) == (128 * (prompt + 96), True)
    assert work.generated.value == (128 + 2 * 30) * 96


def without_sizes(folder):
    """The shipped configuration without sizes.yaml."""
    (tiny_config(folder) / "sizes.yaml").unlink()
    return load_project(folder / "config")


def test_sizes_are_assumed_until_data_are_built(tmp_path, refused):
    (tiny_config(tmp_path) / "sizes.yaml").write_text("rows: {go: 100}\ntokens: {human: 4096}\n")
    project = load_project(tmp_path / "config")
    warmup = planned_work(project, training("pretrain.human-s0")).backward
    assert (warmup.value, warmup.source) == (4096, "assumed")
    tuned = planned_work(project, training("sft.gpt4o-s0")).backward
    assert (tuned.value, tuned.source, tuned.at_most) == (100 * 2 * 4096, "assumed", True)
    train = tiny_folder("results/prompts/go.symbols") / "train.jsonl"
    train.write_text("{}\n" * 7)
    assert planned_work(project, training("sft.gpt4o-s0")).backward.value == 7 * 2 * 4096
    (tmp_path / "config/sizes.yaml").write_text("rows: {go-b: 100}\n")
    with refused(tmp_path / "config/sizes.yaml", 1, "rows.go-b"):
        load_project(tmp_path / "config")


def test_what_cannot_be_known_before_data_are_built_is_unknown_and_named(tmp_path):
    project = without_sizes(tmp_path)
    written = Job("write_prompts", {}, ("results/prompts/go.symbols/train.jsonl", "results/prompts/go.symbols/x"))
    plan = Plan(project, [written, training("grpo.gener1-s0", "llama-3.2-1b")], [])
    assert plan.lines[0].tokens.value is None
    assert plan.lines[0].seconds == unknown("train rows of go are not built")
    shown = text(plan, "gene-r1")
    assert shown.endswith("to know more, first: snakemake --cores 2 results/prompts/go.symbols/train.jsonl")
    assert "GPU-h: unknown" in shown


def test_tokens_by_what_earlier_runs_showed(project):
    benchmark(test=90)
    trained_run(project, TAUGHT, examples=500, backward_tokens=100_000)
    answered_run(generated_tokens=4500)
    reasoning = tiny_folder("results/reasoning/knowledge-given") / "demo-go.demo-names.jsonl"
    reasoning.write_text("{}\n" * 300)
    # 300 kept rows of 200 tokens each, and 90 answers of 50.
    work = planned_work(project, training(TAUGHT)).backward
    assert (work.value, work.source, work.at_most) == (300 * 200, "measured", False)
    assert planned_work(project, answering(PRETRAINED)).generated.value == 90 * 50


def test_samples_of_a_few_questions_and_of_all_are_lines_of_their_own(project):
    benchmark(train=570)
    asked = answering().wildcards | {"decoding": "sample8-96"}
    jobs = [Job("sample", asked | {"questions": questions}) for questions in ("60", "all", "60")]
    plan = Plan(project, jobs, [], 0, 2)
    found = {line.name[2]: (line.jobs, line.tokens.value) for line in plan.lines}
    # Eight samples of 96 tokens at most, of each question.
    name = "demo-go.demo-names.sample8-96"
    assert found == {f"{name}.60": (2, 60 * 8 * 96), f"{name}.all": (1, 570 * 8 * 96)}


def written_pairs(preferences, pairs, benchmark="demo-go", model=""):
    folder = tiny_folder(f"results/preferences/{preferences}/{model}{benchmark}.demo-names")
    (folder / "train.jsonl").write_text("{}\n" * pairs)


@pytest.mark.parametrize(
    ("step", "unwritten", "written"),
    [
        # Six pairs of each of 570 questions but 40, 240 at most, of two texts of 512 tokens; then 120 pairs.
        ("dpo.demotiers", 240 * 2 * 512, 120 * 2 * 512),
        ("reward.demotiers", 530 * 6 * 2 * 512, 120 * 2 * 512),
        # One pair of the samples for each of 64 questions.
        ("dpo.demosamples", 64 * 2 * 512, 120 * 2 * 512),
    ],
)
def test_tokens_of_learning_from_pairs_without_a_run(tmp_path, step, unwritten, written):
    project = without_sizes(tmp_path)
    benchmark()
    job = training(f"{TAUGHT}+{step}-s0")
    work = planned_work(project, job)
    assert (work.backward.value, work.backward.at_most, work.generated.value) == (unwritten, True, 0)
    written_pairs("demo-tiers", 120)
    written_pairs("demo-samples", 120, model=f"{BACKBONE}/{TAUGHT}/")
    work = planned_work(project, job).backward
    assert (work.value, work.source) == (written, "counted")
    assert work.note == "two of max_length"


# --- how fast ----------------------------------------------------------------------------------------------


def test_measured_rates_are_of_the_same_backbone_stage_and_device(project):
    trained_run(project, PRETRAINED, backward_tokens=20_000)
    found = planned(project, training(PRETRAINED)).seconds
    assert (found.value, found.source) == (8200 / 200, "measured")
    # Another stage of the same backbone, twice as many cores: still told, but marked.
    known = Rates(runs(Path("results")), {BACKBONE: counted(135e6)})
    other = known.training("sft", BACKBONE, Device("cpu", 2), adapted=False)
    assert (other.value, other.source) == (200, "scaled")
    wider = known.training("pretrain", BACKBONE, Device("cpu", 4), adapted=False)
    assert (wider.value, wider.source) == (400, "scaled")
    assert "2 → 4 cores" in wider.note
    # Of adapters nothing was measured.
    assert known.training("pretrain", BACKBONE, Device("cpu", 2), adapted=True).source == "assumed"


def test_assumed_rates_are_of_the_machine_and_by_size(project):
    known = Rates([], {"b": counted(4e9)})
    # 30 % of 989 TFLOP/s; six FLOPs of each token and parameter, or eight with recomputation.
    h100 = Device("nvidia_h100", 8)
    assert known.training("grpo", "b", h100, adapted=False).value == pytest.approx(8 * 0.3 * 989e12 / 6 / 4e9)
    found = known.training("grpo", "b", h100, adapted=False, flops=8)
    assert (found.value, found.source) == (pytest.approx(8 * 0.3 * 989e12 / 8 / 4e9), "assumed")
    assert found.note == "30% of 989 TFLOP/s of each H100, 8 FLOPs a token and parameter"
    unnamed = known.generation("b", Device("gpu", 1), "vllm")
    assert (unnamed.value, unnamed.source) == (15_000 / 4, "assumed")
    assert unnamed.note == "15,000 tokens/s on each A100 (no gpu_model is asked for) with 1B parameters"
    assert known.generation("b", Device("tpu7", 1), "vllm") == unknown("speed of a tpu7")
    assert known.generation("unheard-of", Device("h100", 1), "vllm").value is None
    assert gpu_in("NVIDIA L40S") == "l40s" and gpu_in("gh200") == "h200"
    assert gpu_in("l40") is gpu_in("a1000") is None
    assert set(assumed.MACHINES) == {"cpu", *PLANNED}
    found = planned(project, training(PRETRAINED, "llama-3.2-1b"), gpus=1).seconds
    took = 8200 / (0.3 * 312e12 / 6 / 1e9)
    assert (found.value, found.source) == (pytest.approx(60 + took), "assumed"), "and a minute to start"


def test_grpo_without_a_run_of_it_is_training_and_answering(project):
    benchmark()
    trained_run(project, PRETRAINED, backward_tokens=20_000)
    answered_run(generated_tokens=2000, prompt_tokens=9000)
    found = planned(project, training(ALIGNED))
    # 128 completions of 100 + 96 tokens at 200 tokens/s; 188 completions of 96 at 100 tokens/s.
    assert found.seconds.value == pytest.approx(128 * 196 / 200 + 188 * 96 / 100)
    assert (found.seconds.source, found.seconds.at_most) == ("scaled", True)


@pytest.mark.parametrize(
    ("visible", "engine", "device", "used"),
    [
        (0, "transformers", "cpu", 0),
        (0, "vllm", "cpu", 0),
        (4, "transformers", "NVIDIA H100", 1),
        (4, "vllm", "NVIDIA H100", 3),  # nine heads cannot be shared by four
    ],
)
def test_answers_say_their_engine_and_the_gpus_that_it_used(monkeypatch, visible, engine, device, used):
    model = tiny_folder("model/model")
    model.with_name("manifest.json").write_text('{"recipe": {"checkpoints": "keep"}}')
    shape = {"num_attention_heads": 9, "num_key_value_heads": 3, "hidden_size": 9, "intermediate_size": 18}
    (model / "config.json").write_text(json.dumps({"model_type": "llama", **shape}))
    (tiny_folder("results/prompts/demo-go.demo-names") / "test.jsonl").write_text("")
    # What writes answers is tried elsewhere; here, on made-up GPUs, what is said of them.
    monkeypatch.setattr(generate, "write_answers", lambda *job: {"prompt_tokens": 18, "generated_tokens": 12})
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H100")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: visible > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: visible)
    output = tiny_folder(f"results/answers/{BACKBONE}/base/demo-go.demo-names") / "greedy.jsonl"
    asked = f"--config {tiny_project.ROOT / 'config'} --benchmark demo-go --style demo-names --decoding greedy"
    command = f"generate.py {asked} --model model --engine {engine} --output {output}"
    monkeypatch.setattr("sys.argv", command.split())
    generate.main()
    (run,) = runs(Path("results"))
    assert (run.device, run.engine, run.gpus) == (device, engine, used)
    assert (run.prompt_tokens, run.generated_tokens, run.backward_tokens) == (18, 12, 0)


# --- memory and disk -----------------------------------------------------------------------------------------


def changed(recipe, **settings):
    return type(recipe).model_validate(recipe.model_dump() | settings)


def test_memory_of_training_by_sharding_and_adapter(project):
    recipe = project.recipes["sft"]["gpt4o"]

    def need(recipe=recipe, **asked):
        return memory.training_need(counted(8e9), recipe, JobResources(gpus=8, **asked))

    # fp32 weights and gradients, two moments: 16 bytes; DeepSpeed has bf16 weights beside those.
    assert need().gpu.value == pytest.approx(1.3 * 8 * 16)
    assert need(sharding="zero2").gpu.value == pytest.approx(1.3 * 8 * (2 + 16 / 8))
    assert need(sharding="zero3").gpu.value == pytest.approx(1.3 * 8 * 18 / 8) == pytest.approx(23.4)
    assert need(sharding="zero3", nodes=2).gpu.value == pytest.approx(1.3 * 8 * 18 / 16)
    # Eight processes each read 32 GB of weights.
    assert need().node.value == pytest.approx(8 * (32 + 1.5))
    assert (need().kept.value, need().meanwhile.value) == (16, 3 * 8 * 12)
    assert need(sharding="zero3").meanwhile.value == pytest.approx(3 * 8 * 14)
    assert need(changed(recipe, adapter={})).gpu.value == pytest.approx(1.3 * 8 * 2.4)
    assert need(changed(recipe, adapter={"quantize": "4bit"})).gpu.value == pytest.approx(1.3 * 8)
    assert need(changed(recipe, checkpoints="keep")).kept.value == 16 + 2 * 8 * 12
    without_gpus = memory.training_need(counted(8e9), recipe, JobResources())
    assert without_gpus.kept.value == 32  # fp32 where it is faster
    assert without_gpus.gpu is None and without_gpus.node.value == pytest.approx(1.3 * 8 * 16 + 1.5)


def test_memory_of_grpo_counts_who_samples_and_the_reference_model(project):
    gener1 = project.recipes["grpo"]["gener1"]

    def need(gpu_model=None, sharding="zero3", **settings):
        asked = JobResources(gpus=8, sharding=sharding, gpu_model=gpu_model)
        return memory.training_need(counted(8e9), changed(gener1, **{"rollouts": "transformers"} | settings), asked).gpu

    trained, reference, gathered = 1.3 * 8 * 18 / 8, 1.3 * 8 * 2 / 8, 1.3 * 8 * 2
    assert need().value == pytest.approx(trained + reference + gathered) == pytest.approx(46.8)
    assert need(beta=0.0).value == pytest.approx(trained + gathered)
    # Two bytes of each weight stand whole on each GPU under zero2, where none has to be gathered.
    assert need(sharding="zero2").value == pytest.approx(1.3 * 8 * (2 + 16 / 8) + 1.3 * 8 * 2)
    # vLLM takes 40 % of 80 GB, or of 141.
    found = need(rollouts="vllm-colocate")
    assert found.value == pytest.approx(trained + reference + 32) == pytest.approx(58)
    assert "vLLM's 40% of 80 GB (A100)" in found.note and "without activations" in found.note
    assert need(rollouts="vllm-colocate", gpu_model="h200").value == pytest.approx(trained + reference + 0.4 * 141)
    # Beside an adapter the reference is the same weights.
    assert need(adapter={"rank": 16}, sharding="none").value == pytest.approx(1.3 * 8 * 2.4)


def tiny_config(folder, more_resources=""):
    """A copy of the shipped configuration in `folder`, with more requests at the end."""
    tiny_project.copied_config(folder)
    path = folder / "config/resources.yaml"
    path.write_text(path.read_text() + more_resources)
    return folder / "config"


def test_too_little_memory_and_time_is_warned_of(tmp_path):
    project = load_project(tiny_config(tmp_path, "- {memory_gb: 1, minutes: 1}\n"))
    trained_run(project, PRETRAINED, backward_tokens=4100, peak_memory_gb=5.0)
    found = Plan(project, [training(PRETRAINED)], runs(Path("results")), 0, 2)
    assert found.lines[0].seconds.value == 200
    # 200 s + a fifth are 4 minutes; 5 GB + a fifth 6 GB, and one more.
    assert len(found.warnings) == 2
    assert found.warnings[0].endswith("set `minutes: 4`")
    assert found.warnings[1].endswith("asks for 1: set `memory_gb: 7`")


def test_what_does_not_fit_on_a_gpu_is_told(tmp_path):
    project = load_project(tiny_config(tmp_path, "- {gpu_model: l4, rules: [sft], sharding: none}\n"))
    (warning,) = Plan(project, [training("sft.names-s0", "llama-3.2-3b")], []).warnings
    assert "needs about 62 GB on a GPU, which has 24: more GPUs with `sharding: zero3`" in warning


# --- shipped experiments --------------------------------------------------------------------------------------


def jobs_of(project, experiment):
    """All jobs of an experiment that train or ask models."""
    found = [
        Job(chains.last_step(chain).stage, {"backbone": backbone, "chain": chain})
        for backbone, chain in experiments.trained_steps(project, experiment)
    ]
    for run in experiments.cells(project, experiment):
        if project.backbones[run.backbone].weights:
            names = ("backbone", "chain", "benchmark", "style", "decoding")
            found.append(Job("generate", {name: getattr(run, name) for name in names}))
    for backbone, chain, path in experiments.sampled(project, experiment):
        benchmark, _, style = path.parent.name.rpartition(".")
        decoding, _, questions = path.stem.partition(".")
        asked = {"benchmark": benchmark, "style": style, "decoding": decoding, "questions": questions}
        found.append(Job("sample", {"backbone": backbone, "chain": chain, **asked}))
    return found


@pytest.mark.parametrize("machine", [{}, {"gpus": 0, "cores": 2}], ids=["as asked", "two cores"])
def test_hours_are_in_every_line_of_every_shipped_experiment(project, machine):
    for experiment in project.experiments:
        plan = Plan(project, jobs_of(project, experiment), [], **machine)
        assert plan.lines, experiment
        assert [line.name for line in plan.lines if not line.hours.value] == [], experiment
        rows = [line for line in text(plan, experiment).splitlines() if line.startswith("[") and "-h " in line]
        assert len(rows) == len(plan.lines) and not any("unknown" in row for row in rows), experiment
        assert {line.hours.source for line in plan.lines} == {"assumed"}, "nothing was measured"


def test_every_shipped_job_ends_in_its_time_limit(project):
    too_long = [
        warning
        for experiment in project.experiments
        for warning in Plan(project, jobs_of(project, experiment), []).warnings
        if "minutes" in warning
    ]
    assert too_long == []


# --- the whole -----------------------------------------------------------------------------------------------


def test_the_table_says_where_numbers_are_from(project, scrubbed, snapshot):
    trained_run(project, PRETRAINED, backward_tokens=20_000)
    jobs = [training(PRETRAINED), training(TAUGHT), answering(), answering(PRETRAINED), Job("score", {})]
    found = Plan(project, jobs, runs(Path("results")), 0, 2)
    shown = text(found, "demo")
    line = next(line for line in shown.splitlines() if line.startswith("[1]"))
    # Statements are not written: perhaps fewer tokens. 41 seconds of two cores.
    assert line.split()[1:8] == ["pretrain", BACKBONE, "pretrain.demo", "1", "2", "cores", "≤8.2"]
    assert "≤41 s m" in line and "≤0.023 m core-h" in line
    assert scrubbed(shown) == snapshot  # 300 × 190 tokens at 200 a second, and a minute to start
    assert text(Plan(project, [], []), "demo") == "'demo' is finished: nothing is left to run"


@pytest.mark.parametrize(
    "content",
    [
        '{"seconds": 3',
        '{"seconds": 3, "threads": 2, "generated_tokens": 1, "peak_memory_gb": 1}',
    ],
)
def test_a_broken_run_json_is_named(project, content, refused):
    trained_run(project, PRETRAINED, backward_tokens=20_000)
    Path(f"results/models/{BACKBONE}/{PRETRAINED}/run.json").write_text(content)
    with refused():
        runs(Path("results"))


def test_unfinished_steps_and_answers_of_endpoints_and_recorded_ones_measure_nothing(project):
    trained_run(project, PRETRAINED, backward_tokens=20_000)
    Path(f"results/models/{BACKBONE}/{PRETRAINED}/manifest.json").unlink()
    # As their jobs write it: with the threads of the machine that asked.
    for backbone, tokens in (("gpt-4o", 90_000), ("recorded", 0)):
        folder = tiny_folder(f"results/answers/{backbone}/base/demo-go.demo-names")
        spent = {"backward_tokens": 0, "prompt_tokens": tokens, "generated_tokens": tokens}
        Stopwatch().write(folder / "greedy.run.json", **spent)
    assert runs(Path("results")) == runs(Path("nowhere")) == []
    benchmark(test=90)
    assert planned_work(project, answering()).generated.value == 90 * 96, "all of max_new_tokens, at most"


def test_an_unknown_experiment_names_the_nearest(refused):
    with refused():
        cli.main(["plan", "dmo", "--config", str(tiny_project.ROOT / "config")])


@pytest.fixture
def plain_machine(monkeypatch):
    """A machine with two cores, no GPU and no SLURM."""
    monkeypatch.setattr(jobs.gpus_of_machine, "has_driver", lambda: False)
    monkeypatch.setattr(jobs.os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(jobs, "answer_of", lambda _: (None, "sinfo: FileNotFoundError"))


def test_a_plan_is_for_this_machine_unless_told_otherwise(plain_machine, monkeypatch, capsys):
    monkeypatch.setattr(jobs, "still_to_run", lambda *_: [training(PRETRAINED)])
    arguments = ["plan", "demo", "--config", str(tiny_project.ROOT / "config")]
    assert cli.main(arguments) == 0
    first, _, _, line, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("planned for: no GPUs (this machine's), 2 cores (this machine's); ")
    assert " 2 cores " in line and "core-h" in line
    assert cli.main([*arguments, "--gpus", "1"]) == 0
    first, _, _, line, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("planned for: 1 GPU (as told), 2 cores") and " 1 GPU " in line


def test_a_plan_on_a_cluster_is_for_what_is_asked_for(plain_machine, monkeypatch):
    monkeypatch.setattr(jobs, "_slurm_answers", lambda: True)
    gpus, cores, words = jobs.limits(None, 4)
    assert (gpus, cores) == (None, 4)
    assert words.startswith("planned for: GPUs as asked for (of config/resources.yaml, as SLURM is here), 4 cores")


def test_rates_of_a_folder_that_is_not_there_are_an_error(refused):
    with refused():
        cli.main(["plan", "demo", "--config", str(tiny_project.ROOT / "config"), "--rates", "nowhere"])


@pytest.mark.full
@pytest.mark.slow
def test_snakemake_says_what_is_left_of_the_demo(tmp_path, capsys):
    tiny_config(tmp_path)
    with pytest.raises(InputError, match=r"Snakemake could not plan the jobs: MissingInputException"):
        cli.main(["plan", "demo"])  # without resources/, from which facts are built
    (tmp_path / "resources").symlink_to(tiny_project.ROOT / "resources")
    assert cli.main(["plan", "demo", "--gpus", "0", "--cores", "2"]) == 0
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.splitlines() if line.startswith("[")]
    assert [row[1:4] for row in rows[:3]] == [
        ["pretrain", BACKBONE, "pretrain.demo"],
        ["sft", BACKBONE, "sft.names"],
        ["grpo", BACKBONE, "grpo.soft"],
    ]
    assert "3 score" in shown and "to know more, first:" not in shown  # all of the demo's sizes are in its config
