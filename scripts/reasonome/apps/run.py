"""One run of an application: what its inputs are called, how a model is asked, and what is written."""

import hashlib
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from reasonome.answering.asked_model import AskedModel
from reasonome.answering.results_folder import MANIFEST, ResultsKind
from reasonome.benchmarks.rows import Row
from reasonome.config import Decoding, Style
from reasonome.config.styles import TEMPLATE_TOKENS, count_tokens
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.terminal import say
from reasonome.report.origins import learned_from
from reasonome.task import Task

SHOWN = 8  # inputs of a run, or of a file, that are printed one by one
_ENDINGS = re.compile(r"(\.(gz|zip|gmt|grp|rnk|txt|csv|tsv|tab|list|jsonl?|ya?ml|phenopacket|hpo))+$", re.IGNORECASE)


class Record(BaseModel):
    """What an application says of one input, or a part of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Drawing(Protocol):
    """The settings of a run that say how answers are drawn."""

    samples: int
    temperature: float
    top_p: float
    batch_size: int
    seed: int


def record_id(*names: str) -> str:
    """An id that depends on the names only, and is safe in file names and links."""
    return hashlib.sha256("\0".join(names).encode()).hexdigest()[:12]


def print_flags(flags: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Print what is odd about the first inputs, each with its name, and of how many more something is."""
    flagged = [(name, found) for name, found in flags if found]
    for name, found in flagged[:SHOWN]:
        say(f"look: {name}: {'; '.join(found)}")
    if len(flagged) > SHOWN:
        say(f"look: {len(flagged) - SHOWN:,} more, in the column `flags` and on the page")


def recipe_sentences(steps: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for each training step, by its manifest; none for the untouched backbone."""
    return [f"{step['step']}: {learned_from(step)}" for step in steps if "recipe" in step]


def stem(path: Path) -> str:
    """The name of a file without its endings."""
    return _ENDINGS.sub("", path.name) or path.name


def unused_name(wanted: str, taken: Container[str]) -> str:
    """The name, with a number behind it where it is taken: "name (2)"."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} ({number})", number + 1
    return name


def decoding_of(settings: Drawing, max_new_tokens: int, in_orders: bool = False) -> Decoding:
    """How answers are drawn: several are sampled, each in another order if `in_orders`; a single one is greedy."""
    sampled = settings.samples > 1
    return Decoding(
        samples=1 if in_orders else settings.samples,
        orders=settings.samples if in_orders else 1,
        temperature=settings.temperature if sampled else 0.0,
        top_p=settings.top_p if sampled else 1.0,
        max_new_tokens=max_new_tokens,
        batch_size=settings.batch_size,
        seed=settings.seed,
    )


def check_context(
    task: Task, examples: Sequence[Row], style: Style, model: AskedModel, new_tokens: int, smaller: str
) -> None:
    """Raise InputError if the longest prompt and its answer may exceed what the model reads, where that is known.

    `smaller` says, for the error, what would make prompts shorter.
    """
    if model.context is None or not examples:
        return
    tokens = max(
        sum(count_tokens([message["content"] for message in task.prompt(example, style).messages]))
        for example in examples
    )
    if tokens + TEMPLATE_TOKENS + new_tokens > model.context:
        what = f"the longest prompt may have {tokens:,} tokens; with {new_tokens} of its answer that is more than the "
        what += f"{model.context:,} that {model.name} reads"
        raise InputError(what, field="--model", fix=f"{smaller}, or fewer --max-new-tokens")


def write_table(path: Path, columns: Sequence[str], lines: Iterable[str]) -> None:
    """Write a table with tabs, of lines without their ends."""
    atomic.write_text(path, "".join(f"{line}\n" for line in ("\t".join(columns), *lines)))


def write_page(out: Path, kind: ResultsKind, page: str, manifest: Mapping[str, object]) -> None:
    """Write the page, and last of all the manifest."""
    atomic.write_text(out / kind.page, page)
    atomic.write_json(out / MANIFEST, manifest)
