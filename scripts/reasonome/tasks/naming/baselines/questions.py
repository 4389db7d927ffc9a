"""The questions that baselines answer, and the data that they may use, such as a background as a database."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from reasonome.enrichment.over_representation import OverRepresentation
from reasonome.facts.text import normalise
from reasonome.tasks.naming.metrics import TermScorer
from reasonome.tasks.naming.prompt import as_shown
from reasonome.tasks.naming.prompt_neighbours import in_order
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.settings import NamingStyle


@dataclass(frozen=True)
class Questions:
    """Sets to be named (`asked`), and all data for baselines; each uses no more than its `information` says.

    `terms` scores names by the terms of a background: some baselines choose names by term_score on training sets, and
    those that use a database search the over-representation analysis of its background, `tests`.
    """

    asked: Sequence[Example]
    style: NamingStyle
    seed: int
    training: Sequence[Example] = ()
    terms: TermScorer | None = None
    tests: OverRepresentation | None = None

    @cached_property
    def prompts(self) -> list[Example]:
        """The asked sets with only the genes that their prompts show, in the prompts' order."""
        return [as_shown(example, self.style) for example in self.asked]

    @cached_property
    def training_prompts(self) -> list[Example]:
        """The training sets as their prompts show them, by subset and id."""
        return [as_shown(example, self.style) for example in in_order(self.training)]

    @cached_property
    def scorer(self) -> TermScorer:
        """`terms`, for baselines that need them."""
        if self.terms is None:
            raise ValueError("these questions have no background")
        return self.terms

    def own_ids(self, example: Example) -> frozenset[str]:
        """The ids of the example's own term in the background, by id, main id, name or synonym.

        For a contaminated variant they are those of its original set.
        """
        same = [example, *filter(None, [self._by_id.get(example.term)])]
        ids = {identifier for e in same for identifier in (e.id, e.main_id, e.term)}
        background = self.scorer.background
        known = [term for i in ids if (term := background.by_id.get(i))]
        names = {normalise(name) for one in (*same, *known) for name in (one.name, *one.synonyms)} - {""}
        return frozenset(ids).union(term.id for name in names for term in background.called(name))

    @cached_property
    def _by_id(self) -> dict[str, Example]:
        return {example.id: example for example in self.asked}
