"""How many tokens a job of training or answering has to get through, from its recipe and the sizes of its data."""

import csv
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import singledispatchmethod
from pathlib import Path
from typing import Any, TypeVar

from reasonome.benchmarks.rows import span
from reasonome.cluster.plan.estimates import Estimate, combine, counted, unknown
from reasonome.cluster.plan.jobs import Job
from reasonome.cluster.plan.rates import ANSWERING, SAMPLING, MeasuredRun
from reasonome.config import QuestionRecipe, Recipe, RolloutRecipe, RowsRecipe
from reasonome.config.preferences import KINDS, TierPreferences
from reasonome.config.project import Project, chains
from reasonome.stages.preferring import PreferenceRecipe
from reasonome.stages.pretrain import PretrainRecipe
from reasonome.stages.sft import TuningRecipe

NOTHING = counted(0)
LearnsQuestions = TypeVar("LearnsQuestions", bound=QuestionRecipe)
# The keys of recipes that say what is learned.
LEARNED = ("benchmark", "mixture", "style", "teacher", "samples", "preferences")


@dataclass(frozen=True)
class Work:
    """Tokens through a backward pass and tokens generated."""

    backward: Estimate = NOTHING
    generated: Estimate = NOTHING


@dataclass(frozen=True)
class Reading:
    """Facts that a warm-up meets, how often it meets each of them on average, and the bits that they tell."""

    facts: float
    exposures: float
    bits: float


