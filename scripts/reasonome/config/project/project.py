"""A project: everything under one config folder, read from YAML, validated, its cross-references checked.

A mistake is reported with file, line, key and the nearest valid name.
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reasonome.config import (
    FORMAT_FILES,
    GO_FORMATS,
    ONTOLOGY_FILES,
    STAGES,
    Annotation,
    AnyBenchmark,
    AnyStyle,
    Backbone,
    Benchmark,
    Corpus,
    Decoding,
    Encoder,
    LockedSource,
    Name,
    RankingBenchmark,
    Request,
    Settings,
    Source,
    SourceName,
    Teacher,
)
from reasonome.config.project.folder import ConfigFolder
from reasonome.config.project.prompt_styles import read_styles
from reasonome.config.project.references import check_references
from reasonome.config.project.results import Results
from reasonome.core.errors import InputError, lookup
from reasonome.tasks import registry

if TYPE_CHECKING:
    from reasonome.tasks.base import Task


class Project:
    """Everything under one config folder, validated, with cross-references checked.

    Raises InputError for the first mistake found, with file, line, key and the nearest valid name.
    """

    def __init__(self, root: str | Path = "config"):
        self.root = Path(root)
        self.folder = ConfigFolder(self.root)
        self.settings: Settings = self.folder.read("config.yaml", Settings)
        self.backbones = self.folder.read("backbones.yaml", dict[Name, Backbone])
        self.encoders = self.folder.read("encoders.yaml", dict[Name, Encoder])
        self.sources = self.folder.read("sources.yaml", dict[SourceName, Source])
        # Without a lock nothing is pinned, which is no mistake.
        locked = (self.root / "sources.lock.yaml").is_file()
        self.locked = self.folder.read("sources.lock.yaml", dict[Name, LockedSource]) if locked else {}
        self.corpora = self.folder.read("corpora.yaml", dict[Name, Corpus])
        self.benchmarks = self.folder.read("benchmarks.yaml", dict[Name, AnyBenchmark])
        self.decodings = self.folder.read("decodings.yaml", dict[Name, Decoding])
        self.annotations = self.folder.read("annotations.yaml", dict[Name, Annotation])
        self.teachers = self.folder.read("teachers.yaml", dict[Name, Teacher])
        self.recipes = {stage: self.folder.read_recipes(stage, model) for stage, model in STAGES.items()}
        self.experiments = self.folder.read_experiments()
        self.requests = self.folder.read("resources.yaml", list[Request])
        check_references(self)

    @cached_property
    def results(self) -> Results:
        """Where everything lies below the results folder."""
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

    @cached_property
    def naming_benchmarks(self) -> dict[str, Benchmark]:
        """The benchmarks of gene-set naming, by name."""
        return {name: spec for name, spec in self.benchmarks.items() if isinstance(spec, Benchmark)}

    @cached_property
    def ranking_benchmarks(self) -> dict[str, RankingBenchmark]:
        """The benchmarks of rankings, by name."""
        return {name: spec for name, spec in self.benchmarks.items() if isinstance(spec, RankingBenchmark)}

    def is_ranking(self, experiment: str) -> bool:
        """Whether an experiment asks for rankings."""
        return self.experiments[experiment].benchmarks[0] in self.ranking_benchmarks

    def ontology_files(self, benchmark: str) -> dict[str, str]:
        """Source → key of its file, of the ontologies that know the terms of a benchmark's sets.

        Built sets are propagated over them. Published sets may be of any ontology of the corpus.
        """
        spec = self.benchmarks[benchmark]
        holding = self.ontologies(spec.corpus)
        if spec.kind == "published":
            return holding
        named = {subset.source for subset in spec.subsets.values()} & holding.keys()
        if any(subset.namespace and subset.source not in holding for subset in spec.subsets.values()):
            named |= {source for source in holding if self.sources[source].format in GO_FORMATS}
        return {source: key for source, key in holding.items() if source in named}

    def synonym_files(self, benchmark: str) -> dict[str, str]:
        """Source → key of its file, of the other ontologies of the corpus: they may know a set by another name."""
        own = self.ontology_files(benchmark)
        holding = self.ontologies(self.benchmarks[benchmark].corpus)
        return {source: key for source, key in holding.items() if source not in own}

    def background(self, benchmark: str) -> str:
        """The corpus whose terms and gene sets answers are compared with."""
        spec = self.benchmarks[benchmark]
        return spec.background or spec.corpus

    def background_ontologies(self, benchmark: str) -> dict[str, str]:
        """Source → key of its file, of all ontologies of the background; those of the benchmark's own sets first."""
        holding = self.ontologies(self.background(benchmark))
        own = self.ontology_files(benchmark).keys() & holding.keys()
        return {source: holding[source] for source in sorted(holding, key=lambda source: source not in own)}

    def ontologies(self, corpus: str) -> dict[str, str]:
        """Source → key of its file, of the ontologies of a corpus."""
        formats = {source: self.sources[source].format for source in self.corpora[corpus].sources}
        return {source: ONTOLOGY_FILES[form] for source, form in formats.items() if form in ONTOLOGY_FILES}

    def authority(self, corpus: str) -> str:
        """The source that says which genes there are; InputError where none or several of a corpus can."""
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
    def _styles(self) -> dict[tuple[str, str], AnyStyle]:
        return read_styles(self.root / "prompts")

    def styles(self, task: str) -> dict[str, AnyStyle]:
        """The prompt styles of a task, by name."""
        return {style: value for (owner, style), value in self._styles.items() if owner == task}

    def order_seeds(self, benchmark: str) -> list[int]:
        """The seeds by which styles of a ranking benchmark's task shuffle candidates; 0 where none of them does."""
        styles = self.styles(self.benchmarks[benchmark].task).values()
        return sorted({style.seed for style in styles if style.order == "seeded"} or {0})

    def style(self, benchmark: str, style: str) -> AnyStyle:
        """The prompt style `style` of the task of `benchmark`; InputError for one that would tell its answers."""
        spec = lookup(self.benchmarks, benchmark, "benchmark")
        found = lookup(self.styles(spec.task), style, "style")
        if found.facts is not None and found.facts.sources == "all" and spec.kind == "built" and not spec.all_facts:
            raise InputError(
                f"style '{style}' shows facts of all sources, also those that the sets of '{benchmark}' are built from",
                file=self.root / "prompts" / f"{spec.task}.{style}.txt",
                field="facts.sources",
                fix="write `sources: others`; `all` is for published sets, and for sets of your own with "
                "`all_facts: true` in benchmarks.yaml",
            )
        return found
