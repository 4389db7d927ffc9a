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
def not_fetched(ranking_project, monkeypatch) -> Callable[..., None]:
    """Lets these files of HPO not be here, by their keys; all of them if none is given."""
    files = type(ranking_project).source_files

    def lack(*keys: str) -> None:
        def source_files(project, name):
            gone = keys or files(project, "hpo-2025") if name == "hpo-2025" else ()
            return {key: path.with_name("gone") if key in gone else path for key, path in files(project, name).items()}

        monkeypatch.setattr(type(ranking_project), "source_files", source_files)

    return lack