@dataclass
class Workload:
    """Work of jobs; what earlier `runs` show of lengths is used where they were of the same data and style."""

    project: Project
    runs: list[MeasuredRun] = field(default_factory=list)

    def work(self, job: Job) -> Work:
        """The work of a job of training, generate or sample."""
        if job.rule in (ANSWERING, SAMPLING):
            return self._answering(job)
        return self._training(chains.last_step(job.chain).recipe(self.project), job)

    @singledispatchmethod
    def _training(self, recipe: Recipe, job: Job) -> Work:
        """The work of a step, by what it learns from."""
        raise NotImplementedError(recipe.stage)

    @_training.register
    def _pretraining(self, recipe: PretrainRecipe, job: Job) -> Work:
        return Work(self._read_tokens(recipe))

    @_training.register
    def _tuning(self, recipe: TuningRecipe, job: Job) -> Work:
        if recipe.max_steps:
            examples = counted(recipe.max_steps * recipe.batch_size, "max_steps")
        else:
            examples = _fewer(_mixed(recipe, self._taught), recipe.max_examples).times(recipe.epochs)
        alike = self._alike(job, recipe.stage, _learned(recipe) | {"max_steps": None})
        if seen := sum(run.examples * run.settings["epochs"] for run in alike):
            length = _length(sum(run.backward_tokens for run in alike) / seen, alike, job)
        else:
            length = self._assumed_length(recipe, "all of max_length")
        return Work(examples * length + self._beside(recipe))

    def _beside(self, recipe: TuningRecipe) -> Estimate:
        """Tokens of the statements that are learned beside the questions."""
        if recipe.statements is None:
            return NOTHING
        tokens = _fewer(self._corpus_tokens(recipe.statements.corpus), recipe.statements.max_tokens)
        return tokens.times(recipe.statements.share * recipe.epochs)

    @_training.register
    def _aligning(self, recipe: RolloutRecipe, job: Job) -> Work:
        """Completions are drawn once, and pass backward as often as the recipe has passes."""
        if recipe.max_steps:
            completions = counted(recipe.max_steps * recipe.batch_size / recipe.passes, "max_steps")
        else:
            prompts = _fewer(_mixed(recipe, self._learned_rows), recipe.prompts)
            completions = prompts.times(recipe.epochs * recipe.group)
        alike = self._alike(
            job, recipe.stage, _learned(recipe) | {"max_completion_length": recipe.max_completion_length}
        )
        valid = _mixed(recipe, lambda part: self._rows(*part.questions[0], "valid"))
        if seen := sum(run.steps * run.settings["batch_size"] for run in alike):
            both = _length(sum(run.backward_tokens for run in alike) / seen, alike, job)
            drawn = sum(run.steps * run.settings["batch_size"] / run.passes for run in alike)
            questions = drawn + sum(
                _times_validated(run.steps, run.settings.get("validate_every"))
                * (_fewer(valid, run.settings["validation"]).value or 0)
                for run in alike
            )
            answer = _length(sum(run.generated_tokens for run in alike) / questions, alike, job)
        else:
            answer = counted(recipe.max_completion_length, "all of max_completion_length", at_most=True)
            prompts = [self._prompt_tokens(job, *question) for question in recipe.questions]
            prompt = combine(lambda *tokens: max(tokens), *prompts)
            both = prompt + answer
        steps = completions.times(recipe.passes / recipe.batch_size)
        validated = combine(lambda taken: _times_validated(taken, recipe.validate_every), steps) * _fewer(
            valid, recipe.validation
        )
        return Work((completions * both).times(recipe.passes), (completions + validated) * answer)

    @_training.register
    def _preferring(self, recipe: PreferenceRecipe, job: Job) -> Work:
        if recipe.max_steps:
            rows = counted(recipe.max_steps * recipe.batch_size, "max_steps")
        else:
            pairs = _mixed(recipe, lambda part: self._preferred(job, part))
            rows = _fewer(pairs, recipe.max_pairs).times(recipe.epochs)
        alike = self._alike(job, recipe.stage, _learned(recipe) | {"max_steps": None})
        if seen := sum(run.steps * run.settings["batch_size"] for run in alike):
            return Work(rows * _length(sum(run.backward_tokens for run in alike) / seen, alike, job))
        return Work(rows * self._assumed_length(recipe, "two of max_length").times(2))

    def _assumed_length(self, recipe: TuningRecipe | PreferenceRecipe, longest: str) -> Estimate:
        """Tokens of a question with its answer by sizes.yaml, else `max_length`, which `longest` says in words."""
        lengths = [self.project.sizes.lengths.get(style, 0) for _, style in recipe.questions]
        if not all(lengths):
            return counted(recipe.max_length, longest, at_most=True)
        length = min(recipe.max_length, max(lengths))
        return Estimate(length, "assumed", f"texts of {length} tokens by sizes.yaml")

    def _preferred(self, job: Job, recipe: PreferenceRecipe) -> Estimate:
        """Pairs of answers to the training questions of a recipe's one benchmark."""
        spec = self.project.preferences[recipe.preferences]
        files = recipe.files(self.project, (job.backbone, chains.parent(job.chain)))
        if (pairs := _lines(files["preferences"])) is not None:
            return counted(pairs)
        questions = _fewer(self._rows(*recipe.questions[0], "train"), getattr(spec, "questions", None))
        left = combine(lambda count: max(0, count - spec.held_out), questions)
        of_question = sum(spec.shares.get(kind, 1) for kind in KINDS) if isinstance(spec, TierPreferences) else 1
        return left.times(of_question) * counted(1, "preferences not written", at_most=True)

    def _taught(self, recipe: TuningRecipe) -> Estimate:
        """Training questions of a recipe's one benchmark that have a completion."""
        rows = self._learned_rows(recipe)
        if recipe.learns_some:
            return rows * counted(1, "samples not compared", at_most=True)
        if (teacher := recipe.taught_by(self.project)) == "none":
            return rows
        kept = _lines(self.project.results.reasoning(teacher, *recipe.questions[0]))
        return _fewer(rows, kept) if kept is not None else rows * counted(1, "reasoning not written", at_most=True)

    def _learned_rows(self, recipe: RowsRecipe) -> Estimate:
        """Training questions of a recipe's one benchmark, or of the part that it takes."""
        return _part(self._rows(*recipe.questions[0], "train"), recipe.part())

    def _answering(self, job: Job) -> Work:
        settings = {key: job.wildcards[key] for key in ("benchmark", "style", "decoding")}
        decoding, each = self.project.decodings[settings["decoding"]], self._answers_of_each(settings["decoding"])
        tested = self._rows(settings["benchmark"], settings["style"], "test")
        asked = tested if job.rule == ANSWERING else self._rows(settings["benchmark"], settings["style"], "train")
        asked = _part(asked, job.wildcards.get("questions", "all"))
        answers = asked.times(each)
        alike = self._alike(job, ANSWERING, settings)
        if alike and tested.value:
            tokens = sum(run.generated_tokens for run in alike) / len(alike) / (tested.value * each)
            return Work(generated=answers * _length(tokens, alike, job))
        return Work(generated=answers * counted(decoding.max_new_tokens, "all of max_new_tokens", at_most=True))

    def _alike(self, job: Job, stage: str, settings: dict[str, Any]) -> list[MeasuredRun]:
        """Runs of a stage with these settings: those of the job's backbone, else of others.

        Runs that learned statements beside their questions tell no lengths: their tokens are of both.
        """
        found = [run for run in self.runs if run.stage == stage and settings.items() <= run.settings.items()]
        runs = [run for run in found if not run.settings.get("statements")]
        return [run for run in runs if run.backbone == job.backbone] or runs

    def _read_tokens(self, recipe: PretrainRecipe) -> Estimate:
        """Tokens of statements that a warm-up reads, in all its epochs."""
        if recipe.max_steps:
            return counted(recipe.max_steps * recipe.batch_size * recipe.sequence_length, "max_steps")
        return _fewer(self._corpus_tokens(recipe.corpus), recipe.max_tokens).times(recipe.epochs)

    def _corpus_tokens(self, corpus: str) -> Estimate:
        """Tokens of a corpus' training statements, as its statistics count them with its own tokenizer."""
        path = self.project.results.statements(corpus) / "statistics.tsv"
        if not path.is_file():
            if corpus in self.project.sizes.tokens:
                return Estimate(self.project.sizes.tokens[corpus], "assumed", f"tokens of {corpus} by sizes.yaml")
            return unknown(f"statements of {corpus} are not written")
        if not (tokens := self._total(corpus).get("tokens")):
            return unknown(f"tokens of {corpus} are not counted: name a tokenizer in corpora.yaml")
        return counted(float(tokens), "statistics.tsv")

    def reading(self, recipe: PretrainRecipe) -> Reading | None:
        """What a warm-up reads; None where its corpus is not written, or has no count of tokens or bits."""
        folder = self.project.results.statements(recipe.corpus)
        if not (folder / "manifest.json").is_file() or not (counts := self._total(recipe.corpus)).get("tokens"):
            return None
        bits = json.loads((folder / "manifest.json").read_text(encoding="utf-8")).get("bits")
        if bits is None:  # written by an earlier version
            return None
        statements, facts = float(counts["statements"]), float(counts["distinct"])
        passes = (self._read_tokens(recipe).value or 0) / float(counts["tokens"])
        read = 1 - (1 - min(1.0, passes / recipe.epochs)) ** (statements / facts)
        return Reading(facts * read, statements / facts * passes / read, bits * read)

    def _total(self, corpus: str) -> dict[str, str]:
        """The row `total` of a corpus' statistics; empty if there is none."""
        with open(self.project.results.statements(corpus) / "statistics.tsv", encoding="utf-8", newline="") as handle:
            return next((row for row in csv.DictReader(handle, delimiter="\t") if row["source"] == "total"), {})

    def _rows(self, benchmark: str, style: str, part: str) -> Estimate:
        """Questions of a split: of the file if it is built, else as the config says."""
        for folder in (self.project.examples(benchmark, style), self.project.results.benchmark(benchmark)):
            if (rows := _lines(folder / f"{part}.jsonl")) is not None:
                return counted(rows)
        if (size := self.project.task(benchmark).files.rows_by_settings(self.project, benchmark, part)) is None:
            if part == "train" and benchmark in self.project.sizes.rows:
                return Estimate(self.project.sizes.rows[benchmark], "assumed", f"rows of {benchmark} by sizes.yaml")
            return unknown(f"{part} rows of {benchmark} are not built")
        return counted(size.rows, f"{part} rows of {benchmark} by config", at_most=size.at_most)

    def _answers_of_each(self, decoding: str) -> int:
        """Answers to each question: its prompt counts in every one of them."""
        spec = self.project.decodings[decoding]
        return spec.samples * spec.orders

    def _prompt_tokens(self, job: Job, benchmark: str, style: str) -> Estimate:
        """Tokens of a prompt: as counted when a model was asked, else its budgets and its texts at most."""
        rows = self._rows(benchmark, style, "test").value
        found = self._alike(job, ANSWERING, {"benchmark": benchmark, "style": style})
        alike = [run for run in found if run.settings["decoding"] in self.project.decodings]
        if rows and (tokens := sum(run.prompt_tokens for run in alike)):
            answers = sum(self._answers_of_each(run.settings["decoding"]) for run in alike)
            return _length(tokens / answers / rows, alike, job)
        return counted(self.project.style(benchmark, style).largest_prompt(), "prompt budgets", at_most=True)


