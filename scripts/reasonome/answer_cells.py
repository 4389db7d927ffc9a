"""How a cell of somebody else's table is read as an answer."""

import re

_TAG = re.compile(r"</?(?:genes|reasoning)>")
_LIST = re.compile(r"\[[^\[\]]*\]")


def is_completion(cell: str) -> bool:
    """Whether a cell is a whole completion, which the task parses; any other cell is the name itself."""
    return "Process:" in cell


def one_line(cell: str) -> str:
    """A name with its white space collapsed; everything else stays as it was written."""
    return " ".join(cell.split())


def is_ranking_completion(cell: str) -> bool:
    """Whether a cell is a completion of a ranking: whether it has any tag of one."""
    return _TAG.search(cell) is not None


def lists_in(cell: str) -> list[str]:
    """The closed lists in a cell, with their brackets."""
    return _LIST.findall(cell)
