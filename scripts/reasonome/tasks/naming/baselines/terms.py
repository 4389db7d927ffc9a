"""Baselines of over-representation: the fact, or the term of a database, that most exceeds chance in a set's genes.

Also those by the enriched terms that a prompt shows: one of them by a rule, or the best of them.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from tqdm import tqdm

from reasonome.enrichment.over_representation import upper_tail
from reasonome.scoring import rouge
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.dialogue import Example, ShownTerm


def over_representation(questions: Questions) -> list[list[str]]:
    """The object of the prompt's facts that is most over-represented among its genes; "" without facts.

    Hypergeometric, over the genes and facts that the prompt shows. The background is every gene that a prompt of the
    benchmark shows, with all facts that one shows of it. Of equal p-values the fact that more genes carry counts, then
    the alphabet.
    """
    prompts = questions.prompts
    examples = [*prompts, *questions.training_prompts]
    facts = sorted({(f.object, f.relation) for e in examples for g in e.genes for f in g.facts})
    if not facts:
        return [[""] * len(prompts)]
    column = {fact: i for i, fact in enumerate(facts)}
    genes = {symbol: i for i, symbol in enumerate(sorted({g.symbol for e in examples for g in e.genes}))}
    annotations = {(genes[g.symbol], column[f.object, f.relation]) for e in examples for g in e.genes for f in g.facts}
    carriers = np.bincount([fact for _, fact in annotations], minlength=len(facts))
    in_sets = [Counter(column[f.object, f.relation] for g in e.genes for f in set(g.facts)) for e in prompts]
    rows = np.repeat(np.arange(len(prompts)), [len(counts) for counts in in_sets])
    columns = np.array([fact for counts in in_sets for fact in counts], dtype=int)
    shared = np.array([count for counts in in_sets for count in counts.values()], dtype=int)
    drawn = np.array([len(e.genes) for e in prompts], dtype=int)[rows]
    p = upper_tail(shared, carriers[columns], drawn, len(genes))
    order = np.lexsort((columns, -shared, p, rows))
    best = order[np.unique(rows[order], return_index=True)[1]]
    answers = [""] * len(prompts)
    for position in best:
        answers[rows[position]] = facts[columns[position]][0]
    return [answers]


def database_over_representation(questions: Questions) -> list[list[str]]:
    """The most over-represented term of the background, the set's own aside; "" where it shares no gene with any."""
    return _most_over_represented(questions, [questions.own_ids(example) for example in questions.asked])


def database_over_representation_own_term(questions: Questions) -> list[list[str]]:
    """The most over-represented term of the background, the set's own among them: a ceiling."""
    return _most_over_represented(questions, [frozenset()] * len(questions.asked))


def _most_over_represented(questions: Questions, left_out: Sequence[frozenset[str]]) -> list[list[str]]:
    answers = []
    for example, own in zip(tqdm(questions.asked, "over-representation", delay=5, leave=False), left_out, strict=True):
        genes = [gene.symbol for gene in example.genes]
        best = questions.tests.enriched(genes, most=1, withheld=lambda tested, own=own: tested.id in own)
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
    return [
        [
            max(example.enriched, key=lambda term, example=example: value(example, term)).name
            if example.enriched
            else ""
            for example in questions.prompts
        ]
    ]
