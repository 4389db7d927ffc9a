"""Metrics of rankings: the rank of the best right gene, what else is listed, the form, and expectations by chance."""

import math
from collections.abc import Container, Iterable, Sequence
from fractions import Fraction
from functools import cache

TOP = (1, 3, 5, 10)


def first_right(ranked: Sequence[str], right: Container[str]) -> int:
    """Rank of the best-ranked right gene, from 1; 0 where none is listed."""
    return next((rank for rank, gene in enumerate(ranked, 1) if gene in right), 0)


def set_f1(ranked: Sequence[str], example) -> float:
    """F1 of the genes listed, as a set, and the right ones."""
    hits = len(example.right.intersection(ranked))
    return 2 * hits / (len(ranked) + len(example.right)) if ranked else 0.0


def known_names(genes: Iterable) -> frozenset[str]:
    """All spellings of human genes, casefolded; `genes` have `symbol`, `previous` and `aliases`."""
    return frozenset(name.casefold() for gene in genes for name in (gene.symbol, *gene.previous, *gene.aliases) if name)


def list_metrics(
    ranked: Sequence[str], example, longest_list: int, known: Container[str] | None = None
) -> dict[str, float]:
    """Metrics of one ranked list: symbols of the question (`RankedAnswer.ranked`), each once; empty for no answer.

    Only the first `longest_list` genes count for what is right: top_1, top_3, top_5, top_10 and top_max (anywhere in
    them), mrr (1/rank), rank, set_f1. A rank is at worst that of an unlisted gene: one more than there are candidates,
    or than `longest_list` where every gene is one. The whole list counts for the others: listed_candidates (share of
    the candidates; of `longest_list` where every gene is one), non_candidates and cut_off (how many), and with `known`,
    the names of genes in casefold, invented: how many are neither of the question nor known.
    """
    counted = ranked[:longest_list]
    rank = first_right(counted, example.right)
    candidates = {gene.symbol for gene in example.candidates}
    others = [gene for gene in ranked if gene not in candidates] if candidates else []
    listed = len(ranked) - len(others) if candidates else len(counted)
    unlisted = (len(candidates) or longest_list) + 1
    values = {
        **{f"top_{k}": float(0 < rank <= k) for k in TOP},
        "top_max": float(rank > 0),
        "mrr": 1 / rank if rank else 0.0,
        "rank": float(min(rank, unlisted) if rank else unlisted),
        "listed_candidates": listed / (len(candidates) or longest_list),
        "non_candidates": float(len(others)),
        "cut_off": float(len(ranked) - len(counted)),
        "set_f1": set_f1(counted, example),
    }
    if known is not None:
        names = candidates | example.right
        values["invented"] = float(sum(gene not in names and gene.casefold() not in known for gene in ranked))
    return values


def answer_metrics(answer, example, longest_list: int, known: Container[str] | None = None) -> dict[str, float]:
    """`list_metrics` of a parsed answer, and how it was written.

    no_candidate: 1 where the first gene is none of the candidates, or none is listed; unknown where every gene is one.
    repeated: entries that name a listed gene again, by any of its names. format: 1 where nothing is malformed.
    truncated: 1 where reasoning or list was opened and never closed. reasoning_words: words of the reasoning.
    """
    ranked = answer.ranked(example)
    candidates = {gene.symbol for gene in example.candidates}
    return {
        **list_metrics(ranked, example, longest_list, known),
        "no_candidate": float(candidates.isdisjoint(ranked[:1])) if candidates else math.nan,
        "repeated": float(answer.listed - len(ranked)) if answer.named else 0.0,
        "format": float(not answer.problems),
        "truncated": float(answer.truncated),
        "reasoning_words": float(answer.words),
    }


@cache
def first_right_at(ranks: int, genes: int, right: int = 1) -> tuple[Fraction, ...]:
    """The chance that the first right gene of a random order of `genes` stands at each of the first `ranks` ranks.

    At rank r it is C(n - r, c - 1) / C(n, c) for c right genes of n.
    """
    orders = math.comb(genes, right)
    return tuple(Fraction(math.comb(genes - rank, right - 1), orders) for rank in range(1, min(ranks, genes) + 1))


def expected_metrics(candidates: int, right: int, longest_list: int, all_genes: int) -> dict[str, float]:
    """The expected metrics of a random order of the genes that a question asks about, exactly.

    Without candidates (0), they are `all_genes`. The first `longest_list` count, and an unlisted gene has the rank that
    `list_metrics` gives it. With one right gene of n, all listed, the mean of 1/rank is H(n)/n.
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
