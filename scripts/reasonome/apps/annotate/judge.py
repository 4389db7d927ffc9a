"""The judge of a model's name: is it what the list's enriched terms, and the facts about its genes, say?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import hypergeom

from reasonome.apps.annotate.enrichment import leading_terms
from reasonome.apps.annotate.knowledge import Known, KnownTerm, are_opposite, words
from reasonome.apps.annotate.record import AnnotatedGene, FactBehindName, TermBehindName
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.text import counted, normalise, some

STANDINGS = CONFIRMED, COMPATIBLE, UNCONFIRMED = "confirmed", "compatible", "unconfirmed"
Key = tuple[str, str]  # of a KnownTerm

COMPARED = 60  # the most enriched terms with which a name is compared
_FACTS = 60  # terms that are no enriched ones, at most, that a name is compared with for the list's facts
_RIVALS = 40  # terms that share most words with the name, whether the list's genes have them or not
# A term that is not enriched supports a name if at least so many genes of the list have it, and with at most this
# probability by chance, which is of a single test.
_FEWEST, _LARGEST_P = 2, 0.01
# A term's genes of the list, divided by those of the best term: the least that supports a name, and that confirms it.
_LEAST, _STRONG = 0.2, 0.5
_FEWEST_KNOWN = 3  # genes of a term by which a name is held against a list that may lack it
_TOLD = 3  # terms, at most, that stand behind a name
WITHOUT_ENCODER_TOLD = (
    "no sentence encoder is here: names are held against terms and facts by their words alone, and more of the right "
    "ones stay unconfirmed"
)


@dataclass(frozen=True)
class Limits:
    """From where on a name is near a term: chosen on names of resources/names/ that the published shares are not of.

    A likeness is of words (`by_words` of it) and of the encoder's cosine. `same`: the least that says the same; `near`:
    the least that is compatible, if no term that these genes lack is nearer by more than `margin`; `covered`: the least
    share of a name's words, by their rarity, that the list's terms have between them.
    """

    by_words: float
    same: float
    near: float
    margin: float
    covered: float


WITH_ENCODER = Limits(by_words=0.2, same=0.85, near=0.4, margin=0.2, covered=0.8)
WITHOUT_ENCODER = Limits(by_words=1.0, same=0.95, near=0.4, margin=0.15, covered=0.7)


@dataclass(frozen=True)
class Held:
    """A term and the genes of a list that have it, of `known` genes that do; `p` is the probability by chance.

    `enriched` is the list's enriched term, None where it is none. `is_common`: so many genes have it that it supports
    nothing. `often`: several genes of the list have it, more than by chance. `supports`: enough of them to support a
    name; `strong`: to confirm one.
    """

    term: KnownTerm
    genes: tuple[str, ...]
    known: int
    p: float
    enriched: EnrichedTerm | None
    is_common: bool
    often: bool
    supports: bool
    strong: bool


@dataclass(frozen=True)
class Comparison:
    """A name held against a list, before any limit: what `verdict` decides by.

    `called` are the terms of that very name, `near` the likeness of each supporting term, best first, `rival` that of
    the most alike of those that the list lacks, and `nearest` of the enriched ones. A share `covered` of the name's
    words is in the terms `covering`. `own_name` says that it is a gene's own.
    """

    called: list[Held]
    near: list[tuple[Held, float]]
    rival: tuple[Held, float] | None
    nearest: tuple[Held, float] | None
    covered: float
    covering: list[Held]
    total: int  # genes of the list
    own_name: str


@dataclass(frozen=True)
class Judgement:
    """A name's standing, one of STANDINGS, and why in words; what stands behind it, and the genes that support it.

    `nearest_term` is the enriched term that is most alike, "" without any, and `likeness` how much (0 to 1). Fields are
    called as those of an AnnotationRecord.
    """

    standing: str
    standing_why: str
    terms_behind_name: list[TermBehindName]
    facts_behind_name: list[FactBehindName]
    supporting_genes: list[str]
    nearest_term: str
    likeness: float | None


def judge(name: str, genes: Sequence[AnnotatedGene], enriched: Sequence[EnrichedTerm], known: Known) -> Judgement:
    """Whether a name is confirmed, compatible or unconfirmed by the list's significant terms and its genes' facts.

    A term of that very name decides by its genes, if the list has it or lacks it. Else terms that are near by words and
    encoder decide (words alone without an encoder), if no term that the list lacks is nearer. Genes of the list alone
    support a name.
    """
    compared = compare(name, genes, enriched, known)
    standing, why, behind = verdict(compared, WITH_ENCODER if known.similarity else WITHOUT_ENCODER)
    supporting = {symbol for held in behind for symbol in held.genes} if standing != UNCONFIRMED else set()
    return Judgement(
        standing=standing,
        standing_why=why,
        terms_behind_name=[_behind(held) for held in behind],
        facts_behind_name=[fact for held in behind for fact in _facts(held, known)],
        supporting_genes=[gene.symbol for gene in genes if gene.symbol in supporting],
        nearest_term=compared.nearest[0].term.name if compared.nearest else "",
        likeness=compared.nearest[1] if compared.nearest else None,
    )


def _behind(held: Held) -> TermBehindName:
    library, adjusted_p = held.term.collection, held.enriched and held.enriched.adjusted_p
    return TermBehindName(
        name=held.term.name, id=held.term.id, library=library, genes=list(held.genes), adjusted_p=adjusted_p
    )


def _facts(held: Held, known: Known) -> list[FactBehindName]:
    """What says that the list's genes have the term, a gene each; membership in a library of the user's is no fact."""
    told = [(gene, known.claims.check(gene, [held.term.id])[1]) for gene in held.genes]
    return [FactBehindName(gene=gene, term=held.term.name, fact=fact) for gene, fact in told if fact]


# --- decided --------------------------------------------------------------------------------------------


def verdict(compared: Comparison, limits: Limits) -> tuple[str, str, list[Held]]:
    """The standing, why in words, and the terms behind the name; an unconfirmed name has none."""
    if compared.own_name:
        return UNCONFIRMED, compared.own_name, []
    if compared.called:
        return _by_name(compared)
    if compared.near:
        held, likeness = compared.near[0]
        beaten_by = compared.rival[1] - likeness if compared.rival else 0.0
        if likeness >= limits.same and beaten_by <= 0 and held.strong:
            return CONFIRMED, f"it says nearly the same as {_told(held, compared)}", [held]
        if likeness >= limits.near and beaten_by <= limits.margin:
            behind = [one for one, other in compared.near if other >= max(limits.near, likeness - limits.margin)]
            return COMPATIBLE, f"it is near in meaning to {_told(held, compared)}", behind[:_TOLD]
    if compared.covering and compared.covered >= limits.covered:
        told = " and ".join(_told(held, compared) for held in compared.covering)
        return COMPATIBLE, f"its words are those of {told}", compared.covering
    return UNCONFIRMED, _unconfirmed(compared, limits), []


def _by_name(compared: Comparison) -> tuple[str, str, list[Held]]:
    supporting = sorted((held for held in compared.called if held.supports), key=lambda held: (-held.strong, held.p))
    if not supporting:
        return UNCONFIRMED, _lacking(max(compared.called, key=lambda held: len(held.genes)), compared), []
    first = supporting[0]
    if first.strong:
        return CONFIRMED, f"it says the same as {_told(first, compared)}", supporting[:_TOLD]
    weak = ", which is not among the best, or one of many alike" if first.enriched is not None else ""
    return COMPATIBLE, f"it says the same as {_told(first, compared)}{weak}", supporting[:_TOLD]


def _told(held: Held, compared: Comparison) -> str:
    """The term in words, with what makes it the list's."""
    genes = f"{len(held.genes):,} of {counted(compared.total, 'gene')}"
    if held.enriched is not None:
        return f"the enriched term '{held.term.name}' ({held.term.collection}; {genes})"
    return f"'{held.term.name}', which {genes} have by known facts, more than by chance (p {held.p:.0e})"


