"""Sets, facts and terms above them, small enough to see by hand what a teacher says and what is wrong with it."""

from collections.abc import Iterable

import pandas as pd
import pyarrow

from reasonome.facts.sources.source import FACT_COLUMNS
from reasonome.tasks.naming.background import SCHEMA, Background
from reasonome.tasks.naming.questions import Example


def background(*terms) -> Background:
    """A background of (id, name, genes, parents); genes and parents between spaces."""
    return Background(terms_table(*terms))


def terms_table(*terms) -> pyarrow.Table:
    """Its table."""
    return rows_table(term(i, name, genes.split(), parents=parents.split()) for i, name, genes, parents in terms)


def term(i: str, name: str, genes: Iterable[str], **more) -> dict:
    """A row of a background."""
    listed = sorted(genes)
    row = {"id": i, "name": name, "namespace": "biological_process", "source": "go", "synonyms": [], "parents": []}
    return row | {"genes": listed, "n_genes": len(listed), "information": 1.0, "candidate": True} | more


def rows_table(rows: Iterable[dict]) -> pyarrow.Table:
    """The table of a background's rows."""
    return pyarrow.Table.from_pylist(sorted(rows, key=lambda row: row["id"]), schema=SCHEMA)


def table(*facts) -> pd.DataFrame:
    """A table of facts from (genes, relation, object id, object name[, evidence])."""
    rows = [
        (gene, relation, i, name, "test", *(evidence or ["IDA"]))
        for genes, relation, i, name, *evidence in facts
        for gene in genes.split()
    ]
    return pd.DataFrame(rows, columns=FACT_COLUMNS)


def gene_set(i: str, name: str, genes: str = "A B C", **more) -> Example:
    """A set; its genes between spaces."""
    genes_of_set = [{"symbol": gene} for gene in genes.split()]
    return Example(**{"id": i, "subset": "bp", "name": name, "genes": genes_of_set} | more)
