"""The job that builds a benchmark: what its rows are made from, and the benchmarks that it leaves out."""

from collections.abc import Mapping
from pathlib import Path

from reasonome.compile.benchmarks import benchmark_job, task_named
from reasonome.config.project import Project
from reasonome.config.sources import NativeSource
from reasonome.facts.fetching.pins import check_licence, native
from reasonome.jobs import BenchmarkSettings, Files, Job, OtherBenchmark
from reasonome.task_parts import Inputs


class BuildingSettings(BenchmarkSettings):
    """Those of a benchmark, the file that has its entry, the built ones that it leaves out, its sources beside corpora,
    whose files must be as pinned, and the share of identifiers that may have no gene."""

    file: Path
    left_out: dict[str, OtherBenchmark]
    sources: list[NativeSource]
    unmapped: float


def building_job(project: Project, name: str, found: Inputs, outputs: Mapping[str, Files]) -> Job[BuildingSettings]:
    """The job of a benchmark. InputError for a source whose licence nobody has accepted."""
    files, spec = project.task(name).files, project.benchmarks[name]
    beside = [source for source in dict.fromkeys(files.beside_corpora(project, name)) if source in project.sources]
    for source in beside:
        check_licence(native(project, source), alone=True)
    job = benchmark_job(project, "build_benchmark", (name, None, None), found, {}, outputs)
    settings = BuildingSettings(
        **dict(job.settings),
        file=project.folder.file_of("benchmarks.yaml", name),
        left_out={other: other_benchmark(project, other) for other in spec.leave_out},
        sources=[native(project, source) for source in beside],
        unmapped=max((project.corpora[corpus].unmapped for corpus in files.corpora(project, name)), default=0.0),
    )
    return Job(rule=job.rule, inputs=job.inputs, outputs=job.outputs, settings=settings)


def other_benchmark(project: Project, name: str) -> OtherBenchmark:
    """A benchmark whose rows a job reads."""
    spec = project.benchmarks[name]
    return OtherBenchmark(
        task=task_named(project, name),
        benchmark=spec.model_dump(mode="json"),
        folder=project.results.benchmark(name),
    )
