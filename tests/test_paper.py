"""Tables and figures of a paper, from metrics and comparisons whose numbers can be checked by hand."""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from synthetic_experiment import write_experiment

from reasonome.core import atomic
from reasonome.metrics import CEILING
from reasonome.report import abstention, number_text, paper, tables
from reasonome.report.plan import Evaluation, Plan
from reasonome.tasks import TASKS
from reasonome.tasks.naming.metric_set import METRICS

PROGRAM = Path(__file__).parents[1] / "scripts" / "write_paper_tables.py"

HOSTILE = "a|b <b>*x*</b> [c](d) `e` $f$ _g_ h_i"


def make_plan(arms: dict[str, str], benchmarks=("in",), backbones=("small",), **fields) -> Plan:
    """A plan whose arms have these chains, asked in one style and decoding."""
    cell = {"seed": 0, "style": "names", "decoding": "greedy", "scores": "s.parquet", "run": "run.json"}
    evaluations = [
        cell | {"backbone": backbone, "arm": arm, "chain": chain, "benchmark": benchmark}
        for backbone in backbones
        for arm, chain in arms.items()
        for benchmark in benchmarks
    ]
    baselines = [{"benchmark": name, "style": "names", "path": "f.parquet"} for name in benchmarks]
    labels = {"experiment": "tiny", "task": "gene_set_naming", "arms": list(arms)}
    return Plan.model_validate(labels | {"evaluations": evaluations, "baselines": baselines} | fields).with_task(
        TASKS["gene_set_naming"]
    )


ARMS = {"base": "base", "KW": "pretrain.demo-s0", "KW+RA": "pretrain.demo-s0+sft.names-s0"}


def scored(arm: str, by_subset: dict[str, float], metric="rouge_l", seed="0", sd=np.nan, **labels) -> list[dict]:
    """Rows of metrics.tsv of one model; intervals reach 0.05 to both sides."""
    common = {"experiment": "tiny", "backbone": "small", "arm": arm, "chain": ARMS.get(arm, ""), "seed": seed}
    common |= {"benchmark": "in", "style": "names", "decoding": "greedy", "stratum": "", "kind": "model"}
    common |= {"information": "", "metric": metric, "sd_seeds": sd, "n_seeds": 1, "n": 10} | labels
    return [common | {"subset": s, "value": v, "low": v - 0.05, "high": v + 0.05} for s, v in by_subset.items()]


def baseline(name: str, information: str, by_subset: dict[str, float], metric="rouge_l", **labels) -> list[dict]:
    labels = {"kind": "baseline", "information": information, "backbone": "", "seed": "", "decoding": ""} | labels
    return scored(name, by_subset, metric, **labels)


def compared(a: str, b: str, p: float, p_holm: float, kind="parent arm", subset="mean", **labels) -> dict:
    """A row of comparisons.tsv."""
    common = {"experiment": "tiny", "backbone": "small", "benchmark": "in", "style": "names", "decoding": "greedy"}
    common |= {"subset": subset, "kind": kind, "metric": "rouge_l", "a": a, "b": b, "difference": 0.1}
    return common | {"p": 1.0, "p_family": p, "p_holm": p_holm, "verdict": "n.s."} | labels


NO_TESTS = pd.DataFrame([compared("x", "y", 1, 1)]).iloc[:0]


def cells(plan: Plan, rows: list[dict], tests: pd.DataFrame | list[dict] = NO_TESTS, asked=("in",)) -> pd.DataFrame:
    return paper.score_cells(plan, pd.DataFrame(rows), pd.DataFrame(tests), asked)


def table_rows(markdown: str) -> list[list[str]]:
    """The cells of every table row."""
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


TWO_SUBSETS = [
    *scored("base", {"bp": 0.2, "mf": 0.4, "mean": 0.3}),
    *scored("KW", {"bp": 0.25, "mf": 0.3, "mean": 0.275}),
    *scored("KW+RA", {"bp": 0.3, "mf": 0.6, "mean": 0.45}),
]


