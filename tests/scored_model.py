"""Hand-made scores of one model on 90 questions, beside those of baselines, and the tests between them."""

from reasonome.report.plan import Plan
from reasonome.tasks import TASKS

BACKBONE = "smollm2-135m"
CHAIN = "pretrain.demo-s0+sft.names-s0"
ARM = "KW+RA <b>"
SETTING = {"experiment": "mine", "backbone": BACKBONE, "benchmark": "demo-go", "style": "names", "decoding": "greedy"}


def row(arm: str, metric: str, value: float, **more) -> dict:
    labels = {"chain": CHAIN, "seed": "0", "subset": "mean", "stratum": "", "kind": "model", "information": "", "n": 90}
    bounds = {"value": value, "low": value - 0.01, "high": value + 0.01}
    return SETTING | labels | bounds | {"arm": arm, "metric": metric} | more


def baseline(name: str, information: str, value: float) -> dict:
    nobody = {"backbone": "", "chain": "", "seed": "", "decoding": ""}
    return row(name, "term_score", value, kind="baseline", information=information, **nobody)


def comparison(baseline: str, information: str, difference: float, p: float, **more) -> dict:
    labels = {"subset": "mean", "kind": "baseline", "metric": "term_score", "hypothesis": "", "a": ARM}
    bounds = {"difference": difference, "low": difference - 0.02, "high": difference + 0.02}
    design = {"error": 0.01, "df": 12.0, "clusters": 90, "n": 90, "mean_b": 0.1, "seeds_a": 1, "seeds_b": 1, "note": ""}
    return SETTING | labels | bounds | design | {"b": baseline, "information": information, "p": p} | more


METRICS = [
    row(ARM, "term_score", 0.3),
    row(ARM, "rouge_l", 0.25),
    row(ARM, "no_name", 0.1),
    *(row(ARM, "term_score", 0.3, subset=subset, n=30) for subset in ("bp", "cc", "mf")),
    row(ARM, "term_score", 0.05, kind="shuffled"),
    row("base", "term_score", 0.0, chain="base"),
    row("base", "no_name", 1.0, chain="base"),
    baseline("constant", "none", 0.1),
    baseline("random", "none", 0.02),
    baseline("commonest_words", "prompt", 0.28),
    baseline("nearest_set", "training data", 0.4),
    baseline("nearest_prompt", "training data", 0.2),
    baseline("look_up", "a database with the own term", 1.0),
]
TESTS = [
    comparison("constant", "none", 0.2, 0.004),
    comparison("commonest_words", "prompt", 0.02, 0.31),
    comparison("nearest_set", "training data", -0.1, 0.01),
    comparison("base", "", 0.3, 0.0001, kind="parent arm"),
    comparison(f"{ARM} (shuffled)", "", 0.25, 0.0002, kind="shuffled"),
]


def plan() -> Plan:
    asked = {"backbone": BACKBONE, "seed": 0, "benchmark": "demo-go", "style": "names", "decoding": "greedy"}
    untrained = asked | {"arm": "base", "chain": "base", "scores": "x", "run": "x"}
    trained = asked | {"arm": ARM, "chain": CHAIN, "scores": "y", "run": "y", "track": "strict"}
    baselines = [{"benchmark": "demo-go", "style": "names", "path": "z"}]
    arms = {"arms": ["base", ARM], "evaluations": [untrained, trained]}
    return Plan(experiment="mine", task="gene_set_naming", baselines=baselines, **arms).with_task(
        TASKS["gene_set_naming"]
    )
