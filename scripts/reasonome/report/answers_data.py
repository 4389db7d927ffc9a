"""Every answer as the page holds it: strings and examples stored once, long texts packed.

A *run* is a set of answers to one benchmark, by a model of one seed or by a baseline. The columns of the table of
answers are plain JSON; reasoning, raw texts and checked claims are packed in blocks that the browser unpacks on demand.
"""

import base64
import gzip
import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reasonome.benchmarks.rows import in_mean
from reasonome.config import Grading
from reasonome.config.project.chains import lineage
from reasonome.metrics import MetricSet
from reasonome.report.evidence import Evidence, TrainedStep
from reasonome.report.origins import Answering, described_origin
from reasonome.report.plan import Plan
from reasonome.report.tables import grouped
from reasonome.rewards import total
from reasonome.task_parts import Reporting

BLOCK = 500  # rows whose texts are packed together
CONSTANT_SHARE, CONSTANT_LEAST = 0.05, 3  # of the questions, and questions, that get one name
FACETS = ["kind", "backbone", "arm", "seed", "benchmark", "style", "decoding"]
_ABOUT = ["benchmark", "subset", "id", "gold", "genes", "stratum"]
_WORDS = ["answer", "finish_reason", "term_name", "term_by", "relation", "confidence_kind", "ranking"]
_TEXTS = ["reasoning", "text", "checked_claims"]
_NO_METRICS = {"sample", "prompt_tokens", "completion_tokens"}


@dataclass(frozen=True)
class Run:
    """Who answered what. `made` are the trained steps of a model as (position in the plan, name); `origin` says where
    the answers of a model without trained steps come from."""

    kind: str
    backbone: str
    arm: str
    seed: str
    benchmark: str
    style: str
    decoding: str
    information: str = ""
    made: tuple[tuple[int, str], ...] = ()
    origin: str = ""


def list_runs(plan: Plan, evidence: Evidence, answering: Iterable[Answering]) -> list[tuple[Run, pd.DataFrame]]:
    """Every run with its scored answers: the models' in the plan's order, as `answering` is, then the baselines'."""
    position = {(step.backbone, step.chain): number for number, step in enumerate(plan.steps)}
    runs = []
    for (e, table), answered in zip(evidence.evaluations, answering, strict=True):
        chains = [(e.backbone, chain) for chain in lineage(e.chain)]
        trained = [(position[step], step[1].rsplit("+", 1)[-1]) for step in chains if step in position]
        labels = ("model", e.backbone, e.arm, str(e.seed), e.benchmark, e.style, e.decoding)
        runs.append((Run(*labels, made=tuple(trained), origin=described_origin(e, answered)), table))
    for (benchmark, style), table in evidence.baselines.items():
        for (baseline, information), rows in grouped(table, ["baseline", "information"]):
            runs.append((Run("baseline", "", baseline, "", benchmark, style, "", information), rows))
    return runs


def answers_data(
    answered_runs: Sequence[tuple[Run, pd.DataFrame]],
    evidence: Evidence,
    weights: Mapping[str, float],
    plan: Plan,
) -> tuple[dict[str, Any], list[str]]:
    """The data that the browser reads at once, and the packed blocks of long texts, of the runs of `list_runs`.

    A column is a list with an entry per row, or a single value where all rows have the same. Columns of strings hold
    positions in `strings`, a run's `kinds` positions in `kinds`, and `example` positions in the columns of `examples`.
    Numbers are rounded to four digits; unknown values are null. A run's `texts` is the number of its first row
    among the packed ones, or null for baselines. `primary`, `right` and `beside_answers` are metrics: the one that
    leads, the one that is 1 for a right answer, and those in the table of answers. `unusable` is the kind of failure
    that `no_name` counts. `weights` are of the reward.
    """
    report, metric_set = plan.report, plan.metric_set
    of_examples = [*_ABOUT, *report.of_questions]
    strings, kinds = {}, {}  # text → its number
    examples: dict[tuple[str, ...], int] = {}  # benchmark, subset and id → its number
    about: list[tuple[str, ...]] = []
    texts: list[list[str]] = []
    runs = []
    for run, table in answered_runs:
        table = with_reward(report.as_shown(table), weights)
        described = list(zip(*(text_column(table, name) for name in of_examples[1:]), strict=True))
        keys = [(run.benchmark, *row[:2]) for row in described]
        for key, row in zip(keys, described, strict=True):
            if key not in examples:
                about.append((run.benchmark, *row))
                examples[key] = len(examples)
        failures = ["\n".join(wrong) for wrong in failure_kinds(table, report)]
        runs.append(
            {
                "labels": [getattr(run, name) for name in FACETS],
                "information": run.information,
                "made": run.made,
                "origin": run.origin,
                "n": len(table),
                "example": [examples[key] for key in keys],
                "sample": _column(table.get("sample", pd.Series(0, table.index)).tolist()),
                "kinds": _column(_numbered(failures, kinds)),
                "words": {
                    name: _column(_numbered(text_column(table, name), strings)) for name in _WORDS if name in table
                },
                "metrics": _metrics(table),
                "texts": len(texts) if run.kind == "model" else None,
            }
        )
        if run.kind == "model":
            texts += map(list, zip(*(text_column(table, name) for name in _TEXTS), strict=True))
    metrics = {name: metric_set.name(name) for run in runs for name in run["metrics"]}
    data = {
        "facets": FACETS,
        "metrics": metrics,
        "digits": {name: metric_set.digits(name) for name in metrics},
        "beside_answers": list(metric_set.on("answers")),
        "primary": _first_measured(metrics, metric_set.primary, metric_set.stand_in),
        "right": _first_measured(metrics, metric_set.right, *metric_set.hits),
        "unusable": metric_set.name("no_name"),
        "in_mean": {benchmark: in_mean(table["subset"]) for (benchmark, _), table in evidence.baselines.items()},
        "examples": {
            name: _column(_numbered(column, strings))
            for name, column in zip(of_examples, zip(*about, strict=True), strict=True)
        },
        "block": BLOCK,
        "runs": runs,
        "kinds": [text.split("\n") if text else [] for text in kinds],
        "strings": list(strings),
    }
    return data, [_packed(texts[start : start + BLOCK]) for start in range(0, len(texts), BLOCK)]


