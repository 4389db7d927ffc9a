"""The files of a project that `rank` reads, and the benchmark and style of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reasonome.answering.asked_model import AskedModel, own_style
from reasonome.apps.rank.answers import TASKS
from reasonome.apps.rank.settings import Kind, RankSettings
from reasonome.config.project import Project
from reasonome.core.errors import check_made, lookup
from reasonome.tasks.ranking.settings import RankingBenchmark, RankingStyle

_DEFAULTS: dict[Kind, str] = {"case": "demo-cases", "locus": "demo-loci"}
_WITH_REASONS = "short"
DISEASES = "diseases"  # the file of HPO with the names of diseases


@dataclass(frozen=True)
class Sources:
    """The files that are read, by source and key: of genes, of where they lie (`locations`), and of their phenotypes.

    `phenotypes` are HPO's, None if the benchmark names none or they were not fetched. `lacking` are those that were not
    fetched; the names of diseases may be lacking alone.
    """

    files: Mapping[str, Mapping[str, Path]]
    locations: Path | None
    phenotypes: Mapping[str, Path] | None
    lacking: Sequence[Path] = ()


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
    found = project.styles(TASKS[kind].name)
    styles = {name: style for name, style in found.items() if isinstance(style, RankingStyle)}
    name = settings.style or own_style(styles, model.steps, benchmarks_of(project, kind)) or _WITH_REASONS
    return name, lookup(styles, name, "prompt style")


def benchmarks_of(project: Project, kind: Kind) -> dict[str, RankingBenchmark]:
    """The benchmarks of this task by name."""
    return {name: spec for name, spec in project.benchmarks.items() if spec.task == TASKS[kind].name}


def sources(project: Project, benchmark: RankingBenchmark) -> Sources:
    """The sources of a benchmark. InputError, with the command that makes them, for missing genes or locations."""
    files = {name: project.source_files(name) for name in (benchmark.authority, benchmark.locations) if name}
    check_made([path for of_one in files.values() for path in of_one.values()], "files of genes were not fetched yet")
    locations = next(iter(files[benchmark.locations].values())) if benchmark.locations else None
    hpo = project.source_files(benchmark.phenotypes) if benchmark.phenotypes else {}
    here = {key: path for key, path in hpo.items() if path.is_file()}
    phenotypes = here if hpo and hpo.keys() - here.keys() <= {DISEASES} else None
    if benchmark.phenotypes and phenotypes:
        files[benchmark.phenotypes] = phenotypes
    return Sources(files, locations, phenotypes, [path for key, path in hpo.items() if key not in here])
