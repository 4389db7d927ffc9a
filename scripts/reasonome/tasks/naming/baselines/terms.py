"""Baselines of over-representation: the fact, or the term of a database, that most exceeds chance in a set's genes.

Also those by the enriched terms that a prompt shows: one of them by a rule, or the best of them.
"""

from collections.abc import Callable
from functools import partial

import pandas as pd
from tqdm import tqdm

from reasonome.enrichment.over_representation import upper_tail
from reasonome.scoring import rouge
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.questions import Example, ShownTerm


def over_representation(questions: Questions) -> list[list[str]]:
    """The object of the prompt's facts that is most over-represented among its genes; "" without facts.

    Hypergeometric, over the genes and facts that the prompt shows. The background is every gene that a prompt of the
    benchmark shows, with all facts that one shows of it. Of equal p-values the fact that more genes carry counts, then
    the alphabet.
    """
    prompts, columns = questions.prompts, ["row", "gene", "object", "relation"]
    examples = [*prompts, *questions.training_prompts]
    shown = pd.DataFrame(
        [(row, g.symbol, f.object, f.relation) for row, e in enumerate(examples) for g in e.genes for f in g.facts],
        columns=columns,
    ).drop_duplicates()
    carriers = shown.drop_duplicates(columns[1:]).value_counts(columns[2:]).rename("carriers").reset_index()
    asked = shown[shown["row"] < len(prompts)].value_counts(["row", *columns[2:]]).rename("shared").reset_index()
    asked = asked.merge(carriers, on=columns[2:])
    drawn = asked["row"].map(dict(enumerate(len(example.genes) for example in prompts)))
    universe = len({gene.symbol for example in examples for gene in example.genes})
    asked["p"] = upper_tail(asked["shared"].to_numpy(), asked["carriers"].to_numpy(), drawn.to_numpy(int), universe)
    order = {"row": True, "p": True, "shared": False, "object": True, "relation": True}
    asked = asked.sort_values(list(order), ascending=list(order.values())).drop_duplicates("row")
    answers = dict(zip(asked["row"], asked["object"], strict=True))
    return [[answers.get(row, "") for row in range(len(prompts))]]


def database_over_representation(questions: Questions, own_term: bool = False) -> list[list[str]]:
    """The most over-represented term of the background; "" where it shares no gene with any.

    Its own is left out, unless `own_term`: then that one is among them, a ceiling.
    """
    answers, tests = [], questions.tests
    for example in tqdm(questions.asked, "over-representation", delay=5, leave=False):
        genes, own = [gene.symbol for gene in example.genes], frozenset() if own_term else questions.own_ids(example)
        best = tests.enriched(genes, most=1, withheld=lambda term, own=own: term.id in own) if tests else []
        answers.append(best[0].name if best else "")
    return [answers]


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

    def best(example: Example) -> str:
        return max(example.enriched, key=partial(value, example)).name if example.enriched else ""

    return [[best(example) for example in questions.prompts]]
