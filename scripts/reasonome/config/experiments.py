"""experiments/{name}.yaml: which arms are trained, asked and compared, and which arm continues which."""

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from itertools import product
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, JsonValue, field_validator, model_validator

from reasonome.config.reference import BackboneRef, BenchmarkRef, DecodingRef, Names, Ref, SomeNames, StepRef
from reasonome.config.strict import LONGEST_VARIANT, Name, Seed, Strict, WrongValue, check_unique


class OwnArm(Ref["Arm"]):
    tables, kind, own, pattern = ("arms",), "arm", True, None

    def link(self, project: Any, entry: object) -> None:
        super().link(entry, entry)


class OwnBackbone(BackboneRef):
    own = True


class OwnBenchmark(BenchmarkRef):
    kind, own = "benchmark of the experiment", True


class OwnDecoding(DecodingRef):
    kind, own = "decoding of the experiment", True


Pair = Annotated[Names[OwnArm], Field(min_length=2, max_length=2)]


class Arm(Strict):
    """One way to train a model: its steps in order, how often, and the prompt styles it is asked in."""

    steps: list[StepRef]
    styles: SomeNames[Name] | None = Field(
        None, description="the experiment's if not given; benchmarks whose task has none of them are not asked"
    )

    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(check_unique)] | None = Field(
        None, description="of the last step; the experiment's if not given"
    )
    sweep: dict[str, Annotated[list[JsonValue], Field(min_length=1)]] = Field(
        {},
        description="key of the last step's recipe, such as rewards.short, → its values: an arm for each, or for each "
        "combination of those of several keys",
    )

    @model_validator(mode="after")
    def _has_a_step_to_change(self) -> Self:
        if self.sweep and not self.steps:
            raise ValueError("'sweep' changes the recipe of the last step, and this arm has no step")
        return self

    @model_validator(mode="before")
    @classmethod
    def _bare_steps(cls, value: Any) -> Any:
        """`KW: [pretrain.mine]` is short for `KW: {steps: [pretrain.mine]}`."""
        if isinstance(value, str):
            raise ValueError(f"steps are a list: write [{value}]")
        return {"steps": value} if isinstance(value, list) else value


class SweptArm(Arm):
    """An arm of a sweep: the last of its steps is `changed` with the changes, by key."""

    of: str
    changed: StepRef
    changes: dict[str, JsonValue]


def arms_of(name: str, arm: Arm) -> dict[str, Arm]:
    """The arms that an arm makes, by name: itself without a sweep. WrongValue for a variant whose name is too long."""
    if not arm.sweep:
        return {name: arm}
    arms: dict[str, Arm] = {}
    for values in product(*arm.sweep.values()):
        changes = dict(zip(arm.sweep, values, strict=True))
        words = {key.rpartition(".")[2]: _plain(value) for key, value in changes.items()}
        tag = "".join(_letters(f"{_initials(key)}{value}") for key, value in words.items())
        if len(variant := f"{arm.steps[-1].partition('.')[2]}{tag}") > LONGEST_VARIANT:
            what = f"the recipe of an arm of this sweep would be called {variant}"
            raise WrongValue(what, f"give the recipe a shorter name: {LONGEST_VARIANT} letters and digits at most")
        steps = [*arm.steps[:-1], f"{arm.steps[-1].partition('.')[0]}.{variant}"]
        own = f"{name} {' '.join(f'{key}={value}' for key, value in words.items())}"
        if own in arms or len(words) < len(changes):
            raise ValueError(f"two arms of this sweep would be called '{own}': let keys and values differ")
        given = {"steps": steps, "styles": arm.styles, "seeds": arm.seeds}
        arms[own] = SweptArm(of=name, changed=arm.steps[-1], changes=changes, **given)
    return arms


def _plain(value: JsonValue) -> str:
    return f"{value:g}".replace("e-0", "e-") if isinstance(value, float) else str(value)


def _initials(key: str) -> str:
    """The key, of several words their first letters."""
    words = key.split("_")
    return "".join(word[:1] for word in words) if len(words) > 1 else key


def _letters(text: str) -> str:
    """The text in small letters and digits, with p for the point and m for the minus of a number."""
    return re.sub(r"[^a-z0-9]", "", text.lower().replace(".", "p").replace("-", "m"))


class Forgetting(Strict):
    """Training questions that every model of an experiment is asked after every stage, always the same."""

    questions: Annotated[int, Field(ge=1)] = Field(description="of each benchmark that is trained on, drawn at random")
    decoding: DecodingRef = Field(description="of decodings.yaml, in which the questions are asked")


class Hypothesis(Strict):
    """That the first of two arms is better, by one metric in one setting."""

    newer = ("as_sure",)
    better: Pair = Field(description="the arm that is better, and the other one")
    benchmark: OwnBenchmark
    subset: str | None = Field(None, description="of the benchmark; the mean over its subsets if not given")
    metric: str
    decoding: OwnDecoding
    backbone: OwnBackbone | None = Field(None, description="needed where there are several")
    style: Name | None = Field(None, description="needed where both arms are asked in several")
    as_sure: bool = Field(
        False,
        description="the other arm, the parent of the first, answers in the one of `matched` in which it is as sure",
    )


