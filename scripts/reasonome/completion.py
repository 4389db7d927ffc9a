"""The completion contract: how a proposed name and its reasoning are written, and read back strictly.

Process: <name>
Reasoning:
<think>first step</think>
<think>second step</think>
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

PROBLEMS = (
    "no_process_line",
    "several_process_lines",
    "empty_name",
    "process_not_first",
    "no_reasoning",
    "empty_think",
    "unclosed_think",
    "text_outside",
)

_PROCESS = re.compile(r"^[ \t]*Process:(.*)$", re.MULTILINE)
_REASONING = re.compile(r"^[ \t]*Reasoning:", re.MULTILINE)
# A closed step, else an opening tag with the text it swallows, else a stray closing tag.
_THINK = re.compile(r"<think>((?:(?!<think>).)*?)</think>|<think>(?:(?!<think>).)*|</think>", re.DOTALL)
# Stands where a think block was, so that what is outside the blocks keeps its lines.
_BLOCK = "\0"


@dataclass(frozen=True)
class Completion:
    """A completion as read: `problems` holds codes of PROBLEMS, and is empty when the contract is kept."""

    name: str
    steps: list[str]
    problems: list[str]


def parse_completion(text: str) -> Completion:
    """Read a completion; never raises.

    `name` is the text of the first `Process:` line ("" if there is none); `steps` are the non-empty
    closed think blocks, in order, wherever they stand. A `Process:` line inside a block counts as one
    too many, so that no second answer can hide there.
    """
    text = "\n".join(text.splitlines()).replace(_BLOCK, "")
    blocks = list(_THINK.finditer(text))
    steps = [block[1].strip() for block in blocks if block[1] is not None]
    outside = _THINK.sub(_BLOCK, text)
    process = _PROCESS.search(outside)
    start, end = process.span() if process else (0, 0)
    reasoning = _REASONING.search(outside, end)
    name = process[1].replace(_BLOCK, " ").strip() if process else ""
    leftover = _REASONING.sub("", outside[:start] + _PROCESS.sub("", outside[end:]), count=1)

    found = {
        "no_process_line": process is None,
        "several_process_lines": process is not None and len(_PROCESS.findall(text)) > 1,
        "empty_name": process is not None and not name,
        "process_not_first": bool(outside[:start].strip()),
        "no_reasoning": reasoning is None
        or _BLOCK in outside[start : reasoning.start()]
        or _BLOCK not in outside[reasoning.end() :],
        "empty_think": "" in steps,
        "unclosed_think": any(block[1] is None for block in blocks),
        "text_outside": bool(leftover.replace(_BLOCK, "").strip()),
    }
    return Completion(name, [step for step in steps if step], [code for code in PROBLEMS if found[code]])


def render_completion(name: str, steps: Sequence[str]) -> str:
    """Write a completion that `parse_completion` reads back; without steps, the `Process:` line alone.

    White space inside a text becomes one space. Raises ValueError if the result would break the contract
    (no name, an empty step, a tag inside a text).
    """
    lines = [f"Process: {_one_line(name)}"]
    if steps:
        lines += ["Reasoning:", *(f"<think>{_one_line(step)}</think>" for step in steps)]
    text = "\n".join(lines)
    problems = parse_completion(text).problems
    if problems != ([] if steps else ["no_reasoning"]):
        raise ValueError(f"not a completion that can be read back ({', '.join(problems)}): {text!r}")
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())
