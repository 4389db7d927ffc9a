"""Types of arguments that several programs share; argparse says which argument is wrong, and what it should be."""

import argparse

_LARGEST_SEED = 2**63 - 1  # as in config


def seed(text: str) -> int:
    """A seed, as config may have it."""
    if not (_is_whole(text) and int(text) <= _LARGEST_SEED):
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is not a whole number from 0 to {_LARGEST_SEED}")
    return int(text)


def resamples(text: str) -> int:
    """How many resamples an interval is made of, as config may have it."""
    if not _is_whole(text) or int(text) < 100:
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is not a whole number from 100")
    return int(text)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 40
