"""Names of terms, and names of single genes: a model that repeats a gene's name names no process."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from reasonome.annotation.agreement import SAYS_THE_SAME
from reasonome.annotation.record import AnnotatedGene
from reasonome.facts.text import normalise, some
from reasonome.scoring import rouge


class TermNames:
    """The names of terms; `telling` are those of terms specific enough to support something."""

    def __init__(self, names: Iterable[str], telling: Iterable[str]):
        self._names = frozenset(map(normalise, names))
        self._telling = sorted(set(map(normalise, telling)))

    def is_term(self, name: str) -> str:
        """ "yes" if a term has this name, "near" if the name of a telling term is similar, else "no".

        Case, punctuation and spacing do not count. Similar is a ROUGE-L of SAYS_THE_SAME or more.
        """
        if normalise(name) in self._names:
            return "yes"
        return "near" if self._is_near(name) else "no"

    def _is_near(self, name: str) -> bool:
        tokens = rouge.tokens(name)
        words = set(tokens)
        repeated = len(tokens) - len(words)
        # ROUGE-L is at most 2 × the shared words / the words of both; a name may repeat a word.
        return any(
            2 * (len(words & others) + repeated) >= SAYS_THE_SAME * (len(tokens) + length)
            and rouge.score(name, term)["rouge_l"] >= SAYS_THE_SAME
            for term, length, others in self._words
        )

    @cached_property
    def _words(self) -> list[tuple[str, int, frozenset[str]]]:
        """(name, number of words, distinct words) of each telling name."""
        tokens = [(name, rouge.tokens(name)) for name in self._telling]
        return [(name, len(words), frozenset(words)) for name, words in tokens]


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
