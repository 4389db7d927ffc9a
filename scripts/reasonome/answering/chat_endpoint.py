"""Asks a chat model behind any OpenAI-compatible endpoint (OpenAI, Azure, vLLM), once for each question.

Teachers and API backbones share it: the cache of answers, the retries, and errors that say what to do.
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
from typing import Any
from urllib.parse import urlsplit

import openai
from pydantic import BaseModel, TypeAdapter, ValidationError
from tqdm import tqdm

from reasonome.config.backbones import Endpoint, Price
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.facts.files import text_file

Message = Mapping[str, str]

_TOLD = 200  # characters of a body that an error quotes
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 8.0  # seconds; the SDK's own, for the retries that it leaves to us
_OPENAI = "https://api.openai.com/v1"  # given to the SDK, which else obeys OPENAI_BASE_URL
# A redirect would take questions where nobody has sent them, and so would a proxy those to this machine.
_STAYS, _GOES_STRAIGHT = {"trust_env": False, "follow_redirects": False}, {"follow_redirects": False}
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


_ANSWER = TypeAdapter(ApiAnswer)
# What reading raises of a body that is no JSON, and of one that is no chat completion.
_NO_COMPLETION = (ValueError, RecursionError, LookupError, TypeError, AttributeError)


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
    """What every client of the SDK is given: the key, no headers of OpenAI's own for others, and no detours."""
    route = _STAYS if is_local(endpoint) else _GOES_STRAIGHT
    headers = {"default_headers": _NOT_FOR_OTHERS} if endpoint.base_url else {}
    return {"api_key": api_key(endpoint), "http_client": http_client(**route), **headers}


def served_models(endpoint: Endpoint) -> list[str]:
    """The models that an endpoint lists; none where it lists none. InputError where it does not answer."""
    connection = _connection(endpoint, openai.DefaultHttpxClient)
    with openai.OpenAI(base_url=address(endpoint), max_retries=1, timeout=30, **connection) as client:
        try:
            return [model.id for model in client.models.list()]
        except openai.APIConnectionError:
            what = f"no server answers at {address(endpoint)}"
            raise InputError(what, field="--model", fix="start it, and check the address and port") from None
        except openai.APIStatusError as error:
            if error.status_code == 404:  # not every server lists its models
                return []
            what = f"{address(endpoint)} answered {error.status_code} when asked for its models"
            fix = (
                f"check the address (no redirect is followed), and the key in {endpoint.api_key_variable}; or try later"
            )
            raise InputError(what, field="--model", fix=fix) from None
        except (openai.OpenAIError, *_NO_COMPLETION):
            what = f"what answers at {address(endpoint)} is no OpenAI-compatible server"
            raise InputError(
                what, field="--model", fix="give its address with /v1, as http://localhost:8080/v1"
            ) from None


