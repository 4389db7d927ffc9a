"""A reward that pays for reasoning which leads to its answer: the ranking begins with the gene that it ends with."""

import re


def conclusion(answer: dict, example: dict) -> float:
    """1 if the last candidate that the reasoning names heads the list, ½ if it is named at all, else 0."""
    candidates = {gene["symbol"] for gene in example["candidates"]} or set(answer["genes"])
    words = re.findall(r"[\w.-]*\w", answer["reasoning"])
    named = [word for word in words if word in candidates]
    first = answer["genes"][0]
    if first not in named:
        return 0.0
    return 1.0 if named[-1] == first else 0.5
