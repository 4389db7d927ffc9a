"""Answers of engines: questions, batches, the file that keeps finished ones, and the log-probability of names."""

import errno
import json
import os
import shutil
import types

import pytest

from reasonome.answering import answers
from reasonome.answering.answers import PartialAnswers, questions, write_answers
from reasonome.answering.engine import Completion, batches, name_likelihood, tokens_in_span
from reasonome.answering.precision import fastest
from reasonome.config import Decoding
from reasonome.core.manifest import Stopwatch
from reasonome.tasks import TASKS
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.settings import NamingStyle

TASK = TASKS["gene_set_naming"]
STYLE = NamingStyle(gene="{symbol}", separator=", ", budget_tokens=100, system="Name it.", user="Genes: {genes}")
EXAMPLES = [
    Example(id=f"GO:{n}", subset="bp", name="x", genes=[{"symbol": symbol} for symbol in symbols])
    for n, symbols in enumerate((["A1", "B2", "C3", "D4"], ["E5", "F6"], ["G7", "H8", "I9"]))
]


def test_batches_hold_prompts_of_like_length_longest_first():
    """Four prompts of 512 tokens fill a batch of four; of 1,024 two have as many, and one of 9,000 is alone."""
    assert batches([5, 9, 5, 7, 1], 2) == [[1, 3], [0, 2], [4]]
    assert batches([], 4) == []
    assert batches([512] * 5, 4) == [[0, 1, 2, 3], [4]]
    assert batches([10, 1024, 9000, 1024, 1024, 513, 20, 30], 4) == [[2], [1, 3], [4, 5], [7, 6, 0]]


def rows(*names):
    return [{"position": i, "id": name} for i, name in enumerate(names)]


def test_finished_batches_are_read_back_and_a_torn_line_is_dropped(tmp_path):
    target = tmp_path / "greedy.jsonl"
    with pytest.raises(RuntimeError), PartialAnswers(target, "digest") as partial:
        partial.add(0, rows("a", "b"))
        partial.add(1, rows("c"))
        raise RuntimeError("killed")
    kept = tmp_path / ".greedy.jsonl.partial"
    with open(kept, "ab") as handle:
        handle.write('{"batch": 2, "rows": [{"id": "β'.encode()[:-1])
    again = PartialAnswers(target, "digest")
    assert {number: [row["id"] for row in batch] for number, batch in again.batches.items()} == {
        0: ["a", "b"],
        1: ["c"],
    }
    assert PartialAnswers(target, "another digest").batches == {}, "another job starts afresh"
    with again as partial:
        partial.add(2, rows("d"))
        assert [json.loads(line)["batch"] for line in kept.read_text().splitlines()[1:]] == [0, 1, 2]
    assert not kept.exists(), "a finished job needs it no more"


def test_a_full_disk_names_the_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with (
        pytest.raises(OSError, match="greedy.jsonl.partial"),
        PartialAnswers(tmp_path / "greedy.jsonl", "d") as partial,
    ):
        monkeypatch.setattr(os, "fsync", full)
        partial.add(0, rows("a"))


def test_a_line_that_a_power_cut_left_ends_what_is_read_back(tmp_path):
    kept = tmp_path / ".greedy.jsonl.partial"
    kept.write_bytes(b'digest\n{"batch": 0, "rows": []}\n' + bytes(20) + b'\n{"batch": 2, "rows": []}\n')
    assert PartialAnswers(tmp_path / "greedy.jsonl", "digest").batches == {0: []}


# --- questions ---------------------------------------------------------------------------------------


def test_orders_list_the_same_genes_differently():
    asked = questions(TASK, STYLE, Decoding(max_new_tokens=5), EXAMPLES)
    assert [(one.example.id, one.order, one.sample) for one in asked] == [(f"GO:{n}", 0, 0) for n in range(3)]
    assert [one.prompt for one in asked] == [TASK.prompt(one, STYLE) for one in EXAMPLES]
    decoding = Decoding(max_new_tokens=5, temperature=1, samples=2, orders=4)
    asked = questions(TASK, STYLE, decoding, EXAMPLES[:1])
    assert [(one.order, one.sample) for one in asked] == [(order, sample) for order in range(4) for sample in (0, 1)]
    listings = [one.prompt.listing for one in asked[::2]]
    assert len(set(listings)) > 1 and {tuple(sorted(text.split(", "))) for text in listings} == {
        ("A1", "B2", "C3", "D4")
    }
    shifted = STYLE.model_copy(update={"seed": STYLE.seed + 3})
    assert asked[6].prompt == TASK.prompt(EXAMPLES[0], shifted)


