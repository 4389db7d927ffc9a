"""Which facts of a corpus are said: of some genes, some relations, objects of few genes, and so many for each gene."""

from collections.abc import Collection, Sequence

import pandas as pd

from reasonome.core.errors import InputError


def select(
    facts: pd.DataFrame,
    genes: Collection[str] | None = None,
    relations: Sequence[str] = (),
    largest_object: int | None = None,
    most: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """The facts that are about `genes` (None: all), have one of `relations` (none named: all), and whose object has at
    most `largest_object` genes in all of `facts`.

    Of each gene at most `most` distinct ones: one of each relation in turn, in the order in which these are named,
    drawn at random. The draw is a seeded hash of gene and object, so that other facts do not change it. Raises
    InputError where no fact is left.
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
    if chosen.empty:
        raise InputError("no fact is left to say", field="only", fix="name more relations, or allow larger objects")
    return chosen.reset_index(drop=True)


def _in_turn(facts: pd.DataFrame, relations: list[str], most: int, seed: int) -> pd.DataFrame:
    """At most `most` facts of each gene, each once, in the order of `facts`."""
    once = facts.drop_duplicates(["gene", "relation", "object_id"])
    draw = pd.util.hash_array((once["gene"] + "\t" + once["object_id"]).to_numpy(object), hash_key=f"{seed:016d}"[-16:])
    drawn = pd.DataFrame({"gene": once["gene"], "place": once["relation"].map(relations.index), "draw": draw})
    drawn = drawn.sort_values(["gene", "place", "draw"])
    drawn["turn"] = drawn.groupby(["gene", "place"]).cumcount()
    first = drawn.sort_values(["gene", "turn", "place"]).groupby("gene").head(most)
    return once.loc[sorted(first.index)]
