"""Claims in running text that genes have terms, checked against known facts."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from reasonome.facts.sources.source import NOT
from reasonome.facts.text import normalise
from reasonome.facts.wording import FREE_TEXT, NAMING
from reasonome.tasks.naming.background import Background, BackgroundTerm

TRUE, CONTRADICTED, UNKNOWN = "true", "contradicted", "unknown"
# A term that more than this share of the background's genes have supports no claim. A prompt shows five to ten genes;
# of five random genes, at least one has a term of a tenth of all genes with probability 0.4.
MOST_GENES = 0.1
MAX_PHRASE_WORDS = 30  # the longest GO term has 27
_MIN_LETTERS = 6  # of a term of one word
_MIN_SYMBOL = 3  # shorter symbols are abbreviations of much else
# Names of terms that a sentence about genes uses in their everyday sense.
_EVERYDAY_WORDS = """
activation activity assembly behavior behaviour binding biological cancer cellular channel complex component
degradation development differentiation disease disorder domain enzyme enzymes expression family function
genetic growth homeostasis immune inhibition interaction kinase ligand localization locomotion maintenance
membrane membranes metabolic metabolism molecular mutation organization pathway pathways process processes
protein proteins receptor receptors region regulation repair repeat reproduction response secretion signal
signaling signalling stress structure symptom syndrome synthesis system transport transporter
"""
# "This cellular component is …" says no more than that there is one.
_KINDS = ("biological process", "cellular component", "cellular process", "molecular function")
_EVERYDAY = frozenset([*_EVERYDAY_WORDS.split(), *_KINDS])

_WORD = re.compile(r"[^\W_]+|\+")  # as facts.text.normalise parts a name
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_SYMBOL_LIKE = re.compile(r"[^\W_][\w.@-]*")
_ALL_CAPITALS = re.compile(r"\b[A-Z]{2,}\b")
_ANY_WORD = re.compile(r"\b[A-Za-z]{2,}\b")
_JOINT = re.compile(r",? (?:while|whereas|although|but) |, (?:and|yet) | and ")
# Lower case, except NOT for emphasis: NO is nitric oxide.
_NEGATION = re.compile(
    r"\b(?:[Nn]ot(?! only)|NOT|[Nn]o|[Nn]ever|[Nn]either(?: of)?|[Nn]or|cannot|[Uu]nlike|[Uu]nrelated to|[Ww]ithout|"
    r"[Ee]xcept(?: for)?|lack(?:s|ing)?|fail(?:s|ed)? to|absent from|hardly|rather than)\b|n['’]t\b"
)
_OF_FACT = ["relation", "object_id", "object_name", "source", "evidence"]
What = TypeVar("What")
# A question makes no claim.
ASKS = re.compile(r"\?[\s\"')*]*\Z|\b[Ww]hether\b")
_NO_ROWS = np.array([], dtype=int)
_OF_ONE_GENE = ("unlike", "without", "except", "except for")  # say something only of the gene that follows
_OF_ALL_THAT_FOLLOWS = re.compile(r"\b(?:[Nn]either|[Nn]o (?:evidence|indication|link|role|sign))\b")

# Words that may stand beside a whole term. Pointers and kinds ("the pathway X", "X genes") are skipped. Next to them
# must be punctuation, a gene (behind the term), or a word that links a term with a gene; "of" and "to" link only after
# some words. Any other word counts as part of a longer term: a missing verb loses a claim, but supports no false one.
_POINTERS = """
a all an another any biological cellular certain common core each every general human important its key known main major
molecular other overall same several shared some such the their these this those various
"""
_KINDS_BEFORE = """
chemical compartment complex disease domain function gene group keyword pathway pathways phenotype process processes
reaction term
"""
_KINDS_BEHIND = """
activities activity function functions gene genes machinery mechanism mechanisms pathway pathways process processes
protein proteins
"""
_LINKS = """
accompanies accompany after ahead also although among and are as associated at be because been before behind being
between but by called can carries carry carrying catalyse catalyses catalyze catalyzes contain contains count counts did
do does doing done drive drives during either enable enables encode encodes encoding for from further had has have
having help helps hence if in include includes including inside into involve involves involving is jointly like mainly
may mediate mediates mostly named namely neither never no nor not occurs often on only or perform performing performs
provide provides providing rather respectively restrain say says share shares sharing show showing shows so stand stands
such than that then there they through thus together too under undergo undergoes undergoing upon via was we well were
when where whereas which while who whose with within without yet
"""
_BEFORE_OF_AND_TO = """
ahead annotated aspect aspects assigned belong belonging belongs capable case central component components connected
contribute contributed contributes contributing contribution dedicated essential function functions gene genes important
key linked localize localized localizes member members part participant participants parts pathway pathways process
processes product products protein proteins related role roles specific step steps subunit subunits type types unrelated
upstream
"""
_PASSED_BEFORE = frozenset(_POINTERS.split()) | frozenset(_KINDS_BEFORE.split())
_PASSED_BEHIND = frozenset(_KINDS_BEHIND.split())
_LINKING = frozenset(_LINKS.split())
_LEADING = frozenset(_BEFORE_OF_AND_TO.split())  # on, by "of" or "to"

_HYPHENS = "-\u2010-\u2013"  # of all kinds
# But for quotes and emphasis, which may stand around a part of a term.
_PUNCTUATION = re.compile(rf"\s[{_HYPHENS}\u2014]+\s|[^{_HYPHENS}\w\s'\"*`\u2018-\u201d]")
_HYPHENATED = re.compile(rf"\w+(?:[{_HYPHENS}'\u2019]\w+)*")
_JOINED_BEFORE, _JOINED_BEHIND = re.compile(rf"\w[{_HYPHENS}]\Z"), re.compile(rf"[{_HYPHENS}]\w")
_LISTED = re.compile(r"\s*(?:,|,?\s(?:and|or|nor))\s+")
_NEAR = 120  # characters beside a term that are examined


class Claim(NamedTuple):
    """The claim of a sentence that `gene` has `term` (as written), or that it does not, if `negated`.

    `fact` decided the verdict: relation, name, id, source and evidence of a known fact, "" where it is unknown.
    """

    gene: str
    term: str
    negated: bool
    verdict: str
    fact: str


class _Mention(NamedTuple, Generic[What]):
    """A gene (its symbol) or a term (ids of the objects of that name) where it stands in a text."""

    start: int
    end: int
    what: What


Named = _Mention[str]
Phrase = _Mention[tuple[str, ...]]


@dataclass(frozen=True)
class Reading:
    """The content of a running text: the genes that it names, and its claims, each once.

    `unchecked` are the sentences that name a gene but make no claim: they name no whole term, or are questions.
    """

    genes: frozenset[str]
    claims: list[Claim]
    unchecked: list[str]


class Knowledge:
    """The facts to check claims against, and the names of genes and terms in texts."""

    def __init__(self, facts: pd.DataFrame, background: Background | None = None):
        """`facts` has the columns of FACT_COLUMNS; with a background, genes of a term have the terms above it too.

        A row whose relation begins with NOT (denied.parquet) denies the object and what is below it in the background.
        """
        self.symbols = frozenset(facts["gene"].unique())
        spellings = Counter(map(str.upper, self.symbols))
        # Upper-case spelling → symbol, where only one symbol has it.
        self._any_case = {symbol.upper(): symbol for symbol in self.symbols if spellings[symbol.upper()] == 1}
        self._background = background
        self._index(facts[~facts["relation"].isin(NAMING | FREE_TEXT)])
        self._phrases = self._names(facts)
        lengths: dict[str, set[int]] = defaultdict(set)
        for phrase in self._phrases:
            first, *others = phrase.split()
            lengths[first].add(1 + len(others))
        # First word → how many words the phrases have that begin with it, the longest first.
        self._lengths = {first: sorted(counts, reverse=True) for first, counts in lengths.items()}

    def _index(self, facts: pd.DataFrame) -> None:
        denied = facts["relation"].str.startswith(NOT)
        self._denied: dict[str, dict[str, str]] = defaultdict(dict)
        for gene, *denial in facts.loc[denied, ["gene", *_OF_FACT]].itertuples(index=False, name=None):
            self._denied[gene][denial[1]] = f"NOT {_in_words(*denial).removeprefix(NOT)}"
        # Facts stay in columns, sorted by gene and object: as Python's objects they would take gigabytes.
        known = facts[~denied].astype("category").sort_values(["gene", "object_id"], kind="stable")
        # How many genes the background has, or the facts without one.
        self.annotated_genes = self._background.number_of_genes if self._background else known["gene"].nunique()
        self._gene_counts = known[["gene", "object_id"]].drop_duplicates()["object_id"].value_counts().to_dict()
        self._gene_rows = known.groupby("gene", observed=True).indices
        self._object_ids = known["object_id"].to_numpy(dtype=object)
        self._facts = known[_OF_FACT]

    def _names(self, facts: pd.DataFrame) -> dict[str, tuple[str, ...]]:
        """Normalised phrase → ids of the objects that it names; none for the full name of a gene.

        The words of a gene's full name, such as "epidermal growth factor receptor", name no terms.
        """
        named: dict[str, dict[str, None]] = defaultdict(dict)
        objects = facts.loc[~facts["relation"].isin(NAMING | FREE_TEXT), ["object_id", "object_name"]].drop_duplicates()
        for object_id, name in objects.itertuples(index=False, name=None):
            named[normalise(name)][object_id] = None
        for term in self._background.by_id.values() if self._background else ():
            named[normalise(term.name)][term.id] = None
            for synonym in map(normalise, term.synonyms):
                if " " in synonym:  # one of a single word is mostly an acronym
                    named[synonym][term.id] = None
        phrases = {phrase: tuple(ids) for phrase, ids in named.items() if self._is_term_name(phrase)}
        for name in facts.loc[facts["relation"] == "has_name", "object_name"].unique():
            phrase = normalise(name)
            if " " in phrase:
                phrases.setdefault(phrase, ())
        return phrases

    def _is_term_name(self, phrase: str) -> bool:
        """Whether a phrase in a text can be read as the term of that name."""
        words = phrase.split()
        if phrase in _EVERYDAY:
            return False
        if len(words) == 1:
            return sum(map(str.isalpha, phrase)) >= _MIN_LETTERS and phrase.upper() not in self._any_case
        return 1 < len(words) <= MAX_PHRASE_WORDS and any(len(word) >= _MIN_SYMBOL for word in words)

    # reading

    def read(self, text: str, of_set: Collection[str] = ()) -> Reading:
        """The genes and claims of a text about the genes `of_set`.

        A gene is recognised by its symbol as written; in any case if it has a digit and at least three characters.
        Symbols of one or two characters, and symbols in a sentence mostly in capitals, count only if they are in
        `of_set`. A word inside the name of a term or gene is no gene. Terms are the longest names or synonyms that
        stand whole: "interferon-mediated protein binding" does not name "protein binding". Each gene of a clause makes
        a claim with each of its terms.
        """
        genes: set[str] = set()
        claims: dict[tuple, Claim] = {}
        unchecked: dict[str, None] = {}
        for sentence, named, phrases in self.sentences(text, of_set):
            genes.update(gene.what for gene in named)
            sentence_claims = [] if ASKS.search(sentence) else list(self._claims(sentence, named, phrases))
            for claim in sentence_claims:
                claims.setdefault((claim.gene, normalise(claim.term), claim.negated), claim)
            if named and not sentence_claims:
                unchecked[sentence.strip()] = None
        return Reading(frozenset(genes), list(claims.values()), list(unchecked))

    def sentences(self, text: str, of_set: Collection[str] = ()) -> Iterator[tuple[str, list[Named], list[Phrase]]]:
        """Each sentence of a text, its genes and its terms; one that is part of a longer name is of no object."""
        for sentence in filter(None, _SENTENCE_END.split(text)):
            phrases = self._phrases_in(sentence)
            named = self._genes_in(sentence, phrases, frozenset(of_set))
            places = [(phrase.start, phrase.end) for phrase in phrases]
            whole = _stand_whole(sentence, places, [gene.start for gene in named])
            yield (
                sentence,
                named,
                [phrase if kept else phrase._replace(what=()) for phrase, kept in zip(phrases, whole, strict=True)],
            )

    def named(self, term: str) -> tuple[str, ...]:
        """The ids of the objects that a text names by this term; none where no text names anything by it."""
        return self._phrases.get(normalise(term), ())

    def _phrases_in(self, sentence: str) -> list[Phrase]:
        words = [(match[0].casefold(), match.start(), match.end()) for match in _WORD.finditer(sentence)]
        mentions, at = [], 0
        while at < len(words):
            for length in self._lengths.get(words[at][0], ()):
                ids = self._phrases.get(" ".join(word for word, _, _ in words[at : at + length]))
                if ids is not None and at + length <= len(words):
                    mentions.append(_Mention(words[at][1], words[at + length - 1][2], ids))
                    at += length
                    break
            else:
                at += 1
        return mentions

    def _genes_in(self, sentence: str, phrases: Sequence[Phrase], of_set: frozenset[str]) -> list[Named]:
        capitals = [word for word in _ALL_CAPITALS.findall(sentence) if word not in self.symbols and word not in of_set]
        shouted = 2 * len(capitals) > len(_ANY_WORD.findall(sentence))
        mentions = []
        for match in _SYMBOL_LIKE.finditer(sentence):
            if _covered(match.start(), match.end(), phrases):
                continue
            for start, end, symbol in _parts(match[0], lambda part: self._symbol(part, of_set)):
                unclear = len(symbol) < _MIN_SYMBOL or shouted and symbol.isalpha()
                if symbol in of_set or not unclear:
                    mentions.append(_Mention(match.start() + start, match.start() + end, symbol))
        return mentions

    def _symbol(self, word: str, of_set: frozenset[str]) -> str | None:
        if word in of_set or word in self.symbols:
            return word
        if len(word) >= _MIN_SYMBOL and any(map(str.isdigit, word)):
            return self._any_case.get(word.upper())
        return None

    # checking

    def _claims(self, sentence: str, genes: Sequence[Named], phrases: Sequence[Phrase]) -> Iterator[Claim]:
        for start, end in _clauses(sentence, genes, phrases):
            in_clause = [gene for gene in genes if start <= gene.start < end]
            terms = [term for term in phrases if term.what and start <= term.start < end]
            negations = _negations(sentence, start, end, genes, phrases)
            for symbol in dict.fromkeys(gene.what for gene in in_clause):
                mentions = [gene for gene in in_clause if gene.what == symbol]
                for term in terms:
                    nearest = min(mentions, key=lambda gene: max(gene.start - term.end, term.start - gene.end))
                    negated = any(_negates(negation, nearest, term) for negation in negations)
                    verdict, fact = self.check(symbol, term.what, negated)
                    yield Claim(symbol, sentence[term.start : term.end], negated, verdict, fact)

    def check(self, gene: str, objects: Sequence[str], negated: bool = False) -> tuple[str, str]:
        """The verdict on whether a gene has one of the objects (ids) of a name, and the fact that decided it.

        A supporting fact decides before a denying one; without either the claim is unknown. An object that more than
        MOST_GENES of the genes have contradicts a denial but supports no claim: then the fact says so.
        """
        informative = objects if negated else [object_id for object_id in objects if not self.holds_for_most(object_id)]
        if known := self._known(gene, informative):
            return (CONTRADICTED if negated else TRUE), known
        if denied := self._denial(gene, objects):
            return (TRUE if negated else CONTRADICTED), denied
        if known := self._known(gene, objects):
            return UNKNOWN, f"{known}; more than one gene in {1 / MOST_GENES:.0f} has that, so it supports nothing"
        return UNKNOWN, ""

    def holds_for_most(self, object_id: str) -> bool:
        """Whether more than MOST_GENES of the genes have an object (id), so that having it supports nothing.

        Genes are those of the background, or of the facts without one.
        """
        if self._background is not None and object_id in self._background.by_id:
            genes = self._background.by_id[object_id].n_genes
        else:
            genes = self._gene_counts.get(object_id, 0)
        return genes > MOST_GENES * self.annotated_genes

    def _known(self, gene: str, objects: Sequence[str]) -> str:
        rows = self._gene_rows.get(gene, _NO_ROWS)
        for object_id in objects:
            for row in rows[self._object_ids[rows] == object_id]:
                return self._fact_text(row)
        if (background := self._background) is None:
            return ""
        for term in filter(None, map(background.by_id.get, objects)):
            if gene in background.genes(term.id):
                return self._by_term(gene, term)
        return ""

    def _by_term(self, gene: str, term: BackgroundTerm) -> str:
        for row in self._gene_rows.get(gene, _NO_ROWS):
            if term.id in self._above(self._object_ids[row]):
                return f"{self._fact_text(row)}, which is a kind or part of {term.name}"
        return f"one of the genes of {term.name} ({term.id})"

    def _fact_text(self, row: int) -> str:
        return _in_words(*(str(self._facts[column].iat[row]) for column in _OF_FACT))

    def _denial(self, gene: str, objects: Sequence[str]) -> str:
        for denied, denial in self._denied.get(gene, {}).items():
            if any(denied == object_id or denied in self._above(object_id) for object_id in objects):
                return denial
        return ""

    def _above(self, object_id: str) -> frozenset[str]:
        """The object and the terms above it in the background; none where that does not have it."""
        if self._background is None or object_id not in self._background.by_id:
            return frozenset()
        return self._background.upwards(object_id)


def _in_words(relation: str, object_id: str, name: str, source: str, evidence: str) -> str:
    return f"{relation.replace('_', ' ')} {name} ({', '.join(filter(None, [object_id, source, evidence]))})"


def _parts(word: str, symbol_of: Callable[[str], str | None]) -> Iterator[tuple[int, int, str]]:
    """(start, end, symbol) of each part of a hyphenated word that is a gene, the longest first, from the left."""
    bounds = [0, *(match.end() for match in re.finditer("-", word)), len(word) + 1]
    at = 0
    while at < len(bounds) - 1:
        for last in range(len(bounds) - 1, at, -1):
            start, end = bounds[at], bounds[last] - 1
            end = start + len(word[start:end].rstrip(".-"))
            if end > start and (symbol := symbol_of(word[start:end])):
                yield start, end, symbol
                at = last
                break
        else:
            at += 1


def _covered(start: int, end: int, mentions: Sequence[_Mention]) -> bool:
    return any(mention.start < end and start < mention.end for mention in mentions)


def _clauses(sentence: str, genes: Sequence[Named], phrases: Sequence[Phrase]) -> Iterator[tuple[int, int]]:
    """(start, end) of the clauses: a joint parts where both sides have a gene and a phrase (a term or gene name)."""
    bounds = [0]
    joints = [joint for joint in _JOINT.finditer(sentence) if not _covered(joint.start(), joint.end(), phrases)]
    ends = [*(joint.start() for joint in joints), len(sentence)]
    for joint, end in zip(joints, ends[1:], strict=True):
        # A bare "and" joins clauses only between a term and a gene: "A has X and B has Y".
        between = any(term.end == joint.start() for term in phrases) and any(
            gene.start == joint.end() for gene in genes
        )
        if (between or joint[0] != " and ") and all(
            any(low <= mention.start < high for mention in mentions)
            for low, high in ((bounds[-1], joint.start()), (joint.end(), end))
            for mentions in (genes, phrases)
        ):
            bounds.append(joint.end())
    yield from zip(bounds, [*bounds[1:], len(sentence)], strict=True)


class _Negation(NamedTuple):
    """A negating word; `gene` is where the gene starts that directly follows it, None if none does."""

    start: int
    end: int
    gene: int | None
    all_that_follows: bool


def _negations(
    sentence: str, start: int, end: int, genes: Sequence[Named], phrases: Sequence[Phrase]
) -> list[_Negation]:
    starts = {gene.start for gene in genes}
    negations = []
    for match in _NEGATION.finditer(sentence, start, end):
        if _covered(match.start(), match.end(), phrases):
            continue
        following = match.end() + len(sentence[match.end() :]) - len(sentence[match.end() :].lstrip())
        gene = following if following in starts else None
        of_all = _OF_ALL_THAT_FOLLOWS.match(sentence, match.start()) is not None
        if gene is not None or match[0].lower() not in _OF_ONE_GENE:
            negations.append(_Negation(match.start(), match.end(), None if of_all else gene, of_all))
    return negations


def _negates(negation: _Negation, gene: Named, term: Phrase) -> bool:
    """Whether a negating word denies that the gene has the term: it precedes both, or the gene, or is between them."""
    if negation.gene is not None:
        return negation.gene == gene.start
    if negation.all_that_follows and negation.end <= gene.start:
        return True
    return gene.end <= negation.start < term.start or term.end <= negation.start < gene.start


def _stand_whole(sentence: str, terms: Sequence[tuple[int, int]], genes: Sequence[int]) -> list[bool]:
    """Whether each term stands whole: "interferon-mediated protein binding" does not name "protein binding".

    Terms are (start, end) in the order of the sentence, genes are starts. Terms of a list ("A, B and C") share the
    words before the first and behind the last.
    """
    listed = [_LISTED.fullmatch(sentence, left[1], right[0]) is not None for left, right in pairwise(terms)]
    opens: list[bool] = []
    for (start, _), follows in zip(terms, [False, *listed], strict=False):
        opens.append(opens[-1] if follows else _opens(sentence[max(0, start - _NEAR) : start]))
    closes: list[bool] = []
    for (_, end), leads in zip(reversed(terms), [False, *reversed(listed)], strict=False):
        until = min([gene for gene in genes if gene >= end], default=len(sentence))
        closes.append(closes[-1] if leads else _closes(sentence[end : min(until, end + _NEAR)]))
    return [before and behind for before, behind in zip(opens, reversed(closes), strict=True)]


def _opens(before: str) -> bool:
    """Whether a whole term may begin behind this text."""
    if _JOINED_BEFORE.search(before):
        return False
    words = _HYPHENATED.findall(_PUNCTUATION.split(before)[-1].lower())
    while words and words[-1] in _PASSED_BEFORE:
        words.pop()
    if words and words[-1] in ("of", "to"):
        return len(words) > 1 and words[-2] in _LEADING
    return not words or words[-1] in _LINKING


def _closes(behind: str) -> bool:
    """Whether a whole term may end before this text, which ends at a gene or with the sentence."""
    if _JOINED_BEHIND.match(behind):
        return False
    words = _HYPHENATED.findall(_PUNCTUATION.split(behind)[0].lower())
    return next((word in _LINKING for word in words if word not in _PASSED_BEHIND), True)
