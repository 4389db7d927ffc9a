"""Supervised fine-tuning on answers, with a teacher's reasoning or without. What trains is `training/sft.py`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from reasonome.config.preferences import Preferences
from reasonome.config.project import Project, Results
from reasonome.config.project.recipe_references import wrong_teacher
from reasonome.config.reference import Mistake, TeacherRef
from reasonome.config.tuning import TuningSettings

if TYPE_CHECKING:
    from reasonome.training.job import TrainingJob


class TeacherOrNone(TeacherRef):
    also = ("none",)


class SftRecipe(TuningSettings):
    """Supervised fine-tuning on a teacher's reasoning, or on the names alone (teacher: none)."""

    in_words = "fine-tuning on answers"
    stage: Literal["sft"]
    teacher: TeacherOrNone = Field(description="a name of teachers.yaml, or 'none': the name without reasoning")

    def files(
        self, results: Results, preferences: Mapping[str, Preferences], model: tuple[str, str]
    ) -> dict[str, Path]:
        files = {
            self.data_name("examples", benchmark): results.prompts(benchmark, style) / "train.jsonl"
            for benchmark, style in self.questions
        }
        if self.teacher != "none":
            for benchmark, style in self.questions:
                files[self.data_name("reasoning", benchmark)] = results.reasoning(self.teacher, benchmark, style)
        for corpus in self.corpora:
            files["statements"] = results.statements(corpus) / "train.jsonl"
        return files

    def taught_by(self, preferences: Mapping[str, Preferences]) -> str:
        return self.teacher

    def mistakes_of_part(self, project: Project) -> Iterator[Mistake]:
        benchmark, style = self.question
        task = project.task(benchmark)
        if self.teacher != "none":
            yield from wrong_teacher(project.teachers, self.teacher, task, ("teacher",), also=("none",))
        if self.confidences != [50] and not project.styles(task.name)[style].asks_confidence():
            what = "the style of a recipe with confidences asks for none: no target would state one"
            yield Mistake(("confidences",), what, "leave them out, or train in a style with `confidence: true`")

    @classmethod
    def learned_from(cls, manifest: Mapping[str, Any]) -> str:
        recipe = manifest["recipe"]
        targets = "the right answers alone" if recipe["teacher"] == "none" else f"reasoning by {recipe['teacher']}"
        beside = ""
        if recipe.get("statements"):
            beside = f", beside {manifest['statements']:,} statements of corpus {recipe['statements']['corpus']}"
        return f"{cls.examples_in_words(manifest)}, with {targets}{beside}"

    def train(self, job: "TrainingJob") -> None:
        from reasonome.training.sft import sft

        sft(job, job.tasks)
