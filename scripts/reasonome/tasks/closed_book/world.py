"""The world of a closed book: pathways that share no gene, and questions about sets of their genes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from random import Random

import pandas as pd

from reasonome.core.errors import InputError
from reasonome.facts.text import normalise
from reasonome.facts.wording import MEMBERSHIP, PART_OF_PATHWAY
from reasonome.tasks.closed_book.questions import Question, Through
from reasonome.tasks.closed_book.settings import NEVER, STRANGERS, ClosedBookBenchmark, Strangers
from reasonome.tasks.naming.dialogue import name_problems
from reasonome.tasks.naming.questions import Fact, Gene

_TRIES = 1000  # draws of a question, after which a pathway has no other one
_LONG_WORD = 4  # characters from which a word of two names counts as shared


@dataclass(frozen=True)
class Pathway:
    """A pathway of the world: its id and name in the collection, the genes that it is cut to, and its part.

    `parent` is the (id, name) that questions ask for in its place, if they do.
    """

    id: str
    name: str
    genes: tuple[str, ...]
    part: str
    parent: tuple[str, str] | None = None

    @property
    def answer(self) -> tuple[str, str]:
        """The id and the name that questions ask for."""
        return self.parent or (self.id, self.name)


def memberships(facts: pd.DataFrame, benchmark: ClosedBookBenchmark) -> pd.DataFrame:
    """The facts which say what genes the sets of the benchmark's collection have."""
    return facts[(facts["source"] == benchmark.collection) & (facts["relation"] == benchmark.relation)]


def parents(facts: pd.DataFrame, benchmark: ClosedBookBenchmark) -> dict[str, tuple[str, str]]:
    """Name of a pathway → (id, name) of its parent, by the benchmark's hierarchy."""
    rows = facts[(facts["source"] == benchmark.hierarchy) & (facts["relation"] == PART_OF_PATHWAY)]
    return dict(zip(rows["gene"], zip(rows["object_id"], rows["object_name"], strict=True), strict=True))


def answers(facts: pd.DataFrame, benchmark: ClosedBookBenchmark) -> pd.DataFrame:
    """The memberships, with the parent in place of each pathway where questions ask for parents."""
    members = memberships(facts, benchmark)
    if benchmark.hierarchy is None:
        return members
    above = parents(facts, benchmark)
    members = members[members["object_name"].isin(above)]
    ids, names = zip(*members["object_name"].map(above), strict=True)
    return members.assign(object_id=ids, object_name=names)


def draw_world(
    facts: pd.DataFrame, benchmark: ClosedBookBenchmark, drawn_before: Collection[str] = ()
) -> list[Pathway]:
    """The pathways of a benchmark, drawn at random from the facts of its collection, part by part.

    With ids that were `drawn_before` the part `never` is filled first, and has none of them. The other parts take these
    first, so that new ones are left for later worlds.

    No gene of a pathway, in the collection, is in another one; no two names are equal, or share two words. The same
    holds of parents, where these are asked for, and none shares a word with its pathway. What is asked for can be an
    answer: its name holds no separator of a list. InputError where too few pathways are like that.
    """
    members = memberships(facts, benchmark).groupby(["object_id", "object_name"])["gene"].agg(set)
    random = Random(benchmark.seed)
    turns = _turns(random.sample(list(members.index), len(members)), benchmark, drawn_before)
    world: list[Pathway] = []
    taken: set[str] = set()
    names: set[str] = set()
    words: list[set[str]] = []
    above = parents(facts, benchmark) if benchmark.hierarchy else {}
    for candidates, parts in turns:
        for pathway_id, name in candidates:  # one that was taken shares its genes with itself
            if not parts:
                break
            genes = members[pathway_id, name]
            short = sorted(gene for gene in genes if len(gene) <= benchmark.longest_symbol)
            parent = above.get(name)
            own_name = normalise(parent[1] if parent else name)
            own_words = _long_words(own_name)
            if benchmark.hierarchy and not (
                parent
                and len(parent[1]) <= benchmark.longest_parent
                and own_words.isdisjoint(_long_words(normalise(name)))
            ):
                continue
            if not (
                benchmark.smallest <= len(genes) <= benchmark.largest
                and len(name) <= benchmark.longest_name
                and not name_problems(parent[1] if parent else name)
                and len(short) >= benchmark.genes
                and taken.isdisjoint(genes)
                and own_name not in names
                and all(len(own_words & others) < 2 for others in words)
            ):
                continue
            cut = tuple(sorted(random.sample(short, benchmark.genes)))
            world.append(Pathway(pathway_id, name, cut, parts.pop(0), parent))
            taken |= genes
            names.add(own_name)
            words.append(own_words)
        if parts:
            new = " that were not drawn before" if drawn_before and NEVER in parts else ""
            raise InputError(
                f"{len(world)} pathways of {benchmark.collection}{new} share no gene and are like that, and the parts "
                f"want {len(world) + len(parts)}",
                field="parts",
                fix="ask for fewer, or allow longer names, other sizes or fewer genes",
            )
    return world


