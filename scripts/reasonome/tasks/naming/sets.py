"""Gene sets built from facts: ontology terms with the genes of all terms below them, or sets that a source lists.

Published tables of sets, CSV or TSV with columns ID, Genes and Term_Description, are read here too.
"""

import os
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.benchmarks.gene_sets import GeneSet, with_terms
from reasonome.core.errors import InputError, nearest
from reasonome.facts.corpus import check_mapped
from reasonome.facts.files.plain_table import PlainTable, read_table
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.go import Ontology, facts_of, propagate
from reasonome.facts.sources.source import with_genes
from reasonome.facts.wording import MEMBERSHIP
from reasonome.tasks.naming.settings import FewGenes, NamingBenchmark, Subset

Sets = dict[str, list[GeneSet]]


def build_sets(facts: pd.DataFrame, ontologies: Mapping[str, Ontology], benchmark: NamingBenchmark) -> Sets:
    """All gene sets of every subset, of any size, sorted by id. `ontologies` are by source.

    Annotations are propagated over is_a and part_of, within each namespace, where there is an ontology for them:
    that of the subset's source, or the first with its namespace. Other facts give one set per object.
    InputError for a subset without facts, or whose ontology is missing.
    """
    propagated: dict[tuple, dict[str, frozenset[str]]] = {}
    by_subset = {}
    for subset, spec in benchmark.subsets.items():
        origin = _ontology_source(subset, spec, ontologies)
        chosen = _subset_facts(subset, spec, facts, ontologies.get(origin))
        if not origin:
            named = chosen.groupby("object_id").agg({"object_name": "first", "gene": frozenset})
            sets = [GeneSet(i, subset, name, genes) for i, name, genes in named.itertuples(name=None)]
        else:
            terms = ontologies[origin].terms
            key = (origin, spec.source, spec.relation)
            if key not in propagated:
                propagated[key] = propagate(ontologies[origin], chosen[["gene", "object_id"]])
            bare = [
                GeneSet(term, subset, terms[term].name, genes)
                for term, genes in sorted(propagated[key].items())
                if spec.namespace in (None, terms[term].namespace)
            ]
            sets = with_terms(bare, ontologies[origin])
        by_subset[subset] = sets
    return by_subset


def set_facts(facts: pd.DataFrame, ontologies: Mapping[str, Ontology], benchmark: NamingBenchmark) -> pd.DataFrame:
    """The facts that the gene sets of all subsets are built from, each once; none where all sets are published."""
    chosen = [
        _subset_facts(subset, spec, facts, ontologies.get(_ontology_source(subset, spec, ontologies)))
        for subset, spec in benchmark.subsets.items()
    ]
    return facts[facts.index.isin(pd.concat([facts.iloc[:0], *chosen]).index)]


def cut_to_few_genes(sets: Sets, few: FewGenes, seed: int) -> tuple[Sets, dict[str, Any]]:
    """The sets cut to the genes of a small world, and what was counted on the way.

    Its genes are those of whole sets of any subset, drawn at random. Of the sets of one subset that have the same genes
    after the cut, the most specific one stays: with the fewest genes of its own, then the shortest name. InputError
    where all sets of a fitting size together have too few genes.
    """
    genes, drawn = _small_world(sets, few, seed)
    cut, counts = {}, {}
    for subset, whole in sets.items():
        used = [s for s in whole if len(s.symbols) <= few.largest_set]
        used = [s for s in used if len(s.symbols & genes) >= few.share * len(s.symbols)]
        used.sort(key=lambda s: (len(s.symbols), len(s.name), s.id))
        distinct: dict[frozenset[str], GeneSet] = {}
        for gene_set in used:
            distinct.setdefault(gene_set.symbols & genes, gene_set)
        cut[subset] = sorted((replace(s, symbols=kept) for kept, s in distinct.items()), key=lambda s: s.id)
        counts[subset] = {"sets": len(whole), "used": len(used), "distinct": len(distinct)}
    return cut, {"genes": len(genes), "drawn_sets": drawn, "sets": counts}


def _small_world(sets: Sets, few: FewGenes, seed: int) -> tuple[set[str], int]:
    """The genes of whole sets, drawn until there are enough, and how many sets were drawn."""
    fitting = [s for subset in sets.values() for s in subset if few.smallest <= len(s.symbols) <= few.largest]
    random.Random(f"{seed}:few genes").shuffle(fitting)
    genes: set[str] = set()
    for drawn, gene_set in enumerate(fitting, 1):
        genes |= gene_set.symbols
        if len(genes) >= few.genes:
            return genes, drawn
    raise InputError(
        f"all {len(fitting)} sets of {few.smallest} to {few.largest} genes have {len(genes)} genes together",
        field="few_genes.genes",
        fix="ask for fewer, widen smallest..largest, or use a larger corpus",
    )


def within_limits(sets: Sets, benchmark: NamingBenchmark) -> Sets:
    """The sets with minimum_genes to maximum_genes genes."""
    least, most = benchmark.minimum_genes, benchmark.maximum_genes
    return {subset: [s for s in subset_sets if least <= len(s.symbols) <= most] for subset, subset_sets in sets.items()}