def test_differences_are_to_the_untrained_backbone_in_percent():
    found = cells(make_plan(ARMS), TWO_SUBSETS)
    assert list(zip(found["arm"], found["subset"], strict=True)) == [
        (arm, subset) for arm in ARMS for subset in ("bp", "mf", "mean")
    ]
    # 0.25 of 0.2 is +25 %, 0.3 of 0.4 is -25 %, 0.275 of 0.3 is -8.33 %; 0.3, 0.6 and 0.45 are each half more.
    assert found["delta_percent"].tolist()[3:] == pytest.approx([25, -25, -100 / 12, 50, 50, 50])
    assert found["delta"].tolist()[3:] == pytest.approx([0.05, -0.1, -0.025, 0.1, 0.2, 0.15])
    assert found.loc[found["arm"] == "base", ["base", "delta", "delta_percent"]].isna().all(axis=None)
    table = table_rows(paper.score_markdown("in_distribution", make_plan(ARMS), found))
    assert table[0] == ["backbone", "arm", "bp", "mf", "mean", "paired test"]
    assert table[2:] == [
        ["small", "base", "0.200", "0.400", "0.300", ""],
        ["", "KW", "0.250 (+25.0\u00a0%)", "0.300 (−25.0\u00a0%)", "0.275 (−8.3\u00a0%)", ""],
        ["", "KW+RA", "0.300 (+50.0\u00a0%)", "0.600 (+50.0\u00a0%)", "0.450 (+50.0\u00a0%)", ""],
    ]


@pytest.mark.parametrize(
    ("base", "score", "shown"),
    [
        ({"base": 0.0}, 0.12, "0.120 (n/a,\u00a0+0.120)"),
        ({"base": 0.001}, 0.025, "0.025 (+2,400\u00a0%)"),
        ({}, 0.12, "0.120"),
    ],
)
def test_percent_have_no_decimals_where_large_and_are_not_applicable_to_zero(base, score, shown):
    rows = [row for arm, value in (base | {"KW": score}).items() for row in scored(arm, {"bp": value, "mean": value})]
    plan = make_plan({arm: ARMS[arm] for arm in (*base, "KW")})
    found = cells(plan, rows)
    assert found["subset"].tolist() == ["mean"] * len(plan.arms)  # a single subset is its own mean
    assert table_rows(paper.score_markdown("in_distribution", plan, found))[-1][2] == shown


def test_the_mean_over_encoders_without_reward_stands_where_a_reward_used_one():
    rows = [row for metric in ("similarity", "similarity_independent") for row in scored("base", {"mean": 0.5}, metric)]
    for rewarded, shown in (([], ["similarity"]), (["minilm"], ["similarity", "similarity_independent"])):
        assert cells(make_plan({"base": "base"}, rewarded_encoders=rewarded), rows)["metric"].tolist() == shown


def test_each_backbone_has_its_own_base_and_the_order_is_the_plan_s():
    rows = [*scored("KW", {"mean": 0.3}), *scored("base", {"mean": 0.2})]
    rows += [*scored("KW", {"mean": 0.9}, backbone="large"), *scored("base", {"mean": 0.6}, backbone="large")]
    rows = [row | {"subset": subset} for row in rows for subset in ("bp", "mean")]
    arms = {arm: ARMS[arm] for arm in ("base", "KW")}
    plan = make_plan(arms, backbones=("small", "large"))
    found = cells(plan, rows)
    assert found["backbone"].tolist() == ["small"] * 2 + ["large"] * 2 and found["arm"].tolist() == ["base", "KW"] * 2
    assert found["delta_percent"].tolist()[1::2] == pytest.approx([50, 50])
    table = table_rows(paper.score_markdown("in_distribution", plan, found))
    assert [row[0] for row in table[2:]] == ["small", "", "large", ""]


def test_seeds_are_averaged_with_their_standard_deviation():
    rows = [row for seed, v in (("0", 0.1), ("1", 0.3)) for row in scored("KW", {"bp": v, "mean": v}, seed=seed)]
    rows += scored("KW", {"bp": 0.2, "mean": 0.2}, seed="mean", sd=0.1414, n_seeds=2)
    plan = make_plan({"KW": ARMS["KW"]})
    found = cells(plan, rows)
    assert found[["value", "sd_seeds", "n_seeds"]].to_numpy().tolist() == [[0.2, 0.1414, 2]]
    assert table_rows(paper.score_markdown("in_distribution", plan, found))[-1][2] == "0.200 ± 0.141"


