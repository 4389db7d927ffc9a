"""Settings of the rule that writes preferences."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from reasonome.config.backbones import EncoderFolder
from reasonome.config.preferences import Preferences
from reasonome.config.strict import Strict


class PreferenceSettings(Strict):
    """Which pairs of answers are made, and how the questions are asked, as the task's own model dumps the style.

    `task` is the name of one that ships, or FILE:CLASS of one's own.
    """

    name: str
    preferences: Preferences
    task: str
    benchmark: str
    style: Mapping[str, JsonValue]
    encoders: Sequence[EncoderFolder] = ()
