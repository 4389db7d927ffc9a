"""Settings of rules that report: cards of models and benchmarks, and what models still know."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from reasonome.config import Decoding
from reasonome.config.project.experiments import Asked
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


class DatasetCardSettings(Strict):
    """A benchmark and its task, as in `BenchmarkSettings`, the share of its test rows that is sealed, its sources."""

    name: str
    task: str
    sealed: float
    sources: Sequence[SourceRead]


class ForgettingSettings(Strict):
    """What models were asked after their stages, and how much of each corpus they had read.

    `tasks` and `styles` are those of questions, by benchmark and by "benchmark.style"; `named_by` has the benchmark
    that a corpus tells the answers of. `read` has, by chain and corpus, the chains whose last steps read it, and
    `under_way` the (backbone, chain, corpus) of warm-ups that measured what they recall.
    """

    asked: Sequence[Asked]
    tasks: Mapping[str, str] = {}
    styles: Mapping[str, Mapping[str, JsonValue]] = {}
    named_by: Mapping[str, str] = {}
    read: Mapping[str, Mapping[str, Sequence[str]]] = {}
    under_way: Sequence[tuple[str, str, str]] = ()
