"""The job of the rule that writes preferences."""

from collections.abc import Mapping
from pathlib import Path

from reasonome.compile.benchmarks import task_named
from reasonome.config.preferences import SamplePreferences, TablePreferences, TierPreferences
from reasonome.config.project import Project
from reasonome.jobs import Files, Job
from reasonome.teaching.settings import PreferenceSettings


def preferences_job(
    project: Project, name: str, question: tuple[str, str], model: tuple[str, str], outputs: Mapping[str, Files]
) -> Job[PreferenceSettings]:
    """The job of pairs of answers to questions of a benchmark in a style; of samples, those of a model."""
    spec, (benchmark, style) = project.preferences[name], question
    encoders = spec.encoders if isinstance(spec, SamplePreferences) else []
    settings = PreferenceSettings(
        name=name,
        preferences=spec,
        task=task_named(project, benchmark),
        benchmark=benchmark,
        style=project.style(benchmark, style).model_dump(mode="json"),
        encoders=project.encoder_folders(encoders),
    )
    inputs: dict[str, Files] = {"data": preferred_files(project, name, question, model)}
    return Job(rule="write_preferences", inputs=inputs, outputs=dict(outputs), settings=settings)


def preferred_files(project: Project, name: str, question: tuple[str, str], model: tuple[str, str]) -> dict[str, Path]:
    """The files that pairs are made of, by what they are: questions, and what has their answers."""
    spec, results = project.preferences[name], project.results
    files = {"examples": results.prompts(*question) / "train.jsonl"}
    if isinstance(spec, TierPreferences):
        return files | {"reasoning": results.reasoning(spec.teacher, *question)}
    if isinstance(spec, TablePreferences):
        return files | {"table": Path(spec.path)}
    files["samples"] = results.samples(model, *question, spec.decoding, spec.questions)
    return files | {f"encoder {encoder}": results.encoder(encoder) / "manifest.json" for encoder in spec.encoders}
