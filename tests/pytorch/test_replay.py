"""Replay: which statements join a step, and that its gradient is the sum of two."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from reasonome.training.replay import Replay


def model():
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "vocab_size": 11}
    return LlamaForCausalLM(LlamaConfig(**sizes, num_attention_heads=2, num_key_value_heads=2))


def test_statements_take_turns():
    replay = Replay([[1], [2], [3]], number=2, weight=1.0)
    assert [replay.of_step(step) for step in range(3)] == [[[1], [2]], [[3], [1]], [[2], [3]]]


def gradients(trained, loss):
    trained.zero_grad()
    loss.backward()
    return {name: weight.grad.clone() for name, weight in trained.named_parameters() if weight.grad is not None}


def test_the_gradient_of_a_step_is_that_of_its_loss_and_that_of_the_statements():
    trained, statements = model(), [[1, 2, 3, 4], [5, 6], [7, 8, 9]]
    other = lambda: trained(input_ids=torch.tensor([[9, 8, 7, 6]])).logits.square().mean()  # noqa: E731
    replay = Replay(statements, number=3, weight=0.5)
    # By hand: each text by itself, the mean over all predicted tokens, times the weight.
    logprobs = []
    for ids in statements:
        told = trained(input_ids=torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
        logprobs += [told[place, token] for place, token in enumerate(ids[1:])]
    alone = -0.5 * torch.stack(logprobs).mean()
    assert replay.loss(trained, 0).item() == pytest.approx(alone.item(), rel=1e-5)
    of_statements, of_step = gradients(trained, alone), gradients(trained, other())
    together = gradients(trained, other() + replay.loss(trained, 0))
    for name, gradient in together.items():
        torch.testing.assert_close(gradient, of_step[name] + of_statements[name], rtol=1e-4, atol=1e-6)
