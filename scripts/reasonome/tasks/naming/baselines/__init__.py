"""Baselines of gene-set naming: answers that need no model, each with the information that it uses.

A model's score means something only in comparison with baselines that use the same information. No answer depends on
the order of the examples. docs/evaluation.md says what beating each of them means.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import pandas as pd

from reasonome.enrichment.over_representation import OverRepresentation
from reasonome.facts.sources.formats import read_genes
from reasonome.facts.text import normalise
from reasonome.metrics import CEILING, CEILING_OF_TERMS
from reasonome.task_parts import BaselineJob, Baselines
from reasonome.tasks.naming.baselines.learned_choice import composer, reranker
from reasonome.tasks.naming.baselines.names import (
    common_words,
    commonest_phrase,
    commonest_words,
    constant,
    constant_term,
    nearest_prompt,
    nearest_set,
    random_name,
)
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.baselines.terms import (
    best_shown,
    database_over_representation,
    first_term,
    largest_jaccard,
    over_representation,
)
from reasonome.tasks.naming.choosing import strata
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.libraries import background_tests
from reasonome.tasks.naming.metrics import Judges, load_judges
from reasonome.tasks.naming.rows import clusters
from reasonome.tasks.naming.settings import NamingBenchmark, NamingStyle


@dataclass(frozen=True)
class Baseline:
    """One model-free way to answer: questions → one list of names per draw; several draws are scored and averaged.

    `information` is what it uses: a group of metric_set.METRICS. `needs`: the parts of the questions that it cannot do
    without. `constant`: it says one training name always, and is as sure as that is common in training.
    """

    information: str
    answer: Callable[[Questions], list[list[str]]]
    needs: tuple[Literal["terms", "tests", "training", "listing"], ...] = ()
    constant: bool = False


BASELINES = {
    "constant": Baseline("none", constant, ("training",), constant=True),
    "constant_term": Baseline("none", constant_term, ("terms", "training"), constant=True),
    "common_words": Baseline("none", common_words, ("training",)),
    "random": Baseline("none", random_name, ("training",)),
    "commonest_phrase": Baseline("prompt", commonest_phrase, ("listing",)),
    "commonest_words": Baseline("prompt", commonest_words, ("listing",)),
    "over_representation": Baseline("prompt facts", over_representation, ("listing",)),
    "first_term": Baseline("prompt terms", first_term),
    "largest_jaccard": Baseline("prompt terms", largest_jaccard),
    "reranker": Baseline("prompt terms", reranker, ("training",)),
    "composer": Baseline("prompt terms", composer, ("training",)),
    "nearest_set": Baseline("training data", nearest_set, ("training",)),
    "nearest_prompt": Baseline("training data", nearest_prompt, ("training", "listing")),
    "database_over_representation": Baseline("a database", database_over_representation, ("terms", "tests")),
    # Ceilings: the best of what the prompt shows, and what a look-up in a database with the tested set would give.
    "best_shown": Baseline(CEILING_OF_TERMS, best_shown),
    "database_over_representation_own_term": Baseline(
        CEILING, partial(database_over_representation, own_term=True), ("tests",)
    ),
}


def usable_baselines(questions: Questions) -> dict[str, Baseline]:
    """The baselines whose data are there: what the style shows, training sets, terms and tests of them.

    Where prompts show enriched terms, a look-up in a database is one of these: of a set's relatives it would know what
    is withheld from everyone. Looking the very term up stays a ceiling.
    """
    facts, terms = questions.style.facts is not None, questions.style.terms is not None
    shown = {"prompt facts": facts, "prompt terms": terms, CEILING_OF_TERMS: terms, "a database": not terms}
    there = {
        "terms": questions.terms is not None,
        "tests": questions.tests is not None,
        "training": bool(questions.training),
        "listing": questions.style.lists_genes,
    }
    return {
        name: baseline
        for name, baseline in BASELINES.items()
        if shown.get(baseline.information, True) and all(there[need] for need in baseline.needs)
    }


class NamingBaselines(Baselines[NamingDialogue]):
    """Names that need no model."""

    def score(self, job: BaselineJob[NamingBenchmark, NamingStyle]) -> pd.DataFrame:
        """The scores of a benchmark's baselines, as `baseline_scores` gives them."""
        judges = load_judges(job.benchmark, job.encoders, job.files["background"], facts=[])
        genes = read_genes(job.files["authority"], job.taxon)
        tests = None if judges.terms is None else background_tests(judges.terms.background, genes)
        return baseline_scores(job.training, job.asked, job.style, judges, job.seed, tests)


def baseline_scores(
    training: Sequence[Any],
    asked: Sequence[Any],
    style: NamingStyle,
    judges: Judges,
    seed: int,
    tests: OverRepresentation | None = None,
) -> pd.DataFrame:
    """Score every baseline on every example; several draws give the mean of their scores, nan left out.

    A constant answer is as sure as it is common among the training names; the others state no confidence. `tests` is
    the over-representation analysis of the judges' background; without it no baseline uses one.
    Without training sets (a published test may have none) only baselines that read the prompt or a database answer.
    """
    cluster_of = clusters(asked, judges.jaccard)
    tables = []
    questions = Questions(asked, style, seed, training, judges.terms, tests)
    of_questions = {} if style.terms is None else strata(asked, judges.terms)
    common = Counter(normalise(example.name) for example in training)
    for name, baseline in usable_baselines(questions).items():
        draws = baseline.answer(questions)
        sure = common[normalise(draws[0][0])] / len(training) if baseline.constant else math.nan
        scored = [judges.score_names(answers, asked).select_dtypes("number") for answers in draws]
        tables.append(
            pd.DataFrame(
                {
                    "baseline": name,
                    "information": baseline.information,
                    "id": [example.id for example in asked],
                    "subset": [example.subset for example in asked],
                    "stratum": [example.stratum for example in asked],
                    "cluster": cluster_of,
                    **of_questions,
                    "answer": draws[0],
                    "draws": len(draws),
                    "confidence": sure,
                    "confidence_kind": "stated" if baseline.constant else "",
                    **pd.concat(scored).groupby(level=0).mean(),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
