"""The card of a model of this project, from the files of an experiment that scored it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from reasonome.config.project import Project, chains
from reasonome.core import atomic
from reasonome.report import tables
from reasonome.report.card_sources import corpora_read, judges, sources_read
from reasonome.report.model_card import render_card
from reasonome.report.plan import read_plan
from reasonome.task import Task


def experiment_card(
    project: Project,
    experiment: str,
    backbone: str,
    chain: str,
    target: str,
    find_task: Callable[[str], Task],
    adapter: Mapping[str, Any] = MappingProxyType({}),
) -> str:
    """The card as `render_card` gives it; `target` is its path as Snakemake calls it, `adapter` as there.

    InputError for files that are missing.
    """
    folder = project.results.experiment(experiment)
    plan = read_plan(folder / "plan.json", find_task)
    licences = {}
    for corpus in corpora_read(project, chain):
        table = pd.read_csv(project.results.licences(corpus), sep="\t", dtype=str, keep_default_na=False)
        licences[corpus] = table.to_dict("records")
    return render_card(
        plan,
        backbone,
        chain,
        manifests=chains.step_manifests(project.results.model(backbone, chain)),
        metrics=tables.read_table(folder / "metrics.tsv", tables.metric_columns(plan.metric_set)),
        comparisons=tables.read_table(folder / "comparisons.tsv", tables.COMPARISON_COLUMNS),
        leaks=atomic.read_json(folder / "audit.json"),
        sources=sources_read(project, chain, licences),
        decodings=project.decodings,
        target=target,
        judges={
            step: chains.step_manifests(project.results.model(backbone, judge))[1:]
            for step, judge in judges(project, chain).items()
        },
        adapter=adapter,
    )
