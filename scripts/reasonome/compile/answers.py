"""Settings of rules that ask models, by the wildcards of their jobs."""

from collections.abc import Mapping
from typing import Any

from reasonome.answering.jobs import AnswerSettings, EndpointSettings, RecordedSettings
from reasonome.compile.benchmarks import task_named
from reasonome.config.backbones import ApiModel, RecordedAnswers
from reasonome.config.project import Project
from reasonome.config.project.results import VALID


def of_weights(project: Project, asked: Mapping[str, str], gpus: int) -> AnswerSettings:
    """Those of a model's answers on `gpus` at most; transformers gives how likely candidates are."""
    ranked = project.decodings[asked["decoding"]].ranked
    engine = "transformers" if ranked else project.backbones[asked["backbone"]].engine
    part = asked.get("questions")
    return AnswerSettings(engine=engine, questions=None if part == VALID else part, gpus=gpus, **_asked(project, asked))


def of_endpoint(project: Project, asked: Mapping[str, str], model: ApiModel) -> EndpointSettings:
    """Those of the answers of a model behind an endpoint."""
    return EndpointSettings(name=asked["backbone"], model=model, **_asked(project, asked))


def of_recorded(project: Project, benchmark: str, recorded: RecordedAnswers) -> RecordedSettings:
    """Those of recorded answers."""
    columns: dict[str, str] = {**recorded.columns}
    return RecordedSettings(task=task_named(project, benchmark), columns=columns, note=recorded.note)


def _asked(project: Project, asked: Mapping[str, str]) -> dict[str, Any]:
    style = project.style(asked["benchmark"], asked["style"])
    return {
        "task": task_named(project, asked["benchmark"]),
        "style": style.model_dump(mode="json"),
        "decoding": project.decodings[asked["decoding"]],
    }
