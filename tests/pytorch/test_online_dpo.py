"""Online DPO on the tiny backbone: the loss by hand, ties, and a judge."""

import json
from collections import defaultdict
from types import SimpleNamespace

import grpo_steps
import pytest
import tiny_training
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from reasonome.stages import STAGES
from reasonome.training.judge import RewardModel, judge_of
from reasonome.training.rollouts import PairTrainer

pytestmark = pytest.mark.usefixtures("signal_handlers")


def test_the_loss_by_hand():
    """Two pairs: of the first the second completion earned more, the second is a tie."""
    trainer = object.__new__(PairTrainer)
    trainer.beta, trainer.current_gradient_accumulation_steps = 0.5, 2
    trainer._noted, trainer._metrics = [], {"train": defaultdict(list)}
    # Another process with the same pairs.
    trainer.accelerator, trainer._summed = SimpleNamespace(sync_gradients=True), lambda sums: 2 * sums
    logprobs = torch.tensor([[-1.0, -2.0], [-1.0, -9.0], [-3.0, -1.0], [-1.0, -1.0]])
    trainer._get_per_token_logps_and_entropies = lambda *args, **options: (logprobs, torch.zeros(4, 2), None)
    mask = torch.tensor([[1, 1], [1, 0], [1, 1], [1, 1]])  # the second completion has one token
    inputs = {
        "prompt_ids": torch.zeros(4, 1, dtype=torch.long),
        "prompt_mask": torch.ones(4, 1, dtype=torch.long),
        "completion_ids": torch.zeros(4, 2, dtype=torch.long),
        "completion_mask": mask,
        "ref_per_token_logps": torch.tensor([[-2.0, -2.0], [-3.0, 0.0], [-1.0, -1.0], [-1.0, -1.0]]),
        "advantages": torch.tensor([-0.2, 0.2, 0.0, 0.0]),
    }
    # Gains over the parent: 1 and 2. The better one is the second: a margin of 1. Mean over two pairs, half of a step.
    expected = -torch.nn.functional.logsigmoid(torch.tensor(0.5 * (2 - 1))) / 2 / 2
    assert trainer._policy_loss(None, inputs) == pytest.approx(expected.item())
    assert trainer._metrics["train"] == {"entropy": [0], "rewards/accuracies": [1], "rewards/margins": [0.5]}


@pytest.mark.slow
def test_a_reward_model_judges(tiny_models):
    tiny_training.train(tiny_training.preference_job(tiny_models, "reward"))
    settings = {"epochs": 1, "micro_batch_size": 4, "beta": 0.5, "judge": ["reward.try"], "rewards": {}}
    folder = grpo_steps.prepare(tiny_models, "onlinedpo.judged-s0", **settings)
    grpo_steps.run(folder)
    [step] = grpo_steps.logged(folder)
    assert "rewards/judge/mean" in step and step["frac_reward_zero_std"] < 1
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["data"]) == {"examples", "valid", "judge"}
    examples = [json.loads(line) for line in (tiny_models.parent.parent / "examples.jsonl").read_text().splitlines()]
    task = grpo_steps.Vowels()
    rows = [task.Example.model_validate(row) for row in examples]
    config = tiny_models / "reward.try-s0" / "model" / "config.json"
    settings = json.loads(config.read_text())
    config.write_text(json.dumps(settings | {"pad_token_id": None}))  # as of backbones whose configuration has none
    judge = judge_of(tiny_models / "reward.try-s0" / "model", task, tiny_training.STYLE).function
    texts = [f"Process: {row.name}" for row in rows]
    alone = [judge([text], [row], None)[0] for text, row in zip(texts, rows, strict=True)]
    assert judge(texts, rows, None) == pytest.approx(alone, abs=1e-4)  # whatever passes beside it
    assert len({round(value, 6) for value in alone}) > 1
    model = AutoModelForSequenceClassification.from_pretrained(config.parent, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(config.parent)
    for text, row, value in zip(texts, rows, alone, strict=True):
        turns = [*task.prompt(row, tiny_training.STYLE).messages, {"role": "assistant", "content": text}]
        ids = tokenizer.apply_chat_template(turns, return_tensors="pt", return_dict=True)
        assert model(**ids).logits.item() == pytest.approx(value, abs=1e-5)


def test_a_judge_reads_what_its_template_makes_of_an_answer(tiny_backbone, tmp_path):
    """As templates do that leave out thoughts: what a model writes hours into a training must not end it."""
    torch.manual_seed(0)
    AutoModelForSequenceClassification.from_pretrained(tiny_backbone, num_labels=1).save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tiny_backbone)
    tokenizer.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content.split('</think>')[-1] }}\n{% endfor %}"
    tokenizer.save_pretrained(tmp_path)
    asked = {"role": "user", "content": "Genes: TP53"}
    answers = ("<think>Which?</think>repair", "repair", "transport")
    thinking, plain, other = RewardModel(tmp_path)([[asked, {"role": "assistant", "content": a}] for a in answers])
    assert thinking == pytest.approx(plain, abs=1e-5) and abs(other - plain) > 1e-4


def test_recipes_that_cannot_be():
    recipe = grpo_steps.RECIPE | {"stage": "onlinedpo"}
    recipe.pop("generations")
    with pytest.raises(ValueError, match="'micro_batch_size' is an even number"):
        STAGES["onlinedpo"].model_validate(recipe | {"micro_batch_size": 1})
