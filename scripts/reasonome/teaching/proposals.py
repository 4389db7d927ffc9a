"""Proposals of teachers: read, checked for numbers of genes that contradict the prompt, and filtered."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reasonome.core import atomic
from reasonome.core.atomic import Json
from reasonome.prompts.prompts import Prompt
from reasonome.rewards import Similarity

_WORDS = [
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
]
_NUMBER = rf"(?<![\w.-])(?:\d+|{'|'.join(_WORDS)})(?![\w.-]*\d)"
# "all five genes", "3 of the 5 genes", "7 human genes", "four of these genes": at most three words before "genes".
_COUNTED = re.compile(
    rf"(?P<whole>\b(?:all|the|these|those|among)\s+)?"
    rf"(?:(?P<part>{_NUMBER})\s+(?:out\s+)?of\s+(?:(?:all|the|these|those)\s+)*)?"
    rf"(?P<count>{_NUMBER})(?:\s+of\s+(?:the|these|those))?(?:\s+[a-z-]+){{0,3}}?\s+genes?\b",
    re.IGNORECASE,
)

# "Not all five genes", "at least two of the genes": no exact number.
_INEXACT = re.compile(
    r"\b(?:not|no|none|neither|nearly|almost|about|around|at (?:least|most)|(?:more|fewer|less) than|up to)\b|n['’]t\b",
    re.IGNORECASE,
)
_AMONG = re.compile(rf"\bamong\b[^,]*\bgenes, ({_NUMBER})", re.IGNORECASE)


@dataclass(frozen=True)
class Proposal:
    """One teacher's answer for one benchmark row.

    `problem` is empty, or says why the answer cannot be used; `text` is the raw answer of an API teacher.
    """

    id: str
    subset: str
    proposed: str = ""
    steps: list[str] = field(default_factory=list)
    text: str = ""
    problem: str = ""


def read_proposals(path: Path) -> dict[str, dict[str, Json]]:
    """The teacher's kept reasoning, by the id of its question."""
    return {row["id"]: row for row in atomic.read_jsonl(path)}


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


def counted_genes(sentence: str) -> int | None:
    """How many genes a sentence counts: 3 in "3 of the 5 genes" and in "among 5 genes, 3".

    None if it counts none, gives no exact number ("at least two of the genes"), or gives several.
    """
    if _INEXACT.search(sentence):
        return None
    if among := _AMONG.search(sentence):
        return _value(among[1])
    counted = [*_COUNTED.finditer(sentence)]
    return _value(counted[0]["part"] or counted[0]["count"]) if len(counted) == 1 else None


def _value(written: str) -> int:
    return int(written) if written.isdigit() else 1 + _WORDS.index(written.lower())


def keep(
    proposals: Sequence[Proposal], truths: Mapping[str, str], similarity: Similarity, threshold: float
) -> tuple[list[dict], list[dict]]:
    """Split proposals into kept and dropped rows of reasoning, in the order given.

    `truths`: the true name by id. `similarity(proposed, true)` gives one value a pair. It is called once, for usable
    proposals of another name than the true one, whose similarity is 1. Kept: similarity strictly above `threshold`.
    Rows have id, subset, name, proposed, steps, similarity, text; a dropped one also has `reason`, and similarity None
    if it was not compared.
    """
    compared = [one for one in proposals if not one.problem and one.proposed != truths[one.id]]
    true = [truths[one.id] for one in compared]
    values = similarity([one.proposed for one in compared], true) if compared else ()
    value_of = dict(zip((one.id for one in compared), map(float, values), strict=True))

    def close(proposal: Proposal) -> tuple[float, str]:
        value = value_of.get(proposal.id, 1.0)
        return value, "" if value > threshold else f"similarity {value:.2f} <= {threshold:.2f}"

    return _parted(proposals, truths, close)


def keep_right(
    proposals: Sequence[Proposal], truths: Mapping[str, str], is_right: Callable[[Proposal], bool], wrong: str
) -> tuple[list[dict], list[dict]]:
    """Split proposals as `keep` does, but without similarity: right ones are kept; others have the reason `wrong`.

    This is rejection sampling from a teacher that does not see the answer. `truths` are by id.
    """
    return _parted(proposals, truths, lambda proposal: (None, "" if is_right(proposal) else wrong))


def _parted(
    proposals: Sequence[Proposal], truths: Mapping[str, str], judge: Callable[[Proposal], tuple[float | None, str]]
) -> tuple[list[dict], list[dict]]:
    """Kept and dropped rows; `judge` gives the similarity of a usable proposal, and the reason to drop it or ""."""
    kept, dropped = [], []
    for proposal in proposals:
        similarity, reason = (None, proposal.problem) if proposal.problem else judge(proposal)
        row = {
            "id": proposal.id,
            "subset": proposal.subset,
            "name": truths[proposal.id],
            "proposed": proposal.proposed,
            "steps": proposal.steps,
            "similarity": similarity,
            "text": proposal.text,
        }
        if reason:
            dropped.append(row | {"reason": reason})
        else:
            kept.append(row)
    return kept, dropped
