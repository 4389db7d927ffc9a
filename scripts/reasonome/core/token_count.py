"""The count of tokens that budgets of prompts are in, which belongs to no model."""

import re
from collections.abc import Sequence
from math import ceil


def count_tokens(texts: Sequence[str]) -> list[int]:
    """The count that budgets are in: at least a usual tokenizer's on gene symbols and names, and the same for all.

    Two small letters or spaces make a token; every other character (capital, digit, punctuation) is one.
    """
    return [len(re.findall(r"[^a-z ]", t)) + ceil(len(re.findall(r"[a-z ]", t)) / 2) for t in texts]
