"""Bioconductor's annotation packages: an organism's org.*.eg.sqlite, and GO.sqlite of GO.db."""

import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import FETCH_AGAIN, check_is_file
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources.go import OBSOLETE, UNKNOWN, Ontology, Term, children_first
from reasonome.facts.sources.source import SourceFacts, with_genes

_ASPECTS = {"bp": "involved_in", "mf": "enables", "cc": "located_in"}
_FOLLOWED = {"isa", "part of"}  # the used relations between terms, as GO.sqlite names them
_ORG_TABLES = {
    "metadata", "genes", "gene_info", "genetype", "alias", "ensembl", "uniprot", "pfam", "go_bp", "go_mf", "go_cc",
}  # fmt: skip
_GO_TABLES = {"go_term", "go_ontology", "go_obsolete", "go_synonym", *(f"go_{aspect}_parents" for aspect in _ASPECTS)}
# Table -> (column, relation, prefix of the object's id). Not all organisms have the last two.
_PROPERTIES = {
    "alias": ("alias_symbol", "has_alias", ""),
    "pfam": ("pfam_id", "has_domain", "Pfam:"),
    "omim": ("omim_id", "has_mim_entry", "OMIM:"),
    "cytogenetic_locations": ("cytogenetic_location", "maps_to_band", ""),
}
# "19q13.43", "1p36.33-p36.32"; not the chromosome alone, and not "22q11.2 alternate reference locus".
_BAND = r"(\d{1,2}|[XY])(p|q|cen)[^\s|]*"


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """Direct GO annotations, and each gene's name, aliases, type, band, OMIM entries and Pfam domains.

    Genes are looked up by Entrez id. Left out and counted: annotations with evidence ND (no data), those to obsolete
    or unknown terms, biological regions (which are no genes), genes without a symbol or with an ambiguous one, and
    cytogenetic locations that are no band. NULL is no fact. Raises InputError for a file that is no such database, is
    truncated, of another organism, or lacks a table.
    """
    ontology = ontology_from_sqlite(files["go"])
    with _opened(files["org"], _ORG_TABLES, "org.Hs.eg.sqlite") as database:
        _check_taxon(database, files["org"], taxon)
        catalogue, left_out = _catalogue(database)
        annotations, not_used = _annotations(database, ontology)
        facts = [annotations, *_properties(database, catalogue, left_out)]
    left_out.update(not_used)
    rows = pd.concat(facts, ignore_index=True)
    rows = rows.assign(identifier=rows["_id"].map(catalogue["gene_id"]))
    rows = rows[rows["identifier"].notna()]
    # Rows of a database have no line: the place is the gene's record.
    rows = rows.assign(line="genes.gene_id=" + rows["identifier"])
    return with_genes(name, rows, genes, files["org"], left_out)


def read_genes(files: dict[str, Path], taxon: int = 9606) -> list[Gene]:
    """The genes of the organism's package; `aliases` include previous symbols, which it does not mark.

    Biological regions and genes with an ambiguous symbol are left out. Raises InputError as `read` does.
    """
    with _opened(files["org"], _ORG_TABLES, "org.Hs.eg.sqlite") as database:
        _check_taxon(database, files["org"], taxon)
        catalogue, _ = _catalogue(database)
        columns = {"alias": "alias_symbol", "ensembl": "ensembl_id", "uniprot": "uniprot_id", "mgi": "mgi_id"}
        ids = {
            table: _values(database, table, column).groupby("_id")["value"].agg(tuple).to_dict()
            for table, column in columns.items()
        }
    genes = []
    for number, gene_id, symbol, full_name, kind in catalogue.itertuples(name=None):
        ensembl = ids["ensembl"].get(number, ())
        genes.append(
            Gene(
                symbol=symbol,
                name="" if pd.isna(full_name) else full_name,
                entrez_id=gene_id,
                ensembl_id=ensembl[0] if ensembl else "",
                uniprot_ids=ids["uniprot"].get(number, ()),
                aliases=tuple(alias for alias in ids["alias"].get(number, ()) if alias != symbol),
                other_ids=(*ensembl[1:], *ids["mgi"].get(number, ())),
                coding=None if pd.isna(kind) else kind == "protein-coding",
            )
        )
    if not genes:
        raise InputError("there are no genes in the database", file=files["org"], fix=FETCH_AGAIN)
    return genes


