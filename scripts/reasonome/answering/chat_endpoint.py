"""Asks a chat model behind any OpenAI-compatible endpoint (OpenAI, Azure, vLLM), once for each question.

Teachers and API backbones share it: the cache of answers, and errors that say what to do. The SDK retries.
"""

import asyncio
import hashlib
import ipaddress
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Annotated, Any
from urllib.parse import urlsplit

import openai
from pydantic import BaseModel, Field, NonNegativeInt, ValidationError
from tqdm import tqdm

from reasonome.config.backbones import Endpoint, Price
from reasonome.core import atomic
from reasonome.core.atomic import Json
from reasonome.core.errors import InputError
from reasonome.facts.files import text_file

Message = Mapping[str, str]

_TOLD = 200  # characters of a body that an error quotes
_OPENAI = "https://api.openai.com/v1"  # given to the SDK, which else obeys OPENAI_BASE_URL
# What the SDK adds of the environment: they are OpenAI's, as its key is.
_NOT_FOR_OTHERS = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
_NO_KEY = "none"  # sent to servers on this machine, which mostly ask for none

# How an answer ends that the provider broke off: OpenRouter's word, and vLLM's.
_FAILED = ("error", "abort")


@dataclass(frozen=True)
class Question:
    """Messages to send; equal messages with another sample number are another question."""

    messages: Sequence[Message]
    sample: int = 0


@dataclass(frozen=True)
class ApiAnswer:
    """One answer; the token counts are the endpoint's own, 0 where it reports none.

    `seconds` include waiting for retries. `model` is what the endpoint says that it was, "" where it does not.
    `in_reasoning`: the endpoint gave no text but in its field for reasoning, where `text` is from.
    """

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float = field(default=0.0, compare=False)
    model: str = field(default="", compare=False)
    in_reasoning: bool = False


class _Message(BaseModel):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: NonNegativeInt | None = None
    completion_tokens: NonNegativeInt | None = None


class _Completion(BaseModel):
    """The part of a chat completion that is needed; servers differ in the rest."""

    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: _Usage | None = None
    model: str | None = None

    def answer(self, seconds: float) -> ApiAnswer:
        """The first choice. ValueError for one that the provider broke off."""
        choice, usage = self.choices[0], self.usage or _Usage()
        if choice.finish_reason in _FAILED:
            raise ValueError(f"the answer ended by {choice.finish_reason}")
        text, reasoning = choice.message.content or "", ""
        if not text.strip() and choice.finish_reason != "length":  # thinking that was cut off is no answer
            reasoning = choice.message.reasoning_content or choice.message.reasoning or ""
        return ApiAnswer(
            reasoning or text,
            choice.finish_reason or "",
            usage.prompt_tokens or 0,
            usage.completion_tokens or 0,
            seconds,
            self.model or "",
            bool(reasoning),
        )


def address(endpoint: Endpoint) -> str:
    """Where requests go."""
    return endpoint.base_url or _OPENAI


def is_local(endpoint: Endpoint) -> bool:
    """Whether requests stay on this machine: `localhost`, an address that loops back, or 0.0.0.0 (this host)."""
    host = urlsplit(address(endpoint)).hostname or ""
    try:
        where = ipaddress.ip_address(host)
        return where.is_loopback or where.is_unspecified
    except ValueError:
        return host == "localhost"


def _connection(endpoint: Endpoint, http_client: type) -> dict[str, Any]:
    """What every client of the SDK is given: the key, no headers of OpenAI's own for others, and no detours.

    A redirect would take questions where nobody has sent them, and so would a proxy those to this machine.
    """
    route = http_client(trust_env=not is_local(endpoint), follow_redirects=False)
    headers = {"default_headers": _NOT_FOR_OTHERS} if endpoint.base_url else {}
    return {"api_key": api_key(endpoint), "http_client": route, **headers}


def served_models(endpoint: Endpoint) -> list[str]:
    """The models that an endpoint lists; none where it lists none. InputError where no such server answers."""
    connection = _connection(endpoint, openai.DefaultHttpxClient)
    with openai.OpenAI(base_url=address(endpoint), max_retries=1, timeout=30, **connection) as client:
        try:
            return [model.id for model in client.models.list()]
        except openai.NotFoundError:  # not every server lists its models
            return []
        except openai.InternalServerError as error:  # as one answers that still loads its weights
            what = f"{address(endpoint)} answered {error.status_code}: {error.message}"
            raise InputError(what, field="--model", fix="wait until it has started, and run again") from None
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            what = f"{address(endpoint)} answered {error.status_code}: it refuses the key, or what the key may ask"
            fix = f"put its key into {endpoint.api_key_variable}"
            raise InputError(what, field="--model", fix=fix) from None
        except (openai.OpenAIError, AttributeError, TypeError, ValueError) as error:
            what = f"no OpenAI-compatible server answers at {address(endpoint)}: {type(error).__name__}"
            fix = "start it, or correct the address, which looks like http://localhost:8080/v1"
            raise InputError(what, field="--model", fix=fix) from None


