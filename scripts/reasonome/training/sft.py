"""Supervised fine-tuning on reasoning: the loss counts completions only."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import getfile
from itertools import chain
from types import MappingProxyType
from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from reasonome.answering.rows import read_answers, texts_by_id
from reasonome.benchmarks.rows import read_rows
from reasonome.config import SftRecipe, Style
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError
from reasonome.tasks.base import UNKNOWN_CONFIDENCE, Task
from reasonome.teaching.confidence import Kind, kind_of, shares_of_right
from reasonome.teaching.reasoning import read_proposals
from reasonome.training import adapters, packing
from reasonome.training.pretrain import sample_statements
from reasonome.training.stage import Stage, mixed


def conversations(
    task: Task,
    style: Style,
    examples: list,
    proposals: dict[str, dict] | None,
    confidences: Mapping[Kind, float] = MappingProxyType({}),
) -> list[dict]:
    """Prompt and completion messages, one dict per training example.

    `proposals` holds the teacher's kept rows by id; without it completions have no reasoning. Examples without a row of
    the teacher are left out, and those of which the task makes no completion. `confidences` are by kind of question.
    """
    rows = []
    for example in examples:
        if proposals is not None and example.id not in proposals:
            continue
        prompt = task.prompt(example, style)
        sure = confidences.get(kind_of(example), UNKNOWN_CONFIDENCE)
        proposal = None if proposals is None else proposals[example.id]
        completion = task.completion(example, prompt, style, proposal, sure)
        if completion is not None:
            rows.append({"prompt": prompt.messages, "completion": [{"role": "assistant", "content": completion}]})
    return rows


@dataclass(frozen=True)
class Lesson:
    """The conversations to learn from of one benchmark, and how many of its examples have none, and why."""

    rows: list[dict]
    examples: int
    without_reasoning: int
    without_completion: int


def _lesson(stage: Stage, benchmark: str, task: Task) -> Lesson:
    examples = read_rows(stage.files("examples")[benchmark], task.Example)
    random.Random(stage.step.seed).shuffle(examples)
    reasoning = stage.files("reasoning").get(benchmark)
    proposals = read_proposals(reasoning) if reasoning else None
    confidences, style = {}, stage.styles[benchmark]
    if samples := stage.files("samples").get(benchmark):
        confidences = shares_of_right(task, style, examples, texts_by_id(read_answers(samples)))
    rows = conversations(task, style, examples, proposals, confidences)
    untaught = sum(proposals is not None and example.id not in proposals for example in examples)
    return Lesson(rows, len(examples), untaught, len(examples) - untaught - len(rows))


def sft(stage: Stage, tasks: Mapping[str, Task]) -> None:
    """Fine-tune the parent on a teacher's completions (or on names alone); `tasks` are those of the benchmarks."""
    recipe = stage.recipe
    tokenizer = stage.load_tokenizer()
    lessons = {benchmark: _lesson(stage, benchmark, task) for benchmark, task in tasks.items()}
    lengths = {
        benchmark: [len(_tokens(tokenizer, row)) for row in lesson.rows] for benchmark, lesson in lessons.items()
    }
    longest = stage.fit(longest_row(recipe, list(chain.from_iterable(lengths.values()))))
    max_length = longest if recipe.max_length == "auto" else recipe.max_length
    fitting = {
        benchmark: [row for row, length in zip(lesson.rows, lengths[benchmark], strict=True) if length <= max_length]
        for benchmark, lesson in lessons.items()
    }
    left_out = {
        "without_reasoning": sum(lesson.without_reasoning for lesson in lessons.values()),
        "without_completion": sum(lesson.without_completion for lesson in lessons.values()),
        "too_long": sum(len(lessons[benchmark].rows) - len(rows) for benchmark, rows in fitting.items()),
    }
    for benchmark, rows in fitting.items():
        if not rows:
            raise InputError(
                f"no example of {benchmark} is left to train on",
                file=(stage.files("reasoning") or stage.files("examples"))[benchmark],
                fix="see what the teacher dropped and why, beside that file, and max_length in the recipe",
            )
    kept = mixed(fitting, recipe.weights_of_benchmarks, recipe.max_examples, "max_examples")
    reasons = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in left_out.items())
    examples = sum(lesson.examples for lesson in lessons.values())
    print(f"{len(kept)} examples of {examples}; left out: {reasons} ({max_length} tokens)", flush=True)
    statements = _statements(stage, tokenizer, max_length)
    packed = recipe.packing == "separate"
    trainer = SFTTrainer(
        model=stage.load_model(),
        args=SFTConfig(
            **stage.arguments(),
            **(packing.SEPARATE if packed else {}),
            max_length=max_length,
            completion_only_loss=True,
        ),
        train_dataset=Dataset.from_list(
            [*(labelled(tokenizer, row) for row in kept), *statements] if statements else kept
        ),
        processing_class=tokenizer,
        peft_config=adapters.configuration(recipe.adapter),
    )
    facts = {"examples": len(kept), **left_out} | ({"statements": len(statements)} if recipe.statements else {})
    first = trainer.train_dataset[0]
    if packed:
        packing.separate(trainer)
        print(packing.describe(trainer.train_dataset, recipe.batch_size), flush=True)
        facts["rows"] = len(trainer.train_dataset)
        first = packing.find_text(trainer.train_dataset, _tokens(tokenizer, kept[0]))
    if recipe.max_length == "auto":
        facts["max_length"] = max_length
    stage.train(trainer)
    facts["prompt_example"] = {"messages": kept[0]["prompt"], "rendered": trained_prompt(first, tokenizer)}
    facts["code"] = code_sha256(__file__, *sorted({getfile(type(task)) for task in tasks.values()}))
    stage.finish(trainer, tokenizer, facts, generated_tokens=0)


