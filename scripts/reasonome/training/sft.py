"""Supervised fine-tuning on reasoning: the loss counts completions only."""

import random
import re
from pathlib import Path

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from reasonome import atomic
from reasonome.benchmarks import read_rows
from reasonome.config import Style
from reasonome.errors import InputError
from reasonome.prompts import Prompt, token_counter
from reasonome.tasks.task import Task
from reasonome.training.stage import Stage


def conversations(task: Task, style: Style, examples: list, proposals: dict[str, dict] | None, tokenizer) -> list[dict]:
    """Prompt and completion messages, one dict per training example.

    `proposals` holds the teacher's kept rows by id; without it the completion is the true name alone. A
    completion that speaks of a gene which the prompt leaves out is left out too: it would teach to invent.
    """
    count_tokens = token_counter(tokenizer)
    rows = []
    for example in examples:
        prompt = task.prompt(example, style, count_tokens)
        if proposals is None:
            completion = task.target(example.name, [])
        elif example.id in proposals and not _unseen_genes(example, prompt, proposals[example.id]["steps"]):
            kept = proposals[example.id]
            completion = task.target(kept["proposed"], kept["steps"])
        else:
            continue
        rows.append({"prompt": prompt.messages, "completion": [{"role": "assistant", "content": completion}]})
    return rows


def _unseen_genes(example, prompt: Prompt, steps: list[str]) -> set[str]:
    """Genes of the set that the steps name though the prompt does not show them."""
    words = set(re.findall(r"[\w.-]+[\w]|\w", " ".join(steps)))
    return words & ({gene.symbol for gene in example.genes} - set(prompt.shown))


def read_proposals(path: Path) -> dict[str, dict]:
    """The teacher's kept reasoning, by example id."""
    return {row["id"]: row for row in atomic.read_jsonl(path)}


def sft(stage: Stage, task: Task) -> None:
    """Fine-tune the parent on a teacher's completions (or on names alone)."""
    recipe = stage.recipe
    model, tokenizer = stage.load()
    examples = read_rows(stage.data["examples"], task.Example)
    random.Random(stage.step.seed).shuffle(examples)
    proposals = read_proposals(stage.data["reasoning"]) if "reasoning" in stage.data else None
    rows = conversations(task, stage.style, examples, proposals, tokenizer)
    fitting = [row for row in rows if _tokens(tokenizer, row) <= recipe.max_length]
    kept = fitting[: recipe.max_examples]
    print(
        f"{len(kept)} examples; {len(rows) - len(fitting)} longer than {recipe.max_length} tokens left out", flush=True
    )
    if not kept:
        raise InputError(
            "no example is left to train on",
            file=stage.data.get("reasoning", stage.data["examples"]),
            fix="see what the teacher dropped and why, beside that file, and max_length in the recipe",
        )
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(**stage.arguments(), max_length=recipe.max_length, completion_only_loss=True),
        train_dataset=Dataset.from_list(kept),
        processing_class=tokenizer,
    )
    stage.train(trainer)
    facts = {
        "examples": len(kept),
        "too_long": len(rows) - len(fitting),
        "prompt_example": {
            "messages": kept[0]["prompt"],
            "rendered": trained_prompt(trainer.train_dataset[0], tokenizer),
        },
    }
    stage.finish(trainer, tokenizer, facts, generated_tokens=0)


def trained_prompt(row: dict, tokenizer) -> str:
    """The prompt of a tokenized training row, as the trainer has it: everything that the loss leaves out."""
    ids = [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == -100]
    return tokenizer.decode(ids)


def _tokens(tokenizer, row: dict) -> int:
    return len(tokenizer.apply_chat_template(row["prompt"] + row["completion"], return_dict=True)["input_ids"])
