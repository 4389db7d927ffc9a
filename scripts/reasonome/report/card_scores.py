"""The scores of a model card in words: a table with the baselines, and what tests say of each group of them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reasonome.report import number_text
from reasonome.report.family import CEILING, PROTOCOL
from reasonome.report.model_scores import LOOKS_AT, ModelScores, with_interval
from reasonome.report.paper import escaped, markdown_table
from reasonome.report.plan import Evaluation

_ABOUT_ANSWERS = ("no_name", "format", "abstained", "truncated", "supported_share")


def asked_text(one: Evaluation) -> str:
    """What an evaluation asked: benchmark, style and decoding."""
    return f"{escaped(one.benchmark)}, style {escaped(one.style)}, decoding {escaped(one.decoding)}"


def arm_asked(scores: ModelScores) -> str:
    """Which arm and seed the model is, and how many questions it was asked, of which kind and on which track."""
    one = scores.asked
    subsets = ", ".join(f"{escaped(row.subset)} {int(row.n):,}" for row in scores.by_subset.itertuples())
    asked = f"Arm {escaped(one.arm)}, seed {one.seed}: {int(scores.own.loc[scores.metric, 'n']):,} questions"
    asked += f" ({subsets})" if subsets else ""
    kind = "another kind than" if one.benchmark in scores.plan.out_of_distribution else "the kind that"
    track = f", answers read on track {escaped(one.track)}" if one.track else ""
    return f"{asked}, of {kind} the experiment trains on{track}."


def of_answers(scores: ModelScores) -> str:
    """What was measured of the answers beside how right they are; "" where nothing was."""
    shown = [name for name in _ABOUT_ANSWERS if name in scores.own.index]
    values = scores.own["value"]
    return "; ".join(f"{scores.plan.metric_set.name(name)} {number_text.score(values[name], name)}" for name in shown)


def score_table(scores: ModelScores) -> str:
    """This model, the untrained backbone, its own answers shuffled, and the best baseline of every group."""
    shown = scores.shown

    def cells(by_metric: pd.DataFrame) -> list[str]:
        return [with_interval(by_metric.loc[name], name) if name in by_metric.index else "" for name in shown]

    table = [["**this model**", "", *cells(scores.own)]]
    if len(scores.untrained):
        first = scores.untrained.set_index("metric")
        silent = f", no usable answer to {first.loc['no_name', 'value']:.0%}" if "no_name" in first.index else ""
        table.append([f"untrained backbone{silent}", "", *cells(first)])
    table.append(["its answers, shuffled", "", *cells(scores.shuffled.set_index("metric"))])
    for group, best in scores.best_baselines(shown).items():
        row = [
            f"{with_interval(best[name], name)}, {escaped(best[name]['arm'])}" if name in best else "" for name in shown
        ]
        table.append(["ceiling" if group == CEILING else "best baseline", LOOKS_AT.get(group) or escaped(group), *row])
    header = ["answers of", "looking at", *(scores.plan.metric_set.name(name) for name in shown)]
    return markdown_table(header, table)


def against(scores: ModelScores, group: str) -> str:
    """Whether the arm beats all baselines of a group, in words."""
    tests, beaten = scores.against(group)
    if not tests:
        return "there are none here."
    closest = tests[0]
    named = f"{escaped(closest['b'])}, {outcome(closest)}"
    if beaten:
        return f"**beaten**, all {len(tests)}; the nearest is {named}."
    if beaten is None:
        return f"not tested; the highest is {named}."
    ahead = [escaped(row["b"]) for row in tests if row["verdict"] == "b better"]
    better = f" Better than this model: {', '.join(ahead)}." if ahead else ""
    return f"**not beaten**; the highest is {named}.{better}"


def outcome(row: Mapping[str, Any]) -> str:
    """A test in words: the difference with its interval, the verdict and its p."""
    difference = f"difference {number_text.signed(row['difference'])}"
    if pd.notna(row["low"]):
        difference += f" ({number_text.signed(row['low'])} to {number_text.signed(row['high'])})"
    words = {"a better": "better", "b better": "worse", "on par": "on par", "n.s.": "no difference shown"}
    adjusted = row["family"] == PROTOCOL and row["verdict"] != "b better"
    p = row["p_holm"] if adjusted else row["p_family"]
    kind = "adjusted p" if adjusted else "p"
    known = f", {kind} {number_text.p_value(p)}" if pd.notna(p) else ""
    return f"{difference}: {words.get(row['verdict'], 'not tested')}{known}"
