"""The settings of an annotation, as the command line and Python pass them."""

from collections.abc import Callable, Mapping
from typing import Any

from reasonome.config import Annotation
from reasonome.config.checked import checked


def checked_settings(values: Mapping[str, Any], option: Callable[[str], str] = str) -> Annotation:
    """The validated settings; `option` maps a setting's name to the command-line option for errors.

    Raises InputError for unknown and invalid settings.
    """
    return checked(Annotation, values, "docs/annotate.md", option)
