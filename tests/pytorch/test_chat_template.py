"""Prompts are the same text on every day, in training and in answering, whatever the chat template is like."""

import ast
from datetime import datetime
from pathlib import Path

import pytest
import tiny_training
import transformers.utils.chat_template_utils as clock
from refusals import refused
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from reasonome.core import atomic
from reasonome.prompts import chat_template
from reasonome.prompts.chat_template import answered, end_tokens, load_tokenizer, render, with_values
from reasonome.tasks import TASKS
from reasonome.training import sft as sft_module
from reasonome.training.sft import sft

SYSTEM, USER, ASSISTANT = (
    {"role": role, "content": content}
    for role, content in (("system", "Say it."), ("user", "Genes: ATM"), ("assistant", "Process: repair"))
)
EACH = "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</s>{% endfor %}"
OPENING = "{% if add_generation_prompt %}<assistant>{% endif %}"
FAITHFUL = EACH + OPENING
# The system text stands in the last turn, and only if that is the user's.
SYSTEM_IN_LAST = (
    "{% if messages[0].role == 'system' %}{% set said = messages[0].content %}{% set messages = messages[1:] %}"
    "{% endif %}{% for m in messages %}{% if m.role == 'user' %}[ask]"
    "{% if loop.last and said is defined %}{{ said }}\n\n{% endif %}{{ m.content }}[/ask]"
    "{% else %} {{ m.content }}</s>{% endif %}{% endfor %}"
)
REFUSES_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + FAITHFUL
DROPS_SYSTEM = FAITHFUL.replace("messages %}", "messages if m.role != 'system' %}", 1)
# The opening of an answer is not what stands before it once it is there.
OPENS_OTHERWISE = EACH + "{% if add_generation_prompt %}<assistant><think>{% endif %}"
DATED = (
    "{% if not day is defined %}{% if strftime_now is defined %}{% set day = strftime_now('%d %b %Y') %}"
    "{% else %}{% set day = 'no clock' %}{% endif %}{% endif %}Today: {{ day }}\n" + FAITHFUL
)


def saved(folder: Path, template: str | None, bos: bool = False) -> Path:
    """A folder with a tokenizer of bytes, which puts <s> before plain texts if it has a `bos`."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<s>", "</s>"]
    bytewise = Tokenizer(models.BPE({token: i for i, token in enumerate([*special, *alphabet])}, []))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    if bos:
        bytewise.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bytewise, bos_token="<s>", eos_token="</s>")
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    return folder


# What newer templates read beside the messages.
THINKS = "{% if enable_thinking is defined and not enable_thinking %}<quick{{ mood }}>{% endif %}" + FAITHFUL


def test_values_that_a_template_reads_stay_with_the_model(tmp_path):
    tokenizer = load_tokenizer(saved(tmp_path / "base", THINKS))
    plain = render(tokenizer, [USER])
    assert plain == "<user>Genes: ATM</s><assistant>"
    mood = '"100 %}'
    values = {"enable_thinking": False, "mood": mood}
    tokenizer.chat_template = with_values(tokenizer.chat_template, values, "recipe.json")
    tokenizer.save_pretrained(tmp_path / "trained")
    trained = load_tokenizer(tmp_path / "trained")
    assert render(trained, [USER]) == f"<quick{mood}>{plain}"
    # A later step has its own values, and keeps the others.
    trained.chat_template = with_values(trained.chat_template, {"mood": 3}, "recipe.json")
    assert render(trained, [USER]) == f"<quick3>{plain}"
    trained.chat_template = with_values(trained.chat_template, {"enable_thinking": True}, "recipe.json")
    assert render(trained, [USER]) == plain


@pytest.mark.parametrize(
    ("name", "fix"), [("enable_thinkng", "did you mean 'enable_thinking'?"), ("messages", "valid")]
)
def test_a_value_that_the_template_does_not_read(name, fix):
    with refused("recipe.json", field=f"chat_template_kwargs.{name}", fix=fix):
        with_values(THINKS, {name: 1}, "recipe.json")


def test_a_step_trains_with_the_values_of_its_recipe(tiny_models):
    saved(tiny_models / "base/model", THINKS)
    job = tiny_training.sft_job(tiny_models, chat_template_kwargs={"enable_thinking": False})
    assert render(job.load_tokenizer(), [USER]).startswith("<quick>")


def at(monkeypatch, day: int) -> None:
    """Let templates that ask for the date be told this day of November 2026."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 11, day)

    monkeypatch.setattr(clock, "datetime", Stopped)


