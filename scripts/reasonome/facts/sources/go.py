"""Gene Ontology: the ontology (OBO), its annotations (GAF 2.2), and propagation up is_a and part_of."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from reasonome.core.errors import InputError, nearest
from reasonome.facts.files.text_file import FETCH_AGAIN, lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import AS_PUBLISHED, NOT, SourceFacts, rows, with_genes

# The relations of GAF 2.2 between a gene product and a term, by aspect (column 9).
RELATIONS = {
    "P": {
        "involved_in",
        "acts_upstream_of",
        "acts_upstream_of_positive_effect",
        "acts_upstream_of_negative_effect",
        "acts_upstream_of_or_within",
        "acts_upstream_of_or_within_positive_effect",
        "acts_upstream_of_or_within_negative_effect",
    },
    "F": {"enables", "contributes_to"},
    "C": {"located_in", "part_of", "is_active_in", "colocalizes_with"},
}
GAF_COLUMNS = 17
OBSOLETE, UNKNOWN = "obsolete terms", "terms not in the ontology"
_TAGS = {
    "id", "name", "namespace", "default-namespace", "alt_id", "synonym", "is_obsolete", "replaced_by", "is_a",
    "relationship", "creation_date",
}  # fmt: skip
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EXACT_SYNONYM = re.compile(r'"((?:[^"\\]|\\.)*)"\s+EXACT\b')


class Term(NamedTuple):
    """One ontology term; `synonyms` are the exact ones, `replaced_by` is the replacement of an obsolete term, or "".

    `created` is a day such as 2023-01-31, "" where the file does not say one.
    """

    id: str
    name: str
    namespace: str
    is_obsolete: bool
    synonyms: tuple[str, ...] = ()
    replaced_by: str = ""
    created: str = ""


@dataclass(frozen=True)
class Ontology:
    """Terms by id, the is_a and part_of parents of each term, and main ids by alternative id.

    `order` lists every term after all its children. Edges between namespaces are left out, as in go-basic.
    """

    terms: dict[str, Term]
    parents: dict[str, tuple[str, ...]]
    alt_ids: dict[str, str]
    order: tuple[str, ...]

    def main_id(self, term_id: str) -> str | None:
        """The main id of a main or alternative id; None where the ontology has no such term."""
        return term_id if term_id in self.terms else self.alt_ids.get(term_id)

    def fault(self, term_id: str) -> str:
        """Why a term is not used in facts: OBSOLETE or UNKNOWN; "" for a term in use."""
        main = self.main_id(term_id)
        if main is None:
            return UNKNOWN
        return OBSOLETE if self.terms[main].is_obsolete else ""

    def live_id(self, term_id: str) -> str | None:
        """The main id of a term in use, or of an obsolete term's replacement; None where there is none."""
        term = self.terms.get(self.main_id(term_id) or "")
        if term is not None and term.is_obsolete:
            term = self.terms.get(self.main_id(term.replaced_by) or "")
        return None if term is None or term.is_obsolete else term.id

    @property
    def names(self) -> dict[str, str]:
        """The name of each term by its main id."""
        return {term_id: term.name for term_id, term in self.terms.items()}

    @cached_property
    def ancestors(self) -> dict[str, frozenset[str]]:
        """The ancestors of each term by is_a and part_of."""
        return all_above(self.parents, self.order)


@dataclass(frozen=True)
class _Stanza:
    """The used lines of the header or of one [Term], as (tag, value, line)."""

    line: int
    tags: list[tuple[str, str, int]]

    def all(self, tag: str) -> list[str]:
        return [value for name, value, _ in self.tags if name == tag]

    def last(self, tag: str) -> str:
        return (self.all(tag) or [""])[-1]

    def parents(self) -> dict[str, int]:
        """The parents by is_a and part_of, with their lines."""
        relations = (
            (value.removeprefix("part_of "), line)
            for tag, value, line in self.tags
            if tag == "is_a" or (tag == "relationship" and value.startswith("part_of "))
        )
        return {_identifier(parent): line for parent, line in relations}


