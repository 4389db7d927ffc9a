"""Settings of rules that fetch weights."""

from reasonome.config.backbones import AdapterWeights, Pooling, Weights
from reasonome.config.strict import Strict


class WeightsSettings(Strict):
    """Weights of a backbone or, with its pooling, of an encoder; `field` names their entry of the configuration."""

    name: str
    field: str
    weights: Weights
    pooling: Pooling | None = None


class AdapterSettings(Strict):
    """A backbone that is another one with an adapter."""

    name: str
    weights: AdapterWeights
