"""Copies of the tiny real run of the whole chain, which the workflow tests share."""

from pathlib import Path

import pytest
import tiny_project


@pytest.fixture
def small(tmp_path) -> Path:
    """A project of which nothing is asked that needs weights."""
    return tiny_project.make(tmp_path / "small", tmp_path, tmp_path)


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """A copy of the finished project, to change or break."""
    return tiny_project.copied(finished, tmp_path / "project")
