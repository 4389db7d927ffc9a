"""What answers are checked against: facts, terms by what they are called, gene set libraries, sentence encoders."""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import pandas as pd

from reasonome.apps.annotate.project_files import Sources
from reasonome.config.project import Project
from reasonome.enrichment.over_representation import GeneSetLibrary, read_library
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import NOT, read_facts
from reasonome.facts.text import normalise
from reasonome.facts.wording import FREE_TEXT, NAMING
from reasonome.rewards import Similarity
from reasonome.scoring import rouge
from reasonome.scoring.encoders import load_encoders, mean_similarity
from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.claims import Knowledge
from reasonome.tasks.naming.libraries import library_of, ontology_libraries

_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "κ": "kappa", "λ": "lambda"}
# British to American, in both texts, so that a word which is no British one does no harm.
_SPELLINGS = tuple(
    (re.compile(pattern), american)
    for pattern, american in (
        ("(?<=[α-ω])(?=[α-ω])", " "),
        *_GREEK.items(),
        ("ae|oe(?=[dst])", "e"),
        (r"our\b", "or"),
        (r"tre\b", "ter"),
        (r"bre(?=s?\b)", "ber"),
        ("is(?=(?:e|ed|es|ing|ation)\\b)", "iz"),
        ("sulph", "sulf"),
        (r"\bnegative(?:ly)? regulat\w*", "inhibition"),
        (r"\bpositive(?:ly)? regulat\w*", "stimulation"),
        (r"\b(down|up).?regulat", r"\1regulat"),
    )
)
# Words that a name and a term may differ in and still say the same.
_ADD_NOTHING = """
a activity an and at by cellular for from function in into involved its mediated of on or overview pathway process that
the through to upon via with
"""
# Words of one meaning where terms are named, the first of a line standing for all.
_INHIBITION, _STIMULATION = "inhibition", "stimulation"
_ALIKE = f"""
{_INHIBITION} attenuation block blockade blocking damping dampening downregulation repression restraint suppression
{_STIMULATION} activation enhancement induction promotion upregulation
synthesis biosynthesis biosynthetic production
degradation breakdown catabolism catabolic decay
metabolism metabolic turnover
transport trafficking
assembly formation
response reaction
regulation control
signaling signal signalling cascade transduction
apoptosis apoptotic
development maturation
"""


@lru_cache(maxsize=200_000)
def words(text: str) -> frozenset[str]:
    """The stems of a text's words that say something, each spelled one way, words of one meaning as one.

    Letters of other alphabets than Latin and Greek, and "+", are words too: NAD+ is not NAD.
    """
    spelled = text.casefold()
    for pattern, american in _SPELLINGS:
        spelled = pattern.sub(american, spelled)
    unseen = {word for word in normalise(spelled).split() if not (word.isascii() and word.isalnum())}
    return frozenset(_alike().get(stem, stem) for stem in rouge.tokens(spelled) if stem not in _add_nothing()) | unseen


@lru_cache(maxsize=1)
def _add_nothing() -> frozenset[str]:
    return frozenset(rouge.tokens(_ADD_NOTHING))


@lru_cache(maxsize=1)
def _alike() -> dict[str, str]:
    lines = [rouge.tokens(line) for line in _ALIKE.strip().splitlines()]
    return {stem: line[0] for line in lines for stem in line}


@lru_cache(maxsize=1)
def _directions() -> frozenset[str]:
    return words(_INHIBITION) | words(_STIMULATION)


def are_opposite(first: str, second: str) -> bool:
    """Whether one text is only of an inhibition, and the other only of a stimulation."""
    kinds = [words(text) & _directions() for text in (first, second)]
    return all(len(kind) == 1 for kind in kinds) and kinds[0] != kinds[1]


