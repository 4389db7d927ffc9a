"""Facts that a prompt may show behind its genes: none that gives the name away, and of the rest the most informative.

What is left out depends on the sources of the benchmark's sets, never on the name that is asked for.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.facts.sources.go import Ontology
from reasonome.facts.text import names_in_texts, normalise
from reasonome.facts.wording import FREE_TEXT, NAMING
from reasonome.tasks.naming.questions import Example, Fact
from reasonome.tasks.naming.rows import with_term_of_origin
from reasonome.tasks.naming.settings import PromptFacts

# Running text is too long for a prompt, and the terms that it names are unknown.
NOT_SHOWN = FREE_TEXT | NAMING
_NOTHING = np.array([], dtype=int)


def id_space(identifier: str) -> str:
    """The common prefix of a collection's ids: "GO:" of GO:0006281, "R-HSA-" of R-HSA-73894; "" for other ids."""
    match = re.fullmatch(r"([^\d\s]+)\d+", identifier)
    return match[1] if match else ""


def without_relations(facts: pd.DataFrame, made_of: pd.DataFrame) -> pd.DataFrame:
    """The facts of other sources and relations than those that sets are made of."""
    columns = ["source", "relation"]
    left_out = pd.MultiIndex.from_frame(made_of[columns].drop_duplicates())
    return facts[~pd.MultiIndex.from_frame(facts[columns]).isin(left_out)]


def without_collection(
    facts: pd.DataFrame, made_of: pd.DataFrame, ontologies: Mapping[str, Ontology], examples: Sequence[Example]
) -> pd.DataFrame:
    """The facts that are not about any set of the collection that a benchmark's sets are drawn from.

    The collection has the sets that the facts `made_of` build, whole ontologies, and the rows of all splits. Left out
    are the facts that sets are built from; facts of any source whose object has the id, id space, name or a synonym of
    such a set; and facts whose object contains the name of a row of the benchmark, or its synonym of several words.
    """
    set_ids = set(made_of["object_id"])
    set_names = set(made_of["object_name"])
    for ontology in ontologies.values():
        set_ids |= ontology.terms.keys() | ontology.alt_ids.keys()
        set_names |= {name for term in ontology.terms.values() for name in (term.name, *term.synonyms)}
    for example in examples:
        set_ids |= {example.term or example.id, *filter(None, [example.main_id])}
        set_names |= {example.name, *example.synonyms}
    id_spaces = set(map(id_space, set_ids)) - {""}
    rows = with_term_of_origin(examples, *ontologies.values())
    searched = set().union(*(row.searchable_names for row in rows))

    ids = pd.Series(facts["object_id"].unique())
    collection_ids = ids[ids.isin(set_ids) | ids.map(id_space).isin(id_spaces)]
    names = pd.Series(facts["object_name"].unique())
    holding = np.array([name is not None for name in names_in_texts(names.tolist(), sorted(searched))], dtype=bool)
    naming = names[names.map(normalise).isin(set(map(normalise, set_names))) | holding]
    about = facts["object_id"].isin(set(collection_ids)) | facts["object_name"].isin(set(naming))
    return without_relations(facts[~about], made_of)


class FactIndex:
    """The facts that can be shown of each gene, and how specific each is."""

    def __init__(self, facts: pd.DataFrame, seed: int):
        """Facts that differ only in source, or in case and punctuation of the object, are one. `seed` breaks ties.

        Objects whose only name is an accession are not shown.
        """
        facts = facts[~facts["relation"].isin(NOT_SHOWN)]
        objects = facts[["object_id", "object_name"]].drop_duplicates()
        bare = {name for i, name in objects.itertuples(index=False) if i.endswith(name) and id_space(name)}
        facts = facts.loc[~facts["object_name"].isin(bare), ["gene", "relation", "object_name"]]
        facts = facts.sort_values(["relation", "object_name", "gene"])
        names = pd.Series(facts["object_name"].unique())
        keys = dict(zip(names, names.map(normalise), strict=True))
        facts = facts.assign(key=facts["object_name"].map(keys)).drop_duplicates(["gene", "relation", "key"])
        objects = facts.drop_duplicates(["relation", "key"])
        described = objects[["relation", "object_name"]].itertuples(index=False, name=None)
        self.facts = [Fact(relation=relation, object=name) for relation, name in described]
        numbers = facts.groupby(["relation", "key"], sort=False).ngroup()  # of their places in self.facts
        self._gene_objects = {gene: np.sort(of_gene) for gene, of_gene in numbers.groupby(facts["gene"])}
        carriers = np.bincount(numbers, minlength=len(self.facts))
        self._share = carriers / max(len(self._gene_objects), 1)
        described = (objects["relation"] + "\t" + objects["key"]).to_numpy(dtype=object)
        self._tie = pd.util.hash_array(described, hash_key=f"{seed:016d}"[-16:], categorize=False)

    def most_informative(self, symbols: Sequence[str], most: int) -> list[list[Fact]]:
        """For each gene of a set the facts to show, the most informative first.

        The score of a fact is the number of genes of the set that carry it, times the log of their enrichment over all
        genes (its term in a likelihood-ratio test). For a single gene this is the fact's rarity alone.
        """
        gene_objects = [self._gene_objects.get(symbol, _NOTHING) for symbol in symbols]
        objects = np.concatenate(gene_objects)
        owners = np.repeat(np.arange(len(gene_objects)), [len(of_gene) for of_gene in gene_objects])
        carried, place, sharing = np.unique(objects, return_inverse=True, return_counts=True)
        described = max(1, len(np.unique(owners)))
        informs = (sharing * np.log(sharing / described / self._share[carried]))[place]
        order = np.lexsort((self._tie[objects], -informs, owners))
        shown: list[list[Fact]] = [[] for _ in symbols]
        for owner, number in zip(owners[order].tolist(), objects[order].tolist(), strict=True):
            if len(shown[owner]) < most:
                shown[owner].append(self.facts[number])
        return shown


def with_facts(examples: Sequence[Example], index: FactIndex, style: PromptFacts) -> list[Example]:
    """The examples with the facts that a prompt of the style shows behind each gene."""
    extended = []
    for example in tqdm(examples, "facts of genes", delay=5):
        shown = index.most_informative([gene.symbol for gene in example.genes], style.most)
        genes = [
            gene.model_copy(update={"facts": tuple(facts)}) for gene, facts in zip(example.genes, shown, strict=True)
        ]
        extended.append(example.model_copy(update={"genes": genes}))
    return extended
