"""Gene-set naming: given the genes of a set, name the process, function or component they share."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from reasonome.answering.wrapping import label_in, unwrapped
from reasonome.config import Grading
from reasonome.facts.text import normalise, one_line
from reasonome.prompts.prompts import Prompt
from reasonome.rewards import Policy, Reward
from reasonome.task import UNKNOWN_CONFIDENCE, Dialogue, of_like_length
from reasonome.tasks.naming import rewards as naming
from reasonome.tasks.naming.completion import (
    NAME_PROBLEMS,
    Answer,
    has_published_form,
    parse_completion,
    parse_published,
)
from reasonome.tasks.naming.prompt import gene_set_prompt, with_choice
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.settings import NamingBenchmark, NamingStyle
from reasonome.tasks.stated_confidence import confidence_line, reward_of_confidence

# A name longer than any ontology term is a list of guesses, which overlap measures would reward. The longest
# GO term has 27 words and 187 characters; none has a semicolon or a slash between spaces, while commas and
# "and" are common.
MAX_NAME_WORDS = 30
MAX_NAME_CHARACTERS = 200
LIST_SEPARATORS = (";", " / ", " | ")
# What a model writes that finds nothing in common, which counts as no name: the words of Hu et al. (Nature Methods,
# 2025).
ABSTENTION = "System of unrelated proteins"


class NamingDialogue(Dialogue):
    """The task object of gene-set naming."""

    name = "gene_set_naming"
    Example = Example
    Benchmark = NamingBenchmark
    Style = NamingStyle
    user_texts = ((), ("genes", "kind", "neighbours", "terms", "examples"))
    system_texts = ("kind",)
    watched = ()

    def symbols(self, example: Example) -> list[str]:
        """Those of the set."""
        return [gene.symbol for gene in example.genes]

    def with_choice(self, example: Example, style: NamingStyle) -> Example:
        """As `prompt.with_choice`."""
        return with_choice(example, style)

    def prompt(self, example: Example, style: NamingStyle, order: int = 0) -> Prompt:
        """As `gene_set_prompt`."""
        return gene_set_prompt(example, style, order)

    def rewards(self, grading: Grading | None = None) -> dict[str, Reward]:
        """Those of `naming/rewards.py`, and that of the stated confidence; `grading` is of rankings."""
        return naming.REWARDS | {"confidence": reward_of_confidence(self.right, lambda answer, _: answer.named)}

    def right(self, answer: Answer, example: Example) -> bool:
        """Whether the name is one of the set's, but for case and punctuation."""
        return answer.named and normalise(answer.name) in {normalise(n) for n in (example.name, *example.synonyms)}

    def parse(self, text: str, style: NamingStyle | None = None) -> Answer:
        """The answer in a completion, read by the style's track, strictly without one; never raises."""
        confidence = style is not None and style.confidence
        if style is not None and style.track == "as-published":
            published = parse_published(text, confidence)
            return replace(published, format_published=bool(published.name and published.steps))
        strict = parse_completion(text, confidence, before=style is not None and style.reasoning == "before")
        problems = strict.problems + name_problems(strict.name)
        if style is not None and style.reasoning == "none" and not strict.steps:
            problems = [problem for problem in problems if problem != "no_reasoning"]
        name = "" if NAME_PROBLEMS & set(problems) else strict.name
        return replace(strict, name=name, problems=problems, format_published=has_published_form(text))

    def bare(self, name: str) -> Answer:
        """The answer in a bare name: the whole text, less what other programs write around it, without reasoning."""
        name = one_line(unwrapped(name).text)
        return Answer(name, [], [] if name else ["empty_name"])

    def is_completion(self, cell: str) -> bool:
        """Whether a cell has the line that names the set, also with its label in another case or markdown, or JSON."""
        return "Process:" in cell or label_in(unwrapped(cell).text, "Process") is not None

    def name_span(self, text: str, style: NamingStyle | None = None) -> tuple[int, int] | None:
        """The (start, end) in characters of the name that `parse` finds in the completion; None without one."""
        answer = self.parse(text, style)
        return answer.span if answer.name else None

    def target(
        self, name: str, steps: Sequence[str], confidence: float | None = None, style: NamingStyle | None = None
    ) -> str:
        """An ideal completion in the style; without steps the `Process:` line alone; a confidence (0 to 1) is last."""
        last = [] if confidence is None else [confidence_line(confidence)]
        if not steps:
            return "\n".join([f"Process: {name}", *last])
        named = [f"Process: {one_line(name)}"]
        reasoning = ["Reasoning:", *(f"<think>{one_line(step)}</think>" for step in steps)]
        before = style is not None and style.reasoning == "before"
        return "\n".join([*(reasoning + named if before else named + reasoning), *last])

    def completion(
        self,
        example: Example,
        prompt: Prompt,
        style: NamingStyle,
        proposal: Mapping[str, Any] | None,
        confidence: float = UNKNOWN_CONFIDENCE,
    ) -> str | None:
        """The teacher's name and steps; without a proposal the true name alone; with the confidence if it is asked for.

        None where the steps name a gene that the prompt leaves out: they would teach the model to invent genes.
        """
        stated = confidence if style.confidence else None
        if proposal is None:
            return self.target(example.name, [], stated)
        if _unseen_genes(example, prompt, proposal["steps"]):
            return None
        return self.target(proposal["proposed"], proposal["steps"], stated, style)

    def wrong(self, example: Example, prompt: Prompt, others: Sequence[Example], random: Random) -> str | None:
        """The name of another set of the subset, of as many words; none that is a name of this set too."""
        own = {normalise(name) for name in (example.name, *example.synonyms)}
        names = [other.name for other in others if other.subset == example.subset and normalise(other.name) not in own]
        return of_like_length(example.name, names, random)

    def with_gold_of(self, example: Example, other: Example) -> Example:
        """The set with the names of another one."""
        return example.model_copy(update={"name": other.name, "synonyms": other.synonyms})

    def terms(self, example: Example) -> list[tuple[str, str]]:
        """Every id of the set's term with every name of it; none of a variant, whose original has them."""
        ids = [] if example.term else [example.id, *filter(None, [example.main_id])]
        return [(i, name) for i in ids for name in (example.name, *example.synonyms)]

    def policies(self, examples: Sequence[Example], style: NamingStyle) -> list[Policy]:
        """The same name for every question: the examples' names, and rows of their commonest words; and copies of
        what the prompt shows: the first gene name, as many of them as a name may hold, or the first enriched term."""
        # Late: where jobs are only planned its packages are not installed.
        from reasonome.tasks.naming.constant_names import common_word_rows

        names = [example.name for example in examples]
        constants = dict.fromkeys([*names, *common_word_rows(names)])
        named = "{name" in style.gene
        sure = 0.0 if style.confidence else None  # a constant name is hardly ever right, and says so

        def constant(name: str) -> Policy:
            return Policy(name, lambda example, prompt: self.target(name, ["constant"], sure, style))

        def first(example: Example, prompt: Prompt) -> str:
            return self.target(_called(example, prompt, named)[0], ["copied"], sure, style)

        def all_cut(example: Example, prompt: Prompt) -> str:
            return self.target(_cut(", ".join(_called(example, prompt, named))), ["copied"], sure, style)

        def first_term(example: Example, prompt: Prompt) -> str:
            name = example.enriched[0].name if example.enriched else ABSTENTION
            return self.target(name, ["copied"], sure, style)

        copies = []
        if style.lists_genes:
            copies += [Policy("copied gene name", first, copies=True), Policy("cut gene names", all_cut, copies=True)]
        if style.terms is not None:
            copies.append(Policy("copied first term", first_term, copies=True))
        return [*map(constant, constants), *copies]