def ask(
    endpoint: Endpoint,
    parameters: Mapping[str, Json],
    questions: Mapping[str, Question],
    cache_path: str | os.PathLike,
    refused: str | None = None,
) -> dict[str, ApiAnswer]:
    """The answer to each question, in the order given; `parameters` go into every request beside the messages.

    Each answer is appended to `cache_path` (JSON lines) as it arrives and is never asked for again: a stopped run goes
    on where it was. Equal questions are asked once; a key is needed only if a question is left. Raises InputError where
    the key's variable is not set, the endpoint refuses (400, 401, 404 ...), is still busy after all retries or sends
    what is no chat completion, and for a damaged cache (file and line). Before that, answers that are under
    way are waited for and kept. `refused` is the fix for a question that is refused.
    """
    cache = _Cache(Path(cache_path))
    key_by_id = {name: _cache_key(endpoint, parameters, question) for name, question in questions.items()}
    by_key = {key_by_id[name]: question for name, question in questions.items()}
    if any(key not in cache.answers for key in by_key):
        asyncio.run(_ask_missing(_Client(endpoint, parameters, cache.path, refused or _REFUSED), by_key, cache))
    return {name: cache.answers[key] for name, key in key_by_id.items()}


def unasked(
    endpoint: Endpoint,
    parameters: Mapping[str, Json],
    questions: Iterable[Question],
    cache_path: str | os.PathLike,
) -> list[Question]:
    """The questions that `ask` would send, each once. InputError for a damaged cache."""
    known = _Cache(Path(cache_path)).answers
    by_key = {_cache_key(endpoint, parameters, question): question for question in questions}
    return [question for key, question in by_key.items() if key not in known]


def token_totals(answers: Iterable[ApiAnswer]) -> dict[str, int]:
    """Tokens of all answers together."""
    answers = list(answers)
    return {name: sum(getattr(answer, name) for answer in answers) for name in ("prompt_tokens", "completion_tokens")}


def cost(price: Price | None, prompt_tokens: int, completion_tokens: int) -> float | None:
    """The cost of so many tokens, in the price's currency; None without a price."""
    if price is None:
        return None
    return (prompt_tokens * price.prompt + completion_tokens * price.completion) / 1e6


# --- asking ------------------------------------------------------------------------------------------


async def _ask_missing(client: "_Client", questions: Mapping[str, Question], cache: "_Cache") -> None:
    missing = iter([(key, question) for key, question in questions.items() if key not in cache.answers])
    answered = [cache.answers[key] for key in questions if key in cache.answers]
    settings, totals = client.settings, Counter(token_totals(answered))
    failures: list[InputError] = []

    async def work() -> None:
        for key, question in missing:  # shared: each worker takes the next question
            if failures:
                return
            try:
                answer = await client.answer(question)
            except InputError as error:  # no new questions; answers under way are paid for, so they are kept
                failures.append(error)
                return
            cache.add(key, settings.model, answer)
            totals.update(token_totals([answer]))
            money = cost(settings.price, **totals)
            progress.update()
            progress.set_postfix(totals if money is None else {**totals, "cost": f"{money:.2f}"})

    cache.drop_torn_line()
    with tqdm(total=len(questions), initial=len(answered), desc=f"asking {settings.model}", unit="answer") as progress:
        try:
            async with client.sdk, asyncio.TaskGroup() as group:
                for _ in range(min(settings.concurrency, len(questions) - len(answered))):
                    group.create_task(work())
        except ExceptionGroup as several:  # not the endpoint's doing: a full disk, say
            raise several.exceptions[0] from None
    if failures:
        raise failures[0]


