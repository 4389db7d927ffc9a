"""What an experiment trains, and what its report is made of."""

from pathlib import Path

import pytest
from refusals import refused
from tiny_project import edit

from reasonome.compile.answers import of_weights
from reasonome.compile.benchmarks import benchmark_job
from reasonome.compile.leaks import audit_job
from reasonome.config.project import Project
from reasonome.config.project.experiments import (
    audit_plan,
    cells,
    report_plan,
    trained_steps,
)
from reasonome.config.project.job_resources import requested
from reasonome.leaks.audit import shared_sources
from reasonome.report.plan import Plan
from reasonome.task_parts import Inputs
from reasonome.tasks import load_project

KW = "pretrain.demo-s0"
RA = f"{KW}+sft.names-s0"

EXPERIMENT = """
backbones: [smollm2-135m, llama-3.2-1b]
arms:
  KW+RA+TA: [pretrain.demo, sft.names, grpo.soft]
  base: []
  KW+RA: [pretrain.demo, sft.names]
  plain: [sft.nameonly]
seeds: [0, 1]
benchmarks: [demo-go]
styles: [names]
decodings: [greedy]
"""


TWO_TASKS = """
backbones: [smollm2-135m]
arms:
  base: {steps: [], styles: [names, smiles]}
  SFT: [sft.predictions]
  GRPO genes: {steps: [sft.predictions, grpo.fewgenes], styles: [names, symbols]}
  GRPO molecules: {steps: [sft.predictions, grpo.fewmolecules], styles: [smiles]}
benchmarks: [few-genes, few-molecules]
styles: [names, symbols, smiles]
decodings: [greedy]
"""


@pytest.fixture
def two_tasks(config) -> Path:
    """The configuration, with an experiment `both`."""
    (config / "experiments" / "both.yaml").write_text(TWO_TASKS)
    return config


@pytest.fixture
def two_seeds(config) -> Project:
    (config / "experiments" / "two.yaml").write_text(EXPERIMENT)
    return load_project(config)


def test_steps_come_after_their_parents_and_once(two_seeds):
    chains = [
        KW,
        RA,
        f"{RA}+grpo.soft-s0",
        f"{RA}+grpo.soft-s1",
        f"{KW}+sft.names-s1",
        "sft.nameonly-s0",
        "sft.nameonly-s1",
    ]
    expected = [(backbone, chain) for backbone in ("smollm2-135m", "llama-3.2-1b") for chain in chains]
    assert trained_steps(two_seeds, "two") == expected


@pytest.mark.parametrize("experiment", ["demo", "gene-r1"])
def test_the_plan_of_a_shipped_experiment_is_one(project, experiment):
    plan = Plan.model_validate(report_plan(project, experiment))
    assert plan.arms == list(project.experiments[experiment].arms)
    assert [(step.backbone, step.chain) for step in plan.steps] == trained_steps(project, experiment)


def test_the_plan_of_the_demo(project):
    plan = report_plan(project, "demo")
    assert [row["arm"] for row in plan["evaluations"]] == ["base", "KW+RA", "KW+RA+TA"]
    assert [row["style"] for row in plan["evaluations"]] == ["demo-names"] * 3
    assert {row["track"] for row in plan["evaluations"]} == {"strict"} and plan["out_of_distribution"] == []
    assert plan["evaluations"][0]["scores"] == "results/scores/smollm2-135m/base/demo-go.demo-names/greedy.parquet"
    assert plan["evaluations"][0]["run"] == "results/answers/smollm2-135m/base/demo-go.demo-names/greedy.run.json"
    assert [row["path"] for row in plan["baselines"]] == ["results/baselines/demo-go.demo-names.parquet"]
    assert plan["steps"][0] == {
        "backbone": "smollm2-135m",
        "chain": KW,
        "folder": f"results/models/smollm2-135m/{KW}",
    }
    assert plan["audits"] == {"demo-go": "results/benchmarks/demo-go/audit.json"}


SWEEP = """
backbones: [smollm2-135m]
arms:
  base: []
  TA: {steps: [sft.names, grpo.soft], sweep: {rewards.format: [0, 0.3, 0.9]}}
seeds: [0, 1]
benchmarks: [demo-go]
styles: [names]
decodings: [greedy]
"""


