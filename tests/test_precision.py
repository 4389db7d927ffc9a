"""Which arithmetic a machine gets, what an order for the other one is told, and a chain without AVX-512."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_training
import torch
from safetensors.torch import load_file

from reasonome.answering import precision
from reasonome.tasks import TASKS
from reasonome.training.sft import sft

# PyTorch, oneDNN and MKL compute as on a processor with AVX2 and nothing newer.
AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}


@pytest.fixture
def processor(monkeypatch):
    """Let torch say that the processor has these instructions, and what it uses of them."""

    def has(*names: str, used: str = "AVX512") -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: dict.fromkeys(names, True))
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: used)
        precision._faster_product.cache_clear()

    yield has
    precision._faster_product.cache_clear()


@pytest.mark.parametrize(
    ("instructions", "used", "chosen"),
    [
        (("avx2", "avx512_f"), "AVX512", "fp32"),
        (("avx2",), "AVX2", "fp32"),
        (("avx2", "avx512_bf16"), "AVX2", "fp32"),  # torch was told to leave them alone
    ],
)
def test_auto_measures_nothing_where_torch_uses_no_bf16_instructions(
    processor, monkeypatch, capsys, instructions, used, chosen
):
    processor(*instructions, used=used)
    monkeypatch.setattr(precision, "matmul_tflops", lambda *_: pytest.fail("measured"))
    assert precision.choose("auto") == chosen
    assert capsys.readouterr().out == f"computing in {chosen}: the processor has no bf16 instructions\n"


@pytest.mark.parametrize(
    ("instructions", "used", "bf16", "fp32", "chosen"),
    [
        (("avx512_bf16",), "AVX512", 412, 103, "bf16"),  # AMD EPYC (Zen 4)
        (("avx512_bf16",), "AVX512", 176, 337, "fp32"),  # Intel Xeon (Sapphire Rapids) whose AMX is masked
        (("avx512_bf16", "amx_bf16"), "AVX512", 1600, 337, "bf16"),
        (("neon", "bf16"), "DEFAULT", 200, 100, "bf16"),
    ],
)
def test_auto_is_the_faster_one_where_the_processor_has_bf16_instructions(
    processor, monkeypatch, capsys, instructions, used, bf16, fp32, chosen
):
    processor(*instructions, used=used)
    gflops = {torch.bfloat16: bf16, torch.float32: fp32}
    asked = []
    monkeypatch.setattr(precision, "matmul_tflops", lambda _, dtype, __: asked.append(dtype) or gflops[dtype] / 1000)
    assert precision.choose("auto") == precision.choose("auto") == chosen
    assert f"and products run at {bf16} in bf16, {fp32} in fp32 (GFLOP/s)" in capsys.readouterr().out
    assert asked == [torch.bfloat16, torch.float32] * precision.PROBES, "by turns, and once in a process"


@pytest.mark.parametrize(("supported", "chosen"), [(True, "bf16"), (False, "fp32")])
def test_auto_on_a_gpu_follows_its_capability(monkeypatch, supported, chosen):
    asked = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla V100")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **settings: asked.append(settings) or supported)
    assert precision.choose("auto", say=False) == chosen
    assert asked == [{"including_emulation": False}], "bf16 by emulation is slow"


def test_an_order_for_the_machines_own_precision_measures_nothing(processor, monkeypatch):
    processor()
    monkeypatch.setattr(precision, "matmul_tflops", lambda *_: pytest.fail("measured"))
    assert precision.choose("fp32") == "fp32"


def test_what_was_chosen_triggers_nothing(tiny_backbone, tmp_path, monkeypatch):
    """On either kind of machine a job has one digest, so that it goes on from the other's checkpoints."""
    models = tiny_training.make(tmp_path, tiny_backbone)
    jobs = []
    for machine in ("bf16", "fp32"):
        monkeypatch.setattr(precision, "fastest", lambda machine=machine: (machine, ""))
        jobs.append(tiny_training.sft_job(models))
    assert [job.recipe.precision for job in jobs] == ["bf16", "fp32"]
    assert jobs[0].digest == jobs[1].digest and jobs[0].identity["recipe"]["precision"] == "auto"
    assert [job.arguments()["bf16"] for job in jobs] == [True, False]


