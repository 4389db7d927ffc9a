"""Asks a chat model behind any OpenAI-compatible endpoint (OpenAI, Azure, vLLM), once for each question."""

import asyncio
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import openai
from pydantic import BaseModel, Field, ValidationError
from tqdm import tqdm

from reasonome.completion import parse_completion
from reasonome.config import OpenAITeacher
from reasonome.errors import InputError
from reasonome.prompt_template import read_template
from reasonome.teachers import Proposal

Message = Mapping[str, str]

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 8.0  # seconds; the SDK's own, for the retries that it leaves to us
_OPENAI = "https://api.openai.com/v1"  # given to the SDK, which else obeys OPENAI_BASE_URL
_CUT_SHORT = ("length", "content_filter")


@dataclass(frozen=True)
class ApiAnswer:
    """One answer; the token counts are the endpoint's own, 0 where it reports none."""

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


def ask(
    teacher: OpenAITeacher,
    messages_by_id: Mapping[str, Sequence[Message]],
    cache_path: str | os.PathLike,
) -> dict[str, ApiAnswer]:
    """`ask_async` for callers without an event loop."""
    return asyncio.run(ask_async(teacher, messages_by_id, cache_path))


async def ask_async(
    teacher: OpenAITeacher,
    messages_by_id: Mapping[str, Sequence[Message]],
    cache_path: str | os.PathLike,
) -> dict[str, ApiAnswer]:
    """The answer to each id's messages, in the order given.

    Each answer is appended to `cache_path` (JSON lines) as it arrives and is never asked for again: a run
    that was stopped goes on where it was. Equal messages are asked once; a key is needed only if something
    is left to ask. Raises InputError when the key's variable is not set, the endpoint refuses (400, 401,
    404 ...) or gives no readable answer after all retries, and for a damaged cache (file and line).
    """
    key_by_id = {row_id: _cache_key(teacher, messages) for row_id, messages in messages_by_id.items()}
    questions = {key_by_id[row_id]: messages for row_id, messages in messages_by_id.items()}
    cache = _Cache(Path(cache_path))
    if any(key not in cache.answers for key in questions):
        await _ask_missing(teacher, questions, cache)
    return {row_id: cache.answers[key] for row_id, key in key_by_id.items()}


def prompts(template: str | os.PathLike, genes_by_id: Mapping[str, str]) -> dict[str, list[Message]]:
    """Messages for `ask`, from a template file (texts under [system] and [user]) and each row's gene listing.

    Nothing but the listing goes in, so the teacher cannot see the answer. Raises InputError as
    `read_template` does.
    """
    texts = read_template(Path(template), headed=False)
    return {
        row_id: [
            {"role": "system", "content": texts.system},
            {"role": "user", "content": texts.user.replace("{genes}", genes)},
        ]
        for row_id, genes in genes_by_id.items()
    }


def token_totals(answers: Mapping[str, ApiAnswer]) -> dict[str, int]:
    """Tokens of all answers together, the cached ones included."""
    return {
        field: sum(getattr(answer, field) for answer in answers.values())
        for field in ("prompt_tokens", "completion_tokens")
    }


def to_proposals(rows: Sequence[Mapping], answers: Mapping[str, ApiAnswer]) -> list[Proposal]:
    """Read the answers to benchmark rows, one proposal a row; an answer that breaks the contract says how.

    An answer that was cut short has its finish reason ("length", "content_filter") before the codes.
    """
    proposals = []
    for row in rows:
        answer = answers[row["id"]]
        read = parse_completion(answer.text)
        problems = [answer.finish_reason] * (answer.finish_reason in _CUT_SHORT) + read.problems
        proposals.append(Proposal(row["id"], row["subset"], read.name, read.steps, answer.text, ", ".join(problems)))
    return proposals


# --- asking ------------------------------------------------------------------------------------------


async def _ask_missing(teacher: OpenAITeacher, questions: Mapping[str, Sequence[Message]], cache: "_Cache") -> None:
    missing = iter([(key, messages) for key, messages in questions.items() if key not in cache.answers])
    endpoint = _Endpoint(teacher, cache.path)

    async def work() -> None:
        for key, messages in missing:  # shared: each worker takes the next question
            answer = await endpoint.answer(messages)
            cache.add(key, teacher.model, answer)
            progress.update()
            progress.set_postfix(token_totals(cache.answers))

    done = sum(key in cache.answers for key in questions)
    description = f"asking {teacher.model}"
    with cache, tqdm(total=len(questions), initial=done, desc=description, unit="answer") as progress:
        try:
            async with endpoint.client, asyncio.TaskGroup() as group:
                for _ in range(min(teacher.concurrency, len(questions) - done)):
                    group.create_task(work())
        except ExceptionGroup as several:  # the first failure stops the others; it is the one to report
            raise several.exceptions[0] from None