def test_a_sweep_is_an_arm_and_a_recipe_for_each_value(config):
    (config / "experiments" / "swept.yaml").write_text(SWEEP)
    edit(config.parent, "resources.yaml", lambda c: c.append({"recipes": ["grpo.soft"], "cpus": 7}))
    project = load_project(config)
    steps = {f"TA format={value:g}": f"grpo.softformat{tag}" for value, tag in ((0, "0"), (0.3, "0p3"), (0.9, "0p9"))}
    assert list(project.experiments["swept"].arms) == ["base", *steps]
    trained = [chain for _, chain in trained_steps(project, "swept")]
    assert trained == [
        "sft.names-s0",
        *(f"sft.names-s0+{step}-s{seed}" for step in steps.values() for seed in (0, 1)),
    ]
    written = project.recipe("grpo.soft")
    for weight, step in zip((0, 0.3, 0.9), steps.values(), strict=True):
        assert project.recipe(step) == written.model_copy(update={"rewards": {**written.rewards, "format": weight}})
    assert requested(project, "grpo", "smollm2-135m", trained[1]).cpus == 7, "it asks for what the written recipe does"
    swept = Plan.model_validate(report_plan(project, "swept")).swept
    assert {arm: (own.of, own.values) for arm, own in swept.items()} == {
        arm: ("TA", {"rewards.format": weight}) for arm, weight in zip(steps, (0, 0.3, 0.9), strict=True)
    }


def test_the_weight_of_a_reward_of_ones_own_is_swept(config):
    (config.parent / "reward.py").write_text("def short(answer):\n    return 1.0\n")
    own = {"function": "reward.py:short", "weight": 0.5}
    edit(
        config.parent, "recipes/grpo.yaml", lambda c: c["variants"]["soft"].update(rewards={"format": 1, "short": own})
    )
    (config / "experiments" / "swept.yaml").write_text(SWEEP.replace("rewards.format", "rewards.short"))
    project = load_project(config)
    weights = [project.recipe(arm.steps[-1]).weights for arm in project.experiments["swept"].swept.values()]
    assert weights == [{"short": weight, "format": 1} for weight in (0, 0.3, 0.9)]


