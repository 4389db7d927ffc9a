"""Answers that somebody else recorded: a table with an id and an answer in every row, as answers to a benchmark."""

import math
import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reasonome.answering.rows import AnswerRow
from reasonome.benchmarks.rows import AnyRow, Row
from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import PlainTable, one_field_each, read_table
from reasonome.facts.text import one_line
from reasonome.task import Task

FIELDS = ("id", "answer", "confidence")  # that a user may have called otherwise
_NAMES = {"id": ("id",), "answer": ("answer", "text"), "confidence": ("confidence",), "sample": ("sample",)}
_SHOWN = 5  # of the rows that a message names
_LARGEST_SAMPLE = 2**31 - 1


@dataclass(frozen=True)
class Place:
    """A row of the table: the id that it gives and the line where it begins."""

    id: str
    line: int

    def __str__(self) -> str:
        return f"{self.id} (line {self.line})"


@dataclass(frozen=True)
class Recorded:
    """Answers in the order of the questions, and what was wrong with the table.

    `missing` are (id, sample) of questions without a row. Rows of `unknown` ids are left out. `empty` cells are
    answers, and wrong.
    """

    answers: list[AnswerRow]
    table: PlainTable
    missing: list[tuple[str, int]] = field(default_factory=list)
    unknown: list[Place] = field(default_factory=list)
    empty: list[Place] = field(default_factory=list)

    def only(self, ids: Collection[str]) -> "Recorded":
        """The answers to some of the questions, and what is missing of those; the table's own problems stay."""
        return replace(
            self,
            answers=[answer for answer in self.answers if answer.id in ids],
            missing=[(identifier, sample) for identifier, sample in self.missing if identifier in ids],
        )

    def counts(self) -> dict[str, int]:
        """How many rows, or missing questions, there are of each problem."""
        return {kind: len(getattr(self, kind)) for kind in ("missing", "unknown", "empty")}

    def facts(self) -> dict[str, object]:
        """The facts for run.json: the file, its digest, the counts, and every row that was not scored."""
        return {
            "file": str(self.table.file),
            "sha256": self.table.sha256,
            "rows": len(self.table.rows),
            **self.counts(),
            "missing_ids": [identifier for identifier, _ in self.missing],
            "unknown_rows": [vars(place) for place in self.unknown],
        }

    def sentences(self) -> list[str]:
        """The problems of the table, a sentence each."""
        samples = len({sample for _, sample in self.missing}) > 1
        missing = [f"{identifier} (sample {sample})" if samples else identifier for identifier, sample in self.missing]
        problems = {
            "questions without an answer, counted as wrong": missing,
            "empty answers, counted as wrong": self.empty,
            "rows that answer what was not asked, left out": self.unknown,
        }
        return [f"{what}: {len(places)} ({_listed(places)})" for what, places in problems.items() if places]


def _listed(places: Sequence) -> str:
    more = f", and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return ", ".join(map(str, places[:_SHOWN])) + more


def read_recorded(
    path: str | os.PathLike, task: Task, examples: Sequence[Row], columns: Mapping[str, str] | None = None
) -> Recorded:
    """Read a table of answers to `examples` of a task, which have `id`, `subset` and perhaps `main_id`.

    `columns` says what the columns of FIELDS are called; else they are `id`, `answer` or `text`, and `confidence` and
    `sample` where there are any. InputError, with line and column, for a file that is no such table, a row without an
    id, a second row for a question, a confidence or sample that cannot be one, and where no id is that of an example.
    """
    columns = columns or {}
    table = read_table(path, {*columns.values(), *(name for names in _NAMES.values() for name in names)}, texts=True)
    id_column, answer_column = (_column(table, key, columns) or table.place(key) for key in ("id", "answer"))
    confidence_column, sample_column = (_column(table, key, columns) for key in ("confidence", "sample"))
    fields = {"id": id_column, "answer": answer_column, "confidence": confidence_column, "sample": sample_column}
    one_field_each(fields)
    question = _questions(examples)
    given: dict[tuple[str, int], AnswerRow] = {}
    lines: dict[tuple[str, int], int] = {}
    unknown: list[Place] = []
    empty: list[Place] = []
    for line, cells in table.rows:
        identifier = cells[id_column].strip()
        if not identifier:
            raise InputError("the id is empty", file=table.file, line=line, field=id_column)
        sample = _sample(cells, sample_column, table, line)
        example = question.get(identifier)
        if example is None:
            unknown.append(Place(identifier, line))
            continue
        cell, confidence = cells[answer_column], _confidence(cells, confidence_column, table, line)
        bare = None if task.is_completion(cell) else one_line(cell)
        answer = AnswerRow(
            id=example.id, subset=example.subset, sample=sample, text=cell, answer=bare, confidence=confidence
        )
        key = (example.id, sample)
        if lines.setdefault(key, line) != line:
            what = f"line {lines[key]} answers '{identifier}' already"
            fix = "keep one row for each question, or number its answers from 0 in a column sample"
            raise InputError(what, file=table.file, line=line, field=id_column, fix=fix)
        given[key] = answer
        if answer.answer == "":
            empty.append(Place(identifier, line))
    if not given:
        raise _nothing_in_common(table, unknown, id_column, examples)
    samples = sorted({sample for _, sample in given})
    keys = [(example.id, sample) for example in examples for sample in samples]
    answers = [given[key] for key in keys if key in given]
    return Recorded(answers, table, [key for key in keys if key not in given], unknown, empty)


def _column(table: PlainTable, key: str, columns: Mapping[str, str]) -> str | None:
    """The column of a field; None if it is not there."""
    if key in columns:
        return table.place(columns[key], field=f"columns.{key}")
    names = table.find(_NAMES[key])
    if len(names) > 1:
        raise table.header_error(
            f"there are columns '{names[0]}' and '{names[1]}'",
            field=key,
            fix=f"say which holds the answers: {key}={names[1]}",
        )
    return table.place(names[0]) if names else None


def _questions(examples: Sequence[AnyRow]) -> dict[str, AnyRow]:
    """Examples by id, and by main id where that is the id of no example and the main id of one alone."""
    main_ids = [getattr(example, "main_id", "") for example in examples]
    counts = Counter(main_ids)
    by_main_id = {main: e for main, e in zip(main_ids, examples, strict=True) if main and counts[main] == 1}
    return by_main_id | {example.id: example for example in examples}


def _sample(cells: Mapping[str, str], column: str | None, table: PlainTable, line: int) -> int:
    written = cells[column].strip() if column else "0"
    if not (written.isascii() and written.isdigit() and int(written) <= _LARGEST_SAMPLE):
        raise InputError(
            f"expected the number of a sample from 0, found '{written[:40]}'", file=table.file, line=line, field=column
        )
    return int(written)


def _confidence(cells: Mapping[str, str], column: str | None, table: PlainTable, line: int) -> float | None:
    written = cells[column].strip() if column else ""
    if not written:
        return None
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise InputError(
            f"expected a confidence from 0 to 1, found '{written[:40]}'",
            file=table.file,
            line=line,
            field=column,
            fix="write it as a share: 0.85 for 85 %; leave the cell empty where none was stated",
        )
    return value


def _nothing_in_common(table: PlainTable, unknown: list[Place], column: str, examples: Sequence[Row]) -> InputError:
    ids = ", ".join(example.id for example in examples[:3])
    return InputError(
        f"no row answers a question of the test split; the first is '{unknown[0].id}'",
        file=table.file,
        line=unknown[0].line,
        field=column,
        fix=f"ids of this benchmark look like {ids}: name the column that holds them, or another benchmark",
    )
