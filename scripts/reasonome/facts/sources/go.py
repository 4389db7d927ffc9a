"""Gene Ontology: the ontology (OBO), its annotations (GAF 2.2), and propagation up is_a and part_of."""

import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from reasonome.core.errors import InputError, nearest
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import NOT, SourceFacts, SourceFormat, with_genes

# The relations between a gene product and a term that GAF 2.2 knows, by aspect (column 9).
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
_EXACT_SYNONYM = re.compile(r'"((?:[^"\\]|\\.)*)"\s+EXACT\b')


class Term(NamedTuple):
    """One ontology term; `synonyms` are the exact ones, `replaced_by` is what stands for an obsolete term, if any."""

    id: str
    name: str
    namespace: str
    is_obsolete: bool
    synonyms: tuple[str, ...] = ()
    replaced_by: str = ""


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
        """The main id of a term given by main or alternative id; None where the ontology has no such term."""
        return term_id if term_id in self.terms else self.alt_ids.get(term_id)

    def live_id(self, term_id: str) -> str | None:
        """The main id of a term in use: an obsolete one gives way to its replacement; None where there is none."""
        term = self.terms.get(self.main_id(term_id) or "")
        if term is not None and term.is_obsolete:
            term = self.terms.get(self.main_id(term.replaced_by) or "")
        return None if term is None or term.is_obsolete else term.id

    @cached_property
    def ancestors(self) -> dict[str, frozenset[str]]:
        """All terms above each term, up is_a and part_of."""
        above: dict[str, frozenset[str]] = {}
        for term in reversed(self.order):  # parents first
            parents = self.parents[term]
            above[term] = frozenset(parents).union(*(above[parent] for parent in parents))
        return above


class _Stanza:
    """The lines of one [Term] that matter here."""

    def __init__(self, line: int):
        self.line = line
        self.id = self.name = self.namespace = self.replaced_by = ""
        self.is_obsolete = False
        self.alt_ids: list[str] = []
        self.edges: list[tuple[str, int]] = []
        self.synonyms: list[str] = []

    def take(self, tag: str, value: str, line: int) -> None:
        if tag == "id":
            self.id = _identifier(value)
        elif tag == "name":
            self.name = value
        elif tag == "namespace":
            self.namespace = value
        elif tag == "alt_id":
            self.alt_ids.append(_identifier(value))
        elif tag == "synonym":
            if exact := _EXACT_SYNONYM.match(value):
                self.synonyms.append(re.sub(r"\\(.)", r"\1", exact[1]))
        elif tag == "is_obsolete":
            self.is_obsolete = value.startswith("true")
        elif tag == "replaced_by":
            self.replaced_by = _identifier(value)
        elif tag == "is_a":
            self.edges.append((_identifier(value), line))
        elif tag == "relationship" and value.startswith("part_of "):
            self.edges.append((_identifier(value[len("part_of ") :]), line))


def read_obo(path: str | os.PathLike) -> Ontology:
    """Read an OBO file (1.2 or 1.4): ids, names, exact synonyms, namespaces, obsolescence, is_a, part_of.

    Raises InputError for a missing header, a line that is not `tag: value`, a term without id or name, an id
    given twice, an edge to a term that is not there, and a cycle.
    """
    stanzas, default_namespace = _read_stanzas(path)
    terms: dict[str, Term] = {}
    alt_ids: dict[str, str] = {}
    for stanza in stanzas:
        for tag in ("id", "name"):
            if not getattr(stanza, tag):
                raise InputError(
                    f"the term {stanza.id or 'that begins here'} has no {tag}",
                    file=path,
                    line=stanza.line,
                    fix=f"every [Term] needs a line '{tag}: ...'",
                )
        if stanza.id in terms:
            raise InputError(
                f"term {stanza.id} stands twice in the file",
                file=path,
                line=stanza.line,
                fix="keep one [Term] for each id",
            )
        namespace = stanza.namespace or default_namespace
        if not namespace:
            raise InputError(
                f"the term {stanza.id} has no namespace",
                file=path,
                line=stanza.line,
                fix="every [Term] needs a line 'namespace: ...', or the header a default-namespace",
            )
        synonyms = tuple(stanza.synonyms)
        terms[stanza.id] = Term(stanza.id, stanza.name, namespace, stanza.is_obsolete, synonyms, stanza.replaced_by)
        alt_ids.update(dict.fromkeys(stanza.alt_ids, stanza.id))
    parents = {stanza.id: _parents(stanza, terms, path) for stanza in stanzas}
    lines_of = {(stanza.id, parent): line for stanza in stanzas for parent, line in stanza.edges}
    return Ontology(terms, parents, alt_ids, children_first(parents, path, lines_of))