class _Endpoint:
    """One client, and what its failures mean to the person who set it up. Messages never show the key."""

    def __init__(self, teacher: OpenAITeacher, cache_path: Path):
        self._teacher, self._cache_path = teacher, cache_path
        self._key = _api_key(teacher.api_key_variable)
        common = {
            "api_key": self._key,
            "max_retries": teacher.max_retries,
            "timeout": teacher.timeout_seconds,
        }
        if teacher.api_version:
            self.client = openai.AsyncAzureOpenAI(
                azure_endpoint=teacher.base_url, api_version=teacher.api_version, **common
            )
        else:
            self.client = openai.AsyncOpenAI(base_url=teacher.base_url or _OPENAI, **common)

    async def answer(self, messages: Sequence[Message]) -> ApiAnswer:
        """Ask until the body can be read; the SDK itself retries 408, 409, 429, 5xx, timeouts, cut lines."""
        for attempt in range(self._teacher.max_retries + 1):
            body = await self._post(messages)
            if isinstance(body, ApiAnswer):
                return body
            try:
                return _Body.model_validate_json(body).answer()
            except ValidationError:
                await asyncio.sleep(min(_FIRST_DELAY * 2**attempt, _LONGEST_DELAY))
        raise self._error("sent answers that are no chat completions", self._later())

    async def _post(self, messages: Sequence[Message]) -> str | ApiAnswer:
        try:
            response = await self.client.chat.completions.with_raw_response.create(
                model=self._teacher.model,
                messages=list(messages),
                extra_body=self._teacher.parameters(),
            )
        except openai.APIStatusError as error:
            if error.code == "content_filter":  # Azure refuses the one prompt so, not the run
                return ApiAnswer("", "content_filter", 0, 0)
            raise self._error(f"answered {error.status_code}: {error.message}", self._fix(error)) from None
        except openai.APIConnectionError as error:
            reason = f"{error} {error.__cause__ or ''}".strip()
            raise self._error(f"did not answer: {reason}", self._later()) from None
        return response.text

    def _error(self, what: str, fix: str) -> InputError:
        what = f"{self.client.base_url} {what} (model '{self._teacher.model}'"
        what += f", key from {self._teacher.api_key_variable})"
        return InputError(what.replace(self._key, "<key>"), fix=fix)

    def _fix(self, error: openai.APIStatusError) -> str:
        if error.status_code in (401, 403):
            return f"put a key that this endpoint accepts into {self._teacher.api_key_variable}"
        if error.status_code == 404:
            return "check model (on Azure: the deployment) and base_url"
        if error.status_code in (408, 409, 429) or error.status_code >= 500:
            return self._later()
        return "check what the model takes: temperature and max_tokens may be null, extra_body holds others"

    def _later(self) -> str:
        return f"run again later; answers so far are kept in {self._cache_path} and are not asked again"


def _api_key(variable: str) -> str:
    key = os.environ.get(variable, "").strip()
    if not key:
        raise InputError(
            f"the environment variable {variable} is not set",
            field="api_key_variable",
            fix=f"export {variable}=<your key> (any word for a server that asks for none)",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InputError(
            f"the environment variable {variable} holds something that cannot be a key",
            field="api_key_variable",
            fix="give the key alone: no spaces, line breaks or accented letters",
        )
    return key


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Body(BaseModel):
    """The part of a chat completion that is needed; servers differ in the rest."""

    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: _Usage | None = None

    def answer(self) -> ApiAnswer:
        choice, usage = self.choices[0], self.usage or _Usage()
        return ApiAnswer(
            choice.message.content or "",
            choice.finish_reason or "",
            usage.prompt_tokens,
            usage.completion_tokens,
        )


# --- cache -------------------------------------------------------------------------------------------


def _cache_key(teacher: OpenAITeacher, messages: Sequence[Message]) -> str:
    endpoint = [teacher.base_url, teacher.api_version]
    question = [*endpoint, teacher.parameters(), [dict(message) for message in messages]]
    return hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()


class _CacheLine(BaseModel):
    key: str
    model: str
    answer: ApiAnswer


class _Cache:
    """Answers by key, one JSON line each. A last line without its end (kill -9) counts as never written."""

    def __init__(self, path: Path):
        self.path = path
        self.answers: dict[str, ApiAnswer] = {}
        content = path.read_bytes() if path.exists() else b""
        self._complete = content.rfind(b"\n") + 1
        for number, line in enumerate(content[: self._complete].splitlines(), start=1):
            try:
                read = _CacheLine.model_validate_json(line)
            except ValidationError:
                raise InputError(
                    "this line is not a cached answer",
                    file=path,
                    line=number,
                    fix="delete the line; its question is asked again",
                ) from None
            self.answers[read.key] = read.answer

    def __enter__(self) -> "_Cache":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self.path, "ab")  # noqa: SIM115 (closed in __exit__)
        self._file.truncate(self._complete)
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, key: str, model: str, answer: ApiAnswer) -> None:
        line = {"key": key, "model": model, "answer": asdict(answer)}
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        self.answers[key] = answer
