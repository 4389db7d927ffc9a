"""The ranking tasks: prompts with candidates, parsing, rewards, training targets, and lazy policies.

Causal-gene ranking: given a trait and the genes at a GWAS locus, which one causes it? Rare-disease ranking: given what
a patient has and has not, which gene causes the disease?
"""

import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from reasonome.config import Grading
from reasonome.config.styles import count_tokens
from reasonome.core.errors import InputError
from reasonome.facts.text import one_line
from reasonome.prompts.prompts import (
    Prompt,
    chat_messages,
    count_fitting,
    filled_template,
    gene_order,
    gene_text,
    most_that_fit,
)
from reasonome.rewards import Policy, Reward
from reasonome.task import UNKNOWN_CONFIDENCE, Dialogue
from reasonome.tasks.ranking import rewards as ranking
from reasonome.tasks.ranking.questions import CaseExample, LocusExample, RankedGene, RankingExample
from reasonome.tasks.ranking.ranked_list import (
    RankedAnswer,
    has_tags,
    opening,
    parse_cell,
    parse_ranking,
    render_ranking,
)
from reasonome.tasks.ranking.settings import RankingBenchmark, RankingStyle
from reasonome.tasks.stated_confidence import reward_of_confidence


class RankingDialogue(Dialogue):
    """The task object of a ranking; subclasses say what is asked."""

    Example: type[RankingExample]
    Benchmark = RankingBenchmark
    Style = RankingStyle
    watched = ("reciprocal_rank", "top_one", "listed", "format")

    def symbols(self, example: RankingExample) -> list[str]:
        """Those of the candidates and of the right genes."""
        return list(dict.fromkeys(gene.symbol for gene in (*example.candidates, *example.causal)))

    def rewards(self, grading: Grading | None = None) -> dict[str, Reward]:
        """The rewards by name, with the settings of a recipe or those that it has if it gives none."""
        of_confidence = reward_of_confidence(self.right, lambda answer, _: answer.named)
        return ranking.rewards(grading or Grading()) | {"confidence": of_confidence}

    @abstractmethod
    def question(self, example: Any, style: RankingStyle) -> tuple[dict[str, str], int]:
        """The text of each placeholder of the style except {genes}, and how many phenotypes did not fit."""

    @abstractmethod
    def plain_reasoning(self, example: Any, right: str) -> str:
        """A short sentence for `right`, a gene or several, where no teacher wrote any."""

    def with_choice(self, example: Any, style: RankingStyle) -> Any:
        """The question with the candidates that its prompt shows: those that fit the style's budget, one at least.

        InputError where the order is that of scores and no candidate has one.
        """
        if example.shown is not None:
            return example
        ordered = [example.candidates[i] for i in _order(example.candidates, style, example.id)]
        kept = most_that_fit([gene_text(gene, style) for gene in ordered], style)
        return example.model_copy(update={"shown": [gene.symbol for gene in ordered[:kept]]})

    def listed(self, example: RankingExample, style: RankingStyle, order: int = 0, left_out: int = 0) -> list[str]:
        """All candidates in the prompt's order; it does not show the last `left_out`.

        The shown ones are the same in every order of the seed.
        """
        whole = [example.candidates[i] for i in _order(example.candidates, style, example.id)]
        shown = len(whole) - left_out
        return [gene.symbol for gene in (*_reordered(whole[:shown], style, example.id, order), *whole[shown:])]

    def prompt(self, example: RankingExample, style: RankingStyle, order: int = 0) -> Prompt:
        """Ask for a ranking of the candidates that were chosen, or are chosen now.

        Without candidates the style's `any_gene` stands for them. `facts_left_out` counts phenotypes. InputError as of
        `with_choice`.
        """
        example = self.with_choice(example, style)
        parts, left_out = self.question(example, style)
        by_symbol = {gene.symbol: gene for gene in example.candidates}
        shown = _reordered([by_symbol[symbol] for symbol in example.shown or ()], style, example.id, order)
        listing = style.separator.join(gene_text(gene, style) for gene in shown) or style.any_gene
        return Prompt(
            chat_messages(style.system, filled_template(style.user, {**parts, "{genes}": listing})),
            [gene.symbol for gene in shown],
            len(example.candidates) - len(shown),
            listing,
            left_out,
        )

    def parse(self, text: str, style: RankingStyle | None = None) -> RankedAnswer:
        """The ranking in a completion, by the form that the style asks for; never raises."""
        if style is None:
            return parse_ranking(text)
        return parse_ranking(text, style.reasoning, style.words, style.confidence)

    def bare(self, text: str) -> RankedAnswer:
        """The ranking in a bare list: genes between commas, with or without brackets."""
        return parse_cell(text)

    def is_completion(self, cell: str) -> bool:
        """Whether a cell has any tag of a ranking, also a misspelled one, which `parse` does not accept."""
        return has_tags(cell)

    def name_span(self, text: str, style: RankingStyle | None = None) -> tuple[int, int] | None:
        """The (start, end) in characters of the list's genes in the completion; None without a usable list."""
        return self.parse(text, style).span

    def openings(self, prompt: Prompt, style: RankingStyle) -> dict[str, str]:
        """Of candidates that a prompt shows, in styles that ask for a list alone: up to what ends the first gene."""
        if not style.asks_list_alone():
            return {}
        alone = style.taught == 1 or len(prompt.shown) == 1
        return {symbol: opening(symbol, alone) for symbol in prompt.shown}

    def ranking(self, candidates: Sequence[str], style: RankingStyle) -> str:
        """The list alone."""
        return render_ranking(candidates)

    def completion(
        self,
        example: RankingExample,
        prompt: Prompt,
        style: RankingStyle,
        proposal: dict | None,
        confidence: float = UNKNOWN_CONFIDENCE,
    ) -> str | None:
        """The target of SFT: the right genes, then the other candidates in the prompt's order, if it shows any.

        At most as many as the style teaches.

        Where every gene is a candidate, those that the teacher listed follow (its `proposed`, between commas).

        The proposal's `steps` are the reasoning, else a plain sentence. None, to leave the example out, where the
        prompt shows no right gene, where the reasoning names a candidate that is not shown, and where the reasoning
        does not have the style's form.
        """
        right = [gene.symbol for gene in example.causal]
        if example.candidates:
            right = [symbol for symbol in prompt.shown if symbol in example.right]
        if not right:
            return None
        reasoning = ""
        if style.reasoning != "none":
            steps = (proposal or {}).get("steps") or [self.plain_reasoning(example, " and ".join(right))]
            reasoning = " ".join(steps)
        unseen = {gene.symbol for gene in example.candidates} - set(prompt.shown)
        if unseen & set(re.findall(r"[\w.-]+\w|\w", reasoning)):
            return None
        others = prompt.shown or [gene.strip() for gene in (proposal or {}).get("proposed", "").split(",")]
        meanings = example.meanings()
        others = [symbol for symbol in others if symbol and meanings.get(symbol.casefold()) not in right]
        text = render_ranking((right + others)[: style.taught], reasoning, confidence if style.confidence else None)
        return None if self.parse(text, style).problems else text

    def wrong(
        self, example: RankingExample, prompt: Prompt, others: Sequence[RankingExample], random: Random
    ) -> str | None:
        """A ranking that has another candidate of the prompt first, drawn at random, and the right genes last.

        Where every gene is a candidate, the right genes of another question.
        """
        wrong = [symbol for symbol in prompt.shown if symbol not in example.right]
        if prompt.shown:
            if not wrong:
                return None
            first = random.choice(wrong)
            rest = [symbol for symbol in wrong if symbol != first]
            return ", ".join([first, *rest, *(symbol for symbol in prompt.shown if symbol in example.right)])
        lists = [other.causal for other in others if other.right.isdisjoint(example.right)]
        return ", ".join(gene.symbol for gene in random.choice(lists)) if lists else None

    def with_gold_of(self, example: RankingExample, other: RankingExample) -> RankingExample:
        """The question with the candidates right that stand where another one's right genes stand among its candidates.

        Where every gene is a candidate, with the other one's right genes.
        """
        causal, own = other.causal, example.candidates
        if own:
            places = [i for i, gene in enumerate(other.candidates) if gene.symbol in other.right]
            causal = [own[place] for place in dict.fromkeys(place % len(own) for place in places)]
        return example.model_copy(update={"causal": causal})

    def right(self, answer: RankedAnswer, example: RankingExample) -> bool:
        """Whether a right gene is first in the parsed list."""
        return not example.right.isdisjoint(answer.ranked(example)[:1])

    def policies(self, examples: Sequence[RankingExample], style: RankingStyle) -> list[Policy]:
        """Lazy policies in the style's form: rankings by the prompt alone, or by how often genes are causal.

        Where a prompt shows no candidates, each ranks the commonest genes.
        """
        counts = Counter(gene.symbol for example in examples for gene in example.causal)
        common = [symbol for symbol, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
        most = common[: ranking.LONGEST_LIST]
        reasoning = "" if style.reasoning == "none" else "constant"

        counted = {example.id for example in examples}

        def by_frequency(shown: Sequence[str], example: RankingExample) -> list[str]:
            # Counts the other questions only: with its own, a gene that is causal once would always be right.
            own = example.right if example.id in counted else frozenset()
            return sorted(shown, key=lambda symbol: (symbol in own) - counts[symbol]) if shown else most

        rankings = {
            "prompt order": lambda shown, _: list(shown) or most,
            "alphabetical": lambda shown, _: sorted(shown or most),
            "commonest causal gene first": by_frequency,
            "first candidate alone": lambda shown, _: list(shown[:1]) or most[:1],
        }

        def chance(prompt: Prompt) -> float | None:
            """That of a gene drawn from the candidates, where a confidence is asked for."""
            return 1 / (len(prompt.shown) or ranking.LONGEST_LIST) if style.confidence else None

        return [
            Policy(
                name,
                lambda example, prompt, rank=rank: render_ranking(
                    rank(prompt.shown, example), reasoning, chance(prompt)
                ),
            )
            for name, rank in rankings.items()
        ]


class CausalGeneDialogue(RankingDialogue):
    """The task object of causal-gene ranking."""

    name = "causal_gene_ranking"
    Example = LocusExample
    user_texts = (("genes", "trait"), ())

    def question(self, example: LocusExample, style: RankingStyle) -> tuple[dict[str, str], int]:
        """The trait, on one line."""
        return {"{trait}": one_line(example.trait)}, 0

    def terms(self, example: LocusExample) -> list[tuple[str, str]]:
        """The trait, which has no id."""
        return [(example.trait, example.trait)]

    def plain_reasoning(self, example: LocusExample, right: str) -> str:
        """One sentence that links the gene to the trait."""
        return f"Of these genes {right} fits {one_line(example.trait)} best."


class RareDiseaseDialogue(RankingDialogue):
    """The task object of rare-disease ranking."""

    name = "rare_disease_ranking"
    Example = CaseExample
    user_texts = (("genes", "present"), ("absent", "age", "sex"))

    def with_choice(self, example: CaseExample, style: RankingStyle) -> CaseExample:
        """The question with the candidates that its prompt shows, and how many phenotypes; at least one of each."""
        example = super().with_choice(example, style)
        if example.phenotypes_shown is not None:
            return example
        costs = count_tokens([text + style.separator for text in _phenotype_texts(example, style)])
        return example.model_copy(update={"phenotypes_shown": max(1, count_fitting(costs, style.phenotype_tokens))})

    def question(self, example: CaseExample, style: RankingStyle) -> tuple[dict[str, str], int]:
        """Age, sex and the phenotypes that were chosen, present ones first."""
        texts, present = _phenotype_texts(example, style), len(example.present)
        kept = example.phenotypes_shown or len(texts)
        absent = style.separator.join(texts[present:kept])
        parts = {
            "{present}": style.separator.join(texts[: min(kept, present)]),
            "{absent}": absent or ("not shown" if example.absent else "none stated"),
            "{age}": one_line(example.age) or "unknown",
            "{sex}": one_line(example.sex) or "unknown",
        }
        return parts, len(texts) - kept

    def terms(self, example: CaseExample) -> list[tuple[str, str]]:
        """The disease, if the case states one."""
        stated = example.disease_id or example.disease
        return [(example.disease_id or stated, example.disease or stated)] if stated else []

    def plain_reasoning(self, example: CaseExample, right: str) -> str:
        """One sentence that links the gene to the findings."""
        return f"A fault in {right} explains {one_line(example.present[0].label)} and the other findings best."


def _phenotype_texts(example: CaseExample, style: RankingStyle) -> list[str]:
    """The phenotypes as the style writes them, present ones first; absent ones only if its text shows them."""
    phenotypes = [*example.present, *(example.absent if "{absent}" in style.user else ())]
    return [style.phenotypes.format(label=one_line(term.label), id=term.id) for term in phenotypes]


def _reordered(shown: Sequence[RankedGene], style: RankingStyle, question: str, order: int) -> Sequence[RankedGene]:
    """The shown candidates as they were chosen (order 0), or in another order of the seed."""
    return [shown[i] for i in _order(shown, style, question, order)] if order else shown


def _order(candidates: Sequence[RankedGene], style: RankingStyle, question: str, order: int = 0) -> list[int]:
    """Positions of the candidates in the order in which the prompt of a question lists them."""
    seeded = gene_order([gene.symbol for gene in candidates], style.seed + order)
    if style.order == "seeded" or not candidates:
        return seeded
    if not any(gene.score is not None for gene in candidates):
        raise InputError(
            f"question '{question}' has no score to order its candidates by",
            field="order",
            fix="ask in a style with `order: seeded`, or give every question scores: by a column of the benchmark's "
            "table, or for loci by `scores: distance` in benchmarks.yaml",
        )
    scores = [float("-inf") if gene.score is None else gene.score for gene in candidates]
    return sorted(seeded, key=lambda i: -scores[i])
