"""The completion contract: the form of a proposed name and its reasoning, and its parsers.

Process: <name>
Reasoning:
<think>first step</think>
<think>second step</think>

Where the style has the reasoning `before`, the `Process:` line comes last. Where the prompt asks for it, a line
`Confidence: <0 to 100>` comes last or directly behind the name. A second parser reads like published systems, which
take the first `Process:` as it is; what other programs write around an answer costs nothing there.
"""

import re
from dataclasses import dataclass, field

from reasonome.answering.wrapping import answer_start, label_in, name_alone
from reasonome.tasks.stated_confidence import read_confidence

NAME_PROBLEMS = {
    "no_process_line",
    "several_process_lines",
    "empty_name",
    "placeholder_name",
    "name_too_long",
    "several_names",
    "process_not_first",
    "process_not_last",
}
REASONING_PROBLEMS = {"no_reasoning", "empty_think", "unclosed_think", "text_outside"}

_PROCESS = re.compile(r"^[ \t]*Process:(.*)$", re.MULTILINE)
_REASONING = re.compile(r"^[ \t]*Reasoning:", re.MULTILINE)
# A closed step, else an opening tag with the text up to the next one, else a stray closing tag.
_THINK = re.compile(r"<think>((?:(?!<think>).)*?)</think>|<think>(?:(?!<think>).)*|</think>", re.DOTALL)
# Replaces every character of a think block, so that the text outside keeps its lines and positions.
_BLOCK = "\0"
# All line ends except the usual one, and the character that replaces blocks.
_ODD = str.maketrans(dict.fromkeys("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\n") | {_BLOCK: " "})

# As published: anywhere in a line, perhaps with markdown around it. Tags of a step end the name.
_PUBLISHED = re.compile(r"Process(?:\*\*|__)?:((?:(?!</?think>).)*)")
_REST = re.compile(r"((?:(?!</?think>).)*)")
_MARKDOWN = "*_` \t"
_CONFIDENCE = re.compile(r"^[ \t]*Confidence:(.*)$", re.MULTILINE)
_PUBLISHED_CONFIDENCE = re.compile(r"Confidence(?:\*\*|__)?:(.*)")


@dataclass(frozen=True)
class Answer:
    """A parsed completion: the name ("" if there is none to score), the steps, and what was malformed.

    `confidence` is the stated one, 0 to 1; None where none was asked for or could be read. `span` is where the name
    stands in the text (start, end), None without a name. `format_published` says whether published systems would
    accept the form: a name behind `Process:`, and a closed step with text.
    """

    name: str
    steps: list[str]
    problems: list[str]
    confidence: float | None = None
    span: tuple[int, int] | None = field(default=None, compare=False)
    format_published: bool = field(default=False, compare=False)

    @property
    def named(self) -> bool:
        """Whether there is exactly one usable name, where the contract puts it."""
        return bool(self.name) and not NAME_PROBLEMS & set(self.problems)

    @property
    def formed(self) -> bool:
        """Whether there is one usable name, and nothing is wrong with the reasoning that was asked for."""
        return self.named and not REASONING_PROBLEMS & set(self.problems)

    @property
    def reasoned(self) -> bool:
        """Whether the reasoning is there and well-formed: at least one step, each closed and with text."""
        return bool(self.steps) and not REASONING_PROBLEMS & set(self.problems)


def parse_completion(text: str, confidence: bool = False, before: bool = False) -> Answer:
    """Read a completion; never raises.

    `name` is the text of the first `Process:` line ("" if there is none); `steps` are the non-empty
    closed think blocks, in order, wherever they stand. A `Process:` line inside a block counts as one
    too many, so that no second answer can hide there. With `before` the reasoning, where there is any, stands before
    the name. With `confidence` exactly one line `Confidence:` with a number from 0 to 100 is read; without, it is text
    outside like any other.
    """
    plain = _plain(text)
    blocks = list(_THINK.finditer(plain))
    steps = [block[1].strip() for block in blocks if block[1] is not None]
    outside = _THINK.sub(lambda block: _BLOCK * len(block[0]), plain)
    process = _PROCESS.search(outside)
    nowhere = len(outside) if before else 0
    start, end = process.span() if process else (nowhere, nowhere)
    stated = _confidence_lines(outside, end) if confidence and process else []
    for line in stated:
        outside = outside[: line.start()] + " " * len(line[0]) + outside[line.end() :]
    value = read_confidence(stated[0][1]) if len(stated) == 1 else None
    name, span = _stripped(process, f" \t{_BLOCK}") if process else ("", None)
    leftover = _REASONING.sub("", outside[:start] + _PROCESS.sub("", outside[end:]), count=1)

    checks = {
        "no_process_line": process is None,
        "several_process_lines": process is not None and len(_PROCESS.findall(plain)) > 1,
        "empty_name": process is not None and not name,
        "process_not_first": not before and bool(outside[:start].strip()),
        "process_not_last": before and (_BLOCK in outside[start:end] or bool(outside[end:].strip())),
        "no_reasoning": not _has_reasoning(outside[:start] if before else outside[start:]),
        "empty_think": "" in steps,
        "unclosed_think": any(block[1] is None for block in blocks),
        "text_outside": bool(leftover.replace(_BLOCK, "").strip()),
        "no_confidence": confidence and value is None,
    }
    return _answer(re.sub(f"{_BLOCK}+", " ", name), steps, checks, value, span)


