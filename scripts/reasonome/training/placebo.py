"""The placebo of GRPO: every question is rewarded by the right answer of another one."""

from typing import Any

from reasonome.core.errors import InputError
from reasonome.scoring.answers import shuffled
from reasonome.task import Task


def shuffled_gold(task: Task, examples: list[Any], seed: int) -> list[Any]:
    """The questions of a benchmark, in their order, each with the right answer of another one of its subset.

    Each answer is used once, so that a constant answer earns what it did. InputError for the only one of a subset.
    """
    subsets = [example.subset for example in examples]
    if single := [subset for subset in dict.fromkeys(subsets) if subsets.count(subset) == 1]:
        what = f"subset '{single[0]}' has one training question: it can get no other's right answer"
        raise InputError(
            what, field="gold", fix="take more questions (`rows`), or leave the subset out of the benchmark"
        )
    others = shuffled(examples, subsets, seed)
    return [task.with_gold_of(example, other) for example, other in zip(examples, others, strict=True)]
