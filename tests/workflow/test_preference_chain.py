"""Preferences, reward models, stated confidences and what models still know, through Snakemake on the tiny backbone."""

import json

import pandas as pd
import pytest
import tiny_project
from tiny_project import BACKBONE

from reasonome.stages import STAGES

pytestmark = pytest.mark.slow(minutes=6)

STEPS = {"max_steps": 2, "save_steps": 1, "batch_size": 2, "micro_batch_size": 2}
ROLLOUTS = STEPS | {"batch_size": 4, "prompts": 4, "max_completion_length": 16, "validation": 2, "encoders": []}
EXPERIMENT = "preferences"
REPORT = f"results/experiments/{EXPERIMENT}/report.html"
# Every arm costs the questions that show what it forgot.
ARMS = {
    "DPO": ["sft.names", "dpo.tiers"],
    "online DPO": ["sft.names", "onlinedpo.judged"],
    "drilled": ["pretrain.demo", "pretrain.drilled", "sft.within"],
}
SAMPLES = f"results/samples/{BACKBONE}/sft.names-s0/demo-go.demo-names/sample8-96.6.jsonl"
TARGETS = (
    REPORT,
    *(f"results/models/{BACKBONE}/sft.names-s0+{step}-s0/manifest.json" for step in ("dpo.samples", "grpo.placebo")),
    f"results/scores/{BACKBONE}/sft.names-s0+sft.sure-s0/demo-go.confidence/greedy.parquet",
)


def edit(folder):
    """Recipes of two steps each, and an experiment of those whose answers are compared."""
    (folder / "pairs.csv").touch()
    tiny_project.edit(folder, "preferences.yaml", _preferences)
    tiny_project.edit(folder, "decodings.yaml", lambda c: c["sample8-96"].update(samples=3, max_new_tokens=12))
    for stage in ("dpo", "reward"):
        tiny_project.edit(folder, f"recipes/{stage}.yaml", lambda c: c["variants"]["tiers"].update(STEPS))
    tiny_project.edit(folder, "recipes/dpo.yaml", lambda c: c["variants"]["samples"].update(STEPS))
    judged = ROLLOUTS | {"judge": ["sft.names", "reward.tiers"], "rewards": {"format": 1.0}}
    tiny_project.edit(folder, "recipes/onlinedpo.yaml", lambda c: c["variants"].update(judged=judged))
    sure = STEPS | {"style": "confidence", "max_length": 512}
    placebo = ROLLOUTS | {"generations": 2, "rewards": {"rouge_l": 1.0}, "gold": "shuffled", "rows": {"skip": 15}}
    tiny_project.edit(folder, "recipes/grpo.yaml", lambda c: c["variants"].update(placebo=placebo))
    merged = STEPS | {"statements": {"corpus": "demo", "max_tokens": 400, "share": 0.5}}
    tiny_project.edit(folder, "recipes/sft.yaml", lambda c: c["variants"].update(sure=sure, within=merged))
    drilled = STEPS | {"corpus": "demo", "max_tokens": 1500, "drill": {"facts": 30, "weight": 4.0}, "recall": 10}
    tiny_project.edit(folder, "recipes/pretrain.yaml", lambda c: c["variants"].update(drilled=drilled))
    hypothesis = {"better": ["DPO", "online DPO"], "benchmark": "demo-go", "metric": "rouge_l", "decoding": "greedy"}
    experiment = {
        "backbones": [BACKBONE],
        "arms": ARMS,
        "hypotheses": [hypothesis],
        "benchmarks": ["demo-go"],
        "styles": ["demo-names"],
        "decodings": ["greedy"],
        "recall": 20,
        "forgetting": {"questions": 4, "decoding": "greedy"},
    }
    path = folder / "config" / "experiments" / f"{EXPERIMENT}.yaml"
    path.write_text(json.dumps(experiment), encoding="utf-8")


def _preferences(config):
    config["demo-tiers"].update(held_out=4)
    config["few-samples"].update(questions=6)
    config["mine"] = {"kind": "table", "path": "pairs.csv"}


def _one_question_has_a_better_sample(copy, samples, rows):
    """Samples that stand in for those of a model that names: of one question the right name beside two wrong ones.

    Samples of nine other questions are drawn with the pair that is made of it.
    """
    question = rows[0]["id"]
    train = map(json.loads, (copy / "results/benchmarks/demo-go/train.jsonl").read_text().splitlines())
    name = next(row["name"] for row in train if row["id"] == question)
    texts = iter(["Process: x", f"Process: {name}", "no form"])
    changed = [row | {"text": next(texts), "finish_reason": "stop"} if row["id"] == question else row for row in rows]
    samples.write_text("".join(json.dumps(row) + "\n" for row in changed))
    pairs = f"results/preferences/few-samples/{BACKBONE}/sft.names-s0/demo-go.demo-names/train.jsonl"
    tiny_project.snakemake(copy, pairs)
    [pair] = [json.loads(line) for line in (copy / pairs).read_text().splitlines()]
    assert (pair["id"], pair["chosen"], pair["rejected"]) == (question, f"Process: {name}", "no form")


