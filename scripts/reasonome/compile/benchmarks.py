"""Jobs of rules about a benchmark: what their programs get beside the rows."""

from collections.abc import Mapping
from pathlib import Path

from reasonome.config.project import Project
from reasonome.config.project.experiments import own_functions, unscored_rewards
from reasonome.jobs import BenchmarkSettings, Files, Job
from reasonome.task_parts import Inputs

Named = Mapping[str, Files]  # files by role
About = tuple[str, str | None, str | None]  # a benchmark, and a style and a teacher, if there are


def benchmark_job(
    project: Project, rule: str, about: About, found: Inputs, files: Named, outputs: Named, scores: bool = False
) -> Job[BenchmarkSettings]:
    """The job of a rule `about` these; what the task says is `found` for it beside the rule's own input `files`.

    One that `scores` answers has the functions of one's own that do.
    """
    encoders: Files = [project.results.encoder(name) for name in found.encoders]
    inputs = {**files, **found.files, "encoders": encoders}
    settings = benchmark_settings(project, *about, found)
    if scores:
        own = {column: function.pinned() for column, function in own_functions(project, about[0]).items()}
        settings = settings.model_copy(update={"own": own, "unscored": unscored_rewards(project, about[0])})
    return Job(rule=rule, inputs=inputs, outputs=dict(outputs), settings=settings)


def benchmark_settings(
    project: Project, benchmark: str, style: str | None, teacher: str | None, found: Inputs
) -> BenchmarkSettings:
    """The settings of a rule about these; what the task says is `found` for it."""
    spec = project.benchmarks[benchmark]
    return BenchmarkSettings(
        task=task_named(project, benchmark),
        name=benchmark,
        benchmark=spec.model_dump(mode="json"),
        sealed=0.0 if project.settings.final else spec.sealed,
        style=project.style(benchmark, style).model_dump(mode="json") if style else None,
        encoders={folder.name: pooling for folder, pooling in project.encoder_folders(found.encoders)},
        taxon=found.taxon,
        seed=project.settings.seed,
        further=found.settings,
        teacher=project.teachers[teacher] if teacher else None,
    )


def task_named(project: Project, benchmark: str) -> str:
    """The task of a benchmark, by the name of one that ships, or FILE:CLASS of one's own."""
    name = project.benchmarks[benchmark].task
    return project.settings.tasks.get(name) or name


def named(files: Mapping[str, object]) -> dict[str, Files]:
    """The single files of Snakemake's input or output by name."""
    return {name: Path(path) for name, path in files.items() if isinstance(path, str)}