def _lacking(held: Held, compared: Comparison, what: str = "the term of that name") -> str:
    """Why a term that a name is called by, or is nearest to, does not support it."""
    named, total = f"{what}, '{held.term.name}'", counted(compared.total, "gene")
    if held.is_common:
        return f"{named}, is what more than one gene in ten has, and says nothing of these"
    if not held.genes:
        return f"none of the {total} has {named}"
    have = f"{len(held.genes):,} of {total} {'has' if len(held.genes) == 1 else 'have'} {named} ({some(held.genes)})"
    if held.p > _LARGEST_P and held.enriched is None:
        return f"{have}, which chance would give too (p {held.p:.2g})"
    return f"only {have}: too few to speak for the list"


def _unconfirmed(compared: Comparison, limits: Limits) -> str:
    if compared.rival and compared.near and compared.near[0][1] >= limits.near:
        return _lacking(compared.rival[0], compared, "the term that is nearest to it")
    nothing = "no enriched term, and no fact that several of these genes share, is near it in meaning"
    if compared.nearest is None:
        return nothing
    return f"{nothing}; of the enriched terms '{compared.nearest[0].term.name}' is nearest"


# --- compared -------------------------------------------------------------------------------------------


def compare(
    name: str,
    genes: Sequence[AnnotatedGene],
    enriched: Sequence[EnrichedTerm],
    known: Known,
    left_out: AbstractSet[Key] = frozenset(),
) -> Comparison:
    """The name held against a list.

    Terms with a key `left_out` are treated as unknown: so the judge is measured on lists whose own term nobody has.
    """
    symbols = list(dict.fromkeys(gene.symbol for gene in genes))
    given = [term for term in enriched if (term.library, term.id) not in left_out]
    evidence = _Evidence(symbols, given, known)
    called = [evidence.held(term) for term in known.vocabulary.called(name) if term.key not in left_out]
    called = [held for held in called if held.known >= _FEWEST_KNOWN]
    own_name = own_name_flag(name, genes, bool(called))
    rivals = [evidence.held(term) for term in known.vocabulary.neighbours(name, _RIVALS) if term.key not in left_out]
    rivals = [held for held in rivals if held.known >= _FEWEST_KNOWN]
    facts = [held for held in evidence.facts if held.term.key not in left_out]
    candidates = {held.term.key: held for held in (*evidence.enriched, *facts, *rivals)}
    likeness = _likeness(name, [held.term for held in candidates.values()], known)
    ranked = sorted(((held, likeness[key]) for key, held in candidates.items()), key=lambda pair: -pair[1])
    near = [pair for pair in ranked if pair[0].supports]
    covered, covering = _covering(name, [held for held, _ in near], known)
    return Comparison(
        called=called,
        near=near,
        rival=next((pair for pair in ranked if not pair[0].often), None),
        nearest=next((pair for pair in ranked if pair[0].enriched is not None), None),
        covered=covered,
        covering=covering,
        total=len(symbols),
        own_name=own_name,
    )


