"""Split ranking questions so that nothing leaks: questions connected by shared genes or overlapping loci stay together.

Also tests whether the order of the candidates or the form of a symbol gives the answer away.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from reasonome.benchmarks.rows import SPLITS
from reasonome.core.errors import InputError
from reasonome.prompts.prompts import gene_order
from reasonome.task_parts import Built
from reasonome.tasks.ranking.clusters import connected
from reasonome.tasks.ranking.questions import CaseExample, LocusExample, RankingExample
from reasonome.tasks.ranking.settings import RankingBenchmark

# Below this p-value a position in the list gives the answer away, and is no accident of one seed.
POSITION_P = 0.001

Reasons = dict[int, tuple[str, str]]  # position of a question → (reason, detail) why it is not used


class BenchmarkQuestions(NamedTuple):
    """Questions of a benchmark, and its window on either side of a lead variant (base pairs)."""

    benchmark: str
    questions: Sequence[RankingExample]
    window: int


def read_questions(name: str, built: Built[RankingBenchmark], *parts: str) -> BenchmarkQuestions:
    """The questions of some splits of a benchmark."""
    return BenchmarkQuestions(name, built.rows(*parts), built.benchmark.window)


class Splits(NamedTuple):
    """Questions by split, each with its `group`; (question, reason, detail) of those in none; and the audit."""

    parts: dict[str, list[RankingExample]]
    unused: list[tuple[RankingExample, str, str]]
    audit: dict[str, Any]


def keys(example: RankingExample) -> dict[str, str]:
    """Key that a question must not share with one of another split → the kind of leak, the worst first.

    Keys are the causal genes; a case's disease; all candidates of a locus, which overlapping loci have in common.
    """
    kinds = {f"gene {gene.symbol}": "causal gene" for gene in example.causal}
    if isinstance(example, CaseExample) and example.of_disease:
        kinds[f"disease {example.of_disease}"] = "disease"
    if isinstance(example, LocusExample):
        kinds |= {f"candidate {gene.symbol}": "candidate gene" for gene in example.candidates}
    return kinds


def split(
    examples: Sequence[RankingExample],
    benchmark: RankingBenchmark,
    left_out: Sequence[BenchmarkQuestions] = (),
    rows: Mapping[str, str] | None = None,
) -> Splits:
    """Split questions into train, valid and test, and prove that no two splits share a key or overlap.

    Questions that share a key (see `keys`), or whose windows around the lead variants overlap, are connected; whole
    components are drawn, in a seeded order, for test, then valid, and the rest is training. A component with more
    questions than a split still needs is skipped, so that large ones are in training; where the small ones do not
    suffice, the smallest of the large ones follow. `left_out` are the held-out questions of other benchmarks: training
    questions that leak into them are dropped. `most_per_gene` and a subset's `train` draw by the seed.
    InputError if a subset has too few questions, with the account of its rows (`rows`, by subset), or if a leak
    remains.
    """
    unused: Reasons = _more_than_allowed(examples, benchmark)
    kept = [number for number in range(len(examples)) if number not in unused]
    labels = components([examples[number] for number in kept], benchmark.window)
    members: dict[int, list[int]] = defaultdict(list)
    for number, label in zip(kept, labels, strict=True):
        members[int(label)].append(number)
    parts = _drawn(list(members.values()), examples, benchmark, rows or {})
    dropped_for = {}
    for others in left_out:
        training = [examples[number] for number in parts["train"]]
        kinds = leaks(training, others.questions, benchmark.window + others.window)
        leaking = {number: kind for number, kind in zip(parts["train"], kinds, strict=True) if kind}
        unused |= {number: (f"leaks into {others.benchmark}", kind) for number, kind in leaking.items()}
        parts["train"] = [number for number in parts["train"] if number not in leaking]
        dropped_for[others.benchmark] = dict(sorted(Counter(leaking.values()).items()))
    for subset, spec in benchmark.subsets.items():
        own = [number for number in parts["train"] if examples[number].subset == subset]
        for number in own[spec.train :] if spec.train is not None else ():
            unused[number] = ("not drawn for training", f"train: {spec.train}")
    parts["train"] = [number for number in parts["train"] if number not in unused]
    group: dict[int, str] = {}  # named by its alphabetically first causal gene, which no other group has
    for numbers in members.values():
        first = min(symbol for number in numbers for symbol in examples[number].right)
        group |= dict.fromkeys(numbers, first)
    splits = {
        part: [examples[number].model_copy(update={"group": group[number]}) for number in sorted(parts[part])]
        for part in SPLITS
    }
    audit = {
        "questions": len(examples),
        "components": len(members),
        "largest_component": max(map(len, members.values()), default=0),
        "sizes": {part: dict(sorted(Counter(example.subset for example in splits[part]).items())) for part in SPLITS},
        "unused": dict(sorted(Counter(reason for reason, _ in unused.values()).items())),
        "remaining": _remaining(splits, benchmark.window),
    }
    if dropped_for:
        audit["dropped_for"] = dropped_for
    return Splits(splits, [(examples[number], *unused[number]) for number in sorted(unused)], audit)


def components(examples: Sequence[RankingExample], window: int) -> np.ndarray:
    """The component of each question, as a number: those connected by shared keys and overlapping windows (bp)."""
    overlaps = [
        (a, b)
        for loci in _by_chromosome(examples).values()
        for (here, a), (there, b) in pairwise(loci)
        if there - here <= 2 * window
    ]
    return connected([keys(example) for example in examples], overlaps)


def leaks(examples: Iterable[RankingExample], held_out: Sequence[RankingExample], reach: int) -> list[str]:
    """The leak of each question into any held-out one: a kind of `keys`, "overlapping locus", or "".

    Loci overlap whose lead variants are at most `reach` base pairs apart: the sum of the windows of both benchmarks.
    """
    held = {key for other in held_out for key in keys(other)}
    leads = _by_chromosome(held_out)

    def leak(example: RankingExample) -> str:
        if kind := next((kind for key, kind in keys(example).items() if key in held), ""):
            return kind
        if not isinstance(example, LocusExample) or example.position is None:
            return ""
        near = any(abs(place - example.position) <= reach for place, _ in leads.get(example.chromosome, ()))
        return "overlapping locus" if near else ""

    return [leak(example) for example in examples]


def shortcuts(examples: Sequence[RankingExample], seeds: Sequence[int] = (0,)) -> dict[str, dict[str, Any]]:
    """How often a candidate chosen by a simple rule is right, and whether that is more or less than chance.

    By rule (place in the list, length of the symbol, place in the alphabet): questions, top_1, that of a candidate
    drawn at random (chance), and p. Lists are in the order in which prompts show them, by each of `seeds` of the
    styles; with several, the names of rules of places have the seed. Questions with the same candidates have the same
    order, so chance is one draw for each set of candidates; p is exact over those draws, two-sided (twice the smaller
    tail). InputError where a place in the list is right so often, or so seldom, that p is below POSITION_P; rules of
    symbols are only reported.
    """
    with_candidates = [example for example in examples if example.candidates]
    if not with_candidates:
        return {}
    times_right: dict[tuple[str, ...], Counter] = defaultdict(Counter)
    for example in with_candidates:
        times_right[tuple(sorted(gene.symbol for gene in example.candidates))].update(example.right)
    chances = [[times[symbol] for symbol in symbols] for symbols, times in times_right.items()]
    distribution = _sum_of_draws(chances)
    expected = sum(sum(times) / len(times) for times in chances) / len(with_candidates)

    def measured(choose: Callable[[Sequence[str]], str], seed: int) -> dict[str, Any]:
        hits = sum(
            times[choose([symbols[place] for place in gene_order(symbols, seed)])]
            for symbols, times in times_right.items()
        )
        tail = min(distribution[: hits + 1].sum(), distribution[hits:].sum())
        return {
            "questions": len(with_candidates),
            "top_1": round(hits / len(with_candidates), 4),
            "chance": round(expected, 4),
            "p": float(f"{min(1.0, 2 * tail):.3g}"),
        }

    results = {}
    for seed in seeds:
        for rule, choose in _PLACES.items():
            result = results[rule if len(seeds) == 1 else f"{rule} by seed {seed}"] = measured(choose, seed)
            if result["p"] < POSITION_P:
                what = f"the {rule} candidate of prompts is right in {result['top_1']:.1%} of the questions, by chance"
                raise InputError(
                    f"{what} {result['chance']:.1%} (p = {result['p']})",
                    field="seed",
                    fix=f"give the prompt styles of this task that have seed {seed} another",
                )
    return results | {rule: measured(choose, seeds[0]) for rule, choose in _SYMBOLS.items()}


_PLACES: dict[str, Callable[[Sequence[str]], str]] = {
    "first": lambda order: order[0],
    "last": lambda order: order[-1],
}
# Ties in length go to the first in the list, which is random.
_SYMBOLS: dict[str, Callable[[Sequence[str]], str]] = {
    "shortest symbol": lambda order: min(order, key=len),
    "longest symbol": lambda order: max(order, key=len),
    "first in the alphabet": min,
    "last in the alphabet": max,
}


def _sum_of_draws(values: Sequence[Sequence[int]]) -> np.ndarray:
    """The distribution (0 to the largest sum) of the sum of one value drawn from each list, all equally likely."""
    distribution = np.ones(1)
    for numbers in values:
        distribution = np.convolve(distribution, np.bincount(numbers) / len(numbers))
    return distribution


def _more_than_allowed(examples: Sequence[RankingExample], benchmark: RankingBenchmark) -> Reasons:
    """Questions beyond `most_per_gene` of any of their causal genes, in an order that the seed decides."""
    if benchmark.most_per_gene is None:
        return {}
    counts: Counter = Counter()
    unused: Reasons = {}
    for number in _in_seeded_order(range(len(examples)), f"{benchmark.seed}:genes"):
        full = [symbol for symbol in sorted(examples[number].right) if counts[symbol] >= benchmark.most_per_gene]
        if full:
            unused[number] = ("more questions of one gene than allowed", f"{full[0]}: {benchmark.most_per_gene}")
        else:
            counts.update(examples[number].right)
    return unused


def _drawn(
    members: Sequence[list[int]],
    examples: Sequence[RankingExample],
    benchmark: RankingBenchmark,
    rows: Mapping[str, str],
) -> dict[str, list[int]]:
    """Whole components by split; training questions in an order that the seed decides."""
    waiting = _in_seeded_order(members, f"{benchmark.seed}:components")
    parts: dict[str, list[int]] = {}
    for part in ("test", "valid"):
        needed = Counter({subset: getattr(spec, part) for subset, spec in benchmark.subsets.items()})
        parts[part], waiting = _filled(waiting, needed, examples)
        for subset, missing in needed.items():
            if missing > 0:
                have = sum(examples[number].subset == subset for numbers in members for number in numbers)
                what = f"subset '{subset}' has {have} questions, {missing} too few to hold out as many as are asked for"
                if unused := sum(example.subset == subset for example in examples) - have:
                    what += f"; {unused} are more of one gene than most_per_gene allows"
                what += f"; {rows[subset]}" if subset in rows else ""
                fix = "ask for fewer, as questions that share genes or loci are held out together; minimum_candidates, "
                fix += "maximum_candidates, window_kb and the subset's settings decide which rows make questions"
                raise InputError(what, field=f"subsets.{subset}.{part}", fix=fix)
    rest = [number for numbers in waiting for number in numbers]
    return parts | {"train": _in_seeded_order(rest, f"{benchmark.seed}:train")}


def _filled(
    waiting: Sequence[list[int]], needed: Counter, examples: Sequence[RankingExample]
) -> tuple[list[int], list[list[int]]]:
    """The questions of components drawn until nothing is needed (`needed` counts down), and the other components."""
    taken: list[int] = []
    left: list[list[int]] = []
    for numbers in waiting:
        sizes = Counter(examples[number].subset for number in numbers)
        if all(size <= needed[subset] for subset, size in sizes.items()):
            taken += numbers
            needed.subtract(sizes)
        else:
            left.append(numbers)
    for numbers in sorted(left, key=len):
        sizes = Counter(examples[number].subset for number in numbers)
        if any(needed[subset] > 0 for subset in sizes):
            taken += numbers
            needed.subtract(sizes)
            left.remove(numbers)
    return taken, left


def _remaining(splits: Mapping[str, Sequence[RankingExample]], window: int) -> dict[str, dict[str, int]]:
    """Leaks between the splits, by kind; InputError if there is one."""
    remaining = {}
    for training, held_out in (("train", "test"), ("train", "valid"), ("valid", "test")):
        leak_counts = Counter(filter(None, leaks(splits[training], splits[held_out], 2 * window)))
        if leak_counts:
            raise InputError(f"{training} questions leak into {held_out}: {dict(leak_counts)}")
        remaining[f"{training}/{held_out}"] = {"pairs": len(splits[training]) * len(splits[held_out]), "leaks": 0}
    return remaining


def _by_chromosome(examples: Sequence[RankingExample]) -> dict[str, list[tuple[int, int]]]:
    """(lead position, number of the question) by chromosome, in order."""
    by_chromosome: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, example in enumerate(examples):
        if isinstance(example, LocusExample) and example.position is not None:
            by_chromosome[example.chromosome].append((example.position, number))
    return {chromosome: sorted(loci) for chromosome, loci in by_chromosome.items()}


def _in_seeded_order(items: Iterable[Any], seed: str) -> list[Any]:
    ordered = list(items)
    random.Random(seed).shuffle(ordered)
    return ordered
