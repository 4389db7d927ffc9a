"""Supervised fine-tuning on answers, with a teacher's reasoning or without. What trains is `training/sft.py`."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from reasonome.config import Name
from reasonome.config.preferences import Preferences
from reasonome.config.project import Project, Results
from reasonome.config.project.recipe_references import wrong_teacher
from reasonome.config.reference import DecodingRef, Mistake, Refers
from reasonome.config.strict import Strict
from reasonome.config.tuning import TuningSettings
from reasonome.core.errors import InputError

if TYPE_CHECKING:
    from reasonome.rewards import Similarity
    from reasonome.task import Task
    from reasonome.training.job import TrainingJob
    from reasonome.training.sft import Lesson


TeacherOrNone = Annotated[Name, Refers(("teachers",), also=("none",))]


class Samples(Strict):
    """A model's own answers to training questions."""

    decoding: DecodingRef = Field(description="of decodings.yaml")
    questions: Annotated[int, Field(ge=1)] | None = Field(
        None, description="training questions, drawn at random, of `rows` where that is given; all if not given"
    )


class TuningRecipe(TuningSettings):
    """The files, checks and training of stages that learn prompts with their targets."""

    learns_some: ClassVar[bool] = False  # whether questions are left out by what their samples earn

    def files(
        self, results: Results, preferences: Mapping[str, Preferences], model: tuple[str, str]
    ) -> dict[str, Path]:
        files = {
            self.data_name("examples", benchmark): results.prompts(benchmark, style) / "train.jsonl"
            for benchmark, style in self.questions
        }
        samples = self.answers_of(results, preferences, model)
        for (benchmark, _), path in zip(self.questions if samples else (), samples, strict=True):
            files[self.data_name("samples", benchmark)] = path
        if (teacher := self.taught_by(preferences)) != "none":
            for benchmark, style in self.questions:
                files[self.data_name("reasoning", benchmark)] = results.reasoning(teacher, benchmark, style)
        for corpus in self.corpora:
            files["statements"] = results.statements(corpus) / "train.jsonl"
        return files | {f"encoder {name}": results.encoder(name) / "manifest.json" for name in self.comparing}

    @classmethod
    @abstractmethod
    def targets_in_words(cls, recipe: Mapping[str, Any]) -> str:
        """The targets of a recipe as it is written."""

    @classmethod
    def learned_from(cls, manifest: Mapping[str, Any]) -> str:
        recipe = manifest["recipe"]
        beside = ""
        if recipe.get("statements"):
            beside = f", beside {manifest['statements']:,} statements of corpus {recipe['statements']['corpus']}"
        return f"{cls.examples_in_words(manifest)}, with {cls.targets_in_words(recipe)}{beside}"

    def train(self, job: "TrainingJob") -> None:
        from reasonome.scoring.encoders import load_encoders, mean_similarity
        from reasonome.training.sft import sft

        sft(job, job.tasks, mean_similarity(list(load_encoders(job.encoders).values())))


class SftRecipe(TuningRecipe):
    """Supervised fine-tuning on a teacher's reasoning, or on the names alone (teacher: none)."""

    in_words = "fine-tuning on answers"
    newer = (*TuningRecipe.newer, "confidence_from")
    stage: Literal["sft"]
    teacher: TeacherOrNone = Field(description="a name of teachers.yaml, or 'none': the name without reasoning")
    confidence_from: Samples | None = Field(
        None,
        description="samples of the parent: a target states the share of right ones for its kind of question (subset "
        "and stratum) as its confidence; 50 without",
    )

    def answers_of(
        self, results: Results, preferences: Mapping[str, Preferences], model: tuple[str, str]
    ) -> list[Path]:
        if (spec := self.confidence_from) is None:
            return []
        part = self.part(spec.questions)
        return [results.samples(model, *question, spec.decoding, part) for question in self.questions]

    def taught_by(self, preferences: Mapping[str, Preferences]) -> str:
        return self.teacher

    def mistakes_of_part(self, project: Project) -> Iterator[Mistake]:
        if self.teacher != "none":
            task = project.task(self.question[0])
            yield from wrong_teacher(project.teachers, self.teacher, task, ("teacher",), also=("none",))
        if self.confidence_from is not None and not project.style(*self.question).asks_confidence():
            what = f"style '{self.style}' asks for no confidence, so that none can be stated"
            yield Mistake(("confidence_from",), what, "leave it out, or train in a style with `confidence: true`")

    def lesson(self, job: "TrainingJob", benchmark: str, task: "Task", similarity: "Similarity | None") -> "Lesson":
        from reasonome.answering.rows import read_answers, texts_by_id
        from reasonome.teaching.proposals import read_proposals
        from reasonome.teaching.samples import shares_of_right
        from reasonome.training.sft import Lesson, conversations

        examples, style = job.examples(benchmark, task), job.styles[benchmark]
        reasoning = job.files("reasoning").get(benchmark)
        proposals = read_proposals(reasoning) if reasoning else None
        confidences = {}
        if samples := job.files("samples").get(benchmark):
            confidences = shares_of_right(task, style, examples, texts_by_id(read_answers(samples)))
        rows = conversations(task, style, examples, proposals, confidences)
        untaught = sum(proposals is not None and example.id not in proposals for example in examples)
        left_out = Counter(without_reasoning=untaught, without_completion=len(examples) - untaught - len(rows))
        return Lesson(rows, len(examples), left_out)

    def nothing_left(self, job: "TrainingJob", benchmark: str, lesson: "Lesson") -> InputError:
        file = (job.files("reasoning") or job.files("examples"))[benchmark]
        fix = "see what the teacher dropped and why, beside that file"
        return InputError(f"no example of {benchmark} is left to train on", file=file, fix=fix)

    @classmethod
    def targets_in_words(cls, recipe: Mapping[str, Any]) -> str:
        return "the right answers alone" if recipe["teacher"] == "none" else f"reasoning by {recipe['teacher']}"