# --- a job, whatever the engine ----------------------------------------------------------------------


class _Words:
    """A tokenizer that splits at spaces."""

    def __call__(self, texts, add_special_tokens=False):
        return {"input_ids": [text.split() for text in texts]}

    def apply_chat_template(self, messages, tokenize, add_generation_prompt):
        return " | ".join(message["content"] for message in messages)


@pytest.fixture
def engine(monkeypatch):
    """An engine that repeats the prompt and stops at batch `fails_at`; it notes which batches it made."""
    module = types.ModuleType("reasonome.answering.parrot")
    module.made, module.fails_at = [], None
    module.load = lambda folder, precision: (None, _Words())

    def generate(model, tokenizer, prompts, decoding, skip, span):
        for number, batch in enumerate(batches([len(prompt) for prompt in prompts], decoding.batch_size)):
            if number == module.fails_at:
                raise RuntimeError("killed")
            if number not in skip:
                module.made.append(number)
                text = "Process: repair"
                yield number, [(i, Completion(text, "stop", 3, 2, -1.5, 0.1, -0.5, span(text)[1])) for i in batch]

    module.generate = generate
    monkeypatch.setitem(answers.ENGINES, "parrot", lambda: module)
    return module


def test_a_killed_job_goes_on_after_its_last_batch(engine, tmp_path):
    decoding = Decoding(max_new_tokens=5, batch_size=2, orders=2)
    job = (TASK, STYLE, decoding, EXAMPLES, tmp_path, "digest")
    whole, torn = tmp_path / "whole.jsonl", tmp_path / "torn.jsonl"
    assert write_answers(*job, whole, "parrot") == {
        "prompt_tokens": 18,
        "generated_tokens": 12,
        "precision": fastest()[0],
    }
    engine.made, engine.fails_at = [], 2
    with pytest.raises(RuntimeError):
        write_answers(*job, torn, "parrot")
    assert not torn.exists()
    engine.fails_at = None
    stopwatch = Stopwatch()
    write_answers(*job, torn, "parrot", stopwatch)
    assert stopwatch.earlier == pytest.approx(0.4), "of two batches of two answers"
    assert engine.made == [0, 1, 2] and torn.read_bytes() == whole.read_bytes()
    first = json.loads(whole.read_text().splitlines()[0])
    assert first.pop("prompt_sha256") != ""
    assert first == {
        "id": "GO:0",
        "subset": "bp",
        "sample": 0,
        "order": 0,
        "text": "Process: repair",
        "finish_reason": "stop",
        "prompt_tokens": 3,
        "completion_tokens": 2,
        "logprob": -1.5,
        "seconds": 0.1,
        "name_logprob": -0.5,
        "name_tokens": 15,
        "genes_left_out": 0,
        "facts_left_out": 0,
        "neighbours_left_out": 0,
    }


def test_batches_of_another_engine_are_not_gone_on_with(engine, tmp_path, monkeypatch):
    monkeypatch.setitem(answers.ENGINES, "other", answers.ENGINES["parrot"])
    job = (TASK, STYLE, Decoding(max_new_tokens=5, batch_size=1), EXAMPLES, tmp_path, "digest", tmp_path / "a.jsonl")
    engine.fails_at = 1
    with pytest.raises(RuntimeError):
        write_answers(*job, "parrot")
    engine.made, engine.fails_at = [], None
    write_answers(*job, "other")
    assert engine.made == [0, 1, 2]


# --- which tokens wrote the name ---------------------------------------------------------------------

PIECES = ["Process", ":", " DNA", " re", "pair", "\n", "Reasoning"]


def decode(tokens):
    return b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in tokens).decode(errors="replace")


@pytest.mark.parametrize(
    ("span", "found"),
    [
        ((9, 19), [2, 3, 4]),  # "DNA repair", whose first token begins with the space before it
        ((12, 13), [3]),
        ((14, 16), [3, 4]),  # "ep" stands in two tokens
        ((0, 7), [0]),
        ((19, 20), [5]),
    ],
)
def test_tokens_of_a_span(span, found):
    text = decode(PIECES)
    assert tokens_in_span(PIECES, decode, text, span) == found


def test_all_tokens_of_one_character_count():
    beta = "β".encode()
    pieces = ["Process: ", beta[:1], beta[1:], "-catenin", " binding"]
    text = decode(pieces)
    assert text == "Process: β-catenin binding"
    assert tokens_in_span(pieces, decode, text, (9, 10)) == [1, 2]
    assert tokens_in_span(pieces, decode, text, (9, 18)) == [1, 2, 3]


