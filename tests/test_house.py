"""What the table of the project's size counts: a walk through calls, `Any`, and names that code looks up."""

import importlib
from pathlib import Path

import pytest

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).resolve().parents[1] / "speed")
    house = importlib.import_module("house")

ORDER = ("core", "config", "training", "stages")
SOURCES = {
    "train.py": """
from reasonome import training
from reasonome.training import Job

def main():
    job = Job(training.read())
    job.run()
    print(unknown.train())
""",
    "reasonome/__init__.py": "",
    "reasonome/core.py": """
def low(): ...
def lower(): low()
""",
    "reasonome/training.py": """
from reasonome.core import lower

class Base:
    def __init__(self):
        from reasonome.config import Files

        lower()
        self.files = Files()

    @property
    def step(self) -> "Step": ...

class Job(Base):
    def run(self):
        self.recipe.train(self)
        self.files.read()

class Step:
    def parse(self): ...

def read():
    lower()
    lower()
""",
    "reasonome/config.py": "class Files:\n    def read(self): ...\n",
    "reasonome/stages/__init__.py": "",
    "reasonome/stages/grpo.py": """
class GrpoRecipe:
    def train(self, job: "Job | None"):
        from reasonome.training import Job

        job.step.parse()
""",
}


def write(folder: Path, sources: dict[str, str]) -> list[Path]:
    for name, source in sources.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(source, encoding="utf-8")
    return [folder / name for name in sources]


def test_a_walk_visits_each_function_once_and_climbs_by_calls_and_returns(tmp_path):
    write(tmp_path, SOURCES)
    visited = house.walk("train.main", house.names_under(tmp_path))
    assert visited == [
        "train.main",
        "reasonome.training.Base.__init__",
        "reasonome.core.lower",
        "reasonome.core.low",
        "reasonome.training.read",  # returned to
        "reasonome.training.Job.run",
        "reasonome.stages.grpo.GrpoRecipe.train",  # called
        "reasonome.training.Step.parse",
        "reasonome.config.Files.read",
    ]
    rooms = [house.room(name, ORDER) for name in visited]
    assert rooms == [4, 2, 0, 0, 2, 2, 3, 2, 1]
    assert house.climbs(rooms) == 2


def test_any_counts_in_annotations_of_arguments_and_returns(tmp_path):
    source = "x: Any = 1\ndef f(a: Any, *b: dict[str, Any], c: int = 0) -> Any | None:\n    y: Any = cast(Any, a)\n"
    assert house.untyped(write(tmp_path, {"module.py": source})) == 3


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("getattr(a, name)", 1),
        ("getattr(f(a, b), name, None)", 1),
        ('getattr(a, f"{name}s")', 1),
        ('getattr(a, "name", default)', 0),
        ("function.__code__.co_names", 1),
        ("Path(__file__).parents[2]", 1),
        ("terms.parents[term]", 0),
    ],
)
def test_look_ups_are_of_computed_names_bytecode_and_folders_above(source, count, tmp_path):
    assert house.look_ups(write(tmp_path, {"module.py": source})) == count
