"""Names in benchmarks.yaml: encoders, other benchmarks, and what the task of a benchmark names."""

from typing import TYPE_CHECKING

from reasonome.config import Benchmark
from reasonome.tasks import registry

if TYPE_CHECKING:
    from reasonome.config.project import Project


def check_benchmark(project: "Project", name: str, benchmark: Benchmark) -> None:
    """What a benchmark names is there, and what it leaves out can be built before it."""
    project.folder.check_known("benchmarks.yaml", (name, "leave_out"), benchmark.leave_out, project.akin(name))
    _check_left_out(project, name, benchmark)
    project.folder.check_known("benchmarks.yaml", (name, "encoders"), benchmark.encoders, project.encoders)
    registry.part(benchmark.task, "checks").check_benchmark(project, name, benchmark)


def _check_left_out(project: "Project", name: str, benchmark: Benchmark) -> None:
    """Benchmarks leave out others that are built before them."""
    before, waiting = set(), list(benchmark.leave_out)
    while waiting:
        other = waiting.pop()
        if other == name:
            what = f"'{name}' is left out by what it leaves out: neither can be built first"
            fix = "let only one of two benchmarks leave the other out"
            raise project.folder.error("benchmarks.yaml", (name, "leave_out"), what, fix)
        if other not in before and other in project.benchmarks:
            before.add(other)
            waiting += project.benchmarks[other].leave_out
