"""Reports and model cards of gene-set naming: metrics, primary first, baselines, and kinds of failures."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.config import is_variant
from reasonome.report.answers_data import text_column
from reasonome.report.evidence import Evidence
from reasonome.report.plan import Plan
from reasonome.task import Reporting
from reasonome.tasks.naming import own_section as own_tables
from reasonome.tasks.naming.dialogue import NamingDialogue

# The intended use, for model cards.
_USE = """\
To suggest what a list of human genes has in common, as a short name with reasons, to somebody who can judge the
suggestion. `reasonome annotate` asks it about your own lists and shows every answer beside known facts and an
over-representation analysis; use it that way rather than by itself."""

_BY_RELATION = {
    "parent": "too general",
    "ancestor": "too general",
    "child": "too specific",
    "descendant": "too specific",
    "sibling": "a sibling term",
    "same branch": "same branch, another term",
    "other branch": "other branch",
}


class NamingReporting(Reporting[NamingDialogue]):
    """Reports and cards of gene-set naming."""

    does = "names what human genes have in common"
    tag = "gene-set-naming"
    use = _USE

    def write_own(self, plan: Plan, evidence: Evidence, folder: Path, seed: int, resamples: int) -> None:
        """Write the tables of answers beside the enriched terms that prompts show; none where no prompt shows any."""
        own_tables.write_tables(evidence, plan.control_styles, folder, seed, resamples)

    def own_section(self, plan: Plan, metrics: pd.DataFrame, evidence: Evidence, folder: Path) -> dict[str, Any]:
        """What these tables say; empty where no prompt shows enriched terms."""
        return own_tables.section(evidence, folder)

    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """The kinds of failure of each answer beside its problems; `repeated` are names that many questions get."""
        flags = {
            name: (table[name].fillna(0) > 0).tolist() if name in table else [False] * len(table)
            for name in ("truncated", "claims_contradicted", "foreign_genes", "abstained")
        }
        random = _nothing_to_name(table)
        kinds = []
        words = (text_column(table, name) for name in ("answer", "gold", "genes", "relation"))
        for row, (answer, gold, genes, relation) in enumerate(zip(*words, strict=True)):
            named, abstained = bool(names[row]), flags["abstained"][row]
            checks = {
                "no usable name": not named,
                "cut off": flags["truncated"][row],
                "copied a gene's symbol": named and not abstained and _copies_a_gene(answer, gold, genes),
                "constant-like": names[row] in repeated and not abstained,
                "abstained wrongly": abstained and not random[row],
                "named a random set": named and not abstained and random[row],
                "claims contradicted": flags["claims_contradicted"][row],
                "genes that were not asked about": flags["foreign_genes"][row],
                "linked to no term": named and not abstained and not random[row] and relation == "none",
            }
            if relation in _BY_RELATION:
                checks[_BY_RELATION[relation]] = named and not abstained and not random[row]
            kinds.append([kind for kind, holds in checks.items() if holds])
        return kinds


def _nothing_to_name(table: pd.DataFrame) -> list[bool]:
    """Whether all genes of a question were replaced by random ones."""
    if "contaminated" in table:
        return (table["contaminated"].fillna(0) >= 1.0).tolist()
    return [is_variant(subset) and subset.endswith("-100") for subset in table["subset"]]


def _copies_a_gene(answer: str, gold: str, genes: str) -> bool:
    """Whether the answer contains a symbol of the set that the true name does not contain."""
    symbols = {gene for gene in genes.split() if len(gene) > 2}
    answer_words, gold_words = (set(re.findall(r"[\w.-]+", text)) for text in (answer, gold))
    return bool(symbols & answer_words - gold_words)
