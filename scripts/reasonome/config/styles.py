"""prompts/{task}.{style}.txt: how a task is asked, in the head of a template and the texts below it."""

import string
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from reasonome.config.strict import Strict


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
    any_kind: str = Field(
        "process, function or component",
        description="written where the texts have {kind} and the benchmark does not say what kind of set is asked for",
    )

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


# What the [user] text of gene-set naming may hold, and its [system] text.
NAMING_TEXTS = (("genes", "kind", "neighbours"), ("kind",))
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
