"""Compiled layers: gradients as without, answers through the layers as they are, and machines that cannot compile."""

import copy

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM
from trl.trainer import add_fused_lm_head

from reasonome.stages import STAGES
from reasonome.training import kernels, shared_questions

RECIPE = {
    "stage": "sft",
    "benchmark": "b",
    "style": "s",
    "teacher": "none",
    "learning_rate": 1e-4,
    "batch_size": 1,
    "micro_batch_size": 1,
    "save_steps": 1,
    "max_length": 64,
}


@pytest.fixture
def model() -> LlamaForCausalLM:
    torch.manual_seed(1)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=50, num_hidden_layers=2, **shape))


@pytest.mark.slow
@pytest.mark.skipif(bool(kernels.missing_to_compile()), reason=f"lacks {kernels.missing_to_compile()}")
def test_gradients_of_questions_shared_by_their_answers_and_answers_are_those_of_plain_layers(model):
    add_fused_lm_head(model)
    compiled = copy.deepcopy(model)
    kernels.compile_layers(compiled)

    def outcome(one, ids):
        one.zero_grad()
        log_probs, _ = shared_questions.scores(one.train(), ids, torch.ones_like(ids), 3)
        log_probs.sum().backward()
        return log_probs.detach(), {name: weight.grad.clone() for name, weight in one.named_parameters()}

    for length in (6, 9):  # another length is no other version to compile
        questions = torch.randint(1, 50, (2, length)).repeat_interleave(4, 0)
        ids = torch.cat([questions, torch.randint(1, 50, (8, 3))], 1)
        torch.testing.assert_close(outcome(compiled, ids), outcome(model, ids))
    asked = torch.randint(50, (1, 5))
    tokens = [one.eval().generate(input_ids=asked, max_new_tokens=6, do_sample=False) for one in (model, compiled)]
    assert torch.equal(*tokens)


def test_a_machine_without_a_compiler_trains_plain_layers_and_says_so(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    recipe = STAGES["sft"].model_validate(RECIPE | {"compile_layers": True})
    assert not kernels.choose(recipe).compiled_layers
    assert capsys.readouterr().out == (
        "layers are not compiled, as compile_layers asks: this machine lacks a C++ compiler (g++)\n"
    )
