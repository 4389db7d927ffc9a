"""A project: everything under one config folder, read from YAML, validated, its cross-references checked.

A mistake is reported with file, line, key and the nearest valid name.
"""

from functools import cached_property, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Discriminator

from reasonome.config import (
    FORMAT_FILES,
    ONTOLOGY_FILES,
    STAGES,
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
    SamplePreferences,
    Settings,
    Sizes,
    Source,
    SourceName,
    Style,
    Teacher,
)
from reasonome.config.project.folder import ConfigFolder
from reasonome.config.project.prompt_template import read_styles
from reasonome.config.project.references import check_references
from reasonome.config.project.results import Results
from reasonome.core.errors import lookup
from reasonome.tasks import registry

if TYPE_CHECKING:
    from reasonome.tasks.base import Task


def _file_and_name(value: str) -> tuple[Path, str]:
    path, _, name = value.rpartition(":")
    return Path(path), name


def any_benchmark() -> Any:
    """The type of an entry of benchmarks.yaml: its task's Benchmark, chosen by the key `task`."""
    kinds = dict.fromkeys(task.Benchmark for task in registry.TASKS.values())
    return Annotated[reduce(or_, kinds), Discriminator("task")]


class Project:
    """Everything under one config folder, validated, with cross-references checked.

    Raises InputError for the first file, recipe or reference with mistakes: file, line, key and the nearest valid name.
    """

    def __init__(self, root: str | Path = "config"):
        self.root = Path(root)
        self.folder = ConfigFolder(self.root)
        self.settings: Settings = self.folder.read("config.yaml", Settings)
        registry.set_own({name: _file_and_name(value) for name, value in self.settings.tasks.items()})
        self.backbones = self.folder.read("backbones.yaml", dict[Name, Backbone])
        self.encoders = self.folder.read("encoders.yaml", dict[Name, Encoder])
        self.sources = self.folder.read("sources.yaml", dict[SourceName, Source])
        # The lock is optional: without it nothing is pinned.
        locked = (self.root / "sources.lock.yaml").is_file()
        self.locked = self.folder.read("sources.lock.yaml", dict[Name, LockedSource]) if locked else {}
        self.corpora = self.folder.read("corpora.yaml", dict[Name, Corpus])
        self.benchmarks = self.folder.read("benchmarks.yaml", dict[Name, any_benchmark()])
        self.decodings = self.folder.read("decodings.yaml", dict[Name, Decoding])
        self.annotations = self.folder.read("annotations.yaml", dict[Name, Annotation])
        self.teachers = self.folder.read("teachers.yaml", dict[Name, Teacher])
        # Like the recipes of a stage: without the file there are none.
        preferred = (self.root / "preferences.yaml").is_file()
        self.preferences = self.folder.read("preferences.yaml", dict[Name, Preferences]) if preferred else {}
        self.recipes = {stage: self.folder.read_recipes(stage, model) for stage, model in STAGES.items()}
        self.experiments = self.folder.read_experiments()
        self.requests = self.folder.read("resources.yaml", list[Request])
        sized = (self.root / "sizes.yaml").is_file()
        self.sizes = self.folder.read("sizes.yaml", Sizes) if sized else Sizes()
        check_references(self)

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

    def task(self, benchmark: str) -> "Task":
        """The task of a benchmark; InputError with the nearest name for an unknown benchmark."""
        return registry.TASKS[lookup(self.benchmarks, benchmark, "benchmark").task]

    def akin(self, benchmark: str, part: str = "leaks") -> dict[str, Benchmark]:
        """The benchmarks whose tasks share a part with the task of `benchmark`, by name. With the part `leaks` rows can
        leak between them; with `report` they can share a table of scores."""
        shared = registry.part_name(self.benchmarks[benchmark].task, part)
        return {name: spec for name, spec in self.benchmarks.items() if registry.part_name(spec.task, part) == shared}

    def recipe(self, step: str) -> Recipe:
        """The recipe of a step of an experiment, which is written stage.variant."""
        stage, variant = step.split(".")
        return self.recipes[stage][variant]

    def with_judge(self, step: str) -> list[str]:
        """A step, and those of the reward model that judges its completions, if there is one."""
        return [step, *(getattr(self.recipe(step), "judge", None) or [])]

    def rewarded_encoders(self, step: str) -> set[str]:
        """The encoders whose similarity a step learns from: in its rewards, its preferences, or those of its judge."""
        recipes = [self.recipe(learned) for learned in self.with_judge(step)]
        preferences = [self.preferences[name] for recipe in recipes if (name := getattr(recipe, "preferences", None))]
        sampled = [spec for spec in preferences if isinstance(spec, SamplePreferences)]
        return {encoder for spec in [*recipes, *sampled] for encoder in spec.rewarded_encoders}

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
        return read_styles(self.root / "prompts")

    def styles(self, task: str) -> dict[str, Style]:
        """The prompt styles of a task, by name."""
        return {style: value for (owner, style), value in self._styles.items() if owner == task}

    def style(self, benchmark: str, style: str) -> Style:
        """The prompt style `style` of the task of `benchmark`; InputError if it does not fit."""
        spec = lookup(self.benchmarks, benchmark, "benchmark")
        prompt_style = lookup(self.styles(spec.task), style, "style")
        registry.part(spec.task, "checks").check_style(self, benchmark, style, prompt_style)
        return prompt_style
