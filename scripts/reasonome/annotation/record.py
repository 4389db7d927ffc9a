"""What is known of one annotated gene set: a line of annotations.jsonl, and all that its page shows."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_TERMS = 20  # enriched terms that a record keeps


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnnotatedGene(_Record):
    """A gene of the set: its symbol (human), official name, and how it was written; `how` as in genes.Resolution.

    `orthologue_of` are the mouse genes of a list of mice that it stands for, as the table of orthologues calls them.
    """

    symbol: str
    written: str
    name: str = ""
    how: str = "current"
    orthologue_of: list[str] = []
    weight: float | None = None
    shown: bool = True  # whether the prompt had room for it


class UnmappedGene(_Record):
    """An identifier that no gene was found for, why, and what it may mean."""

    written: str
    why: str
    candidates: list[str] = []


class AnnotatedClaim(_Record):
    """What the reasoning says of a gene, and the fact that decides it.

    `verdict` is supported, unknown or contradicted; `fact` says relation, object, source and evidence, "" if unknown.
    """

    gene: str
    term: str
    negated: bool
    verdict: str
    fact: str = ""


class EnrichedTerm(_Record):
    """A gene set of a library in which the genes are over-represented: p of the hypergeometric test, and adjusted.

    `overlap` and `size` count genes of the list's species, and `genes` are human symbols.
    """

    library: str
    id: str
    name: str
    overlap: int
    size: int
    p: float
    adjusted_p: float
    genes: list[str]


class Sample(_Record):
    """One of several completions: the name that it gives ("" if none can be read) and its text, for show."""

    name: str
    text: str


class AnnotationRecord(_Record):
    """One gene set with its name, the reasons, and the means to check them.

    `name` is "" where the model abstained (`abstained`), gave no usable answer (`problems`), or the set could not be
    asked (`error`). `is_term` says whether a known term is called so, or nearly so (TermNames.is_term), "" without a
    name. `confidence` (0 to 1) is of `confidence_kind`: stated or logprob; `agreement` is the share of the other
    samples that gave this name too, None of a single one. `samples` are all, the one behind the name first.
    `unchecked` are sentences of the reasoning that name a gene, but no whole term that was recognised.
    `other_genes` were shown to the model, and nothing known links them with the name. `group` numbers sets that are
    nearly the same, from 1. `ranked` says that the first genes matter most, and were shown to the model first.
    """

    list: str
    set: str
    id: str
    description: str = ""
    place: str = ""
    genes: list[AnnotatedGene] = []
    ranked: bool = False
    unmapped: list[UnmappedGene] = []
    flags: list[str] = []
    error: str = ""
    name: str = ""
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
    group: int = Field(1, ge=1)
