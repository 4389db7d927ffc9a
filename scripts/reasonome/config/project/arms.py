"""Arms by their steps, which are stage.variant without seeds: which arm continues which."""

from collections.abc import Mapping, Sequence


def parent_arm(arm: str, steps: Mapping[str, Sequence[str]]) -> str | None:
    """The arm whose steps are the longest proper prefix of this arm's, if any; `steps` is by arm."""
    own = steps[arm]
    begun = [other for other, few in steps.items() if len(few) < len(own) and own[: len(few)] == few]
    return max(begun, key=lambda other: len(steps[other]), default=None)


def arms_without_a_step(arm: str, steps: Mapping[str, Sequence[str]]) -> list[str]:
    """The arms that have all steps of this arm except one before the last; `steps` is by arm."""
    own = steps[arm]
    shorter = [[*own[:place], *own[place + 1 :]] for place in range(len(own) - 1)]
    return [other for other, few in steps.items() if list(few) in shorter]


def parents_first(steps: Mapping[str, Sequence[str]]) -> list[str]:
    """The arms in their order, each behind the arm that it continues; `steps` is by arm."""
    ordered: dict[str, None] = {}

    def place(arm: str) -> None:
        if (parent := parent_arm(arm, steps)) is not None:
            place(parent)
        ordered[arm] = None

    for arm in steps:
        place(arm)
    return list(ordered)
