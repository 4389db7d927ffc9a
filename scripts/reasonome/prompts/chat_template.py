"""The one way from chat messages to the text and the tokens that a model reads, in training and in answering.

Chat templates come with weights. Some write the day's date, and some write system text in one turn and not in another.
A tokenizer that is loaded here has a template that does neither: the same messages give the same text on every day, and
a prompt is the beginning of the prompt with its answer. Trained models are saved with that template, and with an end
token that ends an answer.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from os.path import commonprefix
from pathlib import Path
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError

from reasonome.core.errors import InputError, nearest

Message = Mapping[str, str]

# The date for templates that ask for today's: the one that Llama-3.2's own template falls back to.
DATE = date(2024, 7, 26)
_CLOCK = re.compile(r"""strftime_now\(\s*(["'])([^"']*)\1\s*\)""")
# Before a template that is not faithful to a system message: the system text stands above the user's.
SYSTEM_INTO_USER = (
    "{%- if messages | length > 1 and messages[0]['role'] == 'system' -%}"
    "{%- set first = [messages[0]['content'], messages[1]['content']] | select | join('\\n\\n') -%}"
    "{%- set messages = [{'role': messages[1]['role'], 'content': first}] + messages[2:] -%}"
    "{%- endif -%}"
)
_OF_CONVERSATIONS = {"messages", "tools", "add_generation_prompt", "bos_token", "eos_token"}
_SET = re.compile(r"\{%- set (\w+) = [^%]* -%\}")
_PROBE = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "Which gene?"})
_PROBED = "TP53"
_SHOWN = 60  # characters of a rendered text, in an error


@dataclass(frozen=True)
class Answered:
    """The tokens of a prompt with its answer, and how many of them are the prompt's."""

    ids: list[int]
    prompt: int

    def labelled(self) -> dict[str, list[int]]:
        """Tokens and labels as trainers read them: -100, which no loss counts, stands for those of the prompt."""
        return {"input_ids": self.ids, "labels": [-100] * self.prompt + self.ids[self.prompt :]}


def load_tokenizer(folder: Path | str, **settings: Any):
    """The tokenizer of a model folder, with a settled chat template; `settings` are those of `from_pretrained`.

    Where the template ends an answer by a special token that neither the tokenizer nor the generation config calls an
    end, as in some base models, it becomes the end token: answers would otherwise go on behind it.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, **settings)
    settle(tokenizer)
    end = _end_of_turn(tokenizer)
    if end not in (None, tokenizer.eos_token) and tokenizer.convert_tokens_to_ids(end) not in configured_ends(folder):
        tokenizer.eos_token = end
    return tokenizer


def _end_of_turn(tokenizer) -> str | None:
    """The special token that a chat template writes right behind an answer; None if it writes none."""
    if not tokenizer.chat_template:
        return None
    turns = [_PROBE[1], {"role": "assistant", "content": _PROBED}]
    try:
        behind = tokenizer.apply_chat_template(turns, tokenize=False).rpartition(_PROBED)[2]
    except TemplateError:  # `render` tells it of the messages that it is for
        return None
    special = (token.content for token in tokenizer.added_tokens_decoder.values() if token.special)
    return max(filter(behind.startswith, special), key=len, default=None)


def configured_ends(folder: Path | str) -> list[int]:
    """The tokens that end a completion by the generation config of a model folder; none if it has no such file."""
    from transformers import GenerationConfig

    known = (Path(folder) / "generation_config.json").is_file()
    return end_tokens(GenerationConfig.from_pretrained(folder).eos_token_id if known else None, None)


def end_tokens(ids: int | Iterable[int] | None, of_tokenizer: int | None) -> list[int]:
    """The tokens that end a completion: a generation config's `eos_token_id` (one, several or none), the tokenizer's.

    GRPO and vLLM stop at the tokenizer's, too, whatever the generation config says.
    """
    known = [ids] if isinstance(ids, int) else list(ids or [])
    return known if of_tokenizer is None or of_tokenizer in known else [*known, of_tokenizer]


def settle(tokenizer) -> None:
    """Give a tokenizer's chat template a fixed date; where it is unfaithful to system text, put that into the user's.

    A template that this does not mend stays: `render` and `answered` tell what it does. InputError for one that reads
    the clock in another way, and for one that is not Jinja. A tokenizer without a template stays without.
    """
    if not tokenizer.chat_template:
        return
    template = dated(tokenizer.get_chat_template(), _name(tokenizer))
    for candidate in (template, SYSTEM_INTO_USER + template):
        if _is_faithful(tokenizer, candidate):
            template = candidate
            break
    if template != tokenizer.get_chat_template():
        tokenizer.chat_template = template


def dated(template: str, file: str) -> str:
    """The template with `DATE` wherever it asks for the day's date; InputError if it still reads the clock."""
    fixed = _CLOCK.sub(lambda call: f'"{DATE.strftime(call[2])}"', template)
    if re.search(r"strftime_now\s*\(", fixed):
        raise InputError(
            "the chat template reads the clock, so that a prompt would be another one every day",
            file=file,
            field="chat_template",
            fix='write a date in place of strftime_now(…), or ask for one by a format: strftime_now("%d %b %Y")',
        )
    return fixed


def with_values(template: str, values: Mapping[str, bool | float | str], file: str) -> str:
    """The template with values of what it reads, in place of those that an earlier step has set.

    InputError for a name that it does not read.
    """
    before = ""
    while found := _SET.match(template):
        template = template[found.end() :]
        before += "" if found[1] in values else found[0]
    read = set(re.findall(r"[a-z]\w*", template)) - _OF_CONVERSATIONS
    for name, value in values.items():
        if name not in read:
            what = f"the chat template reads no '{name}'"
            raise InputError(what, file=file, field=f"chat_template_kwargs.{name}", fix=nearest(name, read))
        # Of JSON's words Jinja knows all but null; a % could end the statement.
        before += f"{{%- set {name} = {json.dumps(value).replace('%', chr(92) + 'u0025')} -%}}"
    return before + template


def render(tokenizer, messages: Sequence[Message]) -> str:
    """The text that a model reads: the messages by the chat template, and the answer's opening.

    InputError if the template refuses a message, or leaves out what it says.
    """
    text = _applied(tokenizer, messages, add_generation_prompt=True)
    _check_said(tokenizer, messages, text)
    return text


def answered(tokenizer, messages: Sequence[Message], answer: str) -> Answered:
    """The tokens of a prompt with its answer. The prompt's are those that `render` of the prompt alone begins with.

    InputError as in `render`, and if the prompt alone is not the beginning of the prompt with its answer: the model
    would be trained on another prompt than the one that it is asked.
    """
    prompt = render(tokenizer, messages)
    turns = [*messages, {"role": "assistant", "content": answer}]
    whole = _applied(tokenizer, turns, add_generation_prompt=False)
    if not whole.startswith(prompt):
        start = len(commonprefix([prompt, whole]))
        alone, within = (repr(text[start : start + _SHOWN]) for text in (prompt, whole))
        raise _error(
            tokenizer,
            f"the chat template writes a prompt otherwise once it is answered: {alone} where the prompt stands alone, "
            f"{within} where the answer follows",
        )
    _check_said(tokenizer, turns, whole)
    ids, alone = tokenizer([whole, prompt], add_special_tokens=False)["input_ids"]
    # Of the prompt's last characters and the answer's first a tokenizer may make one token.
    return Answered(ids, len(commonprefix([ids, alone])))


def conversation_ids(tokenizer, messages: Sequence[Message]) -> list[int]:
    """The tokens of a conversation that is judged, not learned from: the template may leave out what an answer says.

    InputError if it refuses a message.
    """
    text = _applied(tokenizer, messages, add_generation_prompt=False)
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def _is_faithful(tokenizer, template: str) -> bool:
    """Whether a template writes system text, and writes it the same before and after the answer is there."""
    turns = [*_PROBE, {"role": "assistant", "content": _PROBED}]
    try:
        prompt = tokenizer.apply_chat_template(
            list(_PROBE), chat_template=template, tokenize=False, add_generation_prompt=True
        )
        whole = tokenizer.apply_chat_template(turns, chat_template=template, tokenize=False)
    except TemplateSyntaxError as error:
        raise _error(tokenizer, f"the chat template is not valid Jinja: {error.message}", error.lineno) from None
    except TemplateError:  # as templates do that know no system messages
        return False
    return whole.startswith(prompt) and all(message["content"] in prompt for message in _PROBE)


def _applied(tokenizer, messages: Sequence[Message], add_generation_prompt: bool) -> str:
    try:
        return tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=add_generation_prompt
        )
    except TemplateError as error:
        raise _error(tokenizer, f"the chat template refuses these messages: {error}") from None


def _check_said(tokenizer, messages: Sequence[Message], text: str) -> None:
    """InputError for a message whose text is not in what the template made of all of them."""
    for message in messages:
        if message["content"].strip() not in text:
            said = repr(message["content"].strip()[:_SHOWN])
            raise _error(tokenizer, f"the chat template leaves out or changes what the {message['role']} says: {said}")


def _error(tokenizer, what: str, line: int | None = None) -> InputError:
    """The error about a tokenizer's template, and with a line of it about its file, where it has one of its own."""
    fix = "take another backbone, or edit the chat template beside its weights"
    file = Path(_name(tokenizer)) / "chat_template.jinja"
    if line is not None and file.is_file():
        return InputError(what, file=file, line=line, fix=fix)
    place = "" if line is None else f" (line {line} of the template)"
    return InputError(what + place, file=_name(tokenizer), field="chat_template", fix=fix)


def _name(tokenizer) -> str:
    return str(getattr(tokenizer, "name_or_path", "tokenizer"))
