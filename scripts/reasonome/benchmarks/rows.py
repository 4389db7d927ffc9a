"""The rows of a benchmark's files: written whole, read back and checked line by line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ValidationError

from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.facts.sources.source import UNMAPPED_COLUMNS
from reasonome.tasks.naming.contamination import ContaminatedSet
from reasonome.tasks.naming.task import Example

SPLITS = ("train", "valid", "test")


def write_benchmark(
    splits: Mapping[str, Sequence[GeneSet]],
    audit_report: dict[str, Any],
    names: Mapping[str, str],
    folder: Path,
    strata: Mapping[tuple[str, str], str] | None = None,
    variants: Sequence[ContaminatedSet] = (),
    unmapped: pd.DataFrame | None = None,
) -> None:
    """Write {train,valid,test}.jsonl, audit.json and unmapped.tsv.

    `names` gives the official name of each symbol, `strata` the stratum of each set by (subset, id). `variants`,
    the contaminated sets, follow the test sets; each has its original's stratum.
    """
    strata = strata or {}

    def row(one: GeneSet, stratum: str, original: str) -> dict[str, Any]:
        genes = [{"symbol": symbol, "name": names.get(symbol, "")} for symbol in sorted(one.symbols)]
        known: dict[str, Any] = {"synonyms": sorted(one.synonyms)} if one.synonyms else {}
        known |= {"main_id": one.term} if one.term not in ("", original) else {}
        known |= {"stratum": stratum} if stratum else {}
        return {"id": one.id, "subset": one.subset, "name": one.name, "genes": genes, **known}

    for part in SPLITS:
        rows = [row(s, strata.get((s.subset, s.id), ""), s.id) for s in splits[part]]
        if part == "test":
            stratum_of = {s["id"]: s.get("stratum", "") for s in rows}
            rows += [
                row(v.gene_set, stratum_of[v.term], v.term)
                | {"term": v.term, "contaminated": v.share, "outliers": list(v.outliers)}
                for v in variants
            ]
        atomic.write_jsonl(folder / f"{part}.jsonl", rows)
    table = pd.DataFrame(columns=UNMAPPED_COLUMNS) if unmapped is None else unmapped
    atomic.write_text(folder / "unmapped.tsv", table.to_csv(sep="\t", index=False, lineterminator="\n"))
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


def read_sets(path: str | Path, model: type[BaseModel] = Example) -> list[GeneSet]:
    """The gene sets of a benchmark's file in its order, without contaminated variants. Raises InputError."""
    return [
        GeneSet(
            row.id,
            row.subset,
            row.name,
            frozenset(gene.symbol for gene in row.genes),
            frozenset(row.synonyms),
            term=row.main_id,
        )
        for row in read_rows(path, model)
        if not row.contaminated
    ]


def official_names(facts: pd.DataFrame) -> dict[str, str]:
    """Symbol → official full name, from the `has_name` facts."""
    named = facts[facts["relation"] == "has_name"]
    return dict(zip(named["gene"], named["object_name"], strict=True))


def held_out_terms(folder: Path, parts: Sequence[str] = ("valid", "test")) -> list[tuple[str, str]]:
    """(id, name) of the terms of a benchmark's held-out splits, of whatever task; InputError for a row without them.

    A term's synonyms are further pairs of its id, and its main id, where the row has an alternative one, has all of
    them again.
    Contaminated variants are passed over: they ask about the terms of other rows.
    """
    terms = []
    for part in parts:
        path = folder / f"{part}.jsonl"
        for number, row in enumerate(atomic.read_jsonl(path), 1):
            for field in ("id", "name"):
                if not isinstance(row.get(field), str) or not row[field]:
                    raise InputError("a held-out term has none", file=path, line=number, field=field)
            if not row.get("contaminated"):
                ids = [row["id"], *filter(None, [row.get("main_id")])]
                terms += [(i, name) for i in ids for name in (row["name"], *row.get("synonyms", ()))]
    return terms
