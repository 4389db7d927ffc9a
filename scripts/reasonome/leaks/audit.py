"""The leak audit of an experiment: findings, their table, and the check that fails the audit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.rows import Row
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.facts.files.plain_table import read_table
from reasonome.facts.sources.source import read_facts
from reasonome.jobs import LeakSettings, Said, Training
from reasonome.teaching.preferences import TABLE_COLUMNS

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

# The fix for leaking training questions, where a benchmark can leave out rows that leak into others.
LEAVE_OUT = (
    "add {benchmark} to leave_out of {training} in benchmarks.yaml (where they are one benchmark: build it again)"
)


# What is searched for, in words.
LEAK_KINDS = {
    "same_term": "the same id",
    "same_name": "the same name or an exact synonym",
    "identical_set": "the same genes",
    "jaccard": "a Jaccard index of the threshold or more",
    "containment": "a test set lies inside a training set, or a training set inside one of near size",
    "related_term": "an ancestor or a descendant by is_a and part_of",
    "test_fact": "a gene of a test set is said to belong to its term, by id, name or synonym, from any source",
    "test_fact_by_descendant": "a gene of a test set is said to belong to a term below its own by is_a and part_of",
    "test_name": "the words of a statement about a gene hold the name of its test term, often inside a longer name",
    "same_group": "a training question is of the group of a test question, which a split keeps together",
    "same_question": "a training question asks what a test question asks",
    "tells_the_class": "a statement links a test question's gene to the term that is asked about, or to one below it",
    "class_in_text": "a statement about the gene of a test question holds the word of its class",
    "name_in_preferences": "the words of a compared completion hold a test name, often inside a longer name",
    "name_in_reasoning": "the words of a teacher's reasoning hold a test name, often inside a longer name",
    "causal_gene": "a training question has a right gene of a test question",
    "disease": "a training question is about the disease of a test question",
    "candidate_gene": "a training question at a locus has a candidate of a test question",
    "overlapping_locus": "the windows around the lead variants of a training and a test question overlap",
    "tells_the_answer": "a statement links a right gene to the disease or trait of its test question",
    "gene_and_phenotype": "a statement links a right gene to a phenotype of its test question",
    "asked_in_text": "a statement about a right gene holds the name of the disease or trait of its test question",
    "gene_in_reasoning": "a teacher's reasoning names a right gene of a test question",
    "gene_in_question": "the trait or a phenotype of a test question names its right gene",
    "asked": "a training question's right answer is one that no training may ask for",
    "read": "a statement puts a gene into what a test question asks for, which is the design of a closed book",
    "held_out_term": "a training question shows the term of a test set among its facts or enriched terms",
    "withheld_term": "a prompt shows an enriched term that is withheld of its question",
    "name_in_prompt": "the prompt holds the true name of its own genes",
    "name_in_gene_name": "the true name stands in the prompt only because the name of a gene holds it",
}


@dataclass(frozen=True)
class Finding:
    """One kind of leak from one set of training data into one benchmark's test sets.

    `looked_at` counts the compared items: pairs of sets, statements, rows of reasoning, prompts. `found` is the sum of
    `dropped` (while the data were built) and `remaining`: training sets, (gene, test term) pairs in statements, rows,
    prompts. `example` is the first that remains, at `line` of `file`; for "jaccard" the closest pair.
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

    def row(self) -> dict[str, object]:
        """The finding as a row of COLUMNS."""
        values = {column: getattr(self, column) for column in COLUMNS}
        return {**values, "used_by": ", ".join(self.used_by)}


def row_finding(
    training: Training,
    benchmark: str,
    kind: str,
    looked_at: int,
    rows: Sequence[int],
    policy: str,
    tell: Callable[[int], str],
    dropped: int = 0,
    remaining: int | None = None,
) -> Finding:
    """A finding about a file of training data: `rows` are the leaking ones, from 0; `tell(row)` describes the first.

    `remaining` is the number of rows unless given.
    """
    return Finding(
        training.data,
        training.name,
        training.used_by,
        benchmark,
        kind,
        looked_at,
        dropped,
        len(rows) if remaining is None else remaining,
        policy,
        str(training.file),
        example=tell(rows[0]) if rows else "",
        line=rows[0] + 1 if rows else None,
    )


def shortened(text: str) -> str:
    """A text on one line, cut where it has more than 160 characters."""
    text = " ".join(text.split())
    return text if len(text) <= 160 else text[:159] + "…"


def table(findings: Iterable[Finding]) -> pd.DataFrame:
    """The findings as a table of COLUMNS."""
    frame = pd.DataFrame([finding.row() for finding in findings], columns=COLUMNS)
    return frame.astype({"line": "Int64"})


def check(experiment: str, findings: Sequence[Finding], fixes: Mapping[str, str]) -> None:
    """InputError with file, line, kind and example of the first finding that fails, if any does.

    All failing findings are printed first, since a failed audit writes no file. `fixes` has the fix by kind of leak, or
    else by kind of training data; {benchmark}, {training} and {kind} are filled in.
    """
    failing = [finding for finding in findings if finding.verdict == "fails"]
    if not failing:
        return
    for finding in failing:
        place = finding.file if finding.line is None else f"{finding.file}:{finding.line}"
        leaks = f"{finding.remaining:,} of {finding.training} into {finding.benchmark}"
        show(f"{place}: {finding.kind}: {leaks}, as {finding.example}")
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


def question_finding(
    training: Training, benchmark: str, kind: str, questions: Sequence[Row], rows: Sequence[int], dropped: int = 0
) -> Finding:
    """The finding for the training questions at `rows`, which leak and are not allowed."""
    return row_finding(
        training,
        benchmark,
        kind,
        len(questions),
        rows,
        "fail",
        lambda row: f"question '{questions[row].id}'",
        dropped,
    )


def same_sources(audit: LeakSettings, data: Iterable[tuple[str, str, Mapping[str, str]]]) -> list[dict]:
    """The training data (kind, name, sources) and the tested benchmarks that come from one source."""
    return [
        {"data": kind, "training": name, "benchmark": tested, "sources": shared}
        for tested in audit.tested
        for kind, name, sources in data
        if (shared := shared_sources(sources, audit.benchmarks[tested].sources["test"]))
    ]


def read_statements(said: Said) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The statements that a warm-up trains on, and the names of all objects of facts of its corpus.

    Statements have text, gene and object_id, a row per line of the file; names have object_id and object_name, each
    pair once.
    """
    statements = pd.DataFrame(atomic.read_columns(said.file, ["text", "gene", "object_id"]))
    return statements, read_facts(said.facts)[["object_id", "object_name"]].drop_duplicates()


def read_preferences(path: Path) -> tuple[list[str], list[int]]:
    """The texts of a table of preferences, both answers of a row in one, and the line of each row."""
    table = read_table(path, TABLE_COLUMNS, texts=True)
    both = (table.cells(table.place(column)) for column in ("chosen", "rejected"))
    return ["\n".join(answers) for answers in zip(*both, strict=True)], list(table.lines)


def shared_sources(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """The entries of `first` that are also in `second`, by name or by collection, whatever its case."""
    collections = {collection.casefold() for collection in second.values() if collection}
    return [
        name + (f" ({collection})" if collection else "")
        for name, collection in first.items()
        if name in second or collection.casefold() in collections
    ]