def _turns(
    order: Sequence[tuple[str, str]], benchmark: ClosedBookBenchmark, drawn_before: Collection[str]
) -> list[tuple[list[tuple[str, str]], list[str]]]:
    """Pathways (id, name) in the order in which they are tried, and the parts that they fill, a part for each place."""
    parts = [part for part, number in benchmark.parts.model_dump().items() for _ in range(number)]
    if not drawn_before:
        return [(list(order), parts)]
    new = [one for one in order if one[0] not in drawn_before]
    drawn = [one for one in order if one[0] in drawn_before]
    never = [part for part in parts if part == NEVER]
    return [(new, never), (drawn + new, [part for part in parts if part != NEVER])]


def _long_words(name: str) -> set[str]:
    return {word for word in name.split() if len(word) >= _LONG_WORD}


def ask(pathway: Pathway, world: Sequence[Pathway], benchmark: ClosedBookBenchmark) -> dict[str, list[Question]]:
    """Split → the questions about a pathway, drawn by the seed and the pathway alone; no two have the same genes.

    Strangers of training questions are of pathways of the same part, those of other questions of any.

    InputError where its genes make too few questions.
    """
    random, numbers = Random(f"{benchmark.seed}:{pathway.id}"), benchmark.questions
    if pathway.part in ("sft", "grpo"):
        wanted = {"train": (pathway.part, numbers.train), "test": ("asked", numbers.asked)}
    elif pathway.part == "valid":
        wanted = {"valid": (NEVER, numbers.valid)}
    else:
        wanted = {"test": (NEVER, numbers.never)}
    elsewhere = [other for other in world if other is not pathway]
    # In training no pathway is always a stranger and never the answer: models would learn not to name it.
    others = dict.fromkeys(wanted, elsewhere) | {"train": [other for other in elsewhere if other.part == pathway.part]}
    seen: set[frozenset[str]] = set()
    asked: dict[str, list[Question]] = {}
    for split, (subset, number) in wanted.items():
        asked[split] = [
            _question(
                f"{pathway.id}.{split}.{kind}.{place}", subset, kind, pathway, others[split], benchmark, random, seen
            )
            for kind in benchmark.strangers
            for place in range(number)
        ]
    return asked


def _question(
    question_id: str,
    subset: str,
    kind: Strangers,
    pathway: Pathway,
    others: Sequence[Pathway],
    benchmark: ClosedBookBenchmark,
    random: Random,
    seen: set[frozenset[str]],
) -> Question:
    fewest, most = benchmark.members
    for _ in range(_TRIES):
        members = random.sample(pathway.genes, fewest if kind == "many" else random.randint(fewest, most))
        strangers = {"none": 0, "one": 1, "many": len(members)}[kind]
        elsewhere = random.sample(others, strangers)
        outliers = [random.choice(other.genes) for other in elsewhere]
        pathway_of = dict.fromkeys(members, pathway) | dict(zip(outliers, elsewhere, strict=True))
        symbols = frozenset(pathway_of)
        if symbols not in seen:
            seen.add(symbols)
            return Question(
                id=question_id,
                subset=subset,
                name=pathway.answer[1],
                main_id=pathway.answer[0],
                through=Through(id=pathway.id, name=pathway.name) if pathway.parent else None,
                genes=[_member(symbol, pathway_of[symbol]) for symbol in sorted(symbols)],
                outliers=sorted(outliers),
                stratum=STRANGERS[kind],
            )
    what = f"the {len(pathway.genes)} genes of '{pathway.name}' make fewer questions with {STRANGERS[kind]}"
    raise InputError(what, field="questions", fix="ask fewer, or give each pathway more genes")


def _member(symbol: str, pathway: Pathway) -> Gene:
    """A gene with the fact that recitals of it are judged by; no prompt shows it."""
    return Gene(symbol=symbol, facts=(Fact(relation=MEMBERSHIP, object=pathway.name),))
