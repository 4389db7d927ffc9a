"""Settings of gene-set naming: its entries in benchmarks.yaml, gene sets built or published, and its prompt styles."""

from datetime import date
from functools import partial
from os import PathLike
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from reasonome.config import Benchmark, GeneListStyle
from reasonome.config.project import Project
from reasonome.config.reference import CorpusRef, EncoderRef, Names
from reasonome.config.sources import URL_OF_A_FILE, SourceFile
from reasonome.config.strict import Name, Sha256, Strict, UserPath, Variant, check_unique
from reasonome.config.styles import only_placeholders
from reasonome.config.task_settings import CONTAINED, Policy, check_subset_names, is_variant
from reasonome.core.errors import InputError

# The libraries of GO's terms, apart: p is adjusted for the terms of one, and they answer different questions.
BRANCHES = {"biological_process": "GO BP", "cellular_component": "GO CC", "molecular_function": "GO MF"}
KIND = "what its sets are, as prompts ask for it, such as pathway or protein complex"
Kind = Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z -]*)?$")]


class Subset(Strict):
    """One part of a benchmark: which facts its gene sets are made of, and how many are held out."""

    namespace: Literal["biological_process", "molecular_function", "cellular_component"] | None = Field(
        None, description="branch of GO; annotations are propagated"
    )
    source: Name | None = Field(None, description="only facts of this source of the corpus")
    kind: Kind = Field("", description=f"{KIND}; of a namespace its name, if not given")
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
    after: date | None = Field(default=None, description="with by: date, test terms were created after this day")

    @model_validator(mode="after")
    def _date_with_its_day(self) -> "Split":
        if (self.by == "date") != (self.after is not None):
            raise ValueError("'by: date' needs 'after', a day such as 2023-01-01, and 'by: term' takes none")
        return self


class FewGenes(Strict):
    """A small world: whole sets are drawn at random until they have enough genes, and all sets are cut to these."""

    genes: Annotated[int, Field(ge=10)] = Field(description="sets are drawn until they have so many genes together")
    smallest: Annotated[int, Field(ge=1)] = Field(8, description="genes of a drawn set, at least")
    largest: int = Field(25, description="genes of a drawn set, at most")
    share: Annotated[float, Field(gt=0, le=1)] = Field(
        0.1, description="of a set's own genes that must be among these, for the set to be used"
    )
    largest_set: Annotated[int, Field(ge=2)] = Field(200, description="own genes of a set that is used, at most")

    @model_validator(mode="after")
    def _sizes_in_order(self) -> "FewGenes":
        if self.smallest > self.largest:
            raise ValueError(f"smallest {self.smallest} is above largest {self.largest}")
        return self


class PublishedFile(Strict):
    """A table of published gene sets: downloaded, or at a path that the user gives. None is shipped."""

    path: UserPath | None = None
    url: Annotated[str, Field(pattern=URL_OF_A_FILE)] | None = None
    sha256: Sha256 = "unpinned"
    kind: Kind = Field("", description=KIND)
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
        return SourceFile.model_validate({"url": self.url})

    def check_sha256(self, sha256: str, file: str | PathLike) -> None:
        """InputError if the file is not the one whose sha256 is given here."""
        if self.sha256 not in ("unpinned", sha256):
            raise InputError(
                f"this file has sha256 {sha256}, and the benchmark gives {self.sha256}",
                file=file,
                field="sha256",
                fix="it is another version: get the right one, or pin this one in benchmarks.yaml",
            )


class WithheldTerms(Strict):
    """What questions that show enriched terms do not show, beside the tests in which a set's whole family is withheld.

    own: the set's own term, by id, name or equal genes; family: also terms with a Jaccard index of the benchmark's
    threshold or more, and those of the same name but for words of regulation; nothing: no term.
    """

    variants: Annotated[list[Literal["own", "nothing"]], AfterValidator(check_unique)] = Field(
        default=[], description="further tests: the same sets with less withheld, as subsets such as bp-own"
    )
    sets: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="test sets of each subset that have variants, contaminated ones too; all if not given"
    )
    training_nothing: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0,
        description="share of the training sets of which nothing is withheld, as users' sets are mostly like that",
    )
    training_contaminated: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="share of the genes that are replaced in every other one of these"
    )


PublishedFiles = Annotated[dict[Variant, PublishedFile], AfterValidator(check_subset_names)]