def outside_limits(sets: Sets, benchmark: NamingBenchmark) -> dict[str, dict[str, int]]:
    """How many sets of each subset are too small and too large."""
    return {
        subset: {
            "below_minimum_genes": sum(len(s.symbols) < benchmark.minimum_genes for s in subset_sets),
            "above_maximum_genes": sum(len(s.symbols) > benchmark.maximum_genes for s in subset_sets),
        }
        for subset, subset_sets in sets.items()
    }


def _ontology_source(subset: str, spec: Subset, ontologies: Mapping[str, Ontology]) -> str:
    """The source whose ontology the subset's annotations are propagated over; "" where there is none to use."""
    if spec.source and spec.source in ontologies:
        return spec.source
    if spec.namespace is None:
        return ""
    for source, ontology in ontologies.items():
        if any(term.namespace == spec.namespace for term in ontology.terms.values()):
            return source
    raise InputError(
        f"no ontology of the corpus has the namespace {spec.namespace}",
        field=f"subsets.{subset}.namespace",
        fix="add a source of GO (format go) to the corpus",
    )


def _subset_facts(subset: str, spec: Subset, facts: pd.DataFrame, ontology: Ontology | None) -> pd.DataFrame:
    relation = spec.relation or (None if ontology else MEMBERSHIP)
    for key, column, wanted in (("source", "source", spec.source), ("relation", "relation", relation)):
        if wanted is None:
            continue
        kept = facts[facts[column] == wanted]
        if kept.empty:
            known = sorted(facts[column].unique())
            of_source = f" of source '{spec.source}'" if spec.source and key == "relation" else ""
            raise InputError(
                f"there are no facts{of_source} with the {key} '{wanted}'",
                field=f"subsets.{subset}.{key}",
                fix=nearest(wanted, known),
            )
        facts = kept
    if ontology:
        facts = facts_of(ontology, facts)
    if facts.empty:
        raise InputError(
            "no fact of the corpus is about a term of the ontology",
            field=f"subsets.{subset}",
            fix="facts and ontology must be of one source: build the facts again",
        )
    return facts


COLUMNS = ("ID", "Genes", "Term_Description")
_BETWEEN_GENES = re.compile(r"[\s,;/|]+")


def read_published(
    path: str | os.PathLike, subset: str, genes: GeneTable, unmapped_share: float
) -> tuple[list[GeneSet], pd.DataFrame, list[str]]:
    """The sets of a published table under current symbols, in its order; identifiers without a gene (UNMAPPED_COLUMNS);
    and the ids of the sets that are left out, as none of their genes is known.

    Columns stand in any order, further ones are ignored; the delimiter is a comma, a tab or a semicolon;
    genes are separated by spaces, commas, semicolons, slashes or bars. Identifiers may be of any kind that `genes`
    resolves. InputError, with the line, for a missing column, a row of another width, an unclosed quote, an empty cell
    and a repeated id; and if more than `unmapped_share` (0 to 1) of the distinct identifiers have no gene.
    """
    rows = list(_rows(path))
    members = pd.DataFrame(
        [(gene, line, i, name) for line, i, listed, name in rows for gene in dict.fromkeys(listed)],
        columns=["identifier", "line", "object_id", "object_name"],
    ).assign(relation="", evidence="")
    resolved = with_genes(subset, members, genes, Path(path), strict=False)
    check_mapped(subset, resolved, unmapped_share, path)
    symbols = resolved.facts.groupby("object_id")["gene"].agg(frozenset)
    sets = [GeneSet(i, subset, name, symbols[i]) for _, i, _, name in rows if i in symbols.index]
    return sets, resolved.unmapped, [i for _, i, _, _ in rows if i not in symbols.index]


def _rows(path: str | os.PathLike) -> Iterator[tuple[int, str, list[str], str]]:
    """(line, id, identifiers of genes, name) of every row."""
    table = read_table(path, COLUMNS)
    columns = [table.cells(column) for column in _columns(table)]
    first_line: dict[str, int] = {}
    for line, *cells in zip(table.lines, *columns, strict=True):
        identifier, listed, name = (cell.strip() for cell in cells)
        genes = [gene for gene in _BETWEEN_GENES.split(listed) if gene]
        for column, value in zip(COLUMNS, (identifier, genes, name), strict=True):
            if not value:
                raise InputError("the cell is empty", file=path, line=line, field=column)
        if identifier in first_line:
            what = f"'{identifier}' stands in line {first_line[identifier]} already"
            raise InputError(what, file=path, line=line, field="ID", fix="keep one row for each set")
        first_line[identifier] = line
        yield line, identifier, genes, name


def _columns(table: PlainTable) -> list[str]:
    """COLUMNS as the header writes them, whatever their case and punctuation."""
    written = {_plain(column): column for column in reversed(table.columns)}
    for column in COLUMNS:
        if _plain(column) not in written:
            others = [other for other in table.columns if _plain(other) not in map(_plain, COLUMNS)]
            raise table.header_error(
                f"there is no column '{column}'" + (f": {nearest(column, others)}" if others else ""),
                field=column,
                fix=f"the first line must name {', '.join(COLUMNS)}; other columns are ignored",
            )
    return [written[_plain(column)] for column in COLUMNS]


def _plain(column: str) -> str:
    return "".join(filter(str.isalnum, column)).casefold()
