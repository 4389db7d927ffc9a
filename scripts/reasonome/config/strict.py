"""The base model of settings, which refuses unknown keys, and the types of its fields."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

from reasonome.core.errors import closest, nearest_of_all

NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"
LONGEST_VARIANT = 40
VARIANT_PATTERN = rf"[a-z0-9]{{1,{LONGEST_VARIANT}}}"
VARIANT = rf"^{VARIANT_PATTERN}$"
STYLE = r"^[a-z0-9-]{1,64}$"  # no dots: file names are {benchmark}.{style}
Name = Annotated[str, Field(pattern=NAME)]
EnvironmentVariable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Variant = Annotated[str, Field(pattern=VARIANT)]
# torch takes seeds of 64 bits.
Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]
# auto: the one of the two that this machine computes faster in.
Precision = Literal["auto", "bf16", "fp32"]
Sha256 = Annotated[str, Field(pattern=r"^([0-9a-f]{64}|unpinned)$")]


def looked_up(path: str, info: ValidationInfo) -> str:
    """`path`; where the whole configuration is read, its reader raises WrongValue if nothing is there."""
    return info.context(path) if info.context else path


# A file of the user's own may lie anywhere.
UserPath = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/+][A-Za-z0-9._/+-]*$"), AfterValidator(looked_up)]


class WrongValue(ValueError):
    """A mistake in a value; `fix` says what to write instead.

    `keys` are those below the place of the error whose values do not go together, such as `rows.take`.
    """

    def __init__(self, what: str, fix: str, keys: Sequence[str] = ()):
        self.fix, self.keys = fix, keys
        super().__init__(what)


def check_relative(path: str) -> str:
    """`path`; ValueError if it is absolute, leads out of its folder, or looks like an option."""
    if path.startswith(("/", "-")) or ".." in path.split("/"):
        raise ValueError(f"'{path}' must be a relative path without '..' or a leading '-'")
    return path


def check_inside_project(path: str) -> str:
    """`path`; WrongValue if it is none below the project's folder."""
    try:
        return check_relative(path)
    except ValueError as error:
        fix = "copy or link the file into the project's folder, and give its path from there"
        raise WrongValue(str(error), fix) from None


def check_unique(values: list) -> list:
    """`values`; ValueError if one is given twice."""
    for position, value in enumerate(values):
        if value in values[:position]:
            raise ValueError(f"'{value}' is given twice")
    return values


# Paths are used in shell commands and names of results, so without characters that need quotes.
_PLAIN_PATH = r"^[A-Za-z0-9._/+-]+$"
RelativePath = Annotated[str, Field(pattern=_PLAIN_PATH), AfterValidator(check_relative)]


def _path_of_the_project(path: str, info: ValidationInfo) -> str:
    """The path at which a file was found; as it stands where it is read again, as in recipe.json."""
    return looked_up(check_inside_project(path), info) if info.context else path


def _file_of_the_project(value: str, info: ValidationInfo) -> str:
    path, _, name = value.rpartition(":")
    return f"{_path_of_the_project(path, info)}:{name}"


ProjectPath = Annotated[str, Field(pattern=_PLAIN_PATH), AfterValidator(_path_of_the_project)]


# Something in a Python file of the project: path/to/file.py:name
FILE_AND_NAME = r"^[A-Za-z0-9._/+-]+\.py:[A-Za-z_][A-Za-z0-9_]*$"
FileAndName = Annotated[str, Field(pattern=FILE_AND_NAME), AfterValidator(_file_of_the_project)]


class Strict(BaseModel):
    """A model that refuses unknown keys, naming the valid ones, and true or false in place of a number.

    Keys in `newer`, which came after the first results were made, are not written where they have their default: what
    depends on the settings need not be made again for them.
    """

    newer: ClassVar[tuple[str, ...]] = ()

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _name_wrong_keys(cls, value: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        """All mistakes at once: unknown keys beside those that pydantic finds in the others."""
        if not isinstance(value, Mapping) or not (wrong := [*cls._wrong_keys(value)]):
            return validate(value)
        named, others = {key for key, _ in wrong}, []
        # The key that was meant is not missing too.
        meant = named | {closest(str(key), sorted(cls.model_fields)) for key in named}
        try:
            validate({key: setting for key, setting in value.items() if key not in named})
        except ValidationError as error:
            lines = error.errors(include_url=False)
            others = [_again(line) for line in lines if line["type"] != "missing" or line["loc"][0] not in meant]
        lines = [InitErrorDetails(type=mistake, loc=(), input=value) for _, mistake in wrong]
        raise ValidationError.from_exception_data(cls.__name__, [*lines, *others])

    @classmethod
    def _wrong_keys(cls, value: Mapping[str, Any]) -> Iterator[tuple[str, PydanticCustomError]]:
        """Keys that are unknown, or whose values are true or false in place of a number, which pydantic would take."""
        for key, setting in value.items():
            values = setting if isinstance(setting, list) else [setting]
            if key not in cls.model_fields:
                told = {"key": key, "nearest": nearest_of_all(str(key), sorted(cls.model_fields))}
                yield key, PydanticCustomError("key", "unknown key '{key}': {nearest}", told)
            elif any(isinstance(item, bool) for item in values) and not _may_be_true(cls.model_fields[key].annotation):
                what = "neither true nor false belongs here; YAML reads yes, no, on and off as these"
                yield key, PydanticCustomError("truth", what, {"key": key})

    @model_serializer(mode="wrap")
    def _as_written(self, values: SerializerFunctionWrapHandler) -> dict[str, Any]:
        unwritten = self._unwritten()
        return {key: value for key, value in values(self).items() if key not in unwritten}

    def _unwritten(self) -> set[str]:
        """Keys that are not written."""
        return {key for key in self.newer if getattr(self, key) == type(self).model_fields[key].default}


def _again(line: ErrorDetails) -> InitErrorDetails:
    """A line of an error, for another error."""
    kind, context = line["type"], line.get("ctx", {})
    if kind not in get_args(ErrorType):  # a PydanticCustomError
        told = {**context, "message": line["msg"]}
        kind = PydanticCustomError(kind, "{message}", told)  # pyright: ignore[reportArgumentType]  # any text will do
    return InitErrorDetails(type=kind, loc=line["loc"], input=line["input"], ctx=context)


def _may_be_true(kind: Any) -> bool:
    """Whether bool stands anywhere in a type."""
    return kind in (bool, Any) or any(map(_may_be_true, get_args(kind)))
