"""Scores of answers on enrichment tables, by each verifier, and of baselines beside them."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.tasks.pathway_qa.answer import PathwayAnswer, parse_answer, stated
from reasonome.tasks.pathway_qa.baselines import LOOK_UP, baselines
from reasonome.tasks.pathway_qa.dialogue import PathwayQuestion, lines, with_statements
from reasonome.tasks.prediction.scoring import scored_baselines
from reasonome.tasks.question_answer.scoring import VerifiedScoring


class PathwayScoring(VerifiedScoring):
    """Scores by each verifier."""

    def score_baselines(
        self,
        project: Project,
        benchmark: str,
        style: str,
        training: Sequence[PathwayQuestion],
        asked: Sequence[PathwayQuestion],
    ) -> pd.DataFrame:
        """A row per baseline and question; a bare answer is right if it is the right one. InputError without
        training.

        The verifiers score the answer with the statements that go with it: of a comparison, whose answer does not say
        which way either tissue goes, a drawn pair, and of a look-up the right ones. V4 is nan without a confidence.
        """
        if not training:
            raise InputError("baselines are answers of training questions, and there are none", fix="hold out fewer")
        shows_table = "{table}" in project.style(benchmark, style).user
        found = baselines(training, asked, project.settings.seed, shows_table)
        answers = [
            stated_answer(baseline.name, answer, sure, example, project.settings.seed)
            for baseline in found
            for example, answer, sure in zip(asked, baseline.answers, baseline.confidences, strict=True)
        ]
        earned = {
            f"reward_{name}": reward.function(answers, [*asked] * len(found), None)
            for name, reward in self.task.rewards().items()
            if name != "format"
        }
        table = scored_baselines(self.task, found, asked).assign(**earned)
        return table.assign(reward_uncertainty=table["reward_uncertainty"].where(table["confidence"].notna()))


def stated_answer(baseline: str, answer: str, sure: float, example: PathwayQuestion, seed: int) -> PathwayAnswer:
    """A baseline's answer with the statements that go with it, as a model would give it."""
    drawn = random.Random(f"{seed}:{example.id}")
    words, _, statements = with_statements(answer, example, drawn).partition("\n")
    if baseline == LOOK_UP and answer == example.answer:
        statements = lines(example.statements)
    return replace(parse_answer(stated(words, statements, 0.0)), confidence=None if math.isnan(sure) else sure)