def ontology_from_sqlite(path: str | os.PathLike) -> Ontology:
    """The ontology of GO.db's GO.sqlite, with obsolete terms; parents are those by is_a and part_of.

    GO.sqlite does not mark exact synonyms: a term here has all synonyms. Raises InputError.
    """
    with _opened(path, _GO_TABLES, "GO.sqlite") as database:
        namespaces = dict(database.execute("SELECT ontology, term_type FROM go_ontology"))
        synonyms = defaultdict(list)
        for term_id, synonym in database.execute(
            "SELECT go_id, synonym FROM go_synonym JOIN go_term USING (_id) WHERE NOT like_go_id ORDER BY 1, 2"
        ):
            synonyms[term_id].append(synonym)
        terms = {
            term_id: Term(term_id, name, namespaces[ontology], bool(obsolete), tuple(synonyms[term_id]))
            for term_id, name, ontology, obsolete in database.execute(
                "SELECT go_id, term, ontology, 0 FROM go_term WHERE ontology != 'universal' UNION ALL"
                " SELECT go_id, term, ontology, 1 FROM go_obsolete WHERE go_id NOT IN (SELECT go_id FROM go_term)"
                " ORDER BY go_id"
            )
        }
        alt_ids = dict(
            database.execute(
                "SELECT secondary, go_id FROM go_synonym JOIN go_term USING (_id) WHERE like_go_id ORDER BY 1, 2"
            )
        )
        parents: dict[str, dict[str, None]] = {term_id: {} for term_id in terms}
        for aspect in _ASPECTS:
            for child, parent, relation in database.execute(
                "SELECT child.go_id, parent.go_id, relationship_type"
                f" FROM go_{aspect}_parents AS edge JOIN go_term AS child ON child._id = edge._id"
                " JOIN go_term AS parent ON parent._id = edge._parent_id"
                " WHERE child.ontology = parent.ontology ORDER BY 1, 2"
            ):
                if relation in _FOLLOWED:
                    parents[child][parent] = None
    if not terms:
        raise InputError("there are no terms in the database", file=path, fix=FETCH_AGAIN)
    if nameless := next((term.id for term in terms.values() if not term.name), None):
        raise InputError(f"the term {nameless} has no name", file=path, field="go_term.term", fix=FETCH_AGAIN)
    above = {term_id: tuple(up) for term_id, up in parents.items()}
    return Ontology(terms, above, alt_ids, children_first(above, path))


@contextmanager
def _opened(path: str | os.PathLike, tables: set[str], example: str) -> Iterator[sqlite3.Connection]:
    """A read-only connection to a database with the tables. Raises InputError for another or a truncated one."""
    path = Path(path)
    check_is_file(path)
    # immutable: nobody writes to the file, so SQLite needs no lock and no journal.
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        try:
            present = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if missing := sorted(tables - present):
                what = f"the database has no table {', '.join(missing)}"
                fix = f"give the {example} of a Bioconductor package (release 3.16 or one like it), unpacked"
                raise InputError(what, file=path, fix=fix)
            yield database
        except (sqlite3.DatabaseError, pd.errors.DatabaseError) as error:
            fix = f"give {example} itself, unpacked from its package, or {FETCH_AGAIN}"
            raise InputError(f"the database cannot be read: {error}", file=path, fix=fix) from error


def _check_taxon(database: sqlite3.Connection, path: Path, taxon: int) -> None:
    metadata = {name.upper(): value for name, value in database.execute("SELECT name, value FROM metadata")}
    if metadata.get("TAXID") != str(taxon):
        actual = f"{metadata.get('ORGANISM', 'no organism')} (taxon {metadata.get('TAXID', '?')})"
        what = f"expected the genes of taxon {taxon}, found {actual}"
        fix = "give the package of that organism (org.Hs.eg.db is human, org.Mm.eg.db mouse), or ask for its taxon"
        raise InputError(what, file=path, field="metadata.TAXID", fix=fix)


