"""An enriched term: a gene set of a library, and what over-representation analysis says of it for a list of genes."""

from pydantic import BaseModel, ConfigDict

MANY = 10  # terms with the very same genes of a list; of 24 genes of the proteasome Reactome has 126


class FoldedTerm(BaseModel):
    """An enriched term that shares most of its genes with a better one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    name: str
    overlap: int
    adjusted_p: float


class EnrichedTerm(BaseModel):
    """A library's gene set in which the genes are over-represented: p of the hypergeometric test, raw and adjusted.

    `overlap` genes of the `drawn` ones of the list are among the `size` ones of the term, and those are among the
    `universe`; all four count genes of the list's species, and `genes` are human symbols. `folded` are the terms that
    applications show below this one, and `same` terms of the library have the very same genes of the list.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    library: str
    id: str
    name: str
    overlap: int
    size: int
    drawn: int
    universe: int
    p: float
    adjusted_p: float
    genes: list[str]
    folded: list[FoldedTerm] = []
    same: int = 0

    @property
    def jaccard(self) -> float:
        """The Jaccard index of term and list, within the universe."""
        return self.overlap / (self.size + self.drawn - self.overlap)

    @property
    def is_one_of_many(self) -> bool:
        """Whether the list cannot tell the term from MANY others or more, and so does not say that it is meant."""
        return self.same >= MANY

    @property
    def fold_enrichment(self) -> float:
        """How many times as many genes of the list are in the term as would be by chance."""
        return (self.overlap / self.drawn) / (self.size / self.universe)
