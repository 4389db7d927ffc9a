"""Scoring that all tasks share: matching answers to questions, how they were read and ended, and means."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from reasonome.answering.rows import AnswerRow
from reasonome.benchmarks.rows import Row, in_mean, shuffled
from reasonome.config import Style
from reasonome.core.errors import InputError
from reasonome.rewards import Answer, Reward
from reasonome.task import Dialogue
from reasonome.task_parts import ScoringJob

_MISSING = "missing"  # the finish reason of an answer that is not there
_COPIED = {"sample", "order", "text", "prompt_tokens", "completion_tokens", "finish_reason", "name_tokens"}


class Attempt(NamedTuple):
    """An example, the answer to it (an empty row where it is missing), and what the task read from it."""

    example: Any
    answer: AnswerRow
    read: Any

    @property
    def missing(self) -> bool:
        """Whether there is no answer to the example."""
        return self.answer.finish_reason == _MISSING

    @property
    def bare(self) -> bool:
        """Whether the answer came as a bare name, without the form of a completion."""
        return self.answer.answer is not None


def attempts(
    task: Dialogue,
    style: Style,
    examples: Sequence[Row],
    answers: Sequence[AnswerRow],
    file: Path | None,
    sealed: Collection[str],
) -> list[Attempt]:
    """Every example × sample × order; a missing answer is read as an empty text, a bare name as it stands.

    Answers to `sealed` ids are skipped. InputError for an answer to another id, for two answers to one id, sample
    and order, and without examples; `file` is where the answers come from.
    """
    if not examples:
        raise InputError("there are no examples to score answers against", fix="give the test split of a benchmark")
    by_question = _by_question(examples, answers, file, sealed)
    tries = sorted({(sample, order) for _, sample, order in by_question}) or [(0, 0)]
    result = []
    for example in examples:
        for sample, order in tries:
            answer = by_question.get((example.id, sample, order)) or AnswerRow(
                id=example.id, subset=example.subset, sample=sample, order=order, text="", finish_reason=_MISSING
            )
            parsed = task.parse(answer.text, style) if answer.answer is None else task.bare(answer.answer)
            result.append(Attempt(example, answer, parsed))
    return result


def answered(task: Dialogue, job: ScoringJob) -> Iterator[tuple[Any, Any]]:
    """What was read of each answer to score, and its example: as the rows of a table of scores."""
    for example, _, read in attempts(task, job.style, job.examples, job.answers, job.file, job.sealed):
        yield read, example


def _by_question(
    examples: Sequence[Row], answers: Sequence[AnswerRow], file: Path | None, sealed: Collection[str]
) -> dict[tuple[str, int, int], AnswerRow]:
    known = {example.id for example in examples}
    by_question: dict[tuple[str, int, int], AnswerRow] = {}
    for line, answer in enumerate(answers, 1):
        if answer.id in sealed:
            continue
        key = (answer.id, answer.sample, answer.order)
        if answer.id not in known:
            raise InputError(
                f"answer to '{answer.id}', which is not in the test split", file=file, line=line, field="id"
            )
        if key in by_question:
            what = f"two answers to '{answer.id}', sample {answer.sample}, order {answer.order}"
            raise InputError(what, file=file, line=line, field="id")
        by_question[key] = answer
    return by_question


def score_rows(
    scored: Sequence[Attempt],
    own: Callable[[Attempt], Mapping[str, object]],
    form: Sequence[str],
    rewards: Mapping[str, Reward],
) -> pd.DataFrame:
    """A table of scores with a row for each attempt: `own` columns, rewards as `reward_…`, and what every answer has.

    `form` names the columns about the form of a completion: nan for a bare name, which has none. These, truncation and
    length are nan for missing answers where they are nan for all others.
    """
    rows = []
    for attempt in scored:
        example, answer, read = attempt
        row = {
            **own(attempt),
            **answer_columns(attempt),
            **{f"reward_{name}": reward.values([read], [example])[0] for name, reward in rewards.items()},
            **ending(answer),
            **confidence(read, answer),
        }
        rows.append(row | (dict.fromkeys(form, math.nan) if attempt.bare else {}))
    return unknown_where_missing(pd.DataFrame(rows), [*form, "truncated", "length"])


def with_reward_columns(
    table: pd.DataFrame, rewards: Mapping[str, Reward], answers: Sequence[Answer], examples: Sequence[Row]
) -> pd.DataFrame:
    """A table of baselines with what rewards of content give their answers, as `reward_…`.

    A bare name has no form to reward; rewards that compare texts would need an encoder. Rows of expected values, which
    have no answer, have nan.
    """
    values = {}
    for name, reward in rewards.items():
        if reward.semantic:
            with suppress(NotImplementedError):  # of `uncompared`
                values[f"reward_{name}"] = reward.values(answers, examples)
    return table.assign(**{name: np.where(table["draws"] == 0, math.nan, column) for name, column in values.items()})


def answer_columns(attempt: Attempt) -> dict[str, object]:
    """The columns of a table of scores that every task has: text and problems of an answer, and its generation."""
    answer = attempt.answer
    logprobs = {"logprob": answer.logprob, "name_logprob": answer.name_logprob}
    return {
        **answer.model_dump(include=_COPIED),
        **{name: math.nan if value is None else value for name, value in logprobs.items()},
        "problems": ",".join(["missing_answer"] if attempt.missing else attempt.read.problems),
    }


def ending(answer: AnswerRow) -> dict[str, float]:
    """Whether the answer was cut off, and its tokens; nan if the answer was recorded without either."""
    if not (answer.finish_reason or answer.completion_tokens):
        return {"truncated": math.nan, "length": math.nan}
    return {"truncated": float(answer.finish_reason == "length"), "length": float(answer.completion_tokens)}


def unknown_where_missing(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The table with `columns` set to nan, not 0, for missing answers if they are nan for all others."""
    answered = table["finish_reason"] != _MISSING
    unknown = [column for column in columns if answered.any() and table.loc[answered, column].isna().all()]
    return table.assign(**dict.fromkeys(unknown, math.nan))


