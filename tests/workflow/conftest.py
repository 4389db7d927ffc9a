"""Copies of the tiny real run of the whole chain, which the workflow tests share."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """A copy of the finished project, to change or break."""
    folder = tmp_path / "project"
    # Times are kept, so that nothing looks out of date; large files are shared by hard links.
    shutil.copytree(finished, folder, symlinks=True, copy_function=_link_large)
    return folder


def _link_large(source: str, target: str) -> None:
    if Path(source).stat().st_size > 1_000_000:
        Path(target).hardlink_to(source)
    else:
        shutil.copy2(source, target)
