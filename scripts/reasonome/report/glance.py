"""The beginning of a report: what each arm scores, what rollouts earned, and five questions with every answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reasonome.benchmarks.rows import in_mean
from reasonome.config import ASKED
from reasonome.report.drawing import COLOURS, INK, drawing, legend, shortened
from reasonome.report.evidence import Evidence, TrainedStep
from reasonome.report.plan import Plan
from reasonome.report.tables import SETTING, primary_metric, reported_seeds
from reasonome.scoring.comparisons import MEAN

SCORES, REWARD = "scores", "reward"  # the names of the figures
_RIGHT, _WRONG = 3, 2  # questions shown that the last arm answers right, and wrong


class Answered(NamedTuple):
    """The answer of an arm, whether it is right, the lines that it recites before, which begin with ✓ or ✗, and in
    words where these went wrong."""

    arm: str
    answer: str
    right: bool
    recital: list[str]
    went_wrong: str


class Asked(NamedTuple):
    """A question, its right answer, and the answer of each arm."""

    question: str
    gold: str
    answers: list[Answered]


def first_setting(plan: Plan) -> tuple[str, ...]:
    """Backbone, benchmark, style and decoding of the plan's first evaluation."""
    first = plan.evaluations[0]
    return (first.backbone, *(getattr(first, name) for name in SETTING))


def last_rewarded(steps: Sequence[TrainedStep]) -> TrainedStep | None:
    """The last step that learned from rewards and is no placebo; None without one."""
    rewarded = [step for step in steps if "reward" in step.history and not step.placebo]
    return rewarded[-1] if rewarded else None


def glance_section(plan: Plan, evidence: Evidence, steps: Sequence[TrainedStep], figures: Path) -> dict[str, object]:
    """What the page begins with: its drawings, and the questions."""
    rewarded = last_rewarded(steps)
    return {
        "setting": ", ".join(first_setting(plan)),
        "scores": drawing(figures / "glance", SCORES),
        "reward": drawing(figures / "glance", REWARD) if rewarded else None,
        "rewarded": rewarded.chain.rpartition("+")[2] if rewarded else "",
        "questions": some_questions(plan, evidence),
    }


def some_questions(plan: Plan, evidence: Evidence) -> list[Asked]:
    """Up to five questions that count in the mean, with the first seed's first answer of each arm of the first setting.

    They are the first three that the last arm answers right and the first two that it does not, in the order of the
    test and each with another answer, as far as there are such.
    """
    setting, primary = first_setting(plan), plan.metric_set.right
    tables: dict[str, pd.DataFrame] = {}
    for run, table in evidence.evaluations:
        if (run.backbone, run.benchmark, run.style, run.decoding) == setting and run.arm not in tables:
            tables[run.arm] = plan.report.as_shown(table.drop_duplicates("id").set_index("id"))
    texts = {"answer": "", "recital": "", "went_wrong": ""}
    tables = {arm: tables[arm].fillna(texts) for arm in plan.arms if arm in tables}
    if not tables or any(primary not in table for table in tables.values()):
        return []
    last = list(tables.values())[-1]
    right = pd.DataFrame({arm: table[primary] == 1 for arm, table in tables.items()})
    asked = last["question" if "question" in last else "genes"]
    counted = last.index[last["subset"].isin(in_mean(last["subset"]))]
    shown: list[Asked] = []
    for wanted, number in ((True, _RIGHT), (False, _WRONG)):
        golds: set[str] = set()
        for question in counted:
            gold = str(last.at[question, "gold"])
            if right.at[question, right.columns[-1]] == wanted and gold not in golds and len(golds) < number:
                golds.add(gold)
                answers = [_answered(arm, table.loc[question], primary) for arm, table in tables.items()]
                shown.append(Asked(str(asked[question]), gold, answers))
    return shown


def _answered(arm: str, row: pd.Series, primary: str) -> Answered:
    lines, wrong = (str(row.get(name, "")) for name in ("recital", "went_wrong"))
    return Answered(arm, str(row["answer"]), bool(row[primary] == 1), lines.splitlines(), wrong)