def test_a_template_that_asks_for_the_date_gets_a_fixed_one(tmp_path, monkeypatch):
    saved(tmp_path, DATED)
    at(monkeypatch, 24)
    raw = AutoTokenizer.from_pretrained(tmp_path).apply_chat_template([USER], tokenize=False)
    assert raw.startswith("Today: 24 Nov 2026\n"), "the tokenizer as it is stored does read the clock"
    first = render(load_tokenizer(tmp_path), [SYSTEM, USER])
    at(monkeypatch, 25)
    tokenizer = load_tokenizer(tmp_path)
    assert render(tokenizer, [SYSTEM, USER]) == first
    assert first == "Today: 26 Jul 2024\n<system>Say it.</s><user>Genes: ATM</s><assistant>"
    tokenizer.save_pretrained(tmp_path / "trained")
    assert "strftime_now(" not in (tmp_path / "trained" / "chat_template.jinja").read_text()
    assert render(AutoTokenizer.from_pretrained(tmp_path / "trained"), [SYSTEM, USER]) == first


def test_end_tokens():
    """The tokenizer's is among them, as in the completions that GRPO and vLLM draw; others stay."""
    assert (end_tokens(None, 2), end_tokens(0, 2), end_tokens([3, 4], 2)) == ([2], [0, 2], [3, 4, 2])
    assert (end_tokens(2, 2), end_tokens([3, 2], 2), end_tokens([3], None)) == ([2], [3, 2], [3])


def test_answers_end_where_the_template_ends_them(tmp_path):
    """Templates of some base models end an answer by a special token that is no end token."""
    tokenizer = AutoTokenizer.from_pretrained(saved(tmp_path / "base", FAITHFUL.replace("</s>", "<end>") + "\n"))
    tokenizer.add_special_tokens({"additional_special_tokens": ["<end>"]})
    tokenizer.save_pretrained(tmp_path / "base")
    assert load_tokenizer(tmp_path / "base").eos_token == "<end>"
    ends = f'{{"eos_token_id": [1, {tokenizer.convert_tokens_to_ids("<end>")}]}}'
    (tmp_path / "base" / "generation_config.json").write_text(ends)
    assert load_tokenizer(tmp_path / "base").eos_token == "</s>"  # answers end at both already
    for name, template in (("same", FAITHFUL), ("none", None), ("words", FAITHFUL.replace("</s>", "<end>"))):
        assert load_tokenizer(saved(tmp_path / name, template)).eos_token == "</s>"


def test_a_template_that_reads_the_clock_in_another_way_is_refused(tmp_path):
    saved(tmp_path, "{% set form = '%Y' %}{{ strftime_now(form) }}" + FAITHFUL)
    with refused(str(tmp_path), field="chat_template"):
        load_tokenizer(tmp_path)


def test_a_template_that_is_not_jinja_is_named_with_its_line(tmp_path):
    saved(tmp_path, FAITHFUL)
    (tmp_path / "chat_template.jinja").write_text(f"{{{{ bos_token }}}}\n{{% fr m in messages %}}\n{FAITHFUL}")
    with refused(tmp_path / "chat_template.jinja", 2):
        load_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("template", "opening", "closing"),
    [
        (SYSTEM_IN_LAST, "[ask]", "[/ask]"),
        (REFUSES_SYSTEM, "<user>", "</s><assistant>"),
        (DROPS_SYSTEM, "<user>", "</s><assistant>"),
    ],
)
def test_system_text_that_a_template_does_not_keep_goes_into_the_users(tmp_path, template, opening, closing):
    tokenizer = load_tokenizer(saved(tmp_path, template))
    prompt = render(tokenizer, [SYSTEM, USER])
    assert prompt == f"{opening}Say it.\n\nGenes: ATM{closing}"
    tokens = answered(tokenizer, [SYSTEM, USER], ASSISTANT["content"])
    assert tokenizer.decode(tokens.ids[: tokens.prompt]) == prompt
    space = " " if template == SYSTEM_IN_LAST else ""
    assert tokenizer.decode(tokens.ids[tokens.prompt :]) == f"{space}Process: repair</s>"
    assert render(tokenizer, [SYSTEM | {"content": ""}, USER]) == f"{opening}Genes: ATM{closing}"
    assert render(tokenizer, [USER]) == f"{opening}Genes: ATM{closing}"
    settled = tokenizer.chat_template
    tokenizer.save_pretrained(tmp_path / "trained")
    assert load_tokenizer(tmp_path / "trained").chat_template == settled, "nothing is put before it twice"


