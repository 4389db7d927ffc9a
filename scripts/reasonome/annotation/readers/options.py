"""Which options a file has no use for."""

from collections.abc import Iterable

from reasonome.config import Annotation

# What each setting is called on the command line.
OPTIONS = {
    "adjusted_p": "--adjusted-p",
    "log2_fold_change": "--log2-fold-change",
    "top": "--top",
    "split": "--together",
}


def unused(settings: Annotation, reason: str, names: Iterable[str] = OPTIONS) -> list[str]:
    """A sentence about those of some options that were set and do nothing, for a reason; none where there are none."""
    fields = Annotation.model_fields
    idle = [OPTIONS[name] for name in names if getattr(settings, name) != fields[name].default]
    return [f"not used: {', '.join(idle)}, since {reason}"] if idle else []