def _length(tokens: float, runs: list[MeasuredRun], job: Job) -> Estimate:
    """Tokens of each text, as these runs show."""
    own = all(run.backbone == job.backbone for run in runs)
    return Estimate(tokens, "measured" if own else "scaled", f"{tokens:.0f} tokens each in run.json")


def _times_validated(steps: float, every: int | None) -> int:
    """How often held-out questions are answered: before, after, and between every so many steps."""
    return 2 + (math.ceil(steps - 1) // every if every and steps > 1 else 0)


def _learned(recipe: QuestionRecipe) -> dict[str, Any]:
    """The keys that say what a recipe learns from, as they are written."""
    written = recipe.model_dump(mode="json")
    return {key: written[key] for key in LEARNED if key in written}


def _mixed(recipe: LearnsQuestions, rows: Callable[[LearnsQuestions], Estimate]) -> Estimate:
    """Questions of all benchmarks of a recipe, by weight, until one has no more."""
    weights = recipe.weights_of_benchmarks
    reach = [rows(part).times(sum(weights.values()) / weights[part.questions[0][0]]) for part in recipe.parts]
    return combine(lambda *counts: min(counts), *reach)


def _lines(path: Path) -> int | None:
    """Lines of a file; None if there is none."""
    if not path.is_file():
        return None
    with open(path, "rb") as handle:
        return sum(1 for _ in handle)


def _part(rows: Estimate, which: str) -> Estimate:
    """How many of the rows are in a part, as `span` reads it."""
    start, end = span(which)
    rest = combine(lambda count: max(0, count - start), rows) if start else rows
    return rest if end is None else _fewer(rest, end - start)


def _fewer(rows: Estimate, most: int | None) -> Estimate:
    """The rows, but `most` at most (None: all); where the rows are not known for sure, up to `most`."""
    if most is None:
        return rows
    if rows.value is None or (rows.source == "assumed" and rows.value >= most):
        return counted(most, "the recipe's limit", at_most=True)
    return combine(min, rows, counted(most))