def ask(
    endpoint: Endpoint,
    parameters: Mapping[str, Any],
    questions: Mapping[str, Question],
    cache_path: str | os.PathLike,
    refused: str | None = None,
) -> dict[str, ApiAnswer]:
    """The answer to each question, in the order given; `parameters` go into every request beside the messages.

    Each answer is appended to `cache_path` (JSON lines) as it arrives and is never asked for again: a stopped run goes
    on where it was. Equal questions are asked once; a key is needed only if a question is left. Raises InputError where
    the key's variable is not set, the endpoint refuses (400, 401, 404 ..., an error in a body of status 200) or gives
    no readable answer after all retries, and for a damaged cache (file and line). Before that, answers that are under
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
    parameters: Mapping[str, Any],
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

    def __init__(self, settings: Endpoint, parameters: Mapping[str, Any], cache_path: Path, refused: str = ""):
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
        """Ask until a chat completion comes; the SDK itself retries 408, 409, 429, 5xx, timeouts, cut lines."""
        started, body = monotonic(), ""
        for attempt in range(self.settings.max_retries + 1):
            try:
                body = await self._post(question)
            except openai.APIStatusError as error:
                if error.code == "content_filter":  # Azure refuses the one prompt so, not the run
                    return ApiAnswer("", "content_filter", 0, 0)
                what = f"answered {error.status_code}: {error.message}"
                raise self._error(what, self._fix(error.status_code)) from None
            except openai.APIConnectionError as error:
                raise self._error(f"did not answer: {error} {error.__cause__ or ''}".strip(), self._later()) from None
            try:
                # Half an emoji, where a limit of tokens cuts one, is an answer as good as others.
                read = text_file.json_value(body)
                self._check(read)
                return _answer(read, round(monotonic() - started, 3))
            except _NO_COMPLETION:
                if body.lstrip().startswith(("data:", "event:", ": ")):
                    what = f"streams its answers, though it was not asked to: {self._quoted(body)}"
                    raise self._error(what, "let the server answer as a whole") from None
                await asyncio.sleep(min(_FIRST_DELAY * 2**attempt, _LONGEST_DELAY))
        raise self._error(f"sent answers that are no chat completions: {self._quoted(body)}", self._later())

    def _check(self, body: Any) -> None:
        """Raise InputError, with the server's words, for an error that came with status 200; one that passes may."""
        error = body.get("error") if isinstance(body, Mapping) and not body.get("choices") else None
        if not error:
            return
        stated = error if isinstance(error, Mapping) else {}
        code = stated.get("code")
        if isinstance(code, int) and (code == 408 or code >= 500):
            return
        told = self._quoted(stated.get("message") or error)
        fix = self._fix(code) if isinstance(code, int) and 400 <= code < 500 else self._later()
        raise self._error(f"answered with an error: {told}", fix)

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

    def _quoted(self, body: Any) -> str:
        """The beginning of what a server said, on one line and without the key."""
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        text = self._hidden(" ".join(text.split()))
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


def _count(value: Any) -> int:
    """A number of tokens; 0 for whatever is none."""
    return value if isinstance(value, int) and value >= 0 else 0


def _answer(body: Any, seconds: float) -> ApiAnswer:
    """The part of a chat completion that is needed; servers differ in the rest. Fails for all else, and broken answers.

    No choice at all, but tokens that were counted, is an answer that ended at its limit.
    """
    usage = body.get("usage") or {}
    spent = not body["choices"] and _count(usage.get("completion_tokens")) > 0
    choice = {"message": {}, "finish_reason": "length"} if spent else body["choices"][0]
    text, finish_reason = _text(choice["message"].get("content")), choice.get("finish_reason") or ""
    if finish_reason in _FAILED:
        raise ValueError(f"the answer ended by {finish_reason}")
    reasoning = "" if text.strip() or finish_reason == "length" else _reasoning(choice["message"])
    return _ANSWER.validate_python(
        {
            "text": reasoning or text,
            "finish_reason": finish_reason,
            "prompt_tokens": _count(usage.get("prompt_tokens")),
            "completion_tokens": _count(usage.get("completion_tokens")),
            "seconds": seconds,
            "model": body.get("model") or "",
            "in_reasoning": bool(reasoning),
        }
    )


def _text(content: Any) -> str:
    """The text of a message, which may come in parts; parts that are no answer, such as thinking, are left out."""
    if not isinstance(content, list):
        return content or ""
    parts = [{"text": part} if isinstance(part, str) else part for part in content]
    return "".join(part["text"] for part in parts if part.get("type", "text") in ("text", "output_text"))


def _reasoning(message: Mapping[str, Any]) -> str:
    """What a server put into its field for reasoning; "" without one."""
    found = (message.get(name) for name in ("reasoning_content", "reasoning"))
    return next((text for text in found if isinstance(text, str) and text.strip()), "")


# --- cache -------------------------------------------------------------------------------------------


def _cache_key(endpoint: Endpoint, parameters: Mapping[str, Any], question: Question) -> str:
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
