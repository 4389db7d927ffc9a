"""Whether rollouts taught a model or sharpened it: its sampled answers beside its parent's where that is as sure.

A model that draws its best answer more often earns more at temperature 1, and knows nothing that it did not know. Its
parent does the same at a lower temperature. So the parent answers at the temperature at which its samples equal its own
greedy answer as often as the trained model's do, chosen on the validation split.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from reasonome.answering.rows import AnswerRow, read_answers
from reasonome.config.project import chains
from reasonome.core.atomic import read_parquet
from reasonome.facts.text import normalise
from reasonome.report.evidence import EXAMPLE, SCORE_COLUMNS, Evidence
from reasonome.report.number_text import signed
from reasonome.report.plan import Plan
from reasonome.report.scored_arms import Questions, Scored, Scores, scored
from reasonome.report.tables import SETTING, records
from reasonome.scoring.clustered import of_means
from reasonome.scoring.comparisons import MEAN
from reasonome.task import Dialogue

FEWEST_VOTES = 3
_SHARES = ["share", "share_parent", "temperature", "agreement", "agreement_parent", "share_matched", "vote_parent"]
_SHARES += ["became_right", "of_wrong", "became_wrong", "of_right"]
_TEST = ["difference", "low", "high", "p"]
COLUMNS = ["experiment", "backbone", *SETTING, "arm", "parent", "metric", *_SHARES, "against", *_TEST, "verdict"]
NUMBERS = {*_SHARES, *_TEST} - {"temperature"}
TAUGHT, SHARPENED, NEITHER = "taught", "sharpened", "neither"
AS_SURE, GREEDY = "its parent where that is as sure", "its parent, if both answer greedily"
_SAYING = {
    TAUGHT: "“{arm}” was taught: it is right more often than {against} ({test}).",
    SHARPENED: "“{arm}” was sharpened: its samples are right more often than those of “{parent}”, and no more than "
    "{against} ({test}).",
    NEITHER: "“{arm}” was neither taught nor sharpened: its samples are not right more often than those of “{parent}”.",
}


@dataclass(frozen=True)
class Matched:
    """A parent that is as sure as an arm, as an arm of its own, with a seed for each of the arm's; of each the parent's
    temperature, and how often the arm's and the parent's samples agree with their own greedy answers."""

    parent: Scored
    seeds: list[tuple[float, float, float]]


# By backbone, benchmark, style and decoding: arm → its matched parent.
MatchedParents = Mapping[tuple[str, str, str, str], Mapping[str, Matched]]


def matched_parents(plan: Plan, scores: Scores) -> MatchedParents:
    """By backbone, benchmark, style and sampled decoding: arm → its matched parent."""
    if plan.matching is None:
        return {}
    found = {}
    for key, arms in scores.arms.items():
        if key[-1] == plan.matching.sampled:
            of_arms = {arm.name: arm for arm in arms if arm.name in plan.rewarded}
            asked = scores.questions[key[1:3]]
            found[key] = {name: _matched(plan, key[:3], arm, asked) for name, arm in of_arms.items()}
    return found


def _matched(plan: Plan, question: tuple[str, ...], arm: Scored, asked: Questions) -> Matched:
    matching = plan.matching
    assert matching is not None
    answers = {
        (one.chain, one.decoding): one
        for one in matching.answers
        if (one.backbone, one.benchmark, one.style) == question
    }
    chosen, seeds = [], []
    for chain in arm.models:
        parent = chains.parent(chain)
        own, *others = (
            agreement(plan.report.task, answers[model, matching.greedy].valid, answers[model, decoding].valid)
            for model, decoding in [(chain, matching.sampled), *((parent, name) for name in matching.temperatures)]
        )
        nearest = int(np.argmin([abs(other - own) for other in others]))
        decoding, temperature = list(matching.temperatures.items())[nearest]
        chosen.append(answers[parent, decoding])
        seeds.append((temperature, own, others[nearest]))
    labels = arm.labels | {"arm": as_sure_as(plan.rewarded[arm.name], arm.name)}
    columns = [*SCORE_COLUMNS, plan.metric_set.stand_in]
    tables = [read_parquet(one.scores, columns).to_pandas() for one in chosen if one.scores]
    return Matched(scored(labels, tuple(one.chain for one in chosen), arm.seeds, tables, asked, plan), seeds)


def as_sure_as(parent: str, arm: str) -> str:
    """What a parent is called that answers as surely as an arm."""
    return f"{parent} as sure as {arm}"


def agreement(task: Dialogue, greedy: Path, sampled: Path) -> float:
    """The share of a model's sampled answers that are its own greedy answer to the question; files of answers."""

    def name(row: AnswerRow) -> str:
        return normalise(task.parse(row.text).name)

    own = {row.id: name(row) for row in read_answers(greedy)}
    return float(np.mean([name(row) == own[row.id] for row in read_answers(sampled)]))


def vote(answers: pd.DataFrame, metric: str, examples: pd.MultiIndex) -> np.ndarray:
    """The metric of the commonest of a model's answers to each question, the mean of several as common ones; a missing
    answer has no vote. nan of fewer than FEWEST_VOTES answers to a question."""
    if answers.groupby(EXAMPLE).size().max() < FEWEST_VOTES:
        return np.full(len(examples), np.nan)
    names = answers["answer"].fillna("").map(normalise)
    given = answers.assign(name=names)[names != ""]
    votes = given.groupby([*EXAMPLE, "name"])[metric].agg(["size", "mean"])
    most = votes["size"] == votes.groupby(EXAMPLE)["size"].transform("max")
    return votes.loc[most, "mean"].groupby(EXAMPLE).mean().reindex(examples).fillna(0.0).to_numpy()


