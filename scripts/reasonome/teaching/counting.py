"""Numbers of genes in a teacher's reasoning that contradict its prompt: a model would learn to invent numbers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reasonome.prompts.prompts import Prompt
from reasonome.teaching import Proposal

_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"]
_WORDS += ["fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
_NUMBER = rf"(?<![\w.-])(?:\d+|{'|'.join(_WORDS)})(?![\w.-]*\d)"
# "all five genes", "3 of the 5 genes", "7 human genes", "four of these genes": at most three words before "genes".
_COUNTED = re.compile(
    rf"(?P<whole>\b(?:all|the|these|those|among)\s+)?"
    rf"(?:(?P<part>{_NUMBER})\s+(?:out\s+)?of\s+(?:(?:all|the|these|those)\s+)*)?"
    rf"(?P<count>{_NUMBER})(?:\s+of\s+(?:the|these|those))?(?:\s+[a-z-]+){{0,3}}?\s+genes?\b",
    re.IGNORECASE,
)


def without_contradictions(proposals: Iterable[Proposal], prompts: Mapping[str, Prompt]) -> list[Proposal]:
    """The proposals; those with a number of genes that contradicts their prompt get that as their `problem`."""
    checked = []
    for proposal in proposals:
        contradiction = "" if proposal.problem else contradicting_count(proposal.steps, prompts[proposal.id].shown)
        checked.append(replace(proposal, problem=contradiction) if contradiction else proposal)
    return checked


def contradicting_count(steps: Sequence[str], shown: Sequence[str]) -> str:
    """The first contradicting number of genes, in words; "" where every number agrees with the prompt.

    A number of all genes ("all five genes", "3 of the 5 genes") must be that of the shown genes, or of those that the
    step names. No number may be larger than that of the shown genes.
    """
    for step in steps:
        named = len(set(re.findall(r"[\w.-]+\w|\w", step)) & set(shown))
        for match in _COUNTED.finditer(step):
            count, part = _value(match["count"]), _value(match["part"] or "0")
            of_all = match["whole"] is not None or match["part"] is not None
            if max(count, part) > len(shown) or (of_all and count not in (len(shown), named)):
                return f"counts {max(count, part)} genes where the prompt shows {len(shown)}"
    return ""


def _value(written: str) -> int:
    return int(written) if written.isdigit() else 1 + _WORDS.index(written.lower())
