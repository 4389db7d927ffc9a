"""Settings of rules that train: what their programs get beside files."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from reasonome.config.backbones import EncoderFolder
from reasonome.config.strict import Strict


class TrainingSettings(Strict):
    """The recipe of a step, as its stage's own model dumps it; of each benchmark the task and the prompt style.

    A task is the name of one that ships, or FILE:CLASS of one's own.
    """

    stage: str
    recipe: Mapping[str, JsonValue]
    tasks: Mapping[str, str] = {}
    styles: Mapping[str, Mapping[str, JsonValue]] = {}
    encoders: Sequence[EncoderFolder] = ()
    trackers: Sequence[str] = ()