def _likeness(name: str, terms: Sequence[KnownTerm], known: Known) -> Mapping[Key, float]:
    """How alike the name and each term are, by the form of the term that is most alike; 0 for opposites."""
    pairs = [(term.key, form) for term in terms for form in term.forms if not are_opposite(name, form)]
    forms = [form for _, form in pairs]
    scores = np.array([known.vocabulary.alike(name, form) for form in forms])
    if known.similarity is not None and forms:
        share = WITH_ENCODER.by_words
        cosines = np.clip(known.similarity([name] * len(forms), forms), 0, 1)  # rounding may give more than 1
        scores = share * scores + (1 - share) * cosines
    best = dict.fromkeys((term.key for term in terms), 0.0)
    for (key, _), score in zip(pairs, scores, strict=True):
        best[key] = max(best[key], float(score))
    return best


def _covering(name: str, supporting: Sequence[Held], known: Known) -> tuple[float, list[Held]]:
    """The share of the name's words, by rarity, that supporting terms have, and the few terms that have most of them.

    Terms that say the opposite of the name cover nothing.
    """
    vocabulary, wanted = known.vocabulary, words(name)
    total = vocabulary.weight(wanted)
    left, chosen = wanted, []
    having = [
        (held, frozenset().union(*map(words, held.term.forms)))
        for held in supporting
        if not are_opposite(name, held.term.name)
    ]
    while having and left and len(chosen) < _TOLD:
        held, own = max(having, key=lambda pair: vocabulary.weight(pair[1] & left))
        if not vocabulary.weight(own & left):
            break
        chosen.append(held)
        left = left - own
    return (1 - vocabulary.weight(left) / total if total else 0.0), chosen


