"""Digests of the code that a number depends on, found by following imports."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256

PACKAGE_ROOT = Path(__file__).resolve().parents[1]
# Messages, files and settings, which change no number: settings are params of rules.
LEFT_OUT = ("config", "core")
LEFT_OUT_OF_TASKS = ("checks.py", "files.py", "settings.py")
STAGES = PACKAGE_ROOT / "stages"
ALL_TASKS = PACKAGE_ROOT / "tasks/__init__.py"  # no number is of all tasks
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class _Source(NamedTuple):
    """A file of code: its digest, and the modules and members of modules that it imports.

    `parts` are imports of a task or a stage that are not at the beginning of its file.
    """

    digest: str
    imports: frozenset[str]
    parts: frozenset[str]


def code_sha256(*files: str | Path) -> str:
    """SHA-256 of Python files and of all modules of the library that they import, directly or not, at any place.

    Comments, docstrings and layout do not count. A package's `__init__.py` counts only if it is imported itself. Files
    in a folder with a module's name, such as a page's, count with the module. What a task or a stage imports inside its
    functions is a part, which others do not depend on: it counts for a stage that is one of `files` and for those that
    it derives from, and `task.code_files` names those of tasks.
    """
    digest = hashlib.sha256()
    for file in sorted(closure(*files)):
        digest.update(f"{file.name}:{_read(file).digest if file.suffix == '.py' else file_sha256(file)}\n".encode())
    return digest.hexdigest()


def source_sha256(file: str | Path) -> str:
    """SHA-256 of one Python file alone, as it stands now, without comments, docstrings and layout.

    InputError as of `parsed`.
    """
    return _source(Path(file).resolve(), parsed(Path(file))).digest


def parsed(file: Path) -> ast.Module:
    """The code of a Python file without docstrings; InputError if it is missing or no Python."""
    if not file.is_file():
        raise InputError("there is no such file", file=file)
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError as error:
        raise InputError(f"this is no Python: {error.msg}", file=file, line=error.lineno) from None
    for node in [tree, *_statements(tree)]:
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return tree


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """All statements, at any depth, and what parts them, such as the handlers of a `try`; no expressions, which are the
    most of a tree."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += (child for field in _BLOCKS for child in getattr(node, field, ()))


def closure(*files: str | Path) -> set[Path]:
    """The files whose digests `code_sha256` joins."""
    seen: set[Path] = set()
    waiting = [Path(file).resolve() for file in files]
    stages = set(filter(_is_stage, waiting))
    while waiting:
        file = waiting.pop()
        if file not in seen and not _is_left_out(file):
            seen.add(file)
            names = _read(file).imports | (_read(file).parts if file in stages else frozenset())
            places = {place for name in names for place in _places(name)}
            bases = set(filter(_is_stage, places)) - stages if file in stages else set()
            stages |= bases
            seen -= bases
            waiting += places
    own = {other for file in seen for other in file.with_suffix("").glob("*") if other.is_file()}
    return seen | {file for file in own if file.suffix != ".py"}


def _is_stage(file: Path) -> bool:
    return file.parent == STAGES and file.name != "__init__.py"


def _is_left_out(file: Path) -> bool:
    if not file.is_relative_to(PACKAGE_ROOT):
        return False
    layer = file.relative_to(PACKAGE_ROOT).with_suffix("").parts[0]
    return layer in LEFT_OUT or (layer == "tasks" and file.name in LEFT_OUT_OF_TASKS) or file == ALL_TASKS


def _places(name: str) -> Iterator[Path]:
    """The file of a module or package of the library; nothing for other names, such as those of functions."""
    place = PACKAGE_ROOT.joinpath(*name.split(".")[1:])
    yield from (file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file())


@cache
def _read(file: Path) -> _Source:
    return _source(file, parsed(file))


def _source(file: Path, tree: ast.Module) -> _Source:
    imports: set[str] = set()
    parts: set[str] = set()
    has_parts = _is_stage(file) or (file.name == "task.py" and file.parents[1].name == "tasks")
    for node in _statements(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found = parts if has_parts and node not in tree.body else imports
            found |= {name if any(_places(name)) else node.module for name in names}
        elif isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
    ours, own_parts = (
        frozenset(name for name in names if name.split(".")[0] == PACKAGE_ROOT.name) for names in (imports, parts)
    )
    return _Source(hashlib.sha256(ast.dump(tree).encode()).hexdigest(), ours, own_parts)
