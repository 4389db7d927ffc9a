"""Answers of a model behind an endpoint: its requests, the file of its answers, and what is left to ask."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from reasonome.answering import chat_endpoint
from reasonome.answering.answers import Question, answer_row, questions
from reasonome.answering.engine import Completion, seed_of
from reasonome.benchmarks.rows import Row
from reasonome.config import Decoding, Style
from reasonome.config.backbones import ApiModel
from reasonome.core import atomic
from reasonome.core.atomic import Json
from reasonome.core.manifest import canonical, text_sha256
from reasonome.core.terminal import say
from reasonome.task import Task


def parameters(model: ApiModel, decoding: Decoding) -> dict[str, Json]:
    """The parameters of a request beside the messages; also part of the cache key."""
    settings = {"temperature": decoding.temperature, "max_tokens": decoding.max_new_tokens}
    if decoding.top_p != 1:
        settings["top_p"] = decoding.top_p
    sent = {name: value for name, value in settings.items() if name not in model.not_sent}
    return {"model": model.model, **sent, **model.extra_body}


def cache_file(target: Path) -> Path:
    """The file that keeps answers as they arrive: no rule declares it, so that it outlives failed jobs."""
    return target.with_suffix(".cache.jsonl")


def write_answers(
    task: Task,
    style: Style,
    decoding: Decoding,
    examples: Sequence[Row],
    model: ApiModel,
    target: Path,
    refused: str | None = None,
) -> dict[str, object]:
    """Ask about all examples and write `target` (JSONL, rows in the order of the examples); returns the costs.

    Those count every answer once, also those that an earlier run got; `asked` is how many this one asked for. Prints
    how many came in the server's field for reasoning. Raises InputError as `chat_endpoint.ask` does, with the fix
    `refused` for a question that is refused.
    """
    all_questions = questions(task, style, decoding, examples)
    sent = {str(position): asked for position, asked in enumerate(_to_endpoint(all_questions, decoding))}
    settings = parameters(model, decoding)
    new = len(chat_endpoint.unasked(model, settings, sent.values(), cache_file(target)))
    answers = list(chat_endpoint.ask(model, settings, sent, cache_file(target), refused).values())
    if in_reasoning := sum(answer.in_reasoning for answer in answers):
        say(f"{in_reasoning:,} of {len(answers):,} answers stood in the server's field `reasoning`, and are read there")
    rows = []
    for question, answer in zip(all_questions, answers, strict=True):
        spent = (answer.prompt_tokens, answer.completion_tokens)
        made = Completion(answer.text, answer.finish_reason, *spent, logprob=None, seconds=answer.seconds)
        rows.append(answer_row(question, text_sha256(canonical(question.prompt.messages)), made))
    atomic.write_jsonl(target, rows)
    paid = {canonical([question.messages, question.sample]): answers[int(i)] for i, question in sent.items()}
    totals = chat_endpoint.token_totals(paid.values())  # equal questions share an answer
    return {
        "prompt_tokens": totals["prompt_tokens"],
        "generated_tokens": totals["completion_tokens"],
        "cost": chat_endpoint.cost(model.price, **totals),
        "answers": len(answers),
        "asked": new,
        "models": sorted({answer.model for answer in answers if answer.model}),
    }


def _to_endpoint(asked: Sequence[Question], decoding: Decoding) -> list[chat_endpoint.Question]:
    """The questions as they are sent. Orders of few genes may give an example one prompt several times: then each is a
    sample of its own, where answers are sampled. So are those of each seed, which is not sent."""
    seen: Counter[str] = Counter()
    sent = []
    for question in asked:
        key = canonical([question.example.id, question.sample, question.prompt.messages])
        again = seen[key] * decoding.samples
        seen[key] += 1
        sample = seed_of(decoding.seed, question.sample + again) if decoding.temperature else question.sample
        sent.append(chat_endpoint.Question(question.prompt.messages, sample))
    return sent


def unasked(
    task: Task, style: Style, decoding: Decoding, examples: Sequence[Row], model: ApiModel, target: Path
) -> int:
    """How many prompts `write_answers` would send; those whose answers are in its cache are left out."""
    sent = _to_endpoint(questions(task, style, decoding, examples), decoding)
    return len(chat_endpoint.unasked(model, parameters(model, decoding), sent, cache_file(target)))
