"""The closed book: a pathway named from symbols of its genes, by a model that has read which genes it has."""

from collections.abc import Sequence

from reasonome.tasks.closed_book.settings import ClosedBookBenchmark
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.questions import Example


class ClosedBookDialogue(NamingDialogue):
    """Gene-set naming, of which the name is one of a collection that was read."""

    name = "closed_book"
    Benchmark = ClosedBookBenchmark

    def terms(self, example: Example) -> Sequence[tuple[str, str]]:
        """The id and the name of the pathway."""
        return [(example.main_id, example.name)]
