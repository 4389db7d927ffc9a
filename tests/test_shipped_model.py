"""The model that ships: its adapter, beside the backbone's weights, gives the answers that its trained weights gave."""

import json
from pathlib import Path

import pytest

from reasonome.answering import local
from reasonome.answering.model_files import write_adapted
from reasonome.core import atomic
from reasonome.core.manifest import folder_sha256
from reasonome.prompts.chat_template import render

ROOT = Path(__file__).resolve().parent.parent
# 20 validation questions drawn at random, and the answers of the weights that were scored (bf16, on a GPU).
RECORDED = ROOT / "tests" / "data" / "enriched_answers.jsonl"


@pytest.mark.slow(minutes=1)
def test_the_adapter_answers_in_fp32_as_the_scored_weights_did(project, backbone_model, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)  # the adapter's path leads from the project
    name = project.settings.annotation_model
    base = tmp_path / "base"
    base.mkdir()
    (base / "model").symlink_to(backbone_model)
    atomic.write_json(base / "manifest.json", {"weights": {}, "model": folder_sha256(backbone_model)})
    write_adapted(name, project.backbones[name].weights, base, tmp_path / "shipped")
    asked = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    model, tokenizer = local.load(tmp_path / "shipped" / "model", "fp32")
    prompts = [render(tokenizer, question["messages"]) for question in asked]
    answers = {
        position: completion.text
        for _, batch in local.generate(model, tokenizer, prompts, project.decodings["greedy-short"])
        for position, completion in batch
    }
    same = sum(answers[position] == question["answer"] for position, question in enumerate(asked))
    assert same >= 18
