"""A question computed once for all of its answers: the same log-probabilities, gradients and draws as without that."""

import json
from typing import get_args

import grpo_steps
import pytest
import tiny_training
import torch
from peft import LoraConfig, get_peft_model
from refusals import refused
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM
from trl.trainer import add_fused_lm_head

from reasonome.stages import STAGES
from reasonome.stages.grpo import GrpoRecipe
from reasonome.training import kernels, shared_questions
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


@pytest.mark.parametrize(("adapter", "recomputed"), [(False, False), (True, True)])
def test_log_probabilities_entropies_and_gradients_are_equal(model, batch, adapter, recomputed):
    kernels.use_head(True)
    add_fused_lm_head(model, 0.8, outputs=("log_probs", "entropy"))
    if recomputed:
        kernels.recompute(model)
        model.enable_input_require_grads()
    if adapter:
        model = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    model.train()
    shared_questions.allow()
    weights = torch.randn(len(batch[0]), WIDTH)

    def computed(way):
        logprobs, entropies = way(model, *batch)
        (logprobs * weights).sum().backward()
        gradients = {name: weight.grad for name, weight in model.named_parameters() if weight.requires_grad}
        model.zero_grad()
        return logprobs, entropies, gradients

    wanted = computed(alone)
    found = computed(lambda *given: shared_questions.scores(*given, WIDTH))
    real = batch[1][:, -WIDTH:].bool()
    assert not found[0][~real].any() and not found[1][~real].any()
    for mine, other in zip(found[:2], wanted[:2], strict=True):
        torch.testing.assert_close(mine[real], other[real], atol=1e-5, rtol=1e-5)
    assert found[2].keys() == wanted[2].keys()
    for name, gradient in wanted[2].items():
        assert gradient.abs().max() > 0, name
        torch.testing.assert_close(found[2][name], gradient, rtol=1e-4, atol=1e-5 * float(gradient.abs().max()))


def test_a_row_by_hand():
    """Questions 5 6 7 and 8, answered 1 2 and 3; 4 and 2 2: the last token of a question opens each answer."""
    row = shared_questions.lay_out(
        [torch.tensor([5, 6, 7]), torch.tensor([8])],
        [[torch.tensor([1, 2]), torch.tensor([3])], [torch.tensor([4]), torch.tensor([2, 2])]],
    )
    assert row.tokens.tolist() == [[5, 6, 7, 1, 7, 8, 8, 2]]
    assert row.positions.tolist() == [[0, 1, 2, 3, 2, 0, 0, 1]]
    assert row.labels.tolist() == [[-100, -100, 1, 2, 3, 4, 2, 2]]
    first, second = row.places
    assert (first.question, first.count, second.question) == (slice(0, 2), 2, slice(5, 5))
    assert first.answers.tolist() == [2, 3, 4, 4] and first.real.tolist() == [0, 1, 2]
    assert first.seen[0, 0].tolist() == [[True, True, True, False], [True] * 4]
    assert real_tokens({"input_ids": row.tokens, "position_ids": row.positions, "places": row.places}) == 8


def test_a_model_that_does_not_attend_by_places_shares_nothing(model, monkeypatch, capsys):
    kernels.use_head(True)
    add_fused_lm_head(model, outputs=("log_probs",))
    shared_questions.allow()
    whole = Sharing(rollouts=True, together=2)
    assert shared_questions.tried(whole, model, rounded=False) is whole
    attend = shared_questions.ALL_ATTENTION_FUNCTIONS["sdpa"]

    def careless(*args, places=None, **settings):
        return attend(*args, **settings)

    monkeypatch.setitem(shared_questions.ALL_ATTENTION_FUNCTIONS, "sdpa", careless)
    for rounded in (False, True):
        found = shared_questions.tried(whole, model, rounded)
        assert (found.rollouts, found.together) == (False, 1) and "other log-probabilities" in found.why_not
    assert "questions are not shared: llama gives" in capsys.readouterr().out
    with refused():
        shared_questions.tried(Sharing(rollouts=True, together=2, demanded=True), model, rounded=False)


def recipe(**settings):
    return STAGES["grpo"].model_validate(grpo_steps.RECIPE | settings)


def test_auto_shares_what_saves_a_tenth_of_the_tokens(config):
    config._attn_implementation = "sdpa"
    # 8 × 262 tokens of which 250 + 8 × 12 are left.
    assert shared_questions.saved(250, 12, 8) == pytest.approx(2096 / 346)
    assert choose(recipe(), config, 8, 250.0) == Sharing(rollouts=True, together=4)
    # 4 × 542 of 30 + 4 × 512: a twenty-fifth.
    long = choose(recipe(max_completion_length=512), config, 8, 30.0)
    assert not long.rollouts and long.together == 1
    assert long.why_not == "questions of 30 tokens are short beside answers of 512"
    asked = choose(recipe(max_completion_length=512, shared_questions="always"), config, 8, 30.0)
    assert asked.rollouts and asked.together == 4
    likeliest = choose(recipe(top_p=0.9), config, 8, 250.0)
    assert not likeliest.rollouts and likeliest.together == 4, "transformers draws them one by one"
    assert choose(recipe(shared_questions="never"), config, 8, 250.0).facts() == {
        "rollouts": False,
        "training": False,
        "why_not": "shared_questions: never",
    }


