"""annotations.yaml: gene sets of users."""

import re
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from reasonome.config.reference import BenchmarkRef
from reasonome.config.strict import Seed, Strict, check_unique, looked_up

# Read by programs, and in no command of a shell, so that blanks do no harm.
_AnyText = Annotated[str, Field(pattern=r"^[^\x00-\x1f-][^\x00-\x1f]*$")]
AnyPath = Annotated[_AnyText, AfterValidator(looked_up)]
Column = Literal["gene", "group", "comparison", "adjusted_p", "p", "log2_fold_change", "fold_change", "statistic"]


def conditions(contrast: str) -> list[str]:
    """The conditions of "treated vs control"."""
    return [side.strip() for side in re.split(r"\s+(?:vs\.?|versus)\s+", contrast, flags=re.IGNORECASE)]


def _two_conditions(contrast: str) -> str:
    """The text; ValueError unless it names two conditions."""
    sides = conditions(contrast)
    if len(sides) != 2 or not all(sides) or sides[0] == sides[1]:
        raise ValueError("write two conditions, as 'treated vs control'")
    return contrast


def is_file_name(library: str) -> bool:
    """Whether a library is given as a file, and not as the name of a source."""
    return "/" in library or library.endswith((".gmt", ".gmt.gz"))


def _file_or_name(library: str, info: ValidationInfo) -> str:
    return looked_up(library, info) if is_file_name(library) else library


Library = Annotated[_AnyText, AfterValidator(_file_or_name)]


class Knowledge(NamedTuple):
    """What terms are tested with: a benchmark, for its terms, and libraries, by source."""

    benchmark: str
    libraries: tuple[str, ...]


SHIPPED = Knowledge("demo-go", ("reactome-2022", "wikipathways-20220610"))
CURRENT = Knowledge("current", ("reactome-current", "wikipathways-current"))  # once `reasonome update` has fetched it


class Annotation(Strict):
    """A user's gene sets, and how a model is asked about them: an entry of config/annotations.yaml."""

    sets: Annotated[list[AnyPath], Field(min_length=1)] = Field(
        description="files: GMT, one gene a line, or a table of clusters or of differential expression"
    )
    kind: Literal["gmt", "genes", "clusters", "differential"] | None = Field(
        None,
        description="of the files: gmt, genes, clusters or differential; if not given gmt for .gmt, and of others what "
        "their columns tell",
    )
    columns: dict[Column, str] = Field(
        {}, description="of tables: what their columns are called, where that is not as common programs do"
    )
    species: Literal["human", "mouse"] | None = Field(
        None,
        description="human, or mouse, whose genes are asked about as human orthologues; if not given human, and lists "
        "that look like those of mice are refused",
    )
    adjusted_p: Annotated[float, Field(gt=0, le=1)] = Field(
        0.05, description="of tables: the largest adjusted p of a gene that counts"
    )
    log2_fold_change: Annotated[float, Field(ge=0)] | None = Field(
        None, description="of tables: the smallest change of a gene that counts; if not given 1, and .25 for clusters"
    )
    split: bool = Field(True, description="of differential expression: one set of genes that go up, one of down")
    contrast: Annotated[str, AfterValidator(_two_conditions)] | None = Field(
        None,
        description="of differential expression: which conditions are compared, as 'treated vs control': genes that go "
        "up are higher in the first",
    )
    top: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="genes of a set, at most, the strongest: of differential expression those of the largest statistic "
        "either way, or fold change where there is no statistic; of clusters those of the highest score, else the "
        "smallest adjusted p (100 if not given); of a ranked list the first; others are taken whole",
    )
    universe: AnyPath | None = Field(
        None,
        description="the genes that were tested, one a line or as column `gene` of a table; a table of differential "
        "expression has its own",
    )
    benchmark: BenchmarkRef | None = Field(
        None,
        description="whose ontology terms are tested; if not given the current ones that `reasonome update` has "
        "fetched, else those of 2022 that ship (demo-go)",
    )
    libraries: Annotated[list[Library], AfterValidator(check_unique)] = Field(
        [],
        description="gene sets to test for over-representation beside GO, Reactome and WikiPathways: GMT files, "
        "or sources of sources.yaml; `--libraries` takes libraries of Enrichr, too",
    )
    only_libraries: Annotated[list[Library], AfterValidator(check_unique), Field(min_length=1)] | None = Field(
        None,
        description="the gene sets to test, and no others: GMT files, sources of sources.yaml, "
        "branches of GO (GO BP, GO CC, GO MF)",
    )
    gsea: bool | None = Field(
        None,
        description="GSEA of tables of differential expression and whole rankings too; if not given only with a model",
    )
    draw: list[str] = Field(
        [], description="of GSEA: ids of the terms whose running scores are drawn; if not given the best of each end"
    )
    max_new_tokens: Annotated[int, Field(ge=16)] | None = Field(
        None,
        description="of an answer; if not given 400, and 4096 more for a model behind an endpoint, which may think "
        "first",
    )
    context: Annotated[str, Field(max_length=500)] | None = Field(
        None, description="what a model is told of the lists: tissue, contrast, question"
    )
    batch_size: Annotated[int, Field(ge=1)] = 32
    seed: Seed = Field(0, description="of all that is drawn: genes with equal numbers, a set's order in a prompt")

    @model_validator(mode="after")
    def _either_more_or_only(self) -> "Annotation":
        if self.libraries and self.only_libraries:
            raise ValueError("'libraries' adds to what is tested, and 'only_libraries' replaces it: give one of them")
        return self
