"""Backgrounds: all terms and gene sets that an answer can be linked to, their genes, similarity and libraries."""

import math
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow
from pyarrow import compute, parquet

from reasonome.config.project import Project
from reasonome.core.atomic import read_parquet, replacing
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.enrichment.over_representation import (
    GeneSetLibrary,
    LibrarySet,
    OverRepresentation,
    default_universe,
    read_library,
)
from reasonome.facts.corpus import read_facts
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import read_ontology
from reasonome.facts.sources.go import Ontology, propagate
from reasonome.facts.text import normalise
from reasonome.facts.wording import MEMBERSHIP
from reasonome.task import Backgrounds
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.files import LibraryFile
from reasonome.tasks.naming.settings import BRANCHES, NamingBenchmark

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


# --- built ----------------------------------------------------------------------------------------------


class NamingBackgrounds(Backgrounds[NamingDialogue]):
    """The terms of the ontologies of a corpus, with their genes."""

    def build(self, project: Project, benchmark: str, output: Path) -> None:
        """Write the background of a benchmark; print how many terms each source and namespace has."""
        inputs = self.task.files.background(project, benchmark).files
        ontologies = {source: read_ontology(file) for source, file in inputs["ontologies"].items()}
        table = background_table(read_facts(inputs["facts"]), ontologies, project.benchmarks[benchmark])
        write_background(table, output)
        counted = table.select(["source", "namespace", "n_genes", "candidate"]).to_pandas()
        for (source, namespace), terms in counted.groupby(["source", "namespace"]):
            genes = terms["n_genes"]
            show(
                f"{f'{source} {namespace}'.strip()}: {len(terms):,} terms, {(genes > 0).sum():,} with genes "
                f"({genes.max():,} at most), {terms['candidate'].sum():,} to which answers are linked"
            )

    def candidate_names(self, path: Path) -> list[str]:
        """The names of the terms that answers are linked to."""
        return read_background(path).candidate_names


def background_table(
    facts: pd.DataFrame, ontologies: Mapping[str, Ontology], benchmark: NamingBenchmark
) -> pyarrow.Table:
    """The background of a benchmark (SCHEMA), sorted by id; `facts` and `ontologies` (by source) are of its corpus.

    It has all live terms of every ontology with their propagated genes, and the sets of the benchmark's sources without
    an ontology, as terms without namespace, parents and information. An id that several ontologies have is a term of
    the first. InputError where an ontology has no genes, and where there is no term.
    """
    rows: dict[str, dict] = {}
    for source, ontology in ontologies.items():
        for row in _ontology_rows(source, ontology, _annotations(facts, source, ontologies)):
            rows.setdefault(row["id"], row)
    for row in _listed_rows(facts, ontologies, benchmark):
        rows.setdefault(row["id"], row)
    if not rows:
        what = "the corpus has neither an ontology nor the sets that the benchmark's are of"
        raise InputError(what, field="background", fix="name another corpus as background in benchmarks.yaml")
    for row in rows.values():
        row["n_genes"] = len(row["genes"])
        row["candidate"] = row["n_genes"] >= benchmark.minimum_genes
    return pyarrow.Table.from_pylist([rows[term] for term in sorted(rows)], schema=SCHEMA)


def _annotations(facts: pd.DataFrame, source: str, ontologies: Mapping[str, Ontology]) -> pd.DataFrame:
    """The facts about terms of a source's ontology, without those of other sources that have an ontology."""
    others = set(ontologies) - {source}
    known = {i for i in facts["object_id"].unique() if ontologies[source].main_id(i) is not None}
    chosen = facts[facts["object_id"].isin(known) & ~facts["source"].isin(others)]
    if chosen.empty:
        raise InputError(
            f"no fact of the corpus is about a term of the ontology of '{source}'",
            fix="facts and ontology must be of one source: build the facts again",
        )
    return chosen


def _ontology_rows(source: str, ontology: Ontology, annotations: pd.DataFrame) -> Iterable[dict]:
    genes = propagate(ontology, annotations[["gene", "object_id"]])
    live = {i: term for i, term in ontology.terms.items() if not term.is_obsolete}
    parents = {i: [parent for parent in ontology.parents[i] if parent in live] for i in live}
    # The genes of the root; a slice of an ontology has several, or none of the whole one's.
    annotated: dict[str, set[str]] = defaultdict(set)
    for i, term in live.items():
        if not parents[i]:
            annotated[term.namespace] |= genes.get(i, set())
    for i, term in live.items():
        own_genes = genes.get(i, ())
        yield {
            "id": i,
            "name": term.name,
            "namespace": term.namespace,
            "source": source,
            "synonyms": list(term.synonyms),
            "parents": parents[i],
            "genes": sorted(own_genes),
            "information": math.log(len(annotated[term.namespace]) / len(own_genes)) if own_genes else math.nan,
        }


def _listed_rows(facts: pd.DataFrame, ontologies: Mapping[str, Ontology], benchmark: NamingBenchmark) -> Iterable[dict]:
    for spec in benchmark.subsets.values():
        if spec.namespace or spec.source in ontologies:
            continue
        chosen = facts[facts["relation"] == (spec.relation or MEMBERSHIP)]
        if spec.source:
            chosen = chosen[chosen["source"] == spec.source]
        for i, rows in chosen.groupby("object_id"):
            yield {
                "id": i,
                "name": rows["object_name"].iloc[0],
                "namespace": "",
                "source": rows["source"].iloc[0],
                "synonyms": [],
                "parents": [],
                "genes": sorted(set(rows["gene"])),
                "information": math.nan,
            }


def write_background(table: pyarrow.Table, path: str | os.PathLike) -> None:
    """Write a background to a parquet file, whole or not at all."""
    with replacing(path) as temporary:
        parquet.write_table(table, temporary, write_page_checksum=True)


# --- read and looked up ---------------------------------------------------------------------------------


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
    table = read_parquet(path, SCHEMA.names)
    if not table.schema.equals(SCHEMA):
        what = f"expected the columns {', '.join(SCHEMA.names)} of a background"
        raise InputError(what, file=path, fix="give a file of results/backgrounds/")
    return Background(table)


def ontology_libraries(background: Background) -> list[GeneSetLibrary]:
    """The background's candidate terms, a library for each branch of GO, other ontology and source of sets.

    Each term has the genes of the terms below it too.
    """
    sets: dict[str, dict[str, LibrarySet]] = {}
    for term in background.candidates:
        if genes := background.genes(term.id):
            sets.setdefault(library_of(term), {})[term.id] = LibrarySet(term.name, genes)
    return [GeneSetLibrary(name, sets[name]) for name in sorted(sets)]


def library_of(term: BackgroundTerm) -> str:
    """The name of the library that a background's term is of."""
    return BRANCHES.get(term.namespace) or term.namespace or term.source


def background_tests(background: Background, genes: GeneTable) -> OverRepresentation:
    """The over-representation analysis of a background's terms among all coding genes. InputError as it raises."""
    libraries = ontology_libraries(background)
    return OverRepresentation(libraries, default_universe(genes, libraries))


def named_libraries(
    names: Sequence[str], background: Background, genes: GeneTable, files: Mapping[str, LibraryFile]
) -> list[GeneSetLibrary]:
    """The libraries that a style shows terms of: of the background, and of `files`. Raises InputError as the reader."""
    of_ontology = {library.name: library for library in ontology_libraries(background)}
    return [
        read_library(files[name].path, genes, name, files[name].format) if name in files else of_ontology[name]
        for name in names
        if name in files or name in of_ontology
    ]
