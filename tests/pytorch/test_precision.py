"""Which arithmetic a machine gets, what an order for the other one is told, and a chain without AVX-512."""

import pytest
import tiny_training
import torch
from safetensors.torch import load_file

from reasonome.answering import precision
from reasonome.tasks import TASKS
from reasonome.training.sft import sft


@pytest.mark.parametrize(
    ("has", "used", "chosen", "told"),
    [
        ({"avx2": True, "avx512_bf16": True, "cpu_name": "AMD EPYC"}, "AVX2", "fp32", "has no bf16 instructions"),
        ({"avx512_bf16": True, "cpu_name": "AMD EPYC 9654"}, "AVX512", "bf16", "has avx512_bf16"),  # 412 against 103
        # GFLOP/s 176 against 337 of a Xeon (Sapphire Rapids) whose AMX is masked.
        ({"avx512_bf16": True, "cpu_name": "Intel(R) Xeon(R)"}, "AVX512", "fp32", "has avx512_bf16 alone"),
        ({"avx512_bf16": True, "amx_bf16": True, "cpu_name": "Intel(R) Xeon(R)"}, "AVX512", "bf16", "has amx_bf16"),
        ({"bf16": True, "cpu_name": "Neoverse-V1"}, "SVE256", "bf16", "has bf16"),
        ({"avx2": True}, "AVX512", "fp32", "has no bf16 instructions"),
    ],
)
def test_auto_follows_what_the_processor_has_and_torch_uses(monkeypatch, capsys, has, used, chosen, told):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: used)  # it may be told to leave some alone
    assert precision.choose("auto") == chosen
    assert f"computing in {chosen}: " in (out := capsys.readouterr().out) and told in out


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
