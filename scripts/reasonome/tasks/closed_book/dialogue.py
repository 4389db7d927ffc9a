"""The closed book: a pathway named from symbols of its genes, by a model that has read which genes it has."""

from collections.abc import Sequence

from reasonome.config import Grading
from reasonome.rewards import Reward, one_by_one
from reasonome.tasks.closed_book.recital import recited
from reasonome.tasks.closed_book.settings import ClosedBookBenchmark
from reasonome.tasks.naming.completion import Answer
from reasonome.tasks.naming.dialogue import Example, NamingDialogue


class ClosedBookDialogue(NamingDialogue):
    """Gene-set naming, of which the name is one of a collection that was read."""

    name = "closed_book"
    Benchmark = ClosedBookBenchmark

    def terms(self, example: Example) -> Sequence[tuple[str, str]]:
        """The id and the name of the pathway."""
        return [(example.main_id, example.name)]

    def rewards(self, grading: Grading | None = None) -> dict[str, Reward]:
        """Those of gene-set naming, and `facts`: the share of the shown genes whose pathway is recited, and right."""
        return super().rewards(grading) | {"facts": Reward(one_by_one(share_recited), 0.0, 1.0, semantic=True)}


def share_recited(answer: Answer, example: Example) -> float:
    """The share of the shown genes whose pathway the reasoning states, and states right."""
    return sum(one.right for one in recited(answer.steps, example)) / len(example.genes)