def generated(model, questions, new, end):
    """The likeliest next tokens of each question, as transformers generates them one by one."""
    settings = GenerationConfig(max_new_tokens=new, do_sample=False, pad_token_id=PAD, eos_token_id=end)
    for question in questions:
        yield model.generate(torch.tensor([question]), generation_config=settings)[0, len(question) :].tolist()


def test_the_likeliest_tokens_are_those_that_transformers_generates(model):
    """Questions of several lengths, whose answers end at several steps; at a temperature near 0 nothing is drawn."""
    model.eval()
    shared_questions.allow()
    questions = [torch.randint(3, 90, (length,)).tolist() for length in (9, 4, 1, 6, 12)]
    whole = list(generated(model, questions, 10, end=-1))
    end = whole[0][4]
    wanted = list(generated(model, questions, 10, end))
    assert len({len(tokens) for tokens in wanted}) > 1, "of several lengths"
    drawn = shared_questions.draw(model, questions, 3, 10, 1e-6, [end])
    assert [[tokens for tokens, _ in completions] for completions in drawn] == [[tokens] * 3 for tokens in wanted]


def test_drawn_tokens_have_the_log_probabilities_that_a_whole_pass_gives_them(model, monkeypatch):
    """And what is drawn for a question depends on it alone, beside others or not, but for its random numbers."""
    monkeypatch.setattr(shared_questions, "QUESTIONS", 2)
    shared_questions.allow()
    kernels.use_head(True)
    add_fused_lm_head(model, 0.7, outputs=("log_probs", "entropy"))
    questions = [torch.randint(3, 90, (length,)).tolist() for length in (3, 9, 5)]
    torch.manual_seed(5)
    drawn = shared_questions.draw(model, questions, 4, WIDTH, 0.7, [7, 11])
    lengths = {len(tokens) for completions in drawn for tokens, _ in completions}
    assert len(lengths) > 1 and max(lengths) == WIDTH
    assert len({tuple(tokens) for completions in drawn for tokens, _ in completions}) == 12, "each is drawn by itself"
    for question, completions in zip(questions, drawn, strict=True):
        for tokens, logprobs in completions:
            assert not {7, 11} & set(tokens[:-1]) and (len(tokens) == WIDTH or tokens[-1] in (7, 11))
            with torch.no_grad():
                logits = model(torch.tensor([question + tokens])).logits[0, len(question) - 1 : -1] / 0.7
            found = torch.log_softmax(logits, -1).gather(1, torch.tensor(tokens)[:, None])[:, 0]
            torch.testing.assert_close(torch.tensor(logprobs), found, atol=1e-5, rtol=1e-5)
    torch.manual_seed(5)
    assert shared_questions.draw(model, questions, 4, WIDTH, 0.7, [7, 11]) == drawn


def test_tokens_are_drawn_as_often_as_they_are_likely():
    probabilities = torch.tensor([0.0, 0.5, 0.0, 0.3, 0.2])
    torch.manual_seed(0)
    tokens, logprobs = shared_questions.choose_tokens(probabilities.log().expand(1, 40_000, -1), 1.0)
    shares = torch.bincount(tokens.flatten(), minlength=5) / 40_000
    # Three standard deviations of a share: at most 3 · √(.25 / 40,000).
    torch.testing.assert_close(shares, probabilities, atol=0.0075, rtol=0)
    assert shares[0] == shares[2] == 0
    torch.testing.assert_close(logprobs, probabilities.log()[tokens])


ONE_STEP = {"max_steps": 1, "max_grad_norm": 1e9, "validation": 0}
WAYS = {"onlinedpo": {"beta": 0.5}, "grpo": {"loss": "grpo", "beta": 0.02}}


@pytest.mark.slow
@pytest.mark.parametrize("stage", WAYS)
def test_a_step_has_the_gradient_of_one_that_shares_nothing(tiny_models, tmp_path, monkeypatch, stage):
    """Eight completions of two or four prompts, drawn once; all of a prompt pass at once, and two of four."""
    monkeypatch.setattr(WatchedTrainer, "_generate_single_turn", WatchedTrainer._generate_single_turn)
    folders, tokens = [], []
    for shared, micro in (("never", 4), ("always", 4), ("always", 2)):
        (grpo_steps.write_down if shared == "never" else grpo_steps.read_back)(tmp_path / "drawn.json")
        settings = WAYS[stage] | ONE_STEP | {"shared_questions": shared}
        chain = f"{stage}.{shared}{micro}-s0"
        folders.append(grpo_steps.prepare(tiny_models, chain, **settings, micro_batch_size=micro))
        grpo_steps.run(folders[-1])
        run = json.loads((folders[-1] / "run.json").read_text())
        assert run["shared_questions"]["training"] == (shared == "always")
        tokens.append(run["backward_tokens"])
        [step] = grpo_steps.logged(folders[-1])
        assert step["sampler_drift"] < 1e-5 and step["grad_norm"] > 0
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
        assert (step["zero_variance_groups"], step["frac_reward_zero_std"]) == (0.5, 0.5)
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
