"""The kernels that a training takes: those that are installed, on a GPU."""

from dataclasses import replace

import pytest
import tiny_training
import torch

from reasonome.training import kernels


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "installed", "chosen"),
    [
        ({}, ("liger_kernel",), kernels.Kernels(liger=True)),
        ({}, (), kernels.Kernels()),
        ({"kernels": "plain"}, ("liger_kernel",), kernels.Kernels()),
    ],
)
def test_kernels_are_those_that_are_installed(settings, installed, chosen, monkeypatch, tiny_backbone, tmp_path):
    recipe = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), **settings).recipe
    monkeypatch.setattr(kernels, "is_liger_kernel_available", lambda: "liger_kernel" in installed)
    on_a_cpu = kernels.Kernels(labelled_head=settings.get("kernels") != "plain")
    assert kernels.choose(recipe) == on_a_cpu, "there is no GPU"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert kernels.choose(recipe) == chosen
    # Liger's head is of language models.
    monkeypatch.setattr(type(recipe), "answers", False)
    assert kernels.choose(recipe) == replace(chosen, liger=False)
