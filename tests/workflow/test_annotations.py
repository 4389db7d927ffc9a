"""The rule that annotates people's own sets: what it waits for, what makes it run again, and wrong names."""

import pytest
import tiny_project
from tiny_project import BACKBONE

pytestmark = pytest.mark.slow
TARGET = f"results/annotations/{BACKBONE}/base/mine/annotations.html"
SETS = "repair\tna\tBRCA1\tBRCA2\tRAD51\tATM\n"


@pytest.fixture
def asked(copy):
    """The finished project with a file of sets, and the sources that its report had no need of."""
    (copy / "mine.gmt").write_text(SETS)
    tiny_project.edit(copy, "annotations.yaml", lambda c: c.update({"mine": {"sets": ["mine.gmt"]}}))
    return copy


def test_sets_are_annotated_of_what_is_there_already(asked):
    assert tiny_project.planned_jobs(asked, TARGET) == {"annotate": 1}
