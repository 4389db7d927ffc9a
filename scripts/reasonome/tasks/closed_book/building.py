"""Benchmarks of the closed book: a world drawn from facts, and the questions about it."""

from collections import Counter
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.rows import SPLITS, write_splits
from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.facts.sources.source import read_facts
from reasonome.task_parts import Building
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue
from reasonome.tasks.closed_book.world import ask, draw_world


class ClosedBookBuilding(Building[ClosedBookDialogue]):
    """Worlds, and questions about them."""

    def build(self, project: Project, name: str, folder: Path) -> None:
        """Write the questions of each split, and the world's pathways with their parts and genes in the audit."""
        benchmark = project.benchmarks[name]
        facts = read_facts(self.task.files.building(project, name).files["facts"])
        try:
            world = draw_world(facts, benchmark)
            questions = [ask(pathway, world, benchmark) for pathway in world]
        except InputError as error:
            file, field = project.folder.file_of("benchmarks.yaml", name), f"{name}.{error.field}"
            raise InputError(error.what, file=file, field=field, fix=error.fix) from None
        splits = {split: [row for asked in questions for row in asked.get(split, ())] for split in SPLITS}
        if benchmark.asks == "valid":
            splits = {"train": splits["train"], "valid": [], "test": splits["valid"]}
        pathways = [{"id": p.id, "name": p.name, "part": p.part, "genes": list(p.genes)} for p in world]
        counts = {split: dict(Counter(row.subset for row in rows)) for split, rows in splits.items()}
        audit = {"pathways": pathways, "questions": counts}
        rows = {
            split: [row.model_dump(exclude_defaults=True) for row in of_split] for split, of_split in splits.items()
        }
        write_splits(folder, rows, audit, pd.DataFrame(columns=["subset", "id", "reason"]))
        sizes = ", ".join(f"{len(splits[split])} {split}" for split in SPLITS)
        print(f"{name}: {len(world)} pathways of {benchmark.genes} genes; questions: {sizes}")