def read_obo(path: str | os.PathLike) -> Ontology:
    """Read an OBO file (1.2 or 1.4): ids, names, exact synonyms, namespaces, obsolescence, is_a, part_of.

    Raises InputError.
    """
    header, *stanzas = _read_stanzas(path)
    if not stanzas:
        raise InputError("there is no [Term] in the file", file=path, fix=AS_PUBLISHED)
    terms: dict[str, Term] = {}
    alt_ids: dict[str, str] = {}
    edges: dict[str, dict[str, int]] = {}
    for stanza in stanzas:
        term = _term(stanza, header.last("default-namespace"), path)
        if term.id in terms:
            what = f"term {term.id} stands twice in the file"
            raise InputError(what, file=path, line=stanza.line, fix="keep one [Term] for each id")
        terms[term.id] = term
        alt_ids.update(dict.fromkeys(map(_identifier, stanza.all("alt_id")), term.id))
        edges[term.id] = stanza.parents()
    for child, above in edges.items():
        for parent, line in above.items():
            if parent not in terms:
                what = f"{child} has the parent {parent}, which is not in the file"
                fix = "give the whole ontology, or leave this edge out of the slice"
                raise InputError(what, file=path, line=line, fix=fix)
    parents = {
        child: tuple(parent for parent in above if terms[parent].namespace == terms[child].namespace)
        for child, above in edges.items()
    }
    edge_lines = {(child, parent): line for child, above in edges.items() for parent, line in above.items()}
    return Ontology(terms, parents, alt_ids, children_first(parents, path, edge_lines))


def _read_stanzas(path: str | os.PathLike) -> list[_Stanza]:
    """The header, and the terms."""
    stanzas: list[_Stanza] = []
    tags: list[tuple[str, str, int]] = []
    for number, line in lines(path):
        line = line.strip()
        if not line or line.startswith("!"):
            continue
        if not stanzas:
            if not line.startswith("format-version:"):
                what = f"expected an OBO file that begins with 'format-version:', found '{line[:60]}'"
                raise InputError(what, file=path, line=number, fix=AS_PUBLISHED)
            stanzas.append(_Stanza(number, tags))
        if line.startswith("["):
            tags = []
            if line == "[Term]":
                stanzas.append(_Stanza(number, tags))
            continue
        tag, colon, value = line.partition(":")
        if not colon:
            what = f"expected 'tag: value', found '{line[:60]}'"
            raise InputError(what, file=path, line=number, fix="fetch the file again: it may be cut short")
        if tag in _TAGS:
            tags.append((tag, value.strip(), number))
    return stanzas or [_Stanza(1, tags)]


def _term(stanza: _Stanza, default_namespace: str, path: str | os.PathLike) -> Term:
    required = {
        "id": _identifier(stanza.last("id")),
        "name": stanza.last("name"),
        "namespace": stanza.last("namespace") or default_namespace,
    }
    for tag, value in required.items():
        if not value:
            what = f"the term {required['id'] or 'that begins here'} has no {tag}"
            raise InputError(what, file=path, line=stanza.line, fix=f"every [Term] needs a line '{tag}: ...'")
    exact = filter(None, map(_EXACT_SYNONYM.match, stanza.all("synonym")))
    day = _DAY.match(stanza.last("creation_date"))
    return Term(
        **required,
        is_obsolete=stanza.last("is_obsolete").startswith("true"),
        synonyms=tuple(re.sub(r"\\(.)", r"\1", match[1]) for match in exact),
        replaced_by=_identifier(stanza.last("replaced_by")),
        created=day[0] if day else "",
    )


def _identifier(value: str) -> str:
    """`GO:1 {modifier} ! comment` -> `GO:1`."""
    return value.split(maxsplit=1)[0] if value else ""


