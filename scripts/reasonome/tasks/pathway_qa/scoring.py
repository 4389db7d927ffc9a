"""Scores of answers on enrichment tables, by each verifier, and of baselines beside them."""

from collections.abc import Sequence

import pandas as pd

from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.tasks.pathway_qa.baselines import baselines
from reasonome.tasks.pathway_qa.task import PathwayQA, PathwayQuestion
from reasonome.tasks.prediction.scoring import scored_baselines
from reasonome.tasks.verified.scoring import BY_ENCODERS, LISTED, POOLED, score

__all__ = ["BY_ENCODERS", "LISTED", "POOLED", "SHOWN", "score", "score_baselines"]
SHOWN = ("verified", "confidence")


def score_baselines(
    task: PathwayQA,
    project: Project,
    benchmark: str,
    style: str,
    training: Sequence[PathwayQuestion],
    asked: Sequence[PathwayQuestion],
) -> pd.DataFrame:
    """A row per baseline and question; a bare answer is right if it is the right one. InputError without training."""
    if not training:
        raise InputError("baselines are answers of training questions, and there are none", fix="hold out fewer")
    shows_table = "{table}" in project.style(benchmark, style).user
    return scored_baselines(task, baselines(training, asked, project.settings.seed, shows_table), asked)
