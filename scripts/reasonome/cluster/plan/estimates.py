"""Numbers with their sources; a result is as uncertain as the worst of the numbers that it is computed of."""

from collections.abc import Callable
from dataclasses import dataclass, replace

# From the surest to none. `counted`: follows from files or config alone.
SOURCES = ("counted", "measured", "scaled", "assumed", "unknown")


@dataclass(frozen=True)
class Estimate:
    """A value (None: unknown), one of SOURCES, how it was found, and whether it is an upper bound."""

    value: float | None
    source: str
    note: str = ""
    at_most: bool = False

    def __add__(self, other: "Estimate") -> "Estimate":
        return combine(lambda a, b: a + b, self, other)

    def __mul__(self, other: "Estimate") -> "Estimate":
        return combine(lambda a, b: a * b, self, other)

    def __truediv__(self, rate: "Estimate") -> "Estimate":
        return combine(lambda a, b: a / b, self, rate)

    def times(self, factor: float) -> "Estimate":
        """The same with a factor that is certain."""
        return self if self.value is None else replace(self, value=self.value * factor)


def counted(value: float, note: str = "", at_most: bool = False) -> Estimate:
    """A number that follows from files or config."""
    return Estimate(value, "counted", note, at_most)


def unknown(note: str) -> Estimate:
    """No number, and why."""
    return Estimate(None, "unknown", note)


def combine(compute: Callable[..., float], *parts: Estimate) -> Estimate:
    """`compute` of the values; unknown if one is. Notes are kept, each once."""
    notes = "; ".join(dict.fromkeys(part.note for part in parts if part.note))
    if any(part.value is None for part in parts):
        missing = "; ".join(dict.fromkeys(part.note for part in parts if part.value is None and part.note))
        return unknown(missing)
    source = max((part.source for part in parts), key=SOURCES.index)
    return Estimate(compute(*(part.value for part in parts)), source, notes, any(part.at_most for part in parts))


def total(parts: list[Estimate]) -> Estimate:
    """The sum of the known parts; its note counts the others."""
    known = [part for part in parts if part.value is not None]
    left_out = len(parts) - len(known)
    note = f"for {len(known)} of {len(parts)} lines, {left_out} are not known" if left_out else ""
    source = max((part.source for part in known), key=SOURCES.index, default="unknown" if parts else "counted")
    if parts and not known:
        return unknown(note)
    at_most = not left_out and any(part.at_most for part in known)  # what is not known has no bound
    return Estimate(sum(part.value or 0 for part in known), source, note, at_most)
