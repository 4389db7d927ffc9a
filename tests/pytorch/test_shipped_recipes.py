"""Every recipe that ships trains, and so do settings that no recipe has together yet: on small random backbones.

Of recipes that differ in nothing but numbers and names, the first trains in `make test`, the others in `make test-all`.
"""

import json
import math
import shutil
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import grpo_steps
import pytest
import tiny_training
import varlen_attention
from checkout import ROOT
from pydantic import BaseModel
from safetensors.torch import load_file
from test_fact_recall import world
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, Gemma3TextConfig, Qwen3Config

from reasonome.cluster.rehearsal import models as small_models
from reasonome.cluster.rehearsal.configuration import small_recipe
from reasonome.config import Recipe
from reasonome.config.backbones import EncoderFolder
from reasonome.config.project import Results
from reasonome.config.rollouts import RolloutRecipe
from reasonome.core import atomic
from reasonome.rewards import Reward
from reasonome.stages import STAGES
from reasonome.tasks import load_project
from reasonome.training import kernels, packing
from reasonome.training.job import TrainingJob

pytestmark = pytest.mark.usefixtures("signal_handlers")

FULL = pytest.mark.full
PROJECT = load_project(ROOT / "config")
STYLE = tiny_training.STYLE.model_copy(update={"confidence": True})


# --- what ships --------------------------------------------------------------------------------------


def words(annotation: Any) -> set[str]:
    """The words that a setting may be, if it is of some."""
    parts = get_args(annotation)
    return set(parts) if get_origin(annotation) is Literal else set().union(*map(words, parts))


def flags(settings: BaseModel) -> str:
    """The settings without their numbers and names: of a number whether it is 0, of a name whether there is one."""
    found = {}
    for key, field in type(settings).model_fields.items():
        value = getattr(settings, key)
        if isinstance(value, BaseModel):
            found[key] = flags(value)
        elif isinstance(value, list | dict):
            found[key] = bool(value)
        else:
            found[key] = value if value in words(field.annotation) else value not in (None, 0, "none")
    return str(found)


def small(recipe: Recipe) -> Recipe:
    """A recipe with few steps and the rows and rewards of these tests."""
    settings = small_recipe(recipe) | {"stage": recipe.stage}
    if rows := settings.get("rows"):
        settings["rows"] = rows | {
            key: [name] for key, name in (("subsets", "bp"), ("strata", "rare")) if rows.get(key)
        }
    if isinstance(recipe, RolloutRecipe):
        settings["encoders"] = ["encoder"] if recipe.encoders else []
        settings["rewards"] = dict.fromkeys(["rouge_l", "similarity"] if recipe.encoders else ["rouge_l"], 1.0)
    return STAGES[recipe.stage].model_validate(settings)


def shipped() -> list[Any]:
    """Each recipe, small; those that have the flags of another one before are for the full run."""
    known, found = set(), []
    for step in (f"{stage}.{variant}" for stage, variants in PROJECT.recipes.items() for variant in variants):
        recipe = small(PROJECT.recipe(step))
        having = f"{flags(recipe)} {recipe.passes > 1}"
        found.append(pytest.param(step, recipe, id=step, marks=[FULL] if having in known else []))
        known.add(having)
    return found


class Earning(grpo_steps.Vowels):
    """Pays for vowels, and for what is like the right name."""

    def rewards(self, grading=None):
        """Those of vowels, and one that compares texts."""

        def alike(texts, examples, similarity):
            return similarity(texts, [example.name for example in examples]).tolist()

        return super().rewards(grading) | {"similarity": Reward(alike, -1.0, 1.0, semantic=True)}


