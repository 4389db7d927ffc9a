"""The completion contract of rankings: how reasoning and a ranked list of genes are written, and read back strictly.

<reasoning>why</reasoning>
<genes>[first, second, third]</genes>

The best gene comes first. A style without reasoning has the list alone. Where the prompt asks for it, a line
`Confidence: <0 to 100>`, of the first gene, comes last.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from reasonome.tasks.ranking.questions import RankingExample
from reasonome.tasks.stated_confidence import confidence_line, read_confidence

LIST_PROBLEMS = {"no_list", "several_lists", "unclosed_list", "empty_list", "no_brackets"}
REASONING_PROBLEMS = {"no_reasoning", "several_reasonings", "unclosed_reasoning", "text_outside", "reasoning_too_long"}

# An opening tag, what follows it, and how that ends: with the closing tag, before another opening one, or never.
_REASONING = re.compile(r"<reasoning>(.*?)(</reasoning>|(?=<reasoning>)|\Z)", re.DOTALL)
_LIST = re.compile(r"<genes>(.*?)(</genes>|(?=<genes>)|\Z)", re.DOTALL)
_BRACKETED = re.compile(r"\s*\[([^\[\]]*)\]\s*")
_TAG = re.compile(r"</?(?:genes|reasoning)>")
# The same in another case, or with spaces inside the angle brackets.
_LIKE_TAG = re.compile(r"<[\s/]*(?:genes|reasoning)[\s/]*>", re.IGNORECASE)
_CONFIDENCE = re.compile(r"^[ \t*_]*Confidence[*_]*:(.*)$", re.MULTILINE)
# Characters around one gene that are ignored: white space, quotes, and markdown.
_AROUND_GENE = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\"'`*_\u201c\u201d\u2018\u2019"


@dataclass(frozen=True)
class RankedAnswer:
    """A parsed ranking: the genes, best first, the reasoning, and codes of what is malformed.

    `genes` are the entries of the one list at the right place, closed and in brackets, as written, each once (ignoring
    case); `ranked` resolves them to the question's genes. `listed` counts the entries with their repeats, `words` those
    in all reasoning before the list, asked for or not. `truncated`: a tag was opened, never closed, and no
    closed list follows. `span` is (start, end) of the entries in the text, without brackets; None without any.
    `confidence` is the stated one, 0 to 1; None where none was asked for or could be read.
    """

    genes: list[str]
    reasoning: str
    problems: list[str]
    listed: int = 0
    words: int = 0
    truncated: bool = False
    span: tuple[int, int] | None = None
    confidence: float | None = None

    @property
    def named(self) -> bool:
        """Whether there is exactly one closed list with a gene in it, where the contract puts it."""
        return bool(self.genes)

    @property
    def reasoned(self) -> bool:
        """Whether the reasoning has the form that the style asks for."""
        return not REASONING_PROBLEMS & set(self.problems)

    @property
    def name(self) -> str:
        """The first gene, as tables show an answer; "" where there is none to score."""
        return self.genes[0] if self.genes else ""

    @property
    def steps(self) -> list[str]:
        """The reasoning as one step."""
        return [self.reasoning] if self.reasoning else []

    def ranked(self, example: RankingExample) -> list[str]:
        """The genes as the question's symbols, each once; others as they were written."""
        return example.meant(self.genes)


