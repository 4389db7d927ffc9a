"""A benchmark's questions in one prompt style as a dataset that other libraries load; sealed ones are left out."""

from pathlib import Path

from reasonome.benchmarks.rows import SPLITS, Row, read_rows, unsealed
from reasonome.config import Style
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import check_made
from reasonome.exports.dataset_card import Dataset
from reasonome.report.card_sources import sources_of
from reasonome.task import Dialogue, Task

# What `datasets` calls our splits.
_NAMES = {"train": "train", "valid": "validation", "test": "test"}


def question_set(project: Project[Task], benchmark: str, style: str) -> Dataset:
    """The questions by split, without those that are sealed; InputError for questions that were not written yet."""
    task, spec = project.task(benchmark), project.style(benchmark, style)
    files = {split: project.examples(benchmark, style) / f"{split}.jsonl" for split in SPLITS}
    check_made(files.values(), "these questions were not written yet")
    examples = {split: read_rows(path, task.Example) for split, path in files.items()}
    of_test = len(examples["test"])
    examples["test"] = unsealed(examples["test"], project.benchmarks[benchmark].sealed, final=False)
    sealed = of_test - len(examples["test"])
    return Dataset(
        name=f"{benchmark}, style {style}",
        about=f"Questions of the benchmark `{benchmark}` ({task.name}), asked in the prompt style\n`{style}`, from "
        "reasonome. `prompt` has chat messages. `answer` is the right answer in the form that the prompt\nasks for, "
        "without reasoning. `example` is the row of the benchmark as JSON, by which the task verifies answers.",
        rows={_NAMES[split]: [_row(task, spec, example) for example in found] for split, found in examples.items()},
        sources=sources_of(project, benchmark, style),
        note=f"{sealed} test questions are sealed: they are not published." if sealed else "",
    )


def write_questions(questions: Dataset, folder: Path) -> None:
    """Write a JSONL file of each split that has questions, and the card."""
    for split, rows in questions.rows.items():
        if rows:
            atomic.write_jsonl(folder / f"{split}.jsonl", rows)
    atomic.write_text(folder / "README.md", questions.card())


def _row(task: Dialogue, style: Style, example: Row) -> dict[str, object]:
    prompt = task.prompt(example, style)
    return {
        "prompt": prompt.messages,
        "answer": task.completion(example, prompt, style, None) or "",
        "id": example.id,
        "subset": example.subset,
        "example": example.model_dump_json(exclude_defaults=True),
    }
