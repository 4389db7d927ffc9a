"""Values that are made, and whose modules are loaded, when they are asked for."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TypeVar, cast

from reasonome.core.errors import InputError

V = TypeVar("V")


class read_once(cached_property[V]):
    """A cached property that keeps its InputError too: what has mistakes is not read again for each entry that names
    it."""

    def __get__(self, instance: object, owner: type | None = None) -> V:
        kept = f"mistakes of {self.attrname}"
        if instance is not None and kept in vars(instance):
            raise vars(instance)[kept].with_traceback(None)
        try:
            return cast(V, super().__get__(instance, owner))
        except InputError as error:
            vars(instance)[kept] = error
            raise


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
