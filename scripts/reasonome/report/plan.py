"""The plan of an experiment's report: a JSON file that the workflow writes and the programs read."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PrivateAttr

from reasonome.config.project import chains
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.terminal import say
from reasonome.metrics import MetricSet
from reasonome.task import Task
from reasonome.task_parts import Reporting


class Strict(BaseModel):
    """A model of a file that programs write: unknown keys are refused, and so are numbers that are not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Evaluation(Strict):
    """One scored set of answers: an arm of one backbone on one benchmark."""

    backbone: str
    arm: str
    chain: str
    seed: int
    benchmark: str
    style: str
    decoding: str
    track: str = Field("", description='how answers are read: "strict" or "as-published"; it belongs to the style')
    scores: Path = Field(description="parquet, one row per example and sample")
    run: Path = Field(description="run.json of the job that generated the answers")

    @property
    def steps(self) -> tuple[str, ...]:
        """The chain as stage.variant, without the seeds: they are averaged over. Raises InputError."""
        return tuple(f"{step.stage}.{step.variant}" for step in chains.parse(self.chain))

    @property
    def stages(self) -> tuple[str, ...]:
        """The chain's stages alone, e.g. pretrain, sft. Raises InputError."""
        return tuple(step.stage for step in chains.parse(self.chain))


class Baselines(Strict):
    """The answers that need no model, scored on one benchmark in one style."""

    benchmark: str
    style: str
    path: Path = Field(description="parquet, one row per baseline and example")


class Step(Strict):
    """One trained step; `folder` holds its manifest.json, recipe.json, run.json, history.jsonl, ..."""

    backbone: str
    chain: str = Field(description="the chain that ends with this step")
    folder: Path
    placebo: bool = Field(False, description="whether completions were rewarded by other questions' right answers")


class TrainedModel(Strict):
    """The model of a trained arm."""

    backbone: str
    arm: str
    chain: str
    runs: list[Path] = Field(description="run.json of every job that made it: training, and samples it learned from")


class Drawn(Strict):
    """What a model was asked beside tests: training questions, or training facts."""

    backbone: str
    chain: str
    run: Path = Field(description="run.json of the job: benchmark.style/decoding.questions, or corpus.facts")


class TrainedOn(Strict):
    """The questions that a step of an arm learned from."""

    benchmark: str
    style: str


class Swept(Strict):
    """An arm of a sweep: the arm that was swept, and the value of each key of its recipe that was."""

    of: str
    values: dict[str, JsonValue]


class MatchedAnswers(Strict):
    """A model's answers to questions of the validation split; of a parent in a matched decoding also those of the test,
    scored."""

    backbone: str
    chain: str
    benchmark: str
    style: str
    decoding: str
    valid: Path
    scores: Path | None = None


class Matching(Strict):
    """How parents are matched: by greedy answers and those in the decoding `sampled`, and in one of `temperatures`."""

    greedy: str
    sampled: str
    temperatures: dict[str, float]
    answers: list[MatchedAnswers]


class Hypothesis(Strict):
    """That the first of two arms is better, by a metric in one setting; `as_sure`: than its matched parent."""

    better: tuple[str, str]
    backbone: str
    benchmark: str
    style: str
    decoding: str
    subset: str
    metric: str
    as_sure: bool = False


class Plan(Strict):
    """One experiment. `arms` are in the order of the ablation."""

    experiment: str
    description: str = ""
    task: str = Field(description="the task of the first benchmark: its name, or FILE:CLASS of one's own")
    arms: list[str]
    hypotheses: list[Hypothesis] = Field([], description="what is tested; without any the experiment is exploratory")
    seeds_of: str = Field("last step", description='what has a seed of its own: the last step, or the "chain"')
    rewarded: dict[str, str] = Field({}, description="arms that learned from their own completions, and their parents")
    temperatures: dict[str, float] = Field({}, description="by decoding, where some arms are rewarded; 0 is greedy")
    matching: Matching | None = Field(None, description="how these parents are matched, if they are")
    primary: str = Field("", description="metric that leads; that of the task if not given")
    swept: dict[str, Swept] = Field({}, description="by arm")
    metrics: dict[str, float] = Field({}, description="metrics of one's own, and the least value of each")
    control_styles: list[str] = Field([], description="styles that take something away of what another one shows")
    out_of_distribution: list[str] = Field([], description="benchmarks of another kind than what is trained on")
    rewarded_encoders: list[str] = Field([], description="encoders that a reward of the experiment used")
    evaluations: list[Evaluation]
    baselines: list[Baselines]
    steps: list[Step] = []
    models: list[TrainedModel] = []
    samples: list[Drawn] = []
    recalled: list[Drawn] = []
    audits: dict[str, Path] = Field(default={}, description="benchmark -> audit.json")
    forgetting: Path | None = Field(None, description="table of what models still know, if that is measured")
    trained_on: dict[str, list[TrainedOn]] = Field({}, description="by arm, in the order of its steps")
    _task: Task = PrivateAttr()

    @property
    def metric_set(self) -> MetricSet:
        """The metrics of the experiment's answers; its primary one may be another than the task's."""
        of_task = self._task.metrics.with_own(self.metrics)
        return of_task.led_by(self.primary) if self.primary else of_task

    @property
    def report(self) -> Reporting:
        """What the task has for reports and cards."""
        return self._task.report

    def with_task(self, task: Task) -> "Plan":
        """The plan with the task that it names."""
        self._task = task
        return self


def read_plan(path: str | os.PathLike, find_task: Callable[[str], Task]) -> Plan:
    """Read a plan; its paths are relative to the working directory. `find_task` finds its task. InputError."""
    plan = atomic.read_model(path, Plan, f"snakemake --cores 1 --force {path}")
    return plan.with_task(find_task(plan.task))


def summarised(folders: Iterable[Path], find_task: Callable[[str], Task]) -> Iterator[tuple[Path, Plan]]:
    """Each of these folders of experiments that has a plan and tables, and the plan. One that cannot be read, such as
    an older version wrote, is left out, and that is said."""
    for folder in folders:
        if not all((folder / file).is_file() for file in ("plan.json", "metrics.tsv", "strata.tsv", "comparisons.tsv")):
            continue
        try:
            yield folder, read_plan(folder / "plan.json", find_task)
        except InputError as error:
            say(f"the scores of an experiment are left out: {error}")