def made(data: Path, backbone: Path) -> Path:
    """The folder of a backbone, with data for every stage, an encoder, and a reward model that judges."""
    models = tiny_training.make(data, backbone)
    rows = list(atomic.read_jsonl(data / "examples.jsonl"))
    for number, row in enumerate(rows):
        row |= {"subset": ("bp", "mf")[number // 8], "stratum": ("rare", "common")[number // 4 % 2]}
    atomic.write_jsonl(data / "examples.jsonl", rows)
    taught = [{"id": row["id"], "proposed": row["name"], "steps": ["They act."]} for row in rows]
    atomic.write_jsonl(data / "reasoning.jsonl", taught)
    statements, facts = world(40)
    atomic.write_jsonl(data / "train.jsonl", statements)
    facts.to_parquet(data / "facts.parquet")
    small_models.write_encoder(data / "encoder/model", backbone)
    atomic.write_json(data / "encoder/manifest.json", {})
    tiny_training.train(tiny_training.preference_job(models, "reward", "reward.judge-s0", max_steps=2))
    return models


@pytest.fixture(scope="module")
def models(tiny_backbone, tmp_path_factory) -> Path:
    """The folder of the tiny backbone."""
    return made(tmp_path_factory.mktemp("shipped"), tiny_backbone)


FILES = {"valid": "examples.jsonl", "statements": "train.jsonl", "facts": "facts.parquet"}
FILES |= {"preferences": "pairs.jsonl", "held_out preferences": "held_out_pairs.jsonl"}
FILES |= {"judge": "models/tiny/reward.judge-s0/manifest.json", "encoder encoder": "encoder/manifest.json"}


def job_of(models: Path, chain: str, recipe: Recipe) -> TrainingJob:
    """The job of a step, whose files are those of these tests, whatever they are called."""
    data = models.parent.parent
    kinds = {name: name.partition(" of ")[0] for name in recipe.files(Results("r"), PROJECT.preferences, ("b", "c"))}
    files = {name: data / FILES.get(kind, f"{kind}.jsonl") for name, kind in kinds.items()}
    styles = {benchmark: STYLE for benchmark, _ in recipe.questions}
    encoders = [EncoderFolder(data / name, "mean") for name in recipe.comparing]
    (models / chain).mkdir(exist_ok=True)
    return TrainingJob(recipe, models / chain, files, styles, dict.fromkeys(styles, Earning()), encoders)


def trained(models: Path, chain: str, recipe: Recipe) -> TrainingJob:
    """The job of a step that has been trained: all of its steps, with losses, to other weights than its parent's."""
    job = job_of(models, chain, recipe)
    job.recipe.train(job)
    assert json.loads((job.folder / "run.json").read_text())["steps"] == recipe.max_steps
    losses = history(job, "loss")
    assert len(losses) == recipe.max_steps and all(map(math.isfinite, losses)), losses
    before, after = (load_file(folder / "model/model.safetensors") for folder in (job.parent, job.folder))
    assert any(not after[name].equal(before[name].to(after[name].dtype)) for name in before.keys() & after.keys())
    return job


def history(job: TrainingJob, of: str) -> list[float]:
    """The values of a curve in a job's history."""
    return [row[of] for row in atomic.read_jsonl(job.folder / "history.jsonl") if of in row]


@pytest.mark.parametrize(("step", "recipe"), shipped())
def test_a_recipe_that_ships_trains(models, step, recipe, request, monkeypatch):
    if not request.node.get_closest_marker("full"):  # compiling takes half a minute
        monkeypatch.setattr(kernels, "missing_to_compile", lambda: "time")
    trained(models, f"{step}-s0", recipe)


# --- what no recipe has together yet -----------------------------------------------------------------

LORA = {"rank": 4, "alpha": 16.0}
PACKED = {"packing": "separate"}
ASKED = tiny_training.FEW_STEPS | {"benchmark": "demo-go", "style": "names", "max_length": 256, "precision": "fp32"}
DRAWN = grpo_steps.RECIPE | {"batch_size": 4, "generations": 2, "max_steps": 3}
SETTINGS = {
    "pretrain": tiny_training.FEW_STEPS | {"corpus": "demo", "sequence_length": 64, "precision": "fp32"},
    "sft": ASKED | {"teacher": "none"},
    **dict.fromkeys(("dpo", "reward"), ASKED | {"preferences": "demo-tiers"}),
    "onlinedpo": {key: value for key, value in DRAWN.items() if key != "generations"},
    "grpo": DRAWN,
}
DROPPING = LORA | {"dropout": 0.1}
BESIDE = {"statements": {"corpus": "demo", "max_tokens": 200}}


def with_settings(stage: str, **settings) -> Recipe:
    return STAGES[stage].model_validate(SETTINGS[stage] | {"stage": stage} | settings)


@pytest.mark.parametrize(
    ("stage", "settings"),
    [
        pytest.param("sft", BESIDE | {"adapter": DROPPING}, marks=FULL),
        pytest.param("sft", BESIDE | PACKED | {"adapter": DROPPING}, marks=FULL),
        pytest.param("pretrain", PACKED | {"adapter": LORA}, marks=FULL),
        pytest.param("dpo", {}, marks=FULL),
        pytest.param("dpo", {"adapter": LORA}, marks=FULL),
        ("reward", {"adapter": LORA}),
        ("onlinedpo", {}),
        pytest.param("onlinedpo", {"adapter": LORA}, marks=FULL),
        ("grpo", {"iterations": 2}),
        pytest.param("grpo", {"adapter": LORA, "beta": 0.1}, marks=FULL),
    ],
)
def test_a_step_resumes_to_the_bytes_of_an_unbroken_run(models, stage, settings):
    recipe, chain = with_settings(stage, **settings, max_steps=4, save_steps=2, checkpoints="keep"), f"{stage}.torn-s0"
    shutil.rmtree(models / chain, ignore_errors=True)
    job = trained(models, chain, recipe)
    files = [*job.folder.glob("*/*.safetensors"), job.folder / "history.jsonl"]
    expected = [file.read_bytes() for file in files]
    tokens = json.loads((job.folder / "run.json").read_text())["backward_tokens"]
    tiny_training.tear(job.folder, 2)
    assert job_of(models, chain, recipe).checkpoint == job.trainer_folder / "checkpoint-2"
    trained(models, chain, recipe)
    assert [file.read_bytes() for file in files] == expected
    assert json.loads((job.folder / "run.json").read_text())["backward_tokens"] == tokens


@pytest.mark.parametrize(
    ("stage", "settings"), [("sft", PACKED | BESIDE), pytest.param("pretrain", PACKED, marks=FULL), ("grpo", {})]
)
def test_an_adapter_learns_text_by_text_what_it_learns_behind_a_mask(models, stage, settings, monkeypatch):
    recipe = with_settings(stage, **settings, adapter=LORA)
    masked = trained(models, f"{stage}.masked-s0", recipe)
    monkeypatch.setattr(packing, "varlen_attn", varlen_attention.part_by_part)
    monkeypatch.setattr(packing, "text_by_text", lambda *given: True)
    apart = trained(models, f"{stage}.apart-s0", recipe)
    assert json.loads((apart.folder / "run.json").read_text())["kernels"]["attention"] == packing.ATTENTION
    assert history(apart, "loss") == pytest.approx(history(masked, "loss"), rel=1e-4, abs=1e-5)


def test_an_adapter_is_trained_beside_weights_into_which_others_were_merged(models):
    chain = "sft.first-s0"
    trained(models, chain, with_settings("sft", adapter=LORA, learning_rate=0.01))
    for stage, apart in (("dpo", "rewards/margins"), ("onlinedpo", "rewards/margins"), ("grpo", "kl")):
        chain += f"+{stage}.next-s0"
        job = trained(models, chain, with_settings(stage, adapter=LORA, learning_rate=0.01, beta=0.1))
        first, *_, last = history(job, apart)
        assert first == pytest.approx(0, abs=1e-6) and abs(last) > 1e-6, "at first it is its parent, with the others"


@FULL
@pytest.mark.skipif(bool(kernels.missing_to_compile()), reason=f"lacks {kernels.missing_to_compile()}")
@pytest.mark.parametrize("adapter", [None, LORA])
def test_packed_rows_are_learned_alike_recomputed_and_compiled(models, adapter):
    found = []
    for again, compiled in ((False, False), (True, False), (True, True)):
        recipe = with_settings("sft", **PACKED, adapter=adapter, gradient_checkpointing=again, compile_layers=compiled)
        job = trained(models, f"sft.{len(found)}{'lora' if adapter else ''}-s0", recipe)
        found.append(history(job, "loss"))
    assert found == [pytest.approx(found[0], rel=1e-4)] * 3


BACKBONES = {
    "qwen3": Qwen3Config(tie_word_embeddings=True),
    "gemma3": Gemma3TextConfig(sliding_window=8),
}


@pytest.fixture(scope="module", params=BACKBONES)
def other_models(request, tiny_backbone, tmp_path_factory) -> Path:
    """The folder of a backbone whose embeddings are its head, and of one whose first layer looks back eight tokens."""
    config, folder = small_models.small(BACKBONES[request.param]), tmp_path_factory.mktemp(request.param)
    return made(folder / "data", small_models.write_language_model(folder / "backbone", config, tiny_backbone))


@FULL
@pytest.mark.parametrize(
    ("stage", "settings"),
    [
        ("sft", PACKED | {"adapter": LORA}),
        ("pretrain", PACKED),
        ("reward", {"adapter": LORA}),
        ("dpo", {}),
        ("grpo", {"beta": 0.1}),
    ],
)
def test_backbones_with_tied_weights_or_sliding_attention_train(other_models, stage, settings):
    job = trained(other_models, f"{stage}.try-s0", with_settings(stage, **settings))
    kind = AutoModelForCausalLM if job.recipe.answers else AutoModelForSequenceClassification
    _, loading = kind.from_pretrained(job.folder / "model", output_loading_info=True)
    assert not any(loading[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