def parts_of_scores(plan: Plan, metrics: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The rows of the primary metric, or its stand-in, of arms of the first setting, in the order of the plan; and
    `part` → its label: the mean over subsets, each stratum of it, and what training asks for."""
    wanted = dict(zip(["backbone", *SETTING], first_setting(plan), strict=True)) | {"kind": "model"}
    rows = reported_seeds(metrics[(metrics[list(wanted)] == pd.Series(wanted)).all(axis=1)])
    rows = rows[rows["metric"] == primary_metric(rows, plan.metric_set)]
    mean = ", ".join(in_mean(set(rows["subset"]) - {MEAN}))
    names = {MEAN: mean} | {stratum: f"{mean}: {stratum}" for stratum in rows["stratum"].unique() if stratum}
    names |= {ASKED: ASKED} if ASKED in set(rows["subset"]) else {}
    part = rows["stratum"].where(rows["stratum"] != "", rows["subset"])
    shown = rows.assign(part=part)[part.isin(list(names))]
    return shown.sort_values("arm", key=lambda arms: arms.map(plan.arms.index), kind="stable"), names


def draw_scores(plan: Plan, metrics: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """The primary metric of each arm of the first setting, a bar for each part of `parts_of_scores`, with 95 %
    intervals."""
    shown, names = parts_of_scores(plan, metrics)
    metric = plan.metric_set.name(shown["metric"].iloc[0])
    arms = [arm for arm in plan.arms if arm in set(shown["arm"])]
    figure, axes = plt.subplots(figsize=(max(6.0, 1.7 * len(arms) + 1.5), 3.6), layout="constrained")
    width = 0.8 / len(names)
    for number, (name, label) in enumerate(names.items()):
        bars = shown[shown["part"] == name].set_index("arm").reindex(arms)
        places = np.arange(len(arms)) + (number - (len(names) - 1) / 2) * width
        value = bars["value"].to_numpy(float)
        colour = INK if name == ASKED else COLOURS[number % len(COLOURS)]
        axes.bar(places, value, width=0.92 * width, color=colour, alpha=1 if name == MEAN else 0.55, label=label)
        errors = np.abs(bars[["low", "high"]].to_numpy(float).T - value)
        axes.errorbar(places, value, yerr=np.nan_to_num(errors), fmt="none", color=INK, elinewidth=1, capsize=2)
        for place, mean, high in zip(places, value, bars["high"].to_numpy(float), strict=True):
            if name == MEAN:
                above = (place, max(mean, np.nan_to_num(high)))
                axes.annotate(f"{mean:.2f}", above, (0, 3), textcoords="offset points", ha="center")
    axes.set_xticks(range(len(arms)), [shortened(arm) for arm in arms])
    axes.set_ylabel(f"{metric}, 95 % interval")
    axes.grid(axis="x", visible=False)
    figure.set_label(f"{metric} of each arm")
    legend(figure, columns=3)
    return figure, shown


def draw_reward(step: TrainedStep) -> tuple[Figure, pd.DataFrame]:
    """What completions earned at each step, what greedy answers to held-out questions did, and the best constant."""
    history = step.history
    figure, axes = plt.subplots(figsize=(6.0, 2.8), layout="constrained")
    curves = {"reward": "completions, sampled", "eval_reward": "held-out questions, greedy"}
    for number, (column, label) in enumerate(curves.items()):
        if column in history:
            curve = history[["step", column]].dropna().sort_values("step")
            axes.plot(curve["step"], curve[column], marker="o", markersize=3, color=COLOURS[number], label=label)
    if step.constant:
        looks: dict[str, Any] = {"color": INK, "linestyle": (0, (4, 2)), "linewidth": 1}
        axes.axhline(step.constant["reward"], label="best constant answer", **looks)
    axes.set_xlabel("step")
    axes.set_ylabel("mean reward")
    figure.set_label("Mean reward by step")
    legend(figure, columns=2)
    return figure, history
