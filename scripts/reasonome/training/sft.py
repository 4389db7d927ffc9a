"""Supervised fine-tuning on reasoning: the loss counts completions only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import getfile
from itertools import chain
from random import Random
from typing import Any

from datasets import Dataset
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from reasonome.config import Style
from reasonome.config.tuning import TuningSettings
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError
from reasonome.prompts.chat_template import answered
from reasonome.task import Task
from reasonome.teaching.proposals import read_proposals
from reasonome.training import adapters, packing
from reasonome.training.job import TrainingJob, mixed
from reasonome.training.pretrain import sample_statements, tokenised, whole


def conversations(
    task: Task, style: Style, examples: list, proposals: dict[str, dict] | None, confidences: Sequence[int] = (50,)
) -> list[dict]:
    """Prompt and completion messages, one dict per training example.

    `proposals` holds the teacher's kept rows by id; without it completions have no reasoning. Examples without a row of
    the teacher are left out, and those of which the task makes no completion. Where the style asks for a confidence, a
    completion states one of `confidences` (0 to 100), drawn by the question's id.
    """
    rows = []
    for example in examples:
        if proposals is not None and example.id not in proposals:
            continue
        prompt = task.prompt(example, style)
        proposal = None if proposals is None else proposals[example.id]
        confidence = Random(example.id).choice(confidences) / 100
        completion = task.completion(example, prompt, style, proposal, confidence)
        if completion is not None:
            rows.append({"prompt": prompt.messages, "completion": [{"role": "assistant", "content": completion}]})
    return rows


@dataclass(frozen=True)
class Lesson:
    """The conversations to learn from of one benchmark, and how many of its examples have none, by reason."""

    rows: list[dict]
    examples: int
    left_out: Counter[str]


def _lesson(job: TrainingJob[TuningSettings], benchmark: str, task: Task) -> Lesson:
    """What is learned of a benchmark: right answers, with a teacher's reasoning where the recipe has one."""
    examples, style = job.examples(benchmark, task), job.styles[benchmark]
    reasoning = job.files("reasoning").get(benchmark)
    proposals = read_proposals(reasoning) if reasoning else None
    rows = conversations(task, style, examples, proposals, job.recipe.confidences)
    untaught = sum(proposals is not None and example.id not in proposals for example in examples)
    left_out = Counter(without_reasoning=untaught, without_completion=len(examples) - untaught - len(rows))
    return Lesson(rows, len(examples), left_out)


def sft(job: TrainingJob[TuningSettings], tasks: Mapping[str, Task]) -> None:
    """Fine-tune the parent on right answers to the questions of benchmarks; `tasks` are those of the benchmarks."""
    recipe = job.recipe
    tokenizer = job.load_tokenizer()
    lessons = {name: _lesson(job, name, task) for name, task in tasks.items()}
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
            file = (job.files("reasoning") or job.files("examples"))[benchmark]
            fix = "see what the teacher dropped and why, beside that file"
            raise InputError(f"no example of {benchmark} is left to train on", file=file, fix=fix)
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
