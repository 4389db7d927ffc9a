"""Whether a teacher's reasoning about a set follows: what its steps say, the fact it ends in, and the name.

The rules are the same for every teacher. Steps are read as `claims.Knowledge` reads running text.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from reasonome.facts.sources.source import NOT, read_facts
from reasonome.facts.text import normalise
from reasonome.facts.wording import FREE_TEXT, NAMING
from reasonome.scoring import rouge
from reasonome.tasks.naming.background import Background, read_background
from reasonome.tasks.naming.claims import ASKS, CONTRADICTED, TRUE, Claim, Knowledge
from reasonome.tasks.naming.questions import Example
from reasonome.teaching.proposals import counted_genes

LEAST_OF_EXPLAINED = 1 / 2
LEAST_OF_SHOWN = 1 / 3
# Two terms are beside each other under a term that at most this share of all genes has.
NARROW = 0.02
# Objects with about the genes of the set: the Jaccard index from which they count as related.
LEAST_JACCARD = 0.25
# A word of two names relates them if at most one name in a hundred has it; of few names, COMMON_WORD says nothing.
COMMON_WORD, FEW_NAMES = 0.01, 3
_SHORTEST_STEM = 3
# Rare enough in names, but of any matter: stems.
_ANY_MATTER = """
associ class compon contain depend during establish famili from in into like link mainten member relat specif type via
with
"""
_OF_ANY_MATTER = frozenset(_ANY_MATTER.split())

Objects = tuple[str, ...]


class Ending(NamedTuple):
    """The fact that reasoning ends in: the term as written, the shown genes that it is said of, and how it bears on the
    name, "" if it does not."""

    term: str
    genes: frozenset[str]
    relation: str


class Judgement(NamedTuple):
    """What is wrong with reasoning ("" if nothing is), the fact that it ends in, and the genes that it explains."""

    problem: str
    ending: Ending | None = None
    explained: frozenset[str] = frozenset()


class Said(NamedTuple):
    """An object of a step, as written, and the shown genes of which a fact knows what the step says."""

    term: str
    objects: Objects
    genes: frozenset[str]


class TraceJudge:
    """Judges reasoning by facts and the terms above them; also says how a fact bears on the name of a set."""

    def __init__(self, facts: pd.DataFrame, background: Background):
        """`facts` has the columns of FACT_COLUMNS; relations that begin with NOT deny."""
        self.background = background
        self.knowledge = Knowledge(facts, background)
        self._rare_stems: dict[str, frozenset[str]] = {}
        self._facts = facts[~facts["relation"].isin(NAMING | FREE_TEXT)]

    # facts and names

    @cached_property
    def names(self) -> dict[str, str]:
        """The name of each object by its id; a term's is that of the background."""
        names = dict(self._facts[["object_id", "object_name"]].drop_duplicates("object_id").itertuples(index=False))
        return names | {term.id: term.name for term in self.background.by_id.values()}

    @cached_property
    def _genes(self) -> dict[str, frozenset[str]]:
        facts = self._facts[~self._facts["relation"].str.startswith(NOT)]
        listed = facts[~facts["object_id"].isin(self.background.by_id)]
        return {str(i): frozenset(genes) for i, genes in listed.groupby("object_id", observed=True)["gene"]}

    @cached_property
    def _names_with(self) -> Counter[str]:
        """How many distinct names have each stem."""
        return Counter(stem for name in {*self.names.values()} for stem in set(rouge.tokens(name)))

    def genes(self, object_id: str) -> frozenset[str]:
        """All genes that have an object; those of the terms below it too."""
        if object_id in self.background.by_id:
            return self.background.genes(object_id)
        return self._genes.get(object_id, frozenset())

    def is_own(self, example: Example, objects: Collection[str], term: str) -> bool:
        """Whether objects or their name are those of the set itself, which explain nothing."""
        ids, names = {example.id, example.main_id, example.term}, {example.name, *example.synonyms}
        return not ids.isdisjoint(objects) or normalise(term) in set(map(normalise, names))

    def relation(self, object_id: str, example: Example) -> str:
        """How an object bears on the name of a set: the first of these that holds, "" if none does.

        "above" or "below" the set's term in the ontology; "beside" it: both are below a term that at most NARROW of all
        genes have. "words": both names have a word that few names have. "genes": the Jaccard index of the object's
        genes and the set's is LEAST_JACCARD or more.
        """
        background = self.background
        for term in {example.id, example.main_id, example.term} & background.by_id.keys():
            if object_id in background.by_id:
                up, from_term = background.upwards(object_id), background.upwards(term)
                if object_id in from_term:
                    return "above"
                if term in up:
                    return "below"
                narrow = NARROW * background.number_of_genes
                if any(background.by_id[both].n_genes <= narrow for both in up & from_term):
                    return "beside"
        if self._rare(self.names[object_id]) & frozenset().union(*map(self._rare, (example.name, *example.synonyms))):
            return "words"
        genes, own = self.genes(object_id), {gene.symbol for gene in example.genes}
        return "genes" if len(genes & own) >= max(2, LEAST_JACCARD * len(genes | own)) else ""

    def _rare(self, name: str) -> frozenset[str]:
        """The stems of a name that few names have, and that say what it is about."""
        if name not in self._rare_stems:
            most = max(FEW_NAMES, COMMON_WORD * len(self.names))
            self._rare_stems[name] = frozenset(
                stem
                for stem in set(rouge.tokens(name)) - _OF_ANY_MATTER
                if len(stem) >= _SHORTEST_STEM and stem.isalpha() and self._names_with[stem] <= most
            )
        return self._rare_stems[name]

    # reading

    def judge(self, example: Example, shown: Sequence[str], steps: Sequence[str]) -> Judgement:
        """Whether steps lead from known facts to a set's name.

        Nothing that is said may be denied by a source, and numbers of genes must be those that facts know of. The last
        fact that two shown genes share, of one step the one of most genes, must be of half of the genes that the steps
        explain and of a third of the shown ones, and must be related to the name. The set's own term is no fact.
        """
        said: list[list[Said]] = []
        named = False  # whether a step says that genes have the set's own term
        for step in steps:
            claims, counts = self.knowledge.read(step, shown).claims, list(self.counts(step, shown))
            if problem := _contradiction(claims) or _wrong_number(counts):
                return Judgement(problem)
            genes: dict[str, set[str]] = defaultdict(set)
            for claim in claims:
                if claim.verdict == TRUE and not claim.negated and claim.gene in shown:
                    genes[claim.term].add(claim.gene)
            for term, _, holders in counts:
                genes[term] |= holders
            stated = [Said(term, self.knowledge.named(term), frozenset(of)) for term, of in genes.items()]
            said.append([one for one in stated if not self.is_own(example, one.objects, one.term)])
            named = named or len(said[-1]) < len(stated)
        explained = frozenset(gene for step in said for one in step for gene in one.genes)
        if not explained:
            if named:
                return Judgement("only the name: of what the steps say, facts know the set's own term alone")
            return Judgement("nothing known: no step says of a shown gene what a fact knows")
        shared = [found for step in said if (found := [one for one in step if len(one.genes) > 1])]
        if not shared:
            return Judgement("nothing shared: no fact is said of two of the shown genes", explained=explained)
        last = max(shared[-1], key=lambda one: (len(one.genes), -min(map(self._size, one.objects))))
        relation = next(filter(None, (self.relation(one, example) for one in last.objects)), "")
        ending = Ending(last.term, last.genes, relation)
        problem, of = "", len(last.genes)
        if of < max(LEAST_OF_EXPLAINED * len(explained), LEAST_OF_SHOWN * len(shown)):
            problem = f"too few genes: it ends in {last.term}, of {of} of {len(explained)} explained genes"
            problem += f" and {len(shown)} shown ones"
        elif not relation:
            problem = f"unrelated: it ends in {last.term}, which is not related to the name"
        return Judgement(problem, ending, explained)

    def _size(self, object_id: str) -> int:
        return len(self.genes(object_id))

    def counts(self, step: str, shown: Sequence[str]) -> Iterator[tuple[str, int, set[str]]]:
        """(term, number, the shown genes that have it by the facts) of each number of unnamed genes with a term."""
        for sentence, named, phrases in self.knowledge.sentences(step, shown):
            number = None if named or ASKS.search(sentence) else counted_genes(sentence)
            if number is None:
                continue
            for phrase in phrases:
                if phrase.what and not all(map(self.knowledge.holds_for_most, phrase.what)):
                    holders = {gene for gene in shown if self.knowledge.check(gene, phrase.what)[0] == TRUE}
                    yield sentence[phrase.start : phrase.end], number, holders


def _contradiction(claims: Sequence[Claim]) -> str:
    for claim in claims:
        if claim.verdict == CONTRADICTED:
            said = "denies" if claim.negated else "says"
            return f"contradicted: it {said} {claim.term} of {claim.gene}, but a source has: {claim.fact}"
    return ""


def _wrong_number(counts: Sequence[tuple[str, int, set[str]]]) -> str:
    for term, number, holders in counts:
        if number != len(holders):
            return f"wrong number: {number} of the shown genes with {term}, where facts know of {len(holders)}"
    return ""


def load_judge(files: Iterable[Path], background: Path) -> TraceJudge:
    """The judge with the facts, and the denied facts, in files, and the terms of a background."""
    facts = pd.concat([read_facts(path) for path in files], ignore_index=True)
    return TraceJudge(facts, read_background(background))
