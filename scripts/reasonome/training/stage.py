"""One training step from recipe to model folder: what pretrain, sft and grpo have in common."""

import json
import logging
import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter
from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed

from reasonome import __version__, atomic, chains
from reasonome.config import STAGES, Recipe, Style
from reasonome.errors import InputError
from reasonome.manifest import (
    Stopwatch,
    canonical,
    code_sha256,
    file_sha256,
    folder_sha256,
    read_manifest,
    text_sha256,
    versions,
)
from reasonome.training import checkpoints

# The modules that shape a model, beside the recipe.
CODE = ("completion.py", "metrics", "prompts.py", "rewards", "tasks", "training")
# Facts of the wall clock: they differ between equal runs, so they stay out of the history.
WALL_CLOCK = ("_runtime", "_per_second", "step_time", "total_flos", "num_tokens", "num_input_tokens_seen")


def read_recipe(folder: Path) -> Recipe:
    """The recipe in a model's folder; InputError if there is none."""
    path = folder / "recipe.json"
    if not path.is_file():
        raise InputError("recipe is missing", file=path, fix=f"snakemake {path}")
    recipe = json.loads(path.read_text(encoding="utf-8"))
    return TypeAdapter(STAGES[recipe["stage"]]).validate_python(recipe)


@dataclass
class Stage:
    """Folders, recipe and parent of one step of a chain.

    `folder` is results/models/{backbone}/{chain}, with recipe.json in it; `data` are the files trained on.
    InputError if recipe, parent or data are missing.
    """

    folder: Path
    data: dict[str, Path]
    style: Style | None = None
    stopwatch: Stopwatch = field(default_factory=Stopwatch)

    def __post_init__(self) -> None:
        self.recipe = read_recipe(self.folder)
        self.step = chains.last_step(self.folder.name)
        self.parent = self.folder.with_name(chains.parent(self.folder.name))
        self.parent_manifest = read_manifest(self.parent / "manifest.json")
        for path in self.data.values():
            if not path.is_file():
                raise InputError("training data are missing", file=path, fix=f"snakemake {path}")
        self.identity = {
            "step": str(self.step),
            "recipe": self.recipe.model_dump(mode="json"),
            "parent": text_sha256(canonical(self.parent_manifest)),
            "data": {name: file_sha256(path) for name, path in sorted(self.data.items())},
        }
        if self.style is not None:
            self.identity["style"] = self.style.model_dump(mode="json")
        self.digest = text_sha256(canonical(self.identity))[:16]
        self.trainer_folder = self.folder / "trainer" / self.digest
        self.stop = checkpoints.StopOnSignal()
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        self.processes = int(os.environ.get("WORLD_SIZE", 1))
        self._check_devices()
        set_seed(self.step.seed)

    def _check_devices(self) -> None:
        """The recipe's batch must come out whole; several visible GPUs in one process would multiply it."""
        if self.processes == 1 and torch.cuda.device_count() > 1:
            raise InputError(
                f"{torch.cuda.device_count()} GPUs are visible to one process, which would change the batch size",
                fix="set CUDA_VISIBLE_DEVICES to one of them",
            )
        if self.recipe.batch_size % (self.recipe.micro_batch_size * self.processes):
            raise InputError(
                f"batch_size {self.recipe.batch_size} is no multiple of micro_batch_size "
                f"{self.recipe.micro_batch_size} × {self.processes} processes",
                file=self.folder / "recipe.json",
                field="batch_size",
            )

    @cached_property
    def checkpoint(self) -> Path | None:
        """The checkpoint to resume from, if an earlier attempt left a complete one."""
        return checkpoints.newest_complete(self.trainer_folder)

    def load(self) -> tuple[Any, Any]:
        """The parent's model (fp32 weights) and tokenizer, with padding set."""
        model = AutoModelForCausalLM.from_pretrained(self.parent / "model", dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(self.parent / "model")
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        return model, tokenizer

    def arguments(self) -> dict[str, Any]:
        """Trainer arguments that follow from the recipe."""
        recipe = self.recipe
        return {
            "output_dir": str(self.trainer_folder),
            "learning_rate": recipe.learning_rate,
            "num_train_epochs": recipe.epochs,
            "max_steps": recipe.max_steps or -1,
            "per_device_train_batch_size": recipe.micro_batch_size,
            "gradient_accumulation_steps": recipe.batch_size // (recipe.micro_batch_size * self.processes),
            "lr_scheduler_type": recipe.scheduler,
            "warmup_steps": recipe.warmup,
            "weight_decay": recipe.weight_decay,
            "max_grad_norm": recipe.max_grad_norm,
            "bf16": recipe.precision == "bf16",
            "activation_checkpointing": recipe.gradient_checkpointing,
            "save_strategy": "steps",
            "save_steps": recipe.save_steps,
            "save_total_limit": 2,
            "logging_steps": recipe.log_steps,
            "logging_first_step": True,
            "train_sampling_strategy": "group_by_length" if self.recipe.stage == "sft" else "random",
            "seed": self.step.seed,
            "data_seed": self.step.seed,
            "report_to": "none",
            "use_cpu": not torch.cuda.is_available(),
            "dataloader_pin_memory": torch.cuda.is_available(),
            "disable_tqdm": False,
        }

    def train(self, trainer) -> None:
        """Train, from the newest complete checkpoint if there is one; exit non-zero after a signal."""
        trainer.add_callback(checkpoints.MarkComplete(self.stopwatch))
        trainer.add_callback(self.stop)
        checkpoint = self.checkpoint
        self.stopwatch.earlier = checkpoints.seconds_before(checkpoint)
        if checkpoint:
            print(f"resuming from {checkpoint.name}", flush=True)
        with atomic.naming_full_disks(self.trainer_folder):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        if self.stop.received is not None:
            print(f"stopped by signal {self.stop.received} after step {trainer.state.global_step}; saved", flush=True)
            sys.exit(128 + self.stop.received)

    def finish(self, trainer, tokenizer, facts: dict[str, Any], **wall_clock: Any) -> None:
        """Write model folder, history and run.json, and the manifest last; then prune checkpoints.

        `facts` go into the manifest (they must follow from the inputs alone), `wall_clock` into run.json.
        """
        atomic.write_jsonl(self.folder / "history.jsonl", history(trainer.state.log_history))
        model = trainer.accelerator.unwrap_model(trainer.model).to(torch.bfloat16)
        with atomic.replacing(self.folder / "model") as folder:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        self.stopwatch.write(
            self.folder / "run.json",
            backward_tokens=backward_tokens(trainer.state.log_history),
            steps=trainer.state.global_step,
            **wall_clock,
        )
        manifest = {
            **self.identity,
            **facts,
            "code": code_sha256(CODE),
            "model": folder_sha256(self.folder / "model"),
            "versions": versions(),
        }
        atomic.write_json(self.folder / "manifest.json", manifest)
        keep = self.trainer_folder if self.recipe.checkpoints == "keep" else None
        checkpoints.prune(self.folder / "trainer", keep)
        print(f"{self.folder.name}: {trainer.state.global_step} steps, reasonome {__version__}")


def backward_tokens(history: list[dict[str, Any]]) -> int:
    """Tokens that went through a backward pass; TRL's counter starts again at 0 after a resume."""
    total = last = 0
    for entry in history:
        if "num_tokens" not in entry:
            continue
        # Every entry is a later step, so a count that did not grow has started again.
        total += entry["num_tokens"] - (last if entry["num_tokens"] > last else 0)
        last = entry["num_tokens"]
    return int(total)


def history(log: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The trainer's log without what differs between an undisturbed and a resumed run.

    That is the wall clock, the closing summary, whose mean loss covers the last attempt only, and the order
    of keys, which a checkpoint sorts.
    """
    steps = [entry for entry in log if "train_loss" not in entry]
    return [{key: entry[key] for key in sorted(entry) if not key.endswith(WALL_CLOCK)} for entry in steps]
