"""Rows of a file of answers."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from reasonome.benchmarks.rows import read_rows
from reasonome.core.errors import InputError


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


def read_answers(path: str | Path) -> list[AnswerRow]:
    """Rows of an answers file; InputError names the line of a malformed one, and is raised for a file without any."""
    rows = read_rows(path, AnswerRow)
    if not rows:
        raise InputError("this file has no answers", file=path, fix="remove it and run snakemake again")
    return rows


def cut_flags(rows: Sequence[AnswerRow]) -> list[str]:
    """A warning where answers ended at their limit of tokens; none otherwise."""
    cut = sum(row.finish_reason == "length" for row in rows)
    told = f"{cut:,} of {len(rows):,} answers ended at their limit of tokens: raise --max-new-tokens"
    return [told] if cut else []


def texts_by_id(rows: Iterable[AnswerRow]) -> dict[str, list[str]]:
    """The texts of a file of answers by the id of their question, in their order."""
    texts: dict[str, list[str]] = {}
    for row in rows:
        texts.setdefault(row.id, []).append(row.text)
    return texts
