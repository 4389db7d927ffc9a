"""What stages share that learn which of two answers is better: settings, files, checks, and the pairs of answers."""

import random
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import getfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from reasonome.config import QuestionRecipe, ValidatedRecipe
from reasonome.config.preferences import Preferences, SamplePreferences, TablePreferences, TierPreferences
from reasonome.config.project import Project, Results
from reasonome.config.project.recipe_references import wrong_rewards, wrong_teacher
from reasonome.config.reference import Mistake, PreferencesRef
from reasonome.core import atomic
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError

if TYPE_CHECKING:
    from transformers import Trainer, TrainingArguments

    from reasonome.training.job import TrainingJob


class PreferenceRecipe(QuestionRecipe, ValidatedRecipe):
    """The settings of stages that learn which of two answers is better."""

    newer = (*QuestionRecipe.newer, *ValidatedRecipe.newer)
    preferences: PreferencesRef = Field(description="of preferences.yaml")
    max_pairs: Annotated[int, Field(ge=1)] | None = None
    max_length: Annotated[int, Field(ge=32)] = Field(
        1024, description="of a prompt and its answer, in tokens; pairs with a longer one are left out"
    )

    @model_validator(mode="after")
    def _rows_are_counted(self) -> "PreferenceRecipe":
        if self.micro_batch_size == "auto":
            raise ValueError("'micro_batch_size' is a number here: no trial knows what both answers of a pair take")
        return self

    @abstractmethod
    def trainer(self) -> tuple["Callable[..., Trainer]", "Callable[..., TrainingArguments]"]:
        """TRL's trainer, and its arguments but for those that all stages share."""

    def measure(self, folder: Path, held_out: Sequence[Mapping[str, Any]]) -> None:
        """Measure the saved model in `folder` on held-out pairs, and write what was found beside it."""

    def train(self, job: "TrainingJob") -> None:
        """Train the parent on pairs of answers, and measure held-out ones before, during and after."""
        from datasets import Dataset

        from reasonome.training import adapters
        from reasonome.training.job import mixed

        tokenizer = job.load_tokenizer()
        pairs = self.read(job, tokenizer)
        train = mixed(pairs.train, self.weights_of_benchmarks, self.max_pairs, "max_pairs")
        print(f"{len(train)} pairs to train on", flush=True)
        held_out = conversations(pairs.held_out)
        job.fit(pairs.longest)
        trainer_of, arguments_of = self.trainer()
        trainer = trainer_of(
            model=job.load_model(),
            args=arguments_of(**job.arguments(), **job.evaluation(bool(held_out))),
            train_dataset=Dataset.from_list(conversations(train)),
            eval_dataset=Dataset.from_list(held_out) if held_out else None,
            processing_class=tokenizer,
            peft_config=adapters.configuration(self.adapter, reward_model=not self.answers),
        )
        job.train(trainer)
        code = code_sha256(getfile(type(self)), getfile(type(job)))
        facts = {"pairs": len(train), "too_long": pairs.too_long, "code": code}
        job.finish(trainer, tokenizer, facts, lambda: self.measure(job.folder, pairs.held_out))

    def read(self, job: "TrainingJob", tokenizer) -> "Pairs":
        """The pairs of a job in an order drawn by its seed. InputError where a benchmark has none short enough."""
        from reasonome.prompts.chat_template import answered

        def is_short(pair: Mapping[str, Any]) -> bool:
            nonlocal longest, too_long
            length = max(len(answered(tokenizer, pair["messages"], pair[side]).ids) for side in ("chosen", "rejected"))
            if length > self.max_length:
                too_long += 1
                return False
            longest = max(longest, length)
            return True

        train, held_out, too_long, longest = {}, [], 0, 0
        for benchmark, file in job.files("preferences").items():
            pairs = list(atomic.read_jsonl(file))
            random.Random(job.step.seed).shuffle(pairs)
            train[benchmark] = list(filter(is_short, pairs))
            held_out += filter(is_short, atomic.read_jsonl(job.files("held_out preferences")[benchmark]))
            if not train[benchmark]:
                what = f"no pair of {benchmark} has at most {self.max_length} tokens"
                raise InputError(what, file=file, field="max_length", fix="raise it in the recipe")
        print(f"{len(held_out)} pairs held out; left out: {too_long} too long", flush=True)
        return Pairs(train, held_out, too_long, longest)

    def files(
        self, results: Results, preferences: Mapping[str, Preferences], model: tuple[str, str]
    ) -> dict[str, Path]:
        sampled = isinstance(preferences[self.preferences], SamplePreferences)
        files = {}
        for benchmark, style in self.questions:
            folder = results.preferences(self.preferences, benchmark, style, model if sampled else None)
            files[self.data_name("preferences", benchmark)] = folder / "train.jsonl"
            files[self.data_name("held_out preferences", benchmark)] = folder / "held_out.jsonl"
        return files

    def answers_of(
        self, results: Results, preferences: Mapping[str, Preferences], model: tuple[str, str]
    ) -> list[Path]:
        spec = preferences[self.preferences]
        if not isinstance(spec, SamplePreferences):
            return []
        return [results.samples(model, *asked, spec.decoding, spec.questions) for asked in self.questions]

    def taught_by(self, preferences: Mapping[str, Preferences]) -> str:
        spec = preferences[self.preferences]
        return spec.teacher if isinstance(spec, TierPreferences) else "none"

    def tables(self, preferences: Mapping[str, Preferences]) -> Sequence[str]:
        spec = preferences[self.preferences]
        return [spec.path] if isinstance(spec, TablePreferences) else []

    def rewarded_by(self, preferences: Mapping[str, Preferences]) -> Sequence[str]:
        spec = preferences[self.preferences]
        return spec.rewarded_encoders if isinstance(spec, SamplePreferences) else []

    def mistakes(self, project: Project) -> Iterator[Mistake]:
        if self.chooses and not project.preferences[self.preferences].held_out:
            what = f"`{self.chooses}` goes with the loss on held-out pairs, and '{self.preferences}' holds none out"
            yield Mistake((self.chooses,), what, "add held_out to it in preferences.yaml, such as 40")
        if self.mixture and self.tables(project.preferences):
            what = f"the table '{self.preferences}' is of one benchmark, and these are several"
            yield Mistake(("mixture",), what, "give `benchmark` in place of `mixture`")

    def mistakes_of_part(self, project: Project) -> Iterator[Mistake]:
        spec, file = project.preferences[self.preferences], "preferences.yaml"
        benchmark, style = self.question
        task = project.task(benchmark)
        if isinstance(spec, TierPreferences):
            yield from wrong_teacher(project.teachers, spec.teacher, task, (self.preferences, "teacher"), file=file)
        elif isinstance(spec, SamplePreferences):
            loc, asked = (self.preferences, "rewards"), project.styles(task.name)[style]
            yield from wrong_rewards(task.rewards(), asked, loc, spec.rewards, file)

    @classmethod
    def learned_from(cls, manifest: Mapping[str, Any]) -> str:
        recipe = manifest["recipe"]
        asked = f"training questions of {' and '.join(recipe.get('mixture') or [recipe['benchmark']])}"
        return f"{manifest['pairs']:,} pairs of answers to {asked}, by preferences {recipe['preferences']}"


@dataclass(frozen=True)
class Pairs:
    """Pairs to train on, by benchmark, and held-out ones, as rows of preferences; `too_long` were left out of both.

    `longest` is the number of tokens of the longest prompt with an answer.
    """

    train: dict[str, list[dict[str, Any]]]
    held_out: list[dict[str, Any]]
    too_long: int
    longest: int


def conversations(pairs: Sequence[Mapping[str, Any]]) -> list[dict[str, list[dict[str, str]]]]:
    """Prompt, chosen and rejected messages of pairs, as TRL reads them."""
    return [
        {"prompt": pair["messages"]} | {side: _said(pair[side]) for side in ("chosen", "rejected")} for pair in pairs
    ]


def _said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]
