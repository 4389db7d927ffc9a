"""Enriched terms that a prompt shows: one over-representation analysis for benchmarks and people's own gene sets.

Terms that would give a set's name away are withheld; p is adjusted for them all the same. What is withheld depends on
the set and on held-out sets, never on an answer.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

from tqdm import tqdm

from reasonome.enrichment.over_representation import OverRepresentation, Withheld
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.text import normalise, without_regulation
from reasonome.tasks.naming.questions import Example, ShownTerm
from reasonome.tasks.naming.settings import PromptTerms

# Whether a question does not show a term.
WithheldTerm = Callable[[EnrichedTerm | ShownTerm], bool]


@dataclass(frozen=True)
class HeldOut:
    """Terms that no training question may show: ids and normalised names of valid and test sets."""

    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, rows: Iterable[Example]) -> "HeldOut":
        """Those of rows of any benchmark."""
        rows = list(rows)
        ids = {i for row in rows for i in (row.id, row.main_id, row.term) if i}
        return cls(frozenset(ids), frozenset(normalise(name) for row in rows for name in (row.name, *row.synonyms)))


def withheld_terms(example: Example, threshold: float, held_out: HeldOut) -> WithheldTerm:
    """Whether a question does not show a term, as its `withheld` says; none that is `held_out` is shown.

    `threshold` is the Jaccard index from which a term is of the set's family.
    """
    ids = {example.id, example.main_id, example.term}
    names = {normalise(name) for name in (example.name, *example.synonyms)}
    bare = {without_regulation(name) for name in names}

    def own(term: EnrichedTerm | ShownTerm) -> bool:
        same_genes = term.overlap == term.size == term.drawn
        return same_genes or term.id in ids or normalise(term.name) in names

    def family(term: EnrichedTerm | ShownTerm) -> bool:
        return term.jaccard >= threshold or own(term) or without_regulation(term.name) in bare

    kinds: dict[str, WithheldTerm] = {"own": own, "family": family, "nothing": lambda term: False}
    withheld = kinds[example.withheld]

    def is_withheld(term: EnrichedTerm | ShownTerm) -> bool:
        return withheld(term) or term.id in held_out.ids or normalise(term.name) in held_out.names

    return is_withheld


def shown_terms(
    tests: OverRepresentation, genes: Sequence[str], spec: PromptTerms, withheld: Withheld | None = None
) -> list[ShownTerm]:
    """The terms that a prompt shows of a list of genes, the best first, whatever their p."""
    return [
        ShownTerm(
            library=term.library, id=term.id, name=term.name, overlap=term.overlap, drawn=term.drawn, size=term.size
        )
        for term in tests.enriched(genes, most=spec.most, withheld=withheld)
    ]


def with_enriched_terms(
    examples: Sequence[Example],
    tests: OverRepresentation,
    spec: PromptTerms,
    threshold: float,
    held_out: HeldOut,
    seed: int,
) -> list[Example]:
    """The examples with the terms that a prompt shows of each; a control takes something of them away."""
    shown = [
        shown_terms(tests, [gene.symbol for gene in example.genes], spec, withheld_terms(example, threshold, held_out))
        for example in tqdm(examples, "enriched terms", delay=5)
    ]
    if spec.control:
        shown = _CONTROLS[spec.control](shown, seed)
    return [example.model_copy(update={"enriched": terms}) for example, terms in zip(examples, shown, strict=True)]


# --- controls: what answers rest on ----------------------------------------------------------------------

Shown = list[list[ShownTerm]]


def _numbers_of_others(shown: Shown, seed: int) -> Shown:
    """The overlaps and sizes of each question's terms, shuffled among these; one of them keeps its own on average."""
    changed = []
    for place, terms in enumerate(shown):
        numbers = [(term.overlap, term.size) for term in terms]
        Random(f"{seed}:{place}").shuffle(numbers)
        changed.append(
            [
                term.model_copy(update={"overlap": overlap, "size": size})
                for term, (overlap, size) in zip(terms, numbers, strict=True)
            ]
        )
    return changed


def _order_at_random(shown: Shown, seed: int) -> Shown:
    return [Random(f"{seed}:{place}").sample(terms, len(terms)) for place, terms in enumerate(shown)]


def _first_alone(shown: Shown, seed: int) -> Shown:
    return [terms[:1] for terms in shown]


def _of_another_set(shown: Shown, seed: int) -> Shown:
    """Each question with the terms of the next one in an order drawn at random, which may be of the same set."""
    order = Random(seed).sample(range(len(shown)), len(shown))
    following = dict(zip(order, [*order[1:], *order[:1]], strict=True))
    return [shown[following[place]] for place in range(len(shown))]


_CONTROLS: dict[str, Callable[[Shown, int], Shown]] = {
    "numbers": _numbers_of_others,
    "order": _order_at_random,
    "first": _first_alone,
    "other": _of_another_set,
}
