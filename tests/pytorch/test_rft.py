"""Rejection sampling: fine-tuning on the best of the parent's own samples."""

import json

import pytest
import tiny_training
from test_stated_confidence import with_recipe

from reasonome.answering.rows import AnswerRow
from reasonome.config.project import Project, experiments
from reasonome.core import atomic
from reasonome.prompts.chat_template import load_tokenizer
from reasonome.report.origins import learned_from
from reasonome.stages.rft import BestSamples, RftRecipe, best_samples
from reasonome.tasks import TASKS, load_project
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.teaching.samples import earnings, finished, rewarded_by
from reasonome.training import sft as sft_module
from reasonome.training.sft import sft

NAMING = TASKS["gene_set_naming"]
STYLE = NamingStyle(gene="{symbol}", budget_tokens=100, system="", user="Genes: {genes}")
NAMES = ("DNA repair", "axon guidance", "cell cycle", "ion transport")
SETS = [
    Example(id=f"GO:{number}", subset="bp", name=name, genes=[{"symbol": f"GEN{number}"}])
    for number, name in enumerate(NAMES)
]
SAMPLES = {
    "GO:0": ["Process: mitosis", "Process: DNA repair", "Process: DNA-repair", "no form"],
    "GO:1": ["Process: axon", "Process: growth", "Process: axon"],  # none is right, all have the form
    "GO:2": ["none", "nothing"],
    "GO:3": [],  # all were cut off
}


def chosen(seed=0, **settings):
    """The targets and what was left out of SETS, 2 for the very name and .5 for the form."""
    spec = BestSamples(decoding="sample8-96", rewards={"exact": 2.0, "format": 0.5}, **settings)
    return best_samples(NAMING, STYLE, SETS, SAMPLES, rewarded_by(NAMING, spec, None), spec, seed)


def test_what_samples_earn_by_hand():
    spec = BestSamples(decoding="sample8-96", rewards={"exact": 2.0, "format": 0.5})
    earned = earnings(NAMING, STYLE, SETS, SAMPLES, rewarded_by(NAMING, spec, None))
    assert earned == [[0.5, 2.5, 2.5, 0.0], [0.5, 0.5, 0.5], [0.0, 0.0], []]


def test_the_best_sample_is_the_target_and_of_several_one_drawn_at_random():
    targets, left_out = chosen()
    assert targets["GO:0"] in SAMPLES["GO:0"][1:3] and targets["GO:1"] in SAMPLES["GO:1"]
    assert targets["GO:2"] in SAMPLES["GO:2"] and "GO:3" not in targets
    assert left_out == {"without_finished_sample": 1, "below_threshold": 0, "alike": 0}
    drawn = [chosen(seed)[0]["GO:0"] for seed in range(20)]
    assert set(drawn) == set(SAMPLES["GO:0"][1:3])
    assert drawn == [chosen(seed)[0]["GO:0"] for seed in range(20)]


@pytest.mark.parametrize(
    ("settings", "kept", "left_out"),
    [
        ({"threshold": 2.5}, ["GO:0"], {"below_threshold": 2}),
        ({"margin": 0.01}, ["GO:0"], {"alike": 2}),
        ({"threshold": 0.1, "margin": 0.01}, ["GO:0"], {"below_threshold": 1, "alike": 1}),
    ],
)
def test_questions_of_poor_samples_or_equal_ones_are_left_out(settings, kept, left_out):
    targets, counts = chosen(**settings)
    assert list(targets) == kept and +counts == {"without_finished_sample": 1} | left_out


@pytest.mark.parametrize("settings", [{"threshold": 0.8}, {"margin": 0.8}])
def test_what_earns_as_much_as_the_threshold_or_the_margin_is_kept(settings):
    spec = BestSamples(decoding="sample8-96", rewards={"exact": 0.7, "format": 0.1}, **settings)
    targets, left_out = best_samples(NAMING, STYLE, SETS, SAMPLES, rewarded_by(NAMING, spec, None), spec, 0)
    # The name in its form earns 0.7 + 0.1, of which computers make a little less than 0.8; no form earns 0.
    assert list(targets) == ["GO:0"] and sum(left_out.values()) == 3


def test_a_sample_that_was_cut_off_is_no_target():
    texts = [("a", "x", "stop"), ("a", "y", "length"), ("b", "z", "length"), ("a", "v", "")]
    rows = [AnswerRow(id=i, subset="s", text=text, finish_reason=why) for i, text, why in texts]
    assert finished(rows) == {"a": ["x", "v"], "b": []}


# --- a model ------------------------------------------------------------------------------------------------------


def job_of_samples(models, samples, **settings):
    """A step that learns from these texts by the number of a tiny set."""
    rows = [
        {"id": f"GO:{number:07}", "subset": "bp", "sample": k, "text": text, "finish_reason": "stop"}
        for number, texts in samples.items()
        for k, text in enumerate(texts)
    ]
    atomic.write_jsonl(models / "samples.jsonl", rows)
    spec = {"decoding": "sample8-96", "rewards": {"exact": 1.0}, "threshold": 1.0}
    job = tiny_training.rft_job(models, samples=spec | settings)
    job.data["samples"] = models / "samples.jsonl"
    return job


