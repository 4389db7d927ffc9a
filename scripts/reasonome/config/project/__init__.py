"""A project: everything under one config folder, validated. A file is read where it is used.

A mistake is reported with file, line, key and the nearest valid name; `references.py` checks what names another entry.
"""

import os
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic

from pydantic import Discriminator
from typing_extensions import TypeVar

from reasonome.config import Benchmark, Decoding, Name, Recipe, Settings, Style
from reasonome.config.project.chains import BASE
from reasonome.config.project.folder import ConfigFolder, read_styles
from reasonome.config.project.results import Results
from reasonome.config.task_settings import TaskSettings
from reasonome.core.errors import InputError, Mistakes, lookup
from reasonome.core.lazy import read_once

if TYPE_CHECKING:
    from reasonome.config.annotations import Annotation
    from reasonome.config.backbones import Backbone, Encoder, EncoderFolder
    from reasonome.config.experiments import Experiment, SweptArm
    from reasonome.config.preferences import Preferences
    from reasonome.config.resources import Request
    from reasonome.config.sources import Corpus, LockedSource, Source
    from reasonome.config.teachers import Teacher

T = TypeVar("T", bound=TaskSettings, default=Any)


def any_benchmark(tasks: Iterable[TaskSettings]) -> Any:
    """The type of an entry of benchmarks.yaml: its task's Benchmark, chosen by the key `task`."""
    kinds = dict.fromkeys(task.Benchmark for task in tasks)
    return Annotated[reduce(or_, kinds), Discriminator("task")]


