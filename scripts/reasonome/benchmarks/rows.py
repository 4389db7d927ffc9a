"""The files of a benchmark: its rows, read and checked line by line, the sealed ones, and the files beside them."""

import hashlib
import random
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pandas as pd
from pydantic import BaseModel, ValidationError

from reasonome.config import ASKED, is_variant
from reasonome.core import atomic
from reasonome.core.errors import InputError

SPLITS = ("train", "valid", "test")
STRATA = ("understudied", "intermediate", "well-studied")  # by how well genes are studied
T = TypeVar("T")


class Row(Protocol):
    """A row of a benchmark, of whichever task: its model is a pydantic one."""

    @property
    def id(self) -> str: ...

    @property
    def subset(self) -> str: ...

    def model_dump(self, *, mode: str = "python") -> dict[str, Any]: ...

    def model_dump_json(self, *, exclude_defaults: bool = False) -> str: ...


AnyRow = TypeVar("AnyRow", bound=Row)


def read_rows(path: str | Path, model: type[BaseModel]) -> list:
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


def drawn(rows: Sequence[T], which: str | int, file: str | Path | None = None) -> list[T]:
    """Some rows of a training split, in an order drawn at random that is the same whichever are taken.

    `which` is as `span` reads it; `file` is where the rows are from. InputError where none is left.
    """
    order = random.Random(0).sample(rows, len(rows))
    start, end = span(which)
    if start and start >= len(order):
        what = f"there are {len(order):,} training questions, and the first {start:,} are left out"
        raise InputError(what, file=file, field="rows.skip", fix="leave fewer out: lower `skip` in the recipe")
    return order[start:end]


def span(which: str | int) -> tuple[int, int | None]:
    """The places of the first row and behind the last one (None: to the end) of `all`, `20`, `20-50` or `20-all`."""
    start, _, end = str(which).rpartition("-")
    return int(start or 0), None if end == "all" else int(end)


def read_splits(folder: Path, model: type[BaseModel], *parts: str) -> list:
    """The rows of some splits of a benchmark in a folder; InputError as of `read_rows`."""
    return [row for part in parts for row in read_rows(folder / f"{part}.jsonl", model)]


def write_splits(
    folder: Path,
    splits: Mapping[str, Iterable[Mapping[str, object]]],
    audit: Mapping[str, object],
    left_out: pd.DataFrame,
    unmapped: pd.DataFrame | Iterable[tuple] = (),
) -> None:
    """Write {train,valid,test}.jsonl, left_out.tsv, unmapped.tsv and audit.json; the audit last."""
    from reasonome.facts.sources.source import UNMAPPED_COLUMNS  # imports all formats of sources

    for part in SPLITS:
        atomic.write_jsonl(folder / f"{part}.jsonl", splits[part])
    atomic.write_tsv(folder / "left_out.tsv", left_out)
    atomic.write_tsv(folder / "unmapped.tsv", pd.DataFrame(unmapped, columns=UNMAPPED_COLUMNS))
    atomic.write_json(folder / "audit.json", dict(audit))


def in_mean(subsets: Iterable[str]) -> list[str]:
    """The distinct subsets, sorted, whose means make the mean.

    Contaminated variants, named like bp-50, and what training asks for, too, are reported separately; if there is
    nothing else, all are returned.
    """
    names = sorted(set(subsets))
    return [name for name in names if name != ASKED and not is_variant(name)] or names


def is_sealed(example: Row, share: float) -> bool:
    """Whether an example is in the sealed part: by a hash of its id, or of the id of a variant's original.

    Only the id decides, so a set stays sealed whatever else the benchmark has, together with its variants, which have
    its id as their `term`.
    """
    digest = hashlib.sha256((getattr(example, "term", "") or example.id).encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def unsealed(examples: Sequence[AnyRow], share: float, final: bool = False) -> list[AnyRow]:
    """The examples that count: all of them for a final table, else those that are not sealed.

    InputError where that leaves none.
    """
    counted = [example for example in examples if final or not is_sealed(example, share)]
    if examples and not counted:
        raise InputError(
            f"all {len(examples)} test sets are sealed",
            field="sealed",
            fix="lower the benchmark's `sealed`, or set `final: true` in config.yaml",
        )
    return counted


def shuffled(names: Sequence[T], groups: Sequence[Hashable], seed: int) -> list[T]:
    """A model's own answers permuted within each group of rows, so that none stays in its row.

    A group should hold each question once, so samples of a question belong to different groups. The only row of a
    group keeps its answer.
    """
    result = list(names)
    rng = random.Random(seed)
    rows_of: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        rows_of.setdefault(group, []).append(row)
    for rows in rows_of.values():
        rng.shuffle(rows)
        for place, origin in zip(rows, rows[1:] + rows[:1], strict=True):
            result[place] = names[origin]
    return result
