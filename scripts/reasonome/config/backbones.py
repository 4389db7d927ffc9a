"""backbones.yaml: the language models that are trained or asked."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, model_validator

from reasonome.config.endpoints import Endpoint
from reasonome.config.strict import Name, RelativePath, Strict
from reasonome.config.weights import AdapterWeights, HubWeights, PathWeights, PypiWeights


class ApiModel(Endpoint):
    """A model behind an endpoint, asked with the settings of a decoding."""

    not_sent: list[Literal["temperature", "top_p", "max_tokens"]] = Field(
        [], description="settings of the decoding that this model does not take"
    )


class RecordedAnswers(Strict):
    """Answers recorded elsewhere, as CSV, TSV or JSON lines with a row per answer."""

    files: dict[Name, RelativePath] = Field(min_length=1, description="benchmark -> file")
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
