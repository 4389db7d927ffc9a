"""The prompts that API backbones of an experiment have yet to answer, and the most that they cost; nothing is sent."""

import math
from pathlib import Path

import pandas as pd

from reasonome.answering import api
from reasonome.benchmarks.rows import read_rows
from reasonome.config import OpenAITeacher, SftRecipe
from reasonome.config.project import Project
from reasonome.config.project.experiments import cells, examples_folder
from reasonome.core.errors import InputError, lookup

METHOD = (
    f"Prompt tokens are counted high: two small letters, or one other character, are a token, and "
    f"{api.TOKENS_PER_MESSAGE} a message for the chat format. Completions are taken to reach the decoding's limit. "
    "Fewer are left than there are questions where answers are in the cache, and where prompts are equal: those are "
    "asked once a sample. "
    "Requests that an endpoint answers badly are asked again, and it may charge for them."
)


def table(project: Project, experiment: str) -> pd.DataFrame:
    """A row per API backbone and cell; then one with the sum of each backbone, called `total`.

    Columns: backbone, cell, questions (× orders × samples), left (not in the cache; equal ones once), prompt_tokens,
    completion_tokens (at most; missing where nothing bounds it), cost (the highest; missing without a price).
    InputError for an unknown experiment, and for benchmark files that are not built, with the targets that build them.
    """
    lookup(project.experiments, experiment, "experiment")
    results = project.results
    runs = {results.answers(run): run for run in cells(project, experiment) if project.backbones[run.backbone].api}
    files = {run: examples_folder(project, run.benchmark, run.style) / "test.jsonl" for run in runs.values()}
    _check_built(list(files.values()))
    rows = []
    for target, run in runs.items():
        task = project.task(run.benchmark)
        cell = api.estimate(
            task,
            project.style(run.benchmark, run.style),
            project.decodings[run.decoding],
            read_rows(files[run], task.Example),
            project.backbones[run.backbone].api,
            target,
        )
        rows.append({"backbone": run.backbone, "cell": f"{run.benchmark}.{run.style} {run.decoding}", **vars(cell)})
    cost = pd.DataFrame(
        rows, columns=["backbone", "cell", "questions", "left", "prompt_tokens", "completion_tokens", "cost"]
    )
    cost = cost.astype({"completion_tokens": "Int64", "cost": "Float64"})
    totals = cost.drop(columns="cell").groupby("backbone", sort=False).agg(lambda values: values.sum(skipna=False))
    return pd.concat([cost, totals.reset_index().assign(cell="total")], ignore_index=True)


def api_teachers(project: Project, experiment: str) -> list[str]:
    """The teachers behind an endpoint that an experiment's recipes name; what they cost is not estimated."""
    recipes = [project.recipe(step) for step in project.experiments[experiment].steps]
    named = dict.fromkeys(recipe.teacher for recipe in recipes if isinstance(recipe, SftRecipe))
    return [name for name in named if isinstance(project.teachers.get(name), OpenAITeacher)]


def _check_built(files: list[Path]) -> None:
    missing = list(dict.fromkeys(file for file in files if not file.is_file()))
    if missing:
        targets = " ".join(map(str, missing))
        raise InputError("the questions are not built yet", file=missing[0], fix=f"snakemake --cores 2 {targets}")


def _rounded_up(cost: float) -> str:
    """An upper bound in hundredths, still one; what floating point adds to a whole hundredth does not count."""
    return f"{math.ceil(round(cost * 100, 6)) / 100:,.2f}"


def text(estimates: pd.DataFrame) -> str:
    """The table for people, with how it was counted."""
    shown = estimates.astype(object)
    counts = ["questions", "left", "prompt_tokens", "completion_tokens"]
    shown[counts] = shown[counts].map("{:,}".format, na_action="ignore")
    shown["cost"] = shown["cost"].map(_rounded_up, na_action="ignore")
    shown = shown.fillna({"completion_tokens": "no limit sent", "cost": "unknown"})
    shown = shown.rename(columns={"cost": "highest_cost"})
    parts = [shown.to_string(index=False), METHOD]
    if estimates["cost"].isna().any():
        parts.append(
            "A cost needs `price: {prompt: …, completion: …}` (per million tokens) and a limit: backbones.yaml."
        )
    return "\n\n".join(parts)
