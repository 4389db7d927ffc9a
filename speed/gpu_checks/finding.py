"""A finding of a check, and where checks run. Imports nothing that a bare machine may lack."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

Verdict = Literal["ok", "MISSED", "told", "not checked"]


@dataclass(frozen=True)
class Finding:
    """One line of a check: what was expected and found. `ok` is None where it could not be checked.

    With nothing expected it only tells.
    """

    check: str
    expected: str
    found: str
    ok: bool | None = True

    @property
    def verdict(self) -> Verdict:
        if self.ok is None:
            return "not checked"
        if not self.ok:
            return "MISSED"
        return "ok" if self.expected else "told"

    def line(self) -> str:
        """The finding for people."""
        expected = f" (expected: {self.expected})" if self.expected else ""
        return f"{self.verdict:11}  {self.check}: {self.found}{expected}"


@dataclass(frozen=True)
class Here:
    """Where checks run: a folder for their files, and whether sizes are tiny."""

    work: Path
    small: bool

    @cached_property
    def gpu(self) -> bool:
        """Whether there is a GPU to check."""
        import torch

        return torch.cuda.is_available()

    @property
    def device(self) -> str:
        return "cuda" if self.gpu else "cpu"

    def size(self, full: int, small: int) -> int:
        """The number of whatever, by size."""
        return small if self.small else full

    def compare(self, check: str, expected: str, found: str, ok: bool) -> Finding:
        """A finding that holds for full sizes on a GPU; elsewhere it only tells."""
        return Finding(check, expected, found, ok) if self.gpu and not self.small else Finding(check, "", found)
