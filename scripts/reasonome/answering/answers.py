"""Answers of a model to one benchmark, written batch by batch so that a killed job goes on where it stopped."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

from tqdm import tqdm

from reasonome.answering.engine import Completion
from reasonome.benchmarks.rows import Row
from reasonome.config import Decoding, Style
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.manifest import Stopwatch, canonical, text_sha256
from reasonome.prompts.chat_template import render
from reasonome.prompts.prompts import Prompt
from reasonome.task import Task


def _transformers() -> ModuleType:
    from reasonome.answering import local

    return local


def _vllm() -> ModuleType:
    from reasonome.answering import vllm_engine

    return vllm_engine


# Engine → its module, which is imported when it is needed: they are heavy, and vLLM may not be installed.
ENGINES = {"transformers": _transformers, "vllm": _vllm}


class PartialAnswers:
    """Finished batches of one job, kept in a file beside the target that no rule declares.

    The first line is the job's digest; a file of another job is thrown away, and so is a torn last line.
    """

    def __init__(self, target: Path, digest: str):
        self.path = target.with_name(f".{target.name}.partial")
        self.batches: dict[int, list[dict]] = {}
        self._digest = digest
        self._read()

    def _read(self) -> None:
        lines = self.path.read_bytes().split(b"\n") if self.path.is_file() else []
        whole = lines[:-1]  # what follows the last line end was torn by a kill
        if not whole or whole[0] != self._digest.encode():
            return
        for line in whole[1:]:
            try:
                batch = json.loads(line)
            except ValueError:  # a power cut can leave a line of zeros: what came before it is good
                return
            self.batches[batch["batch"]] = batch["rows"]

    def seconds(self) -> float:
        """What it took to make the batches that are kept."""
        return sum(row["seconds"] for rows in self.batches.values() for row in rows)

    def __enter__(self) -> "PartialAnswers":
        kept = [{"batch": number, "rows": rows} for number, rows in self.batches.items()]
        lines = [self._digest, *(json.dumps(batch, ensure_ascii=False) for batch in kept), ""]
        atomic.write_text(self.path, "\n".join(lines))
        return self

    def add(self, number: int, rows: list[dict]) -> None:
        """Keep one finished batch, safely on disk."""
        self.batches[number] = rows
        atomic.append_line(self.path, {"batch": number, "rows": rows})

    def __exit__(self, kind, value, traceback) -> None:
        if kind is None:
            self.path.unlink()


@dataclass(frozen=True)
class Question:
    """One example as it is asked: which order of its shown genes, which sample, and the prompt."""

    example: Row
    order: int
    sample: int
    prompt: Prompt


def questions(task: Task, style: Style, decoding: Decoding, examples: Sequence[Row]) -> list[Question]:
    """Every example × order × sample; all orders of an example list the same genes."""
    return [
        Question(example, order, sample, prompt)
        for example in examples
        for order in range(decoding.orders)
        for prompt in [task.prompt(example, style, order)]
        for sample in range(decoding.samples)
    ]


def _openings(task: Task, style: Style, question: Question) -> dict[str, str]:
    """As `Dialogue.openings`; InputError where the question has no candidates."""
    if not (openings := task.openings(question.prompt, style)):
        what = f"question '{question.example.id}' has no candidates to rank"
        raise InputError(what, field="ranked", fix="ask it in a decoding that draws answers")
    return openings


def answer_row(question: Question, prompt_sha256: str, completion: Completion) -> dict[str, object]:
    """One row of a file of answers."""
    return {
        "id": question.example.id,
        "subset": question.example.subset,
        "sample": question.sample,
        "order": question.order,
        "prompt_sha256": prompt_sha256,
        **vars(completion),
        "genes_left_out": question.prompt.left_out,
        "facts_left_out": question.prompt.facts_left_out,
        "neighbours_left_out": question.prompt.neighbours_left_out,
    }


def write_answers(
    task: Task,
    style: Style,
    decoding: Decoding,
    examples: Sequence[Row],
    model_folder: Path,
    model_digest: str,
    target: Path,
    engine: str = "transformers",
    stopwatch: Stopwatch | None = None,
) -> dict[str, object]:
    """Answer all examples and write `target` (JSONL, rows in the order of the examples).

    Returns the counts of tokens and the precision that was computed in. The `stopwatch` is told what answers took that
    earlier attempts gave: their tokens are among those that are counted.
    """
    from reasonome.answering import likelihood, precision

    source = ENGINES[engine]()
    chosen = precision.choose(decoding.precision)
    model, tokenizer = source.load(model_folder, chosen)
    all_questions = questions(task, style, decoding, examples)
    texts = [render(tokenizer, question.prompt.messages) for question in all_questions]
    digest = text_sha256(canonical([model_digest, engine, chosen, decoding.model_dump(), texts]))
    span = partial(task.name_span, style=style)
    with PartialAnswers(target, digest) as kept:
        if stopwatch:
            stopwatch.earlier = kept.seconds()
        bar = tqdm(total=len(all_questions), desc="answers", unit="answer")
        bar.update(sum(len(rows) for rows in kept.batches.values()))
        if decoding.ranked:
            openings = [_openings(task, style, question) for question in all_questions]
            lists, size = partial(task.ranking, style=style), decoding.batch_size
            drawn = likelihood.ranked(model, tokenizer, texts, openings, lists, size, set(kept.batches))
        else:
            drawn = source.generate(model, tokenizer, texts, decoding, skip=set(kept.batches), span=span)
        for number, batch in drawn:
            rows = [
                {"position": i, **answer_row(all_questions[i], text_sha256(texts[i]), completion)}
                for i, completion in batch
            ]
            kept.add(number, rows)
            bar.update(len(batch))
        bar.close()
        rows = sorted((row for batch in kept.batches.values() for row in batch), key=lambda row: row["position"])
        atomic.write_jsonl(target, [{key: row[key] for key in row if key != "position"} for row in rows])
    return {
        "prompt_tokens": sum(row["prompt_tokens"] for row in rows),
        "generated_tokens": sum(row["completion_tokens"] for row in rows),
        "precision": chosen,
    }
