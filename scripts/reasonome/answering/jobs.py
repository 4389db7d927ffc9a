"""Settings of rules that ask models: what their programs get beside files."""

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from reasonome.config import Decoding
from reasonome.config.backbones import ApiModel
from reasonome.config.strict import Strict


class AskedSettings(Strict):
    """How questions are asked: in a style, as the task's own model dumps it, and a decoding.

    `task` is the name of one that ships, or FILE:CLASS of one's own.
    """

    task: str
    style: Mapping[str, JsonValue]
    decoding: Decoding


class AnswerSettings(AskedSettings):
    """The same of weights: `gpus` at most; `questions` is a part of the training split, without it the whole of
    another one."""

    engine: Literal["transformers", "vllm"] = "transformers"
    questions: str | None = None
    gpus: int = 0


class EndpointSettings(AskedSettings):
    """The same of a model behind an endpoint, which the configuration calls `name`."""

    name: str
    model: ApiModel


class RecallSettings(Strict):
    """How many facts a model is asked for at most, and on how many GPUs at most."""

    facts: int
    gpus: int = 0


class RecordedSettings(Strict):
    """How a table of recorded answers is read, and what is noted beside their scores."""

    task: str
    columns: Mapping[str, str] = {}
    note: str = ""
