"""Trackers of a training job: what the trainer is told of them, and those that are not installed."""

import os

import pytest
import tiny_training
from refusals import refused

from reasonome.config.settings import check_trackers


def test_a_tracker_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with refused(field="trackers"):
        check_trackers(["mlflow"])


def test_trackers_are_told_to_the_trainer(monkeypatch, tiny_backbone, tmp_path):
    monkeypatch.setattr("reasonome.training.job.check_trackers", lambda trackers: None)
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone))
    assert job.arguments()["report_to"] == "none"
    job.trackers = ["wandb", "mlflow"]
    told = job.arguments()
    assert (told["report_to"], told["run_name"]) == (["wandb", "mlflow"], "tiny/sft.try-s0")


@pytest.mark.parametrize("own", ["", "/mine"])
def test_curves_of_tensorboard_lie_beside_the_models_unless_the_user_says_otherwise(
    own, monkeypatch, tiny_backbone, tmp_path
):
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", own)
    if not own:
        monkeypatch.delenv("TENSORBOARD_LOGGING_DIR")
    tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone))
    assert os.environ["TENSORBOARD_LOGGING_DIR"] == (own or str(tmp_path / "tensorboard/tiny/sft.try-s0"))
