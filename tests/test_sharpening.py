"""Whether rollouts taught or sharpened: shares, votes and matched parents of four questions, worked out by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from reasonome.report import sharpening
from reasonome.report.comparisons_table import comparisons_table
from reasonome.report.evidence import Evidence
from reasonome.report.plan import Plan
from reasonome.report.scored_arms import collect_scores
from reasonome.report.sharpening import matched_parents, sharpening_section, sharpening_table
from reasonome.tasks import TASKS

TASK = TASKS["closed_book"]
ASKED = {"benchmark": "world", "style": "symbols"}
QUESTIONS = 12
READ, REWARDED = "pretrain.read-s0+sft.ask-s0", "pretrain.read-s0+sft.ask-s0+grpo.ask-s{}"


def table(*rights, samples=1):
    """Scores of answers to a question each: `rights` are shares of samples that name it; others name something else."""
    rows = []
    for number, right in enumerate(rights):
        for sample in range(samples):
            is_right = sample < right * samples
            row = {"id": f"q{number:02}", "subset": "never", "sample": sample, "cluster": f"P{number:02}"}
            answer = f"name {number}" if is_right else f"wrong {sample // 2}"
            rows.append(row | {"gold": f"name {number}", "answer": answer, "exact": float(is_right)})
    return pd.DataFrame(rows)


def answers(file, *named):
    """A file of answers to questions of the validation split, a list of names for each question."""
    rows = [
        {"id": f"v{number}", "subset": "valid", "sample": sample, "text": f"Process: {name}"}
        for number, names in enumerate(named)
        for sample, name in enumerate(names)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.fixture
def studied(tmp_path):
    """`studied(parent's greedy, arm's greedy, parent's samples, arm's samples, cooler samples)`: tables of it all."""

    def studied(parent, arm, parent_sampled, arm_sampled, cooler):
        evaluations = []

        def add(name, chain, seed, decoding, scores):
            run = {"backbone": "b", "arm": name, "chain": chain, "seed": seed, **ASKED, "decoding": decoding}
            evaluations.append((run | {"scores": "s", "run": "r"}, scores))

        add("read", READ, 0, "greedy", table(*parent))
        add("read", READ, 0, "sample", table(*parent_sampled, samples=8))
        for seed in range(3):
            add("rewarded", REWARDED.format(seed), seed, "greedy", table(*arm))
            add("rewarded", REWARDED.format(seed), seed, "sample", table(*arm_sampled, samples=8))
        table(*cooler, samples=8).to_parquet(tmp_path / "cooler.parquet")
        table(*[0.0] * QUESTIONS, samples=8).to_parquet(tmp_path / "coldest.parquet")
        files = []
        # Of four samples the trained model repeats its greedy answer in three, its parent in three at .7 and all at .5.
        sets = [(READ, "greedy", ["x"]), (READ, "cooler", ["x", "x", "X", "y"]), (READ, "coldest", ["x"] * 4)]
        for seed in range(3):
            sets += [(REWARDED.format(seed), "greedy", ["z"]), (REWARDED.format(seed), "sample", ["z", "z", "z", "y"])]
        for number, (chain, decoding, named) in enumerate(sets):
            own = {"chain": chain, "decoding": decoding, "valid": answers(tmp_path / f"{number}.jsonl", named)}
            scored = {"scores": tmp_path / f"{decoding}.parquet"} if decoding in ("cooler", "coldest") else {}
            files.append({"backbone": "b", **ASKED} | own | scored)
        temperatures = {"cooler": 0.7, "coldest": 0.5}
        plan = Plan(
            experiment="e",
            task="closed_book",
            arms=["read", "rewarded"],
            evaluations=[run for run, _ in evaluations],
            baselines=[],
            rewarded={"rewarded": "read"},
            temperatures={"greedy": 0.0, "sample": 1.0},
            matching={"greedy": "greedy", "sampled": "sample", "temperatures": temperatures, "answers": files},
        ).with_task(TASK)
        baselines = table(*[0.0] * QUESTIONS).assign(baseline="none", information="none")
        scores = [(run, of) for run, (_, of) in zip(plan.evaluations, evaluations, strict=True)]
        evidence = Evidence(scores, {("world", "symbols"): baselines})
        collected = collect_scores(plan, evidence)
        matched = matched_parents(plan, collected)
        comparisons = comparisons_table(plan, collected, matched)
        return sharpening_table(plan, evidence, collected, matched, comparisons), comparisons

    return studied


def test_samples_that_are_no_better_than_a_cooler_parents_are_sharpened(studied):
    """Half of the questions are right greedily, before and after; all samples of these are right after GRPO and in the
    parent at .7, which repeats itself as often (3 of 4); at temperature 1 the parent has 3 of 4."""
    half = [1.0] * 6 + [0.0] * 6
    found, comparisons = studied(half, half, [0.75] * 6 + [0.0] * 6, half, half)
    [row] = sharpening_section(found)
    assert (row["share"], row["share_parent"], row["share_matched"], row["vote_parent"]) == (0.5, 0.375, 0.5, 0.5)
    assert (row["temperature"], row["agreement"], row["agreement_parent"]) == ("0.7", 0.75, 0.75)
    assert (row["became_right"], row["of_wrong"], row["became_wrong"], row["of_right"]) == (0, 6, 0, 6)
    assert (row["verdict"], row["against"], row["difference"]) == (sharpening.SHARPENED, sharpening.AS_SURE, 0)
    assert "“rewarded” was sharpened" in row["sentence"] and "as sure (+0.000)" in row["sentence"]
    [tested] = comparisons.query("b == 'read as sure as rewarded' and metric == 'exact'").to_dict("records")
    assert (tested["kind"], tested["seeds_a"], tested["seeds_b"], tested["p"]) == ("as sure", 3, 3, 1)


def test_what_a_cooler_parent_does_not_do_is_taught(studied):
    """Of six wrong questions three become right, of six right ones one becomes wrong: shares 1/2 and 1/6."""
    before, after = [1.0] * 6 + [0.0] * 6, [1.0] * 5 + [0.0] + [1.0] * 3 + [0.0] * 3
    found, _ = studied(before, after, [0.5] * 6 + [0.0] * 6, [1.0] * 12, [0.5] * 6 + [0.25] * 6)
    [row] = sharpening_section(found)
    assert (row["became_right"], row["became_wrong"]) == (0.5, pytest.approx(1 / 6))
    assert (row["share"], row["share_matched"]) == (1, 0.375)
    assert row["verdict"] == sharpening.TAUGHT and row["low"] > 0 and "was taught" in row["sentence"]


def test_samples_that_gain_nothing_are_neither(studied):
    before = [0.5] * 12
    found, _ = studied([1.0] * 6 + [0.0] * 6, [1.0] * 6 + [0.0] * 6, before, before, [1.0] * 12)
    assert found["verdict"].tolist() == [sharpening.NEITHER]


def test_a_vote_is_the_commonest_answer_and_the_mean_of_several():
    rows = [("a", "X", 1), ("a", "x", 1), ("a", "y", 0), ("b", "x", 1), ("b", "y", 0), ("c", "", 0), ("c", "x", 1)]
    frame = pd.DataFrame(rows, columns=["id", "answer", "exact"]).assign(subset="s")
    asked = pd.MultiIndex.from_tuples([("s", name) for name in "abcd"], names=["subset", "id"])
    assert np.allclose(sharpening.vote(frame, "exact", asked), [1, 0.5, 1, 0])
    assert np.isnan(sharpening.vote(frame[frame["id"] != "a"], "exact", asked)).all(), "two answers are no vote"
