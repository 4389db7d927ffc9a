"""What adding a task takes: a module, a prompt, and a few lines of configuration, which `add` writes."""

import csv
import gzip
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESOURCES = HERE.parents[1] / "resources"
HGNC = RESOURCES / "demo/hgnc_complete_set.txt.gz"
LOCATIONS = RESOURCES / "demo-ranking/gene_locations.tsv.gz"
BENCHMARK, EXPERIMENT = "chromosomes", "own-task"


def add(folder: Path, edit: Callable[..., None]) -> None:
    """Add the task to a project; `edit(folder, file, change)` lets `change` alter a YAML file of its configuration."""
    (folder / "mine").mkdir()
    shutil.copy2(HERE / "chromosome.py", folder / "mine")
    shutil.copy2(HERE / "chromosome_of_gene.plain.txt", folder / "config/prompts")
    rows = genes(60)
    write(folder / "mine/genes.tsv", rows, ("id", "gene", "name", "stem", "answer"))
    # Somebody else's answers: right for every other gene.
    answers = [{"id": row["id"], "answer": row["answer"] if place % 2 else "Y"} for place, row in enumerate(rows)]
    write(folder / "mine/answers.tsv", answers, ("id", "answer"))
    edit(folder, "config.yaml", lambda c: c.update(tasks={"chromosome_of_gene": "mine/chromosome.py:ChromosomeOfGene"}))
    edit(folder, "benchmarks.yaml", lambda c: c.update({BENCHMARK: stanza()}))
    recorded = {"recorded": {"files": {BENCHMARK: "mine/answers.tsv"}}}
    edit(folder, "backbones.yaml", lambda c: c.update(other=recorded))
    text = f"backbones: [other]\narms: {{base: []}}\nbenchmarks: [{BENCHMARK}]\nstyles: [plain]\ndecodings: [greedy]\n"
    (folder / f"config/experiments/{EXPERIMENT}.yaml").write_text(text)


def stanza() -> dict[str, Any]:
    """The entry of benchmarks.yaml."""
    return {
        "task": "chromosome_of_gene",
        "group": "stem",
        "subsets": {"all": {"table": "mine/genes.tsv", "test": 12, "valid": 4}},
    }


def genes(most: int) -> list[dict[str, str]]:
    """The first genes of HGNC's set whose place is known; genes of one letter stem, such as a family's, are a group."""
    with gzip.open(LOCATIONS, "rt", encoding="utf-8", newline="") as handle:
        chromosomes = {row[5]: row[1] for row in csv.reader(handle, delimiter="\t")}
    found = []
    with gzip.open(HGNC, "rt", encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            gene, stem = row["symbol"], re.match(r"[A-Z]+", row["symbol"])
            if gene in chromosomes and stem:
                columns = {"id": gene, "gene": gene, "name": row["name"]}
                found.append({**columns, "stem": stem[0], "answer": chromosomes[gene]})
    return found[:most]


def write(path: Path, rows: list[dict[str, str]], columns: tuple[str, ...]) -> None:
    """Write a table as TSV."""
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
