"""The head of labelled tokens: its values and gradients, against float64, and against TRL's in a model."""

import pytest
import torch
from transformers import AutoModelForCausalLM
from trl.kernels import ChunkedLogProbFunction
from trl.trainer import add_fused_lm_head

from reasonome.training import kernels

COUNT, WIDTH, VOCABULARY = kernels.HEAD_ROWS + 30, 24, 500  # tokens in two parts, the second one smaller


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    kernels.use_head(False)


@pytest.fixture
def drawn():
    """Hidden states, weight, targets, and the gradient that comes from above."""
    torch.manual_seed(3)
    targets = torch.randint(VOCABULARY, (COUNT,))
    return torch.randn(COUNT, WIDTH), torch.randn(VOCABULARY, WIDTH) * 0.4, targets, torch.rand(COUNT) / COUNT


def exact(hidden, weight, targets, grad, temperature):
    """Log-probabilities, entropies, hits and both gradients in float64, by softmax over all logits."""
    hidden, weight = hidden.double().requires_grad_(), weight.double().requires_grad_()
    every = torch.log_softmax(hidden @ weight.T / temperature, -1)
    log_probs = every.gather(1, targets[:, None])[:, 0]
    log_probs.backward(grad.double())
    entropy = -(every.exp() * every).sum(-1)
    return log_probs, entropy, every.argmax(-1) == targets, hidden.grad, weight.grad


def score(
    hidden, weight, targets, temperature=1.0, bias=None, softcapping=None, scale=1.0, outputs=kernels.HEAD_OUTPUTS
):
    return kernels.head_scores(hidden, weight, bias, targets, temperature, 128, softcapping, scale, outputs)


def test_two_tokens_by_hand():
    # Logits are (0, ln 3) and (0, 0): probabilities 1/4 and 3/4, 1/2 and 1/2.
    weight = torch.tensor([[0.0], [1.0]], requires_grad=True)
    hidden = torch.tensor([[torch.log(torch.tensor(3.0))], [0.0]], requires_grad=True)
    log_probs, entropy, log_squares, mean_logits, is_top = score(hidden, weight, torch.tensor([1, 1]))
    assert log_probs.exp().tolist() == pytest.approx([0.75, 0.5])
    assert entropy.tolist() == pytest.approx([0.562335, 0.693147], abs=1e-6)
    assert log_squares.exp().tolist() == pytest.approx([0.625, 0.5])
    assert mean_logits.tolist() == pytest.approx([0.549306, 0.0], abs=1e-6)
    assert is_top.tolist() == [True, False]  # of equal ones the first is the most likely, as argmax has it
    log_probs.sum().backward()
    # d log p(1) / d logits = (-p0, 1 - p1): (-1/4, 1/4) and (-1/2, 1/2); hidden gets its product with (0, 1).
    assert hidden.grad[:, 0].tolist() == pytest.approx([0.25, 0.5])
    assert weight.grad[:, 0].tolist() == pytest.approx([-0.25 * 1.098612, 0.25 * 1.098612])


def test_values_and_gradients_are_those_of_the_whole_softmax(drawn):
    hidden, weight, targets, grad = drawn
    expected = exact(hidden, weight, targets, grad, 0.7)
    hidden, weight = hidden.clone().requires_grad_(), weight.clone().requires_grad_()
    log_probs, entropy, *_, is_top = score(hidden, weight, targets, 0.7)
    log_probs.backward(grad)
    assert torch.equal(is_top, expected[2])
    for found, wanted in ((log_probs, 0), (entropy, 1), (hidden.grad, 3), (weight.grad, 4)):
        torch.testing.assert_close(found.double(), expected[wanted], rtol=1e-5, atol=1e-6)
    assert log_probs.requires_grad and not entropy.requires_grad


def test_a_target_that_is_nearly_certain_keeps_its_gradient():
    # p of the target is 1 / (1 + e⁻⁸): 1 - p is 3.4e-4, a tenth of the distance between 1 and bf16's next number.
    hidden = torch.tensor([[8.0]], dtype=torch.bfloat16, requires_grad=True)
    weight = torch.tensor([[0.0], [1.0]], dtype=torch.bfloat16, requires_grad=True)
    score(hidden, weight, torch.tensor([1]))[0].sum().backward()
    assert hidden.grad.item() == pytest.approx(3.3535e-4, rel=0.01)
    assert weight.grad[:, 0].tolist() == pytest.approx([-8 * 3.3535e-4, 8 * 3.3535e-4], rel=0.01)


def test_frozen_weights_get_no_gradient_and_no_label_gives_zeros(drawn):
    hidden, weight, targets, grad = drawn
    hidden.requires_grad_()
    score(hidden, weight, targets)[0].backward(grad)
    assert weight.grad is None and hidden.grad.abs().sum() > 0
    nothing, weight = torch.empty(0, WIDTH, requires_grad=True), weight.requires_grad_()
    log_probs, *beside = score(nothing, weight, targets[:0])
    log_probs.sum().backward()
    assert len(log_probs) == 0 and all(len(one) == 0 for one in beside)
    assert torch.equal(weight.grad, torch.zeros_like(weight)) and nothing.grad.shape == (0, WIDTH)


@pytest.mark.parametrize("special", [{"bias": True}, {"softcapping": 20.0}, {"scale": 0.5}])
def test_heads_of_every_kind_give_what_trls_function_gives(drawn, special):
    hidden, weight, targets, _ = drawn
    bias = torch.randn(VOCABULARY) if special.get("bias") else None
    capped, scale = special.get("softcapping"), special.get("scale", 1.0)
    call = (hidden, weight, bias, targets, 0.9, 128, capped, scale, kernels.HEAD_OUTPUTS)
    found, wanted = kernels.head_scores(*call), ChunkedLogProbFunction.apply(*call)
    for one, other in zip(found, wanted, strict=True):
        assert one is other is None or torch.allclose(one.float(), other.float(), rtol=1e-4, atol=1e-4)


def test_a_model_gives_what_it_gives_with_trls_head(tiny_backbone):
    """Prompts and padding have no label; the second text has one less than the first."""
    labels = torch.tensor([[-100, -100, 7, 8, 9, 10], [-100, -100, -100, 6, 5, -100]])
    ids = labels.clamp(min=3)
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0]])

    def run(labels_alone: bool):
        kernels.use_head(labels_alone)
        model = AutoModelForCausalLM.from_pretrained(tiny_backbone, dtype=torch.float32)
        add_fused_lm_head(model, 0.8, outputs=("log_probs", *kernels.HEAD_OUTPUTS))
        out = model(input_ids=ids, attention_mask=mask, labels=labels, fused_lm_head=True)
        out.loss.backward()
        return out, {name: weight.grad for name, weight in model.named_parameters()}

    (ours, our_grads), (theirs, their_grads) = run(True), run(False)
    assert ours.loss.item() == pytest.approx(theirs.loss.item(), rel=1e-6)
    assert (ours.log_probs != 0).tolist() == (labels[:, 1:] != -100).tolist()
    for name in ("log_probs", *kernels.HEAD_OUTPUTS, "label_mask"):
        torch.testing.assert_close(getattr(ours, name), getattr(theirs, name), rtol=1e-5, atol=1e-6)
    assert our_grads.keys() == their_grads.keys()
    for name, grad in our_grads.items():
        torch.testing.assert_close(grad, their_grads[name], rtol=1e-4, atol=1e-5 * float(grad.abs().max()), msg=name)