@pytest.mark.parametrize(
    ("sweep", "fix"),
    [
        ("{rewards.fromat: [0]}", "format"),
        ("{lerning_rate: [1.0e-5]}", "learning_rate"),
        ("{learning_rate: [0.5]}", "1.0e-5"),
        ("{loss: [gropo]}", "grpo"),
    ],
)
def test_a_mistake_in_a_sweep_is_told_at_the_sweep(config, sweep, fix):
    experiment = config / "experiments" / "swept.yaml"
    experiment.write_text(SWEEP.replace("{rewards.format: [0, 0.3, 0.9]}", sweep))
    with refused("experiments/swept.yaml", 5, "arms.TA.sweep", fix=fix):
        load_project(config)


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("grpo.soft]", "grpo]"),  # no stage.variant
        ("grpo.soft]", "grpo.softformat0p3]"),  # what another sweep makes
        ("[0, 0.3, 0.9]", "[0, 0.3, 0.30000001]"),  # two arms of one name
        ("{rewards.format: [0, 0.3, 0.9]}", "{beta: [0], trl.beta: [0]}"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused(config, written, instead):
    experiment = config / "experiments" / "swept.yaml"
    experiment.write_text(SWEEP.replace(written, instead))
    (config / "experiments" / "other.yaml").write_text(SWEEP)
    with refused("experiments/swept.yaml"):
        load_project(config)


def test_a_sweep_makes_no_recipe_that_is_there_and_changes_no_backbone(config):
    experiment = config / "experiments" / "swept.yaml"
    edit(config.parent, "recipes/grpo.yaml", lambda c: c["variants"].update(softformat0p3=c["variants"]["soft"]))
    experiment.write_text(SWEEP)
    with refused("experiments/swept.yaml", 5, "arms.TA.sweep", fix="another name"):
        load_project(config)
    experiment.write_text(SWEEP.replace("base: []", "base: {steps: [], sweep: {beta: [0]}}"))
    with refused("experiments/swept.yaml", 4):
        load_project(config)


def test_a_step_without_reasoning_needs_no_teacher(two_seeds):
    teachers = [teacher for teacher, *_ in audit_plan(two_seeds, "two").reasoning]
    assert teachers == ["knowledge-given"]  # sft.names, once for both seeds and backbones; sft.nameonly has none


def test_training_and_test_sets_of_one_collection_are_named(config):
    for name in ("h.gmt", "test.csv", "train.csv", "other.csv"):
        (config.parent / name).touch()
    gmt = {"format": "gmt", "release": "1", "licence": "theirs", "files": {"gmt": {"path": "h.gmt"}}}
    sources = {"hallmarks": gmt | {"collection": "MSigDB"}, "mine": gmt}
    edit(config.parent, "sources.yaml", lambda c: c.update(sources))
    corpus = {"sources": ["hgnc-demo", "go-demo", "hallmarks", "mine"]}
    edit(config.parent, "corpora.yaml", lambda c: c.update(more=corpus))
    published = {"task": "gene_set_naming", "kind": "published", "corpus": "more", "encoders": []}
    files = {"files": {"x": {"path": "test.csv", "collection": "msigdb"}}}
    files["train_files"] = {"x": {"path": "train.csv", "collection": "MSigDB"}, "y": {"path": "other.csv"}}
    edit(config.parent, "benchmarks.yaml", lambda c: c.update(msigdb=published | files))
    project = load_project(config)
    files = project.task("msigdb").files
    test = files.audited_sources(project, "msigdb", "test")
    folder = config.parent  # in which they lie, as they do not lie here
    assert test == {f"{folder}/test.csv": "msigdb"}
    assert shared_sources(files.audited_sources(project, "msigdb", "train"), test) == [f"{folder}/train.csv (MSigDB)"]
    read = {name: project.sources[name].lists for name in project.corpora["more"].sources}
    assert shared_sources(read, test) == ["hallmarks (MSigDB)"]
    # GO is one collection, whatever the source; a source without a collection is shared with itself alone.
    go = files.audited_sources(project, "enriched", "test")
    assert go == {"go-2022": "GO"}
    assert shared_sources(files.audited_sources(project, "demo-go", "train"), go) == ["go-demo (GO)"]
    assert shared_sources({"mine": ""}, {"mine": ""}) == ["mine"] and shared_sources({"mine": ""}, {"a": ""}) == []


def test_an_arm_is_not_asked_benchmarks_whose_task_has_none_of_its_styles(two_tasks):
    asked = {}
    for run in cells(load_project(two_tasks), "both"):
        asked.setdefault(run.arm, []).append((run.benchmark, run.style))
    names, symbols, smiles = ("few-genes", "names"), ("few-genes", "symbols"), ("few-molecules", "smiles")
    assert asked == {
        "base": [names, smiles],
        "SFT": [names, symbols, smiles],
        "GRPO genes": [names, symbols],
        "GRPO molecules": [smiles],
    }


def test_a_benchmark_that_nobody_is_asked_is_refused(two_tasks):
    change = {"styles": ["names", "symbols"], "arms": {"base": [], "SFT": ["sft.predictions"]}}
    edit(two_tasks.parent, "experiments/both.yaml", lambda file: file.update(change))
    with refused("both.yaml", field="benchmarks.1", fix="add one of descriptors, smiles to styles"):
        load_project(two_tasks)


HYPOTHESIS = {"better": ["GRPO exact", "online DPO"], "benchmark": "go-bp", "metric": "rouge_l"}
HYPOTHESIS |= {"decoding": "greedy-1024"}


def test_hypotheses_and_the_primary_metric_are_in_the_plan_of_the_report(config):
    assert {"hypotheses", "primary", "seeds_of"}.isdisjoint(report_plan(load_project(config), "reward-ablation"))
    change = {"hypotheses": [HYPOTHESIS], "primary": "rouge_l", "seeds_of": "chain", "seeds": [0, 2]}
    edit(config.parent, "experiments/reward-ablation.yaml", lambda file: file.update(change))
    plan = report_plan(load_project(config), "reward-ablation")
    given = {"backbone": "llama-3.1-8b", "style": "symbols", "subset": "mean"}
    assert plan["hypotheses"] == [HYPOTHESIS | given] and plan["primary"] == "rouge_l"
    # A seed is a chain with its own earlier steps.
    chains = [one["chain"] for one in plan["evaluations"] if one["arm"] == "GRPO soft"]
    assert chains == [f"sft.gpt4obp-s{seed}+grpo.gener1soft-s{seed}" for seed in (0, 2)]
    assert plan["seeds_of"] == "chain"


COOLER = {"samples": 2, "temperature": 0.5, "max_new_tokens": 32}
REWARDS = "experiments/closed-book-rewards.yaml"
AS_SURE = {"better": ["exact", "KW+RA"], "benchmark": "closed-book", "metric": "exact", "decoding": "sample2-short"}


def test_parents_of_rewarded_arms_are_matched_on_the_validation_split(config):
    """Each of twelve rewarded models answers greedily and sampled, and their one parent greedily and at .5."""
    edit(config.parent, "decodings.yaml", lambda file: file.update(cooler=COOLER))
    given = {"matched": ["cooler"], "hypotheses": [AS_SURE | {"as_sure": True}]}
    edit(config.parent, REWARDS, lambda file: file.update(given))
    project = load_project(config)
    plan = report_plan(project, "closed-book-rewards")
    assert plan["rewarded"] == dict.fromkeys(("shuffled", "soft", "online DPO", "exact"), "KW+RA")
    assert plan["temperatures"] == {"greedy-short": 0, "sample2-short": 1} and plan["hypotheses"][0]["as_sure"]
    matching = plan["matching"]
    assert (matching["greedy"], matching["sampled"]) == ("greedy-short", "sample2-short")
    assert matching["temperatures"] == {"cooler": 0.5}
    parent = "pretrain.closedbook-s0+sft.closedbook-s0"
    of_parent = [one for one in matching["answers"] if one["chain"] == parent]
    assert len(matching["answers"]) == 2 * 12 + 2 == len({one["valid"] for one in matching["answers"]})
    place = f"smollm2-135m/{parent}/closed-book.symbols"
    assert [one["valid"] for one in of_parent] == [
        f"results/samples/{place}/greedy-short.valid.jsonl",
        f"results/samples/{place}/cooler.valid.jsonl",
    ]
    assert [one["scores"] for one in of_parent if "scores" in one] == [f"results/scores/{place}/cooler.parquet"]
    asked = {"backbone": "b", "benchmark": "closed-book", "style": "symbols", "decoding": "cooler"}
    assert of_weights(project, asked | {"backbone": "smollm2-135m", "questions": "valid"}, 0).questions is None


@pytest.mark.parametrize(
    ("given", "field", "fix"),
    [
        ({"matched": ["greedy-192"]}, "matched.0", "add the one in which trained arms are sampled"),
        ({"matched": ["cooler", "sample8-short"]}, "matched.1", "give it the same keys"),
        ({"matched": ["cooler"], "decodings": ["sample2-short"]}, "decodings", "add one without a temperature"),
        ({"matched": ["cooler"], "arms": {"KW+RA": ["pretrain.closedbook"]}}, "matched", "leave it out"),
        ({"hypotheses": [AS_SURE | {"as_sure": True}]}, "hypotheses.0.as_sure", "name some in `matched`"),
        (
            {"matched": ["cooler"], "hypotheses": [AS_SURE | {"as_sure": True, "better": ["exact", "soft"]}]},
            "hypotheses.0.better.1",
            "name its parent",
        ),
        ({"decodings": ["candidates"]}, "decodings.0", "ask in a decoding that draws answers"),
    ],
)
def test_what_cannot_be_matched_or_ranked_is_refused(config, given, field, fix):
    edit(config.parent, "decodings.yaml", lambda file: file.update(cooler=COOLER))
    edit(config.parent, REWARDS, lambda file: file.update(given))
    with refused("closed-book-rewards.yaml", field=field, fix=fix):
        load_project(config)


def test_candidates_are_ranked_where_a_list_is_asked_for_alone(config):
    for name, style, is_fit in (("closed-book-ranking", "three", True), ("causal-genes-rerank", "short", False)):
        change = {"decodings": ["candidates"], "styles": [style], "hypotheses": []}
        edit(config.parent, f"experiments/{name}.yaml", lambda file, change=change: file.update(change))
        if is_fit:
            load_project(config)
        else:
            with refused(f"{name}.yaml", field="decodings.0"):
                load_project(config)


def test_a_metric_of_ones_own_may_decide_an_experiment(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def brief(answer, example): return 1\n")
    change = {"metrics": {"brief": "mine.py:brief"}}
    edit(tmp_path, "experiments/demo.yaml", lambda file: file.update(primary="brief"))
    with refused("demo.yaml", field="primary"):
        load_project(config)
    edit(tmp_path, "benchmarks.yaml", lambda file: file["demo-go"].update(change))
    plan = report_plan(load_project(config), "demo")
    assert (plan["metrics"], plan["primary"]) == ({"brief": 0.0}, "brief")


def test_a_metric_without_tests_does_not_decide(config):
    edit(config.parent, "experiments/reward-ablation.yaml", lambda file: file.update(primary="length"))
    with refused("reward-ablation.yaml", field="primary", fix="valid names: exact"):  # it is reported, and not tested
        load_project(config)


def test_the_report_knows_which_styles_are_controls(project):
    plan = report_plan(project, "enriched-emptied")
    assert sorted(plan["control_styles"]) == [f"enriched-{name}" for name in ("first", "numbers", "order", "other")]
    assert "control_styles" not in report_plan(project, "demo")


def test_a_mixture_may_have_a_style_for_each_benchmark(config):
    assert load_project(config).recipe("sft.predictions").questions == [
        ("few-genes", "names"),
        ("few-molecules", "smiles"),
    ]
    style = {"few-genes": "names"}
    edit(config.parent, "recipes/sft.yaml", lambda file: file["variants"]["predictions"].update(style=style))
    with refused(fix="see docs/configuration.md for what is"):
        load_project(config)


def test_grpo_asks_all_benchmarks_of_a_mixture_in_one_style(config):
    styles = {"few-genes": "names", "genes": "symbols"}

    def mixed(file):
        recipe = file["variants"]["fewgenes"]
        del recipe["benchmark"]
        recipe.update(mixture=dict.fromkeys(styles, 1), style=styles)

    edit(config.parent, "recipes/grpo.yaml", mixed)
    with refused(fix="name one; SFT may have one for each benchmark"):
        load_project(config)


def test_statements_that_a_teacher_recites_are_audited(config):
    """No arm has a warm-up; one learns to recite statements."""
    arms = {"RA": ["sft.names"], "facts first": ["sft.reciting"]}
    edit(config.parent, "experiments/demo.yaml", lambda file: file.update(arms=arms, no_controls=[]))
    recited = audit_plan(load_project(config), "demo").corpora
    assert {corpus: set(steps) for corpus, steps in recited.items()} == {"demo": {"sft.reciting"}}


def test_an_experiment_on_two_tasks_is_audited_by_both(two_tasks):
    project = load_project(two_tasks)
    settings = audit_job(project, "both", {}).settings
    assert settings.not_compared == {}
    assert [(own.tested, [(one.name, one.used_by) for one in own.training]) for own in settings.audits] == [
        (["few-genes"], [("few-genes", ("sft.predictions", "grpo.fewgenes"))]),
        (["few-molecules"], [("few-molecules", ("sft.predictions", "grpo.fewmolecules"))]),
    ]
    files = {path.name for own in settings.audits for path in project.task(own.tested[0]).files.leaks(own).paths}
    assert {"test.jsonl", "train.jsonl"} <= files and any(name.startswith("go") for name in files)


ARMS = """
backbones: [smollm2-135m]
arms: {none: [grpo.none], brief: [grpo.brief], judged: [onlinedpo.judged]}
benchmarks: [demo-go]
styles: [names]
decodings: [greedy]
"""


def test_what_any_arm_rewards_scores_all_answers_to_the_benchmark(config, tmp_path, monkeypatch):
    """A weight changes nothing, and the code of the function does; two of one name have no column in common."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def brief(answer, example): return 1.0\n")
    before = score_settings(load_project(config))
    assert (before.own, before.unscored) == ({}, [])
    weighted = {"none": 0, "brief": 0.9}
    own = {name: {"brief": {"function": "mine.py:brief", "weight": weight}} for name, weight in weighted.items()}
    variants = {name: {"rewards": {"format": 1.0} | rewards} for name, rewards in own.items()}
    edit(tmp_path, "recipes/grpo.yaml", lambda c: c["variants"].update(variants))
    judged = {"judge": ["sft.names", "reward.tiers"], "rewards": {"format": 1.0}}
    edit(tmp_path, "recipes/onlinedpo.yaml", lambda c: c["variants"].update(judged=judged))
    assert score_settings(load_project(config)) == before, "no experiment has an arm with it"
    (config / "experiments" / "arms.yaml").write_text(ARMS)
    settings = score_settings(load_project(config))
    assert list(settings.own) == ["reward_brief"] and settings.unscored == ["judge"]
    assert settings.own["reward_brief"].sha256 != "unpinned"
    (tmp_path / "mine.py").write_text("def brief(answer, example): return 0.5\n")
    assert score_settings(load_project(config)) != settings
    another = {"brief": {"function": "mine.py:brief", "high": 2}}
    edit(tmp_path, "recipes/grpo.yaml", lambda c: c["variants"]["none"]["rewards"].update(another))
    with refused(config / "experiments/arms.yaml", field="benchmarks.0"):
        load_project(config)


def score_settings(project):
    about = ("demo-go", "names", None)
    return benchmark_job(project, "score", about, Inputs(), {}, {}, scores=True).settings
