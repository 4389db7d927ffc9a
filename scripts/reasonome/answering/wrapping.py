"""What other programs write around an answer, told apart from it: a thinking block, a code fence, tags, markdown.

Reading a wrapped answer costs nothing where people use their own models and tables, and in the track `as-published`.
The strict contract has no place for it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from reasonome.rewards import Answer

# Kinds of wrapping in the order in which they are taken away, with their words for users.
KINDS = {
    "thinking_block": "a thinking block before the answer",
    "tags_around": "tags around the answer, such as <|im_end|> or <answer>",
    "code_fence": "a code fence around the answer",
    "text_before": "text before `Process:`",
    "label_spelling": "a label in other words than `Process:`, such as **Process:**, ## Process: or process :",
    "number_behind": "a number behind the name, such as (0.92)",
    "latex_box": "a LaTeX box around the answer, \\boxed{…}",
}

# Group 1 or 2: the tag closes.
_THINKING = re.compile(r"<(/)?(?:think|thinking|thought|thoughts)>|\[(/)?think\]", re.IGNORECASE)
_OPENS_THINKING = re.compile(r"\s*(?:<think(?:ing)?>|<thoughts?>|\[think\]|<\|channel\|>analysis\b)", re.IGNORECASE)
# gpt-oss writes its thinking and its answer into channels.
_FINAL_CHANNEL = re.compile(r"<\|channel\|>final\b[^<]*<\|message\|>")
_FENCE = re.compile(r"^[ \t]*+(?:```|~~~)[\w-]*+[ \t]*+\r?$\n?", re.MULTILINE)
_TURN_TAGS = (
    r"<[|\uff5c][\w .:\u2581-]{1,40}[|\uff5c]>|</?s>|</?(?:bos|eos|pad)>|<(?:start|end)_of_turn>|\[/?INST\]"
    r"|</?(?:final_)?(?:answer|output|response)>"
)
_TAGS = re.compile(_TURN_TAGS, re.IGNORECASE)
_BOX = re.compile(r"\$*\\boxed\{((?:[^{}]++|\{[^{}]*+\})*)\}\$*")
_TEXT_IN_BOX = re.compile(r"\\(?:text|textbf|mathrm)\{([^{}]*+)\}")
# A label at the start of a line with what markdown puts around it, in any case.
_LABELS = ("Process", "Reasoning", "Confidence")
_LABEL = {
    label: re.compile(rf"^[ \t>#*_`-]*+(?:\d{{1,2}}[.)][ \t]++[*_`]*+)?{label}[ \t*_`]*+[:\uff1a][ \t]*+", re.I | re.M)
    for label in _LABELS
}
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
S = TypeVar("S", contravariant=True)


class Parser(Protocol[S, A]):
    """A dialogue whose answers know their place."""

    def parse(self, text: str, style: S | None = None) -> A: ...


@dataclass(frozen=True)
class Unwrapped:
    """A text without what stands around its answer, and the KINDS of what was taken away."""

    text: str
    kinds: tuple[str, ...]


def unwrapped(text: str) -> Unwrapped:
    """The text without what other programs write around an answer; never raises.

    A thinking block is what stands before its closing tag, at the start of the text, with or without an opening one.
    A step of the answer, which follows other text, is none.
    """
    kinds = []
    for kind, take_away in _STEPS.items():
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
    if plain.span is not None and plain.span[0] < thought:
        plain = parse(text[thought:])
    if not inner.kinds:
        return plain, ()
    bare = parse(unwrapped(text[thought:]).text)
    if not bare.named or (plain.named and plain.name == bare.name):
        return plain, ()
    return bare, inner.kinds


def parse_wrapped(task: Parser[S, A], text: str, style: S | None = None) -> A:
    """The answer of any program: as the task parses it, but what stands around the answer costs nothing.

    Its span is a place in the text without that.
    """
    return read_wrapped(partial(task.parse, style=style), text)[0]


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
    return final.end() if final else end


def thinking_end(text: str) -> int:
    """Where the thinking ends that opens a text: its own end where none closes it, 0 where nothing opens it."""
    return (answer_start(text) or len(text)) if _OPENS_THINKING.match(text) else 0


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


_STEPS: dict[str, Callable[[str], str]] = {
    "thinking_block": lambda text: text[answer_start(text) :],
    "tags_around": lambda text: _TAGS.sub("", text),
    "code_fence": lambda text: _FENCE.sub("", text),
    "text_before": _without_text_before,
    "label_spelling": _with_labels,
    "number_behind": lambda text: _with_name(text, _before_number),
    "latex_box": without_box,
}