def test_the_likelihood_of_a_name_is_that_of_its_tokens():
    logprobs = [-1.0, -2.0, -0.25, -0.5, -0.125, -4.0, -8.0]
    style = STYLE.model_copy(update={"track": "strict"})
    text = decode(PIECES)
    found = name_likelihood(text, lambda text: TASK.name_span(text, style), PIECES, logprobs, decode)
    assert found == (-0.875, 3)
    assert name_likelihood("no name", lambda text: None, PIECES, logprobs, decode) == (None, 0)
    assert name_likelihood(text, None, PIECES, logprobs, decode) == (None, 0)


# --- on a tiny random model --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A random Llama over 100 pieces of ASCII, of one to three characters, and its folder's tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = [chr(code) for code in range(97, 123)]
    pairs = [f"{a}{b}" for a in letters[:7] for b in letters[:7]]
    pieces = ["<end>", *letters, *pairs, *(f"{a}bc" for a in letters[2:])]
    tokens = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token="<end>"))
    tokens.decoder = decoders.Fuse()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokens, eos_token="<end>", pad_token="<end>", padding_side="left"
    )
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        eos_token_id=0,
        bos_token_id=None,
        initializer_range=0.5,
    )
    return LlamaForCausalLM(config).eval(), tokenizer


class _Letters:
    """A tokenizer with a token for each letter."""

    pad_token_id = 0

    def __call__(self, texts, add_special_tokens=False):
        return {"input_ids": [[ord(letter) - 96 for letter in text] for text in texts]}


def test_candidates_are_listed_by_how_likely_an_answer_begins_with_each(tiny):
    """Each opening's tokens in a pass of their own; a name that another one begins with has what ends it as well."""
    import torch

    from reasonome.answering import likelihood

    model, _ = tiny
    tokenizer = _Letters()
    openings = [{"one": "z"}, {"ab": "abz", "abc": "abcz", "kq": "kqz"}]
    prompts = ["ad", "zbc"]
    lists = likelihood.ranked(model, tokenizer, prompts, openings, " ".join, 1, {1})
    [(number, [(place, completion)])] = lists
    assert (number, place) == (0, 1), "the other batch is there already"
    sums = {}
    for name, opening in openings[place].items():
        begin, whole = tokenizer([prompts[place], prompts[place] + opening])["input_ids"]
        with torch.inference_mode():
            logprobs = torch.log_softmax(model(torch.tensor([whole])).logits[0].float(), -1)
        sums[name] = sum(float(logprobs[at - 1, whole[at]]) for at in range(len(begin), len(whole)))
    assert completion.text == " ".join(sorted(sums, key=lambda name: -sums[name]))
    assert completion.logprob == pytest.approx(max(sums.values()), abs=2e-3)


@pytest.mark.parametrize("decoding", [{}, {"temperature": 0.7, "top_p": 0.9}], ids=["greedy", "sampled"])
def test_log_probabilities_are_those_of_a_forward_pass(tiny, decoding, monkeypatch):
    import torch

    from reasonome.answering import local

    model, tokenizer = tiny
    assert list(local.generate(model, tokenizer, [], Decoding(max_new_tokens=12))) == [], "no prompts, no answers"
    written_by = []
    generate = model.generate

    def noted(**arguments):
        written_by.append(generate(**arguments))
        return written_by[-1]

    monkeypatch.setattr(model, "generate", noted)
    made = local.generate(
        model,
        tokenizer,
        ["a", "d", "zbc"],
        Decoding(max_new_tokens=12, batch_size=3, **decoding),
        span=lambda text: (3, 8) if len(text) >= 8 else None,
    )
    completions = dict(pair for _, batch in made for pair in batch)  # one batch, in order: equal lengths
    checked = 0
    for position, prompt in enumerate(["a", "d", "zbc"]):
        completion = completions[position]
        ids = tokenizer(prompt)["input_ids"]
        written = written_by[0][position, 1:][: completion.completion_tokens].tolist()
        with torch.inference_mode():
            logits = model(torch.tensor([ids + written])).logits[0, len(ids) - 1 : -1].float()
        logprobs = torch.log_softmax(logits, -1)[range(len(written)), written]
        assert completion.logprob == pytest.approx(float(logprobs.sum()), abs=2e-3)
        ends = [len(tokenizer.decode(written[: n + 1], skip_special_tokens=True)) for n in range(len(written))]
        of_name = [n for n, end in enumerate(ends) if end > 3 and ([0] + ends)[n] < 8 and end > ([0] + ends)[n]]
        if len(completion.text) < 8:
            assert (completion.name_logprob, completion.name_tokens) == (None, 0)
            continue
        checked += 1
        assert completion.name_tokens == len(of_name) >= 2
        assert completion.name_logprob == pytest.approx(float(logprobs[of_name].sum()), abs=2e-3)
        assert completion.logprob < completion.name_logprob < 0
    assert checked >= 2


