"""Answers of a model behind an endpoint: its requests, the file of its answers, and what they will cost at most."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.answering import chat_endpoint
from reasonome.answering.answers import Question, answer_row, questions
from reasonome.answering.engine import Completion, seed_of
from reasonome.benchmarks.rows import read_rows
from reasonome.config import Decoding, Style
from reasonome.config.backbones import ApiModel, Endpoint
from reasonome.config.project import Project, chains
from reasonome.config.project.experiments import cells, taught_by, trained_steps
from reasonome.config.project.results import Run
from reasonome.config.styles import count_tokens
from reasonome.config.teachers import OpenAITeacher
from reasonome.core import atomic
from reasonome.core.errors import check_made, lookup
from reasonome.core.manifest import canonical, text_sha256
from reasonome.core.terminal import say
from reasonome.task import Task

# What a chat format puts around each message; those of usual models are shorter.
TOKENS_PER_MESSAGE = 8
# Names that endpoints give to the limit, for models that are sent their own one.
_LIMITS = ("max_completion_tokens", "max_tokens")


METHOD = (
    f"Prompt tokens are counted high: two small letters, or one other character, are a token, and "
    f"{TOKENS_PER_MESSAGE} a message for the chat format. Completions are taken to reach their limit. "
    "Fewer are left than there are questions where answers are in the cache, and where prompts are equal: those are "
    "asked once a sample. "
    "Requests that an endpoint answers badly are asked again, and it may charge for them."
)


def parameters(model: ApiModel, decoding: Decoding) -> dict[str, Any]:
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
    examples: Sequence[Any],
    model: ApiModel,
    target: Path,
    refused: str | None = None,
) -> dict[str, Any]:
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


# --- before asking -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimate:
    """The questions left to ask of one cell, their most tokens and cost; None without a bound, or without a price."""

    questions: int
    left: int
    prompt_tokens: int
    completion_tokens: int | None
    cost: float | None


def estimate(
    task: Task, style: Style, decoding: Decoding, examples: Sequence[Any], model: ApiModel, target: Path
) -> Estimate:
    """Count what `write_answers` would ask, without asking; answers in its cache are left out."""
    all_questions = _to_endpoint(questions(task, style, decoding, examples), decoding)
    return estimate_asked(model, parameters(model, decoding), all_questions, target)


def estimate_asked(
    endpoint: Endpoint, settings: dict[str, Any], all_questions: Sequence[chat_endpoint.Question], target: Path
) -> Estimate:
    """Count the questions that are not in the cache of `target`; `settings` are the parameters of a request."""
    left = chat_endpoint.unasked(endpoint, settings, all_questions, cache_file(target))
    prompt_tokens = sum(_prompt_tokens(question.messages) for question in left)
    limit = next((settings[name] for name in _LIMITS if name in settings), None)
    most = None if limit is None else limit * len(left)
    money = None if most is None else chat_endpoint.cost(endpoint.price, prompt_tokens, most)
    return Estimate(len(all_questions), len(left), prompt_tokens, most, money)


def _prompt_tokens(messages: Sequence[chat_endpoint.Message]) -> int:
    counts = count_tokens([message["content"] for message in messages])
    return sum(count + TOKENS_PER_MESSAGE for count in counts)


def estimates(project: Project, experiment: str) -> pd.DataFrame:
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
    files = [project.examples(run.benchmark, run.style) / "test.jsonl" for run in asked.values()]
    files += [project.examples(benchmark, style) / "train.jsonl" for _, benchmark, style in taught]
    check_made(files, "the questions are not built yet")
    rows = [_cell(project, run, target) for target, run in asked.items()]
    rows += [_reasoning(project, *key) for key in taught]
    columns = ["asked", "cell", "questions", "left", "prompt_tokens", "completion_tokens", "cost"]
    cost = pd.DataFrame(rows, columns=columns).astype({"completion_tokens": "Int64", "cost": "Float64"})
    totals = cost.drop(columns="cell").groupby("asked", sort=False).agg(lambda values: values.sum(skipna=False))
    return pd.concat([cost, totals.reset_index().assign(cell="total")], ignore_index=True)


def _cell(project: Project, run: Run, target: Path) -> dict[str, Any]:
    """The row of a cell."""
    task = project.task(run.benchmark)
    examples = read_rows(project.examples(run.benchmark, run.style) / "test.jsonl", task.Example)
    style, decoding = project.style(run.benchmark, run.style), project.decodings[run.decoding]
    endpoint = project.backbones[run.backbone].api
    assert endpoint is not None  # `estimates` asks for no other
    found = estimate(task, style, decoding, examples, endpoint, target)
    return {"asked": run.backbone, "cell": f"{run.benchmark}.{run.style} {run.decoding}", **vars(found)}


def _taught(project: Project, experiment: str) -> list[tuple[str, str, str]]:
    """(teacher, benchmark, style) of the reasoning that teachers behind an endpoint write, each once."""
    recipes = [chains.last_step(chain).recipe(project) for _, chain in trained_steps(project, experiment)]
    taught = dict.fromkeys(key for recipe in recipes for key in taught_by(project, recipe))
    return [key for key in taught if isinstance(project.teachers[key[0]], OpenAITeacher)]


def _reasoning(project: Project, name: str, benchmark: str, style: str) -> dict[str, Any]:
    """The row of a teacher's reasoning about the training questions of a benchmark."""
    task, shown, teacher = project.task(benchmark), project.style(benchmark, style), project.teachers[name]
    assert isinstance(teacher, OpenAITeacher)  # as `_taught` has it
    examples = read_rows(project.examples(benchmark, style) / "train.jsonl", task.Example)
    prompts = {example.id: task.prompt(example, shown) for example in examples}
    messages = task.teaching.asked(project, benchmark, prompts)
    target = project.results.reasoning(name, benchmark, style)
    found = estimate_asked(
        teacher, teacher.parameters(), [chat_endpoint.Question(asked) for asked in messages.values()], target
    )
    return {"asked": f"teacher {name}", "cell": f"{benchmark}.{style} reasoning", **vars(found)}


def _rounded_up(cost: float) -> str:
    """An upper bound in hundredths, still one; what floating point adds to a whole hundredth does not count."""
    return f"{math.ceil(round(cost * 100, 6)) / 100:,.2f}"


def as_text(table: pd.DataFrame) -> str:
    """The table for people, with how it was counted."""
    shown = table.astype(object)
    counts = ["questions", "left", "prompt_tokens", "completion_tokens"]
    shown[counts] = shown[counts].map("{:,}".format, na_action="ignore")
    shown["cost"] = shown["cost"].map(_rounded_up, na_action="ignore")
    shown = shown.fillna({"completion_tokens": "no limit sent", "cost": "unknown"})
    shown = shown.rename(columns={"cost": "highest_cost"})
    parts = [shown.to_string(index=False), METHOD]
    if table["cost"].isna().any():
        parts.append(
            "A cost needs `price: {prompt: …, completion: …}` (per million tokens) and a limit: backbones.yaml, "
            "teachers.yaml."
        )
    return "\n\n".join(parts)
