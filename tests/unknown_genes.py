"""Readers of gene tables where no gene is known, so that names of columns decide."""


def unknown(identifier: str) -> None:
    """No gene, whatever the identifier."""
