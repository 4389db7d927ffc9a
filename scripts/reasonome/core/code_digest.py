"""Digests of the code that a number depends on, found by following imports."""

import ast
import hashlib
import json
import os
from collections.abc import Iterator
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256
from reasonome.core.package import PACKAGE_ROOT

# Messages, files and settings, which change no number: settings are params of rules.
LEFT_OUT = ("config", "core")
LEFT_OUT_OF_TASKS = ("checks.py", "files.py", "settings.py")
STAGES = PACKAGE_ROOT / "stages"
ALL_TASKS = PACKAGE_ROOT / "tasks/__init__.py"  # no number is of all tasks
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

# Reading a file takes a hundredth of a second, and a dry-run needs 150: what they say is kept beside the bytecode.
KEPT = Path(cache_from_source(__file__)).with_suffix(".json")
OWN_SHA256 = file_sha256(__file__)  # this module decides what is read of a file


class _Source(NamedTuple):
    """A file of code: its digest, and the modules of the library and their members that it imports.

    `parts` are what it imports `from` a module below the beginning of the file.
    """

    digest: str
    imports: list[str]
    parts: list[str]


def code_sha256(*files: str | Path) -> str:
    """SHA-256 of Python files and of all modules of the library that they import, directly or not, at any place.

    Comments, docstrings and layout do not count. A package's `__init__.py` counts only if it is imported itself. Files
    below a folder with a module's name, such as a page's, count with the module. What a task or a stage imports inside
    its functions is a part, which others do not depend on: it counts for a stage that is one of `files` and for those
    that it derives from, and `task.code_files` names those of tasks.
    """
    digest = hashlib.sha256()
    for file in sorted(closure(*files)):
        digest.update(f"{file.name}:{_read(file).digest if file.suffix == '.py' else file_sha256(file)}\n".encode())
    _keep()
    return digest.hexdigest()


def source_sha256(file: str | Path) -> str:
    """SHA-256 of one Python file alone, as it stands now, without comments, docstrings and layout.

    InputError as of `parsed`.
    """
    return _source(parsed(Path(file))).digest


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
            source = _read(file)
            leaves_parts = file not in stages and (_is_stage(file) or _is_task(file))
            names = source.imports if leaves_parts else source.imports + source.parts
            places = {place for name in names for place in _places(name)}
            bases = set(filter(_is_stage, places)) - stages if file in stages else set()
            stages |= bases
            seen -= bases
            waiting += places
    own = {other for file in seen for other in file.with_suffix("").rglob("*") if other.is_file()}
    return seen | {file for file in own if file.suffix not in (".py", ".pyc")}


def _is_stage(file: Path) -> bool:
    return file.parent == STAGES and file.name != "__init__.py"


def _is_task(file: Path) -> bool:
    return file.name == "task.py" and file.parent.parent.name == "tasks"


def _is_left_out(file: Path) -> bool:
    if not file.is_relative_to(PACKAGE_ROOT):
        return False
    layer = file.relative_to(PACKAGE_ROOT).with_suffix("").parts[0]
    return layer in LEFT_OUT or (layer == "tasks" and file.name in LEFT_OUT_OF_TASKS) or file == ALL_TASKS


@cache
def _places(name: str) -> list[Path]:
    """The file of a module or package, or of the one that a function or class is in."""
    path = PACKAGE_ROOT.joinpath(*name.split(".")[1:])
    return _files(path) or _files(path.parent)


@cache
def _files(path: Path) -> list[Path]:
    return [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]


@cache
def _read(file: Path) -> _Source:
    """What a file says: as kept, unless it or this module has changed."""
    if not file.is_file():
        raise InputError("there is no such file", file=file)
    content = f"{OWN_SHA256}:{file_sha256(file)}"
    kept = _kept()
    if kept.get(str(file), [None])[0] != content:
        kept[str(file)] = [content, *_source(parsed(file))]
        _changed.add(file)
    return _Source(*kept[str(file)][1:])


_changed: set[Path] = set()


@cache
def _kept() -> dict[str, list]:
    try:
        return json.loads(KEPT.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}


def _keep() -> None:
    folder = KEPT.parent if KEPT.parent.exists() else KEPT.parent.parent  # Python may be set to write no bytecode
    if _changed and os.access(folder, os.W_OK):
        KEPT.parent.mkdir(exist_ok=True)
        own = KEPT.with_suffix(f".{os.getpid()}")  # programs that end at the same time replace each other's whole
        own.write_text(json.dumps(_kept()), encoding="utf-8")
        own.replace(KEPT)
        _changed.clear()


def _source(tree: ast.Module) -> _Source:
    imports, parts = set[str](), set[str]()
    for node in _statements(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found = imports if node in tree.body else parts
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
    ours = ([name for name in sorted(names) if name.split(".")[0] == PACKAGE_ROOT.name] for names in (imports, parts))
    return _Source(hashlib.sha256(ast.dump(tree).encode()).hexdigest(), *ours)
