"""The types of fields that name entries of other files, the names that a value has, and mistakes at places of entries.

A name is checked, and linked to its entry, where the whole configuration is read (`project/references.py`), and not
where its own file is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, NamedTuple

from pydantic import AfterValidator, BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeVar

from reasonome.config.strict import NAME, VARIANT_PATTERN, check_unique
from reasonome.core.errors import nearest
from reasonome.core.yaml_text import Loc

if TYPE_CHECKING:  # in quotes below, where Ruff does not see them
    from reasonome.config.backbones import Backbone, Encoder  # noqa: F401
    from reasonome.config.experiments import Experiment  # noqa: F401
    from reasonome.config.preferences import Preferences  # noqa: F401
    from reasonome.config.recipes import Recipe
    from reasonome.config.settings import Decoding  # noqa: F401
    from reasonome.config.sources import Corpus, Source  # noqa: F401
    from reasonome.config.task_settings import Benchmark  # noqa: F401
    from reasonome.config.teachers import Teacher  # noqa: F401

E = TypeVar("E")


class Ref(str, Generic[E]):
    """The name of an entry, which leads to it once the configuration is linked. It is written as the name alone.

    A subclass says what it names: an entry of one of `tables`, which a project has by these names. `own` tables are
    fields of the entry that the name stands in. Words that are valid too are in `also`. Where not all entries fit,
    `kind` says in words which do.
    """

    tables: ClassVar[tuple[str, ...]]
    kind: ClassVar[str] = "name"
    also: ClassVar[tuple[str, ...]] = ()
    own: ClassVar[bool] = False
    pattern: ClassVar[str | None] = NAME
    _project: Any

    @classmethod
    def fits(cls, entry: Any) -> bool:
        """Whether an entry of the tables may be named."""
        return True

    def link(self, project: Any, entry: object) -> None:
        """Let the name, in an entry of a project, lead to what it names; files are read where that is used."""
        self._project = project

    @property
    def it(self) -> E:
        """The entry of this name. KeyError for a word of `also`."""
        return next((table for table in self._tables(self._project) if self in table), {})[self]

    def _tables(self, holder: Any) -> list[Any]:
        return [getattr(holder, table) for table in self.tables]

    def wrong(self, project: Any, entry: object) -> tuple[str, str] | None:
        """What is wrong with the name in an entry of a project, and the fix; None if it may stand there."""
        tables = self._tables(entry if self.own else project)
        named = [one for table in tables for one in table if self.own or self.fits(table[one])]
        if self in (valid := [*self.also, *named]):
            return None
        is_there = any(self in table for table in tables)
        what = f"'{self}' is no {self.kind}" if is_there else f"unknown {self.kind} '{self}'"
        return what, nearest(self, valid)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.to_string_ser_schema()
        text = core_schema.str_schema(pattern=cls.pattern)
        return core_schema.no_info_after_validator_function(cls, text, serialization=written)


class StepRef(Ref["Recipe"]):
    """A step, written stage.variant, by its recipe."""

    tables, pattern = ("recipes",), None

    @property
    def it(self) -> "Recipe":
        return self._project.recipe(self)

    def wrong(self, project: Any, entry: object) -> tuple[str, str] | None:
        return unknown_step(project.recipes, self)


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


class BackboneRef(Ref["Backbone"]):
    tables = ("backbones",)


class BenchmarkRef(Ref["Benchmark"]):
    tables = ("benchmarks",)


class CorpusRef(Ref["Corpus"]):
    tables = ("corpora",)


class DecodingRef(Ref["Decoding"]):
    tables = ("decodings",)


class EncoderRef(Ref["Encoder"]):
    tables = ("encoders",)


class ExperimentRef(Ref["Experiment"]):
    tables = ("experiments",)


class PreferencesRef(Ref["Preferences"]):
    tables = ("preferences",)


class SourceRef(Ref["Source"]):
    tables = ("sources",)


class TeacherRef(Ref["Teacher"]):
    tables = ("teachers",)


N = TypeVar("N", bound=str)
Names = Annotated[list[N], AfterValidator(check_unique)]
SomeNames = Annotated[Names[N], Field(min_length=1)]


class Mistake(NamedTuple):
    """What is wrong at a place of an entry, or of another file that is named, and the fix."""

    loc: Loc
    what: str
    fix: str
    file: str = ""


def names(value: object, loc: Loc = ()) -> Iterator[tuple[Loc, Ref]]:
    """The place of each name of an entry in a value, and the name."""
    if isinstance(value, Ref):
        yield loc, value
    elif isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from names(getattr(value, key), (*loc, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from names(item, (*loc, position))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from names(key, (*loc, key))
            yield from names(item, (*loc, key))
