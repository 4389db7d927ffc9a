"""preferences.yaml: which of two answers to a training question is the better one."""

from itertools import combinations
from typing import Annotated, Literal

from pydantic import Discriminator, Field, model_validator

from reasonome.config.reference import DecodingRef, TeacherRef
from reasonome.config.rewarded_samples import RewardedSamples
from reasonome.config.strict import Seed, Strict, UserPath, WrongValue

Share = Annotated[float, Field(ge=0, le=1)]
# The four answers to a question, the best first (Gene-R1), and the pairs of them.
TIERS = ("right with reasoning", "right without", "wrong with reasoning", "wrong without")
KINDS = tuple(f"{better} over {worse}" for better, worse in combinations(TIERS, 2))


class _Preferences(Strict):
    """What all kinds of preferences have."""

    held_out: Annotated[int, Field(ge=0)] = Field(
        0, description="training questions whose pairs are not trained on, and by which a reward model is judged"
    )
    seed: Seed = 0


class TierPreferences(_Preferences):
    """Four answers to a question: right or wrong, with or without reasoning; six pairs."""

    kind: Literal["tiers"]
    teacher: TeacherRef = Field(description="a name of teachers.yaml, whose reasoning the answers have")
    shares: dict[Literal[KINDS], Share] = Field(  # pyright: ignore[reportInvalidTypeForm]  # as in sources.py
        {}, description="kind of pair → the share of training questions that give one, drawn at random; 1 if not named"
    )

    @model_validator(mode="after")
    def _some_kind_is_learned(self) -> "TierPreferences":
        if not any(self.shares.get(kind, 1) for kind in KINDS):
            fix = "give one a share above 0, or leave it out, which means 1"
            raise WrongValue("every kind of pair has share 0: there is nothing to learn from", fix)
        return self


class SamplePreferences(_Preferences, RewardedSamples):
    """The best and the worst of the parent's own samples for a question, by rewards."""

    kind: Literal["samples"]
    decoding: DecodingRef = Field(description="of decodings.yaml, with two samples at least")
    questions: Annotated[int, Field(ge=1)] | None = Field(
        None, description="of the train split, at most, drawn at random; all if not given"
    )
    margin: Annotated[float, Field(gt=0)] = Field(description="by which the better answer earns more, at least")


class TablePreferences(_Preferences):
    """A table of your own: columns id (of a training question), chosen and rejected."""

    kind: Literal["table"]
    path: UserPath


Preferences = Annotated[TierPreferences | SamplePreferences | TablePreferences, Discriminator("kind")]