def children_first(
    parents: Mapping[str, Sequence[str]],
    path: str | os.PathLike,
    edge_line: Mapping[tuple[str, str], int],
) -> tuple[str, ...]:
    """All terms, each after all its children. Raises InputError for a cycle, with its first line in `path`.

    `edge_line` has the line of each (child, parent).
    """
    try:
        # TopologicalSorter puts what a node depends on first; reversed, children come before parents.
        return tuple(reversed(list(TopologicalSorter(parents).static_order())))
    except CycleError as error:
        cycle = error.args[1]
        line = min(edge_line[edge] for edge in zip(cycle[1:], cycle[:-1], strict=True))
        what = f"the relations followed form a cycle: {' -> '.join(reversed(cycle))}"
        raise InputError(what, file=path, line=line, fix=f"{AS_PUBLISHED}, without a cycle") from error


def all_above(parents: Mapping[str, Sequence[str]], order: Sequence[str]) -> dict[str, frozenset[str]]:
    """The ancestors of each node of `order`, in which children come before their parents."""
    above: dict[str, frozenset[str]] = {}
    for node in reversed(order):
        direct = parents.get(node, ())
        above[node] = frozenset(direct).union(*(above[parent] for parent in direct))
    return above


def read_gaf(path: str | os.PathLike, taxon: int = 9606) -> tuple[pd.DataFrame, pd.DataFrame, Counter]:
    """Read a GAF 2.2: the annotations, those with NOT, whose relations have the prefix `NOT|`, and counts.

    Both tables have one row for each annotation and relation, in the order of the file. Columns: line (int), accession,
    symbol, relation, term_id, evidence. The first table is without annotations with NOT or with evidence ND, which are
    counted. Raises InputError.
    """
    annotations, denied, left_out = [], [], Counter()
    for line, columns in rows(_without_comments(path), path, GAF_COLUMNS):
        _check_row(columns, taxon, path, line)
        database, accession, symbol, qualifier, term_id, _, evidence = columns[:7]
        if accession.isdigit():  # RGD's ids: a bare number would be one of Entrez
            accession = f"{database}:{accession}"
        relations = qualifier.split("|")
        if "NOT" in relations:
            left_out["annotations with NOT"] += 1
            target, relations = denied, [NOT + relation for relation in relations if relation != "NOT"]
        elif evidence == "ND":
            left_out["annotations with evidence ND"] += 1
            continue
        else:
            target = annotations
            for relation in relations:
                _check_relation(relation, columns[8], path, line)
        target += [(line, accession, symbol, relation, term_id, evidence) for relation in relations]
    if not annotations:
        raise InputError("there are no annotations in the file", file=path, fix=FETCH_AGAIN)
    names = ["line", "accession", "symbol", "relation", "term_id", "evidence"]
    return pd.DataFrame(annotations, columns=names), pd.DataFrame(denied, columns=names), left_out


def _without_comments(path: str | os.PathLike) -> Iterator[tuple[int, str]]:
    """The numbered lines of annotations. Raises InputError where the header does not say GAF 2.2."""
    version = "no such line"
    for number, line in lines(path):
        if line.startswith("!gaf-version:"):
            version = f"version {line.partition(':')[2].strip()}"
        elif line.strip() and not line.startswith("!"):
            if version != "version 2.2":
                what = f"expected the header '!gaf-version: 2.2' above the annotations, found {version}"
                fix = "GAF 2.1 must be converted (its qualifiers are mostly empty), or fetch a current release"
                raise InputError(what, file=path, line=number, fix=fix)
            yield number, line


def _check_row(columns: list[str], taxon: int, path: str | os.PathLike, line: int) -> None:
    if columns[12].split("|")[0] != f"taxon:{taxon}":
        what = f"expected taxon:{taxon} in column 13, found '{columns[12]}'"
        fix = "give the annotations of one organism (goa_human for 9606), or ask for another taxon"
        raise InputError(what, file=path, line=line, fix=fix)
    if not columns[4]:
        raise InputError("column 5, the term, is empty", file=path, line=line, fix=FETCH_AGAIN)


