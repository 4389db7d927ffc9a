"""A dataset for the Hugging Face Hub: questions with their splits, and a card."""

from pathlib import Path

import pandas as pd
from huggingface_hub import DatasetCardData

from reasonome.core import atomic
from reasonome.exports.question_set import QuestionSet
from reasonome.exports.templates import write_filled
from reasonome.report.card_sources import hub_licence


def write(questions: QuestionSet, folder: Path) -> None:
    """Write a Parquet file per split and the card into a folder, which `huggingface_hub` uploads as it is."""
    files = {split: f"data/{split}.parquet" for split in questions.splits}
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for split, rows in questions.splits.items():
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
    write_filled("hub", folder, {"README.md": "README.md"}, questions, metadata=card.to_yaml())


def _columns(row: dict) -> dict:
    answer = [{"role": "assistant", "content": row["target"]}] if row["target"] else []
    named = {"id": row["id"], "subset": row["subset"], "prompt": row["messages"], "completion": answer}
    return named | {"example": row["example"]}
