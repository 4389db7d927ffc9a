"""Teachers write the reasoning of the training sets; every teacher gives Proposals to the filter."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Proposal:
    """One teacher's answer for one benchmark row.

    `problem` is empty, or says why the answer cannot be used; `text` is the raw answer of an API teacher.
    """

    id: str
    subset: str
    proposed: str = ""
    steps: list[str] = field(default_factory=list)
    text: str = ""
    problem: str = ""
