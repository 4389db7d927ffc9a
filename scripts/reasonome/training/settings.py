"""Settings of rules that train: what their programs get beside the recipe and the files."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from reasonome.config.backbones import Pooling
from reasonome.config.strict import Strict


class TrainingSettings(Strict):
    """How questions are asked that a step learns from; by benchmark the task and the prompt style.

    A task is the name of one that ships, or FILE:CLASS of one's own. `encoders` are by the names of their folders.
    """

    tasks: Mapping[str, str] = {}
    styles: Mapping[str, Mapping[str, JsonValue]] = {}
    encoders: Mapping[str, Pooling] = {}
    trackers: Sequence[str] = ()


class RecipeSettings(TrainingSettings):
    """The same, with the stage and the recipe itself."""

    stage: str
    recipe: Mapping[str, JsonValue]
