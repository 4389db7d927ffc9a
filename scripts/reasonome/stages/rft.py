"""Rejection-sampling fine-tuning (RFT): the model learns the best of its own samples."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from reasonome.config.preferences import Preferences
from reasonome.config.project import Project, Results
from reasonome.config.project.recipe_references import wrong_rewards, wrong_samples
from reasonome.config.reference import Mistake
from reasonome.config.rewarded_samples import RewardedSamples, in_words
from reasonome.core.errors import InputError
from reasonome.stages.sft import TuningRecipe

if TYPE_CHECKING:
    from reasonome.rewards import Similarity
    from reasonome.task import Task
    from reasonome.teaching.samples import Rewarded
    from reasonome.training.job import TrainingJob
    from reasonome.training.sft import Lesson


class BestSamples(RewardedSamples):
    """The sample of a question that earns most, as its target; of several one drawn at random."""

    threshold: float | None = Field(
        None, description="what the best sample earns at least; questions whose best earns less are left out"
    )
    margin: Annotated[float, Field(gt=0)] | None = Field(
        None, description="by which the best sample earns more than the worst at least; other questions are left out"
    )


class RftRecipe(TuningRecipe):
    """Fine-tuning on the samples of the parent that earn most."""

    in_words = "fine-tuning on the best of its own answers (RFT)"
    learns_some = True
    stage: Literal["rft"]
    samples: BestSamples = Field(description="of the parent, the targets")

    @property
    def comparing(self) -> list[str]:
        return self.samples.encoders

    def rewarded_by(self, preferences: Mapping[str, Preferences]) -> list[str]:
        return self.samples.rewarded_encoders

    def answers_of(
        self, results: Results, preferences: Mapping[str, Preferences], model: tuple[str, str]
    ) -> list[Path]:
        part = self.part()
        return [results.samples(model, *asked, self.samples.decoding, part) for asked in self.questions]

    def mistakes_of_part(self, project: Project) -> Iterator[Mistake]:
        yield from wrong_samples(project.decodings[self.samples.decoding], ("samples", "decoding"))
        benchmark, style = self.question
        task = project.task(benchmark)
        rewards, asked = task.rewards(), project.styles(task.name)[style]
        yield from wrong_rewards(rewards, asked, ("samples", "rewards"), self.samples.rewards)

    def lesson(self, job: "TrainingJob", benchmark: str, task: "Task", similarity: "Similarity | None") -> "Lesson":
        from reasonome.answering.rows import read_answers
        from reasonome.rewards import uncompared
        from reasonome.teaching.samples import finished, rewarded_by
        from reasonome.training.sft import Lesson, conversations

        examples, style = job.examples(benchmark, task), job.styles[benchmark]
        samples = finished(read_answers(job.files("samples")[benchmark]))
        rewarded = rewarded_by(task, self.samples, similarity or uncompared)
        targets, left_out = best_samples(task, style, examples, samples, rewarded, self.samples, job.step.seed)
        return Lesson(conversations(task, style, examples, None, targets=targets), len(examples), left_out)

    def nothing_left(self, job: "TrainingJob", benchmark: str, lesson: "Lesson") -> InputError:
        why = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in lesson.left_out.items())
        what, fix = f"no example of {benchmark} is left to train on ({why})", "lower threshold or margin of `samples`"
        return InputError(what, file=job.files("samples")[benchmark], field="samples", fix=fix)

    @classmethod
    def targets_in_words(cls, recipe: Mapping[str, Any]) -> str:
        samples = recipe["samples"]
        return f"the best of its parent's samples ({samples['decoding']}) by {in_words(samples['rewards'])}"


def best_samples(
    task: "Task",
    style: Any,
    examples: Sequence[Any],
    samples: Mapping[str, Sequence[str]],
    rewarded: "Rewarded",
    spec: BestSamples,
    seed: int,
) -> tuple[dict[str, str], Counter[str]]:
    """The best finished sample by the id of its question, and how many questions have none, by reason."""
    from reasonome.teaching.samples import ROUNDING, earnings

    targets, left_out = {}, Counter(without_finished_sample=0, below_threshold=0, alike=0)
    for example, earned in zip(examples, earnings(task, style, examples, samples, rewarded), strict=True):
        if not earned:
            left_out["without_finished_sample"] += 1
        elif spec.threshold is not None and max(earned) < spec.threshold - ROUNDING:
            left_out["below_threshold"] += 1
        elif spec.margin is not None and max(earned) - min(earned) < spec.margin - ROUNDING:
            left_out["alike"] += 1
        else:
            drawn = zip(samples[example.id], earned, strict=True)
            best = [text for text, value in drawn if value == max(earned)]
            targets[example.id] = Random(f"{seed}:{example.id}").choice(best)
    return targets, left_out
