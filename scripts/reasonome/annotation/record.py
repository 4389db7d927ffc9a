"""The record of one annotated gene set: a line of annotations.jsonl, and all that the page shows of it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from reasonome.enrichment.term import EnrichedTerm

MOST_TERMS = 10  # enriched terms of a library that a record keeps, without those that are folded below them


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnnotatedGene(_Record):
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


class UnmappedGene(_Record):
    """An identifier without a gene, the reason, and the symbols that it may mean."""

    written: str
    why: str
    candidates: list[str] = []


class AnnotatedClaim(_Record):
    """A claim of the reasoning about a gene, and the fact that decides it.

    `verdict` is supported, unknown or contradicted; `fact` has relation, object, source and evidence, "" if unknown.
    """

    gene: str
    term: str
    negated: bool
    verdict: str
    fact: str = ""


class Sample(_Record):
    """One of several completions: its name ("" if none can be parsed) and its text."""

    name: str
    text: str


class AnnotationRecord(_Record):
    """One gene set: the terms that are enriched in it, and a model's name with the evidence for and against it.

    `direction` says in words where the genes are higher, "" where the list has none. `enriched` has the best terms of
    each library, at most MOST_TERMS of one; those that are one of many come last. `standing` says how far the enriched
    terms bear the name out, and `standing_why` why (standing.standing): "withheld" is not to be shown as a name. `name`
    is "" where the model abstained (`abstained`), gave no usable answer (`problems`), or the set could not be asked
    about (`error`). `is_term` says whether the name is a known term's (TermNames.is_term), "" without a name.
    `confidence` (0 to 1) is of `confidence_kind`: "stated" or "probability of its words"; `agreement` is the share of
    the other samples with this name, None for a single sample. `samples` has the one behind the name first. `unchecked`
    are sentences of the reasoning that name a gene but no known term. `other_genes` were shown to the model, and no
    known fact links them with the name. `group` numbers groups of nearly identical sets from 1. `ranked` says that the
    first genes matter most, and were shown to the model first. `better_than_first_term` is the probability that the
    name of a model that ships is better than `first_term`, the first that its question showed; None where nobody
    calibrated it. A name that `stands_first` stands before the enriched terms (annotation.shipped).
    """

    list: str
    set: str
    id: str
    description: str = ""
    direction: str = ""
    place: str = ""
    genes: list[AnnotatedGene] = []
    ranked: bool = False
    unmapped: list[UnmappedGene] = []
    flags: list[str] = []
    error: str = ""
    name: str = ""
    standing: Literal["", "supported", "weak", "withheld"] = ""
    standing_why: str = ""
    is_term: Literal["", "yes", "near", "no"] = ""
    abstained: bool = False
    problems: list[str] = []
    confidence: float | None = Field(None, ge=0, le=1)
    confidence_kind: str = ""
    agreement: float | None = Field(None, ge=0, le=1)
    samples: list[Sample] = []
    reasoning: str = ""
    claims: list[AnnotatedClaim] = []
    unchecked: list[str] = []
    supporting_genes: list[str] = []
    other_genes: list[str] = []
    enriched: list[EnrichedTerm] = []
    enriched_agreement: float | None = Field(None, ge=0, le=1)
    enriched_match: str = ""
    first_term: str = ""
    better_than_first_term: float | None = Field(None, ge=0, le=1)
    stands_first: bool = False
    group: int = Field(1, ge=1)
