"""Reports and model cards of gene-set naming: metrics, primary first, baselines, and kinds of failures.

Answers to prompts that show enriched terms have tables of their own: scores by stratum of questions; how much of a
score is choosing among the shown terms, and how much composing; relations of answers to the truth; and answers to read.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
from tqdm import tqdm

from reasonome.benchmarks.rows import in_mean
from reasonome.core import atomic
from reasonome.facts.text import distinct_share
from reasonome.metrics import CEILING_OF_TERMS
from reasonome.report.answers_table import text_column
from reasonome.report.evidence import Evidence
from reasonome.report.plan import Plan
from reasonome.report.tables import SETTING, read_table
from reasonome.scoring.benchmark_answers import per_question
from reasonome.scoring.table_scores import Score, intervals
from reasonome.task_parts import Reporting
from reasonome.tasks.naming.choosing import RELATIVES, SIZES, WHAT_IS_SHOWN
from reasonome.tasks.naming.dialogue import NamingDialogue

# The intended use, for model cards.
_USE = """\
To suggest what a list of human genes has in common, as a short name, to somebody who can judge the
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

    def write_own(self, plan: Plan, evidence: Evidence, folder: Path, seed: int) -> None:
        """Write the tables of answers beside the enriched terms that prompts show; none where no prompt shows any."""
        write_tables(evidence, plan.control_styles, folder, seed)

    def own_section(self, plan: Plan, metrics: pd.DataFrame, evidence: Evidence, folder: Path) -> dict[str, Any]:
        """What these tables say; empty where no prompt shows enriched terms."""
        return section(evidence, folder)

    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """The kinds of failure of each answer beside its problems; `repeated` are names that many questions get."""
        flags = {
            name: (table[name].fillna(0) > 0).tolist() if name in table else [False] * len(table)
            for name in ("truncated", "claims_contradicted", "foreign_genes")
        }
        kinds = []
        words = (text_column(table, name) for name in ("answer", "gold", "genes", "relation"))
        for row, (answer, gold, genes, relation) in enumerate(zip(*words, strict=True)):
            named = bool(names[row])
            checks = {
                "no usable name": not named,
                "cut off": flags["truncated"][row],
                "copied a gene's symbol": named and _copies_a_gene(answer, gold, genes),
                "constant-like": names[row] in repeated,
                "claims contradicted": flags["claims_contradicted"][row],
                "genes that were not asked about": flags["foreign_genes"][row],
                "linked to no term": named and relation == "none",
            }
            if relation in _BY_RELATION:
                checks[_BY_RELATION[relation]] = named
            kinds.append([kind for kind, holds in checks.items() if holds])
        return kinds


def _copies_a_gene(answer: str, gold: str, genes: str) -> bool:
    """Whether the answer contains a symbol of the set that the true name does not contain."""
    symbols = {gene for gene in genes.split() if len(gene) > 2}
    answer_words, gold_words = (set(re.findall(r"[\w.-]+", text)) for text in (answer, gold))
    return bool(symbols & answer_words - gold_words)


METRICS = ("rouge_l", "similarity", "term_score")
RUN = ["kind", "information", "backbone", "arm", "seed", *SETTING]
COLUMNS = [*RUN, "subset", "part", "metric", "value", "low", "high", "n"]
STRATA = {"size_stratum": tuple(SIZES.values()), "what_is_shown": WHAT_IS_SHOWN}
# Of a score: the answers', that of the nearest shown terms, the first term's, and what lies between these.
SPLIT = "answers", "nearest shown", "first term", "composing", "choosing"
OTHER, UNLINKED, DISTINCT = "other", "none", "distinct names"
RELATIONS = ("same", *RELATIVES, OTHER, UNLINKED)
READ = 10  # answers drawn at random, and as many of the worst
ANSWER_COLUMNS = [*RUN, "which", "subset", "id", "gold", "answer", "snap"]
ANSWER_COLUMNS += ["rouge_l", "relation", "what_is_shown", "genes"]

Run = tuple[dict[str, Any], pd.DataFrame]


def runs_beside_terms(evidence: Evidence) -> list[Run]:
    """The labels and answers of every evaluation whose prompts show enriched terms."""
    return [
        ({"kind": "model", "information": "", **{name: getattr(e, name) for name in RUN[2:]}}, table)
        for e, table in evidence.evaluations
        if "copied_rank" in table
    ]


def write_tables(evidence: Evidence, controls: Sequence[str], folder: Path, seed: int) -> dict[str, pd.DataFrame]:
    """Write and return the tables of COLUMNS by name, and the answers to read; none where no prompt shows terms.

    Answers in the styles `controls` are in no table of strata, and are not to be read.
    """
    runs = runs_beside_terms(evidence)
    if not runs:
        return {}
    plain = [run for run in runs if run[0]["style"] not in controls]
    stratified = [*plain, *_baselines(evidence, plain)]
    rows = {
        "strata": [row for run in tqdm(stratified, "strata", delay=5, leave=False) for row in _by_stratum(run)],
        "split": [row for run in tqdm(runs, "choosing", delay=5, leave=False) for row in _split(run, evidence)],
        "relations": [row for run in runs for row in _relations(run)],
    }
    tables = {name: pd.DataFrame(own, columns=COLUMNS) for name, own in rows.items()}
    for name, table in tables.items():
        atomic.write_tsv(folder / f"{name}.tsv", table)
    read = pd.concat([pd.DataFrame(columns=ANSWER_COLUMNS), *(_to_read(run, seed) for run in plain)])
    atomic.write_tsv(folder / "answers.tsv", read)
    return tables


