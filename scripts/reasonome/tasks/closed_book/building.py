"""Benchmarks of the closed book: a world drawn from facts, and the questions about it."""

from collections import Counter
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.rows import SPLITS, write_splits
from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import read_table
from reasonome.facts.sources.source import read_facts
from reasonome.task_parts import Building, BuildingJob
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue
from reasonome.tasks.closed_book.settings import ClosedBookBenchmark
from reasonome.tasks.closed_book.world import ask, draw_world, memberships


class ClosedBookBuilding(Building[ClosedBookDialogue]):
    """Worlds, and questions about them."""

    def build(self, job: BuildingJob[ClosedBookBenchmark]) -> None:
        """Write the questions of each split, and the world's pathways with their parts and genes in the audit."""
        benchmark = job.benchmark
        facts = read_facts(job.files["facts"])
        drawn_before = _ids(job.files["drawn_before"]) if benchmark.drawn_before else set()
        if drawn_before and drawn_before.isdisjoint(memberships(facts, benchmark)["object_id"]):
            what = f"no id of it is of a pathway of {benchmark.collection}"
            raise InputError(what, file=job.files["drawn_before"], field="id", fix="give the collection's own ids")
        world = draw_world(facts, benchmark, drawn_before)
        questions = [ask(pathway, world, benchmark) for pathway in world]
        splits = {split: [row for asked in questions for row in asked.get(split, ())] for split in SPLITS}
        if benchmark.asks == "valid":
            splits = {"train": splits["train"], "valid": [], "test": splits["valid"]}
        pathways = [{"id": p.id, "name": p.name, "part": p.part, "genes": list(p.genes)} for p in world]
        counts = {split: dict(Counter(row.subset for row in rows)) for split, rows in splits.items()}
        audit = {"pathways": pathways, "questions": counts}
        rows = {
            split: [row.model_dump(exclude_defaults=True) for row in of_split] for split, of_split in splits.items()
        }
        write_splits(job.folder, rows, audit, pd.DataFrame(columns=["subset", "id", "reason"]))
        sizes = ", ".join(f"{len(splits[split])} {split}" for split in SPLITS)
        print(f"{job.name}: {len(world)} pathways of {benchmark.genes} genes; questions: {sizes}")


def _ids(path: Path) -> set[str]:
    table = read_table(path, ["id"])
    return set(table.cells(table.place("id")))