def _statements(stage: Stage, tokenizer, max_length: int) -> list[dict[str, list[int]]]:
    """Tokens and labels of the statements to learn beside the questions: those that a warm-up would read, or a share.

    Those longer than `max_length` are left out, and counted in what is printed.
    """
    spec = stage.recipe.statements
    if spec is None:
        return []
    texts = sample_statements(stage.data["statements"], tokenizer, spec.max_tokens, seed=0)  # as arms share a warm-up
    texts = texts[: max(1, round(spec.share * len(texts)))]
    rows = [[*ids, tokenizer.eos_token_id] for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
    fitting = [ids for ids in rows if len(ids) <= max_length]
    print(f"{len(fitting)} statements beside them; left out: {len(rows) - len(fitting)} too long", flush=True)
    return [{"input_ids": ids, "labels": ids} for ids in fitting]


def labelled(tokenizer, row: Mapping[str, Any]) -> dict[str, list[int]]:
    """Tokens and labels of a conversation, as TRL makes them: the completion alone has labels."""
    whole = _tokens(tokenizer, row)
    prompt = tokenizer.apply_chat_template(row["prompt"], add_generation_prompt=True, return_dict=True)["input_ids"]
    start = next((i for i, pair in enumerate(zip(prompt, whole, strict=False)) if pair[0] != pair[1]), len(prompt))
    return {"input_ids": whole, "labels": [-100] * start + whole[start:]}


def longest_row(recipe: SftRecipe, lengths: list[int]) -> int:
    """Tokens of the longest row that training may meet: of packed rows `max_length`, or else of the longest example."""
    if recipe.max_length == "auto":
        return max(lengths, default=0)
    if recipe.packing == "separate":
        return recipe.max_length
    return max((length for length in lengths if length <= recipe.max_length), default=0)


def trained_prompt(row: dict, tokenizer) -> str:
    """The prompt of a tokenized training row, as the trainer has it: everything that the loss leaves out."""
    ids = [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == -100]
    return tokenizer.decode(ids)


def _tokens(tokenizer, row: dict) -> list[int]:
    return tokenizer.apply_chat_template(row["prompt"] + row["completion"], return_dict=True)["input_ids"]
