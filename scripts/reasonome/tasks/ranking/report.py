"""Reports and model cards of rankings: metrics, primary first, baselines, kinds of failures, and voting."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd

from reasonome.metrics import MetricSet
from reasonome.report.drawing import STYLE, save
from reasonome.report.evidence import Evidence
from reasonome.report.family import CEILING
from reasonome.report.figures import drawing
from reasonome.report.plan import Plan
from reasonome.task import Reporting
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.tasks.ranking.own_section import (
    RUN,
    VOTING_COLUMNS,
    length_rows,
    read_votes,
    vote_rows,
    voting_figure,
)
from reasonome.tasks.ranking.transfer import transfer_matrices
from reasonome.tasks.ranking.voting import voting_table

_NAMES = {
    "top_1": "top-1",
    "top_3": "top-3",
    "top_5": "top-5",
    "top_10": "top-10",
    "top_max": "anywhere in the list",
    "mrr": "MRR",
    "top_1_by_gene": "top-1, each gene one vote",
    "mrr_by_gene": "MRR, each gene one vote",
    "rank": "mean rank",
    "set_f1": "F1 of the set",
    "listed_candidates": "candidates listed",
    "non_candidates": "listed, not asked about",
    "invented": "invented genes",
    "repeated": "repeated genes",
    "format": "format kept",
    "no_name": "no usable list",
    "truncated": "never closed",
    "reasoning_words": "words of reasoning",
    "length": "length",
    "distinct_names": "distinct first genes",
    "cut_off": "listed beyond what counts",
    "top_3_by_gene": "top-3, each gene one vote",
    "top_5_by_gene": "top-5, each gene one vote",
    "top_10_by_gene": "top-10, each gene one vote",
    "top_max_by_gene": "anywhere in the list, each gene one vote",
}
_GROUPS = {
    "none": "nothing about the question",
    "prompt": "the prompt alone",
    "training data": "the training data",
    "a database": "a database",
    CEILING: "a database that holds the case's own disease",
}
_BASELINES = {
    "random_order": "lists the genes in a random order; its numbers are expected values, not draws",
    "alphabetical": "lists the genes by the alphabet",
    "prompt_order": "lists the candidates as the prompt does",
    "name_similarity": "lists the genes by how near encoders find their official names to what is asked",
    "commonest_gene": "lists the genes by how often each is the right one of a training question",
    "nearest_gene": "lists the candidates by their distance from the lead variant",
    "tool_score": "lists the candidates by the scores of the tool whose short list they are",
    "phenotype_overlap": "lists the genes by how well the phenotypes known of them, less those known by the case's own "
    "disease, fit the patient's",
    "phenotype_overlap_own_disease": "lists the genes by how well the phenotypes known of them fit the patient's",
}

METRICS = MetricSet(
    primary="top_1",
    stand_in="top_1",
    of_names=("top_", "mrr", "set_f1", "listed_candidates"),
    of_answers=("format",),
    descriptive=(
        "rank",
        "non_candidates",
        "invented",
        "repeated",
        "cut_off",
        "truncated",
        "length",
        "reasoning_words",
        "genes_left_out",
        "facts_left_out",
        "logprob",
        "name_logprob",
        "name_tokens",
        "confidence",
        "reward_",
    ),
    may_be_unknown=(),
    of_the_form=("format", "truncated", "length"),
    right="top_1",
    hits=("top_1", "top_3", "top_5", "top_10", "top_max"),
    compared=("top_1", "top_3", "top_5", "top_10", "top_max", "mrr"),
    ablated={"top_1": "top-1", "mrr": "MRR"},
    shown=("top_1", "top_3", "top_5", "top_10", "top_max", "mrr", "rank", "format", "no_name", "truncated", "length"),
    names=_NAMES,
    further=("distinct_names", "cut_off", "genes_left_out", "facts_left_out"),
    groups=_GROUPS,
    baselines=_BASELINES,
    by_stratum=("top_3", "mrr"),
    per_cluster=("top_1", "top_3", "top_5", "top_10", "top_max", "mrr"),
    over_ranks={"top_1": "1", "top_3": "3", "top_5": "5", "top_10": "10", "top_max": "any"},
    errors=True,
    reward={"chance_corrected": 1.0},
)

# For model cards: what the model does, the hub's tag, and the intended use.
_USE = """\
To put candidate genes of a locus or of a case into an order, with reasons, for somebody who weighs that order against
other evidence."""


class RankingReporting(Reporting[RankingDialogue]):
    """Reports and cards of rankings."""

    metrics = METRICS
    does = "ranks candidate genes"
    tag = "gene-ranking"
    use = _USE
    of_questions = ("question",)

    def as_shown(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table of scores with the columns that the page reads: the genes of a question are its candidates."""
        return table.rename(columns={"genes": "ranking", "candidates": "genes"})

    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """The kinds of failure of each ranking beside its problems; `repeated` are first genes that many questions
        get."""
        flags = {
            "right gene not first": (table["top_1"] == 0) & (table["top_max"] > 0),
            "right gene not listed": (table["top_max"] == 0) & pd.Series([bool(gene) for gene in names], table.index),
            "no usable list": pd.Series([not gene for gene in names], table.index),
            "never closed": table.get("truncated", pd.Series(0.0, table.index)) > 0,
            "constant-like": pd.Series([gene in repeated for gene in names], table.index),
        }
        holds = pd.DataFrame(flags).to_numpy()
        return [[kind for kind, held in zip(flags, row, strict=True) if held] for row in holds]

    def write_own(self, plan: Plan, evidence: Evidence, folder: Path, seed: int, resamples: int) -> None:
        """Write the table and the figure of voting: accuracy by the number of merged samples of a question."""
        tables = [
            voting_table(scores, seed, resamples).assign(**{name: getattr(e, name) for name in RUN})
            for e, scores in evidence.evaluations
        ]
        voted = [table for table in tables if len(table)]
        table = pd.concat(voted, ignore_index=True) if voted else pd.DataFrame(columns=VOTING_COLUMNS)
        with matplotlib.rc_context(STYLE):
            # The figure's table has every row, not only those that are drawn.
            save(voting_figure(table), table[VOTING_COLUMNS], folder / "voting")
        print(f"{len(voted)} of {len(tables)} sets of answers have several samples of a question")

    def own_section(self, plan: Plan, metrics: pd.DataFrame, evidence: Evidence, folder: Path) -> dict[str, Any]:
        """Accuracy by length of reasoning, voting, and transfer; empty where there is nothing to show."""
        votes = read_votes(folder)
        return {
            "lengths": length_rows(evidence),
            "voting": None if votes.empty else drawing(folder, "voting"),
            "votes": vote_rows(votes),
            "matrices": transfer_matrices(plan, metrics),
        }
