"""The card of a dataset: its README.md, whose head says to `datasets` and the Hub which files and columns it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from huggingface_hub import DatasetCard, DatasetCardData

from reasonome.benchmarks.rows import read_rows, unsealed
from reasonome.report.card_sources import SourceRead, hub_licence
from reasonome.report.number_text import markdown_table
from reasonome.report.settings import DatasetCardSettings
from reasonome.task import Task

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True)
class Dataset:
    """What a card says: `rows` are those of each split, in its JSONL file; `note` is on sealed questions, if any."""

    name: str
    about: str
    rows: Mapping[str, Sequence[dict[str, Any]]]
    sources: Sequence[SourceRead]
    note: str

    def card(self) -> str:
        """The text of README.md. Its head states the type of each column, which files without a value leave open."""
        from datasets import Features  # which takes a second to load

        of_all = [row for rows in self.rows.values() for row in rows]
        features = Features.from_arrow_schema(pa.schema(list(pa.array(of_all).type)))
        files = [{"split": split, "path": f"{split}.jsonl"} for split, rows in self.rows.items() if rows]
        head = DatasetCardData(
            language="en",
            license=sorted({hub_licence(source.licence) for source in self.sources}) or "other",
            task_categories=["text-generation"],
            size_categories=[_size_category(len(of_all))],
            tags=["biology", "reasonome"],
            pretty_name=self.name,
            configs=[{"config_name": "default", "data_files": files}],
            dataset_info={"features": features._to_yaml_list()},
        )
        card = DatasetCard.from_template(
            head,
            template_path=str(Path(__file__).with_suffix("") / "README.md.j2"),
            name=self.name,
            about=self.about,
            splits=markdown_table(["split", "questions"], [[name, str(len(rows))] for name, rows in self.rows.items()]),
            note=self.note,
            sources=markdown_table(
                ["source", "release", "licence"],
                [[one.name, one.release or "not stated", f"{one.licence} {one.url}"] for one in self.sources],
            ),
        )
        return f"{card}\n"


def _size_category(rows: int) -> str:
    """What the Hub calls this many rows."""
    return next((name for most, name in _SIZES if rows < most), "n>1M")


def benchmark_card(settings: DatasetCardSettings, task: Task, splits: Mapping[str, Path]) -> str:
    """The card of a benchmark as it was built; `splits` are its files."""
    rows = {split: read_rows(file, task.Example) for split, file in splits.items()}
    sealed = len(rows["test"]) - len(unsealed(rows["test"], settings.sealed, final=False))
    return Dataset(
        name=settings.name,
        about=f"The rows of the benchmark `{settings.name}` ({task.name}), from reasonome, before a prompt\nstyle "
        "makes messages of them. `audit.json` says what was looked for between the splits, and found.",
        rows={
            split: [row.model_dump(mode="json", exclude_defaults=True) for row in found]
            for split, found in rows.items()
        },
        sources=settings.sources,
        note=f"{sealed} test rows are sealed: publish the output of `reasonome export`, which leaves them out."
        if sealed
        else "",
    ).card()
