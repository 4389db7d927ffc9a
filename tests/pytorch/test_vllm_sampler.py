"""What vLLM is sent of a model with an adapter, and the seeds of its engines; vLLM itself is a stand-in."""

import hashlib
from types import SimpleNamespace

import pytest
import torch
from peft import get_peft_model
from safetensors.torch import save
from transformers import LlamaConfig, LlamaForCausalLM
from trl import GRPOTrainer
from trl.generation import vllm_generation
from trl.trainer import grpo_trainer

from reasonome.config import Adapter
from reasonome.training import adapters, vllm_sampler
from reasonome.training.rollouts import WatchedTrainer
from reasonome.training.shared_questions import Sharing

SHAPE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
SYNCS = 50


def random_model() -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(vocab_size=64, attention_bias=True, tie_word_embeddings=False, **SHAPE)
    return LlamaForCausalLM(config).to(torch.bfloat16)


@pytest.fixture
def adapted():
    """bf16 weights with an fp32 adapter that changes them by less than, about and more than a step of bf16."""
    model = get_peft_model(random_model(), adapters.configuration(Adapter(rank=4, alpha=8)))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=10.0 ** -(2 + sum(name.encode()) % 3))
    assert {w.dtype for w in model.parameters() if w.requires_grad} == {torch.float32}
    return model


def sampler(model) -> vllm_sampler.Sampler:
    made = object.__new__(vllm_sampler.Sampler)
    state = SimpleNamespace(deepspeed_plugin=None)
    made._seed, made._rounding = 0, None
    made.model, made._dist = model, vllm_generation.DistributedBackend(SimpleNamespace(state=state))
    return made


def frozen_sha256(model) -> str:
    weights = {name: weight for name, weight in model.named_parameters() if not weight.requires_grad}
    return hashlib.sha256(save(weights)).hexdigest()


def test_frozen_weights_are_the_same_bytes_after_many_syncs(adapted):
    before, ours = frozen_sha256(adapted), sampler(adapted)
    for _ in range(SYNCS):
        list(ours._iter_named_params())
    assert frozen_sha256(adapted) == before


def test_trls_own_sampler_would_change_them(adapted):
    """Should this fail with a newer TRL, ours may go."""
    before, trls = frozen_sha256(adapted), sampler(adapted)
    for _ in range(SYNCS):
        list(vllm_generation.VLLMGeneration._iter_named_params(trls))
    assert frozen_sha256(adapted) != before


def test_what_is_sent_has_the_names_of_the_plain_model_and_the_adapter_in_it(adapted):
    """A layer's weights are on average the sums, of which a single sync has what rounding at random makes of them."""
    plain, ours = random_model().state_dict(), sampler(adapted)
    syncs = [dict(ours._iter_named_params()) for _ in range(SYNCS)]
    sent = syncs[0]
    assert all(other.keys() == plain.keys() for other in syncs)
    assert {weight.dtype for weight in sent.values()} == {torch.bfloat16}
    for name, weight in plain.items():
        if "_proj.weight" not in name:
            assert torch.equal(sent[name], weight), name
            continue
        layer = adapted.get_submodule(f"base_model.model.{name.removesuffix('.weight')}")
        product = layer.lora_B["default"].weight @ layer.lora_A["default"].weight
        change = 2 * product.detach()  # alpha 8 by rank 4
        step = 2.0**-7 * (weight.float() + change).abs() + 1e-6  # of bf16, at most
        assert ((sent[name].float() - weight.float() - change).abs() <= step).all(), name
        moved = torch.stack([other[name].float() for other in syncs]).mean(dim=0) - weight.float()
        assert float((moved * change).sum() / change.square().sum()) == pytest.approx(1, abs=0.1), name


def test_a_model_without_an_adapter_is_sent_as_it_is():
    model = random_model()
    sent = dict(sampler(model)._iter_named_params())
    assert all(torch.equal(sent[name], weight) for name, weight in model.state_dict().items())


def test_engines_and_seeds_draw_from_streams_of_their_own(monkeypatch):
    """Of a step's seeds 0 and 1, in process 5 of a node whose engines have two GPUs each: the third engine."""
    asked = []
    monkeypatch.setattr(vllm_generation, "LLM", lambda **settings: asked.append(settings), raising=False)
    monkeypatch.setattr(vllm_generation, "is_vllm_available", lambda: True)
    monkeypatch.setattr(vllm_generation, "is_bitsandbytes_available", lambda: False)
    monkeypatch.setattr(torch.distributed, "new_subgroups_by_enumeration", lambda ranks: (None, None))
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "1")  # which TRL sets anew
    monkeypatch.setattr(grpo_trainer, "VLLMGeneration", None)
    state = SimpleNamespace(deepspeed_plugin=None)
    accelerator = SimpleNamespace(
        process_index=5, local_process_index=5, num_processes=8, state=state, wait_for_everyone=lambda: None
    )
    for seed in (0, 1, 0):
        vllm_sampler.use(seed)
        grpo_trainer.VLLMGeneration(random_model(), accelerator, None, tensor_parallel_size=2)
    first, second, again = (settings["seed"] for settings in asked)
    assert first == again == vllm_sampler.engine_seed(0, 2) != second
    assert asked[0]["tensor_parallel_size"] == 2 and asked[0]["load_format"] == "dummy", "all weights are sent"


def test_no_two_of_many_engines_have_the_same_seed():
    seeds = [vllm_sampler.engine_seed(seed, engine) for seed in range(20) for engine in range(16)]
    assert len(set(seeds)) == len(seeds) and all(0 <= seed < 2**32 for seed in seeds)


def _without_models(trainer, args):
    trainer.model = trainer.ref_model = None
    trainer.args, trainer.accelerator = SimpleNamespace(bf16=False), SimpleNamespace(device=torch.device("cpu"))


def test_trainers_sample_by_the_seed_of_their_step(monkeypatch):
    monkeypatch.setattr(grpo_trainer, "VLLMGeneration", None)
    monkeypatch.setattr(GRPOTrainer, "__init__", _without_models)
    WatchedTrainer(args=SimpleNamespace(seed=7), drift=None, sharing=Sharing(), redraws=0)
    assert grpo_trainer.VLLMGeneration.func is vllm_sampler.Sampler
    assert grpo_trainer.VLLMGeneration.keywords == {"seed": 7}
