"""The folders that other libraries load: a package for verifiers, a task for lm-evaluation-harness, a dataset."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from huggingface_hub import DatasetCardData

from reasonome.benchmarks.rows import SPLITS, read_rows, unsealed
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.exports.question_set import QuestionSet
from reasonome.exports.rewarded import RewardedQuestions
from reasonome.report.card_sources import SourceRead, hub_licence, sources_of
from reasonome.report.page_files import templates
from reasonome.task import Task

_FILES = Path(__file__).with_suffix("")
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def write_verifiers(questions: QuestionSet, folder: Path) -> None:
    """Write a package with the questions as a taskset; it is said which of their rewards count."""
    names = {name: name for name in ("pyproject.toml", "README.md")}
    names |= {name: f"{questions.module}/{name}" for name in ("__init__.py", "taskset.py")}
    _write_filled("verifiers", folder, names, questions)
    questions.write(folder / questions.module / "data")


def write_lm_eval(questions: QuestionSet, folder: Path) -> None:
    """Write a task's YAML, its functions and its data. No metric is a weighted sum, and none needs an encoder."""
    questions.write(folder / "data")
    metrics = RewardedQuestions(folder / "data").metrics
    module = questions.module
    names = {"task.yaml": f"{module}.yaml", "functions.py": f"{module}_functions.py", "README.md": "README.md"}
    _write_filled("lm_eval", folder, names, questions, metrics=metrics)


@dataclass(frozen=True)
class Dataset:
    """What the card of a dataset says; `files` and `sizes` are by split, and `note` is on sealed questions, if any.

    `features` are the columns of all splits, for files that lack those without a value.
    """

    name: str
    about: str
    files: Mapping[str, str]
    sizes: Mapping[str, int]
    sources: Sequence[SourceRead]
    note: str
    features: Sequence[Mapping[str, Any]] = ()

    def card(self) -> str:
        """The text of its README.md, whose head the Hub reads."""
        head = DatasetCardData(
            language="en",
            license=sorted({hub_licence(source.licence) for source in self.sources}) or "other",
            task_categories=["text-generation"],
            size_categories=[_size_category(sum(self.sizes.values()))],
            tags=["biology", "reasonome"],
            pretty_name=self.name,
            configs=[
                {"config_name": "default", "data_files": [{"split": s, "path": p} for s, p in self.files.items()]}
            ],
            dataset_info={"features": self.features} if self.features else None,
        )
        return (
            templates(_FILES / "hub", _FILES, html=False)
            .get_template("README.md.j2")
            .render(set=self, metadata=head.to_yaml())
        )


def _size_category(rows: int) -> str:
    """What the Hub calls this many rows."""
    return next((name for most, name in _SIZES if rows < most), "n>1M")


def benchmark_card(project: Project[Task], benchmark: str) -> str:
    """The card of a benchmark's folder, as it was built."""
    from datasets import Features  # which takes a second to load

    task, spec, folder = project.task(benchmark), project.benchmarks[benchmark], project.results.benchmark(benchmark)
    rows = {split: read_rows(folder / f"{split}.jsonl", task.Example) for split in SPLITS}
    sealed = len(rows["test"]) - len(unsealed(rows["test"], spec.sealed, final=False))
    dumped = [row.model_dump(mode="json", exclude_defaults=True) for found in rows.values() for row in found]
    features = Features.from_arrow_schema(pa.schema(list(pa.array(dumped).type)))
    return Dataset(
        name=benchmark,
        about=f"The rows of the benchmark `{benchmark}` ({task.name}), from reasonome, before a prompt\nstyle "
        "makes messages of them. `audit.json` says what was looked for between the splits, and found.",
        files={split: f"{split}.jsonl" for split, found in rows.items() if found},
        sizes={split: len(found) for split, found in rows.items()},
        sources=sources_of(project, benchmark),
        note=f"{sealed} test rows are sealed: publish the output of `reasonome export --to hub`, which leaves them out."
        if sealed
        else "",
        features=features._to_yaml_list(),
    ).card()


def write_hub(questions: QuestionSet, folder: Path) -> None:
    """Write a Parquet file per split and the card of a dataset, which `huggingface_hub` uploads as they are."""
    files = {split: f"data/{split}.parquet" for split, rows in questions.splits.items() if rows}
    for split in files:
        rows = questions.splits[split]
        with atomic.replacing(folder / files[split]) as temporary:
            pd.DataFrame([_columns(row) for row in rows]).to_parquet(temporary, index=False)
    said = questions.description
    dataset = Dataset(
        name=questions.name,
        about=f"Questions of the benchmark `{said.benchmark}` ({said.task}), asked in the prompt style\n"
        f"`{said.style_name}`, from reasonome. `prompt` and `completion` are chat messages, as TRL reads them: "
        "the\ncompletion is the right answer in the form that the prompt asks for, without a teacher's reasoning. "
        "`example` is\nthe row of the benchmark as JSON.",
        files=files,
        sizes={split: len(rows) for split, rows in questions.splits.items()},
        sources=questions.sources,
        note=f"{questions.sealed} test questions are sealed: they are not published." if questions.sealed else "",
    )
    atomic.write_text(folder / "README.md", dataset.card())


WRITERS: dict[str, Callable[[QuestionSet, Path], None]] = {
    "verifiers": write_verifiers,
    "lm-eval": write_lm_eval,
    "hub": write_hub,
}


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    answer = [{"role": "assistant", "content": row["target"]}] if row["target"] else []
    named = {"id": row["id"], "subset": row["subset"], "prompt": row["messages"], "completion": answer}
    return named | {"example": row["example"]}


def _write_filled(kind: str, folder: Path, names: Mapping[str, str], questions: QuestionSet, **values: Any) -> None:
    """Fill in the templates of a kind of export: `names` has the path of each file in the folder by its template."""
    environment = templates(_FILES / kind, _FILES, html=False)
    for template, name in names.items():
        text = environment.get_template(f"{template}.j2").render(
            set=questions, said=questions.description, module=questions.module, **values
        )
        atomic.write_text(folder / name, text)