def _called(example: Example, prompt: Prompt, named: bool) -> list[str]:
    """The genes that the prompt shows, in its order: their official names if they are `named`, else their symbols."""
    names = {gene.symbol: gene.name if named else "" for gene in example.genes}
    return [names[symbol] or symbol for symbol in prompt.shown]


def _cut(text: str) -> str:
    """As much of a text as a name may hold."""
    return " ".join(text.split()[:MAX_NAME_WORDS])[:MAX_NAME_CHARACTERS].rstrip(", ")


def _unseen_genes(example: Example, prompt: Prompt, steps: Sequence[str]) -> set[str]:
    """Genes of the set that the steps name though the prompt does not show them."""
    words = set(re.findall(r"[\w.-]+[\w]|\w", " ".join(steps)))
    return words & ({gene.symbol for gene in example.genes} - set(prompt.shown))


def name_problems(name: str) -> list[str]:
    """The problems of a name that is not one usable name, in the strict track."""
    checks = {
        "placeholder_name": name.startswith("<") and name.endswith(">"),
        "name_too_long": len(name) > MAX_NAME_CHARACTERS or len(name.split()) > MAX_NAME_WORDS,
        "several_names": any(separator in name for separator in LIST_SEPARATORS),
    }
    return [problem for problem, failed in checks.items() if failed]
