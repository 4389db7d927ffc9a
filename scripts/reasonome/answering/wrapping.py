"""What other programs write around an answer, told apart from it: a thinking block, a code fence, tags, markdown, JSON.

Reading a wrapped answer costs nothing where people use their own models and tables, and in the track `as-published`.
The strict contract has no place for it.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from reasonome.rewards import Answer

# Kinds of wrapping in the order in which they are taken away, with their words for users.
KINDS = {
    "thinking_block": "a thinking block before the answer",
    "text_behind": "text behind the answer, such as a further turn or question, or the answer again",
    "tags_around": "tags around the answer, such as <|im_end|> or <answer>",
    "code_fence": "a code fence around the answer",
    "json_object": "a JSON object in place of the form",
    "text_before": "text before `Process:`",
    "label_spelling": "a label in other words than `Process:`, such as **Process:**, ## Process: or process :",
    "number_behind": "a number behind the name, such as (0.92)",
    "latex_box": "a LaTeX box around the answer, \\boxed{…}",
}

# Group 1 or 2: the tag closes.
_THINKING = re.compile(r"<(/)?(?:think|thinking|thought|thoughts)>|\[(/)?think\]", re.IGNORECASE)
_OF_MODELS = (
    r"<\|channel>thought|<\|begin_of_thought\|>|<unused94>|\u25c1think\u25b7"  # Gemma 4, OpenThinker, MedGemma, Kimi
)
_OPENS_THINKING = re.compile(
    rf"\s*(?:<think(?:ing)?>|<thoughts?>|\[think\]|<\|channel\|>analysis\b|{_OF_MODELS})", re.IGNORECASE
)
# gpt-oss writes its thinking and its answer into channels.
_FINAL_CHANNEL = re.compile(r"<\|channel\|>final\b[^<]*<\|message\|>")
_FENCE = re.compile(r"^[ \t]*+(?:```|~~~)[\w-]*+[ \t]*+\r?$\n?", re.MULTILINE)
_TURN_TAGS = (
    r"<[|\uff5c][\w .:\u2581-]{1,40}[|\uff5c]>|</?s>|</?(?:bos|eos|pad)>|<(?:start|end)_of_turn>|\[/?INST\]"
    r"|</?(?:final_)?(?:answer|output|response)>"
)
_TAGS = re.compile(_TURN_TAGS, re.IGNORECASE)
# A tag of any spelling, and those of a form that is read: what they hold is no thinking.
_ANY_TAG = re.compile(r"<[^<>\s][^<>\n]{0,40}>|\u25c1[^\u25c1\u25b7\n]{1,20}\u25b7")
_OF_FORM = re.compile(rf"(?!{_OF_MODELS})(?:{_TURN_TAGS}|</?(?:think|genes)>)", re.IGNORECASE)
_OF_RANKINGS = "<reasoning>"  # opens a ranking's form; before `Process:` it is thinking
# Of a tag less what differs between one that opens and the one that closes: begin_of_thought, end_of_thought.
_UNPAIRED = re.compile(r"begin|start|end|[^a-z]")
_SAYS_THINKING = re.compile(r"think|thought|reason|analys|reflect|scratch|channel|unused", re.IGNORECASE)
_NEXT_TURN = re.compile(
    r"(?:<\|(?:eot_id|im_end|end|endoftext|end_of_text|return)\|>|</s>|<eos>|<end_of_turn>)\s*+"
    r"(?:<\|(?:start_header_id|im_start|start|user|assistant)\|>|<start_of_turn>|<s>|\[INST\])"
)
_BOX = re.compile(r"\$*\\boxed\{((?:[^{}]++|\{[^{}]*+\})*)\}\$*")
_TEXT_IN_BOX = re.compile(r"\\(?:text|textbf|mathrm)\{([^{}]*+)\}")
# A label at the start of a line with what markdown puts around it, in any case.
_LABELS = ("Process", "Reasoning", "Confidence")
_LABEL = {
    label: re.compile(rf"^[ \t>#*_`-]*+(?:\d{{1,2}}[.)][ \t]++[*_`]*+)?{label}[ \t*_`]*+[:\uff1a][ \t]*+", re.I | re.M)
    for label in _LABELS
}
_BEHIND_TAG = rf"(?:\s*+(?:{_TURN_TAGS})){{0,3}}+\s*+"
_FORM = re.compile(rf"{_BEHIND_TAG}(?:[>#*_`-]*+process[ \t*_`]*+[:\uff1a]|<genes>|<reasoning>|\[|\{{)", re.IGNORECASE)
_NAME_FORM = re.compile(rf"{_BEHIND_TAG}[>#*_`-]*+process[ \t*_`]*+[:\uff1a]", re.IGNORECASE)
_AS_ASKED = {label: re.compile(rf"^[ \t]*{label}:", re.MULTILINE) for label in _LABELS}
_NAME_LINE = re.compile(r"^([ \t]*Process:[ \t]*)(\S[^\n]*)$", re.MULTILINE)
_MARKDOWN = "*_` \t"
# Behind a name: a share of one or a percentage in brackets, as set-naming scores are written.
_NUMBER = re.compile(r"\((?:(?:confidence|score)[ :=]{1,3})?(?:[01]?\.\d+|\d{1,3}(?:\.\d+)? ?%)\)", re.IGNORECASE)


class Placed(Answer, Protocol):
    """An answer that knows its place in the text."""

    @property
    def span(self) -> tuple[int, int] | None: ...


A = TypeVar("A", bound=Placed, covariant=True)


@dataclass(frozen=True)
class Unwrapped:
    """A text without what stands around its answer, and the KINDS of what was taken away."""

    text: str
    kinds: tuple[str, ...]


def unwrapped(text: str, kept: Container[str] = ()) -> Unwrapped:
    """The text without what other programs write around an answer, but for the KINDS that are `kept`; never raises.

    A thinking block is what stands before its closing tag, at the start of the text, with or without an opening one.
    It may have tags of any spelling if the answer's form stands behind them. A step of the answer, which follows other
    text, is none.
    """
    kinds = []
    for kind, take_away in _STEPS.items():
        if kind in kept:
            continue
        shorter = take_away(text)
        if shorter != text:
            kinds.append(kind)
            text = shorter
    return Unwrapped(text, tuple(kinds))


def read_wrapped(parse: Callable[[str], A], text: str) -> tuple[A, tuple[str, ...]]:
    """The answer that `parse` reads in a text as it stands, or without its wrapping where that gives another one.

    Also the kinds of the wrapping, if it would have cost the answer. A draft in the thinking that opens a text is no
    answer.
    """
    plain, inner, thought = parse(text), unwrapped(text), thinking_end(text)
    drafted = plain.span is not None and plain.span[0] < thought
    if drafted:
        plain = parse(text[thought:])
    if not inner.kinds:
        return plain, ()
    bare = parse(unwrapped(text[thought:]).text)
    if not bare.named or (plain.named and plain.name == bare.name):
        return plain, inner.kinds if drafted and plain.named else ()
    return bare, inner.kinds


def answer_start(text: str) -> int:
    """Where the answer begins behind a thinking block; 0 without one."""
    end, inside = 0, False
    for tag in _THINKING.finditer(text):
        if tag[1] or tag[2]:
            end, inside = tag.end(), False
        elif not inside and text[end : tag.start()].strip():
            break  # an opening tag behind other text is a step of the answer
        else:
            inside = True
    final = _FINAL_CHANNEL.search(text, end)
    return final.end() if final else end or _end_of_block(text)


def _end_of_block(text: str) -> int:
    """Where a block ends that opens a text with a tag of any spelling; 0 where it is a form's, or nothing closes it.

    That is at its own closing tag, where the form follows or the tag says what it is; else at the first tag of all that
    the form follows.
    """
    start = len(text) - len(text.lstrip())
    opening = _ANY_TAG.match(text, start)
    if opening is None or _OF_FORM.match(text, start):
        return 0
    form = _NAME_FORM if opening[0].lower() == _OF_RANKINGS else _FORM
    core = _UNPAIRED.sub("", opening[0].lower())
    before_form = 0
    for tag in _ANY_TAG.finditer(text, opening.end()):
        follows = form.match(text, tag.end())
        closes = tag[0] != opening[0] and core and _UNPAIRED.sub("", tag[0].lower()) == core
        if closes and (follows or (form is _FORM and _SAYS_THINKING.search(opening[0]))):
            return tag.end()
        if follows and not before_form and tag[0] != "<genes>":
            before_form = tag.end()
    return before_form


def thinking_end(text: str) -> int:
    """Where the thinking ends that opens a text: its own end where none closes it, 0 where nothing opens it."""
    return answer_start(text) or len(text) if _OPENS_THINKING.match(text) else _end_of_block(text)


def label_in(text: str, label: str, start: int = 0) -> re.Match | None:
    """The first label at the start of a line, in any case and with markdown around it."""
    return _LABEL[label].search(text, start)


def without_box(text: str) -> str:
    """The text with what stands in LaTeX boxes, as models write that were trained on mathematics, in their place."""
    return _BOX.sub(lambda box: _TEXT_IN_BOX.sub(r"\1", box[1]), text)


def name_alone(name: str) -> str:
    """A name without a box around it, tags, and a share or percentage in brackets, behind it; never empty."""
    return _before_number(_TAGS.split(without_box(name), maxsplit=1)[0]) or name


def told(kinds: Iterable[str]) -> str:
    """In words, how often each kind of wrapping was found, of the kinds of all answers."""
    counts = Counter(kinds)
    return "; ".join(f"{words} ({counts[kind]:,})" for kind, words in KINDS.items() if counts[kind])


def _without_text_behind(text: str) -> str:
    """The text up to a further turn, and where it begins with the label `Process`, up to the label's second paragraph.

    Names in lines one below the other are several, of which none is the answer, unless they are the same.
    """
    if (turn := _NEXT_TURN.search(text)) and text[: turn.start()].strip():
        text = text[: turn.start()]
    first = label_in(text, "Process")
    second = first and label_in(text, "Process", first.end())
    if not first or not second or text[: first.start()].strip():
        return text
    between, again = text[first.end() : second.start()].strip(), text[second.end() :].partition("\n")[0]
    if "\n" not in between and between.strip(_MARKDOWN) != again.strip().strip(_MARKDOWN):
        return text
    behind = text.rfind("\n\n", first.end(), second.start())
    return text[: second.start() if behind < 0 else behind]


def _without_json(text: str) -> str:
    """The form that a JSON object stands for: a name or a list of genes, with its other texts as the reasoning."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return text
    values = {key.casefold(): value for key, value in found.items()} if isinstance(found, dict) else {}
    name, genes = (next((values.pop(key) for key in keys if key in values), None) for keys in _JSON_KEYS)
    said = " ".join(" ".join(value.split()) for value in values.values() if isinstance(value, str))
    if isinstance(name, str) and name.strip():
        return f"Process: {' '.join(name.split())}" + f"\nReasoning:\n<think>{said}</think>" * bool(said)
    if isinstance(genes, list) and all(isinstance(gene, str) for gene in genes):
        return f"<reasoning>{said}</reasoning>\n" * bool(said) + f"<genes>[{', '.join(genes)}]</genes>"
    return text


