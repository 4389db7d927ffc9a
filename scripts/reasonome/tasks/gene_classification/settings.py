"""Settings of classes of genes and of pairs of them: tables or terms, the files that they name, and checks."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from reasonome.config.project import Project
from reasonome.config.reference import CorpusRef
from reasonome.config.strict import UserPath, Variant
from reasonome.config.task_settings import check_subset_names
from reasonome.jobs import LeakSettings
from reasonome.task_parts import Checks, Inputs
from reasonome.tasks.prediction.settings import Predicted, PredictionBenchmark
from reasonome.tasks.question_answer.settings import HeldOut, VerifiedFiles

Term = Annotated[str, Field(pattern=r"^[A-Za-z]+:\d+$")]


class GeneSubset(HeldOut, Predicted):
    """One question on genes: from the classes or numbers of a table, or from what facts say of a term."""

    asks_about: ClassVar = "gene"
    gene_columns: ClassVar = ("gene",)

    table: UserPath | None = Field(None, description="CSV, TSV or JSON lines, with the columns `gene` and `label`")
    columns: dict[Literal["gene", "label"], str] = Field({}, description="of a table: what the columns are called")
    label: str | None = Field(
        None, description="of a table: genes with it are of the first class; the second is drawn from annotated genes"
    )
    term: Term | None = Field(
        None, description="of an ontology of the corpus; genes of it and of terms below are of the first class"
    )
    telling: list[Term] = Field(
        [],
        description="further terms that tell the class: no domain model sees facts of them or of terms below, and no "
        "warm-up may state them of a test gene",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> "GeneSubset":
        if (self.table is None) == (self.term is None):
            raise ValueError("give either 'table' or 'term'")
        if self.term is not None and (self.columns or self.label or self.cells):
            raise ValueError("'columns', 'label' and 'cells' are of a table")
        if self.label is not None and self.cells:
            raise ValueError("'label' says which rows count: leave 'cells' out")
        if self.positive_only and len(self.labels) != 2:
            raise ValueError("'label' and 'term' are of two classes: the one that is asked about, and the others")
        return self

    @property
    def positive_only(self) -> bool:
        """Whether only genes of the first class are listed."""
        return self.term is not None or self.label is not None

    @property
    def telling_terms(self) -> list[str]:
        """The terms whose facts tell the class of a gene."""
        return [*([self.term] if self.term else []), *self.telling]


class GeneBenchmark(PredictionBenchmark):
    """Classes or numbers of genes, of which no two splits have a gene or a family in common."""

    corpus: CorpusRef = Field(description="whose genes, facts and ontologies count")
    subsets: Annotated[dict[Variant, GeneSubset], Field(min_length=1), AfterValidator(check_subset_names)]

    @model_validator(mode="after")
    def _groups_are_families(self) -> "GeneBenchmark":
        if self.group is not None:
            raise ValueError("leave 'group' out: genes of one family are a group")
        return self


Side = Literal["perturbed", "measured"]


class PairSubset(HeldOut, Predicted):
    """One question on pairs of genes, of which a table has the labels."""

    asks_about: ClassVar = "pair"
    gene_columns: ClassVar = ("perturbed", "measured")
    label: ClassVar[None] = None
    term: ClassVar[None] = None
    telling_terms: ClassVar[list[str]] = []

    table: UserPath = Field(description="CSV, TSV or JSON lines, with the columns `perturbed`, `measured` and `label`")
    columns: dict[Literal["perturbed", "measured", "label"], str] = Field(
        {}, description="what the columns are called, where they have other names"
    )

    @model_validator(mode="after")
    def _of_classes(self) -> "PairSubset":
        if self.classes is None:
            raise ValueError("pairs of genes are classified: give 'classes'")
        return self


class PairBenchmark(GeneBenchmark):
    """Classes of pairs of genes, of which no two splits have a gene of one side or its family in common."""

    SCORING_SETTINGS: ClassVar = (*GeneBenchmark.SCORING_SETTINGS, "macro_by")

    subsets: Annotated[dict[Variant, PairSubset], Field(min_length=1), AfterValidator(check_subset_names)]  # pyright: ignore[reportIncompatibleVariableOverride]
    split_by: Side = Field("perturbed", description="whose genes no two splits share")
    macro_by: Side | None = Field(None, description="over whose genes AUROC is averaged, beside that of all pairs")


class GeneFiles(VerifiedFiles):
    """Tables of genes, and what a corpus knows of them."""

    def building(self, project: Project, benchmark: str) -> Inputs:
        """The tables by subset, and the corpus' genes, facts, denied facts and ontologies."""
        taxon = project.corpora[project.benchmarks[benchmark].corpus].taxon
        files = {**super().building(project, benchmark).files, **_knowledge(project, benchmark)}
        return Inputs(files, taxon=taxon)

    def keys(self, benchmark: GeneBenchmark, subset: GeneSubset | PairSubset) -> list[str]:
        """Those of the genes, and of the label."""
        return [*subset.gene_columns, "label"]

    def leaks(self, audit: LeakSettings) -> Inputs:
        """Training data and test questions, the genes, and the ontologies of the terms that are asked about."""
        knowledge = [
            audit.benchmarks[tested].files[role] for tested in audit.tested for role in ("authority", "ontologies")
        ]
        return Inputs({**super().leaks(audit).files, "knowledge": knowledge})

    def baselines(self, project: Project, benchmark: str) -> Inputs:
        """Genes and facts, and the encoders of official names."""
        spec = project.benchmarks[benchmark]
        return Inputs(_knowledge(project, benchmark), spec.encoders, taxon=project.corpora[spec.corpus].taxon)

    def corpora(self, project: Project, benchmark: str) -> list[str]:
        """The corpus that classes are read from."""
        return [project.benchmarks[benchmark].corpus]


