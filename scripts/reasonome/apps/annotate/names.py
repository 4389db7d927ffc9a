"""Names of single genes: a model that repeats a gene's name names no process."""

from collections.abc import Sequence

from reasonome.apps.annotate.record import AnnotatedGene
from reasonome.facts.text import normalise, some


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