def _without_text_before(text: str) -> str:
    """The text from its only label `Process` on, unless what stands before it is reasoning."""
    found = list(_LABEL["Process"].finditer(text))
    before = text[: found[0].start()] if len(found) == 1 else ""
    reasons = _THINKING.search(before) or label_in(before, "Reasoning")
    return text[found[0].start() :] if before.strip() and not reasons else text


def _with_labels(text: str) -> str:
    """The text with labels as they are asked for; a label that is there in this form is not looked for in others."""
    if label_in(text, "Process") is None:
        return text
    for label in _LABELS:
        if not _AS_ASKED[label].search(text):
            text = _LABEL[label].sub(f"{label}: ", text)
    return _with_name(text, lambda name: name.strip(_MARKDOWN))


def _with_name(text: str, shorter: Callable[[str], str]) -> str:
    """The text with names as `shorter` makes them of what stands behind `Process:`; the ends of lines stay."""

    def changed(line: re.Match) -> str:
        name = line[2].rstrip()
        return line[1] + (shorter(name) or name) + line[2][len(name) :]

    return _NAME_LINE.sub(changed, text)


def _before_number(name: str) -> str:
    """The part of a name before a number in brackets at its end."""
    place = name.rfind("(")
    return name[:place].rstrip() if place > 0 and _NUMBER.fullmatch(name.rstrip(), place) else name


_JSON_KEYS = (("process", "name"), ("genes", "ranking"))  # of an object's name, and of its list
_STEPS: dict[str, Callable[[str], str]] = {
    "thinking_block": lambda text: text[answer_start(text) :],
    "text_behind": _without_text_behind,
    "tags_around": lambda text: _TAGS.sub("", text),
    "code_fence": lambda text: _FENCE.sub("", text),
    "json_object": _without_json,
    "text_before": _without_text_before,
    "label_spelling": _with_labels,
    "number_behind": lambda text: _with_name(text, _before_number),
    "latex_box": without_box,
}
