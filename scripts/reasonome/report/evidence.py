"""Read what a report is built on: scores, baselines, training logs and counts of filtered reasoning."""

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.facts.statements import STATISTICS
from reasonome.report.plan import Evaluation, Plan, Reasoning, Step
from reasonome.scoring.comparisons import MEAN

EXAMPLE = ["subset", "id"]
SCORE_COLUMNS = ["id", "subset", "sample", "gold", "answer"]
BASELINE_COLUMNS = ["baseline", "information", "id", "subset", "answer"]


@dataclass(frozen=True)
class Evidence:
    """Score tables in the plan's order, and the baselines' tables by (benchmark, style)."""

    evaluations: list[tuple[Evaluation, pd.DataFrame]]
    baselines: dict[tuple[str, str], pd.DataFrame]


@dataclass(frozen=True)
class TrainedStep:
    """What is known of a trained step; `None` or an empty history where nothing was recorded.

    GRPO leaves what the best constant answer earns, a number per reward component and "reward": on the
    training prompts in `constant` (with its "name"), on the held-out ones in `validation["constants"]`; the same of
    each copy of the question under "copies".
    """

    backbone: str
    chain: str
    history: pd.DataFrame
    manifest: dict
    recipe: dict | None
    run: dict | None
    validation: dict | None
    constant: dict | None

    @property
    def name(self) -> str:
        return self.chain.rsplit("+", 1)[-1]


def read_evidence(plan: Plan) -> Evidence:
    """Read every score and baseline table of `plan`.

    Raises InputError naming the file for one that is missing, lacks a column, or whose examples are
    not those of the benchmark; the baselines, which need no model, say which examples those are.
    """
    always = plan.metric_set.stand_in
    baselines = {(f.benchmark, f.style): _read_baselines(f.path, [*BASELINE_COLUMNS, always]) for f in plan.baselines}
    _check_styles(plan, baselines)
    evaluations = []
    for evaluation in plan.evaluations:
        scores = _read_table(evaluation.scores, [*SCORE_COLUMNS, always])
        expected = pd.MultiIndex.from_frame(baselines[evaluation.benchmark, evaluation.style][EXAMPLE])
        strangers = pd.MultiIndex.from_frame(scores[EXAMPLE]).difference(expected)
        if len(strangers):
            raise InputError(
                f"{len(strangers)} scored examples are not among those of the baselines, e.g. {strangers[0]}",
                file=evaluation.scores,
                field="id",
                fix="score the baselines and the answers on the same version of the benchmark",
            )
        answer = [*EXAMPLE, "sample", *(["order"] if "order" in scores else [])]
        twins = scores.duplicated(answer)
        if twins.any():
            key = ", ".join(map(str, scores.loc[twins, answer].iloc[0]))
            raise InputError(f"an answer is scored twice: {key}", file=evaluation.scores, field="id")
        evaluations.append((evaluation, scores))
    return Evidence(evaluations, baselines)


def _check_styles(plan: Plan, baselines: dict[tuple[str, str], pd.DataFrame]) -> None:
    """Arms are compared across the styles of a benchmark, which therefore ask the same examples."""
    first: dict[str, set] = {}
    for f in plan.baselines:
        asked = set(map(tuple, baselines[f.benchmark, f.style][EXAMPLE].to_numpy()))
        if first.setdefault(f.benchmark, asked) != asked:
            raise InputError(
                f"not the examples of the other styles of {f.benchmark}",
                file=f.path,
                field="id",
                fix="score the baselines of all styles on the same version of the benchmark",
            )


def _read_baselines(path: Path, columns: list[str]) -> pd.DataFrame:
    baselines = _read_table(path, columns)
    examples = baselines.groupby("baseline")[EXAMPLE].apply(lambda rows: frozenset(map(tuple, rows.to_numpy())))
    if examples.nunique() != 1:
        raise InputError("the baselines do not answer the same examples", file=path, field="id")
    if (baselines.groupby("baseline")["information"].nunique() > 1).any():
        raise InputError("a baseline has several kinds of information", file=path, field="information")
    if "cluster" in baselines and (baselines.groupby(EXAMPLE)["cluster"].nunique(dropna=False) > 1).any():
        raise InputError("an example is in several clusters", file=path, field="cluster")
    return baselines


def _read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    if not path.is_file():
        raise InputError("there is no such table", file=path)
    table = pd.read_parquet(path)
    missing = [column for column in columns if column not in table]
    if missing:
        raise InputError(f"no column {', '.join(missing)}", file=path, field=missing[0])
    if table.empty:
        raise InputError("the table has no rows", file=path)
    if (table["subset"] == MEAN).any():
        raise InputError(f"a subset must not be called '{MEAN}'", file=path, field="subset")
    return table


def read_step(step: Step) -> TrainedStep:
    """Read a step's folder. Raises InputError where it has no manifest, which means it is incomplete."""
    if not (step.folder / "manifest.json").is_file():
        raise InputError("the step has no manifest.json: it is not complete", file=step.folder)
    history = step.folder / "history.jsonl"
    rows = read_jsonl(history) if history.is_file() else []
    for line, row in enumerate(rows, 1):
        if "step" not in row:
            raise InputError("no 'step' in this line", file=history, line=line)
    return TrainedStep(
        step.backbone,
        step.chain,
        pd.DataFrame(rows),
        manifest=atomic.read_json(step.folder / "manifest.json"),
        **{
            name: atomic.read_json(path) if (path := step.folder / f"{name}.json").is_file() else None
            for name in ("recipe", "run", "validation", "constant")
        },
    )


def count_reasoning(reasoning: Reasoning) -> pd.DataFrame:
    """Rows: outcome ("kept" or a reason for dropping), subset, count."""
    counts = Counter(("kept", row.get("subset", "")) for row in read_jsonl(reasoning.kept))
    for line, row in enumerate(read_jsonl(reasoning.dropped), 1):
        if "reason" not in row:
            raise InputError("a dropped row without its reason", file=reasoning.dropped, line=line)
        counts[f"dropped: {row['reason']}", row.get("subset", "")] += 1
    rows = [(*key, count) for key, count in counts.items()]
    return pd.DataFrame(rows, columns=["outcome", "subset", "count"])


def read_leaks(path: Path) -> dict:
    """The leak audit of an experiment. Raises InputError for a file that audit_leaks.py did not write."""
    leaks = atomic.read_json(path)
    for key in ("experiment", "findings", "same_source"):
        if key not in leaks:
            raise InputError(
                f"no '{key}': this is no leak audit", file=path, field=key, fix="run scripts/audit_leaks.py"
            )
    return leaks


def read_statistics(path: Path) -> pd.DataFrame:
    """Counts of a corpus by source, the last row being the total. Raises InputError for another table."""
    if not path.is_file():
        raise InputError("there is no such table", file=path)
    table = pd.read_csv(path, sep="\t", dtype={"source": str})
    if list(table) != STATISTICS or table["source"].tolist()[-1:] != ["total"]:
        raise InputError("these are no statistics of a corpus", file=path, fix="run scripts/write_statements.py")
    return table.astype(dict.fromkeys(STATISTICS[1:-1], "Int64") | {"share": float})


def read_jsonl(path: str | os.PathLike) -> list[dict]:
    """Read one JSON object a line. Raises InputError with the line's number."""
    if not Path(path).is_file():
        raise InputError("there is no such file", file=path)
    rows = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise InputError(f"not JSON: {error.msg}", file=path, line=number) from error
            if not isinstance(row, dict):
                raise InputError("not a JSON object", file=path, line=number)
            rows.append(row)
    return rows