def test_the_best_baseline_of_every_group_is_that_of_the_metric_s_mean():
    rows = [
        *scored("base", {"bp": 0.2, "mf": 0.4, "mean": 0.3}),
        *scored("base", {"bp": 0.2, "mf": 0.4, "mean": 0.3}, "similarity"),
        *baseline("nearest_set", "training data", {"bp": 0.3, "mf": 0.5, "mean": 0.4}),
        *baseline("constant", "none", {"bp": 0.3, "mf": 0.1, "mean": 0.2}),
        *baseline("random", "none", {"bp": 0.0, "mf": 0.3, "mean": 0.15}),
        *baseline("constant", "none", {"bp": 0.1, "mf": 0.1, "mean": 0.1}, "similarity"),
        *baseline("random", "none", {"bp": 0.2, "mf": 0.2, "mean": 0.2}, "similarity"),
        *baseline("elsewhere", "none", {"bp": 1.0, "mf": 1.0, "mean": 1.0}, style="symbols"),
        *baseline("look_up", CEILING, {"bp": 1.0, "mf": 1.0, "mean": 1.0}),
    ]
    plan = make_plan({"base": "base"})
    found = cells(plan, rows)
    baselines = found[found["kind"] == "baseline"]
    assert baselines["subset"].tolist() == ["bp", "mf", "mean"] * 4
    assert baselines.loc[baselines["subset"] == "mean", ["metric", "arm", "value"]].to_numpy().tolist() == [
        ["rouge_l", "constant", 0.2],
        ["rouge_l", "nearest_set", 0.4],
        ["rouge_l", "look_up", 1.0],
        ["similarity", "random", 0.2],
    ]
    assert baselines["value"].tolist()[:2] == [0.3, 0.1]  # the subsets of the constant
    markdown = paper.score_markdown("in_distribution", plan, found)
    assert [row[:2] for row in table_rows(markdown)[2:6]] == [
        ["small", "base"],
        ["best baseline", "constant (none)"],
        ["", "nearest_set (training data)"],
        ["ceiling", "look_up (a database with the own term)"],
    ]


def test_the_primary_metric_is_first_and_encoders_stand_one_by_one_only_if_there_are_several():
    names = ["similarity_minilm", "rouge_l", "similarity", "length", "term_score"]
    metrics = pd.DataFrame({"metric": names})
    naming = TASKS["gene_set_naming"].metrics
    assert paper.score_metrics(metrics, naming) == ["term_score", "rouge_l", "similarity"]
    assert paper.score_metrics(metrics, naming.led_by("rouge_l")) == ["rouge_l", "term_score", "similarity"]
    several = ["similarity", "similarity_independent", "similarity_medcpt", "similarity_minilm"]
    found = pd.DataFrame({"metric": [*names, *several]})
    assert paper.score_metrics(found, naming) == ["term_score", "rouge_l", *several]


def test_strata_and_contaminated_variants_are_left_out():
    rows = [*TWO_SUBSETS, *scored("base", {"mean": 0.9}, stratum="understudied"), *scored("base", {"bp-50": 0.9})]
    found = cells(make_plan(ARMS), rows)
    assert len(found) == 9 and 0.9 not in found["value"].tolist()


def test_the_test_is_against_the_parent_arm():
    tests = [
        compared("KW", "base", 0.0004, 0.0008, verdict="b better"),
        compared("KW+RA", "KW", 0.2, 0.4, difference=-0.025, verdict="on par"),
        compared("KW+RA", "base", 1e-9, 1e-9, kind="baseline"),  # a baseline of that name
        compared("KW+RA", "KW", 0.001, np.nan, subset="bp"),
    ]
    found = cells(make_plan(ARMS), TWO_SUBSETS, tests).set_index(["arm", "subset"])
    columns = ["against", "difference", "p_family", "p_holm", "verdict", "mark"]
    assert found.loc[("KW", "mean"), columns].tolist() == ["base", 0.1, 0.0004, 0.0008, "b better", "***"]
    assert found.loc[("KW+RA", "mean"), columns].tolist() == ["KW", -0.025, 0.2, 0.4, "on par", "n.s."]
    assert found.loc[("KW+RA", "bp"), ["against", "mark"]].tolist() == ["KW", "(**)"]
    assert found.loc[("KW+RA", "mf"), ["against", "mark"]].tolist() == ["", ""]
    table = table_rows(paper.score_markdown("in_distribution", make_plan(ARMS), found.reset_index()))
    assert [row[-1] for row in table[2:]] == ["", "base: +0.100 ***", "KW: −0.025 n.s., on par"]