class Project(Generic[T]):
    """Everything under one config folder, with the tasks that it may name.

    What a property reads is validated: InputError for the mistakes of a file, with lines, keys and nearest valid names.
    """

    def __init__(self, folder: ConfigFolder, settings: Settings, tasks: Mapping[str, T]):
        self.root = folder.root
        self.folder = folder
        self.settings = settings
        self.tasks = tasks

    @property
    @abstractmethod
    def stages(self) -> Mapping[str, type[Recipe]]:
        """The stages of training, by name."""

    @read_once
    def backbones(self) -> "dict[str, Backbone]":
        from reasonome.config.backbones import Backbone

        return self.folder.read("backbones.yaml", dict[Name, Backbone])

    @read_once
    def encoders(self) -> "dict[str, Encoder]":
        from reasonome.config.backbones import Encoder

        return self.folder.read("encoders.yaml", dict[Name, Encoder])

    @read_once
    def sources(self) -> "dict[str, Source]":
        from reasonome.config.sources import Source, SourceName

        return self.folder.read("sources.yaml", dict[SourceName, Source])

    @read_once
    def locked(self) -> "dict[str, LockedSource]":
        """The pinned sources; without the lock nothing is pinned."""
        from reasonome.config.sources import LockedSource

        return self.folder.read("sources.lock.yaml", dict[Name, LockedSource], missing={})

    @read_once
    def corpora(self) -> "dict[str, Corpus]":
        from reasonome.config.sources import Corpus

        return self.folder.read("corpora.yaml", dict[Name, Corpus])

    @read_once
    def benchmarks(self) -> dict[str, Any]:
        return self.folder.read("benchmarks.yaml", dict[Name, any_benchmark(self.tasks.values())])

    @read_once
    def decodings(self) -> dict[str, Decoding]:
        return self.folder.read("decodings.yaml", dict[Name, Decoding])

    @read_once
    def annotations(self) -> "dict[str, Annotation]":
        from reasonome.config.annotations import Annotation

        return self.folder.read("annotations.yaml", dict[Name, Annotation])

    @read_once
    def teachers(self) -> "dict[str, Teacher]":
        from reasonome.config.teachers import Teacher

        return self.folder.read("teachers.yaml", dict[Name, Teacher])

    @read_once
    def preferences(self) -> "dict[str, Preferences]":
        """Like the recipes of a stage: without the file there are none."""
        from reasonome.config.preferences import Preferences

        return self.folder.read("preferences.yaml", dict[Name, Preferences], missing={})

    @read_once
    def recipes(self) -> dict[str, dict[str, Recipe]]:
        """The recipes of each stage, by variant, with those that sweeps of experiments make."""
        recipes, mistakes = {}, Mistakes()
        for stage, model in self.stages.items():
            with mistakes:
                recipes[stage] = self.folder.read_recipes(stage, model)
        written = {f"{stage}.{variant}" for stage, variants in recipes.items() for variant in variants}
        with suppress(InputError):  # experiments with mistakes, which are told where they are read
            for arm, file in self._swept_arms.values():
                stage, _, variant = arm.steps[-1].partition(".")
                if arm.changed in written:
                    with mistakes:
                        loc = ("arms", arm.of, "sweep")
                        if variant in recipes[stage]:
                            what = f"an arm of this sweep would have the recipe {arm.steps[-1]}, which is there already"
                            raise self.folder.error(file, loc, what, "give one of the two another name")
                        model = self.stages[stage]
                        recipes[stage][variant] = self.folder.changed(model, arm.changed, arm.changes, file, loc)
        mistakes.tell()
        return recipes

    @read_once
    def experiments(self) -> "dict[str, Experiment]":
        """Every experiment, by the name of its file."""
        from reasonome.config.experiments import Experiment

        return self.folder.read_all("experiments", Experiment)

    @read_once
    def _swept_arms(self) -> "dict[tuple[str, str], tuple[SweptArm, str]]":
        """An arm of a sweep, and the file of its experiment, for each recipe that sweeps make."""
        swept = [
            (arm, f"experiments/{name}.yaml")
            for name, experiment in self.experiments.items()
            for arm in experiment.swept.values()
        ]
        return {(arm.steps[-1], str(arm.changes)): (arm, file) for arm, file in swept}

    @read_once
    def _written_steps(self) -> dict[str, str]:
        return {arm.steps[-1]: arm.changed for arm, _ in self._swept_arms.values()}

    def written(self, step: str) -> str:
        """The step, stage.variant, whose recipe is written in a file: the one that a sweep changed, else the same."""
        return self._written_steps.get(step, step)

    @read_once
    def requests(self) -> "list[Request]":
        from reasonome.config.resources import Request

        return self.folder.read("resources.yaml", list[Request])

    @read_once
    def results(self) -> Results:
        """The paths below the results folder: of jobs of an importing workflow, below its prefix."""
        return Results(os.environ.get("REASONOME_RESULTS", self.settings.results))

    def model_at_hand(self, backbone: str) -> Path | None:
        """The folder of a backbone's model on this disk; None where it is not there."""
        weights = self.backbones[backbone].weights
        own = [Path(weights.path)] if weights is not None and weights.source == "path" else []
        folders = [self.results.model(backbone, BASE) / "model", *own]
        return next((folder for folder in folders if (folder / "config.json").is_file()), None)

    def encoder_folders(self, names: Iterable[str]) -> "list[EncoderFolder]":
        """The encoders of these names; InputError for an unknown one."""
        from reasonome.config.backbones import EncoderFolder

        known = self.encoders
        return [EncoderFolder(self.results.encoder(name), lookup(known, name, "encoder").pooling) for name in names]

    def source_file(self, source: str, key: str) -> Path:
        """A native file of a source: where it is shipped, or where it is fetched to."""
        return self.results.source_file(source, key, self.sources[source].files[key])

    def source_files(self, source: str) -> dict[str, Path]:
        """The native files of a source by key."""
        return {key: self.source_file(source, key) for key in self.sources[source].files}

    def task(self, benchmark: str) -> T:
        """The task of a benchmark; InputError with the nearest name for an unknown benchmark."""
        return self.tasks[lookup(self.benchmarks, benchmark, "benchmark").task]

    def akin(self, benchmark: str) -> dict[str, Benchmark]:
        """The benchmarks, by name, whose tasks share their leak audit: rows can leak between them."""
        shared = self.task(benchmark).shared("leaks")
        return {name: spec for name, spec in self.benchmarks.items() if self.tasks[spec.task].shared("leaks") is shared}

    def comparable(self, benchmark: str) -> list[str]:
        """The benchmarks whose tasks share their metrics and reports: they can share a table of scores."""
        task = self.task(benchmark)

        def alike(name: str) -> bool:
            return all(self.task(name).shared(part) is task.shared(part) for part in ("metrics", "report"))

        return [name for name in self.benchmarks if alike(name)]

    def recipe(self, step: str) -> Recipe:
        """The recipe of a step of an experiment, which is written stage.variant."""
        stage, variant = step.split(".")
        return self.recipes[stage][variant]

    def with_judge(self, step: str) -> list[str]:
        """A step, and those of the reward model that judges its completions, if there is one."""
        return [step, *self.recipe(step).judging]

    def rewarded_encoders(self, step: str) -> set[str]:
        """The encoders whose similarity a step learns from: in its rewards, its preferences, or those of its judge."""
        return {encoder for own in self.with_judge(step) for encoder in self.recipe(own).rewarded_by(self.preferences)}

    def ontologies(self, corpus: str) -> dict[str, Path]:
        """The ontologies of a corpus: source → file."""
        keys = {source: self.sources[source].ontology for source in self.corpora[corpus].sources}
        return {source: self.source_file(source, key) for source, key in keys.items() if key is not None}

    def authorities(self, corpus: str) -> list[str]:
        """The sources of a corpus that can define its genes."""
        return [source for source in self.corpora[corpus].sources if self.sources[source].authority]

    def authority(self, corpus: str) -> str:
        """The source that defines the genes of a corpus."""
        return self.corpora[corpus].authority or self.authorities(corpus)[0]

    @read_once
    def _styles(self) -> dict[tuple[str, str], Style]:
        templates = self.folder.listed("prompts", "*.*.txt", but="teacher.*")
        return read_styles(templates.values(), self.tasks)

    def styles(self, task: str) -> dict[str, Style]:
        """The prompt styles of a task, by name."""
        return {style: value for (owner, style), value in self._styles.items() if owner == task}

    def style(self, benchmark: str, style: str) -> Style:
        """The prompt style `style` of the task of `benchmark`; InputError if it does not fit."""
        spec = lookup(self.benchmarks, benchmark, "benchmark")
        prompt_style = lookup(self.styles(spec.task), style, "style")
        self.tasks[spec.task].checks.check_style(self, benchmark, style, prompt_style)
        return prompt_style

    def examples(self, benchmark: str, style: str) -> Path:
        """The folder of the rows that a model is asked about or learns from, as prompts of the style show them."""
        self.style(benchmark, style)  # raises for an unknown style
        return self.results.prompts(benchmark, style)
