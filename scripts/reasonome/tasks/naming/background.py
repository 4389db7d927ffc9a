"""Backgrounds: all terms and gene sets that an answer can be linked to, looked up by name, and their similarity."""

import math
import os
import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import pyarrow
from pyarrow import compute

from reasonome.core.atomic import read_parquet
from reasonome.core.errors import InputError
from reasonome.facts.text import normalise

SCHEMA = pyarrow.schema(
    {
        "id": pyarrow.string(),
        "name": pyarrow.string(),
        "namespace": pyarrow.string(),
        "source": pyarrow.string(),
        "synonyms": pyarrow.list_(pyarrow.string()),
        "parents": pyarrow.list_(pyarrow.string()),
        "genes": pyarrow.list_(pyarrow.string()),
        "n_genes": pyarrow.int64(),
        "information": pyarrow.float64(),
        "candidate": pyarrow.bool_(),
    }
)


@dataclass(frozen=True)
class BackgroundTerm:
    """A term or gene set of a background; `information` is in nats, nan without genes or ontology."""

    id: str
    name: str
    namespace: str
    source: str
    synonyms: tuple[str, ...]
    parents: tuple[str, ...]
    n_genes: int
    information: float
    candidate: bool


class Background:
    """The terms of a background, by id and name, and similarity between them."""

    def __init__(self, table: pyarrow.Table):
        """`table` has the columns of SCHEMA."""
        self.by_id: dict[str, BackgroundTerm] = {}
        for row in table.drop_columns("genes").to_pylist():
            row |= {"synonyms": tuple(row["synonyms"]), "parents": tuple(row["parents"])}
            self.by_id[row["id"]] = BackgroundTerm(**row)
        # Genes stay in Arrow until a term is asked for: as Python's strings they would take a hundred times longer.
        self._genes = table.column("genes")
        self._row = {term: number for number, term in enumerate(self.by_id)}
        self._gene_sets: dict[str, frozenset[str]] = {}
        self._upwards: dict[str, frozenset[str]] = {}

    @cached_property
    def number_of_genes(self) -> int:
        """How many genes have any term."""
        return len(compute.unique(compute.list_flatten(self._genes)))

    @cached_property
    def candidates(self) -> list[BackgroundTerm]:
        """The terms that an answer can be linked to, sorted by id."""
        return [term for term in self.by_id.values() if term.candidate]

    @cached_property
    def candidate_names(self) -> list[str]:
        """The names of the candidates; one that several share is one name."""
        return list(dict.fromkeys(term.name for term in self.candidates))

    def called(self, normalised: str) -> list[BackgroundTerm]:
        """The terms of that name, then those with that synonym."""
        return [*self._names.get(normalised, ()), *self._synonyms.get(normalised, ())]

    def by_name(self, normalised: str) -> BackgroundTerm | None:
        """The term of that name, else the one with that synonym; of several one of no ontology, else the first id.

        Names are compared as facts.text.normalise writes them.
        """
        named = self._names.get(normalised) or self._synonyms.get(normalised, ())
        return min(named, key=lambda term: term.namespace != "", default=None)

    def candidate(self, normalised: str, namespace: str = "") -> tuple[BackgroundTerm | None, str]:
        """The candidate of that name, and what matched: "name", "synonym", or "" for none.

        It is found as by `by_name`, but of several the one of `namespace` comes first.
        """
        for index, by in ((self._names, "name"), (self._synonyms, "synonym")):
            if named := [term for term in index.get(normalised, ()) if term.candidate]:
                return min(named, key=lambda term: term.namespace != namespace), by
        return None, ""

    def genes(self, term: str) -> frozenset[str]:
        """The symbols of a term's genes, those of the terms below it included."""
        if term not in self._gene_sets:
            symbols = self._genes[self._row[term]].as_py()
            self._gene_sets[term] = frozenset(map(sys.intern, symbols))  # one string per gene, not one per term
        return self._gene_sets[term]

    def symbol(self, written: str) -> str:
        """The background's spelling of a symbol, compared case-insensitively; in lower case where it has none."""
        folded = written.casefold()
        return self._symbols.get(folded, folded)

    @cached_property
    def _symbols(self) -> dict[str, str]:
        return {symbol.casefold(): symbol for symbol in compute.list_flatten(self._genes).unique().to_pylist()}

    def information(self, term: str) -> float:
        """-ln of the share of annotated genes that the term has, in nats; nan without genes or ontology."""
        return self.by_id[term].information

    def specificity(self, term: str) -> float:
        """The information as a share of the largest possible, that of a term of one gene: 0 to 1, or nan."""
        entry = self.by_id[term]
        if math.isnan(entry.information):
            return math.nan
        largest = entry.information + math.log(entry.n_genes)  # ln of the genes of the namespace's root
        return entry.information / largest if largest else 0.0

    def upwards(self, term: str) -> frozenset[str]:
        """The term and all terms above it, up is_a and part_of."""
        if term not in self._upwards:
            reached, waiting = {term}, [term]
            while waiting:
                new = [parent for parent in self.by_id[waiting.pop()].parents if parent not in reached]
                reached.update(new)
                waiting += new
            self._upwards[term] = frozenset(reached)
        return self._upwards[term]

    def resnik(self, first: str, second: str) -> float:
        """Information of the most informative common ancestor, a term being one of its own; in nats.

        0 if there is none, nan if either term has no information.
        """
        if math.isnan(self.information(first)) or math.isnan(self.information(second)):
            return math.nan
        return max(map(self.information, self.upwards(first) & self.upwards(second)), default=0.0)

    def lin(self, first: str, second: str) -> float:
        """Twice Resnik's similarity over the sum of the terms' information: 0 to 1, 1 for a term and itself.

        nan if either term has no information.
        """
        shared = self.resnik(first, second)
        if first == second and not math.isnan(shared):
            return 1.0  # also for a root, whose information is 0
        total = self.information(first) + self.information(second)
        return 2 * shared / total if total else 0.0

    def relation(self, first: str, second: str) -> str:
        """How the first term is related to the second.

        "same", "parent", "child", "ancestor" and "descendant" (further up or down), "sibling" (they share a parent),
        "same branch" (of a namespace), "other branch", or "none" where a term is of no ontology.
        """
        first_term, second_term = self.by_id[first], self.by_id[second]
        if first == second:
            return "same"
        if first in self.upwards(second):
            return "parent" if first in second_term.parents else "ancestor"
        if second in self.upwards(first):
            return "child" if second in first_term.parents else "descendant"
        if set(first_term.parents) & set(second_term.parents):
            return "sibling"
        if not (first_term.namespace and second_term.namespace):
            return "none"
        return "same branch" if first_term.namespace == second_term.namespace else "other branch"

    @cached_property
    def _names(self) -> dict[str, list[BackgroundTerm]]:
        terms = defaultdict(list)
        for term in self.by_id.values():
            terms[normalise(term.name)].append(term)
        return terms

    @cached_property
    def _synonyms(self) -> dict[str, list[BackgroundTerm]]:
        terms = defaultdict(list)
        for term in self.by_id.values():
            for synonym in dict.fromkeys(map(normalise, term.synonyms)):
                terms[synonym].append(term)
        return terms


def read_background(path: str | os.PathLike) -> Background:
    """The background in a parquet file; InputError for a file that is missing, damaged, or of other columns."""
    fix = "give a file of results/backgrounds/; `snakemake --cores 2 --forcerun build_background` makes those anew"
    table = read_parquet(path, SCHEMA.names, fix)
    if not table.schema.equals(SCHEMA):
        raise InputError(f"expected the columns {', '.join(SCHEMA.names)} of a background", file=path, fix=fix)
    return Background(table)
