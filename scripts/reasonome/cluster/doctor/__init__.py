"""Checks of a node before it works: each takes readings and gives a finding, which has the fix of a fault."""

from dataclasses import dataclass

OK, WARN, FAIL, NOT_HERE = "ok", "warn", "fail", "not here"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: `state` is OK, WARN, FAIL or NOT_HERE; `fix` is a command or a line to edit."""

    check: str
    state: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        line = f"{self.state:<8}  {self.check}: {self.what}"
        return f"{line}\n          fix: {self.fix}" if self.fix else line
