"""Mappings whose values are made, and their modules loaded, when they are asked for."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TypeVar

V = TypeVar("V")


class Lazy(Mapping[str, V]):
    """The cached properties of the class by name, in their order."""

    def __getitem__(self, name: str) -> V:
        if name not in self:
            raise KeyError(name)
        return getattr(self, name)

    def __contains__(self, name: object) -> bool:
        return isinstance(vars(type(self)).get(str(name)), cached_property)

    def __iter__(self) -> Iterator[str]:
        return (name for name, part in vars(type(self)).items() if isinstance(part, cached_property))

    def __len__(self) -> int:
        return sum(1 for _ in self)