class AuditPolicy(Strict):
    """How training data that leak into a benchmark's test sets are treated, by the kind of leak.

    `drop` leaves them out when training data are built, and any that remain fail the audit; `fail` leaves nothing
    out, and one leak fails the audit; `report` only counts.
    """

    same_term: Policy = "drop"
    same_name: Policy = Field(default="drop", description="or an exact synonym that the ontology gives")
    identical_set: Policy = "drop"
    jaccard: Policy = Field(default="drop", description="a Jaccard index of the benchmark's threshold or more")
    containment: Policy = Field(
        default="drop", description="the benchmark's share of a test set inside a training set, or the reverse"
    )
    related_term: Policy = Field(default="report", description="an ancestor or a descendant by is_a and part_of")
    name_in_reasoning: Policy = Field(
        default="report", description="a test name among the words of a teacher's reasoning"
    )
    held_out_term: Literal["report", "fail"] = Field(
        default="fail",
        description="its term, by id or name, among the facts or enriched terms that a training question shows",
    )
    name_in_prompt: dict[Name, Literal["report", "fail"]] = Field(
        default={},
        description="the true name in the prompt of its own genes, by style; not given: fail if it carries facts",
    )

    def dropped(self) -> list[str]:
        """The kinds of leak that leave a training set out."""
        sets = ("same_term", "same_name", "identical_set", "jaccard", "containment", "related_term")
        return [kind for kind in sets if getattr(self, kind) == "drop"]


class NamingBenchmark(Benchmark):
    """Gene sets built from a corpus or read from published files, with nothing of a test set in training."""

    SCORING_SETTINGS: ClassVar = (*Benchmark.SCORING_SETTINGS, "background")
    newer: ClassVar = (*Benchmark.newer, "few_genes", "containment")

    task: Literal["gene_set_naming"]
    kind: Literal["built", "published"] = Field("built", description="where the test sets come from")
    corpus: CorpusRef = Field(description="of the facts that sets are made of; it also says which genes there are")
    subsets: Annotated[dict[Variant, Subset], AfterValidator(check_subset_names)] = Field(
        {}, description="sets built from the corpus"
    )
    files: PublishedFiles = Field({}, description="published test sets, by subset")
    valid_files: PublishedFiles = Field({}, description="published sets to validate on, instead of built ones")
    train_files: PublishedFiles = Field({}, description="published sets to train on, instead of built ones")
    minimum_genes: Annotated[int, Field(ge=2)] = Field(3, description="of a built set")
    maximum_genes: int = Field(500, description="of a built set")
    few_genes: FewGenes | None = Field(
        None, description="built sets of a small universe of genes; minimum_genes and maximum_genes are of the cut sets"
    )
    split: Split = Split()
    jaccard: Annotated[float, Field(gt=0, le=1)] = 0.5
    containment: Annotated[float, Field(gt=0, le=1)] = Field(
        CONTAINED,
        description="share of the genes of a test set that a training set may not have, and the reverse where the test "
        "set is at most twice as large (audit: containment)",
    )
    contaminated: Annotated[list[Annotated[float, Field(ge=0.01, lt=1)]], AfterValidator(check_unique)] = Field(
        [], description="shares of genes to replace in variants of the test sets"
    )
    withheld_terms: WithheldTerms = Field(
        WithheldTerms(), description="for styles that show enriched terms: which ones questions do not show"
    )
    asks: Literal["test", "valid"] = Field(
        "test",
        description="valid: the valid sets are asked in place of the test sets, by which settings are chosen; the "
        "entry is else that of the benchmark on which models train",
    )
    audit: AuditPolicy = Field(AuditPolicy(), description="what becomes of leaks into this benchmark's test sets")
    all_facts: bool = Field(
        default=False,
        description="prompts of these built sets may show facts of all sources (facts.sources: all) but those that "
        "the sets are made of: for sets of your own, whose names no other source has",
    )
    encoders: Names[EncoderRef] = Field(description="encoders that score similarity")
    background: CorpusRef | None = Field(
        None, description="corpus whose ontology terms and gene sets answers are compared with; its own if not given"
    )

    def splits_like(self, other: "NamingBenchmark") -> bool:
        """Whether another entry draws the same test and valid sets, of which it may ask either."""
        left_out = {"asks", "withheld_terms", "contaminated", *self.SCORING_SETTINGS}
        return all(getattr(self, name) == getattr(other, name) for name in type(self).model_fields.keys() - left_out)

    def holds_out(self, other: "NamingBenchmark") -> bool:
        """Whether the valid and test sets of this entry have the sets that another one asks: with `asks: valid` an
        entry has the valid ones alone."""
        return self.splits_like(other) and self.asks in ("test", other.asks)

    @property
    def published_files(self) -> dict[tuple[str, str], PublishedFile]:
        """Every published file by (split, subset)."""
        parts = {"test": self.files, "valid": self.valid_files, "train": self.train_files}
        return {(part, subset): file for part, files in parts.items() for subset, file in files.items()}

    @property
    def subset_names(self) -> list[str]:
        return list(dict.fromkeys([*self.subsets, *self.files]))

    def subset_kind(self, subset: str) -> str:
        """The kind of the sets of a subset, in words, such as biological process; "" where no setting says.

        Contaminated variants have the kind of the sets that they were made from.
        """
        original = subset.rsplit("-", 1)[0] if is_variant(subset) else subset
        built = self.subsets.get(original)
        stated = [built.kind or (built.namespace or "").replace("_", " ")] if built else []
        stated += [file.kind for (_, named), file in self.published_files.items() if named == original]
        return next(filter(None, stated), "")

    @model_validator(mode="after")
    def _sets_of_its_kind(self) -> "NamingBenchmark":
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
        if published and self.asks == "valid":
            raise ValueError("'asks: valid' is for built sets")
        if published and self.all_facts:
            raise ValueError("'all_facts' is for built sets: prompts of published ones may show facts of all sources")
        if len({round(100 * share) for share in self.contaminated}) < len(self.contaminated):
            raise ValueError("'contaminated' has two shares of one percentage, by which their subsets are named")
        if published and self.few_genes is not None:
            raise ValueError("'few_genes' is for built sets: published ones stay as they are")
        if published and self.split.by == "date":
            raise ValueError("'split' by date is for built sets: published test sets are fixed")
        for name, subset in self.subsets.items():
            if published and subset.test is not None:
                raise ValueError(f"subset '{name}': leave out 'test', the published files are the test sets")
            if not published and self.split.by == "term" and subset.test is None:
                raise ValueError(f"subset '{name}': 'test' is missing, the number of test sets")
        if self.minimum_genes > self.maximum_genes:
            raise ValueError(f"minimum_genes {self.minimum_genes} is above maximum_genes {self.maximum_genes}")
        return self


