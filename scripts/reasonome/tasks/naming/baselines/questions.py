"""The questions that baselines answer, and the data that they may use, such as a background as a database."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.enrichment.over_representation import OverRepresentation
from reasonome.facts.text import normalise
from reasonome.scoring.encoders import SentenceEncoder
from reasonome.tasks.naming.background import Background, BackgroundTerm
from reasonome.tasks.naming.dialogue import Example
from reasonome.tasks.naming.metrics import TermScorer
from reasonome.tasks.naming.prompt import shown_genes, with_choice
from reasonome.tasks.naming.prompt_neighbours import in_order
from reasonome.tasks.naming.settings import NamingStyle


class Database:
    """The candidates of a background; a position is an index of `terms`, which are sorted by id, and of `sets`."""

    def __init__(self, background: Background):
        self.terms = sorted(background.candidates, key=lambda term: term.id)
        self.sets = [GeneSet(t.id, "", t.name, background.genes(t.id)) for t in self.terms]
        self._background = background

    def positions(self, ids: Collection[str], names: Iterable[str]) -> list[int]:
        """Positions of the terms with one of these ids, names or synonyms, or with any name of a term of these ids."""
        known = [self._background.by_id[i] for i in ids if i in self._background.by_id]
        wanted = {normalise(name) for name in names}.union(*map(_names, known)) - {""}
        by_id, by_name = self._positions
        return sorted(
            {p for i in ids for p in by_id.get(i, ())} | {p for name in wanted for p in by_name.get(name, ())}
        )

    @cached_property
    def _positions(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        by_id, by_name = defaultdict(list), defaultdict(list)
        for position, term in enumerate(self.terms):
            by_id[term.id].append(position)
            for name in _names(term):
                by_name[name].append(position)
        return by_id, by_name


def _names(term: BackgroundTerm) -> set[str]:
    return {normalise(name) for name in (term.name, *term.synonyms)}


@dataclass(frozen=True)
class Questions:
    """Sets to be named (`asked`), and all data for baselines; each uses no more than its `information` says.

    `terms` scores names by the terms of a background: some baselines choose names by term_score on training sets, and
    those that use a database search its background, or the over-representation analysis of it, `tests`. `encoders` (by
    name) compare texts.
    """

    asked: Sequence[Example]
    style: NamingStyle
    seed: int
    training: Sequence[Example] = ()
    encoders: Mapping[str, SentenceEncoder] = field(default_factory=dict)
    terms: TermScorer | None = None
    tests: OverRepresentation | None = None

    @cached_property
    def prompts(self) -> list[Example]:
        """The asked sets with only the genes that their prompts show, in the prompts' order."""
        return [_as_shown(example, self.style) for example in self.asked]

    @cached_property
    def training_prompts(self) -> list[Example]:
        """The training sets as their prompts show them, by subset and id."""
        return [_as_shown(example, self.style) for example in in_order(self.training)]

    @cached_property
    def database(self) -> Database:
        """The background as a database to search, made once for all baselines."""
        return Database(self.terms.background)

    def own_terms(self, example: Example) -> list[int]:
        """Positions in the database of the example's own term, by id, main id, name or synonym.

        For a contaminated variant they are those of its original set.
        """
        same = [example, *filter(None, [self._by_id.get(example.term)])]
        ids = {identifier for e in same for identifier in (e.id, e.main_id, e.term)}
        return self.database.positions(ids, {name for e in same for name in (e.name, *e.synonyms)})

    def own_ids(self, example: Example) -> frozenset[str]:
        """The ids of these terms."""
        return frozenset(self.database.terms[position].id for position in self.own_terms(example))

    @cached_property
    def _by_id(self) -> dict[str, Example]:
        return {example.id: example for example in self.asked}


def _as_shown(example: Example, style: NamingStyle) -> Example:
    return example.model_copy(update={"genes": shown_genes(with_choice(example, style), style)})
