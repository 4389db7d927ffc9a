"""How a cell of somebody else's table is read as an answer."""


def is_completion(cell: str) -> bool:
    """Whether a cell is a whole completion, which the task parses; any other cell is the name itself."""
    return "Process:" in cell


def one_line(cell: str) -> str:
    """A name with its white space collapsed; everything else stays as it was written."""
    return " ".join(cell.split())
