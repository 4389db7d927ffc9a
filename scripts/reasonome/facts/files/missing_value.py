"""How tables write a missing value."""

# R, pandas, C, Excel and databases, in small letters.
MISSING = frozenset(("na", "n/a", "#n/a", "<na>", "nan", "+nan", "-nan", "none", "null"))


def is_missing(cell: str) -> bool:
    """Whether a cell is blank or says that there is no value."""
    text = cell.strip().casefold()
    return not text or text in MISSING
