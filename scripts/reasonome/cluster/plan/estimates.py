"""A number and where it comes from; what is computed of several is as uncertain as the worst of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

# From the surest to none. `counted` follows from files or config alone, and `at most` from their limits.
SOURCES = ("counted", "measured", "scaled", "at most", "assumed", "unknown")


@dataclass(frozen=True)
class Estimate:
    """A value (None: unknown), one of SOURCES, and how it was found."""

    value: float | None
    source: str = "counted"
    note: str = ""

    def __add__(self, other: "Estimate") -> "Estimate":
        return combine(lambda a, b: a + b, self, other)

    def __mul__(self, other: "Estimate") -> "Estimate":
        return combine(lambda a, b: a * b, self, other)

    def __truediv__(self, rate: "Estimate") -> "Estimate":
        return combine(lambda a, b: a / b, self, rate)

    def times(self, factor: float) -> "Estimate":
        """The same with a factor that is certain."""
        return self if self.value is None else replace(self, value=self.value * factor)


def unknown(note: str) -> Estimate:
    """No number, and why."""
    return Estimate(None, "unknown", note)


def combine(compute: Callable[..., float], *parts: Estimate) -> Estimate:
    """`compute` of the values; unknown if one is. Notes are kept, each once."""
    if missing := [part for part in parts if part.value is None]:
        return unknown(_notes(missing))
    source = max((part.source for part in parts), key=SOURCES.index)
    return Estimate(compute(*(part.value for part in parts)), source, _notes(parts))


def _notes(parts) -> str:
    return "; ".join(dict.fromkeys(part.note for part in parts if part.note))


def total(parts: list[Estimate]) -> Estimate:
    """The sum of what is known; its note says how many are not."""
    known = [replace(part, note="") for part in parts if part.value is not None]
    left_out = len(parts) - len(known)
    note = f"without {left_out} of {len(parts)} lines that are not known" if left_out else ""
    if parts and not known:
        return unknown(note)
    return replace(combine(lambda *values: sum(values), Estimate(0), *known), note=note)