@pytest.mark.parametrize(
    ("p", "p_holm", "expected"),
    [
        (0.0001, 0.00099, "***"),
        (0.0001, 0.001, "**"),
        (0.0001, 0.01, "*"),
        (0.0001, 0.05, "n.s."),
        (0.04, np.nan, "(*)"),
        (0.05, np.nan, "(n.s.)"),
        (np.nan, np.nan, ""),
    ],
)
def test_marks(p, p_holm, expected):
    assert paper.mark(p, p_holm) == expected


def test_benchmarks_go_where_the_experiment_puts_them():
    plan = make_plan({"base": "base"}, benchmarks=("other", "in"), out_of_distribution=["other"])
    rows = scored("base", {"bp": 0.3, "mean": 0.3}) + scored("base", {"bp": 0.1, "mean": 0.1}, benchmark="other")
    assert cells(plan, rows, asked=paper.benchmarks(plan))["benchmark"].tolist() == ["in"]
    found = cells(plan, rows, asked=plan.out_of_distribution)
    assert found[["benchmark", "value"]].to_numpy().tolist() == [["other", 0.1]]
    assert "# Scores out of distribution" in paper.score_markdown("out_of_distribution", plan, found)


@pytest.mark.parametrize(("track", "heading"), [("", ""), ("as-published", ", track as-published")])
def test_the_track_is_printed_with_every_table(track, heading):
    plan = make_plan({"base": "base"})
    plan = plan.model_copy(update={"evaluations": [plan.evaluations[0].model_copy(update={"track": track})]})
    markdown = paper.score_markdown("in_distribution", plan, cells(plan, scored("base", {"bp": 0.3, "mean": 0.3})))
    assert f"## in, style names, decoding greedy{heading}\n" in markdown


def test_an_experiment_without_other_benchmarks_says_so():
    found = cells(make_plan(ARMS), TWO_SUBSETS, asked=[])
    assert found.empty and list(found.columns) == paper.CELL_COLUMNS
    markdown = paper.score_markdown("out_of_distribution", make_plan(ARMS), found)
    assert "The experiment has no benchmark out of distribution." in markdown and "|" not in markdown


def test_format_is_given_as_published_and_strictly():
    rows = [
        *scored("base", {"bp": 0.5, "mf": 0.7, "mean": 0.6}, "format"),
        *scored("base", {"bp": 0.9, "mf": 0.7, "mean": 0.8}, "format_published"),
        *scored("KW", {"bp": 1.0, "mf": 1.0, "mean": 1.0}, "format", seed="mean", sd=0.02, n_seeds=3),
        *scored("base", {"bp": 0.1, "mf": 0.1, "mean": 0.1}),
    ]
    plan = make_plan({arm: ARMS[arm] for arm in ("base", "KW")})
    found = paper.format_cells(plan, pd.DataFrame(rows))
    assert found[["arm", "metric", "subset", "value"]].to_numpy().tolist() == [
        ["base", "format_published", "mean", 0.8],
        ["base", "format", "mean", 0.6],
        ["KW", "format", "mean", 1.0],
    ]
    table = table_rows(paper.format_markdown(plan, found))
    assert table[0] == ["backbone", "arm", "benchmark", "style", "decoding", "as published", "strict"]
    assert table[2][5:] == ["0.800 (0.750 to 0.850)", "0.600 (0.550 to 0.650)"]
    assert table[3][5:] == ["", "1.000 ± 0.020 (0.950 to 1.050)"]


