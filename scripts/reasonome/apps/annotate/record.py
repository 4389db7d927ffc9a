"""The record of one annotated gene set: a line of annotations.jsonl, and all that the page shows of it."""

from builtins import list as several  # since a field of records is called list
from typing import Annotated, Literal

from pydantic import Field

from reasonome.apps.run import Record
from reasonome.enrichment.term import EnrichedTerm

MOST_TERMS = 10  # enriched terms of a library that a record keeps, without those that are folded below them


class AnnotatedGene(Record):
    """A human gene of the set: `written` is its identifier in the list, `how` it was resolved as in genes.Resolution.

    `orthologue_of` are the mouse genes of the list that it stands for, as the table of orthologues calls them.
    """

    symbol: str
    written: str
    name: str = ""
    how: str = "current"
    orthologue_of: list[str] = []
    weight: float | None = None
    shown: bool = True  # whether the prompt had room for it


class UnmappedGene(Record):
    """An identifier without a gene, the reason, and the symbols that it may mean."""

    written: str
    why: str
    candidates: list[str] = []


class Part(Record):
    """A part of a paragraph: what it `cites`, if anything, and whether that is `there`: in the list, or enriched."""

    text: str
    cites: Literal["", "gene", "term"] = ""
    there: bool = False


class AnnotationRecord(Record):
    """One gene set: the terms that are enriched in it, and a model's words on them.

    `direction` says in words where the genes are higher, "" where the list has none. `enriched` has the best terms of
    each library, at most MOST_TERMS of one; those that are one of many come last. `name` is the model's suggestion, ""
    where it gave none or was not asked, and `name_is_term` says whether it is the name of an enriched term. `answer` is
    what came, as it came. `group` numbers groups of nearly identical sets from 1. `ranked` says that the first genes
    matter most, and were shown to the model first.
    """

    list: str
    set: str
    id: str
    description: str = ""
    direction: str = ""
    place: str = ""
    genes: several[AnnotatedGene] = []
    ranked: bool = False
    unmapped: several[UnmappedGene] = []
    flags: several[str] = []
    error: str = ""
    name: str = ""
    name_is_term: bool | None = None
    paragraph: several[Part] = []
    answer: str = ""
    enriched: several[EnrichedTerm] = []
    group: Annotated[int, Field(ge=1)] = 1
