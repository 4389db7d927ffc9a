"""The record of one annotated gene set: a line of annotations.jsonl, and all that the page shows of it."""

from builtins import list as several  # since a field of records is called list
from typing import Annotated, Literal

from pydantic import Field

from reasonome.apps.run import Record
from reasonome.enrichment.term import EnrichedTerm

Share = Annotated[float, Field(ge=0, le=1)]
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


class AnnotatedClaim(Record):
    """A claim of the reasoning about a gene, and the fact that decides it.

    `verdict` is supported, unknown or contradicted; `fact` has relation, object, source and evidence, "" if unknown.
    """

    gene: str
    term: str
    negated: bool
    verdict: str
    fact: str = ""


class Sample(Record):
    """One of several completions: its name ("" if none can be parsed) and its text."""

    name: str
    text: str


class AnnotationRecord(Record):
    """One gene set: the terms that are enriched in it, and a model's name, held against them.

    `direction` says in words where the genes are higher, "" where the list has none. `enriched` has the best terms of
    each library, at most MOST_TERMS of one; those that are one of many come last. `standing` says whether the name is
    an enriched term, near one or near none, and `standing_why` why (judge.judge). `nearest_term` is the enriched term
    that is nearest, and `likeness` the name's term score beside it. `name` is "" where the model abstained
    (`abstained`), gave no usable answer (`problems`), or the set could not be asked about (`error`). `confidence` (0 to
    1) is of `confidence_kind`: "stated" or "probability of its words"; `agreement` is the share of the other samples
    with this name, None for a single sample. `samples` has the one behind the name first. `unchecked` are sentences of
    the reasoning that name a gene but no known term. `supporting_genes` are in the term that the name is or is near to,
    `other_genes` are not, and were shown to the model. `group` numbers groups of nearly identical sets from 1. `ranked`
    says that the first genes matter most, and were shown to the model first.
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
    standing: Literal["", "same", "near", "none"] = ""
    standing_why: str = ""
    abstained: bool = False
    problems: several[str] = []
    confidence: Share | None = None
    confidence_kind: str = ""
    agreement: Share | None = None
    samples: several[Sample] = []
    reasoning: str = ""
    claims: several[AnnotatedClaim] = []
    unchecked: several[str] = []
    supporting_genes: several[str] = []
    other_genes: several[str] = []
    enriched: several[EnrichedTerm] = []
    nearest_term: str = ""
    likeness: Share | None = None
    group: Annotated[int, Field(ge=1)] = 1