def test_names_are_shown_as_they_are():
    assert number_text.escaped("a|b") == "a\\|b"
    assert number_text.escaped("<b> &\n x") == "&lt;b&gt; &amp; x"
    assert number_text.escaped("nearest_set _x_ *y*") == "nearest_set \\_x\\_ \\*y\\*"
    plan = make_plan({HOSTILE: "base"})
    found = cells(plan, scored(HOSTILE, {"bp": 0.5, "mean": 0.5}))
    table = table_rows(paper.score_markdown("in_distribution", plan, found))
    shown = "a\\|b &lt;b&gt;\\*x\\*&lt;/b&gt; \\[c\\](d) \\`e\\` \\$f\\$ \\_g\\_ h_i"
    assert table[-1] == ["small", shown, "0.500", ""]
    assert {len(row) for row in table} == {4}


def test_the_ablation_shows_every_backbone_and_the_best_baselines():
    arms = {arm: ARMS[arm] for arm in ("base", "KW")}
    plan = make_plan(arms, benchmarks=("in", "other"), backbones=("small", "large"))
    rows = []
    models = [("small", "base", 0.1), ("small", "KW", 0.2), ("large", "base", 0.3)]
    for benchmark, metric in (("in", "rouge_l"), ("in", "term_score"), ("other", "rouge_l"), ("other", "term_score")):
        for backbone, arm, value in models if benchmark == "in" else models[:2]:  # a backbone that was not asked
            by_subset = {"bp": value, "mean": value}
            rows += scored(arm, by_subset, metric, backbone=backbone, benchmark=benchmark)
        rows += baseline("constant", "none", {"mean": 0.15}, metric, benchmark=benchmark)
        rows += baseline("random", "none", {"mean": 0.05}, metric, benchmark=benchmark)
    figure, data = paper.ablation(plan, pd.DataFrame(rows))
    assert [(axes.get_title(loc="left"), axes.get_ylabel()) for axes in figure.axes] == [
        ("in, names, greedy", "term score, 95 % interval"),
        ("in, names, greedy", "ROUGE-L, 95 % interval"),
        ("other, names, greedy", "term score, 95 % interval"),
        ("other, names, greedy", "ROUGE-L, 95 % interval"),
    ]
    points = [list(container.lines[0].get_ydata()) for container in figure.axes[0].containers]
    assert points == [[0.1, 0.2], [0.3]]
    assert [text.get_text() for text in figure.axes[0].texts] == ["constant (none)"]
    assert data[["backbone", "arm", "value", "low"]][:4].fillna("").to_numpy().tolist() == [
        ["small", "base", 0.1, pytest.approx(0.05)],
        ["small", "KW", 0.2, pytest.approx(0.15)],
        ["large", "base", 0.3, pytest.approx(0.25)],
        ["", "constant", 0.15, pytest.approx(0.1)],
    ]
    assert len(data) == 2 * 4 + 2 * 3
    plt.close(figure)


def with_confidence(confidence: list[float], right: list[float]) -> pd.DataFrame:
    """A table of scores of real sets, whose true term was found where `right` is 1."""
    frame = pd.DataFrame({"confidence": confidence, "same_term": right, "term_score": right})
    ids = [str(i) for i in range(len(frame))]
    labels = {"subset": "bp", "id": ids, "cluster": ids, "contaminated": 0.0, "abstained": 0.0}
    return frame.assign(confidence_kind=np.where(frame["confidence"].isna(), "", "logprob"), **labels)


