"""Rows of benchmarks of gene sets to name, and what their prompts show."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Fact(BaseModel):
    """A fact as a prompt shows it behind its gene."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    relation: str
    object: str


class Gene(BaseModel):
    """A gene of a set: current symbol, official name ("" where unknown), and the facts that its prompt may show."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    symbol: str = Field(min_length=1)
    name: str = ""
    facts: tuple[Fact, ...] = ()


class Neighbour(BaseModel):
    """A training set as an example in the prompt of another set; of its genes those that may be shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1)
    genes: list[Gene] = Field(min_length=1)


class ShownTerm(BaseModel):
    """An enriched term as a prompt shows it: `overlap` of the list's `drawn` genes are among its `size` ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    library: str
    id: str
    name: str = Field(min_length=1)
    overlap: int
    drawn: int
    size: int

    @property
    def jaccard(self) -> float:
        """The Jaccard index of term and list."""
        return self.overlap / (self.size + self.drawn - self.overlap)


class Shot(BaseModel):
    """A training question as an example in prompts: its enriched terms, and its answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1)
    enriched: list[ShownTerm] = Field(min_length=1)


class Example(BaseModel):
    """One gene set of a benchmark.

    `main_id` is the ontology's id of its term where `id` is an alternative one. `stratum` says how well its genes are
    studied. For a variant of a set `term` is the id of the original one; `contaminated` is the share of its genes that
    are replaced, and `outliers` are the genes that replaced them. `withheld` says which enriched terms a prompt does
    not show (settings.WithheldTerms).

    The content of a style's prompt is in results/prompts/, not in results/benchmarks/: the symbols `shown`, in their
    order (None: not chosen yet), the shown facts of these genes, `neighbours`, how many of both did not fit, and the
    `kind` of the set, in words ("" where the benchmark does not say). `enriched` are terms that are enriched in the
    set, the best first; None where the style shows none. `shots` are examples, the same in every question.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    subset: str
    name: str = Field(min_length=1)
    genes: list[Gene] = Field(min_length=1)
    synonyms: list[str] = []
    stratum: str = ""
    main_id: str = ""
    term: str = ""
    contaminated: float = Field(default=0.0, ge=0, lt=1)
    outliers: list[str] = []
    withheld: Literal["family", "own", "nothing"] = "family"
    neighbours: list[Neighbour] = []
    enriched: list[ShownTerm] | None = None
    shots: list[Shot] = []
    shown: list[str] | None = None
    facts_left_out: int = Field(default=0, ge=0)
    neighbours_left_out: int = Field(default=0, ge=0)
    kind: str = ""
