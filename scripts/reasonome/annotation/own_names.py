"""Names that are one gene's own: a model that repeats what a gene is called has named no process."""

from collections.abc import Sequence

from reasonome.annotation.readers.checked import some
from reasonome.annotation.record import AnnotatedGene
from reasonome.facts.text import normalise


def own_name_flag(name: str, genes: Sequence[AnnotatedGene], is_term: bool) -> str:
    """A sentence where a name is what a gene of the set is called, its symbol, full name or both, or part of it; or "".

    Case and punctuation do not count. Part of it are words that stand together there: "cyclin-dependent kinase" in
    "cyclin dependent kinase 1". A term's name (`is_term`) is no such part: "DNA repair" in "BRCA1 DNA repair
    associated".
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
