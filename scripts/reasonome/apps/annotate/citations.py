"""A model's paragraph on a list, and whether what it cites is there: genes of the list, terms enriched in it."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reasonome.answering.wrapping import label_in, thinking_end, told, unwrapped
from reasonome.apps.annotate.record import AnnotationRecord, Part
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.genes import GeneTable
from reasonome.facts.text import normalise, one_line
from reasonome.tasks.naming.dialogue import MAX_NAME_CHARACTERS

_TAGS = re.compile(r"</?think>|^[ \t>#*_`-]*Reasoning[*_ ]*:", re.IGNORECASE | re.MULTILINE)
_QUOTED = re.compile(r"[\"\u201c\u201d]([^\"\u201c\u201d\n]{3,200})[\"\u201c\u201d]")
_WORD = re.compile(r"[^\W_]+(?:[-.'/][^\W_]+)*")
_SYMBOL = re.compile(r"[A-Z][A-Z0-9-]*[A-Z0-9]")
_LONGEST = 30  # words of a term's name
_FEWEST = 2  # words of a name that counts without quotes: one may be a word like others, such as "membrane"


@dataclass(frozen=True)
class Suggestion:
    """An answer as it is shown: the name, "" without one, the paragraph, and what stood around it, in words."""

    name: str
    paragraph: str
    around: str


def read_answer(text: str) -> Suggestion:
    """The name behind the first `Process:` of an answer, and the paragraph before it, or behind it if none is.

    Thinking that never ends is no answer, and a draft in it no name.
    """
    if thinking_end(text) == len(text):
        return Suggestion("", "", "")
    inner = unwrapped(text, kept=("text_before",))
    label = label_in(inner.text, "Process")
    if label is None:
        return Suggestion("", _said(inner.text), told(inner.kinds))
    name, _, behind = inner.text[label.end() :].partition("\n")
    before = _said(inner.text[: label.start()])
    return Suggestion(one_line(name).strip("*_` ")[:MAX_NAME_CHARACTERS], before or _said(behind), told(inner.kinds))


def _said(text: str) -> str:
    return one_line(_TAGS.sub(" ", text))


def check(
    paragraph: str,
    record: AnnotationRecord,
    enriched: Sequence[EnrichedTerm],
    names: Mapping[str, str],
    genes: GeneTable,
) -> list[Part]:
    """The paragraph in parts, of which those that cite say whether what they cite is there.

    A term is cited by quotes around it, or by a name of several words that a tested set has; `names` are those names,
    normalised. A gene is cited by a symbol.
    """
    true = {normalise(term.name) for term in enriched}
    own = {one.casefold() for gene in record.genes for one in (gene.symbol, gene.written, *gene.orthologue_of)}
    parts: list[Part] = []
    place = 0
    for start, end, key in _terms(paragraph, true | names.keys()):
        parts += _genes(paragraph[place:start], own, genes)
        parts.append(Part(text=paragraph[start:end], cites="term", there=key in true))
        place = end
    return [*parts, *_genes(paragraph[place:], own, genes)]


def is_enriched(name: str, enriched: Sequence[EnrichedTerm]) -> bool:
    """Whether a name is that of one of the terms, but for case and punctuation."""
    return normalise(name) in {normalise(term.name) for term in enriched}


def _terms(text: str, known: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """(start, end, normalised name) of each cited term, in order; of names within each other the longest counts."""
    quoted = [(found.start(1), found.end(1)) for found in _QUOTED.finditer(text)]
    words = [word.span() for word in _WORD.finditer(text)]
    at, behind = 0, 0
    while at < len(words):
        start, end = words[at]
        span = next((one for one in quoted if one[0] <= start < one[1]), None)
        if span is not None and start >= behind:
            behind = span[1]
            if not _SYMBOL.fullmatch(text[slice(*span)]):
                yield *span, normalise(text[slice(*span)])
                at += sum(span[0] <= word[0] < span[1] for word in words[at:])
                continue
        for last in range(min(at + _LONGEST, len(words)) - 1, at + _FEWEST - 2, -1):
            end = words[last][1]
            if (key := normalise(text[start:end])) in known:
                yield start, end, key
                at = last
                break
        at += 1


def _genes(text: str, own: Collection[str], genes: GeneTable) -> Iterator[Part]:
    """The text in parts: symbols of genes, and what stands between them."""
    place = 0
    for word in _WORD.finditer(text):
        for start, end in _pieces(word):
            there = _is_gene(text[start:end], own, genes)
            if there is None:
                continue
            if text[place:start]:
                yield Part(text=text[place:start])
            yield Part(text=text[start:end], cites="gene", there=there)
            place = end
            break
    if text[place:]:
        yield Part(text=text[place:])


def _pieces(word: re.Match) -> Iterator[tuple[int, int]]:
    """A word, and what stands before its first hyphen or other sign: "MX1-dependent"."""
    yield word.span()
    if piece := re.match(r"[^\W_]+(?=[-.'/])", word[0]):
        yield word.start(), word.start() + piece.end()


def _is_gene(word: str, own: Collection[str], genes: GeneTable) -> bool | None:
    """Whether a symbol is one of the list; None for a word that is none. With a digit it is one, known or not."""
    if len(word) > 1 and word.casefold() in own and (word.upper() == word or any(map(str.isdigit, word))):
        return True
    if not _SYMBOL.fullmatch(word):
        return None
    if word in genes.genes:
        return False
    if sum(map(str.isalpha, word)) > 1 and any(map(str.isdigit, word)) and len(word) > 3:
        symbol = genes.resolve(word).symbol
        return symbol is not None and symbol.casefold() in own
    return None
