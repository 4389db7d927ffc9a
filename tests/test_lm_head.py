"""The head of labelled tokens: its values and gradients, against float64, and against TRL's in a model."""

import pytest
import torch
from transformers import AutoModelForCausalLM
from trl.trainer import add_fused_lm_head

from reasonome.training import kernels, lm_head

COUNT, WIDTH, VOCABULARY = lm_head.ROWS + 30, 24, 500  # tokens in two parts, the second one smaller
OUTPUTS = ("entropy", "is_top1")


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    lm_head.use(False)


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


def test_two_tokens_by_hand():
    # Logits are (0, ln 3) and (0, 0): probabilities 1/4 and 3/4, 1/2 and 1/2.
    weight = torch.tensor([[0.0], [1.0]], requires_grad=True)
    hidden = torch.tensor([[torch.log(torch.tensor(3.0))], [0.0]], requires_grad=True)
    log_probs, entropy, is_top = lm_head.LabelLogProbs.apply(hidden, weight, torch.tensor([1, 1]), 1.0)
    assert log_probs.exp().tolist() == pytest.approx([0.75, 0.5])
    assert entropy.tolist() == pytest.approx([0.562335, 0.693147], abs=1e-6)
    assert is_top.tolist() == [True, False]  # of equal ones the first is the most likely, as argmax has it
    log_probs.sum().backward()
    # d log p(1) / d logits = (-p0, 1 - p1): (-1/4, 1/4) and (-1/2, 1/2); hidden gets its product with (0, 1).
    assert hidden.grad[:, 0].tolist() == pytest.approx([0.25, 0.5])
    assert weight.grad[:, 0].tolist() == pytest.approx([-0.25 * 1.098612, 0.25 * 1.098612])


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_values_and_gradients_are_those_of_the_whole_softmax(drawn, temperature):
    hidden, weight, targets, grad = drawn
    expected = exact(hidden, weight, targets, grad, temperature)
    hidden, weight = hidden.clone().requires_grad_(), weight.clone().requires_grad_()
    log_probs, entropy, is_top = lm_head.LabelLogProbs.apply(hidden, weight, targets, temperature)
    log_probs.backward(grad)
    assert torch.equal(is_top, expected[2])
    for found, wanted in ((log_probs, 0), (entropy, 1), (hidden.grad, 3), (weight.grad, 4)):
        torch.testing.assert_close(found.double(), expected[wanted], rtol=1e-5, atol=1e-6)
    assert log_probs.requires_grad and not entropy.requires_grad


def test_in_bf16_gradients_are_as_near_as_trls(drawn):
    hidden, weight, targets, grad = drawn
    wanted = exact(hidden, weight, targets, grad, 1.0)[3:]

    def errors() -> list[float]:
        inputs = [hidden.clone().requires_grad_(), weight.clone().requires_grad_()]
        function = lm_head.trl_utils._ChunkedLogProbFunction
        with torch.autocast("cpu", dtype=torch.bfloat16):
            function.apply(*inputs, None, targets, 1.0, 128, None, 1.0, OUTPUTS)[0].backward(grad)
        return [float((x.grad - y).norm() / y.norm()) for x, y in zip(inputs, wanted, strict=True)]

    lm_head.use(False)
    theirs = errors()
    lm_head.use(True)
    ours = errors()
    assert max(theirs) < 0.01 and all(mine < 1.25 * other for mine, other in zip(ours, theirs, strict=True))


def test_a_target_that_is_nearly_certain_keeps_its_gradient():
    # p of the target is 1 / (1 + e⁻⁸): 1 - p is 3.4e-4, a tenth of the distance between 1 and bf16's next number.
    hidden = torch.tensor([[8.0]], dtype=torch.bfloat16, requires_grad=True)
    weight = torch.tensor([[0.0], [1.0]], dtype=torch.bfloat16, requires_grad=True)
    lm_head.LabelLogProbs.apply(hidden, weight, torch.tensor([1]), 1.0)[0].sum().backward()
    assert hidden.grad.item() == pytest.approx(3.3535e-4, rel=0.01)
    assert weight.grad[:, 0].tolist() == pytest.approx([-8 * 3.3535e-4, 8 * 3.3535e-4], rel=0.01)


def test_frozen_weights_get_no_gradient_and_no_label_gives_zeros(drawn):
    hidden, weight, targets, grad = drawn
    hidden.requires_grad_()
    lm_head.LabelLogProbs.apply(hidden, weight, targets, 1.0)[0].backward(grad)
    assert weight.grad is None and hidden.grad.abs().sum() > 0
    nothing, weight = torch.empty(0, WIDTH, requires_grad=True), weight.requires_grad_()
    log_probs, entropy, is_top = lm_head.LabelLogProbs.apply(nothing, weight, targets[:0], 1.0)
    log_probs.sum().backward()
    assert (len(log_probs), len(entropy), len(is_top)) == (0, 0, 0)
    assert torch.equal(weight.grad, torch.zeros_like(weight)) and nothing.grad.shape == (0, WIDTH)


