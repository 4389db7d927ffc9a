"""The folders that other libraries load: a package for verifiers, a task for lm-evaluation-harness, a dataset."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from huggingface_hub import DatasetCardData
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reasonome.core import atomic
from reasonome.exports.question_set import QuestionSet
from reasonome.exports.rewarded import RewardedQuestions
from reasonome.report.card_sources import hub_licence

_FILES = Path(__file__).with_name("files")


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


def write_hub(questions: QuestionSet, folder: Path) -> None:
    """Write a Parquet file per split and the card of a dataset, which `huggingface_hub` uploads as they are."""
    files = {split: f"data/{split}.parquet" for split, rows in questions.splits.items() if rows}
    for split in files:
        rows = questions.splits[split]
        with atomic.replacing(folder / files[split]) as temporary:
            pd.DataFrame([_columns(row) for row in rows]).to_parquet(temporary, index=False)
    card = DatasetCardData(
        language="en",
        license=sorted({hub_licence(source.licence) for source in questions.sources}) or "other",
        task_categories=["text-generation"],
        tags=["biology", "genes", "reasonome"],
        pretty_name=questions.name,
        configs=[{"config_name": "default", "data_files": [{"split": s, "path": path} for s, path in files.items()]}],
    )
    _write_filled("hub", folder, {"README.md": "README.md"}, questions, metadata=card.to_yaml())


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
    environment = Environment(
        loader=FileSystemLoader([_FILES / kind, _FILES]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for template, name in names.items():
        text = environment.get_template(f"{template}.j2").render(
            set=questions, said=questions.description, module=questions.module, **values
        )
        atomic.write_text(folder / name, text)
