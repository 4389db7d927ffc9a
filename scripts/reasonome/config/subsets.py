"""What the subsets of a benchmark may be called."""

import re


def none_is_the_mean(subsets: dict) -> dict:
    """`subsets`; ValueError where one is called as tables call the mean over them."""
    if "mean" in subsets:
        raise ValueError("a subset may not be called 'mean': tables use it for the mean over subsets")
    return subsets


def variant_of_subset(subset: str, share: float) -> str:
    """The subset of contaminated variants, such as bp-50. No subset of the config has a hyphen in its name."""
    return f"{subset}-{round(100 * share)}"


def is_variant(subset: str) -> bool:
    """Whether a subset has a name that `variant_of_subset` makes."""
    return re.fullmatch(r".+-\d{1,3}", subset) is not None