def correlations(
    answered_runs: Iterable[tuple[Run, pd.DataFrame]], weights: Mapping[str, float], plan: Plan
) -> dict[str, Any]:
    """How far each model's compared metrics rise with the reward and the length of its answers: Spearman's ρ.

    `rows` has a run, what it is `against`, the number of answers, and `rho`: metric → ρ, nan if one is constant; runs
    without any ρ are left out. `metrics` are those of the rows. `reward` says in words what is added up, "" if nothing.
    """
    rows: list[dict[str, Any]] = []
    parts: list[str] = []
    for run, table in answered_runs:
        if run.kind != "model":
            continue
        table = with_reward(plan.report.as_shown(table), weights)
        measured = [name for name in plan.metric_set.compared if name in table and table[name].notna().any()]
        for against in ("reward", "length"):
            if against not in table:
                continue
            rho = table[[against, *measured]].astype(float).corr("spearman")[against].drop(against)
            if rho.notna().any():
                rows.append({"run": run, "against": against, "n": int(table[against].count()), "rho": rho.to_dict()})
        parts = [name.removeprefix("reward_") for name in table.columns if name.startswith("reward_")] or parts
    metrics = [name for name in plan.metric_set.compared if any(name in row["rho"] for row in rows)]
    terms = [f"{weight:g} · {name}" for name, weight in weights.items()] if weights and parts else parts
    return {"rows": rows, "metrics": metrics, "reward": " + ".join(terms).replace("_", " ")}


def reward_weights(steps: Iterable[TrainedStep], metric_set: MetricSet) -> dict[str, float]:
    """Component → weight in the GRPO of the experiment; the weights of `metric_set` without GRPO, or if steps differ.

    The page scores answers by built-in rewards with default grading, so a recipe with graders or a grading of its own
    counts as different.
    """
    recipes = [step.recipe for step in steps if step.recipe.get("rewards")]
    same = all(recipe["rewards"] == recipes[0]["rewards"] for recipe in recipes)
    own = any(recipe.get("graders") or _graded_otherwise(recipe) for recipe in recipes)
    return dict(recipes[0]["rewards"] if recipes and same and not own else metric_set.reward)


def _graded_otherwise(recipe: Mapping[str, Any]) -> bool:
    default = Grading.model_validate({}).model_dump() | {"longest_list": recipe.get("grading", {}).get("longest_list")}
    return recipe.get("grading", default) != default


def with_reward(table: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """`table` with a column `reward`, the weighted sum of its reward components; equal weights if none are given."""
    components = [name for name in table.columns if name.startswith("reward_")]
    if not components:
        return table
    weight = {name: float(weights.get(name.removeprefix("reward_"), 0.0 if weights else 1.0)) for name in components}
    return table.assign(reward=total({name: table[name].tolist() for name in components}, weight))


def failure_kinds(table: pd.DataFrame, report: Reporting) -> list[list[str]]:
    """What is wrong with each answer, in words, none or several; `table` holds one run's scored answers."""
    names = [" ".join(text.casefold().split()) for text in text_column(table, "answer")]
    failures = report.failure_kinds(table, names, _repeated(names, table["id"]))
    problems = [text.replace("_", " ").split(",") if text else [] for text in text_column(table, "problems")]
    return [list(dict.fromkeys([*own, *kinds])) for own, kinds in zip(problems, failures, strict=True)]


def _repeated(names: Sequence[str], ids: Iterable[str]) -> set[str]:
    """The names that answer at least CONSTANT_SHARE of the questions, and at least CONSTANT_LEAST."""
    pairs = pd.DataFrame({"name": names, "id": list(ids)}).drop_duplicates()
    counts = pairs.loc[pairs["name"] != "", "name"].value_counts()
    least = max(CONSTANT_LEAST, CONSTANT_SHARE * pairs["id"].nunique())
    return set(counts.index[counts >= least])


def _metrics(table: pd.DataFrame) -> dict[str, Any]:
    """The values of a run by metric; metrics without any known value are left out."""
    columns = {}
    for name in table.select_dtypes(["number", "bool"]):
        values = table[name].astype(float).round(4).tolist()
        if name not in _NO_METRICS and any(map(math.isfinite, values)):
            columns[name] = _column([_number(value) for value in values])
    return columns


def _number(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def _column(values: list) -> Any:
    return values[0] if values and values.count(values[0]) == len(values) else values


def _packed(rows: list[list[str]]) -> str:
    raw = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(raw, compresslevel=6, mtime=0)).decode()


def text_column(table: pd.DataFrame, name: str) -> list[str]:
    """A column of texts, empty ones if the table lacks it."""
    if name not in table:
        return [""] * len(table)
    return table[name].astype(object).fillna("").map(str).tolist()


def _numbered(texts: Iterable[str], numbers: dict[str, int]) -> list[int]:
    """The number of each text; a new one gets the next."""
    return [numbers.setdefault(text, len(numbers)) for text in texts]


def _first_measured(metrics: Collection[str], *names: str) -> str | None:
    """The first of some metrics that the answers have; None where they have none of them."""
    return next((name for name in names if name in metrics), None)
