"""The scores of a model card, as Markdown: a table with the baselines, and what tests say of each group of them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reasonome.report import number_text
from reasonome.report.family import BASELINE_GROUPS, CEILING, PROTOCOL
from reasonome.report.model_scores import LOOKS_AT, ModelScores, with_interval
from reasonome.report.paper import escaped, markdown_table
from reasonome.report.plan import Evaluation

_ABOUT_ANSWERS = ("no_name", "format", "abstained", "truncated", "supported_share")


def scores_text(scores: ModelScores) -> str:
    """An evaluation: what was asked, the scores beside the baselines, and what the tests say."""
    plan, one, own, metric = scores.plan, scores.asked, scores.own, scores.metric
    metric_set = plan.metric_set
    subsets = ", ".join(f"{escaped(row.subset)} {int(row.n):,}" for row in scores.by_subset.itertuples())
    kind = "another kind than" if one.benchmark in plan.out_of_distribution else "the kind that"
    track = f", answers read on track {escaped(one.track)}" if one.track else ""
    missing = ""
    if metric != metric_set.primary:
        named = [metric_set.name(name) for name in (metric_set.primary, metric)]
        missing = f" The primary metric, {named[0]}, was not measured; {named[1]} stands for it."
    about = [
        f"{metric_set.name(name)} {number_text.score(own.loc[name, 'value'], name)}"
        for name in _ABOUT_ANSWERS
        if name in own.index
    ]
    asked = f"Arm {escaped(one.arm)}, seed {one.seed}: {int(own.loc[metric, 'n']):,} questions"
    asked += f" ({subsets})" if subsets else ""
    return f"""\
### {asked_text(one)}

{asked}, of {kind} the experiment trains on{track}.{missing}
Means with 95 % intervals over questions. Of each group of baselines the one with the highest mean by that metric stands
here, with its name.

{_score_table(scores)}

Of its answers: {"; ".join(about) or "nothing more was measured"}.

{_tests(scores)}
"""


def asked_text(one: Evaluation) -> str:
    """What an evaluation asked: benchmark, style and decoding."""
    return f"{escaped(one.benchmark)}, style {escaped(one.style)}, decoding {escaped(one.decoding)}"


def _score_table(scores: ModelScores) -> str:
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


def _tests(scores: ModelScores) -> str:
    """The paired tests of the primary metric in sentences."""
    plan, one = scores.plan, scores.asked
    seeds = {e.seed for e in plan.evaluations if (e.backbone, e.arm) == (one.backbone, one.arm)}
    mean = f", of the mean over the {len(seeds)} seeds of the arm" if len(seeds) > 1 else ""
    lines = [
        f"Tested by {plan.metric_set.name(scores.metric)}{mean}, question by question. To beat a group "
        "of baselines is to beat every one in it; p is adjusted (Holm) for all such claims of the experiment here.",
        "",
    ]
    lines += [f"- Baselines that look at **{LOOKS_AT[group]}**: {_against(scores, group)}" for group in BASELINE_GROUPS]
    tests = scores.tests
    for row in tests[tests["kind"] == "parent arm"].to_dict("records"):
        lines.append(f"- The arm that it continues, {escaped(row['b'])}: {_outcome(row)}.")
    for row in tests[tests["kind"] == "without a step"].to_dict("records"):
        lines.append(f"- The arm without one of its earlier steps, {escaped(row['b'])}: {_outcome(row)}.")
    for row in tests[tests["kind"] == "shuffled"].to_dict("records"):
        meaning = {
            "a better": "its answers depend on the genes",
            "": "not tested",
        }.get(row["verdict"], "it is not shown that its answers depend on the genes")
        lines.append(f"- Its own answers, handed to other questions: {_outcome(row)}; {meaning}.")
    return "\n".join(lines)


def _against(scores: ModelScores, group: str) -> str:
    """Whether the arm beats all baselines of a group, in words."""
    tests, beaten = scores.against(group)
    if not tests:
        return "there are none here."
    closest = tests[0]
    named = f"{escaped(closest['b'])}, {_outcome(closest)}"
    if beaten:
        return f"**beaten**, all {len(tests)}; the nearest is {named}."
    if beaten is None:
        return f"not tested; the highest is {named}."
    ahead = [escaped(row["b"]) for row in tests if row["verdict"] == "b better"]
    better = f" Better than this model: {', '.join(ahead)}." if ahead else ""
    return f"**not beaten**; the highest is {named}.{better}"


def _outcome(row: Mapping[str, Any]) -> str:
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
