"""Facts that a prompt may show behind its genes: none that tells the name, and of the rest the most informative.

What is left out follows from where the benchmark's sets come from, never from the name that is asked for.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.benchmarks.gene_sets import GeneSet, with_terms
from reasonome.facts.mentions import names_in_texts
from reasonome.facts.sources.go import Ontology
from reasonome.facts.text import normalise
from reasonome.facts.wording import FREE_TEXT, NAMING
from reasonome.tasks.naming.settings import PromptFacts
from reasonome.tasks.naming.task import Example, Fact

# Running text is too long for a prompt, and what it names cannot be told from it.
NOT_SHOWN = FREE_TEXT | NAMING


@dataclass(frozen=True)
class Collection:
    """All the sets that a benchmark's are drawn from, answers or not: what tells that a fact is about one of them.

    `relations` are (source, relation) of the facts that the sets are made of; `id_spaces` what their ids begin with,
    such as "GO:"; `names` are normalised and include synonyms. `asked` are the names of the benchmark's own rows
    that are looked for among other words.
    """

    relations: frozenset[tuple[str, str]]
    ids: frozenset[str]
    id_spaces: frozenset[str]
    names: frozenset[str]
    asked: frozenset[str]


def collection(set_facts: pd.DataFrame, ontologies: Mapping[str, Ontology], examples: Iterable[Example]) -> Collection:
    """The collection of a benchmark: facts that its sets are made of, whole ontologies, and the rows of all splits."""
    ids = set(set_facts["object_id"])
    names = set(set_facts["object_name"])
    for ontology in ontologies.values():
        ids |= ontology.terms.keys() | ontology.alt_ids.keys()
        names |= {name for term in ontology.terms.values() for name in (term.name, *term.synonyms)}
    rows = []
    for example in examples:
        ids |= {example.term or example.id, *filter(None, [example.main_id])}
        rows.append(
            GeneSet(
                example.main_id or example.term or example.id,
                example.subset,
                example.name,
                frozenset(gene.symbol for gene in example.genes),
                frozenset(example.synonyms),
            )
        )
        names |= {example.name, *example.synonyms}
    rows = with_terms(rows, *ontologies.values())
    relations = set_facts[["source", "relation"]].drop_duplicates()
    return Collection(
        frozenset(relations.itertuples(index=False, name=None)),
        frozenset(ids),
        frozenset(filter(None, map(id_space, ids))),
        frozenset(normalise(name) for name in names),
        frozenset().union(*(row.searchable_names for row in rows)),
    )


def id_space(identifier: str) -> str:
    """What all ids of one collection begin with: "GO:" of GO:0006281, "R-HSA-" of R-HSA-73894; "" where none shows."""
    match = re.fullmatch(r"([^\d\s]+)\d+", identifier)
    return match[1] if match else ""


def without_relations(facts: pd.DataFrame, relations: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """The facts of other (source, relation) than these, as those are that sets are made of."""
    left_out = pd.MultiIndex.from_tuples(relations, names=["source", "relation"])
    return facts[~pd.MultiIndex.from_frame(facts[["source", "relation"]]).isin(left_out)]


def without_collection(facts: pd.DataFrame, left_out: Collection) -> pd.DataFrame:
    """The facts that are about none of the collection's sets.

    Left out are the facts that sets are made of, and in any source those whose object has an id of the collection
    or of its id space, or the name of one of its sets; and those whose object has among its words the name of any
    row of the benchmark, or a synonym of it of several words, so that no prompt says its own.
    """
    ids = pd.Series(facts["object_id"].unique())
    of_collection = ids[ids.isin(left_out.ids) | ids.map(id_space).isin(left_out.id_spaces)]
    names = pd.Series(facts["object_name"].unique())
    holding = np.array([name is not None for name in names_in_texts(names, sorted(left_out.asked))], dtype=bool)
    naming = names[names.map(normalise).isin(left_out.names) | holding]
    about = facts["object_id"].isin(set(of_collection)) | facts["object_name"].isin(set(naming))
    return without_relations(facts[~about], left_out.relations)


class FactIndex:
    """The facts that can be shown of each gene, and how specific each is."""

    def __init__(self, facts: pd.DataFrame, seed: int):
        """Facts that differ in source, or in the case and punctuation of the object, are one. `seed` settles ties.

        Objects whose only name is an accession, as of Pfam in Bioconductor, are not shown.
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
        self.facts = [Fact(relation=row.relation, object=row.object_name) for row in objects.itertuples()]
        columns = pd.MultiIndex.from_frame(objects[["relation", "key"]])
        facts = facts.assign(object=columns.get_indexer(pd.MultiIndex.from_frame(facts[["relation", "key"]])))
        facts = facts.sort_values(["gene", "object"], kind="stable")
        self._objects = facts["object"].to_numpy(dtype=int)
        genes, starts = np.unique(facts["gene"].to_numpy(dtype=object), return_index=True)
        self._span = dict(zip(genes, zip(starts, [*starts[1:], len(facts)], strict=True), strict=True))
        carriers = np.bincount(self._objects, minlength=len(self.facts))
        self._share = carriers / max(len(genes), 1)
        described = (objects["relation"] + "\t" + objects["key"]).to_numpy(dtype=object)
        self._tie = pd.util.hash_array(described, hash_key=f"{seed:016d}"[-16:], categorize=False)

    def most_informative(self, symbols: Sequence[str], most: int) -> list[list[Fact]]:
        """For each gene of a set the facts to show, the most informative first.

        A fact informs by how many genes of the set carry it, times the logarithm of how much more often they do than
        genes at large (its term in a likelihood-ratio test). Of a single gene that is the fact's rarity alone.
        """
        spans = [self._span.get(symbol, (0, 0)) for symbol in symbols]
        objects = np.concatenate([self._objects[start:end] for start, end in spans])
        owners = np.repeat(np.arange(len(spans)), [end - start for start, end in spans])
        carried, place, sharing = np.unique(objects, return_inverse=True, return_counts=True)
        described = max(1, sum(end > start for start, end in spans))
        informs = (sharing * np.log(sharing / described / self._share[carried]))[place]
        order = np.lexsort((self._tie[objects], -informs, owners))
        shown: list[list[Fact]] = [[] for _ in symbols]
        for owner, number in zip(owners[order].tolist(), objects[order].tolist(), strict=True):
            if len(shown[owner]) < most:
                shown[owner].append(self.facts[number])
        return shown


def with_facts(examples: Sequence[Example], index: FactIndex, style: PromptFacts) -> list[Example]:
    """The examples with the facts that a prompt of the style shows behind each gene."""
    found = []
    for example in tqdm(examples, "facts of genes", delay=5):
        shown = index.most_informative([gene.symbol for gene in example.genes], style.most)
        genes = [
            gene.model_copy(update={"facts": tuple(facts)}) for gene, facts in zip(example.genes, shown, strict=True)
        ]
        found.append(example.model_copy(update={"genes": genes}))
    return found
