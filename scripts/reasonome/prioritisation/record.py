"""The record of one ranked case or locus: a line of rankings.jsonl, and all that the page shows of it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from reasonome.prioritisation.settings import Kind

PURPOSE = "research use only: not a diagnosis, not for clinical decisions"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AskedPhenotype(_Record):
    """A phenotype of the case, as the ontology calls it; `note` says what was changed, or that it is unknown there."""

    id: str
    label: str
    note: str = ""


class KnownPhenotype(_Record):
    """What HPO knows of a gene that fits a phenotype of the case.

    `fit` is "same" where the gene is known for the phenotype itself or a kind of it, and "related" where it is known
    for another kind of `known_label`, a phenotype that few genes have. `diseases` are those in which.
    """

    id: str
    label: str
    fit: Literal["same", "related"]
    known_id: str
    known_label: str
    diseases: list[str] = []


class RankedCandidate(_Record):
    """One gene. Ranks count from 1, and equals share one; None: not ranked by this.

    `rank` is that of the model's merged answers; `first` and `listed` are shares of its answers. `overlap` is the
    similarity of its known phenotypes to the case's; `distance` is in base pairs from the lead variant to the gene.
    """

    symbol: str
    name: str = ""
    rank: int | None = None
    first: float = Field(0, ge=0, le=1)
    listed: float = Field(0, ge=0, le=1)
    shown: bool = True
    overlap: float | None = None
    overlap_rank: int | None = None
    distance: int | None = None
    distance_rank: int | None = None
    known: list[KnownPhenotype] = []


class Claim(_Record):
    """What a sentence of the reasons says of a gene, held against facts.

    `about` is a phenotype or "the nearest gene". `stated` says whether the case has the phenotype.
    """

    gene: str
    about: str
    verdict: Literal["supported", "related", "unknown", "contradicted"]
    fact: str = ""
    stated: Literal["", "present", "absent", "not stated"] = ""


class Sample(_Record):
    """One answer: its genes as symbols, best first, and its text."""

    genes: list[str]
    text: str


class RankingRecord(_Record):
    """One case or locus with its ranked genes, and what speaks for and against them.

    `panel` counts the candidates (0: any human gene), `shown` those that the prompt had room for, and `left_out` are
    the others in the order in which they were chosen. `genes` has the model's ranking first, then the others by
    phenotype overlap or distance. `usable` counts the answers with a list.
    `reasons` are the words of the answer that is nearest to the merged ranking. `strangers` are listed genes that are
    no candidates, `invented` listed texts that are no human gene. `error` says why nothing was asked.
    """

    kind: Kind
    file: str
    name: str
    id: str
    place: str = ""
    trait: str = ""
    chromosome: str = ""
    position: int | None = None
    variant: str = ""
    age: str = ""
    sex: str = ""
    present: list[AskedPhenotype] = []
    absent: list[AskedPhenotype] = []
    panel: int = 0
    shown: int = 0
    genes: list[RankedCandidate] = []
    unmapped: list[str] = []
    left_out: list[str] = []
    usable: int = 0
    samples: list[Sample] = []
    reasons: str = ""
    claims: list[Claim] = []
    unchecked: list[str] = []
    strangers: list[str] = []
    invented: list[str] = []
    flags: list[str] = []
    error: str = ""

    @property
    def first(self) -> RankedCandidate | None:
        """The gene that the model ranks first; None where it ranks none."""
        return next((gene for gene in self.genes if gene.rank == 1), None)
