"""The library is layered: no module imports one of a layer above, none in a circle, and generic rooms name no task."""

import ast
import functools
import re
from collections.abc import Collection
from graphlib import TopologicalSorter

from checkout import ROOT

from reasonome.tasks import TASKS

PACKAGE = ROOT / "scripts/reasonome"
# From the lowest to the highest: a module imports its own layer and those before it. How relations are worded, which is
# data, stands by itself.
LAYERS = (
    "core",
    "facts.wording",
    "config",
    "facts",
    "jobs",
    "benchmarks",
    "enrichment",
    "prompts",
    "metrics",
    "rewards",
    "task_parts",
    "task",
    "answering",
    "scoring",
    "teaching",
    "training",
    "stages",
    "leaks",
    "report",
    "cluster",
    "tasks",
    "compile",
    "apps",
    "exports",
    "commands",
    "cli",
)
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}
# Applications of tasks, and the tasks themselves.
NAMES_TASKS = ("tasks", "apps")
GENERIC = sorted(m for m in MODULES if m.split(".")[1:2] and m.split(".")[1] not in NAMES_TASKS)
PAGES = sorted(path for path in (PACKAGE / "report").rglob("*") if path.suffix in (".js", ".j2"))
# Words that are a metric of some task and mean something else in generic modules: measures of a confidence or a judge,
# SciPy's exact test, the rank of a recalled fact, a kind of leak, what a prompt leaves out, ROUGE itself, columns for
# each encoder, a correlation, and that a model says that it does not know.
HOMONYMS = {"accuracy", "auroc", "exact", "rank", "same_term", "similarity", "similarity_", "percentile_"}
HOMONYMS |= {"genes_left_out", "facts_left_out", "neighbours_left_out", "rouge_1", "rouge_2", "rouge_l", "spearman"}


@functools.cache
def nodes(module: str) -> list[ast.AST]:
    """The nodes of a module's syntax tree."""
    return list(ast.walk(ast.parse(MODULES[module].read_bytes())))


def of_types(module: str) -> set[ast.AST]:
    """The nodes that only a type checker looks at."""
    blocks = [node for node in nodes(module) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {node for block in blocks for node in ast.walk(block)}


def imports(module: str, but: Collection[ast.AST] = ()) -> set[str]:
    """The modules of the library that a module imports, anywhere and for whatever, or names in a string."""
    found: set[str] = set()
    for node in nodes(module):
        if node in but:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in MODULES else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return {name for name in found if name in MODULES and name != module}


def layer(module: str) -> int:
    """The place of a module's layer; the longest name that fits counts."""
    parts = module.split(".")[1:]
    names = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return -1 if module == "reasonome" else next(LAYERS.index(name) for name in names if name in LAYERS)


def above(module: str) -> set[str]:
    """The modules of higher layers that a module imports."""
    return {other for other in imports(module) if layer(other) > layer(module)}


def test_no_module_imports_a_layer_above():
    assert {module: found for module in MODULES if (found := above(module))} == {}


def test_no_imports_run_in_a_circle():
    """Those for types alone do not run. The error names the circle."""
    TopologicalSorter({module: imports(module, of_types(module)) for module in MODULES}).prepare()


def test_generic_modules_name_no_task():
    packages = "|".join(path.name for path in (PACKAGE / "tasks").iterdir() if (path / "task.py").is_file())
    names = re.compile(rf"\b({'|'.join(TASKS)})\b|\btasks(\.| import )({packages})\b")
    assert [module for module in GENERIC if names.search(MODULES[module].read_text(encoding="utf-8"))] == []


def test_generic_modules_and_pages_name_no_metric_that_a_task_lacks():
    of_tasks = [{metric.name for metric in task.metrics.metrics} for task in TASKS.values()]
    lacking = set.union(*of_tasks) - set.intersection(*of_tasks) - HOMONYMS
    strings = {
        module: [node.value for node in nodes(module) if isinstance(node, ast.Constant)]
        for module in GENERIC
        if module.split(".")[1] not in ("metrics", "commands", "cli")
    }
    strings |= {path.name: re.findall(r"""["'`](\w+)["'`]""", path.read_text(encoding="utf-8")) for path in PAGES}
    assert {name: found for name, said in strings.items() if (found := lacking.intersection(said))} == {}
