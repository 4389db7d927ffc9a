"""Asking about people's own questions: once, whatever is killed in between, and offline where weights answer."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huggingface_hub import constants

from reasonome.answering.asked_model import AskedModel
from reasonome.answering.results_folder import ANSWERS, ResultsKind, claim, keep_answers, kept_answers
from reasonome.answering.rows import AnswerRow
from reasonome.config import Decoding, Style
from reasonome.core.manifest import canonical, text_sha256
from reasonome.task import Task


@contextmanager
def offline() -> Iterator[None]:
    """Make every request to the Hugging Face hub an error within the block.

    The hub's client reads HF_HUB_OFFLINE when it is imported, which may have happened long before: so this sets the
    client's own switch.
    """
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def answers_by_id(
    model: AskedModel,
    task: Task,
    style: Style,
    decoding: Decoding,
    examples: Sequence[Any],
    out: Path,
    kind: ResultsKind,
    code: str,
) -> Mapping[str, list[AnswerRow]]:
    """The answers to each question by its id; those of an earlier run with the same model, questions and `code`.

    InputError as of the model's `announce` and `write_answers`; of the former before anything in `out` is touched.
    """
    if not examples:
        return {}
    parts = [model.digest, task.name, style.model_dump(mode="json"), decoding.model_dump(), code]
    digest = text_sha256(canonical([*parts, [example.model_dump(mode="json") for example in examples]]))
    rows = kept_answers(out, digest)
    if rows is None:
        model.announce(task, style, decoding, examples, out / ANSWERS)
        claim(out, kind)
        model.write_answers(task, style, decoding, examples, out / ANSWERS)
        rows = keep_answers(out, digest, kind)
    answers: dict[str, list[AnswerRow]] = {}
    for row in rows:
        answers.setdefault(row.id, []).append(row)
    return answers
