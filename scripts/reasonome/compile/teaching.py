"""Jobs of rules in which a teacher writes: its settings, and where held-out rows are that it may not tell."""

from collections.abc import Mapping

from reasonome.compile.benchmarks import benchmark_job
from reasonome.config.project import Project
from reasonome.jobs import Files, Job, TeachingSettings


def teaching_job(
    project: Project,
    teacher: str,
    benchmark: str,
    style: str,
    files: Mapping[str, Files],
    outputs: Mapping[str, Files],
) -> Job[TeachingSettings]:
    """The job of a teacher; `benchmarks` among its inputs are the folders of the benchmark's rows as prompts show them,
    and of those that its training rows leave out."""
    task, spec = project.task(benchmark), project.benchmarks[benchmark]
    folders = {benchmark: project.examples(benchmark, style)}
    folders |= {name: project.results.benchmark(name) for name in spec.leave_out}
    found = task.files.teaching(project, benchmark, style, teacher)
    inputs = {**files, "benchmarks": folders}
    job = benchmark_job(project, "write_reasoning", (benchmark, style), found, inputs, outputs)
    settings = TeachingSettings(**job.settings.model_dump(), teacher=project.teachers[teacher])
    return Job(rule=job.rule, inputs=job.inputs, outputs=job.outputs, settings=settings)