def _only(*placeholders: str) -> AfterValidator:
    """A check that a template has no other placeholders."""
    return AfterValidator(partial(only_placeholders, allowed=placeholders))


class PromptFacts(Strict):
    """Facts behind each gene of a prompt, the most informative first."""

    most: Annotated[int, Field(ge=1)] = Field(description="facts per gene")
    sources: Literal["others", "all"] = Field(
        default="others",
        description="others: nothing of the collection that the benchmark's sets come from; all: for published sets, "
        "and built ones with all_facts",
    )
    fact: Annotated[str, _only("relation", "object")] = Field("{relation} {object}", description="how one is written")
    opening: str = Field(": ", description="between a gene and its facts")
    separator: str = ", "
    budget_tokens: Annotated[int, Field(ge=8)] = Field(
        description="of the facts of all genes, beside that of the genes"
    )


class PromptNeighbours(Strict):
    """The training sets whose genes read most like those of the set, with their names, as examples."""

    most: Annotated[int, Field(ge=1)] = Field(description="examples per prompt")
    genes: Annotated[int, Field(ge=1)] = Field(description="shown of each, at most")
    example: Annotated[str, _only("genes", "name")] = Field(
        "Genes: {genes}\nProcess: {name}", description="how one is written"
    )
    separator: str = "\n"
    budget_tokens: Annotated[int, Field(ge=8)] = Field(description="of the examples, beside that of the genes")


class PromptTerms(Strict):
    """The terms that are enriched in the set, the best first; of a benchmark's set without those that are withheld."""

    most: Annotated[int, Field(ge=1)] = Field(description="terms per prompt")
    libraries: Annotated[list[str], AfterValidator(check_unique)] = Field(
        list(BRANCHES.values()),
        description="of the terms: branches of GO, as the background has them, and sources of sources.yaml with gene "
        "sets in GMT",
    )
    control: Literal["numbers", "order", "first", "other"] | None = Field(
        None,
        description="what of the terms is taken away, to see what answers rest on: the numbers are shuffled among the "
        "terms, the order is drawn at random, the first stands alone, or the terms are another question's",
    )
    term: Annotated[str, _only("name", "overlap", "drawn", "size", "of_list", "of_term")] = Field(
        "{name} ({overlap} of {drawn} genes)",
        description="how one is written; {of_list} and {of_term} are the overlap in percent of the list and the term",
    )
    separator: str = "; "
    budget_tokens: Annotated[int, Field(ge=8)] = Field(description="of the terms, beside that of the genes")


