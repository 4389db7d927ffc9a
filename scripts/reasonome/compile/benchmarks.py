"""Jobs of rules about a benchmark: what their programs get beside the rows."""

from collections.abc import Mapping
from pathlib import Path

from reasonome.config.project import Project
from reasonome.jobs import BenchmarkSettings, Files, Job
from reasonome.task_parts import Inputs


def benchmark_job(
    project: Project,
    rule: str,
    about: tuple[str, str | None],
    found: Inputs,
    files: Mapping[str, Files],
    outputs: Mapping[str, Files],
) -> Job[BenchmarkSettings]:
    """The job of a rule about a benchmark and a style, if it has one; what the task says is `found` for it beside the
    rule's own input `files`."""
    encoders: Files = [project.results.encoder(name) for name in found.encoders]
    inputs = {**files, **found.files, "encoders": encoders}
    return Job(rule=rule, inputs=inputs, outputs=dict(outputs), settings=_settings(project, *about, found))


def _settings(project: Project, benchmark: str, style: str | None, found: Inputs) -> BenchmarkSettings:
    spec = project.benchmarks[benchmark]
    return BenchmarkSettings(
        task=named_task(project, benchmark),
        name=benchmark,
        benchmark=spec.model_dump(mode="json"),
        sealed=0.0 if project.settings.final else spec.sealed,
        style=project.style(benchmark, style).model_dump(mode="json") if style else None,
        encoders={folder.name: pooling for folder, pooling in project.encoder_folders(found.encoders)},
        taxon=found.taxon,
        seed=project.settings.seed,
        further=found.settings,
    )


def named_task(project: Project, benchmark: str) -> str:
    """The task of a benchmark, as `find_task` finds it."""
    name = project.benchmarks[benchmark].task
    return project.settings.tasks.get(name) or name


def named(files: Mapping[str, object]) -> dict[str, Files]:
    """The single files of Snakemake's input or output by name."""
    return {name: Path(path) for name, path in files.items() if isinstance(path, str)}
