"""A model's own answers that rewards compare, and the settings of rewards."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from reasonome.config.reference import DecodingRef, EncoderRef, Names
from reasonome.config.strict import FileAndName, Sha256, Strict, WrongValue

# Of a reward or a metric: it is part of a column of scores.
OwnName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
LongestList = Annotated[int, Field(ge=1)]


def in_words(rewards: Mapping[str, float]) -> str:
    """The rewards that count, with their weights."""
    return ", ".join(f"{weight:g} × {name}" for name, weight in rewards.items() if weight)


class OwnFunction(Strict):
    """A function of your own in a Python file, called with one answer at a time (docs/your-own.md)."""

    function: FileAndName = Field(description="path/to/file.py:function, in the project")
    low: float = Field(0.0, description="the least that it gives, and what an unusable answer earns")
    high: float = Field(1.0, description="the most that it gives")
    seconds: Annotated[float, Field(gt=0)] = Field(5.0, description="that one call may take")
    sha256: Sha256 = Field("unpinned", description="of the file's code; filled in when the configuration is read")

    @property
    def path(self) -> str:
        """The file that it is in."""
        return self.function.rpartition(":")[0]

    def pinned(self) -> Self:
        """The same with the digest of the file's code."""
        from reasonome.core.code_digest import source_sha256

        return self.model_copy(update={"sha256": source_sha256(self.path)}) if self.sha256 == "unpinned" else self

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> Self:
        if self.low >= self.high:
            raise ValueError("'low' should be below 'high'")
        return self


def _at_length(value: Any) -> Any:
    return {"function": value} if isinstance(value, str) else value


# One of which the function may be all that is said.
ShortFunction = Annotated[OwnFunction, BeforeValidator(_at_length, json_schema_input_type=FileAndName | OwnFunction)]


class Grading(Strict):
    """Parameters of the rewards of rankings."""

    k: Annotated[int, Field(ge=2)] = Field(default=10, description="rank from which a decaying reward is zero")
    ratio: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.5, description="of a rank's geometric reward to that before"
    )
    words: Annotated[int, Field(ge=1)] = Field(
        default=200, description="of reasoning, up to which brevity is rewarded whole"
    )
    longest_list: LongestList = Field(
        default=25, description="genes of a list that count: as many as the benchmark counts"
    )


class RewardedSamples(Strict):
    """A model's own answers to training questions, which rewards compare."""

    decoding: DecodingRef = Field(description="of decodings.yaml")
    rewards: dict[str, Annotated[float, Field(ge=0)]]
    grading: Grading = Field(Grading(), description="of rewards of rankings")
    encoders: Names[EncoderRef] = Field([], description="of a similarity reward; their mean is taken")

    @model_validator(mode="after")
    def _something_is_compared(self) -> Self:
        if not any(self.rewards.values()):
            raise WrongValue("every reward has weight 0: no sample is better than another", "give one a weight above 0")
        if "similarity" in self.rewards and not self.encoders:
            raise WrongValue("the similarity reward needs at least one encoder", "name it: encoders: [minilm]")
        return self

    @property
    def rewarded_encoders(self) -> Sequence[str]:
        """The encoders by whose similarity the better sample is chosen."""
        return self.encoders if self.rewards.get("similarity") else []