def confidence(read: Answer, answer: AnswerRow) -> dict[str, float | str]:
    """The model's confidence: as stated, else exp of the mean log-probability of the name's tokens; nan if unknown."""
    stated = answer.confidence if read.confidence is None else read.confidence
    if stated is not None:
        return {"confidence": stated, "confidence_kind": "stated"}
    if answer.name_logprob is not None and answer.name_tokens:
        return {"confidence": math.exp(answer.name_logprob / answer.name_tokens), "confidence_kind": "logprob"}
    return {"confidence": math.nan, "confidence_kind": ""}


def shuffled_rows(table: pd.DataFrame, seed: int) -> list[int]:
    """For each row of a table of scores, another row of its subset, sample and order whose answer it gets.

    The result does not depend on the order of the rows.
    """
    ordered = table.sort_values(["subset", "sample", "order", "id"])
    groups = list(zip(ordered["subset"], ordered["sample"], ordered["order"], strict=True))
    return pd.Series(shuffled(ordered.index.tolist(), groups, seed), ordered.index).sort_index().tolist()


def order_agreement(answers: pd.Series, table: pd.DataFrame) -> pd.Series:
    """Share of pairs of orders that got the same answer, by question and sample of a table; nan with one order.

    Two empty answers do not agree.
    """

    def agreement(rows: pd.Series) -> float:
        pairs = [first == second != "" for first, second in combinations(rows, 2)]
        return float(np.mean(pairs)) if pairs else math.nan

    return answers.groupby([table["id"], table["sample"]]).transform(agreement).astype(float)


def summary(table: pd.DataFrame) -> dict[str, object]:
    """Means of all metrics per subset and over the subsets, and how many answers were missing or malformed.

    Contaminated variants are not in the mean; `strata` has the same mean over each stratum. A metric without any known
    value is left out.
    """
    metrics = list(table.select_dtypes("float").columns.drop(["logprob", "name_logprob"], errors="ignore"))
    means = table.groupby("subset")[metrics].mean()
    counted = table[table["subset"].isin(in_mean(table["subset"]))]
    strata = {
        stratum: _known(rows.groupby("subset")[metrics].mean().mean())
        for stratum, rows in counted.groupby("stratum")
        if stratum
    }
    return {
        "n": len(table),
        "metrics": {
            **{subset: _known(row) for subset, row in means.iterrows()},
            "mean": _known(means.loc[in_mean(means.index)].mean()),
        },
        "strata": strata,
        "distinct_names": int(table.loc[table["answer"] != "", "answer"].nunique()),
        "problems": problem_counts(table["problems"]),
    }


def problem_counts(problems: pd.Series) -> dict[str, int]:
    """Problem → how many rows have it, the commonest first; cells have codes joined by commas."""
    codes = problems.str.split(",").explode()
    return {str(problem): int(count) for problem, count in codes[codes != ""].value_counts().items()}


def _known(means: pd.Series) -> dict[str, float]:
    return {str(metric): float(mean) for metric, mean in means.dropna().round(6).items()}
