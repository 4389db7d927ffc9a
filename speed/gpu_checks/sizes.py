"""Larger models: shared questions and a warm-up of 1B, LoRA of 8B, four bits, and what vLLM is sent."""

import hashlib
from collections.abc import Iterator
from types import SimpleNamespace

import torch
from safetensors import safe_open

from gpu_checks import made
from gpu_checks.finding import Finding, Here
from gpu_checks.training_runs import GRADIENTS, rate, rates
from reasonome.answering.precision import DTYPES, now
from reasonome.config import Adapter
from reasonome.tasks import load_project
from reasonome.training import adapters, fitting, kernels, packing, shared_questions

STEPS, SYNCS = 3, 50
QUESTIONS_AT_ONCE = 4
ROWS_TOKENS = 1024
ADAPTER = {"rank": 32, "alpha": 64}


def warm_up(here: Here) -> Iterator[Finding]:
    """All weights of a 1B on packed rows of 2,048 tokens, without recomputation."""
    project = made.project(here)
    made.model(here, "llama-3.2-1b", project.made)
    recipe = {"packing": "separate", "sequence_length": here.size(2048, 128), "max_tokens": None, "recall": None}
    steps = {"batch_size": here.size(16, 2), "micro_batch_size": 2, "max_steps": here.size(10, 2), "save_steps": 1000}
    step = project.step("llama-3.2-1b", "pretrain.large-s0", "pretrain", **recipe, **steps)
    run = project.trained(step)
    project.forget_checkpoints(step)
    yield here.compare("warm_up", "35,000 tokens/s or more", rates(run), rate(run) >= 35_000)


def questions(here: Here) -> Iterator[Finding]:
    """Answers of a 1B's GRPO passed through training: each question once, and again with each of its answers."""
    count, answers, question, answer = (here.size(*sizes) for sizes in ((16, 2), (8, 2), (240, 24), (350, 8)))
    model = made.on_device(here, "llama-3.2-1b").float().train()
    kernels.recompute(model)
    fitting.add_head(model)
    by_parts = packing.attend_text_by_text(model, True, here.device)
    ids = torch.randint(5, 2000, (count * answers, question + answer), device=here.device)
    ids[:, :question] = ids[::answers, :question].repeat_interleave(answers, dim=0)
    seconds, gradients = {}, {}
    for way in ("alone", "shared", "alone", "shared"):  # the first of each warms up
        model.zero_grad()
        started = now()
        for rows in ids.split(QUESTIONS_AT_ONCE * answers):
            with torch.autocast(here.device, dtype=torch.bfloat16):
                if way == "shared":
                    scores, _ = shared_questions.scores(model, rows, torch.ones_like(rows), answer, by_parts)
                else:
                    labels = rows.index_fill(1, torch.arange(question, device=here.device), -100)
                    scores = model(input_ids=rows, labels=labels, fused_lm_head=True, use_cache=False).log_probs
            (-scores.sum() / ids.numel()).backward()
        seconds[way] = now() - started
        gradients[way] = model.model.layers[0].self_attn.k_proj.weight.grad.clone()
    times = seconds["alone"] / seconds["shared"]
    found = f"{times:.2f} × as fast, {seconds['shared']:.2f} s for {count} × ({question} + {answers} × {answer}) tokens"
    yield here.compare("questions", "1.2 × as fast or more", found, times >= 1.2)
    apart = ((gradients["shared"] - gradients["alone"]).norm() / gradients["alone"].norm()).item()
    expected = f"gradients as unshared, to {GRADIENTS:g}"
    yield Finding("questions", expected, f"{apart:.2g} of their norm", apart <= GRADIENTS)


def adapter(here: Here) -> Iterator[Finding]:
    """LoRA beside a frozen 8B."""
    recipe = load_project(made.ROOT / "config").recipes["sft"]["genes"]  # LoRA of an 8B, rows of 1,024 tokens
    recipe = recipe.model_copy(update={"precision": "bf16", "batch_size": 64})
    rows, _ = fitting.fit(
        lambda: made.on_device(here, "llama-3.1-8b"), recipe, here.size(ROWS_TOKENS, 64), here.work, False
    )
    yield here.compare("adapter", f"2 rows of {ROWS_TOKENS} or more fit", f"{rows} fit", rows >= 2)
    model, dtypes = _adapted(here, recipe.adapter)
    yield Finding("adapter", "the adapter trains in float32", ", ".join(dtypes), dtypes == ["float32"])
    rate, static = _steps(here, model, rows)
    enough = f"{rate:,.0f} tokens/s, {static:.1f} GB between steps"
    yield here.compare("adapter", "7,000 tokens/s or more, 18.5 GB at most", enough, rate >= 7000 and static <= 18.5)


