"""What every section of the config is made of: models that refuse unknown keys, and the types of their fields."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from reasonome.errors import nearest

NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"
VARIANT = r"^[a-z0-9]{1,24}$"
STYLE = r"^[a-z0-9-]{1,64}$"  # no dots: file names are {benchmark}.{style}
Name = Annotated[str, Field(pattern=NAME)]
EnvironmentVariable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Variant = Annotated[str, Field(pattern=VARIANT)]
# Those of batches follow it one by one, and torch takes seeds of 64 bits.
Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]
# auto: bf16 where the machine has instructions for it, else fp32.
Precision = Literal["auto", "bf16", "fp32"]
Sha256 = Annotated[str, Field(pattern=r"^([0-9a-f]{64}|unpinned)$")]


def stays_inside(path: str) -> str:
    """`path`; ValueError for one that is absolute, leads out of the project, or reads like an option."""
    if path.startswith(("/", "-")) or ".." in path.split("/"):
        raise ValueError(f"'{path}' must be a relative path without '..' or a leading '-'")
    return path


def no_twins(values: list) -> list:
    """`values`; ValueError for one that is given twice."""
    for position, value in enumerate(values):
        if value in values[:position]:
            raise ValueError(f"'{value}' is given twice")
    return values


# Paths stand in shell commands and in the names of results, so nothing that either would have to quote.
RelativePath = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/+-]+$"), AfterValidator(stays_inside)]
# A file of the user's own may lie anywhere.
UserPath = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/+][A-Za-z0-9._/+-]*$")]
Names = Annotated[list[Name], AfterValidator(no_twins)]
SomeNames = Annotated[Names, Field(min_length=1)]


class Strict(BaseModel):
    """A model in which an unknown key is an error that names the nearest valid one."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _name_unknown_keys(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            for key in value:
                if key not in cls.model_fields:
                    raise ValueError(f"unknown key '{key}': {nearest(str(key), cls.model_fields)}")
        return value
