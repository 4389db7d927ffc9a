"""Answers of a model to one benchmark, written batch by batch so that a killed job goes on where it stopped."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from reasonome import atomic
from reasonome.config import Decoding, Style
from reasonome.generation import local
from reasonome.manifest import canonical, text_sha256
from reasonome.prompts import render, token_counter
from reasonome.tasks.task import Task


class PartialAnswers:
    """Finished batches of one job, kept in an undeclared file next to the target.

    The first line names the job by digest; a file of another job is thrown away, and so is a torn last line.
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

    def __enter__(self) -> "PartialAnswers":
        kept = [self._line(number, rows) for number, rows in self.batches.items()]
        atomic.write_text(self.path, "".join([self._digest + "\n", *kept]))
        return self

    def add(self, number: int, rows: list[dict]) -> None:
        """Keep one finished batch, safely on disk."""
        self.batches[number] = rows
        with atomic.naming_full_disks(self.path), open(self.path, "a", encoding="utf-8") as handle:
            handle.write(self._line(number, rows))
            handle.flush()
            os.fsync(handle.fileno())

    @staticmethod
    def _line(number: int, rows: list[dict]) -> str:
        return json.dumps({"batch": number, "rows": rows}, ensure_ascii=False) + "\n"

    def __exit__(self, kind, value, traceback) -> None:
        if kind is None:
            self.path.unlink()


def write_answers(
    task: Task,
    style: Style,
    decoding: Decoding,
    examples: Sequence[Any],
    model_folder: Path,
    model_digest: str,
    target: Path,
) -> dict[str, int]:
    """Answer all examples and write `target` (JSONL, rows in the order of the examples); returns token counts."""
    model, tokenizer = local.load(model_folder)
    count_tokens = token_counter(tokenizer)
    questions = []
    for example in examples:
        prompt = task.prompt(example, style, count_tokens)
        text = render(tokenizer, prompt.messages)
        questions += [(example, sample, text, prompt) for sample in range(decoding.samples)]
    texts = [text for _, _, text, _ in questions]
    digest = text_sha256(canonical([model_digest, decoding.model_dump(), texts]))
    with PartialAnswers(target, digest) as partial:
        bar = tqdm(total=len(questions), desc="answers", unit="answer")
        bar.update(sum(len(rows) for rows in partial.batches.values()))
        for number, batch in local.generate(model, tokenizer, texts, decoding, skip=set(partial.batches)):
            partial.add(number, [_row(position, questions[position], completion) for position, completion in batch])
            bar.update(len(batch))
        bar.close()
        rows = sorted((row for batch in partial.batches.values() for row in batch), key=lambda row: row["position"])
        atomic.write_jsonl(target, list(_without_position(rows)))
    return {
        "prompt_tokens": sum(row["prompt_tokens"] for row in rows),
        "generated_tokens": sum(row["completion_tokens"] for row in rows),
    }


def _row(position: int, question: tuple, completion: local.Completion) -> dict[str, Any]:
    example, sample, text, prompt = question
    return {
        "position": position,
        "id": example.id,
        "subset": example.subset,
        "sample": sample,
        "prompt_sha256": text_sha256(text),
        **vars(completion),
        "genes_left_out": prompt.left_out,
        "facts_left_out": prompt.facts_left_out,
        "neighbours_left_out": prompt.neighbours_left_out,
    }


def _without_position(rows: list[dict]) -> Iterator[dict]:
    for row in rows:
        yield {key: value for key, value in row.items() if key != "position"}
