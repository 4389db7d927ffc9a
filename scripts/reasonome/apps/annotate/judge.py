"""The judge of a model's name: is it one of the list's enriched terms, near one, or near none?"""

from collections.abc import Sequence
from dataclasses import dataclass

from reasonome.apps.annotate.knowledge import Known
from reasonome.apps.annotate.record import AnnotatedGene
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.text import normalise, some
from reasonome.tasks.naming.questions import Example, Gene

SAME, NEAR, NONE = "same", "near", "none"
NEAR_SCORE = 0.5  # the smallest term score of a name that is near a term: what half of a term's parents have
COMPARED = 60  # the most enriched terms with which a name is compared
WITHOUT_ENCODER_TOLD = (
    "no sentence encoder is here: a name that is neither the name nor a synonym of a term, letter by letter, is near "
    "none"
)


@dataclass(frozen=True)
class Judgement:
    """A name's standing, SAME, NEAR or NONE, and why in words; the enriched term that is nearest, "" without any.

    `likeness` is the name's term score beside that term, and `supporting_genes` are the genes of the list in it, where
    the name is it or near it. Fields are called as those of an AnnotationRecord.
    """

    standing: str
    standing_why: str
    supporting_genes: list[str]
    nearest_term: str
    likeness: float | None


def judge(name: str, genes: Sequence[AnnotatedGene], enriched: Sequence[EnrichedTerm], known: Known) -> Judgement:
    """Whether a name is one of the list's enriched terms, by the id of the term that it means, is near one, or neither.

    Of several terms it is held to the same one, else the one with the highest term score, else the first. A gene's own
    name is near none.
    """
    terms = enriched[:COMPARED]
    if not terms:
        return Judgement(NONE, "no term is enriched", [], "", None)
    table = known.terms.score_terms([name] * len(terms), [_as_truth(term, known) for term in terms])
    scores = table["term_score"].tolist()
    place = max(range(len(terms)), key=lambda place: (table["same_term"][place], scores[place]))
    term, score = terms[place], scores[place]
    supporting = [gene.symbol for gene in genes if gene.symbol in term.genes]
    told = f"'{term.name}' ({term.library}; {term.overlap:,} of {term.drawn:,} genes)"
    wanted = normalise(name)
    is_term = bool(known.terms.background.called(wanted)) or wanted in (normalise(one.name) for one in terms)
    if own_name := own_name_flag(name, genes, is_term):
        return Judgement(NONE, own_name, [], term.name, score)
    if table["same_term"][place]:
        return Judgement(SAME, f"it is the enriched term {told}", supporting, term.name, score)
    if score >= NEAR_SCORE:
        return Judgement(NEAR, f"it is near the enriched term {told}", supporting, term.name, score)
    return Judgement(NONE, f"no enriched term is near it; the nearest is {told}", [], term.name, score)


def _as_truth(term: EnrichedTerm, known: Known) -> Example:
    """The term as a question whose true name it is."""
    genes = [Gene(symbol=symbol, name="") for symbol in sorted(known.genes_of(term))]
    return Example(id=term.id, subset=term.library, name=term.name, genes=genes)


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