def _baselines(evidence: Evidence, runs: Sequence[Run]) -> list[Run]:
    """The baselines on shown terms of the questions of these runs, and their ceiling."""
    asked = dict.fromkeys((labels["benchmark"], labels["style"]) for labels, _ in runs)
    found = []
    for benchmark, style in asked:
        table = evidence.baselines[benchmark, style]
        table = table[table["information"].isin(["prompt terms", CEILING_OF_TERMS])]
        for (information, name), rows in table.groupby(["information", "baseline"], sort=False):
            labels = dict.fromkeys(RUN, "") | {"kind": "baseline", "information": information, "arm": name}
            found.append((labels | {"benchmark": benchmark, "style": style}, rows))
    return found


def _measured(table: pd.DataFrame, *needed: str) -> list[str]:
    return [name for name in METRICS if name in table and all(f"{prefix}{name}" in table for prefix in needed)]


def _by_stratum(run: Run) -> Iterator[dict]:
    labels, table = run
    questions = per_question(table)
    metrics = _measured(questions)
    for (subset, rows), column in ((group, name) for group in questions.groupby("subset") for name in STRATA):
        rows = rows[rows[column] != ""]
        if rows.empty:
            continue
        found = intervals(rows[metrics], rows[column].tolist(), rows["cluster"].tolist())
        for part in STRATA[column]:
            for metric, score in found.get(part, {}).items():
                yield _row(labels, subset, part, metric, score)


def _row(labels: dict, subset: Any, part: str, metric: str, score: Score) -> dict:
    bounds = {name: getattr(score, name) for name in ("value", "low", "high", "n")}
    return labels | {"subset": subset, "part": part, "metric": metric, **bounds}


def _split(run: Run, evidence: Evidence) -> Iterator[dict]:
    """What of scores is choosing (nearest shown terms less first ones), and what composing (answers less nearest)."""
    labels, table = run
    metrics = _measured(table, "snap_")
    if not metrics:
        return
    questions = per_question(table)
    baselines = evidence.baselines[labels["benchmark"], labels["style"]]
    first = baselines[baselines["baseline"] == "first_term"].set_index("id").loc[questions["id"], metrics].to_numpy()
    answers, nearest = questions[metrics].to_numpy(), questions[[f"snap_{name}" for name in metrics]].to_numpy()
    parts = zip(SPLIT, (answers, nearest, first, answers - nearest, nearest - first), strict=True)
    values = pd.DataFrame({(part, name): own for part, of in parts for name, own in zip(metrics, of.T, strict=True)})
    found = intervals(values, questions["subset"].tolist(), questions["cluster"].tolist())
    for subset, scores in found.items():
        for (part, metric), score in scores.items():
            yield _row(labels, subset, part, metric, score)


def _relations(run: Run) -> Iterator[dict]:
    """In each subset, the share of answers by how their term is related to the true one, and of distinct names."""
    labels, table = run
    if "relation" not in table:
        return
    known = {name: name for name in (*RELATIONS[:-2], UNLINKED)}
    for subset, rows in table.groupby("subset"):
        shares = rows["relation"].map(known).fillna(OTHER).value_counts()
        shared = labels | {"subset": subset, "metric": "share"}
        for relation in RELATIONS:
            count = int(shares.get(relation, 0))
            yield shared | {"part": relation, "value": count / len(rows), "n": count}
        yield shared | {"part": DISTINCT, "value": distinct_share(rows["answer"].tolist()), "n": len(rows)}


def _to_read(run: Run, seed: int) -> pd.DataFrame:
    """Answers drawn at random, and those of the lowest ROUGE-L, of the subsets that count in the mean."""
    labels, table = run
    table = table[table["subset"].isin(in_mean(table["subset"]))].sort_values(["subset", "id"], kind="stable")
    drawn = sorted(Random(seed).sample(range(len(table)), min(READ, len(table))))
    worst = table.sort_values(["rouge_l", "term_score"] if "term_score" in table else "rouge_l", kind="stable").head(
        READ
    )
    both = pd.concat([table.iloc[drawn].assign(which="drawn at random"), worst.assign(which="worst")])
    return both.assign(**labels).reindex(columns=ANSWER_COLUMNS)


# --- the page -------------------------------------------------------------------------------------------


def section(evidence: Evidence, folder: Path) -> dict[str, Any]:
    """What the page shows of the tables: their parts, and a row per run and subset with a cell for each part.

    Empty where no prompt shows enriched terms. InputError where `write_tables` did not write them.
    """
    if not runs_beside_terms(evidence):
        return {}
    split, strata, relations = (
        read_table(folder / f"{name}.tsv", COLUMNS) for name in ("split", "strata", "relations")
    )
    counted = strata["subset"].isin(in_mean(strata["subset"]))
    return {
        "split": _wide(split, SPLIT, "rouge_l"),
        "strata": [_wide(strata[counted], parts, "rouge_l") for parts in STRATA.values()],
        "relations": _wide(relations, (*RELATIONS, DISTINCT), "share"),
        "differences": SPLIT[3:],
    }


def _wide(table: pd.DataFrame, parts: Sequence[str], metric: str) -> dict[str, Any]:
    rows = []
    for key, of_run in table[table["metric"] == metric].groupby([*RUN, "subset"], sort=False):
        cells = of_run.drop_duplicates("part").set_index("part")
        found = [cells.loc[part].to_dict() if part in cells.index else None for part in parts]
        if any(found):
            rows.append(dict(zip([*RUN, "subset"], key, strict=True)) | {"cells": found})
    return {"parts": list(parts), "rows": rows}
