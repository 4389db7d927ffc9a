"""The settings of an annotation, as the command line and Python pass them."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any

from reasonome.config import Annotation
from reasonome.config.annotations import is_file_name
from reasonome.config.strict import checked


def checked_settings(values: Mapping[str, Any], option: Callable[[str], str] = str) -> Annotation:
    """The validated settings; `option` maps a setting's name to the command-line option for errors.

    Raises InputError for unknown and invalid settings.
    """
    return checked(Annotation, values, "docs/annotate.md", option)


def placed(settings: Annotation, place: Callable[[str | PathLike], str]) -> Annotation:
    """The settings with their paths as `place` writes them."""
    return settings.model_copy(
        update={
            "sets": [place(path) for path in settings.sets],
            "universe": settings.universe and place(settings.universe),
            "libraries": _placed(settings.libraries, place),
            "only_libraries": settings.only_libraries and _placed(settings.only_libraries, place),
        }
    )


def _placed(libraries: Sequence[str], place: Callable[[str | PathLike], str]) -> list[str]:
    return [place(name) if is_file_name(name) else name for name in libraries]
