"""Models of GPUs as clusters name them: those that `reasonome plan` has figures of, and others that exist."""

import difflib
import re

from reasonome.config.strict import WrongValue

PLANNED = ("b200", "mi300x", "h200", "h100", "a100", "l40s", "a10", "l4")
# Models beside those: their names are near to others', and no slips of them.
OTHERS = (
    *("a16", "a2", "a30", "a40", "a800", "a2000", "a4000", "a4500", "a5000", "a5500", "a6000", "b100", "b300", "gb300"),
    *("h20", "h800", "k80", "l2", "l20", "l40", "m40", "m60", "p4", "p40", "p100", "t4", "v100", "v100s"),
    *("mi50", "mi60", "mi100", "mi210", "mi250", "mi250x", "mi300", "mi300a", "mi308x", "mi325x", "mi350x", "mi355x"),
)
_LIKE_A_MODEL = re.compile(r"[a-z]{1,2}\d+[a-z]?")
_NEAR = 0.7


def gpu_in(name: str) -> str | None:
    """The GPU of PLANNED that a name means: the longest in it that no digit follows. An L40S is no L4."""
    found = [model for model in PLANNED if re.search(rf"(?<!\d){model}(?!\d)", name.lower())]
    return max(found, key=len, default=None)


def check_gpu_model(name: str) -> str:
    """`name`; WrongValue with the nearest model for a slip of one.

    Names that are like no model, such as `tesla`, are a cluster's own.
    """
    if gpu_in(name) is not None:
        return name
    for word in re.split(r"[^a-z0-9]+", name.lower()):
        if word not in OTHERS and _LIKE_A_MODEL.fullmatch(word):
            near = difflib.get_close_matches(word, [*PLANNED, *OTHERS], n=1, cutoff=_NEAR)
            if near:
                raise WrongValue(f"unknown GPU '{name}'", f"did you mean '{near[0]}'?")
    return name
