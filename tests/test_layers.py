"""The library is layered: no module imports one of a layer above, none imports in a circle, and stages name no task."""

import importlib
import re

import pytest

# Applications of tasks, and the tasks themselves.
NAMES_TASKS = ("tasks", "apps")
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend("speed")
    house = importlib.import_module("house")
MODULES = house.MODULES


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_module_imports_a_layer_above(module):
    assert not house.above(module)


def test_no_imports_run_in_a_circle():
    assert house.circle() == ""


@pytest.mark.parametrize(
    "module", sorted(m for m in MODULES if m.split(".")[1:2] and m.split(".")[1] not in NAMES_TASKS)
)
def test_generic_modules_name_no_task(module):
    from reasonome.tasks import TASKS

    text = MODULES[module].read_text(encoding="utf-8")
    named = {name for name in TASKS if re.search(rf"\b{name}\b", text)}
    packages = sorted(path.name for path in (house.PACKAGE / "tasks").iterdir() if (path / "task.py").is_file())
    named |= {name for name in packages if re.search(rf"\btasks\.{name}\b|\btasks import {name}\b", text)}
    assert not named