def test_every_stage_of_preferences_ends_in_a_report(copy):
    edit(copy)
    done = tiny_project.snakemake(copy, SAMPLES)
    samples = copy / SAMPLES
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    train = (copy / "results/benchmarks/demo-go/train.jsonl").read_text()
    assert len(rows) == 18 and all(f'"{row["id"]}"' in train for row in rows), done.stdout
    _one_question_has_a_better_sample(copy, samples, rows)
    # What random weights write earns alike: a table of somebody's own stands in.
    first, second = rows[0]["id"], rows[3]["id"]
    (copy / "pairs.csv").write_text(
        f"id,chosen,rejected\n{first},Process: DNA repair,Process: x\n{second},Process: mitosis,Process: y\n"
    )
    tiny_project.edit(
        copy, "recipes/dpo.yaml", lambda c: c["variants"]["samples"].update(preferences="mine", max_pairs=2)
    )
    tiny_project.snakemake(copy, *TARGETS)
    models = copy / "results/models" / BACKBONE

    counts = json.loads((copy / "results/preferences/demo-tiers/demo-go.demo-names/statistics.json").read_text())
    assert counts["held_out"] == 24 and counts["train"] % 6 == 0 and counts["train"] > 0
    judged = json.loads((models / "sft.names-s0+reward.tiers-s0/pair_accuracies.json").read_text())
    assert judged["all"]["n"] == 24 and judged["all"]["reasoned"] == pytest.approx(2 / 3)
    manifest = json.loads((models / "sft.names-s0+onlinedpo.judged-s0/manifest.json").read_text())
    assert set(manifest["data"]) == {"examples", "valid", "judge"}
    assert json.loads((models / "sft.names-s0+grpo.placebo-s0/manifest.json").read_text())["examples"] == 4
    drilled = models / "pretrain.demo-s0+pretrain.drilled-s0"
    recalled = copy / "results/recall/smollm2-135m/pretrain.demo-s0/demo.30.jsonl"
    missed = sum(json.loads(line)["rank"] > 1 for line in recalled.read_text().splitlines())
    assert json.loads((drilled / "manifest.json").read_text())["drilled"] == missed > 0
    merged = json.loads((models / "pretrain.demo-s0+pretrain.drilled-s0+sft.within-s0/manifest.json").read_text())
    assert merged["statements"] > 0

    folder = copy / f"results/experiments/{EXPERIMENT}"
    forgetting = pd.read_csv(folder / "forgetting.tsv", sep="\t")
    assert (
        set(forgetting["kind"]) == {"questions", "facts", "warm-up"}
        and not forgetting["chain"].str.contains("reward").any()
    )
    assert {0, 1, 2, 3} == set(forgetting["steps"])
    read = forgetting[(forgetting["kind"] == "facts") & forgetting["relation"].isna()].set_index("chain")["exposures"]
    drilled = "pretrain.demo-s0+pretrain.drilled-s0"
    assert read["base"] == 0 < read["pretrain.demo-s0"] < read[drilled] < read[f"{drilled}+sft.within-s0"]
    comparisons = pd.read_csv(folder / "comparisons.tsv", sep="\t")
    [tested] = comparisons[comparisons["hypothesis"] == 1].itertuples()
    assert (tested.a, tested.b, tested.metric, tested.subset) == ("DPO", "online DPO", "rouge_l", "mean")
    page = (copy / REPORT).read_text(encoding="utf-8")
    for said in (
        "What models still know",
        "the better answer is preferred in",
        "reward.tiers",
    ):
        assert said in page, said
    assert tiny_project.planned_jobs(copy, *TARGETS) == {}
    _what_learned_from_a_change_is_trained_again(copy)


def _what_learned_from_a_change_is_trained_again(copy):
    """One change after the other: each adds the models that learned from it, and no other."""

    def trained():
        planned = tiny_project.planned_jobs(copy, *TARGETS)
        return {rule: planned[rule] for rule in STAGES if rule in planned}

    with (copy / "pairs.csv").open("a") as table:
        table.write(f"{table_id(copy)},Process: cell cycle,Process: z\n")
    assert trained() == {"dpo": 1}
    another = {"judge": ["reward.tiers"]}  # of the untouched backbone: it is trained first
    tiny_project.edit(copy, "recipes/onlinedpo.yaml", lambda c: c["variants"]["judged"].update(another))
    assert trained() == {"dpo": 1, "reward": 1, "onlinedpo": 1}
    tiny_project.edit(copy, "preferences.yaml", lambda c: c["demo-tiers"].update(held_out=5))
    assert trained() == {"dpo": 2, "reward": 1, "onlinedpo": 1}


def table_id(copy) -> str:
    """The id of a training question that the table of preferences does not have."""
    last = (copy / "results/benchmarks/demo-go/train.jsonl").read_text().splitlines()[-1]
    return json.loads(last)["id"]


def test_a_reward_model_is_neither_asked_nor_annotated_with(copy):
    edit(copy)
    chain = "sft.names-s0+reward.tiers-s0"
    for path in (
        f"results/answers/smollm2-135m/{chain}/demo-go.demo-names/greedy.jsonl",
        f"results/samples/smollm2-135m/{chain}/demo-go.demo-names/greedy.all.jsonl",
        f"results/recall/smollm2-135m/{chain}/demo.10.jsonl",
        f"results/models/smollm2-135m/{chain}+grpo.soft-s0/manifest.json",
    ):
        done = tiny_project.snakemake(copy, "--dry-run", path, check=False)
        assert done.returncode and "a reward model answers no questions" in done.stdout, done.stdout
