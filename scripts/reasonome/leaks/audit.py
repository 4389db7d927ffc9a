"""The leak audit of an experiment: what a finding is, the table of all, and when it fails."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.core.terminal import show

COLUMNS = [
    "data",
    "training",
    "used_by",
    "benchmark",
    "kind",
    "looked_at",
    "found",
    "dropped",
    "remaining",
    "policy",
    "verdict",
    "highest_jaccard",
    "example",
    "file",
    "line",
]


@dataclass(frozen=True)
class Training:
    """Training data of one kind: its name, the steps that use it, and the file (one row a line)."""

    name: str
    used_by: tuple[str, ...]
    file: Path


@dataclass(frozen=True)
class Finding:
    """One kind of leak between one training data and one benchmark's test sets.

    `looked_at` counts what was compared: pairs of sets, statements, rows of reasoning, prompts. `found` is
    `dropped` (while the data were built) and `remaining`: training sets, (gene, test term) pairs that statements
    tell, rows, prompts. `example` is the first that remains, at `line` of `file`; of "jaccard" the closest pair.
    """

    data: str
    training: str
    used_by: tuple[str, ...]
    benchmark: str
    kind: str
    looked_at: int
    dropped: int
    remaining: int
    policy: str
    file: str
    example: str = ""
    line: int | None = None
    highest_jaccard: float | None = None

    @property
    def found(self) -> int:
        return self.dropped + self.remaining

    @property
    def verdict(self) -> str:
        """ "clean", "reported" (leaks remain and may) or "fails"."""
        if not self.remaining:
            return "clean"
        return "reported" if self.policy == "report" else "fails"

    def row(self) -> dict[str, Any]:
        """The finding as a row of COLUMNS."""
        values = asdict(self) | {"found": self.found, "verdict": self.verdict, "used_by": ", ".join(self.used_by)}
        return {column: values[column] for column in COLUMNS}


def shortened(text: str, most: int = 160) -> str:
    """A text on one line, cut where it is longer."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def table(findings: Iterable[Finding]) -> pd.DataFrame:
    """The findings as a table of COLUMNS."""
    frame = pd.DataFrame([finding.row() for finding in findings], columns=COLUMNS)
    return frame.astype({"line": "Int64"})


def check(experiment: str, findings: Sequence[Finding], fixes: Mapping[str, str]) -> None:
    """InputError that names file, line, kind and example of the first finding that fails, if any does.

    All that fail are printed first: a failed audit writes no file. `fixes` says what to do by kind of leak, or else by
    kind of training data; {benchmark}, {training} and {kind} are filled in.
    """
    failing = [finding for finding in findings if finding.verdict == "fails"]
    if not failing:
        return
    for one in failing:
        place = one.file if one.line is None else f"{one.file}:{one.line}"
        show(f"{place}: {one.kind}: {one.remaining:,} of {one.training} into {one.benchmark}, as {one.example}")
    first = failing[0]
    others = f"; {len(failing) - 1} more kinds of leak fail, see the log" if len(failing) > 1 else ""
    raise InputError(
        f"the leak audit of experiment '{experiment}' fails: {first.remaining:,} leaks of kind {first.kind} from "
        f"{first.data} of {first.training} into test sets of {first.benchmark} (policy {first.policy}), the first: "
        f"{first.example}{others}",
        file=first.file,
        line=first.line,
        field=first.kind,
        fix=fixes[first.kind if first.kind in fixes else first.data].format(
            benchmark=first.benchmark, training=first.training, kind=first.kind
        ),
    )


def corpus_sources(project: Project, corpus: str) -> dict[str, str]:
    """The sources of a corpus, with the collection that each lists, as far as it is known."""
    return {name: project.sources[name].lists for name in project.corpora[corpus].sources}


def shared_sources(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """The entries of `first` that are also in `second`, by name or by collection, whatever its case."""
    collections = {collection.casefold() for collection in second.values() if collection}
    return [
        name + (f" ({collection})" if collection else "")
        for name, collection in first.items()
        if name in second or collection.casefold() in collections
    ]
