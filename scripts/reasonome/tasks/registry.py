"""The tasks by name, and their parts. Each is loaded on first use, so that no task depends on the code of another."""

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module, util
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import TYPE_CHECKING

from reasonome.core.errors import InputError, nearest

if TYPE_CHECKING:
    from reasonome.tasks.base import Task

_MODULES = {
    "gene_set_naming": ("naming.task", "GeneSetNaming"),
    "causal_gene_ranking": ("ranking.task", "CausalGeneRanking"),
    "rare_disease_ranking": ("ranking.task", "RareDiseaseRanking"),
    "gene_classification": ("gene_classification.task", "GeneClassification"),
    "molecule_property": ("molecule_property.task", "MoleculeProperty"),
    "pathway_qa": ("pathway_qa.task", "PathwayQA"),
}


class _Tasks(Mapping[str, "Task"]):
    """The task objects, in the order of their names here."""

    def __getitem__(self, name: str) -> "Task":
        return _own[name] if name in _own else _loaded(name)

    def __iter__(self) -> Iterator[str]:
        return iter([*_MODULES, *_own])

    def __len__(self) -> int:
        return len(_MODULES) + len(_own)


TASKS = _Tasks()
_own: dict[str, "Task"] = {}


@cache
def _loaded(name: str) -> "Task":
    module, kind = _MODULES[name]
    return getattr(import_module(f"reasonome.tasks.{module}"), kind)()


def set_own(tasks: Mapping[str, tuple[Path, str]]) -> None:
    """Register the tasks of a project, name → (file, class), in place of those of another project.

    Raises InputError for a name that is taken, for a missing file or class, and for a class that is no task.
    """
    _own.clear()
    part_name.cache_clear()
    for name, (path, kind) in tasks.items():
        if name in (*_MODULES, "teacher"):  # teacher.*.txt are prompts of teachers
            raise InputError(f"the name '{name}' is taken", field=f"tasks.{name}", fix="give the task another")
        if not path.is_file():
            raise InputError("there is no such file", file=path, field=f"tasks.{name}")
        spec = util.spec_from_file_location(f"reasonome_own_task_{name}", path)
        module = util.module_from_spec(spec)
        sys.modules[spec.name] = module
        try:  # a user's file may fail in any way
            spec.loader.exec_module(module)
            task = getattr(module, kind)() if hasattr(module, kind) else None
        except (Exception, SystemExit) as error:
            line = getattr(error, "lineno", None) or _error_line(error, path)
            what = f"the task cannot be loaded: {type(error).__name__}: {error}"
            raise InputError(what, file=path, line=line, fix="see docs/tasks.md for what a task has") from error
        if task is None:
            raise InputError(f"the file defines no '{kind}'", file=path, fix=nearest(kind, vars(module)))
        if not hasattr(task, "Benchmark"):
            what = f"the class {kind} is no task"
            raise InputError(what, file=path, fix="derive it from VerifiedTask of reasonome.tasks.verified.task")
        if task.name != name:
            what = f"the class {kind} is called '{task.name}', and config.yaml calls it '{name}'"
            raise InputError(what, file=path, field="name", fix="give both one name")
        _own[name] = task


def part(task: str, name: str) -> ModuleType:
    """A part of a task, such as scoring: the module of that name beside the task's class, or beside the nearest class
    that it derives from. `tasks/base.py` says which parts there are."""
    return import_module(part_name(task, name))


def code_files(task: str, *parts: str) -> list[Path]:
    """The files of the modules of a task and of some of its parts."""
    names = [type(TASKS[task]).__module__, *(part_name(task, part) for part in parts)]
    return [Path(sys.modules[name].__file__ if name in sys.modules else util.find_spec(name).origin) for name in names]


def _error_line(error: Exception, path: Path) -> int | None:
    """The line of a file at which an error arose; None where it arose elsewhere."""
    frames = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return frames[-1].lineno if frames else None


@cache
def part_name(task: str, part: str) -> str:
    """The name of the module of a part of a task, perhaps shared with other tasks; InputError where none has it."""
    packages = dict.fromkeys(kind.__module__.rpartition(".")[0] for kind in type(TASKS[task]).__mro__)
    names = [f"{package}.{part}" for package in packages if package.startswith("reasonome.tasks")]
    module = next((name for name in names if util.find_spec(name) is not None), None)
    if module is None:
        fix = f"write it: {' or '.join(names)}; `tasks/base.py` says what it has"
        raise InputError(f"task '{task}' has no part '{part}'", fix=fix)
    return module
