"""The table of a background: the terms of its ontologies, and the gene sets of its sources, with their genes."""

import math
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow
from pyarrow import parquet

from reasonome.core.atomic import replacing
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.facts.sources.go import Ontology, facts_of, propagate, read_obo
from reasonome.facts.sources.source import read_facts
from reasonome.facts.wording import MEMBERSHIP
from reasonome.task_parts import Backgrounds, BenchmarkJob
from reasonome.tasks.naming.background import SCHEMA, read_background
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.settings import NamingBenchmark


class NamingBackgrounds(Backgrounds[NamingDialogue]):
    """The terms of the ontologies of a corpus, with their genes."""

    def build(self, job: BenchmarkJob[NamingBenchmark, None], output: Path) -> None:
        """Write the background of a benchmark; print how many terms each source and namespace has."""
        ontologies = {source: read_obo(file) for source, file in job.files["ontologies"].items()}
        table = background_table(read_facts(job.files["facts"]), ontologies, job.benchmark)
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
    chosen = facts_of(ontologies[source], facts[~facts["source"].isin(others)])
    if chosen.empty:
        raise InputError(
            f"no fact of the corpus is about a term of the ontology of '{source}'",
            fix="facts and ontology must be of one source: build the facts again",
        )
    return chosen


def _ontology_rows(source: str, ontology: Ontology, annotations: pd.DataFrame) -> Iterable[dict]:
    genes = propagate(ontology, annotations)
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
