"""Scores: answers and floors against the truth of a benchmark, one row per example, sample and order of genes."""

import math
from collections.abc import Collection, Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from reasonome.benchmarks.rows import read_rows
from reasonome.config import Style
from reasonome.core.errors import InputError
from reasonome.facts.text import normalise
from reasonome.prompts.prompts import listing_order
from reasonome.scoring.comparisons import in_mean
from reasonome.scoring.encoders import mean_similarity
from reasonome.tasks.base import Task
from reasonome.tasks.naming import floors
from reasonome.tasks.naming.clusters import clusters
from reasonome.tasks.naming.judges import Judges
from reasonome.tasks.naming.reasoning import reasoning_scores
from reasonome.tasks.naming.task import ABSTENTION

SHUFFLED = ("term_score", "rouge_l", "similarity")


class AnswerRow(BaseModel):
    """One row of a file of answers. A bare name stands in `answer`; then `text` is not parsed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    subset: str
    sample: Annotated[int, Field(ge=0, lt=2**31)] = 0
    order: Annotated[int, Field(ge=0, lt=2**31)] = 0
    prompt_sha256: str = ""
    text: str
    answer: str | None = None
    finish_reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    logprob: float | None = None
    name_logprob: float | None = None
    name_tokens: int = 0
    confidence: float | None = None
    seconds: float = 0.0
    genes_left_out: int = 0
    facts_left_out: int = 0
    neighbours_left_out: int = 0


def score_answers(
    task: Task,
    style: Style,
    examples: Sequence[Any],
    answers: Sequence[AnswerRow],
    judges: Judges,
    seed: int,
    file: Path | None = None,
    sealed: Collection[str] = (),
) -> pd.DataFrame:
    """Score every example × sample × order; an example without an answer is a row with an empty, wrong one.

    Answers to `sealed` ids are passed over. A bare name has no form: its format and the rewards of the form are nan,
    and so are length and truncation where nothing is known of how an answer ended. All of them are 0 of an answer that
    is missing, unless they are nan of every other one. InputError for an answer to another id, for two answers to one
    id, sample and order, and without examples; `file` is where the answers come from.
    """
    if not examples:
        raise InputError("there are no examples to score answers against", fix="give the test split of a benchmark")
    given = by_question(examples, answers, file, sealed)
    tries = sorted({(sample, order) for _, sample, order in given}) or [(0, 0)]
    cluster_of = dict(zip((e.id for e in examples), clusters(examples, judges.jaccard), strict=True))
    asked, parsed, shown, formless, rows = [], [], [], [], []
    for example in examples:
        for sample, order in tries:
            answer = given.get((example.id, sample, order))
            read = _read(task, style, answer)
            asked.append(example)
            parsed.append(read)
            shown.append(_shown(example, style, answer))
            formless.append(answer is not None and answer.answer is not None)
            rows.append(
                {
                    "id": example.id,
                    "subset": example.subset,
                    "stratum": example.stratum,
                    "cluster": cluster_of[example.id],
                    "contaminated": example.contaminated,
                    "sample": sample,
                    "order": order,
                    "gold": example.name,
                    "answer": read.name,
                    "text": answer.text if answer else "",
                    "reasoning": "\n".join(read.steps),
                    "problems": ",".join(read.problems if answer else ["missing_answer"]),
                    "genes": " ".join(gene.symbol for gene in example.genes),
                    "genes_left_out": answer.genes_left_out if answer else 0,
                    "facts_left_out": answer.facts_left_out if answer else 0,
                    "neighbours_left_out": answer.neighbours_left_out if answer else 0,
                    "prompt_tokens": answer.prompt_tokens if answer else 0,
                    "completion_tokens": answer.completion_tokens if answer else 0,
                    "finish_reason": answer.finish_reason if answer else "missing",
                    "logprob": answer.logprob if answer else None,
                    "name_logprob": answer.name_logprob if answer else None,
                    "name_tokens": answer.name_tokens if answer else 0,
                    "format": float(read.named and read.reasoned),
                    "format_published": float(read.format_published),
                    "abstained": float(normalise(read.name) == normalise(ABSTENTION)),
                    **_ending(answer),
                    **_confidence(read, answer),
                }
            )
    table = pd.DataFrame(rows).astype({"logprob": float, "name_logprob": float, "confidence": float})
    table = table.join(judges.of_names(table["answer"].tolist(), asked))
    table = table.assign(**reasoning_scores(parsed, asked, shown, judges.knowledge))
    table = table.assign(**_rewards(task, parsed, asked, judges), order_agreement=_order_agreement(table))
    of_form = [f"reward_{name}" for name, reward in task.rewards.items() if not reward.semantic]
    of_form += ["format", "format_published"]
    table.loc[formless, of_form] = math.nan
    answered = table["finish_reason"] != "missing"
    for column in (*of_form, "truncated", "length"):  # 0 of what is missing, beside answers of which it is known
        if answered.any() and table.loc[answered, column].isna().all():
            table[column] = math.nan
    return table.assign(**_shuffled_scores(table, asked, judges, seed))


def by_question(
    examples: Sequence[Any], answers: Sequence[AnswerRow], file: Path | None, sealed: Collection[str]
) -> dict[tuple[str, int, int], AnswerRow]:
    """Answers by id, sample and order, those to `sealed` ids left out; InputError for a stranger's and for twins."""
    known = {example.id for example in examples}
    given: dict[tuple[str, int, int], AnswerRow] = {}
    for line, answer in enumerate(answers, 1):
        if answer.id in sealed:
            continue
        key = (answer.id, answer.sample, answer.order)
        if answer.id not in known:
            raise InputError(
                f"answer to '{answer.id}', which is not in the test split", file=file, line=line, field="id"
            )
        if key in given:
            what = f"two answers to '{answer.id}', sample {answer.sample}, order {answer.order}"
            raise InputError(what, file=file, line=line, field="id")
        given[key] = answer
    return given


