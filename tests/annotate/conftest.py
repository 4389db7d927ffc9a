"""A small project to annotate in, made once, and answers by hand in the place of a model."""

import annotation_project
import pytest
from annotation_project import Annotating, ByHand

from reasonome.apps.annotate import job
from reasonome.tasks import load_project


@pytest.fixture(scope="session")
def annotation_folder(tmp_path_factory):
    """The project's folder. Read only but for the model's manifest, which tests put back."""
    folder = annotation_project.make(tmp_path_factory.mktemp("annotating"))
    (folder / "results/models" / annotation_project.MODEL / "model/model.safetensors").touch()
    return folder


@pytest.fixture(scope="session")
def annotation_settings(annotation_folder):
    """The project's configuration."""
    return load_project(annotation_folder / "config")


@pytest.fixture
def annotating(annotation_folder, annotation_settings, tmp_path, monkeypatch) -> Annotating:
    """Annotates in the project's folder, to a folder of the test's own; mice have the few genes of the project."""
    monkeypatch.chdir(annotation_folder)
    monkeypatch.setattr(job, "ORTHOLOGUES", annotation_folder / job.ORTHOLOGUES.name)
    return Annotating(annotation_folder, annotation_settings, tmp_path / "out")


@pytest.fixture
def by_hand(monkeypatch) -> ByHand:
    """Answers in the place of a model."""
    answers = ByHand()
    monkeypatch.setattr("reasonome.answering.asked_model.write_answers", answers)
    return answers
