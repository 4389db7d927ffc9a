"""Split gene sets into train, valid and test, by term or by date, and prove that nothing held out is in training."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from reasonome.benchmarks import gene_sets
from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.core.errors import InputError
from reasonome.facts.sources.go import Ontology
from reasonome.tasks.naming.rows import LeftOut
from reasonome.tasks.naming.settings import NamingBenchmark

Splits = dict[str, list[GeneSet]]


def split(
    candidates: Mapping[str, Sequence[GeneSet]],
    benchmark: NamingBenchmark,
    dates: Mapping[str, date] | None = None,
    published: Mapping[str, Sequence[GeneSet]] | None = None,
    left_out: Mapping[str, tuple[NamingBenchmark, Sequence[GeneSet]]] | None = None,
) -> tuple[Splits, dict[str, Any], list[LeftOut]]:
    """Split gene sets into train, valid and test, and prove that nothing of a held-out set is in training.

    Test terms are drawn first, then valid, at random (seeded) within each subset; the rest is training, without the
    sets that would leak into test or valid. Sets that would leak into test are not drawn for valid. With a split by
    date, test terms are drawn from those created after the day (`dates` by term id; a term without one is old), valid
    and training terms from the old ones. `published` has the test sets, and perhaps valid and train, of a published
    benchmark. `left_out` has other benchmarks, by name, with the held-out sets that no training set may leak into by
    their thresholds. Returns the splits, the audit, and the training sets that were left out. InputError if a subset
    has too few sets, and for a split by date without dates.
    """
    published, dates, after = published or {}, dates or {}, benchmark.split.after
    new = None if after is None else _new_terms(candidates, dates, after)
    shuffled = {subset: list(sets) for subset, sets in candidates.items()}
    for subset, sets in shuffled.items():
        random.Random(f"{benchmark.seed}:{subset}").shuffle(sets)
    test = list(published["test"]) if "test" in published else _drawn_test(shuffled, benchmark, new)
    _check_ids(test)
    held = {(s.subset, s.id) for s in test}
    old = {subset: [s for s in sets if new is None or s.id not in new] for subset, sets in shuffled.items()}
    if "train" in published:
        valid = _without_leaks(published.get("valid", ()), test, benchmark)
        rest = list(published["train"])
    else:
        valid = []
        for subset, sets in old.items():
            taken = {s.id for s in valid}  # as of the test sets
            free = [s for s in sets if (s.subset, s.id) not in held and s.id not in taken]
            clean = _without_leaks(free, test, benchmark)
            valid += _draw(clean, benchmark.subsets[subset].valid, subset, "valid")
        held |= {(s.subset, s.id) for s in valid}
        rest = [s for sets in old.values() for s in sets if (s.subset, s.id) not in held]
    reasons = _leaks(rest, test + valid, benchmark)
    train, unused = _parted(rest, reasons, "leaks: {}")
    dropped_for = {}
    for name, (other, sets) in (left_out or {}).items():
        leak_kinds = _leaks(train, sets, other)
        dropped_for[name] = dict(sorted(Counter(reason for reason in leak_kinds if reason).items()))
        train, leaking = _parted(train, leak_kinds, f"leaks into {name}: {{}}")
        unused += leaking
    for subset, spec in benchmark.subsets.items():
        if spec.train is not None:
            keep = {s.id for s in [s for s in train if s.subset == subset][: spec.train]}
            surplus = ["" if s.subset != subset or s.id in keep else str(spec.train) for s in train]
            train, not_drawn = _parted(train, surplus, "not drawn: train is {}")
            unused += not_drawn
    splits = {"train": train, "valid": valid, "test": test}
    report = _audit(candidates, splits, reasons, benchmark)
    if dropped_for:
        report["dropped_for"] = dropped_for
    if after is not None and new is not None:
        report["by_date"] = {"after": after.isoformat(), **_counts_by_date(candidates, dates, new)}
    return splits, report, unused


def _parted(sets: Sequence[GeneSet], reasons: Sequence[str], why: str) -> tuple[list[GeneSet], list[LeftOut]]:
    """The sets without a reason to leave them out, and those with one, which fills the {} of `why`."""
    pairs = list(zip(sets, reasons, strict=True))
    left_out = [LeftOut(s.subset, s.id, s.name, why.format(reason)) for s, reason in pairs if reason]
    return [s for s, reason in pairs if not reason], left_out


def creation_dates(ontologies: Iterable[Ontology]) -> dict[str, date]:
    """Term id → the day on which it was created; terms without one are not in it."""
    terms = (term for ontology in ontologies for term in ontology.terms.values())
    return {term.id: date.fromisoformat(term.created) for term in terms if term.created}


def _new_terms(candidates: Mapping[str, Sequence[GeneSet]], dates: Mapping[str, date], after: date) -> set[str]:
    dated = {s.id for sets in candidates.values() for s in sets} & dates.keys()
    if not dated:
        raise InputError(
            "no term of this benchmark has a creation date",
            field="split.by",
            fix="use an OBO with creation_date lines (go-basic.obo has none for most terms; go.obo has), "
            "or split by term",
        )
    return {term for term in dated if dates[term] > after}


def _drawn_test(
    shuffled: Mapping[str, list[GeneSet]], benchmark: NamingBenchmark, new: set[str] | None
) -> list[GeneSet]:
    test: list[GeneSet] = []
    for subset, sets in shuffled.items():
        taken = {s.id for s in test}  # subsets may overlap; a test term is asked once
        free = [s for s in sets if s.id not in taken and (new is None or s.id in new)]
        # Without a number, which only a split by date allows, all new terms; at least one must be there.
        test += _draw(free, benchmark.subsets[subset].test or max(1, len(free)), subset, "test")
    return test


def _leaks(sets: Sequence[GeneSet], held_out: Sequence[GeneSet], benchmark: NamingBenchmark) -> list[str]:
    return gene_sets.leaks(sets, held_out, benchmark.jaccard, benchmark.audit.dropped(), benchmark.containment)


def _check_ids(test: Sequence[GeneSet]) -> None:
    twice = [i for i, count in Counter(s.id for s in test).items() if count > 1]
    if twice:
        raise InputError(
            f"two test sets have the id '{twice[0]}'",
            field="files",
            fix="answers are told apart by the id: give one of the sets another, or leave it out of one file",
        )


def _without_leaks(sets: Sequence[GeneSet], held_out: list[GeneSet], benchmark: NamingBenchmark) -> list[GeneSet]:
    return _parted(sets, _leaks(sets, held_out, benchmark), "")[0]


def _draw(sets: list[GeneSet], count: int, subset: str, part: str) -> list[GeneSet]:
    if len(sets) < count:
        raise InputError(
            f"subset '{subset}' has {len(sets)} gene sets to draw {count} {part} sets from",
            field=f"subsets.{subset}.{part}",
            fix="ask for fewer, widen minimum_genes..maximum_genes, or use a larger corpus",
        )
    return sets[:count]


def _audit(candidates, splits: Splits, reasons: list[str], benchmark: NamingBenchmark) -> dict[str, Any]:
    """Counts of dropped sets, and of leaks that remain between every pair of splits.

    InputError for a leak that was not dropped.
    """
    remaining = {}
    for training, held_out in (("train", "test"), ("train", "valid"), ("valid", "test")):
        matches = gene_sets.match(splits[training], splits[held_out], benchmark.jaccard, benchmark.containment)
        left = {kind: len(pairs) for kind, pairs in matches.pairs.items()}
        if undropped := {kind: left[kind] for kind in benchmark.audit.dropped() if left[kind]}:
            raise InputError(f"{training} sets leak into {held_out}: {undropped}")
        remaining[f"{training}/{held_out}"] = {
            "pairs": len(splits[training]) * len(splits[held_out]),
            **left,
            "highest_jaccard": None if matches.closest is None else round(matches.closest[0], 4),
        }
    return {
        "jaccard_threshold": benchmark.jaccard,
        "containment_threshold": benchmark.containment,
        "candidates": {subset: len(sets) for subset, sets in candidates.items()},
        "dropped_from_train": dict(sorted(Counter(r for r in reasons if r).items())),
        "sizes": {part: dict(sorted(Counter(s.subset for s in sets).items())) for part, sets in splits.items()},
        "remaining": remaining,
    }


def _counts_by_date(
    candidates: Mapping[str, Sequence[GeneSet]], dates: Mapping[str, date], new: set[str]
) -> dict[str, dict[str, int]]:
    return {
        "new_terms": {subset: sum(s.id in new for s in sets) for subset, sets in candidates.items()},
        "old_terms": {subset: sum(s.id not in new for s in sets) for subset, sets in candidates.items()},
        "without_date": {subset: sum(s.id not in dates for s in sets) for subset, sets in candidates.items()},
    }
