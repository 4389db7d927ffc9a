"""The record of one ranked case or locus: a line of rankings.jsonl, and all that the page shows of it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from reasonome.apps.rank.settings import Kind

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


class AgainstIt(_Record):
    """An absent phenotype of the case that most patients of a disease have, by the frequency that HPO states.

    `known_label` is the disease's phenotype: the absent one, or a kind of it.
    """

    id: str
    label: str
    known_id: str
    known_label: str
    stated: str


class KnownDisease(_Record):
    """A disease that HPO links to a gene, its page at OMIM, Orphanet or DECIPHER, and how well it fits, in nats."""

    id: str
    name: str = ""
    link: str = ""
    fit: float
    against: list[AgainstIt] = []


class RankedCandidate(_Record):
    """One gene. Ranks count from 1, and equals share one; None: not ranked by this.

    `rank` is that of the model's merged answers, without a model that of the fit or the distance; `first` and `listed`
    are shares of the answers. `overlap` is the similarity of the gene's known phenotypes to those that are present, and
    `fit` is that less what the absent ones cost; `diseases` are those of the gene that fit best. `distance` is in base
    pairs from the lead variant to the gene.
    """

    symbol: str
    name: str = ""
    rank: int | None = None
    first: float = Field(0, ge=0, le=1)
    listed: float = Field(0, ge=0, le=1)
    shown: bool = True
    overlap: float | None = None
    overlap_rank: int | None = None
    fit: float | None = None
    fit_rank: int | None = None
    distance: int | None = None
    distance_rank: int | None = None
    known: list[KnownPhenotype] = []
    diseases: list[KnownDisease] = []


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
    fit or distance. `usable` counts the answers with a list. `disease_names` are by id.
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
    disease_names: dict[str, str] = {}
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
        """The gene that is ranked first; None where none is. Of equals it is the first by the alphabet."""
        return next((gene for gene in self.genes if gene.rank == 1), None)

    @property
    def firsts(self) -> list[str]:
        """The symbols of all genes that are ranked first."""
        return [gene.symbol for gene in self.genes if gene.rank == 1]