def test_a_confidence_that_tells_right_from_wrong_gives_a_falling_curve():
    sure = with_confidence([4, 3, 2, 1], [1, 1, 0, 0])
    figure, data = abstention.coverage(
        METRICS, [(evaluation("a|b"), sure), (evaluation("none"), sure.assign(confidence=np.nan))]
    )
    assert data["arm"].unique().tolist() == ["a|b"] and data["over"].unique().tolist() == ["real sets"]
    curve = data[data["measure"] == "right"].set_index("coverage")
    # The two surest of four are right: all of the first half, and 2 of 3 at three quarters.
    assert curve.loc[[0.25, 0.5, 0.75, 1.0], "accuracy"].tolist() == pytest.approx([1, 1, 2 / 3, 0.5])
    assert curve["baseline"].unique().tolist() == [0.5]
    assert [axes.get_ylabel() for axes in figure.axes] == ["term score", "share of right answers"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a|b", "constant confidence"]
    plt.close(figure)


def test_where_no_confidence_was_recorded_the_files_say_so():
    scores = with_confidence([np.nan] * 4, [1, 0, 0, 0])
    figure, data = abstention.coverage(METRICS, [(evaluation("base"), scores)])
    assert [text.get_text() for text in figure.axes[0].texts] == [abstention.NO_CONFIDENCE]
    assert data.empty and list(data.columns) == abstention.CURVE_COLUMNS
    plt.close(figure)
    found = abstention.abstentions(METRICS, [(evaluation("base"), scores)], seed=0, resamples=20)
    notes = found.loc[found["measure"].isin(["term_score", "right"]) & (found["against"] == "real sets"), "note"]
    assert set(notes) == {"no answer has a confidence"}
    scored_before = scores.drop(columns=["confidence", "confidence_kind"])
    assert abstention.abstentions(METRICS, [(evaluation("base"), scored_before)], seed=0, resamples=20).empty


def test_every_evaluation_has_its_abstention_measures():
    evaluations = [(evaluation("KW", seed), with_confidence([4, 3, 2, 1], [1, 1, 0, seed])) for seed in (0, 1)]
    found = abstention.abstentions(METRICS, evaluations, seed=0, resamples=20)
    half = found.query("measure == 'right' and coverage == 1 and against == 'real sets'")
    assert half[["backbone", "arm", "seed", "benchmark", "value"]].to_numpy().tolist() == [
        ["small", "KW", 0, "in", 0.5],
        ["small", "KW", 1, "in", 0.75],
    ]


def evaluation(arm: str, seed: int = 0) -> Evaluation:
    return make_plan({arm: "base"}).evaluations[0].model_copy(update={"seed": seed})


FILES = ["ablation.png", "ablation.svg", "ablation.tsv", "abstention.tsv"]
FILES += ["coverage.png", "coverage.svg", "coverage.tsv", "format.md", "format.tsv"]
FILES += ["in_distribution.md", "in_distribution.tsv", "out_of_distribution.md", "out_of_distribution.tsv"]


def test_the_program_writes_the_same_bytes_again_and_needs_its_tables(tmp_path):
    plan = write_experiment(tmp_path, per_subset=4, arms=["base", HOSTILE])
    rows = [row for arm, value in (("base", 0.1), (HOSTILE, 0.2)) for row in scored(arm, {"bp": value, "mean": value})]
    rows += scored("base", {"bp": 1.0, "mean": 1.0}, "format") + baseline("constant", "none", {"bp": 0.1, "mean": 0.1})
    labels = {"experiment": "demo", "benchmark": "demo-go"}
    metrics = pd.DataFrame(rows).assign(**labels).replace({"backbone": {"small": "smollm2-135m"}})
    atomic.write_tsv(tmp_path / "metrics.tsv", metrics.reindex(columns=tables.METRIC_COLUMNS))
    atomic.write_tsv(tmp_path / "comparisons.tsv", pd.DataFrame(columns=tables.COMPARISON_COLUMNS))

    def run() -> tuple[subprocess.CompletedProcess, dict[str, bytes]]:
        done = subprocess.run(
            [sys.executable, PROGRAM, plan.parent, "--resamples", "100"], capture_output=True, text=True
        )
        return done, {path.name: path.read_bytes() for path in sorted((tmp_path / "paper").glob("*"))}

    done, first = run()
    assert done.returncode == 0, done.stderr
    assert list(first) == FILES
    (tmp_path / "paper" / "left_over.txt").write_text("")
    assert run()[1] == first
    assert "0.200 (+100\u00a0%)" in first["in_distribution.md"].decode()
    assert b"<b>" not in first["in_distribution.md"] and b"<b>" not in first["ablation.svg"]
    assert HOSTILE in pd.read_csv(tmp_path / "paper" / "in_distribution.tsv", sep="\t")["arm"].tolist()

    (tmp_path / "metrics.tsv").unlink()
    done, files = run()
    assert done.returncode == 2 and "metrics.tsv: there is no such table" in done.stderr
    assert files == first  # what was there stays