class Experiment(Strict):
    """Backbones × arms × seeds × benchmarks × styles × decodings."""

    description: str = ""
    backbones: SomeNames[BackboneRef] = Field(description="names of backbones.yaml")
    arms: Annotated[dict[Annotated[str, Field(min_length=1)], Arm], Field(min_length=1, description="name -> steps")]
    no_controls: Names[OwnArm] = Field(
        default=[], description="arms that cannot answer in the form that is asked for: no hypothesis is about them"
    )
    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(check_unique)] = [0]
    untrained: Names[OwnBackbone] = Field(
        default=[], description="backbones that are asked in the arms without steps alone"
    )
    benchmarks: SomeNames[BenchmarkRef] = Field(description="names of benchmarks.yaml")
    out_of_distribution: Names[OwnBenchmark] = Field(
        default=[], description="those of the benchmarks whose sets are of another kind than what is trained on"
    )
    styles: SomeNames[Name] = Field(description="prompt styles, as in prompts/TASK.STYLE.txt")
    decodings: SomeNames[DecodingRef] = Field(description="names of decodings.yaml")
    matched: Names[DecodingRef] = Field(
        [],
        description="decodings as a sampled one of `decodings` but for their temperatures: parents of arms that "
        "rollouts trained answer in them too, and are compared with these arms in the one in which they are as sure",
    )
    hypotheses: Annotated[list[Hypothesis], Field(max_length=3)] = Field(
        [], description="what the experiment tests; all else is secondary, and without any it is exploratory"
    )
    seeds_of: Literal["last step", "chain"] = Field(
        "last step", description="chain: a seed is a chain with earlier steps of its own; else these keep seed 0"
    )
    primary: str | None = Field(None, description="the metric that leads; the one of the task if not given")
    recall: Annotated[int, Field(ge=0)] = Field(
        100,
        description="facts of each corpus that is trained on, those that a warm-up of seed 0 reads first, that every "
        "model is asked after every stage; 0: none",
    )
    forgetting: Forgetting | None = Field(None, description="not measured if not given")

    @field_validator("arms")
    @classmethod
    def _with_sweeps(cls, arms: dict[str, Arm]) -> dict[str, Arm]:
        made = [one for name, arm in arms.items() for one in arms_of(name, arm).items()]
        if twice := next((name for name, count in Counter(name for name, _ in made).items() if count > 1), None):
            raise ValueError(f"two arms would be called '{twice}'")
        return dict(made)

    @property
    def swept(self) -> dict[str, SweptArm]:
        """The arms that sweeps made, by name."""
        return {name: arm for name, arm in self.arms.items() if isinstance(arm, SweptArm)}

    @property
    def asked_styles(self) -> list[str]:
        """Every style that an arm is asked in, each once."""
        return list(dict.fromkeys(style for arm in self.arms.values() for style in self.styles_of(arm)))

    def styles_of(self, arm: Arm) -> list[str]:
        """The styles that an arm is asked in: its own, else those of the experiment."""
        return arm.styles or self.styles

    def styles_in_common(self, arms: Sequence[str]) -> list[str]:
        """The styles in which all of these arms are asked."""
        first, *others = ([*self.styles_of(self.arms[arm])] for arm in arms)
        return [style for style in first if all(style in styles for styles in others)]

    def asked_in(self, style: str) -> list[str]:
        """The arms that are asked in a style."""
        return [name for name, arm in self.arms.items() if style in self.styles_of(arm)]

    def arm_seeds(self, arm: Arm) -> list[int]:
        """The seeds of an arm: its own, else those of the experiment; 0 for an arm without steps."""
        return (arm.seeds or self.seeds) if arm.steps else [0]

    @property
    def placed_steps(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Every step of every arm, as stage.variant, behind the path of keys to it."""
        return [
            (("arms", name, "steps", position), step)
            for name, arm in self.arms.items()
            for position, step in enumerate(arm.steps)
        ]

    @property
    def steps(self) -> list[str]:
        """Every step of an arm, as stage.variant, each once."""
        return list(dict.fromkeys(step for _, step in self.placed_steps))


def parent_arm(arm: str, steps: Mapping[str, Sequence[str]], asked: Container[str] = ()) -> str | None:
    """The arm whose steps are the longest proper prefix of this arm's, if any; `steps` is by arm.

    Of several with these steps, such as one for each style, it is one of those `asked`, if one is.
    """
    own = steps[arm]
    begun = [other for other, few in steps.items() if len(few) < len(own) and own[: len(few)] == few]
    return max(begun, key=lambda other: (len(steps[other]), other in asked), default=None)


def arms_without_a_step(arm: str, steps: Mapping[str, Sequence[str]]) -> list[str]:
    """The arms that have all steps of this arm except one before the last; `steps` is by arm."""
    own = steps[arm]
    shorter = [[*own[:place], *own[place + 1 :]] for place in range(len(own) - 1)]
    return [other for other, few in steps.items() if list(few) in shorter]
