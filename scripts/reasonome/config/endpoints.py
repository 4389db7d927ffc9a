"""OpenAI-compatible endpoints of models and teachers, and their prices."""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from reasonome.config.strict import EnvironmentVariable, Strict

# What programs ask behind the base of an address; people copy it with them.
_ROUTE = re.compile(r"/(?:chat/completions|completions|responses)/?\Z|(?<=/v1)/models/?\Z")


class Price(Strict):
    """The price of a million tokens, in one currency."""

    prompt: Annotated[float, Field(ge=0)]
    completion: Annotated[float, Field(ge=0)]


class Endpoint(Strict):
    """Any OpenAI-compatible endpoint. With `api_version` it is Azure, and `model` names the deployment."""

    model: str
    base_url: str | None = Field(
        None, pattern=r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$", description="endpoint; without it OpenAI's own"
    )
    api_key_variable: EnvironmentVariable = Field("OPENAI_API_KEY", description="its name, not the key itself")
    api_version: str | None = Field(None, description="Azure only")
    extra_body: dict[str, Any] = Field({}, description="sent as it is: seed, max_completion_tokens, reasoning_effort …")
    concurrency: Annotated[int, Field(ge=1)] = 8
    max_retries: Annotated[int, Field(ge=0)] = 6
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    price: Price | None = Field(None, description="for estimates and totals; none if not given")

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        """The address without a route behind its base; ValueError for a host or a port that cannot be."""
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.port == 0 or not parts.hostname:
            raise ValueError("the address has no host, or port 0")
        return _ROUTE.sub("", value)

    @field_validator("extra_body")
    @classmethod
    def _extra_body_is_beside_the_question(cls, value: dict[str, Any]) -> dict[str, Any]:
        if taken := [key for key in ("messages", "model", "stream", "n") if key in value]:
            raise ValueError(f"'{taken[0]}' is set by the pipeline: one question a request, and one answer to it")
        return value

    @model_validator(mode="after")
    def _azure_has_an_endpoint(self) -> "Endpoint":
        if self.api_version and not self.base_url:
            raise ValueError("api_version is for Azure, which needs base_url: https://<name>.openai.azure.com")
        return self
