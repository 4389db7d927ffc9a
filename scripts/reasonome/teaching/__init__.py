"""Teachers write the reasoning of the training sets; what every teacher hands to the filter is a Proposal."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Proposal:
    """One teacher's answer for one benchmark row.

    `problem` is empty, or says why the answer cannot be used; `text` is what an API teacher wrote, raw.
    """

    id: str
    subset: str
    proposed: str = ""
    steps: list[str] = field(default_factory=list)
    text: str = ""
    problem: str = ""