def _read(task: Task, style: Style, answer: AnswerRow | None) -> Any:
    """The parsed answer; a bare name is taken as it stands, and what is missing is an empty text."""
    if answer is not None and answer.answer is not None:
        return task.bare(answer.answer)
    return task.parse(answer.text if answer else "", style)


def _shown(example: Any, style: Style, answer: AnswerRow | None) -> list[str]:
    """The symbols that stood in the prompt: all but the last ones of its order, as many as were left out."""
    symbols = [gene.symbol for gene in example.genes]
    ordered = [symbols[position] for position in listing_order(symbols, style)]
    return ordered[: len(ordered) - (answer.genes_left_out if answer else 0)]


def _ending(answer: AnswerRow | None) -> dict[str, float]:
    """Whether the answer was cut off, and its tokens: unknown (nan) of answers that came without either."""
    if answer is not None and not (answer.finish_reason or answer.completion_tokens):
        return {"truncated": math.nan, "length": math.nan}
    return {
        "truncated": float(answer is not None and answer.finish_reason == "length"),
        "length": float(answer.completion_tokens if answer else 0),
    }


def _confidence(read: Any, answer: AnswerRow | None) -> dict[str, Any]:
    """How sure the model was: as it stated, else by the mean log-probability of the name's tokens, as a probability."""
    stated = read.confidence if read.confidence is not None or answer is None else answer.confidence
    if stated is not None:
        return {"confidence": stated, "confidence_kind": "stated"}
    if answer is not None and answer.name_logprob is not None and answer.name_tokens:
        return {"confidence": math.exp(answer.name_logprob / answer.name_tokens), "confidence_kind": "logprob"}
    return {"confidence": None, "confidence_kind": ""}