def _has_reasoning(part: str) -> bool:
    """Whether a part of a completion has blocks, all of them behind `Reasoning:`."""
    reasoning = _REASONING.search(part)
    return reasoning is not None and _BLOCK not in part[: reasoning.start()] and _BLOCK in part[reasoning.end() :]


def parse_published(text: str, confidence: bool = False) -> Answer:
    """Read a completion as published systems do; never raises.

    `name` is all that stands behind the first `Process:` to the end of its line, less markdown around it, and less tags
    and a number in brackets behind it; nothing else disqualifies it. A `Process:` behind a thinking block goes before
    one in it, and where there is none, the label may have another case or markdown around it. `steps` are the non-empty
    closed think blocks, wherever they stand.
    """
    plain = _plain(text)
    steps = _closed_steps(plain)
    process = _published_process(plain)
    name, span = _published_name(process) if process else ("", None)
    stated = list(_PUBLISHED_CONFIDENCE.finditer(_THINK.sub("", plain))) if confidence else []
    value = read_confidence(stated[-1][1]) if stated else None
    checks = {
        "no_process_line": process is None,
        "empty_name": process is not None and not name,
        "no_reasoning": not any(steps),
        "no_confidence": confidence and value is None,
    }
    return _answer(name, steps, checks, value, span)


def has_published_form(text: str) -> bool:
    """Whether published systems accept the form as it stands: a name behind `Process:`, and a closed step with text."""
    plain = _plain(text)
    process = _PUBLISHED.search(plain)
    return process is not None and bool(_stripped(process, _MARKDOWN)[0]) and any(_closed_steps(plain))


def _closed_steps(plain: str) -> list[str]:
    """The texts of closed think blocks, wherever they stand."""
    return [block[1].strip() for block in _THINK.finditer(plain) if block[1] is not None]


def _published_process(plain: str) -> re.Match | None:
    """The label and the rest of its line: behind a thinking block, in another spelling, or anywhere."""
    start = answer_start(plain)
    if process := _PUBLISHED.search(plain, start):
        return process
    label = label_in(plain, "Process", start)
    return _REST.match(plain, label.end()) if label else _PUBLISHED.search(plain)


def _published_name(process: re.Match) -> tuple[str, tuple[int, int] | None]:
    """The name in such a line, and its span."""
    name, span = _stripped(process, _MARKDOWN)
    alone = name_alone(name).rstrip(_MARKDOWN)
    return (alone, (span[0], span[0] + len(alone))) if span and alone else (name, span)


def _answer(
    name: str, steps: list[str], checks: dict[str, bool], confidence: float | None, span: tuple[int, int] | None
) -> Answer:
    problems = [code for code, failed in checks.items() if failed]
    return Answer(name, [step for step in steps if step], problems, confidence, span)


def _plain(text: str) -> str:
    """The text with one kind of line end and without the character that stands for blocks; positions stay the same."""
    return text.replace("\r\n", " \n").translate(_ODD)


def _stripped(process: re.Match, around: str) -> tuple[str, tuple[int, int] | None]:
    """The name in a `Process:` line, without white space and the characters `around` it, and its span."""
    name, start = process[1], process.start(1)
    while (shorter := name.strip().strip(around)) != name:
        start += name.index(shorter) if shorter else 0
        name = shorter
    return name, (start, start + len(name)) if name else None


def _confidence_lines(outside: str, end: int) -> list[re.Match]:
    """The lines that state a confidence: directly behind the name, which ends at `end`, or behind all steps."""
    return [
        line
        for line in _CONFIDENCE.finditer(outside, end)
        if not outside[end : line.start()].strip() or _BLOCK not in outside[line.end() :]
    ]
