"""Copies of the tiny real run of the whole chain, and rehearsals, which the workflow tests share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_project
from checkout import ROOT


@pytest.fixture
def small(tmp_path) -> Path:
    """A project of which nothing is asked that needs weights."""
    return tiny_project.make(tmp_path / "small", tmp_path, tmp_path)


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """A copy of the finished project, to change or break."""
    return tiny_project.copied(finished, tmp_path / "project")


@pytest.fixture
def rehearse(tmp_path, backbone_model):
    """`rehearse(experiment, config)`: the finished command, in a folder that has the default backbone."""
    fetched = tmp_path / "results/models/smollm2-135m/base"
    fetched.mkdir(parents=True)
    (fetched / "model").symlink_to(backbone_model)

    def rehearse(experiment: str, config: Path = ROOT / "config") -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "reasonome.cli", "rehearse", experiment, "--config", str(config)]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return rehearse
