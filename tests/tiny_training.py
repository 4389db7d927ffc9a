"""Training steps on the tiny backbone: folders, data of a few rows, and recipes of a few optimizer steps."""

import shutil
from pathlib import Path

import torch

from reasonome.config import Recipe
from reasonome.core import atomic
from reasonome.stages import STAGES
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.training.job import TrainingJob

STYLE = NamingStyle(gene="{symbol}", budget_tokens=100, system="Name what the genes share.", user="Genes: {genes}")
FEW_STEPS = {"learning_rate": 1e-3, "batch_size": 2, "micro_batch_size": 2, "max_steps": 3, "save_steps": 2}
TEXT = "repair of DNA binding to kinase signal in membrane transport along axon growth and cell cycle"
WORDS = TEXT.split()


def make(folder: Path, backbone: Path) -> Path:
    """A folder with the untouched backbone as a finished model, and data for each stage; returns the models' folder."""
    models = folder / "models" / "tiny"
    shutil.copytree(backbone, models / "base" / "model")
    atomic.write_json(models / "base" / "manifest.json", {"model": "tiny"})
    atomic.write_jsonl(folder / "examples.jsonl", [_example(number) for number in range(12)])
    statements = [{"text": f"Gene G{number} is for {_name(number)}."} for number in range(40)]
    atomic.write_jsonl(folder / "train.jsonl", statements)
    atomic.write_jsonl(folder / "held_out.jsonl", statements[:8])
    pairs = [_pair(number) for number in range(16)]
    atomic.write_jsonl(folder / "pairs.jsonl", pairs[:12])
    atomic.write_jsonl(folder / "held_out_pairs.jsonl", pairs[12:])
    return models


def read_recipe(folder: Path) -> Recipe:
    """The recipe in a model's folder."""
    recipe = atomic.read_json(folder / "recipe.json")
    return STAGES[recipe["stage"]].model_validate(recipe)


def _example(number: int) -> dict:
    genes = [{"symbol": f"GEN{number}{letter}"} for letter in "ABCDEF"[: 1 + number % 6]]
    return {"id": f"GO:{number:07}", "subset": "bp", "name": _name(number), "genes": genes}


def _pair(number: int) -> dict:
    """A right name, which is better, and that of another set; every second pair with reasoning in the better one."""
    names = [f"Process: {_name(other)}" for other in (number, number + 3)]
    reasoned = number % 2 == 0
    return {
        "id": f"GO:{number:07}",
        "subset": "bp",
        "kind": "right with reasoning over wrong without" if reasoned else "right without over wrong without",
        "messages": [{"role": "user", "content": f"Genes: GEN{number}A, GEN{number}B"}],
        "chosen": names[0] + ("\nReasoning:\n<think>They act.</think>" if reasoned else ""),
        "rejected": names[1],
        "reasoned": [reasoned, False],
    }


def _name(number: int) -> str:
    """A name of one to eight words."""
    return " ".join(WORDS[(number + step) % len(WORDS)] for step in range(1 + number % 8))


def sft_job(models: Path, chain: str = "sft.try-s0", **settings) -> TrainingJob:
    """An SFT step on the names alone; `settings` go over a recipe of three steps."""
    recipe = {"benchmark": "demo-go", "style": "names", "teacher": "none", "max_length": 256}
    return _job(models, chain, "sft", recipe | settings, {"examples": "examples.jsonl"}, {"demo-go": STYLE})


def preference_job(models: Path, stage: str, chain: str = "", **settings) -> TrainingJob:
    """A step that learns from pairs of answers; `settings` go over a recipe of three steps."""
    recipe = {"benchmark": "demo-go", "style": "names", "preferences": "pairs", "max_length": 256}
    data = {"preferences": "pairs.jsonl", "held_out preferences": "held_out_pairs.jsonl"}
    chain = chain or f"{stage}.try-s0"
    return _job(models, chain, stage, recipe | settings, data, {"demo-go": STYLE})


def pretrain_job(models: Path, chain: str = "pretrain.try-s0", **settings) -> TrainingJob:
    """A warm-up step; `settings` go over a recipe of three steps."""
    recipe = {"corpus": "demo", "sequence_length": 64}
    data = {"train": "train.jsonl", "held_out": "held_out.jsonl"}
    return _job(models, chain, "pretrain", recipe | settings, data, {})


def _job(models: Path, chain: str, stage: str, settings: dict, data: dict, styles: dict[str, NamingStyle]):
    recipe = STAGES[stage].model_validate({"stage": stage, **FEW_STEPS, **settings})
    (models / chain).mkdir(parents=True, exist_ok=True)
    atomic.write_json(models / chain / "recipe.json", recipe.model_dump(mode="json"))
    files = {name: models.parent.parent / file for name, file in data.items()}
    return TrainingJob(recipe, models / chain, files, styles)


def train(job: TrainingJob) -> None:
    """Train a step that learns from preferences, for which no project is needed."""
    job.recipe.train(job)


def tear(folder: Path, step: int) -> None:
    """Leave of a finished step what there would be, had it been killed after a checkpoint."""
    for checkpoint in folder.glob("trainer/*/checkpoint-*"):
        if int(checkpoint.name.partition("-")[2]) > step:
            shutil.rmtree(checkpoint)
    for made in ("model", "adapter"):
        shutil.rmtree(folder / made, ignore_errors=True)


def gradients(folder: Path) -> dict[int, torch.Tensor]:
    """The gradient of every weight in the first step of a training that saved after it: AdamW keeps a tenth of it."""
    [checkpoint] = folder.glob("trainer/*/checkpoint-1")
    state = torch.load(checkpoint / "optimizer.pt", weights_only=True)["state"]
    return {number: 10 * of_weight["exp_avg"] for number, of_weight in state.items()}


def assert_one_gradient(folders: list[Path]) -> None:
    """Fail unless the first step of each training in `folders` had the same gradient, in every weight."""
    first, *others = map(gradients, folders)
    largest = max(gradient.abs().max() for gradient in first.values())
    assert largest > 0
    for other in others:
        assert first.keys() == other.keys()
        for number in first:
            torch.testing.assert_close(other[number], first[number], rtol=1e-3, atol=1e-5 * largest.item())
