"""Examples that are too long to learn from, as far as prompts are made already when jobs are planned."""

import importlib.util
from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from reasonome.config.project import Project, chains


def check_length(project: Project, backbone: str, step: str) -> None:
    """InputError, at its place in the recipe, for a `max_length` below every prompt that a step learns from.

    Nothing is known of prompts that are not made yet, and of a backbone that is not fetched yet.
    """
    recipe, tokenizer = project.recipe(step), project.results.model(backbone, chains.BASE) / "model/tokenizer.json"
    most: int | None = getattr(recipe, "max_length", None)
    if most is None or not tokenizer.is_file() or importlib.util.find_spec("tokenizers") is None:
        return
    for benchmark, style in recipe.questions:
        file = project.examples(benchmark, style) / "train.jsonl"
        task, lengths = project.task(benchmark), []
        with open(file, encoding="utf-8") if file.is_file() else nullcontext(()) as rows:
            for row in rows:
                prompt = task.prompt(task.Example.model_validate_json(row), project.style(benchmark, style))
                lengths.append(_tokens(tokenizer, [message["content"] for message in prompt.messages]))
                if lengths[-1] <= most:
                    break
        if lengths and min(lengths) > most:
            stage, variant = step.split(".")
            what = f"every prompt of {benchmark} is longer: the shortest has {min(lengths)} tokens without its answer"
            loc = ("variants", variant, "max_length")
            raise project.folder.error(f"recipes/{stage}.yaml", loc, what, "raise it: longer examples are left out")


def _tokens(tokenizer: Path, texts: Sequence[str]) -> int:
    """How many tokens of an untouched backbone the texts have together, without those of a chat template."""
    return sum(len(_loaded(tokenizer).encode(text, add_special_tokens=False).ids) for text in texts)


@cache
def _loaded(tokenizer: Path) -> Any:
    from tokenizers import Tokenizer  # without PyTorch; where jobs are only planned it may be missing

    return Tokenizer.from_file(str(tokenizer))
