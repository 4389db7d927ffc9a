"""How a cell of somebody else's table is read as an answer."""

import re

_TAG = re.compile(r"</?(?:genes|reasoning)>")
# The same in another case, or with spaces inside the angle brackets.
_LIKE_TAG = re.compile(r"<[\s/]*(?:genes|reasoning)[\s/]*>", re.IGNORECASE)
_BETWEEN_GENES = re.compile(r"[\s,;/|\[\](){}\"']+")
_LIST = re.compile(r"\[[^\[\]]*\]")


def is_completion(cell: str) -> bool:
    """Whether a cell is a whole completion, which the task parses; any other cell is the name itself."""
    return "Process:" in cell


def is_ranking_completion(cell: str) -> bool:
    """Whether a cell is a completion of a ranking: whether it has any tag of one, however that is spelled.

    A misspelled tag is none to the task's parser, in a table as in an answer of the pipeline.
    """
    return _LIKE_TAG.search(cell) is not None


def has_near_tags(cell: str) -> bool:
    """Whether a cell has a tag of a ranking in another case, or with spaces inside: `<GENES>`, `<genes >`."""
    return any(_TAG.fullmatch(tag) is None for tag in _LIKE_TAG.findall(cell))


def lists_in(cell: str) -> list[str]:
    """The closed lists in a cell, with their brackets."""
    return _LIST.findall(cell)


def genes_of(cell: str) -> list[str]:
    """The symbols in a cell, each once: `A, B`, `A|B`, `{A},{B}` and `['A', 'B']` are alike."""
    return list(dict.fromkeys(gene for gene in _BETWEEN_GENES.split(cell) if gene))