def test_batches_of_two_seeds_are_drawn_apart(tiny):
    from reasonome.answering import local

    def texts(seed):
        decoding = Decoding(max_new_tokens=12, temperature=1, samples=4, batch_size=2, seed=seed)
        made = local.generate(*tiny, ["a"] * 4, decoding)
        return [[completion.text for _, completion in batch] for _, batch in made]

    assert texts(0) == texts(0)
    assert texts(0)[1] != texts(1)[0]


def _edited(folder, name, edit):
    content = json.loads((folder / name).read_text())
    edit(content)
    (folder / name).write_text(json.dumps(content))


def _kept_without_cache(folder):
    """Say in a model's folder what a training with checkpointing leaves there: that no cache is used."""
    _edited(folder, "config.json", lambda content: content.update(use_cache=False))
    (folder / "generation_config.json").unlink()


@pytest.mark.parametrize("change", [lambda folder: None, _kept_without_cache], ids=["as it is", "use_cache: false"])
def test_samples_of_a_question_read_it_once_and_are_those_that_read_it_each(
    tiny_backbone, tmp_path, monkeypatch, change
):
    from reasonome.answering import local

    folder = shutil.copytree(tiny_backbone, tmp_path / "model")
    change(folder)
    model, tokenizer = local.load(folder, "fp32")
    read, forward = [], model.forward

    def noted(**given):
        read.append(given["input_ids"].numel())
        return forward(**given)

    monkeypatch.setattr(model, "forward", noted)
    shared = _samples(model, tokenizer)
    longest = len(tokenizer(QUESTIONS[0])["input_ids"])
    assert read[:2] == [2 * (longest - 1), 8 * 1]  # of two questions all but the last token, then that of each sample
    read.clear()
    monkeypatch.setattr(local, "_read_once", lambda *given: {})
    assert _samples(model, tokenizer) == shared and read[0] == 8 * longest
    assert len({text for _, text, *_ in shared}) > 4


QUESTIONS = ["Which process do BRCA1 and BRCA2 share?"] * 4 + ["Which do TP53 and MDM2?"] * 4


def _samples(model, tokenizer):
    from reasonome.answering import local

    decoding = Decoding(max_new_tokens=6, temperature=1, samples=4, batch_size=8)
    made = [one for _, batch in local.generate(model, tokenizer, QUESTIONS, decoding) for one in batch]
    return [(position, one.text, one.prompt_tokens, pytest.approx(one.logprob, abs=1e-3)) for position, one in made]


def _asks_for_a_static_cache(folder):
    _edited(folder, "generation_config.json", lambda content: content.update(cache_implementation="static"))


@pytest.mark.parametrize("kind", ["hybrid", "static"])
def test_a_model_whose_cache_cannot_be_copied_reads_each_question(tiny_backbone, tmp_path, monkeypatch, kind):
    from reasonome.answering import local
    from reasonome.cluster.rehearsal.models import write_backbone

    if kind == "hybrid":
        folder = write_backbone(tmp_path / "model", "qwen3_next", None, tiny_backbone)
    else:
        folder = shutil.copytree(tiny_backbone, tmp_path / "model")
        _asks_for_a_static_cache(folder)
    model, tokenizer = local.load(folder, "fp32")
    samples = _samples(model, tokenizer)
    monkeypatch.setattr(local, "_read_once", lambda *given: {})
    assert _samples(model, tokenizer) == samples
    assert len({text for _, text, *_ in samples}) > 4


@pytest.mark.parametrize("temperature", [0, 1], ids=["greedy", "sampled"])
def test_what_a_models_own_generation_config_asks_for_changes_no_answer(tiny, monkeypatch, temperature):
    from reasonome.answering import local

    decoding = Decoding(max_new_tokens=12, temperature=temperature, batch_size=3)
    plain = list(local.generate(*tiny, ["a", "d", "zbc"], decoding))
    asked = {"repetition_penalty": 3.0, "no_repeat_ngram_size": 1, "min_p": 0.9, "top_k": 1, "min_new_tokens": 12}
    for name, value in asked.items():
        monkeypatch.setattr(tiny[0].generation_config, name, value)
    changed = list(local.generate(*tiny, ["a", "d", "zbc"], decoding))

    def texts(made):
        return [(position, one.text, one.logprob) for _, batch in made for position, one in batch]

    assert texts(changed) == texts(plain)
