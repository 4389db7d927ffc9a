"""A question computed once for all of its answers: the same log-probabilities, gradients and draws as without that."""

import json
from functools import partial
from typing import get_args

import grpo_steps
import pytest
import tiny_training
import torch
import varlen_attention
from peft import LoraConfig, get_peft_model
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM
from trl.trainer import add_fused_lm_head

from reasonome.stages import STAGES
from reasonome.stages.grpo import GrpoRecipe
from reasonome.training import fitting, kernels, packing, shared_questions
from reasonome.training.job import TrainingJob
from reasonome.training.rollouts import WatchedTrainer, without_noise
from reasonome.training.shared_questions import Sharing, choose
from reasonome.training.token_count import real_tokens

pytestmark = pytest.mark.usefixtures("signal_handlers")

QUESTIONS, ANSWERS, WIDTH = (9, 4, 1), (7, 3, 1, 5), 7  # tokens of three questions, and of the answers to each
PAD = 0


@pytest.fixture
def config() -> LlamaConfig:
    return LlamaConfig(
        vocab_size=90,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.3,  # so that what a token sees decides what comes next
    )


@pytest.fixture
def model(config):
    torch.manual_seed(1)
    yield LlamaForCausalLM(config)
    kernels.use_head(False)


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Left-padded questions, each with its right-padded answers behind it, and what is no padding."""
    torch.manual_seed(2)
    longest = max(QUESTIONS)
    ids = torch.full((len(QUESTIONS) * len(ANSWERS), longest + WIDTH), PAD)
    attended = torch.zeros_like(ids)
    for number, length in enumerate(QUESTIONS):
        question = torch.randint(3, 90, (length,))
        for place, new in enumerate(ANSWERS, number * len(ANSWERS)):
            ids[place, longest - length : longest] = question
            ids[place, longest : longest + new] = torch.randint(3, 90, (new,))
            attended[place, longest - length : longest + new] = 1
    return ids, attended


def alone(model, ids, attended):
    """Log-probabilities and entropies as TRL asks for them, each answer with a question of its own."""
    labels = ids.masked_fill(attended == 0, -100)
    labels[:, :-WIDTH] = -100
    out = model(input_ids=ids, attention_mask=attended, labels=labels, fused_lm_head=True)
    return out.log_probs[:, -WIDTH:], out.entropy[:, -WIDTH:]


@pytest.mark.parametrize(
    ("adapter", "recomputed", "by_parts"), [(False, False, False), (True, True, False), (False, True, True)]
)
def test_log_probabilities_entropies_and_gradients_are_equal(model, batch, adapter, recomputed, by_parts, monkeypatch):
    kernels.use_head(True)
    add_fused_lm_head(model, 0.8, outputs=("log_probs", "entropy"))
    if recomputed:
        kernels.recompute(model)
        model.enable_input_require_grads()
    if adapter:
        model = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    model.train()
    weights = torch.randn(len(batch[0]), WIDTH)

    def computed(way):
        logprobs, entropies = way(model, *batch)
        (logprobs * weights).sum().backward()
        gradients = {name: weight.grad for name, weight in model.named_parameters() if weight.requires_grad}
        model.zero_grad()
        return logprobs, entropies, gradients

    wanted = computed(alone)
    if by_parts:
        monkeypatch.setattr(packing, "varlen_attn", varlen_attention.part_by_part)
        assert packing.attend_text_by_text(model, True, "cuda")
    found = computed(lambda *given: shared_questions.scores(*given, WIDTH, by_parts))
    real = batch[1][:, -WIDTH:].bool()
    assert not found[0][~real].any() and not found[1][~real].any()
    for mine, other in zip(found[:2], wanted[:2], strict=True):
        torch.testing.assert_close(mine[real], other[real], atol=1e-5, rtol=1e-5)
    assert found[2].keys() == wanted[2].keys()
    for name, gradient in wanted[2].items():
        assert gradient.abs().max() > 0, name
        torch.testing.assert_close(found[2][name], gradient, rtol=1e-4, atol=1e-5 * float(gradient.abs().max()))


def test_rows_by_hand():
    """Questions 5 6 7 and 8, answered 1 2 and 3; 4 and 2 2: the last token of a question opens each answer."""
    rows = shared_questions.lay_out(
        [torch.tensor([5, 6, 7]), torch.tensor([8])],
        [[torch.tensor([1, 2]), torch.tensor([3])], [torch.tensor([4]), torch.tensor([2, 2])]],
    )
    assert rows.tokens.tolist() == [[5, 6, 7, 1, 7], [8, 8, 2, 0, 0]]
    assert rows.positions.tolist() == [[0, 1, 2, 3, 2], [0, 0, 1, 0, 0]]
    assert rows.labels.tolist() == [[-100, -100, 1, 2, 3], [4, 2, 2, -100, -100]]
    assert rows.parts.tolist() == [[0, 0, 1, 1, 2], [1, 2, 2, -1, -1]]
    first, second = shared_questions.seen(rows.parts)[:, 0].int().tolist()
    assert first == [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 0, 0, 1]]
    assert second[:3] == [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 1, 1, 0, 0]]
    found = shared_questions.keys_of(rows.parts)
    assert found["keys"].tolist() == [0, 1, 0, 1, 2, 3, 0, 1, 4, 5, 6, 7]
    assert found["cu_seq_lens_q"].tolist() == [0, 2, 4, 5, 6, 8] and found["max_length_q"] == 2
    assert found["cu_seq_lens_k"].tolist() == [0, 2, 6, 9, 10, 12] and found["max_length_k"] == 4


def test_tokens_of_rows_are_counted_without_their_padding():
    row = shared_questions.lay_out([torch.tensor([5, 6, 7]), torch.tensor([8, 9])], [[torch.tensor([1, 2])]] * 2)
    batch = {"input_ids": row.tokens, "position_ids": row.positions}
    assert real_tokens(batch | {"attention_mask": shared_questions.seen(row.parts)}) == 4 + 3
    assert real_tokens({"input_ids": torch.ones(1, 7), "keys": torch.arange(9)}) == 7


def recipe(**settings):
    return STAGES["grpo"].model_validate(grpo_steps.RECIPE | settings)


def test_auto_shares_what_is_a_tenth_cheaper(config):
    config._attn_implementation = "sdpa"
    # 4 × 262 · (1 + 262 / 192) against 298 · (1 + 298 / 192), of a width of 32.
    assert shared_questions.saved(250, 12, 4, 32, False) == pytest.approx(1048 * (454 / 192) / (298 * (490 / 192)))
    # 2 × 2 tokens and 2 × 4 pairs, against 3 tokens and the pairs of a mask (9), or of those that see one another (8).
    assert [shared_questions.saved(1, 1, 2, 1, parts) for parts in (False, True)] == pytest.approx([32 / 27, 32 / 26])
    assert choose(recipe(), config, 8, 250.0, False) == Sharing(possible=True, rollouts=True, together=4)
    # 4 × 542 and rows of 542, against 2,078 in one.
    long = choose(recipe(max_completion_length=512), config, 8, 30.0, False)
    assert long.possible and long.rollouts and long.together == 1
    assert long.why_not == "4 answers of 512 tokens to a question of 30 are no cheaper in one row"
    assert choose(recipe(), config, 3, 250.0, False).together == 1, "three at a time are of no whole groups of four"
    assert choose(recipe(shared_questions="never"), config, 8, 250.0, False).facts() == {
        "rollouts": False,
        "training": False,
        "why_not": "shared_questions: never",
    }


def test_micro_batches_of_the_longest_questions_fill_half_of_what_fits(config):
    """Of an 8B whose GPU takes 16,384 tokens at once: questions of 300 tokens, the longest of 1,676, eight answers."""
    config._attn_implementation, config.hidden_size = "sdpa", 4096
    long = recipe(generations=8, max_completion_length=1024)
    share = partial(choose, long, config, question=300.0, by_parts=True)
    tokens = partial(shared_questions.tokens, share, 1676, 1024)
    assert fitting.most_when_spread(8 * 10**9, tokens, 32, 85e9) == 8  # of 16 with two questions 19,736 were too many
    assert tokens(8) == 1676 + 8 * 1024 > 16_384 / 2


@pytest.mark.parametrize("change", [{"_attn_implementation": "eager"}, {"sliding_window": 8}])
def test_models_that_take_no_mask_or_do_not_see_all_share_nothing(config, change):
    config._attn_implementation = "sdpa"
    for key, value in change.items():
        setattr(config, key, value)
    sharing = choose(recipe(), config, 8, 250.0, False)
    assert not sharing.rollouts and sharing.together == 1 and sharing.why_not


def test_a_question_is_read_once_and_answered_as_transformers_does(model):
    """Of left-padded questions of three lengths, with 3, 1 and 2 answers: the likeliest tokens, and those drawn."""
    model.eval()
    questions = [torch.randint(3, 90, (length,)).tolist() for length in (9, 4, 7)]
    rows = [[PAD] * (9 - len(tokens)) + tokens for tokens in questions]
    ids = torch.tensor([rows[0]] * 3 + [rows[1]] + [rows[2]] * 2)
    given = {"input_ids": ids, "attention_mask": (ids != PAD).long()}
    settings = GenerationConfig(max_new_tokens=10, do_sample=False, pad_token_id=PAD, eos_token_id=7)
    read = []
    hook = model.register_forward_hook(lambda *passed: read.append(passed[-1].logits.shape[0]))
    found = shared_questions.generate(model, **given, generation_config=settings)
    assert read[:2] == [3, 6], "three questions, then a token of six answers"
    hook.remove()
    assert torch.equal(found, model.generate(**given, generation_config=settings))
    settings = GenerationConfig(max_new_tokens=10, do_sample=True, pad_token_id=PAD, eos_token_id=7)
    drawn = []
    for generate in (partial(shared_questions.generate, model), model.generate):
        torch.manual_seed(3)
        drawn.append(generate(**given, generation_config=settings))
    assert torch.equal(*drawn) and len({tuple(row) for row in drawn[0][:3].tolist()}) == 3


ONE_STEP = {"max_steps": 1, "max_grad_norm": 1e9, "validation": 0}
WAYS = {"onlinedpo": {"beta": 0.5}, "grpo": {"loss": "grpo", "beta": 0.02}}


@pytest.mark.slow
@pytest.mark.parametrize("stage", WAYS)
def test_a_step_has_the_gradient_of_one_that_shares_nothing(tiny_models, tmp_path, monkeypatch, stage):
    """Eight completions of two or four prompts, drawn once; all of a prompt pass at once, and two of four."""
    monkeypatch.setattr(WatchedTrainer, "_generate_single_turn", WatchedTrainer._generate_single_turn)
    monkeypatch.setattr(shared_questions, "WORTH", 0)
    counted = []
    monkeypatch.setattr(TrainingJob, "fit", lambda job, longest, of: counted.append(of(4) / longest))
    folders, tokens = [], []
    for shared, micro in (("never", 4), ("auto", 4), ("auto", 2)):
        (grpo_steps.write_down if shared == "never" else grpo_steps.read_back)(tmp_path / "drawn.json")
        settings = WAYS[stage] | ONE_STEP | {"shared_questions": shared}
        chain = f"{stage}.{shared}{micro}-s0"
        folders.append(grpo_steps.prepare(tiny_models, chain, **settings, micro_batch_size=micro))
        grpo_steps.run(folders[-1])
        run = json.loads((folders[-1] / "run.json").read_text())
        assert run["shared_questions"]["training"] == (shared == "auto")
        tokens.append(run["backward_tokens"])
        [step] = grpo_steps.logged(folders[-1])
        assert step["sampler_drift"] < 1e-5 and step["grad_norm"] > 0
    assert 4 == counted[0] > counted[1] == counted[2], "rows that fit are found by what they share"
    tiny_training.assert_one_gradient(folders)
    plain, whole, halves = tokens
    assert plain > halves > whole if stage == "grpo" else plain > halves == whole


@pytest.mark.slow
def test_prompts_that_teach_nothing_are_left_out(tiny_models, tmp_path, monkeypatch):
    """Of two prompts one has four equal completions: it passes alone, and beside the other, or is left out."""
    monkeypatch.setattr(WatchedTrainer, "_generate_single_turn", WatchedTrainer._generate_single_turn)
    drawn = tmp_path / "drawn.json"
    folders, tokens = [], []
    for which, micro in (("drawn", 8), ("all", 8), ("few", 8), ("fewer", 4)):
        grpo_steps.write_down(drawn) if which == "drawn" else grpo_steps.read_back(drawn)
        settings = ONE_STEP | {"loss": "grpo", "micro_batch_size": micro}
        folder = grpo_steps.prepare(tiny_models, f"grpo.{which}-s0", **settings)
        with monkeypatch.context() as patch:
            if which == "all":
                patch.setattr(WatchedTrainer, "_teaching", lambda self, advantages: advantages == advantages)
            grpo_steps.run(folder)
        if which == "drawn":
            rows = json.loads(drawn.read_text())
            rows["0"] = [[row[0]] * 4 + row[4:] for row in rows["0"]]
            drawn.write_text(json.dumps(rows))
            continue
        folders.append(folder)
        tokens.append(json.loads((folder / "run.json").read_text())["backward_tokens"])
        [step] = grpo_steps.logged(folder)
        assert step["frac_reward_zero_std"] == 0.5
    tiny_training.assert_one_gradient(folders)
    assert tokens[0] > tokens[1]
    # Each prompt by itself: the first micro-batch is left out, or the last passes one completion for the canary.
    assert tokens[1] <= tokens[2] < tokens[0]


def test_what_is_left_out_takes_its_share_of_a_mean():
    trainer = object.__new__(WatchedTrainer)
    teaching, mask = torch.tensor([True, False, True, False]), torch.tensor([[1, 1], [1, 1], [1, 0], [1, 1]])
    shares = {}
    for trainer.loss_type in get_args(GrpoRecipe.model_fields["loss"].annotation):
        shares[trainer.loss_type] = trainer._share(teaching, mask)
    of_the_step, of_completions = ("dapo", "cispo", "vespo"), ("grpo", "dr_grpo", "sapo", "luspo")
    assert shares == dict.fromkeys(of_the_step, 1.0) | dict.fromkeys(of_completions, 0.5) | {
        "bnpo": pytest.approx(3 / 7)
    }


def test_rounding_gives_no_prompt_an_advantage():
    # Of eight rewards of 2.7 the mean is another number: TRL divides the difference by its own size and .0001.
    rewards = torch.full((8,), 2.7)
    noise = (rewards - rewards.mean()) / (rewards.std() + 1e-4)
    taught = torch.tensor([-1.0, 1.0, 0.5, -0.5, 0.0, 0.0, 0.25, -0.25])
    cleaned = without_noise(torch.cat([noise, taught]), 8)
    assert cleaned.tolist() == [0.0] * 8 + taught.tolist()
    halves = torch.cat([noise, taught])[4:]
    assert without_noise(halves, 8) is halves, "of a group that another process has the rest of"
