"""The closed book: a pathway named from symbols of its genes, by a model that has read which genes it has."""

from collections.abc import Sequence

from reasonome.config import Grading
from reasonome.rewards import Reward
from reasonome.tasks.closed_book import rewards as of_recitals
from reasonome.tasks.closed_book.questions import Question
from reasonome.tasks.closed_book.settings import ClosedBookBenchmark
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.questions import Example as GeneSet
from reasonome.tasks.naming.settings import NamingStyle


class ClosedBookDialogue(NamingDialogue):
    """Gene-set naming, of which the name is one of a collection that was read."""

    name = "closed_book"
    Example = Question
    Benchmark = ClosedBookBenchmark

    def with_choice(self, example: GeneSet, style: NamingStyle) -> GeneSet:
        """As of sets; each gene keeps its pathway, which no prompt shows: rewards of recitals need it."""
        return super().with_choice(example, style).model_copy(update={"genes": example.genes})

    def rewards(self, grading: Grading | None = None) -> dict[str, Reward]:
        """Those of naming, and of recitals."""
        return super().rewards(grading) | of_recitals.REWARDS

    def with_gold_of(self, example: GeneSet, other: GeneSet) -> GeneSet:
        """As of sets; no gene keeps its pathway, or rewards of recitals would go on paying for true facts."""
        bare = [gene.model_copy(update={"facts": ()}) for gene in example.genes]
        return super().with_gold_of(example, other).model_copy(update={"genes": bare})

    def terms(self, example: Question) -> Sequence[tuple[str, str]]:
        """The id and the name of the answer, and of the pathway that leads to it."""
        through = [] if example.through is None else [(example.through.id, example.through.name)]
        return [(example.main_id, example.name), *through]

    def symbols(self, example: Question) -> list[str]:
        """What facts about the question have as their subject: its genes, and the pathway that leads to its answer."""
        return super().symbols(example) + ([] if example.through is None else [example.through.name])
