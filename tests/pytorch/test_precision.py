"""Which arithmetic a machine gets, what an order for the other one is told, and a chain without AVX-512."""

import pytest
import tiny_training
import torch
from safetensors.torch import load_file

from reasonome.answering import precision
from reasonome.tasks import TASKS
from reasonome.training.sft import sft


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


def test_auto_measures_nothing_where_torch_uses_no_bf16_instructions(processor, monkeypatch, capsys):
    processor("avx2", "avx512_bf16", used="AVX2")  # torch was told to leave them alone
    monkeypatch.setattr(precision, "matmul_tflops", lambda *_: pytest.fail("measured"))
    assert precision.choose("auto") == "fp32"
    assert capsys.readouterr().out == "computing in fp32: the processor has no bf16 instructions\n"


@pytest.mark.parametrize(
    ("bf16", "fp32", "chosen"),
    [
        (412, 103, "bf16"),  # AMD EPYC (Zen 4)
        (176, 337, "fp32"),  # Intel Xeon (Sapphire Rapids) whose AMX is masked
    ],
)
def test_auto_is_the_faster_one_where_the_processor_has_bf16_instructions(
    processor, monkeypatch, capsys, bf16, fp32, chosen
):
    processor("avx512_bf16")
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