class _Evidence:
    """The enriched terms of a list and its facts, as far as either can support a name."""

    def __init__(self, symbols: Sequence[str], enriched: Sequence[EnrichedTerm], known: Known):
        self._symbols, self._known = symbols, known
        leading = leading_terms(enriched)
        # As on the page, where those that are one of many come last.
        best = next((term for term in leading if not term.is_one_of_many), next(iter(leading), None))
        self._of_best = len(best.genes) if best else 0
        telling = [leader for leader in leading if not leader.is_one_of_many]
        self._telling = {(leader.library, one.id) for leader in telling for one in (leader, *leader.folded)}
        self._enriched = {(term.library, term.id): term for term in enriched}

    @cached_property
    def enriched(self) -> list[Held]:
        """The most enriched terms, COMPARED at most."""
        named = self._known.vocabulary.terms
        first = list(self._enriched.items())[:COMPARED]
        return [self.held(named.get(key) or KnownTerm(*key, term.name)) for key, term in first]

    @cached_property
    def facts(self) -> list[Held]:
        """What facts say of several genes of the list more often than chance would, the least probable first."""
        vocabulary = self._known.vocabulary
        shared = Counter(object_id for gene in self._symbols for object_id in self._known.claims.objects(gene))
        keys = [vocabulary.keys_of[i] for i, count in shared.items() if count >= _FEWEST and i in vocabulary.keys_of]
        helds = [self.held(vocabulary.terms[key]) for key in keys if key not in self._enriched]
        return sorted((held for held in helds if held.supports), key=lambda held: held.p)[:_FACTS]

    def held(self, term: KnownTerm) -> Held:
        """The term with the genes of the list that have it."""
        enriched = self._enriched.get(term.key)
        genes, known = self._known.genes_with(term, self._symbols)
        if enriched is not None:
            genes = tuple(enriched.genes)
        annotated, drawn = max(self._known.claims.annotated_genes, known), len(self._symbols)
        p = float(hypergeom.sf(len(genes) - 1, annotated, known, min(drawn, annotated))) if genes else 1.0
        is_common = self._known.claims.are_most(known)
        often = len(genes) >= _FEWEST and (enriched is not None or p <= _LARGEST_P)
        supports = often and not is_common and len(genes) >= _LEAST * self._of_best
        strong = supports and term.key in self._telling and len(genes) >= _STRONG * self._of_best
        return Held(term, genes, known, p, enriched, is_common, often, supports, strong)


def own_name_flag(name: str, genes: Sequence[AnnotatedGene], is_term: bool) -> str:
    """A sentence where a name is, or is part of, a gene's symbol, full name or both; else "".

    Case and punctuation do not count. A part is a run of whole words: "cyclin-dependent kinase" in "cyclin dependent
    kinase 1". The name of a term (`is_term`) does not count as a part: "DNA repair" in "BRCA1 DNA repair associated".
    """
    wanted = normalise(name)
    if not wanted:
        return ""
    if whole := [gene.symbol for gene in genes if wanted in _called(gene)]:
        return f"the name is a gene's own: {some(whole)}"
    parts = [gene.symbol for gene in genes if any(f" {wanted} " in f" {called} " for called in _called(gene))]
    return f"the name is part of a gene's own: {some(parts)}" if parts and not is_term else ""


def _called(gene: AnnotatedGene) -> set[str]:
    symbol, full = normalise(gene.symbol), normalise(gene.name)
    return {symbol, full, f"{symbol} {full}", f"{full} {symbol}"}