class KnownTerm(NamedTuple):
    """A term of a collection ("GO BP", a library, "" for objects of facts alone), with its name and synonyms."""

    collection: str
    id: str
    name: str
    synonyms: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Collection and id."""
        return self.collection, self.id

    @property
    def forms(self) -> tuple[str, ...]:
        """The name, then the synonyms."""
        return self.name, *self.synonyms


class Vocabulary:
    """Terms by what they are called."""

    def __init__(self, terms: Iterable[KnownTerm]):
        """Of several terms with one collection and id the first counts."""
        self.terms: dict[tuple[str, str], KnownTerm] = {}
        for term in terms:
            self.terms.setdefault(term.key, term)
        self._with_word: dict[str, list[KnownTerm]] = defaultdict(list)
        for term in self.terms.values():
            for word in frozenset().union(*map(words, term.forms)):
                self._with_word[word].append(term)

    @cached_property
    def keys_of(self) -> dict[str, tuple[str, str]]:
        """The key of each id; of several terms with an id that of the first."""
        return {key[1]: key for key in reversed(self.terms)}

    @cached_property
    def _called(self) -> dict[frozenset[str], list[KnownTerm]]:
        called = defaultdict(list)
        for term in self.terms.values():
            for form in {words(form): None for form in term.forms}:
                called[form].append(term)
        return called

    def called(self, name: str) -> list[KnownTerm]:
        """The terms whose name or a synonym has the same words: "signaling by Wnt" and "Wnt signaling pathway"."""
        return self._called.get(words(name), []) if words(name) else []

    def rarity(self, word: str) -> float:
        """The negative logarithm of the share of terms with the word; 0 for a word that no term has.

        Such a word tells nothing of what a name means among terms.
        """
        found = len(self._with_word.get(word, ()))
        return math.log((len(self.terms) + 1) / found) if found else 0.0

    def weight(self, some: Collection[str]) -> float:
        """The sum of the words' rarity."""
        return sum(map(self.rarity, some))

    def alike(self, name: str, other: str) -> float:
        """Twice the weight of the shared words, divided by that of the words of both: 0 to 1."""
        first, second = words(name), words(other)
        both = self.weight(first) + self.weight(second)
        return 2 * self.weight(first & second) / both if both else 0.0

    def neighbours(self, name: str, most: int) -> list[KnownTerm]:
        """At most so many terms that share words with the name, the most alike first; of equals in their order."""
        shared: defaultdict[tuple[str, str], float] = defaultdict(float)
        for word in words(name):
            for term in self._with_word.get(word, ()):
                shared[term.key] += self.rarity(word)
        # Only the best by what they share are compared whole: a common word has thousands.
        best = [self.terms[key] for key in sorted(shared, key=shared.__getitem__, reverse=True)[: 10 * most]]
        return sorted(best, key=lambda term: -max(self.alike(name, form) for form in term.forms))[:most]


@dataclass(frozen=True)
class Known:
    """What answers are checked against; `similarity` is the mean of the encoders whose weights are here, None without.

    `claims` also knows the facts that sources deny, which are not in `facts`.
    """

    facts: pd.DataFrame
    claims: Knowledge
    background: Background
    libraries: Sequence[GeneSetLibrary]
    similarity: Similarity | None

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The background's terms that have genes, the libraries' sets, and what facts say of genes."""
        terms = [
            KnownTerm(library_of(term), term.id, term.name, term.synonyms)
            for term in self.background.by_id.values()
            if term.n_genes
        ]
        known = {term.id for term in terms}
        for library in self.libraries:
            terms += [KnownTerm(library.name, i, one.name) for i, one in library.sets.items() if i not in known]
        known |= {term.id for term in terms}
        facts = self.facts[~self.facts["relation"].isin(NAMING | FREE_TEXT)]
        objects = facts[["object_id", "object_name"]].drop_duplicates("object_id").itertuples(index=False, name=None)
        return Vocabulary([*terms, *(KnownTerm("", i, name) for i, name in objects if i not in known)])

    def genes_with(self, term: KnownTerm, symbols: Sequence[str]) -> tuple[tuple[str, ...], int]:
        """Those of the symbols that have the term, and how many genes are known to."""
        if term.id in self.background.by_id:
            genes = self.background.genes(term.id)
        elif term.key in self._sets:
            genes = self._sets[term.key]
        else:
            found = tuple(symbol for symbol in symbols if term.id in self.claims.objects(symbol))
            return found, self.claims.n_genes(term.id)
        return tuple(symbol for symbol in symbols if symbol in genes), len(genes)

    @cached_property
    def _sets(self) -> dict[tuple[str, str], frozenset[str]]:
        return {(library.name, i): one.symbols for library in self.libraries for i, one in library.sets.items()}


def read_known(
    project: Project, sources: Sources, background: Background, libraries: Sequence[GeneSetLibrary]
) -> Known:
    """Read everything else, once for all sets. Raises InputError as the readers do."""
    claims = pd.concat([read_facts(path) for path in sources.facts]).drop_duplicates()
    there = [folder for folder in sources.encoders if (folder / "manifest.json").is_file()]
    encoders = load_encoders(project.encoders, there)
    similarity = mean_similarity(list(encoders.values())) if encoders else None
    facts = claims[~claims["relation"].str.startswith(NOT)]
    return Known(facts, Knowledge(claims, background), background, libraries, similarity)


def read_libraries(sources: Sources, background: Background, genes: GeneTable) -> list[GeneSetLibrary]:
    """The libraries to test against: those of the background's terms that are wanted, then those of the settings."""
    own = [read_library(library.path, genes, name, library.form) for name, library in sources.libraries.items()]
    branches = sources.branches
    return [one for one in ontology_libraries(background) if branches is None or one.name in branches] + own
