"""A stand-in for vLLM, which notes what it is asked, and for the tokenizer of what it loads."""

import json
import sys
import types
from pathlib import Path

from reasonome.answering import vllm_engine

TOKENS = {1: "Process", 2: ":", 3: " DNA", 4: " repair", 9: ""}


class Tokenizer:
    """A character is a token of a prompt; completions are of TOKENS."""

    eos_token_id = 9

    def __init__(self, folder):
        self.name_or_path = str(folder)

    def __call__(self, texts, add_special_tokens):
        assert add_special_tokens is False, "the chat template has written them already"
        return {"input_ids": [list(range(len(text))) for text in texts]}

    def apply_chat_template(self, messages, tokenize, add_generation_prompt):
        """The messages, one after the other."""
        return "\n".join(message["content"] for message in messages)

    def decode(self, tokens, skip_special_tokens):
        """The text of TOKENS."""
        return "".join(TOKENS[token] for token in tokens)


class LLM:
    """Answers every prompt with `Process: DNA repair`; the n-th token has the log-probability -n."""

    def __init__(self, **settings):
        self.settings, self.calls = settings, []

    def generate(self, prompts, sampling):
        """One completion for each prompt."""
        self.calls.append((prompts, sampling))
        made = types.SimpleNamespace(
            token_ids=[1, 2, 3, 4, 9],
            finish_reason="stop",
            logprobs=[{t: types.SimpleNamespace(logprob=-n)} for n, t in enumerate((1, 2, 3, 4, 9))],
        )
        return [types.SimpleNamespace(outputs=[made], prompt_token_ids=p["prompt_token_ids"]) for p in prompts]


def install(monkeypatch) -> list[LLM]:
    """Put it in vLLM's place; the models that are loaded from then on are added to the list."""
    loaded: list[LLM] = []

    def load(**settings) -> LLM:
        loaded.append(LLM(**settings))
        return loaded[-1]

    module = types.ModuleType("vllm")
    module.LLM, module.TokensPrompt = load, dict
    module.SamplingParams = lambda **settings: settings
    monkeypatch.setitem(sys.modules, "vllm", module)
    monkeypatch.setattr(vllm_engine, "load_tokenizer", Tokenizer)
    return loaded


def shaped(folder: Path, **shape: int) -> Path:
    """Make it the folder of a model whose layers have that shape."""
    config = {"model_type": "llama", "hidden_size": shape["num_attention_heads"], **shape}
    (folder / "config.json").write_text(json.dumps(config))
    return folder
