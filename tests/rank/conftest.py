"""A small project to rank genes in, made once, and answers by hand in the place of a model."""

from collections.abc import Callable

import pytest
import rank_project
from rank_project import ByHand, Ranking

from reasonome.tasks import load_project


@pytest.fixture(scope="session")
def ranking_folder(tmp_path_factory):
    """The project's folder, read only."""
    return rank_project.make(tmp_path_factory.mktemp("ranking"))


@pytest.fixture(scope="session")
def ranking_project(ranking_folder):
    """The project's configuration."""
    return load_project(ranking_folder / "config")


@pytest.fixture
def ranking(ranking_folder, ranking_project, tmp_path, monkeypatch) -> Ranking:
    """Ranks in the project's folder, to a folder of the test's own."""
    monkeypatch.chdir(ranking_folder)
    return Ranking(ranking_project, ByHand(), tmp_path / "out")


@pytest.fixture
def not_fetched(ranking_project, monkeypatch) -> Callable[[], None]:
    """Lets the files of HPO not be here."""
    files = type(ranking_project).source_files

    def lack() -> None:
        def source_files(project, name):
            found = files(project, name)
            return {key: path.with_name("gone") for key, path in found.items()} if name == "hpo-2025" else found

        monkeypatch.setattr(type(ranking_project), "source_files", source_files)

    return lack
