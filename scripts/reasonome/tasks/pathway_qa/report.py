"""Reports and model cards of questions on enrichment tables: metrics, primary first, baselines, kinds of failures."""

from collections.abc import Collection, Sequence
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

    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """The kinds of failure of each answer beside its problems; `repeated` are answers that many questions get."""
        rows = []
        for name, gold, verified, answer_right in zip(
            names, table["gold"], table["verified"], table["answer_right"], strict=True
        ):
            kinds = {
                "no usable answer": not name,
                "wrong": bool(name) and not answer_right and CANNOT_BE_TOLD not in (name, gold),
                "answered what cannot be told": bool(name) and gold == CANNOT_BE_TOLD != name,
                "abstained without need": name == CANNOT_BE_TOLD != gold,
                "right with wrong statements": answer_right == 1 and verified == 0,
            }
            rows.append([kind for kind, holds in kinds.items() if holds])
        return rows
