"""Strata of gene sets by how well their genes are studied: the number of facts about them."""

from collections.abc import Iterable, Mapping
from statistics import median
from typing import NamedTuple

import numpy as np
import pandas as pd

from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.benchmarks.rows import STRATA
from reasonome.facts.wording import NAMING


class Strata(NamedTuple):
    """Bounds of the middle stratum (facts per gene), and the stratum of each set by (subset, id)."""

    low: float
    high: float
    by_set: dict[tuple[str, str], str]


def depths(facts: pd.DataFrame) -> dict[str, int]:
    """Gene → its annotation depth: the number of distinct facts of all sources, without names and places."""
    annotations = facts.loc[~facts["relation"].isin(NAMING), ["gene", "relation", "object_id"]].drop_duplicates()
    return annotations["gene"].value_counts().to_dict()


def strata(sets: Iterable[GeneSet], depth: Mapping[str, int]) -> Strata:
    """Strata of sets by the median depth of their genes; a gene without facts has depth 0.

    The bounds are the terciles of those medians: below the lower one a set is understudied, above the upper one
    well-studied, on or between them intermediate.
    """
    medians = {
        (gene_set.subset, gene_set.id): median(depth.get(gene, 0) for gene in gene_set.symbols) for gene_set in sets
    }
    low, high = np.quantile(list(medians.values()), [1 / 3, 2 / 3]).tolist()
    names = {key: STRATA[(value >= low) + (value > high)] for key, value in medians.items()}
    return Strata(low, high, names)
