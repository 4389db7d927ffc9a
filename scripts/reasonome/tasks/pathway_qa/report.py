"""Reports and model cards of questions on enrichment tables: metrics, primary first, baselines, kinds of failures."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.core import atomic
from reasonome.report.evidence import Evidence
from reasonome.report.plan import Plan
from reasonome.tasks.pathway_qa.answer import CANNOT_BE_TOLD
from reasonome.tasks.pathway_qa.building import counts_table
from reasonome.tasks.question_answer.report import VerifiedReporting


class PathwayReporting(VerifiedReporting):
    """Reports and cards of questions on enrichment tables."""

    does = "answers questions on enrichment tables"
    tag = "pathway-question-answering"
    use = "To study what a model learns of gene sets in studies. To know what a set does, read the enrichment table."

    def own_section(self, plan: Plan, metrics: pd.DataFrame, evidence: Evidence, folder: Path) -> dict[str, Any]:
        """How many questions of each kind and answer the parts of each benchmark have."""
        audits = {name: atomic.read_json(path) for name, path in plan.audits.items()}
        counts = {name: counts_table(audit["classes"]) for name, audit in audits.items()}
        return {"counts": {name: list(table.itertuples(index=False, name=None)) for name, table in counts.items()}}

    def failures(self, table: pd.DataFrame, names: pd.Series, repeated: Collection[str]) -> dict[str, pd.Series]:
        """Kind of failure → which answers have it."""
        named, abstained, unknown = names != "", names == CANNOT_BE_TOLD, table["gold"] == CANNOT_BE_TOLD
        return {
            "no usable answer": ~named,
            "wrong": named & (table["answer_right"] == 0) & ~abstained & ~unknown,
            "answered what cannot be told": named & unknown & ~abstained,
            "abstained without need": abstained & ~unknown,
            "right with wrong statements": (table["answer_right"] == 1) & (table["verified"] == 0),
        }
