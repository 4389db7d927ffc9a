"""What becomes of training data that leak into test sets."""

from typing import Literal

from pydantic import Field

from reasonome.config.strict import Name, Strict

Policy = Literal["report", "drop", "fail"]


class AuditPolicy(Strict):
    """What becomes of training data that leak into a benchmark's test sets, by the kind of leak.

    `drop` leaves them out when training data are built, and what the audit still finds fails it; `fail` leaves
    nothing out, and one leak fails the audit; `report` only counts.
    """

    same_term: Policy = "drop"
    same_name: Policy = Field("drop", description="or an exact synonym that the ontology gives")
    identical_set: Policy = "drop"
    jaccard: Policy = Field("drop", description="a Jaccard index of the benchmark's threshold or more")
    related_term: Policy = Field("report", description="an ancestor or a descendant by is_a and part_of")
    name_in_reasoning: Policy = Field("report", description="a test name among the words of a teacher's reasoning")
    name_in_prompt: dict[Name, Literal["report", "fail"]] = Field(
        {}, description="the true name in the prompt of its own genes, by style; not given: fail if it carries facts"
    )

    def dropped(self) -> list[str]:
        """The kinds of leak that leave a training set out."""
        sets = ("same_term", "same_name", "identical_set", "jaccard", "related_term")
        return [kind for kind in sets if getattr(self, kind) == "drop"]
