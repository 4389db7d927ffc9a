"""The tasks: those that ship, a project's own, and the project that they make with its configuration."""

import sys
from collections import ChainMap
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from importlib import util
from inspect import getsourcelines
from pathlib import Path
from types import ModuleType
from typing import Any

from reasonome.config import Recipe, Settings
from reasonome.config.project import Project
from reasonome.config.project.folder import SETTINGS, WHOLE, ConfigFolder, without_checkout
from reasonome.core.errors import InputError, Mistakes, closest, line_in, lookup, nearest
from reasonome.core.lazy import Lazy
from reasonome.core.manifest import text_sha256
from reasonome.task import Task


class ShippedTasks(Lazy[Task]):
    """The tasks that ship, by name."""

    @cached_property
    def gene_set_naming(self) -> Task:
        from reasonome.tasks.naming.task import GeneSetNaming

        return GeneSetNaming()

    @cached_property
    def causal_gene_ranking(self) -> Task:
        from reasonome.tasks.ranking.task import CausalGeneRanking

        return CausalGeneRanking()

    @cached_property
    def rare_disease_ranking(self) -> Task:
        from reasonome.tasks.ranking.task import RareDiseaseRanking

        return RareDiseaseRanking()

    @cached_property
    def gene_classification(self) -> Task:
        from reasonome.tasks.gene_classification.task import GeneClassification

        return GeneClassification()

    @cached_property
    def gene_pairs(self) -> Task:
        from reasonome.tasks.gene_classification.task import GenePairs

        return GenePairs()

    @cached_property
    def molecule_property(self) -> Task:
        from reasonome.tasks.molecule_property.task import MoleculeProperty

        return MoleculeProperty()

    @cached_property
    def closed_book(self) -> Task:
        from reasonome.tasks.closed_book.task import ClosedBook

        return ClosedBook()

    @cached_property
    def pathway_qa(self) -> Task:
        from reasonome.tasks.pathway_qa.task import PathwayQA

        return PathwayQA()


TASKS = ShippedTasks()
Given = Mapping[str, Any] | Iterable[tuple[str, Any]]  # values of a command line, by the keys of config.yaml

_BASE = "derive it from VerifiedTask of reasonome.tasks.question_answer.task"


class TasksProject(Project[Task]):
    """A project with the stages of training, which are loaded when they are used."""

    @cached_property
    def stages(self) -> Mapping[str, type[Recipe]]:
        from reasonome.stages import STAGES

        return STAGES


def open_project(root: str | Path = "config", given: Given = ()) -> Project[Task]:
    """The project under a config folder, with its own tasks beside those that ship, for a job that was planned.

    It reads what the job uses. `given` are values in place of those of config.yaml. InputError for a file with
    mistakes, and for one of its own tasks.
    """
    return _opened(ConfigFolder(Path(root), dict(given)))


def _opened(folder: ConfigFolder) -> Project[Task]:
    settings = folder.read(SETTINGS, Settings)
    own = {name: _own_task(folder, name, place) for name, place in settings.tasks.items()}
    tasks = ChainMap(own, TASKS)  # pyright: ignore[reportArgumentType]  # only the first mapping is ever written to
    return TasksProject(folder, settings, tasks)


def load_project(root: str | Path = "config", given: Given = ()) -> Project[Task]:
    """The same with all of its files read and checked, for what plans jobs or takes none for granted.

    InputError for all mistakes in files, tasks, recipes and references, for paths at which nothing is, and where there
    is no configuration of ours.
    """
    from reasonome.config.project.references import FILES, OPTIONAL, check_references, existing, is_ours

    root = Path(root)
    if not is_ours(root):
        what = "no file of a configuration is in this folder" if root.is_dir() else "there is no such folder"
        raise InputError(what, file=root, fix=without_checkout(root).fix)
    folder, mistakes = ConfigFolder(root, dict(given), existing(root)), Mistakes()
    if lacks := [f"{file}.yaml" for file in FILES if file not in OPTIONAL and not folder.has(f"{file}.yaml")]:
        fix = f"copy them from the repository's, or take {WHOLE} away: the folder's files are then read beside those"
        raise InputError(
            f"the folder has {WHOLE}, and of a whole configuration it lacks {', '.join(lacks)}", file=root, fix=fix
        )
    try:
        project = _opened(folder)
    except InputError as error:
        settings = folder.right(SETTINGS, error)
        if not settings or "tasks" in settings:  # without one's own tasks more would look wrong
            raise
        project = TasksProject(folder, Settings.model_construct(None, **{"experiments": []} | settings), TASKS)
        with mistakes:
            raise
    with mistakes:
        check_references(project)
    mistakes.tell()
    return project


