"""The tasks by name, each loaded when it is asked for: what is computed of one task depends on no other's code."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module, util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reasonome.tasks.base import Task

_MODULES = {
    "gene_set_naming": ("naming.task", "GeneSetNaming"),
    "causal_gene_ranking": ("ranking.causal_gene_ranking", "CausalGeneRanking"),
    "rare_disease_ranking": ("ranking.rare_disease_ranking", "RareDiseaseRanking"),
}


class _Tasks(Mapping[str, "Task"]):
    """The task objects, in the order of their names here."""

    def __getitem__(self, name: str) -> "Task":
        return _loaded(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


TASKS = _Tasks()


@cache
def _loaded(name: str) -> "Task":
    module, kind = _MODULES[name]
    return getattr(import_module(f"reasonome.tasks.{module}"), kind)()


def module_file(name: str) -> Path:
    """Where a task's object is defined, with which its code begins."""
    return Path(util.find_spec(f"reasonome.tasks.{_MODULES[name][0]}").origin)