@pytest.mark.slow
def test_a_model_learns_the_best_of_its_samples(tiny_models, monkeypatch, capsys):
    trained = []

    class Noting(sft_module.SFTTrainer):
        def __init__(self, *args, train_dataset, **kwargs):
            trained.extend(train_dataset)
            super().__init__(*args, train_dataset=train_dataset, **kwargs)

    monkeypatch.setattr(sft_module, "SFTTrainer", Noting)
    right = {number: f"Process: {tiny_training._name(number).upper()}" for number in range(3)}
    samples = {number: ["Process: x", text, "Process: y"] for number, text in right.items()} | {3: ["Process: x"]}
    job = job_of_samples(tiny_models, samples)
    plain = tiny_training.sft_job(tiny_models, "sft.plain-s0")
    sft(job, {"demo-go": NAMING})
    tokenizer = load_tokenizer(tiny_models / "base" / "model")

    def completion(row):
        learned = [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label != -100]
        return tokenizer.decode(learned, skip_special_tokens=True).strip()

    assert sorted(map(completion, trained)) == sorted(right.values())
    kept = trained.copy()
    sft(plain, {"demo-go": NAMING})
    prompts = [sft_module.trained_prompt(row, tokenizer) for row in trained[len(kept) :]]
    assert all(sft_module.trained_prompt(row, tokenizer) in prompts for row in kept), "asked as in all fine-tuning"
    manifest = atomic.read_json(tiny_models / "rft.try-s0/manifest.json")
    counts = {"examples": 3, "without_finished_sample": 8, "below_threshold": 1, "alike": 0, "too_long": 0}
    assert {name: manifest[name] for name in counts} == counts
    assert (
        "3 examples of 12; left out: 8 without finished sample, 1 below threshold, 0 alike" in capsys.readouterr().out
    )
    assert learned_from(manifest) == (
        "3 training questions of demo-go, with the best of its parent's samples (sample8-96) by 1 × exact"
    )


def test_samples_of_which_none_is_good_enough_end_the_job(tiny_models, refused):
    job = job_of_samples(tiny_models, {0: ["Process: x"]})
    with refused(tiny_models / "samples.jsonl"):
        sft(job, {"demo-go": NAMING})


# --- the configuration --------------------------------------------------------------------------------------------

BEST = {"decoding": "sample8-96", "rewards": {"rouge_l": 1.0}, "threshold": 0.3}


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"samples": BEST | {"decoding": "sample8-69"}}, ".samples.decoding"),
        ({"samples": BEST | {"rewards": {"rogue_l": 1}}}, ".samples.rewards.rogue_l"),
        ({"samples": BEST | {"rewards": {"similarity": 1}}}, ".samples"),
    ],
)
def test_mistakes_in_samples_are_told_with_file_and_key(config, monkeypatch, settings, key, refused):
    monkeypatch.chdir(config.parent)
    with refused(config / "recipes/rft.yaml", field=f"variants.tried{key}"):
        load_project(with_recipe(config, "rft", **settings))


EXPERIMENT = """
backbones: [smollm2-135m]
arms: {SFT: [sft.names], SFT+best: [sft.names, rft.tried]}
seeds: [0, 1]
benchmarks: [demo-go]
styles: [demo-names]
decodings: [greedy]
"""


@pytest.fixture
def sampling(config) -> Project:
    """A project with an arm that learns from samples of thirty questions behind the first twenty."""
    (config / "experiments/best.yaml").write_text(EXPERIMENT)
    similar = BEST | {"rewards": {"similarity": 1.0}, "encoders": ["minilm"]}
    return load_project(with_recipe(config, "rft", samples=similar, rows={"skip": 20, "take": 30}))


def test_the_parents_samples_of_the_same_rows_are_among_the_files(sampling):
    recipe = sampling.recipes["rft"]["tried"]
    files = recipe.files(sampling.results, sampling.preferences, ("smollm2-135m", "sft.names-s0"))
    assert {name: str(path) for name, path in files.items()} == {
        "examples": "results/prompts/demo-go.demo-names/train.jsonl",
        "samples": "results/samples/smollm2-135m/sft.names-s0/demo-go.demo-names/sample8-96.20-50.jsonl",
        "encoder minilm": "results/encoders/minilm/manifest.json",
    }
    assert sampling.rewarded_encoders("rft.tried") == {"minilm"}, "another encoder has to judge"
    written = recipe.model_dump(mode="json")
    assert RftRecipe.model_validate(json.loads(json.dumps(written))) == recipe


def test_what_samples_cost_is_counted_to_the_arm_that_learns_from_them(sampling):
    plan = experiments.report_plan(sampling, "best")
    drawn = "results/samples/smollm2-135m/sft.names-s0/demo-go.demo-names/sample8-96.20-50.run.json"
    assert plan["samples"] == [{"backbone": "smollm2-135m", "chain": "sft.names-s0", "run": drawn}]
    models = "results/models/smollm2-135m"
    behind = {model["chain"]: model["runs"] for model in plan["models"]}
    assert behind == {
        "sft.names-s0": [f"{models}/sft.names-s0/run.json"],
        "sft.names-s1": [f"{models}/sft.names-s1/run.json"],
        **{
            f"sft.names-s0+rft.tried-s{seed}": [
                f"{models}/sft.names-s0/run.json",
                drawn,
                f"{models}/sft.names-s0+rft.tried-s{seed}/run.json",
            ]
            for seed in (0, 1)
        },
    }


def test_it_is_audited_and_checked_for_leaks_like_other_training(sampling, config, refused):
    assert experiments.audit_plan(sampling, "best").training == {"demo-go": ("sft.names", "rft.tried")}
    file = config / "recipes/rft.yaml"
    file.write_text(file.read_text().replace('tried: {"samples"', 'tried: {"benchmark": "enriched", "samples"'))
    with refused():
        load_project(config)
