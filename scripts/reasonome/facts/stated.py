"""The facts that a corpus' statements say, each once, with the name of its object: what models are asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reasonome.facts.text import normalise
from reasonome.facts.wording import FREE_TEXT, JOINT, worded_as

OBJECTS = 20  # that a model chooses from when it is asked a fact
RECALLED = "recalled"  # the metric of such answers, and its key in the history of a training


@dataclass(frozen=True)
class StatedFact:
    """A fact about one gene, as statements say it: `relation` is the one whose wordings they use, `object` its name.

    `key` tells it apart: gene, relation and object_id as the rows of statements have them.
    """

    gene: str
    relation: str
    object: str
    key: tuple[str, str, str]


def object_names(facts: pd.DataFrame) -> dict[tuple[str, str], str]:
    """(relation whose wordings are used, object id) → name, without running text and ids that go by several names."""
    rows = facts.loc[~facts["relation"].isin(FREE_TEXT), ["relation", "object_id", "object_name"]].drop_duplicates()
    rows = rows.assign(relation=rows["relation"].map(worded_as), name=rows["object_name"].map(normalise))
    rows = rows.drop_duplicates(["relation", "object_id", "name"])
    rows = rows[~rows.duplicated(["relation", "object_id"], keep=False)]
    return dict(zip(zip(rows["relation"], rows["object_id"], strict=True), rows["object_name"], strict=True))


def stated_facts(statements: Iterable[Mapping[str, Any]], names: Mapping[tuple[str, str], str]) -> list[StatedFact]:
    """The facts that rows of statements about one gene say, in the order in which they are first said.

    `names` is of `object_names`; facts whose object it lacks are left out.
    """
    found: dict[tuple[str, str, str], StatedFact] = {}
    for row in statements:
        key = (row["gene"], row["relation"], row["object_id"])
        relation = worded_as(row["relation"])
        name = names.get((relation, row["object_id"].partition(JOINT)[0]))
        if key not in found and name is not None and JOINT not in row["gene"]:
            found[key] = StatedFact(row["gene"], relation, name, key)
    return list(found.values())
