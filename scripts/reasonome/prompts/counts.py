"""Counts of the genes and facts that the styles of an experiment show and leave out, from its prompt files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.config.project import Project, experiments
from reasonome.core.errors import InputError, lookup

# Usual prompts of published systems show all genes of sets up to this size.
SMALL = 200
COLUMNS = {
    "experiment": "experiment",
    "benchmark": "benchmark",
    "style": "style",
    "sets": "questions",
    "genes": "genes of a question",
    "shown": "shown",
    "cut": "questions cut",
    "small_cut": f"of those ≤ {SMALL} genes",
    "left_out": "facts or phenotypes left out",
}


def prompted(project: Project, experiment: str) -> list[tuple[str, str]]:
    """(benchmark, style) of every prompt file that an experiment asks or trains in, each once."""
    steps = lookup(project.experiments, experiment, "experiment").steps
    trained = [question for step in steps for question in project.recipe(step).questions]
    return list(dict.fromkeys([*experiments.audit_plan(project, experiment).asked, *trained]))


def prompt_files(project: Project, experiment: str) -> list[Path]:
    """The files that `table` reads of an experiment."""
    folders = [project.examples(*pair) for pair in prompted(project, experiment)]
    return [folder / f"{part}.jsonl" for folder in folders for part in SPLITS]


def table(project: Project, names: Iterable[str]) -> pd.DataFrame:
    """A row per experiment, benchmark and style, over all splits; InputError for files that are not built.

    `genes` and `shown` are means over questions (of a ranking its candidates), `cut` counts questions with a gene that
    is not shown, `small_cut` those of at most SMALL genes among them, and `left_out` is the mean number of facts or
    phenotypes for which there was no room.
    """
    return pd.DataFrame(
        [
            {"experiment": name, "benchmark": benchmark, "style": style, **_counted(project, benchmark, style)}
            for name in names
            for benchmark, style in prompted(project, name)
        ],
        columns=list(COLUMNS),
    )


def markdown(counts: pd.DataFrame) -> str:
    """The table for people and for pages."""
    shown = counts.assign(
        **{name: counts[name].map("{:,}".format) for name in ("sets", "cut", "small_cut")},
        **{name: counts[name].map("{:,.1f}".format) for name in ("genes", "shown", "left_out")},
    )
    no_genes = counts["genes"] == 0
    shown = shown.assign(
        **{name: shown[name].mask(no_genes, "") for name in ("genes", "shown", "cut", "small_cut")},
    )
    lines = [list(COLUMNS.values()), ["---"] * 3 + ["---:"] * (len(COLUMNS) - 3), *shown.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _counted(project: Project, benchmark: str, style: str) -> dict[str, Any]:
    task = project.task(benchmark)
    folder = project.examples(benchmark, style)
    prompts = []
    for part in SPLITS:
        path = folder / f"{part}.jsonl"
        if not path.is_file():
            raise InputError("the prompts are not written yet", file=path, fix=f"snakemake --cores 2 {path}")
        prompts += [task.prompt(row, project.style(benchmark, style)) for row in read_rows(path, task.Example)]
    sizes = [(len(prompt.shown) + prompt.left_out, len(prompt.shown), prompt.facts_left_out) for prompt in prompts]
    rows = pd.DataFrame(sizes, columns=["genes", "shown", "left_out"])
    cut = rows["shown"] < rows["genes"]
    small = rows["genes"] <= SMALL
    means = rows.mean().to_dict()
    return {"sets": len(rows), **means, "cut": int(cut.sum()), "small_cut": int((cut & small).sum())}
