"""Copies of the tiny real run of the whole chain, which the workflow tests share."""

from pathlib import Path

import pytest
import tiny_project


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """A copy of the finished project, to change or break."""
    return tiny_project.copied(finished, tmp_path / "project")
