"""Training questions that a prompt shows with their answers: the same few in every question."""

from collections.abc import Sequence
from random import Random

import numpy as np

from reasonome.core.errors import InputError
from reasonome.task import Splits
from reasonome.tasks.naming.dialogue import Example, Shot
from reasonome.tasks.naming.prompt_neighbours import in_order
from reasonome.tasks.naming.settings import NamingStyle


def with_examples(splits: Splits, style: NamingStyle) -> Splits:
    """The splits with the style's examples, drawn at random from training questions that show terms.

    They are of sets of like size, those between the quartiles, of which the family is withheld as in the first test. A
    training question that is an example is not shown itself. InputError without enough of them.
    """
    drawn = _drawn(splits["train"], style)
    shots = {example.id: Shot(name=example.name, enriched=example.enriched) for example in drawn}
    return {
        part: [
            row.model_copy(update={"shots": [shot for id, shot in shots.items() if part != "train" or id != row.id]})
            for row in rows
        ]
        for part, rows in splits.items()
    }


def _drawn(training: Sequence[Example], style: NamingStyle) -> list[Example]:
    usable = [row for row in in_order(training) if row.withheld == "family" and row.enriched]
    sizes = [len(row.genes) for row in usable]
    low, high = np.quantile(sizes, [0.25, 0.75]) if usable else (0, 0)
    alike = [row for row, size in zip(usable, sizes, strict=True) if low <= size <= high]
    if len(alike) <= style.examples.most:
        what = f"the style shows {style.examples.most} examples, and only {len(alike)} training sets are fit for them"
        fix = "give the benchmark more training sets, or show fewer examples"
        raise InputError(what, field="examples.most", fix=fix)
    return Random(f"{style.seed}:examples").sample(alike, style.examples.most)
