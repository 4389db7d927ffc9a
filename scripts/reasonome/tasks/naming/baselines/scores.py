"""Scores of the baselines of gene-set naming, a row per baseline and question."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from reasonome.config.project import Project
from reasonome.enrichment.over_representation import OverRepresentation
from reasonome.facts.authority import read_authority
from reasonome.facts.text import normalise
from reasonome.task import Baselines
from reasonome.tasks.naming.baselines import usable_baselines
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.choosing import strata
from reasonome.tasks.naming.clusters import clusters
from reasonome.tasks.naming.dialogue import Example, NamingDialogue
from reasonome.tasks.naming.libraries import background_tests
from reasonome.tasks.naming.metrics import Judges, load_judges
from reasonome.tasks.naming.settings import NamingStyle


class NamingBaselines(Baselines[NamingDialogue]):
    """Names that need no model."""

    def score(
        self, project: Project, benchmark: str, style: str, training: Sequence[Example], asked: Sequence[Example]
    ) -> pd.DataFrame:
        """The scores of a benchmark's baselines, as `baseline_scores` gives them."""
        inputs = self.task.files.baselines(project, benchmark)
        judges = load_judges(project, benchmark, inputs.encoders, inputs.files["background"], facts=[])
        corpus = project.benchmarks[benchmark].corpus
        genes = read_authority(project, project.authority(corpus), project.corpora[corpus].taxon)
        tests = background_tests(judges.terms.background, genes)
        return baseline_scores(training, asked, project.style(benchmark, style), judges, project.settings.seed, tests)


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
    questions = Questions(asked, style, seed, training, judges.encoders, judges.terms, tests)
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