def children_first(
    parents: dict[str, tuple[str, ...]],
    path: str | os.PathLike,
    lines_of: Mapping[tuple[str, str], int] | None = None,
) -> tuple[str, ...]:
    """All terms, each after all its children; InputError for a cycle, with its first line in `path` where known.

    `lines_of` gives the line of each (child, parent).
    """
    try:
        # TopologicalSorter puts what a node depends on first; reversed, children come before parents.
        return tuple(reversed(list(TopologicalSorter(parents).static_order())))
    except CycleError as error:
        cycle = error.args[1]
        edges = list(zip(cycle[1:], cycle[:-1], strict=True))
        raise InputError(
            f"the relations followed form a cycle: {' -> '.join(reversed(cycle))}",
            file=path,
            line=min(lines_of[edge] for edge in edges) if lines_of else None,
            fix="give go-basic as it is published, which has no cycles",
        ) from error


def read_gaf(path: str | os.PathLike, taxon: int = 9606) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a GAF 2.2: the annotations, and those with NOT, whose relations have it in front.

    One row for each annotation and relation, in the order of the file. Columns: line (int), database, accession,
    symbol, relation, term_id, evidence. Annotations with NOT and with evidence ND are left out of the first table;
    its `attrs["left_out"]` counts them. Raises InputError for another GAF version, a row without 17 columns, another
    taxon, and a qualifier that GAF 2.2 does not have.
    """
    rows, denied, left_out = [], [], Counter()
    expected_taxon = f"taxon:{taxon}"
    version = ""
    for number, line in lines(path):
        if line.startswith("!"):
            if line.startswith("!gaf-version:"):
                version = line.partition(":")[2].strip()
                _check_version(version, path, number)
            continue
        if not version:
            _check_version("", path, number)
        if not line.strip():
            continue
        columns = line.split("\t")
        if len(columns) != GAF_COLUMNS:
            raise InputError(
                f"expected {GAF_COLUMNS} tab-separated columns, found {len(columns)}",
                file=path,
                line=number,
                fix="fetch the file again; a row that is cut short, or trailing tabs that an editor removed",
            )
        if columns[12].split("|")[0] != expected_taxon:
            raise InputError(
                f"expected {expected_taxon} in column 13, found '{columns[12]}'",
                file=path,
                line=number,
                fix="give the annotations of one organism (goa_human for 9606), or ask for another taxon",
            )
        if not columns[4]:
            raise InputError("column 5, the term, is empty", file=path, line=number, fix="fetch the file again")
        qualifiers = columns[3].split("|")
        if "NOT" in qualifiers:
            left_out["annotations with NOT"] += 1
            said = [NOT + relation for relation in qualifiers if relation != "NOT"]
            denied += [(number, *columns[:3], relation, columns[4], columns[6]) for relation in said]
            continue
        if columns[6] == "ND":
            left_out["annotations with evidence ND"] += 1
            continue
        for relation in qualifiers:
            _check_relation(relation, columns[8], path, number)
            rows.append((number, columns[0], columns[1], columns[2], relation, columns[4], columns[6]))
    if not rows:
        raise InputError("there are no annotations in the file", file=path, fix="fetch the file again")
    names = ["line", "database", "accession", "symbol", "relation", "term_id", "evidence"]
    frame = pd.DataFrame(rows, columns=names)
    frame.attrs["left_out"] = dict(left_out)
    return frame, pd.DataFrame(denied, columns=names)


def propagate(ontology: Ontology, annotations: pd.DataFrame) -> dict[str, frozenset[str]]:
    """All genes of each term: those annotated to it or to any term below it by is_a and part_of.

    `annotations` has the columns gene and object_id (GO facts as they stand). Terms without genes are not in
    the answer. Raises InputError for a term that the ontology does not have.
    """
    sets: dict[str, set[str]] = {}
    for object_id, genes in annotations.groupby("object_id")["gene"]:
        term_id = ontology.main_id(object_id)
        if term_id is None:
            raise InputError(
                f"term {object_id} is not in the ontology",
                field="object_id",
                fix="facts and ontology must be of one release: build the facts again with this OBO",
            )
        sets.setdefault(term_id, set()).update(genes)
    for term_id in ontology.order:
        if term_id in sets:
            for parent in ontology.parents[term_id]:
                sets.setdefault(parent, set()).update(sets[term_id])
    return {term_id: frozenset(genes) for term_id, genes in sets.items()}


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """The direct annotations as facts; those to obsolete or unknown terms are left out and counted.

    Counted with them, but not left out: annotations whose symbol is one gene's and whose accession is another's.
    """
    ontology = read_obo(files["obo"])
    rows, denied = read_gaf(files["gaf"], taxon)
    left_out = dict(rows.attrs["left_out"])
    main_ids = {term_id: ontology.main_id(term_id) for term_id in rows["term_id"].unique()}
    obsolete = {i for i, main in main_ids.items() if main and ontology.terms[main].is_obsolete}
    unknown = {i for i, main in main_ids.items() if main is None}
    for reason, term_ids in (("obsolete terms", obsolete), ("terms not in the ontology", unknown)):
        count = int(rows["term_id"].isin(term_ids).sum())
        if count:
            left_out[f"annotations to {reason}"] = count
    rows = rows[~rows["term_id"].isin(obsolete | unknown)]
    if rows.empty:
        raise InputError(
            f"no annotation names a live term of {Path(files['obo']).name}",
            file=files["gaf"],
            fix="give an OBO and a GAF of the same release",
        )
    if disagreeing := _disagreeing(rows, genes):
        left_out["annotations whose symbol and accession are two genes (the symbol's was taken)"] = disagreeing
    facts = with_genes(name, _described(rows, ontology, genes), genes, files["gaf"], left_out)
    terms = {term_id: ontology.terms.get(ontology.main_id(term_id)) for term_id in denied["term_id"].unique()}
    denied = denied[denied["term_id"].isin({i for i, term in terms.items() if term and not term.is_obsolete})]
    if denied.empty:
        return facts
    return replace(facts, denied=with_genes(name, _described(denied, ontology, genes), genes, files["gaf"]).facts)


def _described(rows: pd.DataFrame, ontology: Ontology, genes: GeneTable) -> pd.DataFrame:
    """Annotations with the identifier that tells the gene, and the term's main id and name."""
    object_id = rows["term_id"].map(ontology.main_id)
    return rows.assign(
        identifier=_identifiers(rows, genes),
        object_id=object_id,
        object_name=object_id.map(lambda term_id: ontology.terms[term_id].name),
    )


