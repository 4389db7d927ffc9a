"""encoders.yaml: the sentence encoders that judge how alike two names are."""

from typing import Literal

from reasonome.config.strict import Strict
from reasonome.config.weights import Weights


class Encoder(Strict):
    """A sentence encoder, with the pooling it was published with."""

    weights: Weights
    pooling: Literal["mean", "cls"]
