"""What a random order of genes earns, exactly: the baseline of rankings, and what rewards correct for."""

from fractions import Fraction
from functools import cache
from math import comb

from reasonome.tasks.ranking.metrics import TOP


@cache
def first_right_at(ranks: int, genes: int, right: int = 1) -> tuple[Fraction, ...]:
    """The chance that the first right gene of a random order of `genes` stands at each of the first `ranks` ranks.

    At rank r it is C(n - r, c - 1) / C(n, c) for c right genes of n. Raises ValueError for more right genes than genes.
    """
    if not 1 <= right <= genes:
        raise ValueError(f"{right} right genes among {genes}")
    return tuple(
        Fraction(comb(genes - rank, right - 1), comb(genes, right)) for rank in range(1, min(ranks, genes) + 1)
    )


def expected_metrics(candidates: int, right: int, longest_list: int, all_genes: int) -> dict[str, float]:
    """The expected metrics of a random order of the genes that a question asks about, exactly.

    Without candidates (0), they are `all_genes`. The first `longest_list` count, and an unlisted gene has the rank that
    `list_metrics` gives it. With one right gene of n, all listed, the mean of 1/rank is H(n)/n. Raises ValueError
    for more right genes than genes.
    """
    n = candidates or all_genes
    listed = min(n, longest_list)
    unlisted = (candidates or longest_list) + 1
    at = first_right_at(listed, n, right)
    by_rank = list(enumerate(at, 1))
    expected = {
        **{f"top_{k}": sum(at[:k]) for k in TOP},
        "top_max": sum(at),
        "mrr": sum(p / rank for rank, p in by_rank),
        "rank": sum(p * rank for rank, p in by_rank) + (1 - sum(at)) * unlisted,
        "listed_candidates": Fraction(listed, candidates or longest_list),
        "non_candidates": Fraction(0),
        "set_f1": Fraction(2 * listed * right, n * (listed + right)),
    }
    return {metric: float(value) for metric, value in expected.items()}