@pytest.mark.parametrize("special", [{"bias": True}, {"softcapping": 20.0}, {"scale": 0.5}, {"output": "mean_logits"}])
def test_heads_of_another_kind_are_left_to_trl(drawn, special, monkeypatch):
    hidden, weight, targets, _ = drawn
    bias = torch.randn(VOCABULARY) if special.get("bias") else None
    outputs = (*OUTPUTS, *[special["output"]]) if "output" in special else OUTPUTS
    call = (hidden, weight, bias, targets, 1.0, 128, special.get("softcapping"), special.get("scale", 1.0), outputs)
    lm_head.use(True)
    monkeypatch.setattr(lm_head, "LabelLogProbs", None)
    found = lm_head.trl_utils._ChunkedLogProbFunction.apply(*call)
    wanted = lm_head.ChunkedLogProbFunction.apply(*call)
    logits = hidden @ weight.T + (0 if bias is None else bias)
    logits = logits * special.get("scale", 1.0)
    logits = 20.0 * torch.tanh(logits / 20.0) if "softcapping" in special else logits
    by_hand = torch.log_softmax(logits, -1).gather(1, targets[:, None])[:, 0]
    torch.testing.assert_close(found[0], by_hand, rtol=1e-4, atol=1e-5)
    for one, other in zip(found, wanted, strict=True):
        assert one is other is None or torch.equal(one, other)


@pytest.mark.parametrize("temperature", [1.0, 0.8])
def test_a_model_gives_what_it_gives_with_trls_head(tiny_backbone, temperature):
    """Prompts and padding have no label; the second text has one less than the first."""
    labels = torch.tensor([[-100, -100, 7, 8, 9, 10], [-100, -100, -100, 6, 5, -100]])
    ids = labels.clamp(min=3)
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0]])

    def run(labels_alone: bool):
        lm_head.use(labels_alone)
        model = AutoModelForCausalLM.from_pretrained(tiny_backbone, dtype=torch.float32)
        add_fused_lm_head(model, temperature, outputs=("log_probs", *OUTPUTS))
        out = model(input_ids=ids, attention_mask=mask, labels=labels, fused_lm_head=True)
        out.loss.backward()
        return out, {name: weight.grad for name, weight in model.named_parameters()}

    (ours, our_grads), (theirs, their_grads) = run(True), run(False)
    assert ours.loss.item() == pytest.approx(theirs.loss.item(), rel=1e-6)
    assert (ours.log_probs != 0).tolist() == (labels[:, 1:] != -100).tolist()
    for name in ("log_probs", "entropy", "is_top1", "label_mask"):
        torch.testing.assert_close(getattr(ours, name), getattr(theirs, name), rtol=1e-5, atol=1e-6)
    assert our_grads.keys() == their_grads.keys()
    for name, grad in our_grads.items():
        torch.testing.assert_close(grad, their_grads[name], rtol=1e-4, atol=1e-5 * float(grad.abs().max()), msg=name)


@pytest.mark.parametrize(
    ("settings", "served"),
    [
        ({}, True),
        ({"logit_scale": 1.0}, True),
        ({"logit_scale": 0.5}, False),
        ({"output_multiplier": 2.0}, False),
        ({"lm_head_multiplier": 0.1}, False),
        ({"logits_scaling": 8.0}, False),
        ({"final_logit_softcapping": 30.0}, False),
        ({"bias": True}, False),
    ],
)
def test_it_is_known_which_models_it_serves(settings, served, tiny_backbone, monkeypatch):
    """What run.json says is what happens when the model with TRL's fused head is called."""
    model = AutoModelForCausalLM.from_pretrained(tiny_backbone, dtype=torch.float32)
    if "bias" in settings:
        model.lm_head.bias = torch.nn.Parameter(torch.zeros(model.config.vocab_size))
    for name, value in settings.items():
        setattr(model.config, name, value)
    add_fused_lm_head(model)
    calls = []
    monkeypatch.setattr(lm_head.LabelLogProbs, "apply", lambda *given: calls.append(given) or (torch.zeros(3),) * 3)
    lm_head.use(True)
    ids = torch.tensor([[5, 6, 7, 8]])
    model(input_ids=ids, labels=ids, fused_lm_head=True)
    assert bool(calls) is served
    for labelled_head in (True, False):
        said = kernels.Kernels(labelled_head=labelled_head).facts(model)["kernels"]["labelled_head"]
        assert said is (labelled_head and served)
