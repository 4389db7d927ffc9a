"""A project: everything under one config folder, read from YAML and validated.

A mistake is reported with file, line, key and the nearest valid name; `references.py` checks what names another entry.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property, reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any, Generic

from pydantic import Discriminator
from typing_extensions import TypeVar

from reasonome.config import (
    FORMAT_FILES,
    ONTOLOGY_FILES,
    Annotation,
    Backbone,
    Benchmark,
    Corpus,
    Decoding,
    Encoder,
    LockedSource,
    Name,
    Preferences,
    Recipe,
    Request,
    Settings,
    Sizes,
    Source,
    SourceName,
    Style,
    Teacher,
)
from reasonome.config.project.folder import ConfigFolder, read_styles
from reasonome.config.project.results import Results
from reasonome.config.task_settings import TaskSettings
from reasonome.core.errors import lookup

T = TypeVar("T", bound=TaskSettings, default=Any)


def any_benchmark(tasks: Iterable[TaskSettings]) -> Any:
    """The type of an entry of benchmarks.yaml: its task's Benchmark, chosen by the key `task`."""
    kinds = dict.fromkeys(task.Benchmark for task in tasks)
    return Annotated[reduce(or_, kinds), Discriminator("task")]


class Project(Generic[T]):
    """Everything under one config folder, validated, with the tasks and the stages of training that it may name.

    Raises InputError for the first file or recipe with mistakes: file, line, key and the nearest valid name.
    """

    def __init__(
        self, folder: ConfigFolder, settings: Settings, tasks: Mapping[str, T], stages: Mapping[str, type[Recipe]]
    ):
        self.root = folder.root
        self.folder = folder
        self.settings = settings
        self.tasks = tasks
        self.stages = stages
        self.backbones = self.folder.read("backbones.yaml", dict[Name, Backbone])
        self.encoders = self.folder.read("encoders.yaml", dict[Name, Encoder])
        self.sources = self.folder.read("sources.yaml", dict[SourceName, Source])
        # The lock is optional: without it nothing is pinned.
        locked = (self.root / "sources.lock.yaml").is_file()
        self.locked = self.folder.read("sources.lock.yaml", dict[Name, LockedSource]) if locked else {}
        self.corpora = self.folder.read("corpora.yaml", dict[Name, Corpus])
        self.benchmarks = self.folder.read("benchmarks.yaml", dict[Name, any_benchmark(tasks.values())])
        self.decodings = self.folder.read("decodings.yaml", dict[Name, Decoding])
        self.annotations = self.folder.read("annotations.yaml", dict[Name, Annotation])
        self.teachers = self.folder.read("teachers.yaml", dict[Name, Teacher])
        # Like the recipes of a stage: without the file there are none.
        preferred = (self.root / "preferences.yaml").is_file()
        self.preferences = self.folder.read("preferences.yaml", dict[Name, Preferences]) if preferred else {}
        self.recipes = {stage: self.folder.read_recipes(stage, model) for stage, model in stages.items()}
        self.experiments = self.folder.read_experiments()
        self.requests = self.folder.read("resources.yaml", list[Request])
        sized = (self.root / "sizes.yaml").is_file()
        self.sizes = self.folder.read("sizes.yaml", Sizes) if sized else Sizes()

    @cached_property
    def results(self) -> Results:
        """The paths below the results folder."""
        return Results(self.settings.results)

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
        shared = type(self.task(benchmark)).leaks
        return {name: spec for name, spec in self.benchmarks.items() if type(self.tasks[spec.task]).leaks is shared}

    def comparable(self, benchmark: str) -> list[str]:
        """The benchmarks whose tasks share their metrics: they can share a table of scores."""
        shared = type(self.task(benchmark)).report
        return [name for name, spec in self.benchmarks.items() if type(self.tasks[spec.task]).report is shared]

    def recipe(self, step: str) -> Recipe:
        """The recipe of a step of an experiment, which is written stage.variant."""
        stage, variant = step.split(".")
        return self.recipes[stage][variant]

    def with_judge(self, step: str) -> list[str]:
        """A step, and those of the reward model that judges its completions, if there is one."""
        return [step, *self.recipe(step).judging]

    def rewarded_encoders(self, step: str) -> set[str]:
        """The encoders whose similarity a step learns from: in its rewards, its preferences, or those of its judge."""
        return {encoder for own in self.with_judge(step) for encoder in self.recipe(own).rewarded_by(self)}

    def ontologies(self, corpus: str) -> dict[str, Path]:
        """The ontologies of a corpus: source → file."""
        keys = {source: ONTOLOGY_FILES.get(self.sources[source].format) for source in self.corpora[corpus].sources}
        return {source: self.source_file(source, key) for source, key in keys.items() if key is not None}

    def authority(self, corpus: str) -> str:
        """The source that defines the genes of a corpus; InputError if none can, or several and none is named."""
        spec = self.corpora[corpus]
        able = [source for source in spec.sources if FORMAT_FILES[self.sources[source].format].authority]
        if spec.authority is not None:
            self.folder.check_known(
                "corpora.yaml", (corpus, "authority"), spec.authority, able, "authority for gene symbols"
            )
            return spec.authority
        if len(able) != 1:
            what = f"corpus '{corpus}' has {len(able)} sources that can be the authority for gene symbols"
            formats = ", ".join(form for form, files in FORMAT_FILES.items() if files.authority)
            fix = f"name one as 'authority': {', '.join(able)}" if able else f"add one, of the formats {formats}"
            raise self.folder.error("corpora.yaml", (corpus, "sources"), what, fix)
        return able[0]

    @cached_property
    def _styles(self) -> dict[tuple[str, str], Style]:
        return read_styles(self.root / "prompts", self.tasks)

    def styles(self, task: str) -> dict[str, Style]:
        """The prompt styles of a task, by name."""
        return {style: value for (owner, style), value in self._styles.items() if owner == task}

    def style(self, benchmark: str, style: str) -> Style:
        """The prompt style `style` of the task of `benchmark`; InputError if it does not fit."""
        spec = lookup(self.benchmarks, benchmark, "benchmark")
        prompt_style = lookup(self.styles(spec.task), style, "style")
        self.tasks[spec.task].checks.check_style(self, benchmark, style, prompt_style)
        return prompt_style