def _knowledge(project: Project, benchmark: str) -> dict:
    corpus = project.benchmarks[benchmark].corpus
    return {
        "authority": project.source_files(project.authority(corpus)),
        "facts": project.results.facts(corpus),
        "denied": project.results.denied(corpus),
        "ontologies": project.ontologies(corpus),
    }


class GeneChecks(Checks):
    """The corpus of a benchmark."""

    def check_benchmark(self, project: Project, name: str, benchmark: GeneBenchmark) -> None:
        """Check that the corpus has an ontology where a subset asks about a term, and that families can be compared
        with those of `leave_out`."""
        for place, other in enumerate(benchmark.leave_out):
            loc, left = (name, "leave_out", place), project.benchmarks[other]
            own, theirs = project.authority(benchmark.corpus), _authority(project, left)
            if theirs not in (own, ""):
                what = f"'{other}' names genes and families as {theirs} does, and '{name}' as {own}"
                fix = "give both corpora of one authority: families of different ones cannot be compared"
                raise project.folder.error("benchmarks.yaml", loc, what, fix)
            if isinstance(benchmark, PairBenchmark) and benchmark.split_by != left.split_by:
                what = f"'{other}' is split by {left.split_by} genes, and '{name}' by {benchmark.split_by} ones"
                fix = "split both by the same genes, or ask them in experiments of their own"
                raise project.folder.error("benchmarks.yaml", loc, what, fix)
        asking = next((subset for subset, spec in benchmark.subsets.items() if spec.term is not None), None)
        if asking is not None and not project.ontologies(benchmark.corpus):
            what = f"corpus '{benchmark.corpus}' has no ontology"
            loc = (name, "subsets", asking, "term")
            raise project.folder.error("benchmarks.yaml", loc, what, "name a corpus with a source of GO")


def _authority(project: Project, benchmark: GeneBenchmark) -> str:
    """The authority of a benchmark's genes; "" for an unknown corpus, which is told where the benchmark is checked."""
    return project.authority(benchmark.corpus) if benchmark.corpus in project.corpora else ""
