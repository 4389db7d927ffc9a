"""Baselines by the enriched terms that a prompt shows: one of them by a rule, or the best of them."""

from collections.abc import Callable

from reasonome.scoring import rouge
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.dialogue import Example, ShownTerm


def first_term(questions: Questions) -> list[list[str]]:
    """The first term that the prompt shows; "" where it shows none."""
    return _chosen(questions, lambda example, term: 0.0)


def largest_jaccard(questions: Questions) -> list[list[str]]:
    """The shown term with the largest Jaccard index to the genes; of equals the first."""
    return _chosen(questions, lambda example, term: term.jaccard)


def best_shown(questions: Questions) -> list[list[str]]:
    """The shown term with the best ROUGE-L to the true name: a ceiling of choosing; of equals the first."""
    return _chosen(questions, lambda example, term: rouge.score(term.name, example.name)["rouge_l"])


def _chosen(questions: Questions, value: Callable[[Example, ShownTerm], float]) -> list[list[str]]:
    """The name of each question's term with the largest value, the first of equals; "" without terms."""
    return [
        [
            max(example.enriched, key=lambda term, example=example: value(example, term)).name
            if example.enriched
            else ""
            for example in questions.prompts
        ]
    ]
