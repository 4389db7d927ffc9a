"""Settings of gene classes: lists of genes with labels, or terms of an ontology."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from reasonome.config.strict import Name, UserPath, Variant
from reasonome.config.task_settings import check_subset_names
from reasonome.tasks.prediction.settings import Predicted, PredictionBenchmark
from reasonome.tasks.verified.settings import HeldOut

Term = Annotated[str, Field(pattern=r"^[A-Za-z]+:\d+$")]


class GeneSubset(HeldOut, Predicted):
    """One question on genes: from the labels of a table, or from what facts say of a term."""

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
        if self.classes is None:
            raise ValueError("genes are classified: give 'classes'")
        if self.positive_only and len(self.classes) != 2:
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
    """Classes of genes, of which no two splits have a gene or a family in common."""

    corpus: Name = Field(description="whose genes, facts and ontologies count")
    subsets: Annotated[dict[Variant, GeneSubset], Field(min_length=1), AfterValidator(check_subset_names)]

    @model_validator(mode="after")
    def _groups_are_families(self) -> "GeneBenchmark":
        if self.group is not None:
            raise ValueError("leave 'group' out: genes of one family are a group")
        return self