class _Client:
    """One client, and what its failures mean to the person who set it up. Messages never show the key."""

    def __init__(self, settings: Endpoint, parameters: Mapping[str, Json], cache_path: Path, refused: str = ""):
        self.settings, self._parameters, self._cache_path = settings, dict(parameters), cache_path
        self._refused = refused
        connection = _connection(settings, openai.DefaultAsyncHttpxClient)
        self._key = connection["api_key"]
        kind, place = openai.AsyncOpenAI, {"base_url": address(settings)}
        if settings.api_version:
            place = {"azure_endpoint": settings.base_url, "api_version": settings.api_version}
            kind = openai.AsyncAzureOpenAI
        retries, seconds = settings.max_retries, settings.timeout_seconds
        self.sdk = kind(**place, max_retries=retries, timeout=seconds, **connection)

    async def answer(self, question: Question) -> ApiAnswer:
        """The answer to a question; the SDK retries 408, 409, 429, 5xx, timeouts and cut lines."""
        started = monotonic()
        try:
            body = await self._post(question)
        except openai.APIStatusError as error:
            if error.code == "content_filter":  # Azure refuses the one prompt so, not the run
                return ApiAnswer("", "content_filter", 0, 0)
            raise self._error(f"answered {error.status_code}: {error.message}", self._fix(error.status_code)) from None
        except openai.APIConnectionError as error:
            raise self._error(f"did not answer: {error} {error.__cause__ or ''}".strip(), self._later()) from None
        try:
            # Half an emoji, where a limit of tokens cuts one, is an answer as good as others.
            completion = _Completion.model_validate(text_file.json_value(body))
            return completion.answer(round(monotonic() - started, 3))
        except ValueError:
            raise self._error(f"sent no whole chat completion: {self._quoted(body)}", self._later()) from None

    async def _post(self, question: Question) -> str:
        messages, sent = list(question.messages), self._parameters
        if isinstance(seed := sent.get("seed"), int):  # with one seed all samples would be alike
            sent = {**sent, "seed": (seed + question.sample) % 2**31 if question.sample else seed}
        response = await self.sdk.chat.completions.with_raw_response.create(
            model=self.settings.model,
            messages=messages,  # pyright: ignore[reportArgumentType] (dicts of a role and its content)
            extra_body=sent,
        )
        return response.text

    def _error(self, what: str, fix: str) -> InputError:
        key = "no key" if self._key == _NO_KEY else f"key from {self.settings.api_key_variable}"
        what = f"{self.sdk.base_url} {what} (model '{self.settings.model}', {key})"
        return InputError(self._hidden(what), fix=fix)

    def _hidden(self, text: str) -> str:
        """The text without the key."""
        return text if self._key == _NO_KEY else text.replace(self._key, "<key>")

    def _quoted(self, body: str) -> str:
        """The beginning of what a server said, on one line and without the key."""
        text = self._hidden(" ".join(body.split()))
        return f"{text[:_TOLD]}…" if len(text) > _TOLD else text or "nothing"

    def _fix(self, status: int) -> str:
        if 300 <= status < 400:
            return "give the address that it redirects to, if you trust it: no redirect is followed"
        if status in (401, 403):
            return f"put a key that this endpoint accepts into {self.settings.api_key_variable}"
        if status == 404:
            return "check model (on Azure: the deployment) and the address (base_url)"
        if status in (408, 409, 429) or status >= 500:
            return self._later()
        return self._refused

    def _later(self) -> str:
        kept = f"; answers so far are kept in {self._cache_path} and are not asked again"
        return f"run again later{kept if self._cache_path.is_file() else ''}"


# The fix for a refused question, of teachers and of backbones.
_REFUSED = (
    "check what the model takes: in teachers.yaml temperature and max_tokens may be null, in backbones.yaml "
    "not_sent names what is left out; extra_body holds others"
)


def api_key(endpoint: Endpoint) -> str:
    """An endpoint's key; InputError where it needs one and the variable has none, or something that cannot be one."""
    variable = endpoint.api_key_variable
    key = os.environ.get(variable, "").strip()
    if not key and is_local(endpoint):
        return _NO_KEY
    if not key:
        raise InputError(
            f"the environment variable {variable} is not set",
            field="api_key_variable",
            fix=f"export {variable}=<your key> (any word for a server elsewhere that asks for none)",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InputError(
            f"the environment variable {variable} holds something that cannot be a key",
            field="api_key_variable",
            fix="give the key alone: no spaces, line breaks or accented letters",
        )
    return key


# --- cache -------------------------------------------------------------------------------------------


def _cache_key(endpoint: Endpoint, parameters: Mapping[str, Json], question: Question) -> str:
    request = [endpoint.base_url, endpoint.api_version, parameters, [dict(message) for message in question.messages]]
    if question.sample:
        request.append(question.sample)
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


class _CacheLine(BaseModel):
    key: str
    model: str
    answer: ApiAnswer


class _Cache:
    """Answers by key, one JSON line each. A last line without its end (kill -9) counts as never written."""

    def __init__(self, path: Path):
        self.path = path
        self.answers: dict[str, ApiAnswer] = {}
        *lines, torn = path.read_bytes().split(b"\n") if path.exists() else [b""]
        self._torn = len(torn)
        for number, line in enumerate(lines, start=1):
            try:
                read = _CacheLine.model_validate_json(line)
            except ValidationError:
                fix = "delete the line; its question is asked again"
                raise InputError("this line is not a cached answer", file=path, line=number, fix=fix) from None
            self.answers[read.key] = read.answer

    def drop_torn_line(self) -> None:
        """Make the file ready for further answers."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._torn:
            os.truncate(self.path, self.path.stat().st_size - self._torn)

    def add(self, key: str, model: str, answer: ApiAnswer) -> None:
        atomic.append_line(self.path, {"key": key, "model": model, "answer": asdict(answer)})
        self.answers[key] = answer