def test_a_faithful_template_stays_as_it_is(tmp_path):
    tokenizer = load_tokenizer(saved(tmp_path, FAITHFUL))
    assert tokenizer.chat_template == FAITHFUL
    tokens = answered(tokenizer, [SYSTEM, USER], " Process: repair\n")
    prompt = "<system>Say it.</s><user>Genes: ATM</s><assistant>"
    assert tokenizer.decode(tokens.ids[: tokens.prompt]) == prompt
    labels = tokens.labelled()["labels"]
    assert labels[: tokens.prompt] == [-100] * tokens.prompt
    assert tokenizer.decode(labels[tokens.prompt :]) == "Process: repair</s>"
    assert load_tokenizer(saved(tmp_path / "plain", None)).chat_template is None


def test_a_prompt_that_is_no_beginning_of_prompt_and_answer_stops_training(tmp_path):
    tokenizer = load_tokenizer(saved(tmp_path, OPENS_OTHERWISE))
    assert render(tokenizer, [USER]) == "<user>Genes: ATM</s><assistant><think>", "it can be asked, as it is"
    with refused(field="chat_template"):
        answered(tokenizer, [USER], "Process: repair")


def test_what_a_template_leaves_out_or_refuses_is_an_error(tmp_path):
    tokenizer = load_tokenizer(saved(tmp_path, FAITHFUL))
    tokenizer.chat_template = DROPS_SYSTEM
    with refused():
        render(tokenizer, [SYSTEM, USER])
    tokenizer.chat_template = REFUSES_SYSTEM
    with refused():
        render(tokenizer, [SYSTEM, USER])
    tokenizer.chat_template = FAITHFUL.replace("m.content | trim", "m.content.split('>')[-1]")
    with refused():
        answered(tokenizer, [SYSTEM, USER], "They act. <i>Process: repair")


def with_template(models: Path, template: str) -> None:
    (models / "base/model/chat_template.jinja").write_text(template)


def test_no_stage_trains_where_the_prompt_is_another_one_in_answering(tiny_models):
    with_template(tiny_models, OPENS_OTHERWISE)
    with refused():
        sft(tiny_training.sft_job(tiny_models), {"demo-go": TASKS["gene_set_naming"]})
    job = tiny_training.preference_job(tiny_models, "dpo")
    with refused():
        job.recipe.read(job, job.load_tokenizer())


@pytest.mark.slow
def test_training_sees_the_prompt_that_answers_are_asked_with(tiny_models):
    """Of a template that writes system text in the last turn alone: the labels begin at the answer."""
    with_template(tiny_models, SYSTEM_IN_LAST)
    job = tiny_training.sft_job(tiny_models, max_steps=1)
    sft(job, {"demo-go": TASKS["gene_set_naming"]})
    example = atomic.read_json(job.folder / "manifest.json")["prompt_example"]
    assert example["rendered"].startswith("[ask]Name what the genes share.\n\nGenes: GEN")
    assert example["rendered"] == render(load_tokenizer(job.folder / "model"), example["messages"])


def test_statements_begin_as_those_of_a_warm_up_do(tiny_models, tmp_path):
    """With the token that the tokenizer begins plain texts with, in both ways to learn them."""
    tokenizer = load_tokenizer(saved(tmp_path / "bos", FAITHFUL, bos=True))
    job = tiny_training.sft_job(tiny_models, statements={"corpus": "demo", "max_tokens": 9000, "share": 0.05})
    job.data["statements"] = tmp_path / "train.jsonl"
    rows = sft_module._statements(job, tokenizer, 1000)
    assert [tokenizer.decode(row["input_ids"])[:8] for row in rows] == ["<s>Gene "] * 2
    assert all(tokenizer.decode(row["input_ids"]).endswith(".</s>") for row in rows)


@pytest.mark.slow
def test_no_prompt_goes_another_way():
    """Nothing else loads tokenizers of models that are asked or trained, or applies their templates."""
    folder = Path(chat_template.__file__).parents[1]
    used = {}
    for path in sorted(folder.rglob("*.py")):
        names = {node.attr for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Attribute)}
        names |= {node.id for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Name)}
        if found := names & {"apply_chat_template", "AutoTokenizer"}:
            used[path.relative_to(folder).as_posix()] = found
    assert used == {
        "prompts/chat_template.py": {"apply_chat_template", "AutoTokenizer"},
        "facts/fetching/weights.py": {"AutoTokenizer"},  # which saves what a GGUF file holds
        "cluster/rehearsal/models.py": {"AutoTokenizer"},  # which saves a backbone's beside random weights
    }