def _adapted(here: Here, adapter: Adapter) -> tuple[torch.nn.Module, list[str]]:
    """A random 8B in bf16 with an adapter, and the types of what is trained."""
    from peft import get_peft_model

    model = made.on_device(here, "llama-3.1-8b")
    kernels.recompute(model)
    model.enable_input_require_grads()
    fitting.add_head(model)
    model = get_peft_model(model, adapters.configuration(adapter)).train()
    for weight in model.parameters():
        weight.data = weight.data.to(DTYPES["bf16"])  # as TRL leaves adapters beside 4-bit weights
    adapters.to_fp32(model)
    adapters.add_in_one_product(model)
    dtypes = {str(weight.dtype).removeprefix("torch.") for weight in model.parameters() if weight.requires_grad}
    return model, sorted(dtypes)


def _steps(here: Here, model: torch.nn.Module, rows: int) -> tuple[float, float]:
    """Tokens a second of AdamW's steps on random rows, and GB of the GPU that are held between steps.

    The model has the head of training, which makes no logits of all tokens.
    """
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained)
    ids = torch.randint(5, 2000, (rows, here.size(ROWS_TOKENS, 64)), device=here.device)
    for number in range(STEPS + 1):
        if number == 1:  # the first warms up
            started = now()
        with torch.autocast(here.device, dtype=torch.bfloat16):
            out = model(input_ids=ids, labels=ids, fused_lm_head=True, use_cache=False)
        (-out.log_probs.mean()).backward()
        optimizer.step()
        optimizer.zero_grad()
    took = now() - started
    return STEPS * ids.numel() / took, torch.cuda.memory_allocated() / 1e9 if here.gpu else 0.0


def four_bits(here: Here) -> Iterator[Finding]:
    """QLoRA of a 1B as a job trains it: the adapter's type, and the merged model."""
    if not here.gpu:
        yield Finding("four_bits", "", "four bits need a GPU", None)
        return
    from transformers import AutoModelForCausalLM

    project = made.project(here)
    made.model(here, "llama-3.2-1b", project.made)
    recipe = {"adapter": ADAPTER | {"quantize": "4bit"}, "gradient_checkpointing": True}
    steps = {"batch_size": 16, "micro_batch_size": 4, "max_steps": 6, "save_steps": 1000}
    step = project.step("llama-3.2-1b", "sft.fourbits-s0", "sft", **recipe, **steps)
    run = project.trained(step)
    yield Finding("four_bits", "", rates(run))
    with safe_open(step / "adapter/adapter_model.safetensors", "pt") as weights:
        dtypes = sorted({weights.get_slice(name).get_dtype() for name in weights})
    yield Finding("four_bits", "the adapter trains in F32", ", ".join(dtypes), dtypes == ["F32"])
    loaded = AutoModelForCausalLM.from_pretrained(step / "model", dtype=DTYPES["bf16"])
    finite = all(weight.isfinite().all() for weight in loaded.parameters())
    yield Finding("four_bits", "the merged model loads", f"{loaded.num_parameters():,} parameters", finite)


def syncs(here: Here) -> Iterator[Finding]:
    """What vLLM is sent of LoRA leaves the frozen weights alone; vLLM itself is not asked."""
    from trl.generation import vllm_generation

    from reasonome.training import vllm_sampler

    model, _ = _adapted(here, Adapter(**ADAPTER))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=1e-3)
    sampler = object.__new__(vllm_sampler.Sampler)
    state = SimpleNamespace(deepspeed_plugin=None)
    sampler.__dict__ |= {"_seed": 0, "_rounding": None, "model": model}
    sampler._dist = vllm_generation.DistributedBackend(SimpleNamespace(state=state))
    before, started = _frozen_sha256(model), now()
    for _ in range(here.size(SYNCS, 5)):
        for _name, _weight in sampler._iter_named_params():
            pass
    took = (now() - started) / here.size(SYNCS, 5)
    same = _frozen_sha256(model) == before
    yield Finding("syncs", "frozen weights are the same bytes afterwards", "the same" if same else "others", same)
    yield here.compare("syncs", "2 s or less for each", f"{took:.2f} s", took <= 2)


def _frozen_sha256(model: torch.nn.Module) -> str:
    digest = hashlib.sha256()
    for weight in model.parameters():
        if not weight.requires_grad:
            digest.update(weight.detach().view(torch.uint8).cpu().numpy().tobytes())
    return digest.hexdigest()