def _check_relation(relation: str, aspect: str, path: str | os.PathLike, line: int) -> None:
    if aspect not in RELATIONS:
        what = f"expected P, F or C in column 9, found '{aspect}'"
        raise InputError(what, file=path, line=line, fix="see GAF 2.2")
    if relation not in RELATIONS[aspect]:
        nearby = nearest(relation, RELATIONS[aspect])
        what = f"qualifier '{relation}' is none of GAF 2.2's for aspect {aspect}: {nearby}"
        fix = "GAF 2.1 must be converted: there the qualifier may be empty"
        raise InputError(what, file=path, line=line, fix=fix)


def facts_of(ontology: Ontology, facts: pd.DataFrame) -> pd.DataFrame:
    """The facts about terms of an ontology."""
    own = [object_id for object_id in facts["object_id"].unique() if ontology.main_id(object_id) is not None]
    return facts[facts["object_id"].isin(own)]


def propagate(ontology: Ontology, annotations: pd.DataFrame) -> dict[str, frozenset[str]]:
    """The genes of each term: those annotated to it or to any term below it by is_a and part_of.

    `annotations` has the columns gene and object_id, as GO facts. Terms without genes are left out. Raises InputError
    for a term that the ontology does not have.
    """
    sets: dict[str, set[str]] = {}
    for object_id, genes in annotations.groupby("object_id")["gene"]:
        term_id = ontology.main_id(str(object_id))
        if term_id is None:
            what = f"term {object_id} is not in the ontology"
            fix = "facts and ontology must be of one release: build the facts again with this OBO"
            raise InputError(what, field="object_id", fix=fix)
        sets.setdefault(term_id, set()).update(genes)
    for term_id in ontology.order:
        if term_id in sets:
            for parent in ontology.parents[term_id]:
                sets.setdefault(parent, set()).update(sets[term_id])
    return {term_id: frozenset(genes) for term_id, genes in sets.items()}


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """The direct annotations as facts; those to obsolete or unknown terms are left out and counted.

    Annotations whose symbol and accession are different genes are counted too, but not left out.
    """
    ontology = read_obo(files["obo"])
    annotations, denied, left_out = read_gaf(files["gaf"], taxon)
    faults = annotations["term_id"].map(ontology.fault)
    for fault in (OBSOLETE, UNKNOWN):
        left_out[f"annotations to {fault}"] = int((faults == fault).sum())
    annotations = annotations[faults == ""]
    if annotations.empty:
        what = f"no annotation names a live term of {Path(files['obo']).name}"
        raise InputError(what, file=files["gaf"], fix="give an OBO and a GAF of the same release")
    described = _described(annotations, ontology, genes)
    disagreeing = int(described["disagrees"].sum())
    left_out["annotations whose symbol and accession are two genes (the symbol's was taken)"] = disagreeing
    facts = with_genes(name, described, genes, files["gaf"], left_out)
    denied = denied[denied["term_id"].map(ontology.fault) == ""]
    if denied.empty:
        return facts
    return replace(facts, denied=with_genes(name, _described(denied, ontology, genes), genes, files["gaf"]).facts)


def _described(annotations: pd.DataFrame, ontology: Ontology, genes: GeneTable) -> pd.DataFrame:
    """Annotations with the gene's identifier, and the term's main id and name.

    The identifier is the symbol where it is current, else the accession where it resolves to one gene, else the symbol;
    `disagrees` says that the symbol is current and the accession is another gene's.
    """
    symbol, accession = annotations["symbol"], annotations["accession"]
    by_accession = accession.map({text: genes.resolve(text, strict=True).symbol for text in accession.unique()})
    is_current = symbol.isin(genes.genes)
    object_id = annotations["term_id"].map(ontology.main_id)
    return annotations.assign(
        identifier=symbol.where(is_current | by_accession.isna(), accession),
        disagrees=is_current & by_accession.notna() & (by_accession != symbol),
        object_id=object_id,
        object_name=object_id.map(ontology.names),
    )
