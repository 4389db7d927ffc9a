"""Scores: answers and floors against the truth of a benchmark, one row per example and sample."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from reasonome import floors
from reasonome.benchmarks import read_rows
from reasonome.comparisons import in_mean
from reasonome.config import Style
from reasonome.errors import InputError
from reasonome.metrics.naming import Similarity, name_scores, normalise
from reasonome.tasks.gene_set_naming import ABSTENTION
from reasonome.tasks.task import Task


class AnswerRow(BaseModel):
    """One row of a file of answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    subset: str
    sample: Annotated[int, Field(ge=0, lt=2**31)] = 0
    prompt_sha256: str = ""
    text: str
    finish_reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    logprob: float | None = None
    seconds: float = 0.0
    genes_left_out: int = 0
    facts_left_out: int = 0
    neighbours_left_out: int = 0


def score_answers(
    task: Task,
    examples: Sequence[Any],
    answers: Sequence[AnswerRow],
    encoders: Mapping[str, Similarity],
    seed: int,
    file: Path | None = None,
) -> pd.DataFrame:
    """Score every example × sample; an example without an answer is a row with an empty, wrong one.

    InputError for an answer to an unknown id, for two answers to one id and sample, and without examples; `file` is
    where the answers come from.
    """
    if not examples:
        raise InputError("there are no examples to score answers against", fix="give the test split of a benchmark")
    given = _by_question(examples, answers, file)
    samples = sorted({answer.sample for answer in answers}) or [0]
    rows = []
    for example in examples:
        for sample in samples:
            answer = given.get((example.id, sample))
            parsed = task.parse(answer.text if answer else "")
            rows.append(
                {
                    "id": example.id,
                    "subset": example.subset,
                    "stratum": example.stratum,
                    "sample": sample,
                    "gold": example.name,
                    "answer": parsed.name,
                    "text": answer.text if answer else "",
                    "reasoning": "\n".join(parsed.steps),
                    "problems": ",".join(parsed.problems if answer else ["missing_answer"]),
                    "genes": " ".join(gene.symbol for gene in example.genes),
                    "genes_left_out": answer.genes_left_out if answer else 0,
                    "facts_left_out": answer.facts_left_out if answer else 0,
                    "neighbours_left_out": answer.neighbours_left_out if answer else 0,
                    "prompt_tokens": answer.prompt_tokens if answer else 0,
                    "completion_tokens": answer.completion_tokens if answer else 0,
                    "finish_reason": answer.finish_reason if answer else "missing",
                    "logprob": answer.logprob if answer else None,
                    "format": float(parsed.named and parsed.reasoned),
                    "abstained": float(normalise(parsed.name) == normalise(ABSTENTION)),
                    "truncated": float(bool(answer) and answer.finish_reason == "length"),
                    "length": float(answer.completion_tokens if answer else 0),
                }
            )
    table = pd.DataFrame(rows)
    table = table.assign(**name_scores(table["answer"].tolist(), table["gold"].tolist(), encoders))
    return table.assign(**_shuffled_scores(table, encoders, seed))


def _by_question(
    examples: Sequence[Any], answers: Sequence[AnswerRow], file: Path | None
) -> dict[tuple[str, int], AnswerRow]:
    known = {example.id for example in examples}
    given: dict[tuple[str, int], AnswerRow] = {}
    for line, answer in enumerate(answers, 1):
        if answer.id not in known:
            raise InputError(
                f"answer to '{answer.id}', which is not in the test split", file=file, line=line, field="id"
            )
        if (answer.id, answer.sample) in given:
            raise InputError(f"two answers to '{answer.id}', sample {answer.sample}", file=file, line=line, field="id")
        given[answer.id, answer.sample] = answer
    return given


def _shuffled_scores(table: pd.DataFrame, encoders: Mapping[str, Similarity], seed: int) -> dict[str, np.ndarray]:
    ordered = table.sort_values(["subset", "sample", "id"])  # so that the order of the examples changes nothing
    groups = list(zip(ordered["subset"], ordered["sample"], strict=True))
    permuted = pd.Series(floors.shuffled(ordered["answer"].tolist(), groups, seed), ordered.index).sort_index()
    scores = name_scores(permuted.tolist(), table["gold"].tolist(), encoders)
    return {f"shuffled_{key}": scores[key] for key in ("rouge_l", "similarity") if key in scores}


def score_floors(
    training: Sequence[Any], asked: Sequence[Any], style: Style, encoders: Mapping[str, Similarity], seed: int
) -> pd.DataFrame:
    """Score every floor on every example; a floor of several draws gets the mean of its draws' scores.

    Without training sets, as a published test may come, only the floors that read the prompt alone can answer.
    """
    truths = [example.name for example in asked]
    tables = []
    for name, floor in floors.floors_of(style, trained=bool(training)).items():
        draws = floor.answer(training, asked, style, seed)
        scored = [name_scores(answers, truths, encoders) for answers in draws]
        tables.append(
            pd.DataFrame(
                {
                    "floor": name,
                    "information": floor.information,
                    "id": [example.id for example in asked],
                    "subset": [example.subset for example in asked],
                    "stratum": [example.stratum for example in asked],
                    "answer": draws[0],
                    "draws": len(draws),
                    **{metric: np.mean([s[metric] for s in scored], axis=0) for metric in scored[0]},
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def summary(table: pd.DataFrame) -> dict[str, Any]:
    """Means of all metrics per subset and over the subsets, and how many answers were missing or malformed.

    Contaminated variants are no part of the mean; `strata` has the same mean over each stratum.
    """
    metrics = list(table.select_dtypes("float").columns.drop("logprob", errors="ignore"))
    means = table.groupby("subset")[metrics].mean()
    counted = table[table["subset"].isin(in_mean(table["subset"]))]
    strata = {
        stratum: rows.groupby("subset")[metrics].mean().mean().round(6).to_dict()
        for stratum, rows in counted.groupby("stratum")
        if stratum
    }
    problems = table["problems"].str.split(",").explode()
    return {
        "n": len(table),
        "metrics": {
            **{subset: row.round(6).to_dict() for subset, row in means.iterrows()},
            "mean": means.loc[in_mean(means.index)].mean().round(6).to_dict(),
        },
        "strata": strata,
        "distinct_names": int(table.loc[table["answer"] != "", "answer"].nunique()),
        "problems": {problem: int(count) for problem, count in problems[problems != ""].value_counts().items()},
    }


def read_answers(path: str | Path) -> list[AnswerRow]:
    """Rows of an answers file; InputError names the line of a malformed one."""
    return read_rows(path, AnswerRow)
