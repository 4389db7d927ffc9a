"""How many tokens a job of training or answering has to get through, from its recipe and the sizes of its data."""

import csv
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from reasonome.cluster.plan.estimates import Estimate, combine, counted, unknown
from reasonome.cluster.plan.jobs import Job
from reasonome.cluster.plan.measured import ANSWERING, MeasuredRun
from reasonome.config import GrpoRecipe, PretrainRecipe, SftRecipe
from reasonome.config.project import Project, chains
from reasonome.config.project.experiments import Results, examples_folder
from reasonome.config.styles import TEMPLATE_TOKENS
from reasonome.core import atomic
from reasonome.core.token_count import count_tokens
from reasonome.tasks import registry

NOTHING = counted(0)
PROMPTS_TO_COUNT = 300


@dataclass(frozen=True)
class Work:
    """Tokens through a backward pass and tokens generated, and how many answers are kept."""

    backward: Estimate = NOTHING
    generated: Estimate = NOTHING
    answers: Estimate = NOTHING


@dataclass
class Workload:
    """Work of jobs; what earlier `runs` show of lengths is used where they were of the same data and style."""

    project: Project
    runs: list[MeasuredRun] = field(default_factory=list)
    _lengths: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    @cached_property
    def results(self) -> Results:
        """Where the project's files are."""
        return Results(self.project.settings.results)

    def of(self, job: Job) -> Work:
        """What a job of pretrain, sft, grpo or generate has to do."""
        if job.rule == ANSWERING:
            return self._answering(job)
        recipe = chains.last_step(job.chain).recipe(self.project)
        if isinstance(recipe, PretrainRecipe):
            return self._pretraining(recipe)
        if isinstance(recipe, SftRecipe):
            return self._tuning(job, recipe)
        return self._aligning(job, recipe)

    def _pretraining(self, recipe: PretrainRecipe) -> Work:
        if recipe.max_steps:
            return Work(counted(recipe.max_steps * recipe.batch_size * recipe.sequence_length, "max_steps"))
        corpus = self._corpus_tokens(recipe.corpus)
        if recipe.max_tokens is None:
            return Work(corpus.times(recipe.epochs))
        most = recipe.max_tokens if corpus.value is None else min(recipe.max_tokens, corpus.value)
        # The last packed row that is not full is dropped, so a few tokens less.
        return Work(counted(most * recipe.epochs, "max_tokens", at_most=corpus.value is None))

    def _tuning(self, job: Job, recipe: SftRecipe) -> Work:
        if recipe.max_steps:
            examples = counted(recipe.max_steps * recipe.batch_size, "max_steps")
        else:
            examples = self._training_rows(recipe.benchmark, recipe.style, recipe.max_examples)
            if recipe.teacher != "none":
                kept = _lines(self.results.reasoning(recipe.teacher, recipe.benchmark, recipe.style))
                examples = _fewer(examples, kept) if kept is not None else _bound(examples, "reasoning not written")
            examples = examples.times(recipe.epochs)
        same = ("benchmark", "style", "teacher")
        alike = [run for run in self._like(job, "sft") if all(run.recipe.get(k) == getattr(recipe, k) for k in same)]
        seen = sum(run.examples * run.recipe["epochs"] for run in alike if not run.recipe.get("max_steps"))
        tokens = sum(run.backward_tokens for run in alike if not run.recipe.get("max_steps"))
        if seen and tokens:
            length = self._length(tokens / seen, alike, job)
        elif recipe.max_length == "auto":
            length = unknown("max_length: auto")
        else:
            length = counted(recipe.max_length, "all of max_length", at_most=True)
        return Work(examples * length)

    def _aligning(self, job: Job, recipe: GrpoRecipe) -> Work:
        if recipe.max_steps:
            completions = counted(recipe.max_steps * recipe.batch_size, "max_steps")
        else:
            prompts = self._training_rows(recipe.benchmark, recipe.style, recipe.prompts)
            completions = prompts.times(recipe.epochs * recipe.generations)
        same = ("benchmark", "style", "max_completion_length")
        alike = [run for run in self._like(job, "grpo") if all(run.recipe.get(k) == getattr(recipe, k) for k in same)]
        limit = recipe.max_completion_length
        if seen := sum(run.steps * run.recipe["batch_size"] for run in alike):
            both = self._length(sum(run.backward_tokens for run in alike) / seen, alike, job)
            questions = seen + sum(2 * run.recipe["validation"] for run in alike)
            answer = self._length(sum(run.generated_tokens for run in alike) / questions, alike, job)
        else:
            answer = counted(limit, "all of max_completion_length", at_most=True)
            both = self.prompt_tokens(job.backbone, recipe.benchmark, recipe.style) + answer
        rows = self._rows(recipe.benchmark, recipe.style, "valid")
        validated = counted(2 * recipe.validation) if rows.value is None else _fewer(rows, recipe.validation).times(2)
        return Work(completions * both, (completions + validated) * answer)

    def _answering(self, job: Job) -> Work:
        benchmark, style, name = (job.wildcards[key] for key in ("benchmark", "style", "decoding"))
        decoding = self.project.decodings[name]
        answers = self._rows(benchmark, style, "test").times(decoding.samples * decoding.orders)
        alike = [run for run in self._like(job, ANSWERING) if run.asked == (benchmark, style, name)]
        if alike and answers.value:
            tokens = sum(run.generated_tokens for run in alike) / len(alike) / answers.value
            length = self._length(tokens, alike, job)
        else:
            length = counted(decoding.max_new_tokens, "all of max_new_tokens", at_most=True)
        return Work(generated=answers * length, answers=answers)

    def _like(self, job: Job, stage: str) -> list[MeasuredRun]:
        """Runs of a stage by which lengths can be told: those of the backbone, else of others."""
        found = [run for run in self.runs if run.stage == stage]
        return [run for run in found if run.backbone == job.backbone] or found

    @staticmethod
    def _length(tokens: float, runs: list[MeasuredRun], job: Job) -> Estimate:
        own = all(run.backbone == job.backbone for run in runs)
        return Estimate(tokens, "measured" if own else "scaled", f"{tokens:.0f} tokens each in run.json")

    def _corpus_tokens(self, corpus: str) -> Estimate:
        """Tokens of a corpus' training statements, as its statistics count them with its own tokenizer."""
        path = self.results.statements(corpus) / "statistics.tsv"
        if not path.is_file():
            return unknown(f"statements of {corpus} are not written")
        with open(path, encoding="utf-8", newline="") as handle:
            total = [row for row in csv.DictReader(handle, delimiter="\t") if row["source"] == "total"]
        if not total or not total[0].get("tokens"):
            return unknown(f"tokens of {corpus} are not counted: name a tokenizer in corpora.yaml")
        return counted(float(total[0]["tokens"]), "statistics.tsv")

    def _training_rows(self, benchmark: str, style: str, most: int | None) -> Estimate:
        rows = self._rows(benchmark, style, "train")
        if most is None:
            return rows
        return counted(most, at_most=True) if rows.value is None else _fewer(rows, most)

    def _rows(self, benchmark: str, style: str, part: str) -> Estimate:
        """Sets of a split: of the file if it is built, else as the config says."""
        for folder in (examples_folder(self.project, benchmark, style), self.results.benchmark(benchmark)):
            if (rows := _lines(folder / f"{part}.jsonl")) is not None:
                return counted(rows)
        files = registry.part(self.project.benchmarks[benchmark].task, "files")
        if (size := files.rows_by_settings(self.project, benchmark, part)) is None:
            return unknown(f"{part} rows of {benchmark} are not built")
        return counted(size, f"{part} rows of {benchmark} by config", at_most=True)

    def prompt_tokens(self, backbone: str, benchmark: str, style: str) -> Estimate:
        """Tokens of a prompt: as counted when it was asked, else as written, else its budgets and its texts at most."""
        rows = self._rows(benchmark, style, "test").value
        asked = [run for run in self.runs if run.asked and run.asked[:2] == (benchmark, style) and run.prompt_tokens]
        asked = [run for run in asked if run.backbone == backbone] or asked
        if asked and rows:
            tokens = sum(run.prompt_tokens for run in asked) / len(asked) / rows
            return Estimate(tokens, "measured", f"{tokens:.0f} tokens a prompt in run.json")
        if written := self._written(benchmark, style):
            return counted(sum(written) / len(written), "prompts as written", at_most=True)
        return counted(self.project.style(benchmark, style).largest_prompt(), "prompt budgets", at_most=True)

    def longest_prompt(self, benchmark: str, style: str) -> int:
        """Tokens of the longest prompt at most: of some that are written, else its budgets and its texts."""
        return max(self._written(benchmark, style), default=self.project.style(benchmark, style).largest_prompt())

    def _written(self, benchmark: str, style: str) -> list[int]:
        """Tokens at most of prompts that are written, some hundred of all test sets; none where there is no file."""
        key = (benchmark, style)
        if key not in self._lengths:
            path = examples_folder(self.project, *key) / "test.jsonl"
            rows = atomic.read_jsonl(path) if path.is_file() else []
            task, asked = self.project.task(benchmark), self.project.style(*key)
            some = [task.Example.model_validate(row) for row in rows[:: max(1, len(rows) // PROMPTS_TO_COUNT)]]
            prompts = [task.prompt(row, asked).messages for row in some]
            texts = [[message["content"] for message in messages] for messages in prompts]
            self._lengths[key] = [sum(count_tokens(one)) + TEMPLATE_TOKENS for one in texts]
        return self._lengths[key]


def _lines(path: Path) -> int | None:
    """Lines of a file; None if there is none."""
    if not path.is_file():
        return None
    with open(path, "rb") as handle:
        return sum(1 for _ in handle)


def _fewer(rows: Estimate, most: int) -> Estimate:
    return combine(lambda a, b: min(a, b), rows, counted(most))


def _bound(rows: Estimate, note: str) -> Estimate:
    return combine(lambda a, _: a, rows, counted(0, note, at_most=True))
