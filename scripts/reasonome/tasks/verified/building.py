"""Benchmarks of verified answers: rows of tables, split so that no two splits have a group in common."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from reasonome.benchmarks.rows import SPLITS, read_splits, write_splits
from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import read_table
from reasonome.facts.text import one_line
from reasonome.tasks.verified import files
from reasonome.tasks.verified.settings import VerifiedBenchmark
from reasonome.tasks.verified.task import Question, VerifiedTask


class LeftOut(NamedTuple):
    """A row of a table that is in no split, and why."""

    subset: str
    id: str
    reason: str


def build(task: VerifiedTask, project: Project, name: str, folder: Path) -> None:
    """Write the train, valid and test questions of a benchmark, what was left out and why, and the audit.

    InputError for a missing column, an empty cell, a repeated id or question, an answer that `verify` does not accept,
    and for too few groups.
    """
    benchmark = project.benchmarks[name]
    tables = files.building(project, name).files
    seen: dict[tuple[str, ...], str] = {}
    questions = [question for subset, path in tables.items() for question in _read(task, benchmark, subset, path, seen)]
    try:
        splits, left_out = split(questions, benchmark)
    except InputError as error:
        error.file, error.field = project.root / "benchmarks.yaml", f"{name}.{error.field}"
        raise
    for other in benchmark.leave_out:
        held_out = read_splits(project.results.benchmark(other), Question, "valid", "test")
        held = {key for question in held_out for key in leaking_keys(question)}
        leaking = {question.id for question in splits["train"] if held & leaking_keys(question)}
        left_out += [
            LeftOut(question.subset, question.id, f"leaks into {other}")
            for question in splits["train"]
            if question.id in leaking
        ]
        splits["train"] = [question for question in splits["train"] if question.id not in leaking]
    sizes = {part: dict(sorted(Counter(question.subset for question in splits[part]).items())) for part in SPLITS}
    groups = len({question.group for question in questions})
    reasons = dict(Counter(row.reason for row in left_out))
    audit = {"questions": len(questions), "groups": groups, "sizes": sizes, "left_out": reasons}
    rows = {part: [question.model_dump() for question in splits[part]] for part in SPLITS}
    write_splits(folder, rows, audit, pd.DataFrame(left_out, columns=LeftOut._fields))
    print(f"{name}: {', '.join(f'{len(splits[part])} {part}' for part in SPLITS)}, in {groups} groups")


def leaking_keys(question: Question) -> set[tuple[str, ...]]:
    """Keys that a training question may not share with a held-out one: its group, and its columns."""
    return {("group", question.group), ("question", *question.columns.values())}


def split(
    questions: Sequence[Question], benchmark: VerifiedBenchmark
) -> tuple[dict[str, list[Question]], list[LeftOut]]:
    """Train, valid and test: whole groups in a seeded order, test first; and questions beyond a subset's `train`."""
    groups: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        groups[question.group].append(question)
    order = sorted(groups)
    random.Random(f"{benchmark.seed}:groups").shuffle(order)
    splits: dict[str, list[Question]] = {"train": []}
    for part in ("test", "valid"):
        needed = Counter({subset: getattr(spec, part) for subset, spec in benchmark.subsets.items()})
        splits[part], order = _drawn(order, groups, needed)
        for subset, missing in needed.items():
            if missing > 0:
                raise InputError(
                    f"subset '{subset}' has {missing} questions too few to hold out as many as are asked for",
                    field=f"subsets.{subset}.{part}",
                    fix="ask for fewer, or add rows: questions of one group are held out together",
                )
    left_out: list[LeftOut] = []
    for subset, spec in benchmark.subsets.items():
        rest = [question for group in order for question in groups[group] if question.subset == subset]
        splits["train"] += rest[: spec.train]
        beyond = rest[spec.train :] if spec.train is not None else []
        left_out += [LeftOut(question.subset, question.id, f"not drawn: train is {spec.train}") for question in beyond]
    return splits, left_out


def _drawn(
    order: Sequence[str], groups: Mapping[str, Sequence[Question]], needed: Counter
) -> tuple[list[Question], list[str]]:
    """The questions of the first groups that are needed (`needed` counts down), and the other groups."""
    taken: list[Question] = []
    left: list[str] = []
    for group in order:
        if any(needed[question.subset] > 0 for question in groups[group]):
            taken += groups[group]
            needed.subtract(question.subset for question in groups[group])
        else:
            left.append(group)
    return taken, left


def _read(
    task: VerifiedTask, benchmark: VerifiedBenchmark, subset: str, path: Path, seen: dict[tuple[str, ...], str]
) -> list[Question]:
    """The questions of a table; `seen` has the ids and questions of the tables before, and where they stand."""
    names = benchmark.subsets[subset].columns
    wanted = list(dict.fromkeys(["id", "answer", *task.columns, *([benchmark.group] if benchmark.group else [])]))
    table = read_table(path, [names.get(key, key) for key in wanted], texts=True)
    places = {key: table.place(names.get(key, key), field=f"subsets.{subset}.columns") for key in wanted}
    questions: list[Question] = []
    for line, cells in table.rows:
        row = {key: cells[place].strip() for key, place in places.items()}
        for key in wanted:
            if not row[key]:
                raise InputError("the cell is empty", file=path, line=line, field=places[key])
        columns = {column: row[column] for column in task.columns}
        for twin in (("id", row["id"]), ("question", *columns.values())):
            place = f"{path}:{line}"
            if (first := seen.setdefault(twin, place)) != place:
                what = f"the {twin[0]} '{' '.join(twin[1:])}' stands in {first} already"
                raise InputError(what, file=path, line=line, field=places["id"], fix="keep one row for each question")
        group = row[benchmark.group] if benchmark.group else row["id"]
        answer = one_line(row["answer"])
        question = Question(id=row["id"], subset=subset, columns=columns, answer=answer, group=group)
        if task.verified(task.parse(f"<answer>{answer}</answer>"), question) != 1:
            what = f"'{question.answer}' is not right by the task's own `verify`"
            raise InputError(what, file=path, line=line, field=places["answer"], fix="mend the table, or `verify`")
        questions.append(question)
    return questions
