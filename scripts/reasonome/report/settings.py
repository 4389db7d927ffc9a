"""Settings of the rule that writes model cards."""

from collections.abc import Mapping, Sequence

from reasonome.config import Decoding
from reasonome.config.strict import Strict
from reasonome.report.card_sources import SourceRead


class CardSettings(Strict):
    """A model in an experiment, what its card says of sources as the configuration has them, and its judges' chains by
    step. `licence` is that of the untouched weights, `decodings` those that questions may be asked with.
    """

    backbone: str
    chain: str
    licence: str | None = None
    sources: Sequence[SourceRead] = ()
    judges: Mapping[str, str] = {}
    decodings: Mapping[str, Decoding]
