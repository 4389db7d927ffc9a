"""Supervised fine-tuning on reasoning: the loss counts completions only."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import getfile
from itertools import chain
from types import MappingProxyType
from typing import Any

from datasets import Dataset
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from reasonome.config import Style
from reasonome.config.tuning import TuningSettings
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError
from reasonome.prompts.chat_template import answered
from reasonome.rewards import Similarity
from reasonome.task import UNKNOWN_CONFIDENCE, Task
from reasonome.teaching.samples import Kind, kind_of
from reasonome.training import adapters, packing
from reasonome.training.job import TrainingJob, mixed
from reasonome.training.pretrain import sample_statements, tokenised, whole


def conversations(
    task: Task,
    style: Style,
    examples: list,
    proposals: dict[str, dict] | None,
    confidences: Mapping[Kind, float] = MappingProxyType({}),
    targets: Mapping[str, str] | None = None,
) -> list[dict]:
    """Prompt and completion messages, one dict per training example.

    `proposals` holds the teacher's kept rows by id; without it completions have no reasoning. Examples without a row of
    the teacher are left out, and those of which the task makes no completion. `confidences` are by kind of question.
    `targets` are whole completions by id, in place of those that the task makes; examples without one are left out.
    """
    rows = []
    for example in examples:
        if any(known is not None and example.id not in known for known in (proposals, targets)):
            continue
        prompt = task.prompt(example, style)
        sure = confidences.get(kind_of(example), UNKNOWN_CONFIDENCE)
        proposal = None if proposals is None else proposals[example.id]
        given = None if targets is None else targets[example.id]
        completion = task.completion(example, prompt, style, proposal, sure) if given is None else given
        if completion is not None:
            rows.append({"prompt": prompt.messages, "completion": [{"role": "assistant", "content": completion}]})
    return rows


@dataclass(frozen=True)
class Lesson:
    """The conversations to learn from of one benchmark, and how many of its examples have none, by reason."""

    rows: list[dict]
    examples: int
    left_out: Counter[str]


def sft(job: TrainingJob[TuningSettings], tasks: Mapping[str, Task], similarity: Similarity | None = None) -> None:
    """Fine-tune the parent on what its recipe makes of each benchmark: right answers, or the best of its own samples.

    `tasks` are those of the benchmarks; `similarity` is for a reward of samples.
    """
    recipe = job.recipe
    tokenizer = job.load_tokenizer()
    lessons: dict[str, Lesson] = {name: recipe.lesson(job, name, task, similarity) for name, task in tasks.items()}
    tokenized = {
        name: [answered(tokenizer, row["prompt"], row["completion"][0]["content"]) for row in lesson.rows]
        for name, lesson in lessons.items()
    }
    max_length, packed = recipe.max_length, recipe.packing == "separate"
    for name, rows in tokenized.items():
        shortest = min((len(tokens.ids) for tokens in rows), default=0)
        if shortest > max_length:
            what = f"every example of {name} has more than {max_length} tokens: the shortest has {shortest}"
            fix = f"raise it in config/recipes/{recipe.stage}.yaml"
            raise InputError(what, file=job.folder / "recipe.json", field="max_length", fix=fix)
    statements = _statements(job, tokenizer, max_length)
    lengths = [len(tokens.ids) for tokens in chain.from_iterable(tokenized.values())]
    lengths += [len(row["input_ids"]) for row in statements]
    job.fit(max_length if packed else max((length for length in lengths if length <= max_length), default=0))
    fitting = {
        name: [pair for pair in zip(lesson.rows, tokenized[name], strict=True) if len(pair[1].ids) <= max_length]
        for name, lesson in lessons.items()
    }
    left_out: Counter[str] = Counter()
    for lesson in lessons.values():
        left_out.update(lesson.left_out)
    left_out["too_long"] = sum(len(lessons[benchmark].rows) - len(rows) for benchmark, rows in fitting.items())
    for benchmark, rows in fitting.items():
        if not rows:
            raise recipe.nothing_left(job, benchmark, lessons[benchmark])
    kept = mixed(fitting, recipe.weights_of_benchmarks, recipe.max_examples, "max_examples")
    reasons = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in left_out.items())
    examples = sum(lesson.examples for lesson in lessons.values())
    print(f"{len(kept)} examples of {examples}; left out: {reasons} ({max_length} tokens)", flush=True)
    trainer = SFTTrainer(
        model=job.load_model(),
        args=SFTConfig(
            **job.arguments(),
            **(packing.SEPARATE if packed else {}),
            max_length=max_length,
            completion_only_loss=True,
        ),
        train_dataset=Dataset.from_list([*(tokens.labelled() for _, tokens in kept), *statements]),
        processing_class=tokenizer,
        peft_config=adapters.configuration(recipe.adapter),
    )
    facts: dict[str, Any] = {"examples": len(kept), **left_out}
    if recipe.statements:
        facts["statements"] = len(statements)
    if packed:
        facts["rows"] = packing.separate(trainer, recipe.batch_size)
    job.train(trainer)
    facts["prompt_example"] = {
        "messages": kept[0][0]["prompt"],
        "rendered": trained_prompt(kept[0][1].labelled(), tokenizer),
    }
    facts["code"] = code_sha256(__file__, *sorted({getfile(type(own)) for own in (recipe, *tasks.values())}))
    job.finish(trainer, tokenizer, facts)


def _statements(job: TrainingJob[TuningSettings], tokenizer, max_length: int) -> list[dict[str, list[int]]]:
    """Tokens and labels of the statements to learn beside the questions: those that a warm-up would read, or a share.

    Those longer than `max_length` are left out, and counted in what is printed.
    """
    spec = job.recipe.statements
    if spec is None:
        return []
    texts = sample_statements(job.data["statements"], tokenizer, spec.max_tokens, seed=0)  # as arms share a warm-up
    texts = texts[: max(1, round(spec.share * len(texts)))]
    rows = tokenised(texts, tokenizer)
    fitting = whole(rows, max_length)
    print(f"{len(fitting)} statements beside them; left out: {len(rows) - len(fitting)} too long", flush=True)
    return fitting.to_list()


def trained_prompt(row: dict, tokenizer) -> str:
    """The prompt of a tokenized training row: everything that the loss leaves out."""
    ids = [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == -100]
    return tokenizer.decode(ids)
