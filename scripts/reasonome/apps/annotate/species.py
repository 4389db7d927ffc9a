"""The check that the genes of a list are of the stated species."""

import re
from collections.abc import Callable
from dataclasses import replace

from reasonome.apps.annotate.gene_list import GeneList, GeneLists
from reasonome.facts.genes import GeneTable
from reasonome.facts.orthologues import Orthologues
from reasonome.facts.spellings import spellings
from reasonome.facts.text import some

# The species is wrong if less than LEAST_OWN of a list is of it, and at least LEAST_OTHER of the other one.
LEAST_OWN, LEAST_OTHER = 0.3, 0.5

_WRONG_SPECIES = {
    "human": "most of these are written as genes of mice: pass `--species mouse`, or `--species human` if they are "
    "human genes in another case",
    "mouse": "most of these are genes of humans, not of mice: leave `--species mouse` out",
}
_MOUSE_ID = re.compile(r"ENSMUSG\d{11}(\.\d+(_\d+)?)?|(MGI:)+\d+")
_HUMAN_ID = re.compile(r"ENSG\d{11}(\.\d+(_\d+)?)?(_PAR_Y)?|(HGNC:)+\d+")


def check_species(gene_lists: GeneLists, species: str | None, genes: GeneTable, orthologues: Orthologues) -> GeneLists:
    """The lists, with an error where most identifiers are of the other species.

    The prefix of an id decides (ENSMUSG, MGI, ENSG, HGNC); symbols and other ids must be written exactly as the species
    has them: Cd8a is a mouse gene, CD8A a human one. Where people said that the species is human, Cd8a is human too;
    it is None where they did not. Of an identifier that holds others (spellings) any may decide.
    Mouse lists also get flags for genes with several human orthologues or none.
    """
    as_human = ("current", "id", "previous", "alias", *(("current (case)",) if species == "human" else ()))

    def is_human(identifier: str) -> bool:
        if _HUMAN_ID.fullmatch(identifier):
            return True
        resolution = genes.resolve(identifier)
        return bool(resolution.symbol) and resolution.how in as_human

    def is_mouse(identifier: str) -> bool:
        return bool(_MOUSE_ID.fullmatch(identifier)) or identifier in orthologues

    is_human, is_mouse = _of_any_part(is_human), _of_any_part(is_mouse)
    own, other = (is_mouse, is_human) if species == "mouse" else (is_human, is_mouse)
    lists = []
    for gene_list in gene_lists.lists:
        if not gene_list.error and _is_of_other(gene_list, own, other):
            gene_list = replace(gene_list, error=_WRONG_SPECIES[species or "human"])
        elif species == "mouse":
            gene_list = replace(gene_list, flags=(*gene_list.flags, *_flags(gene_list, orthologues)))
        lists.append(gene_list)
    return replace(gene_lists, lists=tuple(lists))


def _of_any_part(is_of: Callable[[str], bool]) -> Callable[[str], bool]:
    """Whether an identifier, or any of those that it holds, is of a species."""
    return lambda text: is_of(text) or any(is_of(part) for spelling in spellings(text) for part in spelling.parts)


def _is_of_other(gene_list: GeneList, own: Callable[[str], bool], other: Callable[[str], bool]) -> bool:
    total = len(gene_list.genes)
    if sum(own(gene.written) for gene in gene_list.genes) >= LEAST_OWN * total:
        return False
    return sum(other(gene.written) for gene in gene_list.genes) >= LEAST_OTHER * total


def _flags(gene_list: GeneList, orthologues: Orthologues) -> list[str]:
    humans = {gene.written: orthologues.human(gene.written) for gene in gene_list.genes}
    several = [f"{written} ({', '.join(symbols)})" for written, symbols in humans.items() if len(symbols) > 1]
    none = [written for written, symbols in humans.items() if not symbols]
    flags = [f"several human genes: {some(several)}"] if several else []
    return [*flags, f"no human gene known: {some(none)}"] if none else flags
