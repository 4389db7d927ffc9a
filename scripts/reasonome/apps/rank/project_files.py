"""The files of a project that `rank` reads, and the benchmark and style of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reasonome.answering.asked_model import AskedModel, own_style
from reasonome.apps import check_made
from reasonome.apps.rank.answers import TASKS
from reasonome.apps.rank.settings import Kind, RankSettings
from reasonome.config.project import Project
from reasonome.core.errors import lookup
from reasonome.tasks.ranking.settings import RankingBenchmark, RankingStyle

_DEFAULTS: dict[Kind, str] = {"case": "demo-cases", "locus": "demo-loci"}
_WITH_REASONS = "short"
DISEASES = "diseases"  # the file of HPO with the names of diseases


@dataclass(frozen=True)
class Sources:
    """Names and files of the sources of genes, of where they lie, and of their phenotypes.

    `phenotypes` are HPO's files, None if the benchmark names none or they were not fetched. `lacking` are those that
    were not fetched; the names of diseases may be lacking alone.
    """

    authority: str
    authority_files: Sequence[Path]
    locations: str | None
    locations_file: Path | None
    phenotypes: str | None
    phenotype_files: dict[str, Path] | None
    lacking: Sequence[Path] = ()

    @property
    def files(self) -> list[Path]:
        """All files that are read."""
        locations = [self.locations_file] if self.locations_file else []
        return [*self.authority_files, *locations, *(self.phenotype_files or {}).values()]

    @property
    def names(self) -> list[str]:
        """The sources that are read."""
        phenotypes = self.phenotypes if self.phenotype_files else None
        return [name for name in (self.authority, self.locations, phenotypes) if name]


def asked_benchmark(project: Project, settings: RankSettings, kind: Kind) -> tuple[str, RankingBenchmark]:
    """The benchmark whose genes are used, with the settings' window if any. InputError for one of another task."""
    name = settings.benchmark or _DEFAULTS[kind]
    benchmark = lookup(benchmarks_of(project, kind), name, f"benchmark of {TASKS[kind].name}")
    if settings.window_kb is None:
        return name, benchmark
    return name, benchmark.model_copy(update={"window_kb": settings.window_kb})


def asked_style(project: Project, settings: RankSettings, kind: Kind, model: AskedModel) -> tuple[str, RankingStyle]:
    """The prompt style: that of the settings, else the model's own for this task, else one with reasons.

    InputError for an unknown one.
    """
    styles = project.styles(TASKS[kind].name)
    name = settings.style or own_style(styles, model.steps, benchmarks_of(project, kind)) or _WITH_REASONS
    return name, lookup(styles, name, "prompt style")


def benchmarks_of(project: Project, kind: Kind) -> dict[str, RankingBenchmark]:
    """The benchmarks of this task by name."""
    return {name: spec for name, spec in project.benchmarks.items() if spec.task == TASKS[kind].name}


def sources(project: Project, benchmark: RankingBenchmark) -> Sources:
    """The sources of a benchmark. InputError, with the command that makes them, for missing genes or locations."""
    authority = list(project.source_files(benchmark.authority).values())
    locations = None
    if benchmark.locations is not None:
        [locations] = project.source_files(benchmark.locations).values()
    needed = [*authority, *([locations] if locations else [])]
    check_made(needed, "files of genes were not fetched yet")
    phenotypes = project.source_files(benchmark.phenotypes) if benchmark.phenotypes else {}
    lacking = [path for path in phenotypes.values() if not path.is_file()]
    needed_of_hpo = [path for key, path in phenotypes.items() if key != DISEASES]
    are_here = bool(phenotypes) and all(path.is_file() for path in needed_of_hpo)
    return Sources(
        authority=benchmark.authority,
        authority_files=authority,
        locations=benchmark.locations,
        locations_file=locations,
        phenotypes=benchmark.phenotypes,
        phenotype_files={key: path for key, path in phenotypes.items() if path.is_file()} if are_here else None,
        lacking=lacking,
    )