def _catalogue(database: sqlite3.Connection) -> tuple[pd.DataFrame, dict[str, int]]:
    """The genes by _id (gene_id, symbol, gene_name, gene_type), and the counts of records left out.

    NCBI gives some symbols to several records: a disease locus and a gene, copies of a transfer RNA. If only one of
    them codes for a protein, it keeps the symbol.
    """
    frame = pd.read_sql(
        "SELECT _id, gene_id, symbol, gene_name, gene_type FROM genes JOIN gene_info USING (_id)"
        " LEFT JOIN genetype USING (_id) ORDER BY _id",
        database,
        dtype={"gene_id": "str", "symbol": "str", "gene_name": "str", "gene_type": "str"},
    ).drop_duplicates("_id")
    region = frame["gene_type"] == "biological-region"
    nameless = ~region & (frame["symbol"].isna() | frame["gene_id"].isna())
    genes = frame[~region & ~nameless]
    shared = genes["symbol"].duplicated(keep=False)
    coding = shared & (genes["gene_type"] == "protein-coding")
    unclear = shared & ~(coding & ~genes["symbol"].where(coding).duplicated(keep=False))
    left_out = {
        "biological regions": int(region.sum()),
        "genes without a symbol or an id": int(nameless.sum()),
        "genes that share their symbol": int(unclear.sum()),
    }
    return genes[~unclear].set_index("_id"), left_out


def _annotations(database: sqlite3.Connection, ontology: Ontology) -> tuple[pd.DataFrame, dict[str, int]]:
    """Direct annotations (_id and the columns of facts), and the counts of those left out."""
    rows = pd.concat(
        [
            pd.read_sql(
                f"SELECT _id, go_id, COALESCE(evidence, '') AS evidence FROM go_{aspect} WHERE go_id IS NOT NULL",
                database,
            ).assign(relation=relation)
            for aspect, relation in _ASPECTS.items()
        ],
        ignore_index=True,
    )
    no_data = rows["evidence"] == "ND"
    faults = rows["go_id"].map(ontology.fault).mask(no_data, "")
    left_out = {"annotations with evidence ND": int(no_data.sum())}
    left_out |= {f"annotations to {fault}": int((faults == fault).sum()) for fault in (OBSOLETE, UNKNOWN)}
    rows = rows[~no_data & (faults == "")]
    object_id = rows["go_id"].map(ontology.main_id)
    return rows.assign(object_id=object_id, object_name=object_id.map(ontology.names)), left_out


def _properties(
    database: sqlite3.Connection, catalogue: pd.DataFrame, left_out: dict[str, int]
) -> Iterator[pd.DataFrame]:
    """The facts besides GO, a frame for each relation; counts locations that are no band in `left_out`."""
    genes = catalogue.reset_index()
    yield _property(genes, "has_name", "NCBIGene:" + genes["gene_id"], genes["gene_name"])
    yield _property(genes, "has_gene_type", genes["gene_type"], genes["gene_type"])
    for table, (column, relation, prefix) in _PROPERTIES.items():
        values = _values(database, table, column)
        if relation == "has_alias":
            values = values[values["value"] != values["_id"].map(catalogue["symbol"])]
        elif relation == "maps_to_band":
            is_band = values["value"].str.fullmatch(_BAND).astype(bool)
            left_out["locations that are no band"] = int((~is_band & values["_id"].isin(catalogue.index)).sum())
            values = values[is_band]
        yield _property(values, relation, prefix + values["value"], values["value"])


def _property(genes: pd.DataFrame, relation: str, object_id: pd.Series, object_name: pd.Series) -> pd.DataFrame:
    facts = pd.DataFrame(
        {"_id": genes["_id"], "relation": relation, "object_id": object_id, "object_name": object_name, "evidence": ""}
    )
    return facts.dropna(subset="object_name")


def _values(database: sqlite3.Connection, table: str, column: str) -> pd.DataFrame:
    """The distinct (_id, value) of a table, sorted; empty where this organism's package lacks the table."""
    if not database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone():
        return pd.DataFrame({"_id": pd.Series(dtype="int"), "value": pd.Series(dtype="str")})
    return pd.read_sql(
        f"SELECT DISTINCT _id, {column} AS value FROM {table} WHERE {column} IS NOT NULL ORDER BY 1, 2",
        database,
        dtype={"value": "str"},
    )
