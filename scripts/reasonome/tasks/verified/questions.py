"""Questions of verified answers as their tables have them."""

from pathlib import Path
from typing import NamedTuple

from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import read_table
from reasonome.facts.text import one_line
from reasonome.tasks.verified.dialogue import Question, VerifiedDialogue
from reasonome.tasks.verified.settings import VerifiedBenchmark


class LeftOut(NamedTuple):
    """A row of a table that is in no split, why, and the lines of the table that say so."""

    subset: str
    id: str
    reason: str
    lines: str = ""


def questions_of_tables(task: VerifiedDialogue, project: Project, name: str) -> tuple[list[Question], list[LeftOut]]:
    """The questions of a benchmark's tables, and the rows left out, of which there are none.

    InputError for a missing column, an empty cell, a repeated id or question, and an answer that `verify` does not
    accept.
    """
    tables = task.files.building(project, name).files
    seen: dict[tuple[str, ...], str] = {}
    benchmark = project.benchmarks[name]
    questions = [question for subset, path in tables.items() for question in _read(task, benchmark, subset, path, seen)]
    return questions, []


def _read(
    task: VerifiedDialogue, benchmark: VerifiedBenchmark, subset: str, path: Path, seen: dict[tuple[str, ...], str]
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