def _identifiers(rows: pd.DataFrame, genes: GeneTable) -> pd.Series:
    """The symbol where it is current, else the accession where it names one gene, else the symbol."""
    pairs = pd.Series(list(zip(rows["symbol"], rows["accession"], strict=True)), index=rows.index)
    return pairs.map({pair: _identifier_of(*pair, genes) for pair in pairs.unique()})


def _identifier_of(symbol: str, accession: str, genes: GeneTable) -> str:
    if symbol in genes:
        return symbol
    return accession if genes.resolve(accession, strict=True).symbol else symbol


def _disagreeing(rows: pd.DataFrame, genes: GeneTable) -> int:
    """How many rows have a current symbol, and an accession that names another gene."""
    meant = {i: genes.resolve(i, strict=True).symbol for i in rows["accession"].unique()}
    by_accession = rows["accession"].map(meant)
    return int((rows["symbol"].isin(genes.genes) & by_accession.notna() & (by_accession != rows["symbol"])).sum())


def _identifier(value: str) -> str:
    """`GO:1 {modifier} ! comment` -> `GO:1`."""
    return value.split(maxsplit=1)[0] if value else ""


def _read_stanzas(path: str | os.PathLike) -> tuple[list[_Stanza], str]:
    stanzas: list[_Stanza] = []
    stanza: _Stanza | None = None
    in_header, default_namespace, first = True, "", True
    for number, line in lines(path):
        line = line.strip()
        if not line or line.startswith("!"):
            continue
        if first and not line.startswith("format-version:"):
            raise InputError(
                f"expected an OBO file that begins with 'format-version:', found '{line[:60]}'",
                file=path,
                line=number,
                fix="give go-basic.obo as it is published",
            )
        first = False
        if line.startswith("["):
            in_header = False
            stanza = _Stanza(number) if line == "[Term]" else None
            if stanza:
                stanzas.append(stanza)
            continue
        tag, colon, value = line.partition(":")
        if not colon:
            raise InputError(
                f"expected 'tag: value', found '{line[:60]}'",
                file=path,
                line=number,
                fix="fetch the file again: it may be cut short",
            )
        if stanza:
            stanza.take(tag, value.strip(), number)
        elif in_header and tag == "default-namespace":
            default_namespace = value.strip()
    if not stanzas:
        raise InputError("there is no [Term] in the file", file=path, fix="give go-basic.obo as published")
    return stanzas, default_namespace


def _parents(stanza: _Stanza, terms: dict[str, Term], path: str | os.PathLike) -> tuple[str, ...]:
    parents: dict[str, None] = {}
    for parent, line in stanza.edges:
        if parent not in terms:
            raise InputError(
                f"{stanza.id} has the parent {parent}, which is not in the file",
                file=path,
                line=line,
                fix="give the whole ontology, or leave this edge out of the slice",
            )
        if terms[parent].namespace == terms[stanza.id].namespace:
            parents[parent] = None
    return tuple(parents)


def _check_version(version: str, path: str | os.PathLike, line: int) -> None:
    if version == "2.2":
        return
    found = f"version {version}" if version else "no such line before the first annotation"
    raise InputError(
        f"expected the header '!gaf-version: 2.2', found {found}",
        file=path,
        line=line,
        fix="GAF 2.1 must be converted (its qualifiers are mostly empty), or fetch a current release",
    )


def _check_relation(relation: str, aspect: str, path: str | os.PathLike, line: int) -> None:
    valid = RELATIONS.get(aspect)
    if valid is None:
        raise InputError(f"expected P, F or C in column 9, found '{aspect}'", file=path, line=line, fix="see GAF 2.2")
    if relation not in valid:
        raise InputError(
            f"qualifier '{relation}' is none of GAF 2.2's for aspect {aspect}: {nearest(relation, valid)}",
            file=path,
            line=line,
            fix="GAF 2.1 must be converted: there the qualifier may be empty",
        )


FORMAT = SourceFormat(files=("obo", "gaf"), read=read)
