"""The record of one ranked case or locus: a line of rankings.jsonl, what the page shows, lines of rankings.tsv."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from reasonome.apps.rank.settings import Kind
from reasonome.apps.run import Record, write_table
from reasonome.core import atomic
from reasonome.facts.files.plain_table import Cell, tsv_row

PURPOSE = "research use only: not a diagnosis, not for clinical decisions"
_RANKS = ("rank", "fit_rank", "distance_rank")
TSV, JSONL = "rankings.tsv", "rankings.jsonl"
COLUMNS = (
    *("file", "name", "gene", "gene_name", "rank", "first_in", "listed_in", "answers"),
    *("phenotype_overlap", "fit", "fit_rank", "known_phenotypes", "diseases", "against"),
    *("distance", "distance_rank", "asked", "flags", "error", "meant_for"),
)


class AskedPhenotype(Record):
    """A phenotype of the case, as the ontology calls it; `note` says what was changed, or that it is unknown there."""

    id: str
    label: str
    note: str = ""


class KnownPhenotype(Record):
    """What HPO knows of a gene that fits a phenotype of the case, and the diseases in which, by name.

    `same` says that the gene is known for the phenotype itself or a kind of it; else it is known for another kind of
    `known_label`, a phenotype that few genes have.
    """

    label: str
    same: bool
    known_label: str
    diseases: list[str] = []


class AgainstIt(Record):
    """What of a case is against a disease, by the frequency that HPO states.

    It is an absent phenotype that most of its patients have, or a present one that few have. `known_label` is the
    disease's phenotype: that of the case, or a kind of it.
    """

    label: str
    known_label: str
    stated: str
    is_present: bool = False

    @property
    def text(self) -> str:
        """It in words."""
        known = "" if self.known_label == self.label else f", as {self.known_label}"
        told = "is present, and few patients have it" if self.is_present else "is absent, and most patients have it"
        return f"{self.label} {told}{known}: {self.stated}"


class KnownDisease(Record):
    """A disease that HPO links to a gene, its page at OMIM, Orphanet or DECIPHER, and how well it fits, in nats."""

    name: str
    link: str = ""
    fit: float
    against: list[AgainstIt] = []


class RankedCandidate(Record):
    """One gene. Ranks count from 1, and equals share one; None: not ranked by this.

    `rank` is that of the model's merged answers, without a model that of the fit or the distance; `first` and `listed`
    are shares of the answers, None without any. `overlap` is the similarity of the gene's known phenotypes to those
    that are present, and `fit` is that less what the absent ones cost; `diseases` are those of the gene that fit best.
    `distance` is in base pairs from the lead variant to the gene.
    """

    symbol: str
    name: str = ""
    rank: int | None = None
    first: float | None = Field(default=None, ge=0, le=1)
    listed: float | None = Field(default=None, ge=0, le=1)
    shown: bool = True
    overlap: float | None = None
    fit: float | None = None
    fit_rank: int | None = None
    distance: int | None = None
    distance_rank: int | None = None
    known: list[KnownPhenotype] = []
    diseases: list[KnownDisease] = []


class Sample(Record):
    """One answer: its genes as symbols, best first, and its text."""

    genes: list[str]
    text: str


class RankingRecord(Record):
    """One case or locus with its ranked genes, and what speaks for and against them.

    `panel` counts the candidates (0: any human gene), `shown` those that the prompt had room for, and `left_out` are
    the others in the order in which they were chosen. `genes` has the model's ranking first, then the others by
    fit or distance. `reasons` are the words of the first answer whose first gene is ranked first. `error` says why
    nothing was asked. `end` is where a locus ends that is a span and begins at its position.
    """

    kind: Kind
    file: str
    name: str
    id: str
    place: str = ""
    trait: str = ""
    chromosome: str = ""
    position: int | None = None
    end: int | None = None
    variant: str = ""
    age: str = ""
    sex: str = ""
    present: list[AskedPhenotype] = []
    absent: list[AskedPhenotype] = []
    panel: int = 0
    shown: int = 0
    genes: list[RankedCandidate] = []
    left_out: list[str] = []
    samples: list[Sample] = []
    reasons: str = ""
    flags: list[str] = []
    error: str = ""

    @property
    def firsts(self) -> list[RankedCandidate]:
        """All genes that are ranked first."""
        return [gene for gene in self.genes if gene.rank == 1]


def with_name(id: str, name: str) -> str:
    """A disease or phenotype with its id, as far as its name is known."""
    return f"{name} ({id})" if name else id


def write_tables(records: Sequence[RankingRecord], folder: Path) -> None:
    """Write rankings.tsv (a row for each gene of a case or locus) and rankings.jsonl (a whole record a line)."""
    write_table(folder / TSV, COLUMNS, (line for record in records for line in tsv_lines(record)))
    atomic.write_jsonl(folder / JSONL, (record.model_dump(mode="json") for record in records))


def tsv_lines(record: RankingRecord) -> list[str]:
    """The lines of a record in rankings.tsv, one for each gene; one without a gene where there is none.

    The rank of several genes has a "=" behind it.
    """
    asked = [*(f"{term.id} {term.label}" for term in record.present)]
    asked += [f"not {term.id} {term.label}" for term in record.absent]
    span = "" if record.end is None else f"-{record.end}"
    place = [f"{record.chromosome}:{record.position}{span}"] if record.position is not None else []
    shared: dict[str, Cell] = {
        "file": record.file,
        "name": record.name,
        "answers": len(record.samples) or None,
        "asked": [*filter(None, [record.trait]), *place, *asked],
        "flags": record.flags,
        "error": record.error,
        "meant_for": PURPOSE,
    }
    ranked = [{name: getattr(gene, name) for name in _RANKS} for gene in record.genes]
    share = Counter(rank for ranks in ranked for rank in ranks.items())
    told = [{name: rank and f"{rank}{'=' * (share[name, rank] > 1)}" for name, rank in of.items()} for of in ranked]
    rows = [shared | _gene(gene) | ranks for gene, ranks in zip(record.genes, told, strict=True)] or [shared]
    return [tsv_row([row.get(column) for column in COLUMNS]) for row in rows]


def _gene(gene: RankedCandidate) -> dict[str, Cell]:
    return {
        "gene": gene.symbol,
        "gene_name": gene.name,
        "first_in": gene.first,
        "listed_in": gene.listed,
        "phenotype_overlap": gene.overlap,
        "fit": gene.fit,
        "known_phenotypes": [one.label if one.same else f"≈ {one.label} ({one.known_label})" for one in gene.known],
        "diseases": [f"{disease.name} {disease.link}".strip() for disease in gene.diseases],
        "against": [f"{disease.name}: {one.text}" for disease in gene.diseases for one in disease.against],
        "distance": gene.distance,
    }