def sharpening_table(
    plan: Plan, evidence: Evidence, scores: Scores, matched: MatchedParents, comparisons: pd.DataFrame
) -> pd.DataFrame:
    """sharpening.tsv (docs/evaluation.md): a row for each arm that learned from its own completions and was sampled, as
    its parent was; means over seeds and over the subsets that count."""
    metric = plan.metric_set.right
    greedy = next((name for name, temperature in plan.temperatures.items() if not temperature), "")
    rows = []
    for key, arms in scores.arms.items():
        sampled = {arm.name: arm for arm in arms if plan.temperatures.get(key[-1])}
        at_once = {arm.name: arm for arm in scores.arms.get((*key[:3], greedy), [])}
        asked = scores.questions[key[1:3]]
        for arm, parent in plan.rewarded.items():
            if not {arm, parent} <= sampled.keys():
                continue
            row = dict(zip(["backbone", *SETTING], key, strict=True)) | {"arm": arm, "parent": parent, "metric": metric}
            own = matched.get(key, {}).get(arm)
            row |= {"share": _mean(sampled[arm].values(metric), asked)}
            row |= {"share_parent": _mean(sampled[parent].values(metric), asked)}
            row |= _of_matched(own, metric, asked) if own else {}
            votes = [
                vote(table, metric, asked.examples)
                for run, table in evidence.evaluations
                if (run.backbone, run.benchmark, run.style, run.decoding, run.arm) == (*key, parent)
            ]
            row |= {"vote_parent": _mean(np.column_stack(votes), asked)} if np.isfinite(votes).all() else {}
            if {arm, parent} <= at_once.keys():
                row |= _changed(at_once[arm], at_once[parent], metric, asked)
            tests = comparisons[(comparisons["a"] == arm) & (comparisons["metric"] == metric)]
            rows.append({"experiment": plan.experiment} | row | _verdict(row, own, greedy, tests))
    return pd.DataFrame(rows, columns=COLUMNS)


def _mean(values: np.ndarray, asked: Questions) -> float:
    """The mean over seeds and over the subsets that count; `values` has shape (questions, seeds)."""
    return float(of_means(values[asked.counted], *asked.labels(asked.counted)).values.mean())


def _of_matched(matched: Matched, metric: str, asked: Questions) -> dict[str, object]:
    temperatures, *agreements = zip(*matched.seeds, strict=True)
    row: dict[str, object] = {
        "temperature": ", ".join(f"{temperature:g}" for temperature in dict.fromkeys(temperatures))
    }
    row |= dict(zip(("agreement", "agreement_parent"), np.mean(agreements, axis=1), strict=True))
    return row | {"share_matched": _mean(matched.parent.values(metric), asked)}


def _changed(arm: Scored, parent: Scored, metric: str, asked: Questions) -> dict[str, float]:
    """Of the questions that a parent gets wrong, how many, and the share that the arm gets right; and the other way
    round. Of a parent of several seeds that of the arm's chain counts, else the first one."""
    after, before = (of.values(metric)[asked.counted] for of in (arm, parent))
    own = [parent.models.index(start) if (start := chains.parent(m)) in parent.models else 0 for m in arm.models]
    was_right, is_right = before[:, own] == 1, after == 1
    with np.errstate(invalid="ignore"):
        return {
            "became_right": float(np.divide((is_right & ~was_right).sum(), (~was_right).sum())),
            "of_wrong": float((~was_right).sum(axis=0).mean()),
            "became_wrong": float(np.divide((~is_right & was_right).sum(), was_right.sum())),
            "of_right": float(was_right.sum(axis=0).mean()),
        }


def _verdict(row: dict, own: Matched | None, greedy: str, tests: pd.DataFrame) -> dict[str, object]:
    """Beside what the arm is held, the test of it, and which it was; nothing where neither was asked."""
    setting = {name: row[name] for name in ("backbone", *SETTING)} | {"subset": MEAN}
    beside = {"b": own.parent.name} if own else {"b": row["parent"], "decoding": greedy}
    held = _test(tests, setting | beside)
    if held is None:
        return {}
    better = _test(tests, setting | {"b": row["parent"]})
    raised = better is not None and better["low"] > 0
    said = TAUGHT if held["low"] > 0 else SHARPENED if raised else NEITHER
    return {"against": AS_SURE if own else GREEDY, **{name: held[name] for name in _TEST}, "verdict": said}


def _test(tests: pd.DataFrame, wanted: Mapping[str, str]) -> Mapping[str, float] | None:
    found = records(tests[(tests[list(wanted)] == pd.Series(wanted)).all(axis=1)])
    return found[0] if found else None


def sharpening_section(table: pd.DataFrame) -> list[dict[str, object]]:
    """The rows with a `sentence` each; names are not escaped."""
    rows = records(table)
    for row in rows:
        interval = f" [{signed(row['low'])}, {signed(row['high'])}]" if row["low"] == row["low"] else ""
        said = _SAYING.get(str(row["verdict"]), "“{arm}”: which it was is not known.")
        row["sentence"] = said.format(**row | {"test": f"{signed(row['difference'])}{interval}"})
    return rows
