"""The reasons of an answer, held against facts: sentences that name a gene with a phenotype, or as the nearest one."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from reasonome.apps.rank.record import AskedPhenotype, Claim, KnownPhenotype, RankedCandidate, RankingRecord, fact_of
from reasonome.facts.text import normalise
from reasonome.tasks.ranking.phenotypes import PhenotypeOverlap
from reasonome.tasks.ranking.questions import RankedGene

# A gene is said to be "related" to a phenotype by one that at most a twentieth of the genes of HPO have: -ln(1/20).
RELATED = 3.0
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])|\n+")
_NEGATION = re.compile(r"\b(?:no|not|never|neither|nor|without|lacks?|unlikely|cannot|rather than|unrelated)\b|n't\b")
_NEAREST = re.compile(r"\b(?:nearest|closest)\b", re.IGNORECASE)
_NOT_THE_FIRST = re.compile(r"\b(?:second|third|next|among|one of)\b", re.IGNORECASE)  # "the second nearest gene"
_WORD = re.compile(r"[\w.-]*\w")
_LONGEST_NAME = 12  # words


def known_phenotypes(
    gene: RankedGene, present: Sequence[AskedPhenotype], overlap: PhenotypeOverlap
) -> list[KnownPhenotype]:
    """What HPO knows of a gene that fits the phenotypes of a case; those first that it is known for itself."""
    found = filter(None, (known_phenotype(gene, term.id, term.label, overlap) for term in present))
    return sorted(found, key=lambda known: known.fit != "same")


def known_phenotype(gene: RankedGene, term: str, label: str, overlap: PhenotypeOverlap) -> KnownPhenotype | None:
    """What HPO knows of a gene that fits one phenotype; None where it knows nothing near."""
    match = overlap.match(term, gene)
    if match is None or not (match.same or match.information >= RELATED):
        return None
    return KnownPhenotype(
        id=term,
        label=label,
        fit="same" if match.same else "related",
        known_id=match.term,
        known_label=overlap.ontology.terms[match.term].name,
        diseases=list(match.diseases),
    )


def check_phenotypes(
    reasons: str,
    genes: Sequence[RankedGene],
    record: RankingRecord,
    overlap: PhenotypeOverlap,
    disease_names: Mapping[str, str],
) -> tuple[list[Claim], list[str]]:
    """Claims (gene, phenotype) of the reasons with what HPO knows, and the sentences on genes that say nothing of it.

    A sentence with a negation is not checked. Facts have the names of diseases that are in `disease_names`, by id.
    """
    claims: dict[tuple[str, str], Claim] = {}
    unchecked = []
    for sentence in sentences(reasons):
        named = genes_in(sentence, genes)
        terms = [] if _NEGATION.search(sentence.lower()) else phenotypes_in(sentence, overlap)
        if named and not terms:
            unchecked.append(sentence)
        for gene in named:
            for term in terms:
                claims.setdefault((gene.symbol, term), _claim(gene, term, record, overlap, disease_names))
    return list(claims.values()), unchecked


def check_distances(
    reasons: str, genes: Sequence[RankedGene], candidates: Sequence[RankedCandidate]
) -> tuple[list[Claim], list[str]]:
    """Claims that a gene is the nearest one, against the distances of all candidates; and sentences that are not."""
    distances = {gene.symbol: gene.distance for gene in candidates if gene.distance is not None}
    nearest = [symbol for symbol, distance in distances.items() if distance == min(distances.values())]
    claims: dict[str, Claim] = {}
    unchecked = []
    for sentence in sentences(reasons):
        named = genes_in(sentence, genes)
        is_plain = not (_NEGATION.search(sentence.lower()) or _NOT_THE_FIRST.search(sentence))
        is_checked = len(named) == 1 and _NEAREST.search(sentence) and is_plain
        if is_checked and named[0].symbol in distances:
            symbol = named[0].symbol
            told = f"{', '.join(nearest)} {'is' if len(nearest) == 1 else 'are'} nearest"
            fact = f"{symbol}: {in_kb(distances[symbol])} from the lead variant; {told}"
            verdict = "supported" if symbol in nearest else "contradicted"
            claims.setdefault(symbol, Claim(gene=symbol, about="the nearest gene", verdict=verdict, fact=fact))
        elif named:
            unchecked.append(sentence)
    return list(claims.values()), unchecked


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [one.strip() for one in _SENTENCE.split(text) if one.strip()]


def genes_in(sentence: str, genes: Iterable[RankedGene]) -> list[RankedGene]:
    """The genes whose symbol a sentence has as a word, or an alias of three characters or more with a digit."""
    words = _WORD.findall(sentence)
    forms = set(chain(words, *(word.split("-") for word in words)))
    return [
        gene
        for gene in genes
        if gene.symbol in forms
        or any(alias in forms for alias in gene.aliases if len(alias) > 2 and not alias.isalpha())
    ]


def phenotypes_in(sentence: str, overlap: PhenotypeOverlap) -> list[str]:
    """The ids of the phenotypes whose name or exact synonym stands in a sentence; the longest counts."""
    words, found, place = normalise(sentence).split(), [], 0
    while place < len(words):
        for length in range(min(_LONGEST_NAME, len(words) - place), 0, -1):
            term = _named(words[place : place + length], overlap.by_name)
            if term is not None:
                found.append(term)
                place += length
                break
        else:
            place += 1
    return list(dict.fromkeys(found))


def in_kb(distance: int) -> str:
    """A distance in words."""
    return "0 bp (within the gene)" if distance == 0 else f"{distance / 1000:,.1f} kb"


def _named(words: Sequence[str], by_name: Mapping[str, str]) -> str | None:
    """The phenotype of these words, also in the plural; abbreviations of up to three letters are none."""
    text = " ".join(words)
    if len(text) < 4:
        return None
    return by_name.get(text) or (by_name.get(text[:-1]) if text.endswith("s") else None)


def _claim(
    gene: RankedGene, term: str, record: RankingRecord, overlap: PhenotypeOverlap, disease_names: Mapping[str, str]
) -> Claim:
    label = overlap.ontology.terms[term].name
    known = known_phenotype(gene, term, label, overlap)
    if any(overlap.implies(one.id, term) for one in record.present):
        stated = "present"
    elif any(overlap.implies(term, one.id) for one in record.absent):
        stated = "absent"
    else:
        stated = "not stated"
    verdict = "unknown" if known is None else "supported" if known.fit == "same" else "related"
    return Claim(gene=gene.symbol, about=label, verdict=verdict, fact=fact_of(known, disease_names), stated=stated)
