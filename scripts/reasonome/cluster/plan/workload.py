"""How many tokens a job of training or answering has to get through: as an equal job did, else by its limits."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any

import pandas as pd

from reasonome.cluster.plan.estimates import Estimate, combine, unknown
from reasonome.cluster.plan.jobs import Job
from reasonome.cluster.plan.measured import ANSWERING, MeasuredRun
from reasonome.config import GrpoRecipe, PretrainRecipe, QuestionRecipe, SftRecipe
from reasonome.config.project import Project, chains
from reasonome.config.project.experiments import Results, examples_folder
from reasonome.tasks import registry

NOTHING = Estimate(0)


@dataclass(frozen=True)
class Work:
    """Tokens through a backward pass and tokens generated."""

    backward: Estimate = NOTHING
    generated: Estimate = NOTHING


@dataclass
class Workload:
    """Work of jobs; `runs` are finished ones."""

    project: Project
    runs: list[MeasuredRun]

    @cached_property
    def results(self) -> Results:
        """Where the project's files are."""
        return Results(self.project.settings.results)

    def settings(self, job: Job) -> dict[str, Any]:
        """What makes two jobs of a rule equal: the recipe, or what is asked and how."""
        if job.rule == ANSWERING:
            return {key: job.wildcards[key] for key in ("benchmark", "style", "decoding")}
        return chains.last_step(job.chain).recipe(self.project).model_dump(mode="json")

    def equal(self, job: Job) -> list[MeasuredRun]:
        """Finished jobs with the same settings, of any backbone."""
        settings = self.settings(job)
        return [run for run in self.runs if run.stage == job.rule and run.settings == settings]

    def of(self, job: Job) -> Work:
        """What a job of pretrain, sft, grpo or generate has to do."""
        if equal := self.equal(job):
            own = [run for run in equal if run.backbone == job.backbone]
            chosen, source = (own, "measured") if own else (equal, "scaled")
            tokens = (mean(run.backward_tokens for run in chosen), mean(run.generated_tokens for run in chosen))
            return Work(*(Estimate(number, source, "tokens of an equal job") for number in tokens))
        if job.rule == ANSWERING:
            return self._answering(**self.settings(job))
        recipe = chains.last_step(job.chain).recipe(self.project)
        if isinstance(recipe, PretrainRecipe):
            return Work(self._pretraining(recipe))
        return Work(self._tuning(recipe)) if isinstance(recipe, SftRecipe) else self._aligning(recipe)

    def _pretraining(self, recipe: PretrainRecipe) -> Estimate:
        if recipe.max_steps:
            return Estimate(recipe.max_steps * recipe.batch_size * recipe.sequence_length, note="max_steps")
        return _fewer(self._corpus_tokens(recipe.corpus), recipe.max_tokens).times(recipe.epochs)

    def _tuning(self, recipe: SftRecipe) -> Estimate:
        examples = _fewer(self._mixed(recipe, "train"), recipe.max_examples).times(recipe.epochs)
        if recipe.max_steps:
            examples = Estimate(recipe.max_steps * recipe.batch_size, note="max_steps")
        return examples * Estimate(recipe.max_length, "at most", "all of max_length")

    def _aligning(self, recipe: GrpoRecipe) -> Work:
        prompts = _fewer(self._mixed(recipe, "train"), recipe.prompts)
        completions = prompts.times(recipe.epochs * recipe.generations)
        if recipe.max_steps:
            completions = Estimate(recipe.max_steps * recipe.batch_size, note="max_steps")
        answer = Estimate(recipe.max_completion_length, "at most", "all of max_completion_length")
        largest = max(self.project.style(*question).largest_prompt() for question in recipe.questions)
        prompt = Estimate(largest, "at most", "prompt budgets")
        validated = _fewer(self._mixed(recipe, "valid"), recipe.validation).times(2)
        return Work(completions * (prompt + answer), (completions + validated) * answer)

    def _answering(self, benchmark: str, style: str, decoding: str) -> Work:
        asked = self.project.decodings[decoding]
        answers = self._rows(benchmark, style, "test").times(asked.samples * asked.orders)
        return Work(generated=answers * Estimate(asked.max_new_tokens, "at most", "all of max_new_tokens"))

    def _corpus_tokens(self, corpus: str) -> Estimate:
        """Tokens of a corpus' training statements, as its statistics count them with its own tokenizer."""
        path = self.results.statements(corpus) / "statistics.tsv"
        if not path.is_file():
            return unknown(f"statements of {corpus} are not written")
        total = pd.read_csv(path, sep="\t", index_col="source").loc["total"]
        if pd.isna(total["tokens"]):
            return unknown(f"tokens of {corpus} are not counted: name a tokenizer in corpora.yaml")
        return Estimate(float(total["tokens"]), note="statistics.tsv")

    def _mixed(self, recipe: QuestionRecipe, part: str) -> Estimate:
        """Questions of all benchmarks of a recipe, by weight, until one has no more."""
        weights = recipe.weights_of_benchmarks
        reach = [
            self._rows(benchmark, recipe.style, part).times(sum(weights.values()) / weight)
            for benchmark, weight in weights.items()
        ]
        return combine(lambda *counts: min(counts), *reach)

    def _rows(self, benchmark: str, style: str, part: str) -> Estimate:
        """Questions of a split: of the file if it is built, else as the config says."""
        for folder in (examples_folder(self.project, benchmark, style), self.results.benchmark(benchmark)):
            if (rows := _lines(folder / f"{part}.jsonl")) is not None:
                return Estimate(rows)
        files = registry.part(self.project.benchmarks[benchmark].task, "files")
        if (size := files.rows_by_settings(self.project, benchmark, part)) is None:
            return unknown(f"{part} rows of {benchmark} are not built")
        return Estimate(size.rows, "at most" if size.at_most else "counted", f"{part} rows of {benchmark} by config")


def _lines(path: Path) -> int | None:
    """Lines of a file; None if there is none."""
    if not path.is_file():
        return None
    with open(path, "rb") as handle:
        return sum(1 for _ in handle)


def _fewer(rows: Estimate, most: int | None) -> Estimate:
    """The rows, but `most` at most (None: all); where the rows are not known, up to `most`."""
    if most is None:
        return rows
    if rows.value is None:
        return Estimate(most, "at most", "the recipe's limit")
    return combine(min, rows, Estimate(most))
