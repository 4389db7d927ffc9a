"""Gene-set naming: given the genes of a set, name the process, function or component they share."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from reasonome.completion import parse_completion, render_completion
from reasonome.config import Style
from reasonome.prompts import CountTokens, Prompt, gene_set_prompt
from reasonome.rewards import naming
from reasonome.tasks.task import Reward

# A name longer than any ontology term is a list of guesses, which overlap measures would reward. The longest
# GO term has 27 words and 187 characters; none has a semicolon or a slash between spaces, while commas and
# "and" are common.
MAX_NAME_WORDS = 30
MAX_NAME_CHARACTERS = 200
LIST_SEPARATORS = (";", " / ", " | ")
# The right answer to genes that have nothing in common: the name that Hu et al. (Nature Methods, 2025) had models
# give to such sets.
ABSTENTION = "System of unrelated proteins"


class Fact(BaseModel):
    """A fact as a prompt shows it behind its gene."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    relation: str
    object: str


class Gene(BaseModel):
    """A gene of a set: current symbol, official name ("" where unknown), and the facts that its prompt may show."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    symbol: str = Field(min_length=1)
    name: str = ""
    facts: tuple[Fact, ...] = ()


class Neighbour(BaseModel):
    """A training set as an example in the prompt of another set; of its genes those that may be shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1)
    genes: list[Gene] = Field(min_length=1)


class Example(BaseModel):
    """One gene set of a benchmark.

    `main_id` is the ontology's id of its term where `id` is an alternative one. `stratum` says how well its genes are
    studied. Of a contaminated variant, `term` is the id of the set it was made of, `contaminated` the share of genes
    replaced, and `outliers` are the genes that replaced them. Facts of genes and `neighbours` are there where a prompt
    style asks for them: results/prompts/, not results/benchmarks/.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    subset: str
    name: str = Field(min_length=1)
    genes: list[Gene] = Field(min_length=1)
    synonyms: list[str] = []
    stratum: str = ""
    main_id: str = ""
    term: str = ""
    contaminated: float = Field(0.0, ge=0, le=1)
    outliers: list[str] = []
    neighbours: list[Neighbour] = []


@dataclass(frozen=True)
class Answer:
    """A parsed completion: the name ("" if there is none to score), the steps, and what was malformed."""

    name: str
    steps: list[str]
    problems: list[str]

    @property
    def named(self) -> bool:
        """Whether there is exactly one usable name, where the contract puts it."""
        return bool(self.name) and not NAME_PROBLEMS & set(self.problems)

    @property
    def reasoned(self) -> bool:
        """Whether the reasoning is there and well-formed: at least one step, each closed and with text."""
        return bool(self.steps) and not REASONING_PROBLEMS & set(self.problems)


NAME_PROBLEMS = {
    "no_process_line",
    "several_process_lines",
    "empty_name",
    "placeholder_name",
    "name_too_long",
    "several_names",
    "process_not_first",
}
REASONING_PROBLEMS = {"no_reasoning", "empty_think", "unclosed_think", "text_outside"}


class GeneSetNaming:
    """The task object of gene-set naming."""

    name = "gene_set_naming"
    Example = Example
    rewards = {
        "similarity": Reward(naming.similarity, 0.0, 1.0, semantic=True),
        "rouge_l": Reward(naming.rouge_l, 0.0, 1.0, semantic=True),
        "format": Reward(naming.format, 0.0, 1.0, semantic=False),
        "reasoning": Reward(naming.reasoning, 0.0, 1.0, semantic=False),
    }

    def prompt(self, example: Example, style: Style, count_tokens: CountTokens) -> Prompt:
        """Chat messages that list the genes within the style's budgets."""
        return gene_set_prompt(example.genes, style, count_tokens, example.neighbours)

    def parse(self, text: str) -> Answer:
        """The answer in a completion; never raises."""
        completion = parse_completion(text)
        problems = list(completion.problems)
        name = completion.name
        if name.startswith("<") and name.endswith(">"):
            problems.append("placeholder_name")
        if len(name) > MAX_NAME_CHARACTERS or len(name.split()) > MAX_NAME_WORDS:
            problems.append("name_too_long")
        if any(separator in name for separator in LIST_SEPARATORS):
            problems.append("several_names")
        return Answer("" if NAME_PROBLEMS & set(problems) else name, completion.steps, problems)

    def target(self, name: str, steps: Sequence[str]) -> str:
        """An ideal completion; without steps, the `Process:` line alone."""
        return render_completion(name, steps) if steps else f"Process: {name}"
