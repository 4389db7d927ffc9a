"""The library is layered: no module imports one of a layer above, none imports in a circle, and stages name no task."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "scripts/reasonome"
# From the lowest to the highest: a module imports its own layer and those before it. Two modules stand by themselves:
# the registry, which loads tasks by name, and how relations are worded, which is data.
LAYERS = (
    "core",
    "tasks.registry",
    "facts.wording",
    "config",
    "facts",
    "benchmarks",
    "enrichment",
    "prompts",
    "tasks.base",
    "answering",
    "scoring",
    "teaching",
    "training",
    "leaks",
    "report",
    "cluster",
    "tasks",
    "annotation",
    "prioritisation",
    "commands",
    "cli",
)
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}
# Applications of tasks, and the tasks themselves.
NAMES_TASKS = ("tasks", "annotation", "prioritisation")


def imports(module: str, hints: bool) -> set[str]:
    """The modules of the library that a module imports; `hints`: also those that only type hints need."""
    tree = ast.parse(MODULES[module].read_bytes())
    skipped = (
        set() if hints else {id(node) for block in ast.walk(tree) if _is_of_hints(block) for node in ast.walk(block)}
    )
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in MODULES else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name in MODULES and name != module}


def _is_of_hints(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def layer(module: str) -> int:
    """The place of a module's layer; the longest name that fits counts."""
    parts = module.split(".")[1:]
    names = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return -1 if module == "reasonome" else next(LAYERS.index(name) for name in names if name in LAYERS)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_module_imports_a_layer_above(module):
    above = {other for other in imports(module, hints=False) if layer(other) > layer(module)}
    assert not above


def test_no_imports_run_in_a_circle():
    graph = {module: imports(module, hints=False) for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize(
    "module", sorted(m for m in MODULES if m.split(".")[1:2] and m.split(".")[1] not in NAMES_TASKS)
)
def test_generic_modules_name_no_task(module):
    from reasonome.tasks.registry import TASKS

    text = MODULES[module].read_text(encoding="utf-8")
    named = {name for name in TASKS if re.search(rf"\b{name}\b", text)}
    packages = sorted(path.name for path in (PACKAGE / "tasks").iterdir() if (path / "task.py").is_file())
    named |= {name for name in packages if re.search(rf"\btasks\.{name}\b|\btasks import {name}\b", text)}
    assert not named