def _rewards(task: Task, parsed: Sequence[Any], asked: Sequence[Any], judges: Judges) -> dict[str, np.ndarray]:
    """Every reward of the task, by which reward and metric can be compared; without encoders, those that need none."""
    encoders = list(judges.encoders.values())
    return {
        f"reward_{name}": np.array(reward.function(parsed, asked, mean_similarity(encoders)), dtype=float)
        for name, reward in task.rewards.items()
        if encoders or name != "similarity"
    }


def _order_agreement(table: pd.DataFrame) -> pd.Series:
    """Share of pairs of orders of the genes that got the same name, by question and sample; nan with one order.

    Two answers without a name do not agree.
    """
    names = table["answer"].map(normalise)

    def agreement(rows: pd.Series) -> float:
        pairs = [first == second != "" for first, second in combinations(rows, 2)]
        return float(np.mean(pairs)) if pairs else math.nan

    return names.groupby([table["id"], table["sample"]]).transform(agreement).astype(float)


def _shuffled_scores(
    table: pd.DataFrame, asked: Sequence[Any], judges: Judges, seed: int
) -> dict[str, np.ndarray | pd.Series]:
    ordered = table.sort_values(["subset", "sample", "order", "id"])  # the order of the examples changes nothing
    groups = list(zip(ordered["subset"], ordered["sample"], ordered["order"], strict=True))
    permuted = pd.Series(floors.shuffled(ordered["answer"].tolist(), groups, seed), ordered.index).sort_index()
    scores = judges.of_names(permuted.tolist(), asked)
    return {f"shuffled_{key}": scores[key].to_numpy() for key in SHUFFLED if key in scores}


def score_floors(
    training: Sequence[Any], asked: Sequence[Any], style: Style, judges: Judges, seed: int
) -> pd.DataFrame:
    """Score every floor on every example; a floor of several draws gets the mean of its draws' scores, nan left out.

    Without training sets, as a published test may come, only the floors that read the prompt or a database can answer.
    """
    cluster_of = clusters(asked, judges.jaccard)
    tables = []
    questions = floors.Questions(asked, style, seed, training, judges.encoders, judges.terms)
    for name, floor in floors.floors_of(style, bool(training), judges.encoders, judges.terms).items():
        draws = floor.answer(questions)
        scored = [judges.of_names(answers, asked).select_dtypes("number") for answers in draws]
        tables.append(
            pd.DataFrame(
                {
                    "floor": name,
                    "information": floor.information,
                    "id": [example.id for example in asked],
                    "subset": [example.subset for example in asked],
                    "stratum": [example.stratum for example in asked],
                    "cluster": cluster_of,
                    "answer": draws[0],
                    "draws": len(draws),
                    **pd.concat(scored).groupby(level=0).mean(),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def summary(table: pd.DataFrame) -> dict[str, Any]:
    """Means of all metrics per subset and over the subsets, and how many answers were missing or malformed.

    Contaminated variants are no part of the mean; `strata` has the same mean over each stratum. A metric that is known
    of no answer is left out.
    """
    metrics = list(table.select_dtypes("float").columns.drop(["logprob", "name_logprob"], errors="ignore"))
    means = table.groupby("subset")[metrics].mean()
    counted = table[table["subset"].isin(in_mean(table["subset"]))]
    strata = {
        stratum: _known(rows.groupby("subset")[metrics].mean().mean())
        for stratum, rows in counted.groupby("stratum")
        if stratum
    }
    problems = table["problems"].str.split(",").explode()
    return {
        "n": len(table),
        "metrics": {
            **{subset: _known(row) for subset, row in means.iterrows()},
            "mean": _known(means.loc[in_mean(means.index)].mean()),
        },
        "strata": strata,
        "distinct_names": int(table.loc[table["answer"] != "", "answer"].nunique()),
        "problems": {problem: int(count) for problem, count in problems[problems != ""].value_counts().items()},
    }


def _known(means: pd.Series) -> dict[str, float]:
    return means.dropna().round(6).to_dict()


def read_answers(path: str | Path) -> list[AnswerRow]:
    """Rows of an answers file; InputError names the line of a malformed one."""
    return read_rows(path, AnswerRow)
