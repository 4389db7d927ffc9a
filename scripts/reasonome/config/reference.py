"""The types of fields that name entries of other files, the names that a value has, and mistakes at places of entries.

A name is checked where the whole configuration is read (`project/references.py`), and not where its own file is.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, Field

from reasonome.config.strict import VARIANT_PATTERN, Name, check_unique
from reasonome.core.errors import nearest
from reasonome.core.yaml_text import Loc


@dataclass(frozen=True)
class Refers:
    """What a text names: an entry of one of these tables, which a project has by these names.

    `own` tables are fields of the entry that the text stands in. Words that are valid too are in `also`. Where not all
    entries fit, `kind` says in words which do.
    """

    tables: tuple[str, ...]
    kind: str = "name"
    also: tuple[str, ...] = ()
    own: bool = False
    fits: Callable[[Any], bool] | None = None

    def wrong(self, name: str, project: Any, entry: object) -> tuple[str, str] | None:
        """What is wrong with a name in an entry of a project, and the fix; None if it may stand there."""
        tables = [getattr(entry if self.own else project, table) for table in self.tables]
        named = [one for table in tables for one in table if self.fits is None or self.fits(table[one])]
        if name in (valid := [*self.also, *named]):
            return None
        is_there = any(name in table for table in tables)
        what = f"'{name}' is no {self.kind}" if is_there else f"unknown {self.kind} '{name}'"
        return what, nearest(name, valid)


class RefersToStep(Refers):
    """The same of a recipe, by its stage and its variant."""

    def wrong(self, name: str, project: Any, entry: object) -> tuple[str, str] | None:
        return unknown_step(project.recipes, name)


def unknown_step(recipes: Mapping[str, Mapping[str, object]], step: str) -> tuple[str, str] | None:
    """What is wrong with the name of a step, and the fix; None if there is a recipe of it."""
    match = re.fullmatch(rf"([a-z]+)\.({VARIANT_PATTERN})", step)
    if match is None:
        return f"'{step}' is no step", "write stage.variant, of small letters and digits, as in sft.closedbook"
    stage, variant = match.groups()
    if stage not in recipes:
        return f"unknown stage '{stage}'", nearest(stage, recipes)
    if not recipes[stage]:
        return f"there are no recipes of {stage}", f"restore recipes/{stage}.yaml from the repository, or write it"
    if variant not in recipes[stage]:
        return f"unknown variant of {stage} '{variant}'", nearest(variant, recipes[stage])
    return None


N = TypeVar("N", bound=str)
Names = Annotated[list[N], AfterValidator(check_unique)]
SomeNames = Annotated[Names[N], Field(min_length=1)]
BackboneRef = Annotated[Name, Refers(("backbones",))]
BenchmarkRef = Annotated[Name, Refers(("benchmarks",))]
CorpusRef = Annotated[Name, Refers(("corpora",))]
DecodingRef = Annotated[Name, Refers(("decodings",))]
EncoderRef = Annotated[Name, Refers(("encoders",))]
ExperimentRef = Annotated[Name, Refers(("experiments",))]
PreferencesRef = Annotated[Name, Refers(("preferences",))]
SourceRef = Annotated[Name, Refers(("sources",))]
TeacherRef = Annotated[Name, Refers(("teachers",))]
StepRef = Annotated[str, RefersToStep(("recipes",))]  # written stage.variant


class Mistake(NamedTuple):
    """What is wrong at a place of an entry, or of another file that is named, and the fix."""

    loc: Loc
    what: str
    fix: str
    file: str = ""


def names(value: object, kind: object = None, loc: Loc = (), marks: Sequence[object] = ()) -> Iterator[tuple]:
    """(place, name, Refers) of each name of an entry in a value of this type; `marks` are those of an Annotated."""
    inner = get_args(kind)
    if isinstance(value, BaseModel):
        for key, field in type(value).model_fields.items():
            yield from names(getattr(value, key), field.annotation, (*loc, key), field.metadata)
    elif get_origin(kind) is Annotated:
        yield from names(value, inner[0], loc, inner[1:])
    elif get_origin(kind) in (Union, UnionType):
        for one in inner:
            yield from names(value, one, loc)
    elif isinstance(value, str):
        yield from ((loc, value, mark) for mark in marks if isinstance(mark, Refers))
    elif isinstance(value, list) and get_origin(kind) is list:
        for position, item in enumerate(value):
            yield from names(item, inner[0], (*loc, position))
    elif isinstance(value, dict) and get_origin(kind) is dict:
        for key, item in value.items():
            yield from names(key, inner[0], (*loc, key))
            yield from names(item, inner[1], (*loc, key))