def find_task(named: str) -> Task:
    """A task that ships, by its name, or one's own, by FILE:CLASS. InputError for an unknown one."""
    path, _, kind = named.rpartition(":")
    return load_task(Path(path), kind) if path else lookup(TASKS, named, "task")


def _own_task(folder: ConfigFolder, name: str, place: str) -> Task:
    """The task of a project at FILE:CLASS that config.yaml calls `name`; InputError as of `load_task`, and if the name
    is taken or another."""
    loc, (path, _, kind) = ("tasks", name), place.rpartition(":")
    if name in (*TASKS, "teacher"):  # teacher.*.txt are prompts of teachers
        raise folder.error(SETTINGS, loc, f"the name '{name}' is taken", "give the task another")
    if not Path(path).is_file():
        raise InputError("there is no such file", file=path, field=f"tasks.{name}")
    try:
        task = load_task(Path(path), kind)
    except InputError as error:
        if error.file is None:
            raise folder.error(SETTINGS, loc, error.what, error.fix or "") from None
        raise
    if task.name != name:
        what = f"the class {kind} is called '{task.name}', and config.yaml calls it '{name}'"
        raise InputError(what, file=path, field="name", fix="give both one name")
    return task


def load_task(path: Path, kind: str) -> Task:
    """An object of a class in a user's file; InputError if it cannot be loaded, or the class is no task.

    The error names no file if there is no such class: what names the class is wrong.
    """
    given, path = path, path.resolve()
    module = _module(path, path.stat().st_mtime_ns)
    if not hasattr(module, kind):
        classes = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
        raise InputError(f"{given} defines no '{kind}'", fix=nearest(kind, classes))
    _check_methods(path, getattr(module, kind))
    try:  # a user's class may fail in any way
        task = getattr(module, kind)()
    except (Exception, SystemExit) as error:
        raise _not_loaded(path, error) from error
    if not isinstance(task, Task):
        raise InputError(f"the class {kind} is no task", file=path, fix=_BASE)
    return task


def _check_methods(path: Path, kind: Any) -> None:
    """InputError for a method that a class in a user's file lacks, at the line of the class."""
    lacking = sorted(getattr(kind, "__abstractmethods__", ()))
    fix = _BASE
    if lacking == ["verify"]:
        meant = closest("verify", vars(kind))
        fix = f"rename its method `{meant}` to `verify`" if meant else "write `def verify(self, answer, example): …`"
    if lacking:
        what = f"the class {kind.__name__} lacks {', '.join(f'`{name}`' for name in lacking)}"
        raise InputError(what, file=path, line=getsourcelines(kind)[1], fix=fix)


@cache
def _module(path: Path, mtime: int) -> ModuleType:
    """The module in a user's file, loaded once for each state of the file."""
    spec = util.spec_from_file_location(f"own_task_{text_sha256(str(path))[:12]}", path)
    if spec is None or spec.loader is None:
        fix = "write FILE:CLASS, with a file that ends in .py"
        raise InputError("this is not a file of Python", file=path, fix=fix)
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:  # a user's file may fail in any way
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise _not_loaded(path, error) from error
    return module


def _not_loaded(path: Path, error: BaseException) -> InputError:
    line = getattr(error, "lineno", None) or line_in(path, error)
    what = f"the task cannot be loaded: {type(error).__name__}: {error}"
    fix = "see docs/your-own.md for what a task has"
    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("reasonome."):
        fix = _BASE
    return InputError(what, file=path, line=line, fix=fix)
