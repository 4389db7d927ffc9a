"""The library is layered: no module imports one of a layer above, none in a circle, and generic rooms name no task."""

import ast
import functools
import importlib
import re

import pytest

# Applications of tasks, and the tasks themselves.
NAMES_TASKS = ("tasks", "apps")
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend("speed")
    house = importlib.import_module("house")
MODULES = house.MODULES
GENERIC = sorted(m for m in MODULES if m.split(".")[1:2] and m.split(".")[1] not in NAMES_TASKS)
PAGES = sorted(path for path in (house.PACKAGE / "report").rglob("*") if path.suffix in (".js", ".j2"))
# Words that are a metric of some task and mean something else in generic modules: measures of a confidence or a judge,
# SciPy's exact test, the rank of a recalled fact, a kind of leak, what a prompt leaves out, ROUGE itself, columns for
# each encoder, a correlation, and that a model says that it does not know.
HOMONYMS = {"accuracy", "auroc", "exact", "rank", "same_term", "similarity", "similarity_", "percentile_", "abstained"}
HOMONYMS |= {"genes_left_out", "facts_left_out", "neighbours_left_out", "rouge_1", "rouge_2", "rouge_l", "spearman"}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_module_imports_a_layer_above(module):
    assert not house.above(module)


@pytest.mark.slow
def test_no_imports_run_in_a_circle():
    assert house.circle() == ""


@pytest.mark.parametrize("module", GENERIC)
def test_generic_modules_name_no_task(module):
    from reasonome.tasks import TASKS

    text = MODULES[module].read_text(encoding="utf-8")
    named = {name for name in TASKS if re.search(rf"\b{name}\b", text)}
    packages = sorted(path.name for path in (house.PACKAGE / "tasks").iterdir() if (path / "task.py").is_file())
    named |= {name for name in packages if re.search(rf"\btasks\.{name}\b|\btasks import {name}\b", text)}
    assert not named


@pytest.mark.parametrize("module", [m for m in GENERIC if m.split(".")[1] not in ("metrics", "commands", "cli")])
def test_generic_modules_name_no_metric_that_a_task_lacks(module):
    strings = [
        node.value for node in ast.walk(ast.parse(MODULES[module].read_bytes())) if isinstance(node, ast.Constant)
    ]
    assert not metrics_of_some_tasks() & set(strings)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_scripts_and_templates_name_no_metric_that_a_task_lacks(path):
    assert not metrics_of_some_tasks() & set(re.findall(r"""["'`](\w+)["'`]""", path.read_text(encoding="utf-8")))


@functools.cache
def metrics_of_some_tasks():
    """The names of metrics that not every task has."""
    from reasonome.tasks import TASKS

    of_tasks = [{metric.name for metric in task.metrics.metrics} for task in TASKS.values()]
    return set.union(*of_tasks) - set.intersection(*of_tasks) - HOMONYMS
