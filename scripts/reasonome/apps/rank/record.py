"""The record of one ranked case or locus: a line of rankings.jsonl, what the page shows, lines of rankings.tsv."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from reasonome.apps.rank.settings import Kind
from reasonome.apps.run import Record, write_table
from reasonome.core import atomic
from reasonome.facts.files.plain_table import Cell, tsv_row
from reasonome.facts.text import some

PURPOSE = "research use only: not a diagnosis, not for clinical decisions"
TSV, JSONL = "rankings.tsv", "rankings.jsonl"
COLUMNS = (
    *("file", "name", "gene", "gene_name", "rank", "first_in", "listed_in", "answers"),
    *("phenotype_overlap", "overlap_rank", "fit", "fit_rank", "known_phenotypes", "related_phenotypes", "facts"),
    *("diseases", "against"),
    *("distance", "distance_rank", "asked", "flags", "error", "id", "meant_for"),
)


class AskedPhenotype(Record):
    """A phenotype of the case, as the ontology calls it; `note` says what was changed, or that it is unknown there."""

    id: str
    label: str
    note: str = ""


class KnownPhenotype(Record):
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


class AgainstIt(Record):
    """An absent phenotype of the case that most patients of a disease have, by the frequency that HPO states.

    `known_label` is the disease's phenotype: the absent one, or a kind of it.
    """

    id: str
    label: str
    known_id: str
    known_label: str
    stated: str
    is_present: bool = False


class KnownDisease(Record):
    """A disease that HPO links to a gene, its page at OMIM, Orphanet or DECIPHER, and how well it fits, in nats."""

    id: str
    name: str = ""
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
    overlap_rank: int | None = None
    fit: float | None = None
    fit_rank: int | None = None
    distance: int | None = None
    distance_rank: int | None = None
    known: list[KnownPhenotype] = []
    diseases: list[KnownDisease] = []


class Claim(Record):
    """What a sentence of the reasons says of a gene, held against facts.

    `about` is a phenotype or "the nearest gene". `stated` says whether the case has the phenotype.
    """

    gene: str
    about: str
    verdict: Literal["supported", "related", "unknown", "contradicted"]
    fact: str = ""
    stated: Literal["", "present", "absent", "not stated"] = ""


class Sample(Record):
    """One answer: its genes as symbols, best first, and its text."""

    genes: list[str]
    text: str


class RankingRecord(Record):
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


def fact_of(known: KnownPhenotype | None, disease_names: Mapping[str, str]) -> str:
    """The fact behind a phenotype of a gene, in words; "" without one."""
    if known is None:
        return ""
    diseases = [with_name(disease, disease_names.get(disease, "")) for disease in known.diseases]
    return f"HPO: {known.known_label} ({known.known_id}) in {some(diseases)}"


def with_name(id: str, name: str) -> str:
    """A disease or phenotype with its id, as far as its name is known."""
    return f"{name} ({id})" if name else id


def write_tables(records: Sequence[RankingRecord], folder: Path) -> None:
    """Write rankings.tsv (a row for each gene of a case or locus) and rankings.jsonl (a whole record a line)."""
    write_table(folder / TSV, COLUMNS, (line for record in records for line in tsv_lines(record)))
    atomic.write_jsonl(folder / JSONL, (record.model_dump(mode="json") for record in records))


def tsv_lines(record: RankingRecord) -> list[str]:
    """The lines of a record in rankings.tsv, one for each gene; one without a gene where there is none."""
    asked = [*(f"{term.id} {term.label}" for term in record.present)]
    asked += [f"not {term.id} {term.label}" for term in record.absent]
    place = [f"{record.chromosome}:{record.position}"] if record.position is not None else []
    shared = {
        "file": record.file,
        "name": record.name,
        "answers": len(record.samples) or None,
        "asked": [*filter(None, [record.trait]), *place, *asked],
        "flags": record.flags,
        "error": record.error,
        "id": record.id,
        "meant_for": PURPOSE,
    }
    rows = [shared | _gene(gene, record.disease_names) for gene in record.genes] or [shared]
    return [tsv_row([row.get(column) for column in COLUMNS]) for row in rows]


def _gene(gene: RankedCandidate, disease_names: Mapping[str, str]) -> dict[str, Cell]:
    diseases = [(disease, with_name(disease.id, disease.name)) for disease in gene.diseases]
    return {
        "gene": gene.symbol,
        "gene_name": gene.name,
        "rank": gene.rank,
        "first_in": gene.first,
        "listed_in": gene.listed,
        "phenotype_overlap": gene.overlap,
        "overlap_rank": gene.overlap_rank,
        "fit": gene.fit,
        "fit_rank": gene.fit_rank,
        "known_phenotypes": [known.label for known in gene.known if known.fit == "same"],
        "related_phenotypes": [f"{known.label} ({known.known_label})" for known in gene.known if known.fit != "same"],
        "facts": [fact_of(known, disease_names) for known in gene.known],
        "diseases": [f"{name} {disease.link}".strip() for disease, name in diseases],
        "against": [f"{name}: {against_it(one)}" for disease, name in diseases for one in disease.against],
        "distance": gene.distance,
        "distance_rank": gene.distance_rank,
    }


def against_it(one: AgainstIt) -> str:
    """What of a case is against a disease, in words."""
    known = "" if one.known_id == one.id else f", as {one.known_label}"
    told = "is present, and few patients have it" if one.is_present else "is absent, and most patients have it"
    return f"{one.label} ({one.id}) {told}{known}: {one.stated}"
