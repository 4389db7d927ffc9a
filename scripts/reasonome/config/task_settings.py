"""What the configuration asks of a task: `reasonome.task.Task` has it."""

from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import BaseModel

from reasonome.config.benchmarks import Benchmark
from reasonome.config.styles import Style


class TaskSettings(Protocol):
    """A task, as far as the configuration knows it: what its settings are, and who checks them."""

    name: str
    Example: type[BaseModel]
    Benchmark: type[Benchmark]
    Style: type[Style]
    user_texts: tuple[tuple[str, ...], tuple[str, ...]]
    system_texts: tuple[str, ...]

    def rewards(self) -> Mapping[str, Any]:
        """The rewards that a recipe may name."""

    @property
    def checks(self) -> Any: ...

    @property
    def leaks(self) -> Any: ...

    @property
    def report(self) -> Any: ...
