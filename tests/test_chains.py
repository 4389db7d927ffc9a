"""Chains: one name for how a model came to be, and the cells of an experiment."""

import re
from types import SimpleNamespace

import pytest
from refusals import refused

from reasonome.config.experiments import Experiment
from reasonome.config.project import chains, experiments
from reasonome.config.project.chains import Step
from reasonome.config.project.references import check_target
from reasonome.config.project.results import Run

CHAIN = "pretrain.go-s0+sft.names-s0+grpo.soft-s12"


def test_parse_and_back():
    steps = [Step("pretrain", "go", 0), Step("sft", "names", 0), Step("grpo", "soft", 12)]
    assert chains.parse(CHAIN) == steps
    assert "+".join(map(str, steps)) == CHAIN
    assert chains.parse("base") == []


def test_parents_down_to_the_base():
    assert chains.lineage(CHAIN) == ["base", "pretrain.go-s0", "pretrain.go-s0+sft.names-s0", CHAIN]
    assert chains.parent("base") == "base"
    assert chains.last_step(CHAIN) == Step("grpo", "soft", 12)


@pytest.mark.parametrize(
    "chain",
    [
        "",
        "sft.Names-s0",
        "sft.names-s0\n",
        "sft.../x-s0",
        "base+sft.names-s0",
        "sft.names-s01",
    ],
)
def test_what_is_no_chain(chain):
    with refused(fix="write stage.variant-sN, as in sft.closedbook-s0"):
        chains.parse(chain)


def test_a_step_of_an_unknown_stage_has_no_recipe(project):
    with refused(fix="did you mean 'sft'?"):
        chains.Step.parse("stf.names-s0").recipe(project.recipes)


@pytest.mark.parametrize(
    ("target", "fix"),
    [
        ("models/smollm2-135m/grpo.soft-s0+pretrain.demo-s0/manifest.json", "the order is pretrain → sft"),
        ("models/smollm2-135m/sft.nams-s0/manifest.json", "did you mean 'names'?"),
        ("models/smollm2-153m/base/manifest.json", "did you mean 'smollm2-135m'?"),
        ("models/smollm2-135m/sft.names-s0/card.dmeo.md", "did you mean 'demo'?"),
        ("scores/smollm2-135m/base/demo-og.names/greedy.json", "did you mean 'demo-go'?"),
    ],
)
def test_an_unknown_name_in_a_target_has_the_nearest(project, target, fix):
    with refused(fix=fix):
        check_target(project, f"results/{target}")


@pytest.mark.parametrize(
    "word",
    [
        "--cores",
        "cards",
        "/elsewhere/dmeo/report.html",
        "results",
        "results/logs/sft/x.log",
        "results/models/smollm2-135m/pretrain.demo-s3+sft.names-s0/card.demo.md",
        "results/answers/smollm2-135m/base/demo-go.names/greedy.jsonl",
        "results/samples/smollm2-135m/sft.names-s0/demo-go.names/greedy.all.jsonl",
        "results/experiments/demo/report.html",
        "results/experiments/demo.html",  # of `snakemake --report`
    ],
)
def test_other_words_and_targets_of_known_names_pass(project, word):
    check_target(project, word)


@pytest.mark.parametrize("chain", ["base", "sft.names-s0", "sft.names-s10", CHAIN])
def test_the_workflow_matches_what_can_be_parsed(chain):
    assert re.fullmatch(chains.CHAIN_PATTERN, chain)
    assert isinstance(chains.parse(chain), list)


@pytest.mark.parametrize("chain", ["base+sft.names-s0", "sft.names-s01", "sft.names", "sft.names-s0++grpo.soft-s0"])
def test_the_workflow_matches_nothing_else(chain):
    assert not re.fullmatch(chains.CHAIN_PATTERN, chain)


def test_the_pattern_of_a_stage_looks_at_the_last_step():
    sft = chains.stage_pattern("sft")
    assert re.fullmatch(sft, "sft.names-s0") and re.fullmatch(sft, "pretrain.go-s0+sft.names-s3")
    assert not re.fullmatch(sft, CHAIN) and not re.fullmatch(sft, "base")


def test_only_the_last_step_has_the_seed():
    assert chains.arm_chain([], 7) == "base"
    assert chains.arm_chain(["sft.names"], 7) == "sft.names-s7"
    assert chains.arm_chain(["pretrain.go", "sft.names"], 7) == "pretrain.go-s0+sft.names-s7"
    assert chains.arm_chain(["pretrain.go", "sft.names"], 7, whole=True) == "pretrain.go-s7+sft.names-s7"


SYMBOLS = {"steps": ["sft.sym"], "styles": ["symbols"], "seeds": [3]}


def test_the_cells_of_an_experiment():
    experiment = Experiment(
        backbones=["tiny"],
        arms={"base": [], "RA": ["pretrain.go", "sft.names"], "symbols": SYMBOLS},
        seeds=[0, 3],
        benchmarks=["demo-go"],
        styles=["names"],
        decodings=["greedy", "sample8"],
    )
    ra, symbols = "pretrain.go-s0+sft.names", "sft.sym"
    task = SimpleNamespace(task="naming")
    project = SimpleNamespace(
        experiments={"one": experiment},
        backbones={"tiny": SimpleNamespace(weights=True)},
        benchmarks={"demo-go": task},
        styles=lambda task: ("names", "symbols"),
    )
    assert experiments.cells(project, "one") == [
        Run("tiny", "base", "base", 0, "demo-go", "names", "greedy"),
        Run("tiny", "base", "base", 0, "demo-go", "names", "sample8"),
        Run("tiny", "RA", f"{ra}-s0", 0, "demo-go", "names", "greedy"),
        Run("tiny", "RA", f"{ra}-s0", 0, "demo-go", "names", "sample8"),
        Run("tiny", "RA", f"{ra}-s3", 3, "demo-go", "names", "greedy"),
        Run("tiny", "RA", f"{ra}-s3", 3, "demo-go", "names", "sample8"),
        Run("tiny", "symbols", f"{symbols}-s3", 3, "demo-go", "symbols", "greedy"),
        Run("tiny", "symbols", f"{symbols}-s3", 3, "demo-go", "symbols", "sample8"),
    ]


def test_the_recipe_of_a_step(project):
    assert Step.parse("sft.symbols-s0").recipe(project.recipes).style == "symbols"
    with refused(fix="did you mean 'symbols'?"):
        Step.parse("sft.symbls-s0").recipe(project.recipes)
