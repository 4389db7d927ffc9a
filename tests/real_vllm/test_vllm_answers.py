"""The real vLLM on CPUs, in an environment of its own that is built once into a folder which git ignores."""

import json
import os
from pathlib import Path

import pytest
from environments import failure, python_with

from reasonome.answering import local
from reasonome.answering.answers import questions
from reasonome.benchmarks.rows import read_rows
from reasonome.config import Decoding
from reasonome.prompts.chat_template import render
from reasonome.tasks import TASKS

HERE = Path(__file__).resolve().parent
PROMPTS = 40


@pytest.fixture(scope="session")
def python_with_vllm() -> Path:
    """The interpreter of an environment with vLLM's CPU build; skips where its packages cannot be had."""
    python = python_with(HERE / "vllm.lock", ".test-vllm")
    if failure([python, "-c", "import torch; assert torch.version.cuda is None"]) is not None:
        pytest.skip("pip finds no CPU build of torch here: add PyTorch's index of CPU wheels to its settings")
    return python


@pytest.fixture(scope="session")
def asked(project, demo_benchmark, backbone_model):
    """The decoding, and rendered prompts of the demo's test set."""
    _, tokenizer = local.load(backbone_model, "fp32")
    task, decoding = TASKS["gene_set_naming"], Decoding(max_new_tokens=32, batch_size=8)
    examples = read_rows(demo_benchmark / "test.jsonl", task.Example)[:PROMPTS]
    style = project.style("demo-go", "demo-names")
    prompts = questions(task, style, decoding, examples)
    return decoding, [render(tokenizer, question.prompt.messages) for question in prompts]


@pytest.mark.full
@pytest.mark.slow
def test_greedy_answers_equal_those_of_transformers(python_with_vllm, asked, backbone_model, tmp_path):
    decoding, texts = asked
    assert len(texts) == PROMPTS
    wish, answers = tmp_path / "prompts.json", tmp_path / "answers.json"
    wish.write_text(json.dumps({"decoding": decoding.model_dump(), "texts": texts}), encoding="utf-8")
    # One thread a worker, bound to no core: the machine may have other work.
    settings = {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "1"}
    said = failure(
        [python_with_vllm, HERE / "answer.py", backbone_model, wish, answers],
        env=os.environ | settings | {"HF_HUB_OFFLINE": "1"},
    )
    assert said is None, said
    theirs = json.loads(answers.read_text(encoding="utf-8"))

    model, tokenizer = local.load(backbone_model, "fp32")
    batches = local.generate(model, tokenizer, texts, decoding)
    ours = dict(answer for _, batch in batches for answer in batch)
    equal = [i for i in range(PROMPTS) if theirs[i]["text"] == ours[i].text]
    assert len(equal) >= 0.95 * PROMPTS
    for i in equal:
        assert theirs[i]["finish_reason"] == ours[i].finish_reason
        assert theirs[i]["completion_tokens"] == ours[i].completion_tokens
        assert theirs[i]["logprob"] == pytest.approx(ours[i].logprob, abs=0.01)
