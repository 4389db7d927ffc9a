"""Benchmarks of gene-set naming: ontology terms with their genes, split so that nothing leaks."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ValidationError

from reasonome import atomic, audit
from reasonome.audit import GeneSet
from reasonome.config import Benchmark
from reasonome.errors import InputError
from reasonome.sources.go import Ontology, propagate
from reasonome.tasks.gene_set_naming import Example

SPLITS = ("train", "valid", "test")


def gene_sets(facts: pd.DataFrame, ontology: Ontology, benchmark: Benchmark) -> dict[str, list[GeneSet]]:
    """The gene sets of every subset, within the benchmark's size limits, sorted by term id.

    Annotations are propagated over is_a and part_of, within each namespace.
    """
    annotated = facts.loc[facts["object_id"].map(ontology.main_id).notna(), ["gene", "object_id"]]
    sets = propagate(ontology, annotated)
    found = {}
    for subset, spec in benchmark.subsets.items():
        found[subset] = [
            GeneSet(term, subset, ontology.terms[term].name, genes)
            for term, genes in sorted(sets.items())
            if ontology.terms[term].namespace == spec.namespace
            and benchmark.minimum_genes <= len(genes) <= benchmark.maximum_genes
        ]
    return found


def split(
    candidates: dict[str, list[GeneSet]], benchmark: Benchmark
) -> tuple[dict[str, list[GeneSet]], dict[str, Any]]:
    """Split gene sets into train, valid and test, and prove that nothing of a held-out set is in training.

    Test terms are drawn first, then valid, at random (seeded) within each subset; the rest is training,
    less every set that would leak into test or valid. Valid sets leak into test by the same measure and are
    passed over. Returns the splits and the audit. InputError if a subset has too few sets.
    """
    shuffled = {}
    for subset, sets in candidates.items():
        order = list(sets)
        random.Random(f"{benchmark.seed}:{subset}").shuffle(order)
        shuffled[subset] = order
    test: list[GeneSet] = []
    for subset, spec in benchmark.subsets.items():
        test += _draw(shuffled[subset], spec.test, subset, "test")
    held = {(s.subset, s.id) for s in test}
    valid: list[GeneSet] = []
    for subset, spec in benchmark.subsets.items():
        rest = [s for s in shuffled[subset] if (s.subset, s.id) not in held]
        reasons = audit.leaks(rest, test, benchmark.jaccard)
        clean = [s for s, reason in zip(rest, reasons, strict=True) if not reason]
        valid += _draw(clean, spec.valid, subset, "valid")
    held |= {(s.subset, s.id) for s in valid}
    rest = [s for sets in shuffled.values() for s in sets if (s.subset, s.id) not in held]
    reasons = audit.leaks(rest, test + valid, benchmark.jaccard)
    train = [s for s, reason in zip(rest, reasons, strict=True) if not reason]
    for subset, spec in benchmark.subsets.items():
        if spec.train is not None:
            keep = {s.id for s in [s for s in train if s.subset == subset][: spec.train]}
            train = [s for s in train if s.subset != subset or s.id in keep]
    splits = {"train": train, "valid": valid, "test": test}
    return splits, _audit(candidates, splits, reasons, benchmark)


def _draw(sets: list[GeneSet], count: int, subset: str, part: str) -> list[GeneSet]:
    if len(sets) < count:
        raise InputError(
            f"subset '{subset}' has {len(sets)} gene sets to draw {count} {part} sets from",
            field=f"subsets.{subset}.{part}",
            fix="ask for fewer, widen minimum_genes..maximum_genes, or use a larger corpus",
        )
    return sets[:count]


def _audit(candidates, splits, reasons, benchmark: Benchmark) -> dict[str, Any]:
    """What was dropped, and what remains between every pair of splits. A leak that remains is an error."""
    remaining = {}
    for training, held_out in (("train", "test"), ("train", "valid"), ("valid", "test")):
        found = audit.leaks(splits[training], splits[held_out], benchmark.jaccard)
        left = Counter(reason for reason in found if reason)
        if left:
            raise InputError(f"{left.total()} {training} sets leak into {held_out}: {dict(left)}")
        overlap = audit.jaccard(splits[training], splits[held_out]) if splits[training] else None
        remaining[f"{training}/{held_out}"] = {
            "pairs": len(splits[training]) * len(splits[held_out]),
            **{reason: left[reason] for reason in audit.REASONS[:-1]},
            "highest_jaccard": None if overlap is None else round(float(overlap.max()), 4),
        }
    return {
        "jaccard_threshold": benchmark.jaccard,
        "candidates": {subset: len(sets) for subset, sets in candidates.items()},
        "dropped_from_train": dict(sorted(Counter(r for r in reasons if r).items())),
        "sizes": {part: dict(sorted(Counter(s.subset for s in sets).items())) for part, sets in splits.items()},
        "remaining": remaining,
    }


def write_benchmark(splits, audit_report: dict[str, Any], names: dict[str, str], folder: Path) -> None:
    """Write {train,valid,test}.jsonl and audit.json; `names` gives the official name of each symbol."""
    for part in SPLITS:
        rows = [
            {
                "id": s.id,
                "subset": s.subset,
                "name": s.name,
                "genes": [{"symbol": symbol, "name": names.get(symbol, "")} for symbol in sorted(s.symbols)],
            }
            for s in splits[part]
        ]
        atomic.write_jsonl(folder / f"{part}.jsonl", rows)
    atomic.write_json(folder / "audit.json", audit_report)


def read_rows(path: str | Path, model: type[BaseModel] = Example) -> list:
    """The rows of a JSONL file as `model`; InputError names the line of a row that is malformed."""
    rows = []
    for number, row in enumerate(atomic.read_jsonl(path), 1):
        try:
            rows.append(model.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            raise InputError(
                first["msg"], file=path, line=number, field=".".join(map(str, first["loc"])) or None
            ) from None
    return rows


def official_names(facts: pd.DataFrame) -> dict[str, str]:
    """Symbol → official full name, from the `has_name` facts."""
    named = facts[facts["relation"] == "has_name"]
    return dict(zip(named["gene"], named["object_name"], strict=True))


def held_out_terms(folder: Path, parts: Sequence[str] = ("valid", "test")) -> list[tuple[str, str]]:
    """(id, name) of the terms of a benchmark's held-out splits, of whatever task; InputError for a row without them."""
    terms = []
    for part in parts:
        path = folder / f"{part}.jsonl"
        for number, row in enumerate(atomic.read_jsonl(path), 1):
            for field in ("id", "name"):
                if not isinstance(row.get(field), str) or not row[field]:
                    raise InputError("a held-out term has none", file=path, line=number, field=field)
            terms.append((row["id"], row["name"]))
    return terms
