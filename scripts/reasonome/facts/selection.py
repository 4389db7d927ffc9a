"""Which facts of a corpus are said, in which order, and which of them models are asked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

import numpy as np
import pandas as pd

from reasonome.core.errors import InputError
from reasonome.facts.text import normalise
from reasonome.facts.wording import FREE_TEXT, JOINT, LABELS, worded_as

Row = TypeVar("Row")
OBJECTS = 20  # that a model chooses from when it is asked a fact
RECALLED = "recalled"  # the metric of such answers, and its key in the history of a training


def without_labels(facts: pd.DataFrame, wanted: Collection[str] = ()) -> pd.DataFrame:
    """The facts without those that say nothing of what a gene does: of LABELS, and objects that are bare accessions.

    An accession is letters and four digits or more that are also the object's id, such as PF00076 for Pfam:PF00076.
    Relations in `wanted` are kept.
    """
    bare = facts["object_name"].str.fullmatch(r"[A-Za-z]{1,6}\d{4,}")
    bare &= facts["object_name"] == facts["object_id"].str.rpartition(":")[2]
    labels = (facts["relation"].isin(LABELS) | bare) & ~facts["relation"].isin(list(wanted))
    return facts[~labels].reset_index(drop=True)


def bits(facts: pd.DataFrame) -> dict[str, float]:
    """Object id → bits that it tells of a gene: the binary logarithm of genes in `facts` over genes of the object."""
    genes = facts.groupby("object_id", observed=True)["gene"].nunique()
    told = np.log2(facts["gene"].nunique() / genes.to_numpy())
    return dict(zip(genes.index, told.tolist(), strict=True))


def select(
    facts: pd.DataFrame,
    genes: Collection[str] | None = None,
    relations: Sequence[str] = (),
    largest_object: int | None = None,
    most: int | None = None,
    at_most: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """The facts that are about `genes` (None: all), have one of `relations` (none named: all), and whose object has at
    most `largest_object` genes in all of `facts`.

    Of each gene at most `most` distinct ones: one of each relation in turn, in the order in which these are named,
    drawn at random; and `at_most` distinct ones in all. The draw is a seeded hash of gene and object, so that other
    facts do not change it. Raises InputError where no fact is left.
    """
    chosen = facts
    if largest_object is not None:
        sizes = facts.groupby("object_id")["gene"].nunique()
        chosen = chosen[chosen["object_id"].map(sizes) <= largest_object]
    if genes is not None:
        chosen = chosen[chosen["gene"].isin(genes)]
    if relations:
        chosen = chosen[chosen["relation"].isin(relations)]
    if most is not None:
        chosen = _in_turn(chosen, list(relations) or sorted(set(chosen["relation"])), most, seed)
    if at_most is not None:
        once = chosen.drop_duplicates(["gene", "relation", "object_id"])
        chosen = once.loc[sorted(_draws(once, seed).nsmallest(at_most).index)]
    if chosen.empty:
        raise InputError("no fact is left to say", field="only", fix="name more relations, or allow larger objects")
    return chosen.reset_index(drop=True)


def _in_turn(facts: pd.DataFrame, relations: list[str], most: int, seed: int) -> pd.DataFrame:
    """At most `most` facts of each gene, each once, in the order of `facts`."""
    once = facts.drop_duplicates(["gene", "relation", "object_id"])
    places = once["relation"].map(relations.index)
    drawn = pd.DataFrame({"gene": once["gene"], "place": places, "draw": _draws(once, seed)})
    drawn = drawn.sort_values(["gene", "place", "draw"])
    drawn["turn"] = drawn.groupby(["gene", "place"]).cumcount()
    first = drawn.sort_values(["gene", "turn", "place"]).groupby("gene").head(most)
    return once.loc[sorted(first.index)]


def _draws(facts: pd.DataFrame, seed: int) -> pd.Series:
    """A number for each fact: a seeded hash of its gene and object."""
    pairs = (facts["gene"] + "\t" + facts["object_id"]).to_numpy(object)
    return pd.Series(pd.util.hash_array(pairs, hash_key=f"{seed:016d}"[-16:]), index=facts.index)


def reading_order(rows: Sequence[Row], weights: Sequence[float], random: Random) -> list[Row]:
    """The rows in random order: of two rows, one of weight 2 comes before one of weight 1 in two thirds of the orders.

    Rows of weight 0 are left out.
    """
    if set(weights) <= {1.0}:
        shuffled = list(rows)
        random.shuffle(shuffled)
        return shuffled
    # Drawing by weight without replacement: the order of exponential waiting times with the weights as rates.
    drawn = [(random.expovariate(weight), row) for row, weight in zip(rows, weights, strict=True) if weight]
    return [row for _, row in sorted(drawn, key=lambda pair: pair[0])]


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


def stated_facts(statements: Iterable[Mapping[str, str]], names: Mapping[tuple[str, str], str]) -> list[StatedFact]:
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