def test_a_job_that_goes_on_in_another_precision_says_so(tiny_backbone, tmp_path, monkeypatch, capsys):
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), precision="fp32")
    checkpoint = tmp_path / "checkpoint-2"
    checkpoint.mkdir()
    (checkpoint / "complete.json").write_text(json.dumps({"files": {}, "processes": 1, "precision": "bf16"}))
    job._say_where_from(checkpoint)
    assert "computed in bf16, those from here on in fp32" in capsys.readouterr().out


@pytest.mark.slow
def test_what_is_trained_in_fp32_is_not_rounded_away(tiny_backbone, tmp_path):
    """Three steps at 1e-6 move a weight of .02 by less than bf16 can tell."""
    models = tiny_training.make(tmp_path, tiny_backbone)
    job = tiny_training.sft_job(models, precision="fp32", learning_rate=1e-6)
    sft(job, {"demo-go": TASKS["gene_set_naming"]})
    before, after = (load_file(folder / "model/model.safetensors") for folder in (models / "base", job.folder))
    layers = [name for name in after if name.endswith("proj.weight")]
    moved = [(before[name].float() != after[name]).float().mean().item() for name in layers]
    if_rounded = [(before[name].bfloat16() != after[name].bfloat16()).float().mean().item() for name in layers]
    assert {after[name].dtype for name in layers} == {torch.float32}
    assert min(moved) > 0.8 and max(if_rounded) < 0.2


CHAIN = """
import json, sys
from pathlib import Path
import tiny_training
from reasonome.answering import precision
from reasonome.config import Decoding
from reasonome.answering.answers import write_answers
from reasonome.benchmarks.rows import read_rows
from reasonome.tasks import TASKS
from reasonome.training.pretrain import pretrain
from reasonome.training.sft import sft

folder, task = Path(sys.argv[1]), TASKS["gene_set_naming"]
models = tiny_training.make(folder, Path(sys.argv[2]))
pretrain(tiny_training.pretrain_job(models, "pretrain.try-s0"))
sft(tiny_training.sft_job(models, "pretrain.try-s0+sft.try-s0"), {"demo-go": task})
model = models / "pretrain.try-s0+sft.try-s0" / "model"
asked = read_rows(folder / "examples.jsonl", task.Example)[:2]
decoding = Decoding(max_new_tokens=4)
made = write_answers(task, tiny_training.STYLE, decoding, asked, model, "digest", folder / "answers.jsonl")
print(json.dumps(made["precision"]))
"""


@pytest.mark.full
@pytest.mark.slow
def test_a_chain_without_avx512_computes_in_fp32(tiny_backbone, tmp_path):
    here = Path(__file__).parent
    environment = os.environ | AVX2 | {"PYTHONPATH": f"{here.parent / 'scripts'}:{here}"}
    command = [sys.executable, "-c", CHAIN, str(tmp_path), str(tiny_backbone)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("computing in fp32: the processor has no bf16 instructions") == 3
    assert json.loads(done.stdout.splitlines()[-1]) == "fp32"
    for chain in ("pretrain.try-s0", "pretrain.try-s0+sft.try-s0"):
        folder = tmp_path / "models" / "tiny" / chain
        for file in ("run.json", "manifest.json"):
            assert json.loads((folder / file).read_text())["precision"] == "fp32"


def test_the_peak_is_that_of_random_matrices(monkeypatch):
    """A GPU is faster on constant ones. What training draws next is not touched."""
    multiplied = []
    monkeypatch.setattr(torch, "mm", lambda one, other, out: multiplied.extend((one, other)))
    before = torch.get_rng_state()
    assert precision.matmul_tflops("cpu", torch.bfloat16, 1e-9) > 0
    assert {round(float(matrix.float().std()), 1) for matrix in multiplied} == {1.0}
    assert torch.equal(torch.get_rng_state(), before)
