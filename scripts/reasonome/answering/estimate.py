"""The prompts that API backbones and teachers of an experiment have yet to answer, and the most that they cost; nothing
is sent."""

import math
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.answering import api
from reasonome.answering.chat_endpoint import Question
from reasonome.benchmarks.rows import read_rows
from reasonome.config import OpenAITeacher
from reasonome.config.project import Project, chains
from reasonome.config.project.chains import Run
from reasonome.config.project.experiments import cells, examples_folder, taught_by, trained_steps
from reasonome.core.errors import InputError, lookup

METHOD = (
    f"Prompt tokens are counted high: two small letters, or one other character, are a token, and "
    f"{api.TOKENS_PER_MESSAGE} a message for the chat format. Completions are taken to reach their limit. "
    "Fewer are left than there are questions where answers are in the cache, and where prompts are equal: those are "
    "asked once a sample. "
    "Requests that an endpoint answers badly are asked again, and it may charge for them."
)


def table(project: Project, experiment: str) -> pd.DataFrame:
    """A row per cell of each API backbone, and per benchmark of each teacher behind an endpoint; then one with the sum
    of each, called `total`.

    Columns: asked (a backbone, or `teacher NAME`), cell, questions (× orders × samples), left (not in the cache; equal
    ones once), prompt_tokens, completion_tokens (at most; missing where nothing bounds it), cost (the highest; missing
    without a price). InputError for an unknown experiment, and for files of questions that are not built, with the
    targets that build them.
    """
    lookup(project.experiments, experiment, "experiment")
    asked = {
        target: run
        for run in cells(project, experiment)
        if project.backbones[run.backbone].api and (target := project.results.answers(run))
    }
    taught = _taught(project, experiment)
    questions = [_file(project, run.benchmark, run.style, "test") for run in asked.values()]
    _check_built(questions + [_file(project, benchmark, style, "train") for _, benchmark, style in taught])
    rows = [_cell(project, run, target) for target, run in asked.items()]
    rows += [_reasoning(project, *key) for key in taught]
    columns = ["asked", "cell", "questions", "left", "prompt_tokens", "completion_tokens", "cost"]
    cost = pd.DataFrame(rows, columns=columns).astype({"completion_tokens": "Int64", "cost": "Float64"})
    totals = cost.drop(columns="cell").groupby("asked", sort=False).agg(lambda values: values.sum(skipna=False))
    return pd.concat([cost, totals.reset_index().assign(cell="total")], ignore_index=True)


def _cell(project: Project, run: Run, target: Path) -> dict[str, Any]:
    """The row of a cell."""
    task = project.task(run.benchmark)
    examples = read_rows(_file(project, run.benchmark, run.style, "test"), task.Example)
    style, decoding = project.style(run.benchmark, run.style), project.decodings[run.decoding]
    found = api.estimate(task, style, decoding, examples, project.backbones[run.backbone].api, target)
    return {"asked": run.backbone, "cell": f"{run.benchmark}.{run.style} {run.decoding}", **vars(found)}


def _taught(project: Project, experiment: str) -> list[tuple[str, str, str]]:
    """(teacher, benchmark, style) of the reasoning that teachers behind an endpoint write, each once."""
    recipes = [chains.last_step(chain).recipe(project) for _, chain in trained_steps(project, experiment)]
    taught = dict.fromkeys(key for recipe in recipes for key in taught_by(project, recipe))
    return [key for key in taught if isinstance(project.teachers[key[0]], OpenAITeacher)]


def _reasoning(project: Project, name: str, benchmark: str, style: str) -> dict[str, Any]:
    """The row of a teacher's reasoning about the training questions of a benchmark."""
    task, shown, teacher = project.task(benchmark), project.style(benchmark, style), project.teachers[name]
    examples = read_rows(_file(project, benchmark, style, "train"), task.Example)
    prompts = {example.id: task.prompt(example, shown) for example in examples}
    messages = task.teaching.asked(project, benchmark, prompts)
    target = project.results.reasoning(name, benchmark, style)
    found = api.estimate_asked(teacher, teacher.parameters(), list(map(Question, messages.values())), target)
    return {"asked": f"teacher {name}", "cell": f"{benchmark}.{style} reasoning", **vars(found)}


def _file(project: Project, benchmark: str, style: str, part: str) -> Path:
    return examples_folder(project, benchmark, style) / f"{part}.jsonl"


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
            "A cost needs `price: {prompt: …, completion: …}` (per million tokens) and a limit: backbones.yaml, "
            "teachers.yaml."
        )
    return "\n\n".join(parts)