def parse_ranking(
    text: str,
    reasoning: Literal["none", "short", "long"] | None = None,
    words: int | None = None,
    confidence: bool = False,
) -> RankedAnswer:
    """Read a completion; never raises.

    `reasoning` is what the style asks for: "none", "short" (at most `words` words) or "long"; None takes a completion
    with or without it. A list inside the reasoning counts as one too many, so that no second answer can hide there.
    Reasoning that is never closed ends where the list opens, and costs nothing but its form. With `confidence` exactly
    one line `Confidence:` with a number from 0 to 100 is read behind the list; without, it is text outside.
    """
    closed = [block.span() for block in _REASONING.finditer(text) if block[2]]
    lists = list(_LIST.finditer(text))
    placed = [match for match in lists if not _inside(closed, match.start())]
    start = placed[0].start() if placed else len(text)
    head, tail = text[:start], text[placed[-1].end() :] if placed else ""
    stated = list(_CONFIDENCE.finditer(tail)) if confidence else []
    sure = read_confidence(stated[0][1]) if len(stated) == 1 else None
    if len(stated) == 1:
        tail = tail[: stated[0].start()] + tail[stated[0].end() :]
    written = list(_REASONING.finditer(head))
    blocks = [] if reasoning == "none" else written
    reasoning_text = blocks[0][1].strip() if blocks else ""
    bracketed = _BRACKETED.fullmatch(placed[0][1]) if len(lists) == 1 and placed and placed[0][2] else None
    entries = list(_entries(bracketed[1])) if bracketed else []
    genes = unrepeated(entries)
    count = sum(len(block[1].split()) for block in written)
    outside = (head if reasoning == "none" else _REASONING.sub("", head)) + tail
    unclosed_list = bool(placed) and not placed[-1][2]
    unclosed_reasoning = any(not block[2] for block in blocks)
    checks = {
        "no_list": not placed,
        "several_lists": len(lists) > 1,
        "unclosed_list": unclosed_list,
        "no_brackets": len(lists) == 1 and bool(placed) and not unclosed_list and bracketed is None,
        "empty_list": bracketed is not None and not entries,
        "repeated_genes": len(genes) < len(entries),
        "no_reasoning": reasoning in ("short", "long") and not reasoning_text,
        "several_reasonings": len(blocks) > 1,
        "unclosed_reasoning": unclosed_reasoning,
        "reasoning_too_long": reasoning == "short" and words is not None and count > words,
        "text_outside": bool(outside.strip()),
        "no_confidence": confidence and sure is None,
    }
    return RankedAnswer(
        genes,
        reasoning_text,
        [code for code, present in checks.items() if present],
        len(entries),
        count,
        unclosed_list or (unclosed_reasoning and not placed),
        _span(placed[0].start(1) + bracketed.start(1), bracketed[1]) if bracketed and entries else None,
        sure,
    )


def parse_cell(text: str) -> RankedAnswer:
    """Read a list that stands alone, as in a cell of a table: with brackets around it or without; never raises."""
    bracketed = _BRACKETED.fullmatch(text)
    inside = bracketed[1] if bracketed else text
    entries = list(_entries(inside))
    genes = unrepeated(entries)
    checks = {"empty_list": not entries, "repeated_genes": len(genes) < len(entries)}
    span = _span(bracketed.start(1) if bracketed else 0, inside) if entries else None
    return RankedAnswer(genes, "", [code for code, present in checks.items() if present], len(entries), span=span)


def has_tags(text: str) -> bool:
    """Whether a text has any tag of the contract, in any case and spacing."""
    return _LIKE_TAG.search(text) is not None


def has_near_tags(text: str) -> bool:
    """Whether a text has a tag in another case, or with spaces inside: `<GENES>`, `<genes >`."""
    return any(_TAG.fullmatch(tag) is None for tag in _LIKE_TAG.findall(text))


def lists_in(text: str) -> list[str]:
    """The closed lists in a text, with their brackets."""
    return re.findall(r"\[[^\[\]]*\]", text)


def unrepeated(entries: Sequence[str]) -> list[str]:
    """Each entry once, ignoring case, as it was written first."""
    first: dict[str, str] = {}
    for entry in entries:
        first.setdefault(entry.casefold(), entry)
    return list(first.values())


def render_ranking(genes: Sequence[str], reasoning: str = "", confidence: float | None = None) -> str:
    """Write a completion that `parse_ranking` reads back; without reasoning, the list alone.

    White space inside a text becomes one space. A confidence, from 0 to 1, comes last.
    """
    reasoning_text = " ".join(reasoning.split())
    lines = [f"<reasoning>{reasoning_text}</reasoning>"] if reasoning_text else []
    lines.append(f"<genes>[{', '.join(genes)}]</genes>")
    return "\n".join(lines if confidence is None else [*lines, confidence_line(confidence)])


def opening(gene: str, alone: bool) -> str:
    """How a list without reasoning begins, up to what ends its first gene: other genes follow, or it stands alone."""
    return render_ranking([gene]).partition("]")[0] + ("]" if alone else ",")


def _inside(spans: Sequence[tuple[int, int]], place: int) -> bool:
    """Whether a position lies within one of the spans, which are sorted and do not overlap."""
    last = bisect_left(spans, (place,)) - 1
    return last >= 0 and place < spans[last][1]


def _entries(inside: str) -> Iterator[str]:
    """The non-empty entries between commas, without white space, quotes and markdown around them."""
    for part in inside.split(","):
        if entry := part.strip(_AROUND_GENE):
            yield " ".join(entry.split())


def _span(start: int, inside: str) -> tuple[int, int]:
    """Where a text that begins at `start` stands without the white space around it."""
    start += len(inside) - len(inside.lstrip())
    return start, start + len(inside.strip())
