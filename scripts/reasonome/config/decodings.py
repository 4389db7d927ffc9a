"""decodings.yaml: how answers are generated."""

from typing import Annotated

from pydantic import Field, model_validator

from reasonome.config.strict import Precision, Seed, Strict


class Decoding(Strict):
    """How answers are generated."""

    samples: Annotated[int, Field(ge=1)] = 1
    temperature: Annotated[float, Field(ge=0)] = Field(0.0, description="0 is greedy")
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_new_tokens: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=1)] = 32
    orders: Annotated[int, Field(ge=1)] = Field(1, description="orders of the genes in which each question is asked")
    seed: Seed = 0
    precision: Precision = Field(
        "auto",
        description="of local models; auto: the one of the two that this machine computes faster in",
    )

    @model_validator(mode="after")
    def _greedy_once(self) -> "Decoding":
        if self.temperature == 0 and self.samples > 1:
            raise ValueError("greedy decoding (temperature 0) gives the same sample every time: use samples: 1")
        return self
