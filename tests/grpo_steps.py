"""GRPO steps on the tiny backbone, with a reward that random weights earn; as a program, one that may be killed.

python tests/grpo_steps.py models/tiny/grpo.try-s0 --write completions.json     trains, and keeps what it drew
python tests/grpo_steps.py models/tiny/grpo.try-s0 --read completions.json      trains on what was drawn before
"""

import argparse
import json
import os
from collections.abc import Iterable
from pathlib import Path

from tiny_training import STYLE, read_recipe

from reasonome.core import atomic
from reasonome.rewards import Reward
from reasonome.stages import STAGES
from reasonome.tasks.naming.task import GeneSetNaming
from reasonome.training import processes
from reasonome.training.grpo import grpo
from reasonome.training.job import TrainingJob
from reasonome.training.rollouts import WatchedTrainer

RECIPE = {
    "stage": "grpo",
    "benchmark": "demo-go",
    "style": "names",
    "rewards": {"rouge_l": 1.0},
    "encoders": [],
    "learning_rate": 1e-3,
    "scheduler": "constant",
    "warmup": 0.0,
    "batch_size": 8,
    "micro_batch_size": 2,
    "generations": 4,
    "max_completion_length": 12,
    "temperature": 0.8,
    "precision": "fp32",
    "prompts": 4,
    "epochs": 2,
    "save_steps": 1,
    "validation": 3,
}


class Vowels(GeneSetNaming):
    """Pays for vowels: what random weights write differs in that."""

    def rewards(self, grading=None):
        """The share of vowels, and of spaces."""
        pay = Reward(lambda texts, examples, similarity: list(map(share, texts)), 0.0, 1.0, semantic=True)
        form = Reward(lambda texts, examples, similarity: [share(t, " ") for t in texts], 0.0, 1.0, semantic=False)
        return {"rouge_l": pay, "format": form}

    def parse(self, text, style=None):
        """The text as it is."""
        return text


def share(text: str, letters: Iterable[str] = "aeiou") -> float:
    """The share of these letters among a text's characters."""
    return sum(map(text.count, letters)) / max(1, len(text))


def prepare(models: Path, chain: str = "grpo.try-s0", **settings) -> Path:
    """A step's folder with its recipe, RECIPE with `settings` over it, beside tiny_training's base model.

    Its stage is that of the chain.
    """
    stage = chain.partition(".")[0]
    own = {key: value for key, value in RECIPE.items() if stage == "grpo" or key != "generations"}
    recipe = STAGES[stage].model_validate(own | {"stage": stage} | settings)
    atomic.write_json(models / chain / "recipe.json", recipe.model_dump(mode="json"))
    return models / chain


def logged(folder: Path) -> list[dict]:
    """What each step of a finished training logged."""
    entries = [json.loads(line) for line in (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    return [entry for entry in entries if "loss" in entry]


def run(folder: Path) -> None:
    """Train the step in `folder`."""
    examples = folder.parent.parent.parent / "examples.jsonl"
    data = {"examples": examples, "valid": examples}
    judge = folder.parent / "reward.try-s0" / "manifest.json"
    if json.loads((folder / "recipe.json").read_text(encoding="utf-8")).get("judge"):
        data["judge"] = judge
    grpo(TrainingJob(read_recipe(folder), folder, data, {"demo-go": STYLE}), Vowels(), None)


def write_down(path: Path) -> None:
    """Keep the completions of each step as they are drawn, cut to several lengths, in the order of its prompts.

    Of several processes each keeps its own, with its rank in the file's name.
    """
    drawn, generate = {}, WatchedTrainer._generate_single_turn
    path = path.with_suffix(f".{os.environ['RANK']}.json") if processes.count() > 1 else path

    def writing(trainer, *args, **kwargs):
        both = generate(trainer, *args, **kwargs)
        drawn[trainer.state.global_step] = tuple([row[: 3 + 5 * i % 9] for i, row in enumerate(rows)] for rows in both)
        atomic.write_json(path, drawn)
        return drawn[trainer.state.global_step]

    WatchedTrainer._generate_single_turn = writing


def read_back(path: Path) -> None:
    """Take the completions from a file instead of the model: each process those of its share of the prompts."""
    drawn = json.loads(path.read_text(encoding="utf-8"))

    def reading(trainer, prompt_ids, *args, **kwargs):
        completions, logprobs = drawn[str(trainer.state.global_step)]
        start = trainer.accelerator.process_index * len(prompt_ids)
        mine = slice(start, start + len(prompt_ids))
        return completions[mine], logprobs[mine]

    WatchedTrainer._generate_single_turn = reading


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--read", type=Path)
    args = parser.parse_args()
    if args.write:
        write_down(args.write)
    if args.read:
        read_back(args.read)
    run(args.folder)


if __name__ == "__main__":
    processes.run(main)