class PromptExamples(Strict):
    """Training questions with their answers, the same in every prompt: how a model is asked that was not trained."""

    most: Annotated[int, Field(ge=1)] = Field(description="examples per prompt, drawn at random")
    example: Annotated[str, _only("terms", "name")] = Field(
        "{terms}\nProcess: {name}", description="how one is written"
    )
    separator: str = "\n\n"
    budget_tokens: Annotated[int, Field(ge=8)] = Field(description="of the examples, beside that of the genes")


class NamingStyle(GeneListStyle):
    """How gene-set naming is asked: the head of config/prompts/{task}.{style}.txt, and the texts below it."""

    newer: ClassVar = ("reasoning",)

    gene: str = Field("", description="how one gene is written; not given where the user text has no {genes}")
    budget_tokens: int = Field(0, description="of the list of genes; not given without one")
    track: Literal["strict", "as-published"] = Field(
        "strict", description="how answers are read: by the whole contract, or the first `Process:` line as it stands"
    )
    reasoning: Literal["after", "before", "none"] = Field(
        "after",
        description="the name: where the reasoning of an answer stands, in the strict track; none: not asked for",
    )
    confidence: bool = Field(False, description="whether the text asks for a line `Confidence: 0 to 100`")
    order: Literal["seeded", "listed"] = Field(
        "seeded", description="of the genes, of which the first that fit are shown: shuffled by the seed, or as listed"
    )
    facts: PromptFacts | None = None
    neighbours: PromptNeighbours | None = Field(None, description="written where the user text has {neighbours}")
    terms: PromptTerms | None = Field(None, description="written where the user text has {terms}")
    examples: PromptExamples | None = Field(
        None, description="questions with enriched terms and their answers, written where the user text has {examples}"
    )
    any_kind: str = Field(
        "process, function or component",
        description="written where the texts have {kind} and the benchmark does not say what kind of set is asked for",
    )

    @property
    def lists_genes(self) -> bool:
        """Whether the user text lists the genes; else it shows the terms that are enriched in them."""
        return "{genes}" in self.user

    @property
    def tells(self) -> bool:
        """Whether prompts show facts or enriched terms, which others' held-out sets are left out of."""
        return self.facts is not None or self.terms is not None

    def reading(self) -> str:
        """The style's track."""
        return self.track

    def asks_confidence(self) -> bool:
        """Whether the text asks for a line with it."""
        return self.confidence

    def is_control(self) -> bool:
        """Whether something is taken away of the enriched terms that another style shows."""
        return self.terms is not None and self.terms.control is not None

    def shows_more(self) -> bool:
        """Whether a prompt shows facts, neighbours or enriched terms."""
        return any(part is not None for part in (self.facts, self.neighbours, self.terms))

    def budgets(self) -> list[int]:
        """Those of genes, facts, neighbours, terms and examples."""
        parts = (self.facts, self.neighbours, self.terms, self.examples)
        return [*super().budgets(), *(part.budget_tokens for part in parts if part)]

    @model_validator(mode="after")
    def _parts_have_their_place(self) -> "NamingStyle":
        if not (self.lists_genes or self.terms):
            raise ValueError("the [user] text has neither {genes} nor {terms}: it asks about nothing")
        if self.lists_genes and (not self.gene or self.budget_tokens < 8):
            raise ValueError("the [user] text has {genes}: give 'gene', and 'budget_tokens' of 8 or more")
        if not self.lists_genes and (self.gene or self.budget_tokens or self.facts):
            raise ValueError("the [user] text has no {genes}: leave out 'gene', 'budget_tokens' and 'facts'")
        if self.examples is not None and self.terms is None:
            raise ValueError("'examples' are of questions that show enriched terms: give 'terms' too")
        parts = {"neighbours": self.neighbours, "terms": self.terms, "examples": self.examples}
        for name, part in parts.items():
            wanted, written = int(part is not None), self.user.count(f"{{{name}}}")
            if written != wanted:
                where = "once where they belong" if wanted else f"only with '{name}' in the head"
                raise ValueError(f"the [user] text has {{{name}}} {written} times: write it {where}")
        return self


def naming_style(project: Project, benchmark: str, style: str) -> NamingStyle:
    """A prompt style of the task."""
    found = project.style(benchmark, style)
    if not isinstance(found, NamingStyle):
        raise TypeError(f"{benchmark} is no benchmark of gene-set naming")
    return found
