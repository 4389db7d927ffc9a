"""The count of tokens for the budgets of prompts, which is independent of models."""

import re
from collections.abc import Sequence
from math import ceil


def count_tokens(texts: Sequence[str]) -> list[int]:
    """Tokens of each text for budgets: at least as many as usual tokenizers give for gene symbols and names.

    Two small letters or spaces make a token; every other character (capital, digit, punctuation) is one.
    """
    return [len(re.findall(r"[^a-z ]", text)) + ceil(len(re.findall(r"[a-z ]", text)) / 2) for text in texts]
