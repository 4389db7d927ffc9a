"""The questions of rankings: candidate genes and the right ones, to be answered with a ranked list."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from reasonome.facts.text import normalise


class RankedGene(BaseModel):
    """A gene of a question: current symbol, official name ("" where unknown), and other ways to write it.

    `aliases` are previous and alias symbols that mean this gene alone. `score` is that of a tool whose short list is
    ranked again (more is better); `distance` is in base pairs from the lead variant to the gene's body, 0 inside it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    symbol: str = Field(min_length=1)
    name: str = ""
    aliases: tuple[str, ...] = ()
    score: float | None = None
    distance: int | None = Field(default=None, ge=0)


class RankingExample(BaseModel, ABC):
    """One question of a benchmark of rankings.

    `candidates` are in a seeded order, independent of the answer; without any, every human gene is a candidate.
    `causal` are the right genes, which are among the candidates. `source` is the source of evidence (a stratum of
    reports). Questions that leak into one another have one `group`, which no two splits share. `shown` are the
    candidates that the prompt of a style shows, in its order (None: not chosen yet); it is in results/prompts/.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(min_length=1)
    subset: str
    candidates: list[RankedGene] = []
    causal: list[RankedGene] = Field(min_length=1)
    source: str = ""
    group: str = ""
    shown: list[str] | None = None

    @property
    @abstractmethod
    def asked(self) -> list[str]:
        """The trait, or the labels of the present phenotypes."""

    @property
    def denied(self) -> list[str]:
        """The labels of the absent phenotypes."""
        return []

    @property
    def named_answer(self) -> str:
        """The right gene that the question's own words name ("CRP levels"); "" for none.

        Names are the official name, and a symbol or alias of at least three characters, ignoring case and hyphens; a
        shorter symbol needs a digit and exact spelling (C3, but not TG, which mostly means triglycerides).
        """
        text = " ".join((*self.asked, *self.denied))
        words = re.findall(r"[\w.-]*\w", text)
        forms = {form.casefold() for word in words for form in (word.replace("-", ""), *word.split("-"))}
        forms = {form for form in forms if len(form) > 2}
        for gene in self.causal:
            symbols = {symbol.casefold().replace("-", "") for symbol in (gene.symbol, *gene.aliases)}
            short = not gene.symbol.isalpha() and gene.symbol in words
            if symbols & forms or short or (gene.name and f" {normalise(gene.name)} " in f" {normalise(text)} "):
                return gene.symbol
        return ""

    def meanings(self) -> dict[str, str]:
        """Casefolded spelling of a gene of the question → its symbol; aliases of several genes are left out."""
        genes = {gene.symbol: gene for gene in (*self.causal, *self.candidates)}
        by_alias: dict[str, set[str]] = {}
        for gene in genes.values():
            for alias in gene.aliases:
                by_alias.setdefault(alias.casefold(), set()).add(gene.symbol)
        single = {alias: symbols.pop() for alias, symbols in by_alias.items() if len(symbols) == 1}
        return single | {symbol.casefold(): symbol for symbol in genes}

    def meant(self, written: Iterable[str]) -> list[str]:
        """The texts as symbols of the question's genes, each once; unknown texts are kept."""
        meanings = self.meanings()
        return list(dict.fromkeys(meanings.get(text.strip().casefold(), text) for text in written))

    @property
    def right(self) -> frozenset[str]:
        """The symbols of the right genes."""
        return frozenset(gene.symbol for gene in self.causal)


class LocusExample(RankingExample):
    """Which gene at a GWAS locus causes a trait? Positions are of GRCh38, 1-based."""

    trait: str = Field(min_length=1)
    chromosome: str = ""
    position: int | None = Field(default=None, ge=1)
    variant: str = ""
    confidence: str = ""

    @property
    def asked(self) -> list[str]:
        return [self.trait]


class Phenotype(BaseModel):
    """A phenotype of the Human Phenotype Ontology."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^HP:[0-9]{7}$")
    label: str = Field(min_length=1)


class CaseExample(RankingExample):
    """Which gene causes the disease of a patient? `age` and `sex` are words for the prompt, "" where unknown.

    `phenotypes_shown` says how many of the present and then the absent ones a prompt shows, as `shown` does of genes.
    """

    age: str = ""
    sex: str = ""
    present: list[Phenotype] = Field(min_length=1)
    absent: list[Phenotype] = []
    disease_id: str = ""
    disease: str = ""
    phenotypes_shown: int | None = Field(default=None, ge=1)

    @property
    def asked(self) -> list[str]:
        return [phenotype.label for phenotype in self.present]

    @property
    def denied(self) -> list[str]:
        return [phenotype.label for phenotype in self.absent]

    @property
    def of_disease(self) -> str:
        """What cases of one disease have in common: its id, or its normalised name where no id is stated; or ""."""
        return self.disease_id or normalise(self.disease)
