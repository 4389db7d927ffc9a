"""Cut the examples of gene lists out of the demo's pathways, and compute those of markers with Scanpy.

From the top folder of the project, in an environment that also has scanpy 1.11.5:

    PYTHONPATH=scripts python resources/annotate/cut_examples.py --output resources/annotate

Scanpy's wheel brings the cells (scanpy/datasets/10x_pbmc68k_reduced.h5ad), so nothing is fetched.
"""

import argparse
import csv
import gzip
import io
from pathlib import Path

import pandas as pd
import scanpy

from reasonome.atomic import write_text

PATHWAYS = Path("resources/demo/ReactomePathways.gmt.gz")
ORTHOLOGUES = Path("resources/annotate/mouse_orthologues.tsv.gz")
SETS, SIZES = 20, range(15, 61)
LISTED = "Cholesterol biosynthesis"  # a pathway that most people know, as a list of genes
CLUSTERS, MARKERS = [str(number) for number in range(10)], 50
CELLS = "CD14+ Monocyte"
SEURAT = ["p_val", "avg_log2FC", "pct.1", "pct.2", "p_val_adj", "cluster", "gene"]


def pathways() -> list[list[str]]:
    with gzip.open(PATHWAYS, "rt", encoding="utf-8") as handle:
        return [line.rstrip("\n").split("\t") for line in handle]


def every_so_often(sets: list[list[str]]) -> list[list[str]]:
    """Sets of usual sizes, evenly spread over the file."""
    usual = [one for one in sets if len(one) - 2 in SIZES]
    return usual[:: len(usual) // SETS][:SETS]


def mouse_genes(genes: list[str]) -> list[str]:
    """The mouse genes of human genes, of those that correspond one to one."""
    with gzip.open(ORTHOLOGUES, "rt", encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle, delimiter="\t") if row["one_to_one"] == "yes"]
    mouse = {row["human_symbols"]: row["mouse_symbol"] for row in rows}
    return [mouse[gene] for gene in genes if gene in mouse]


def ranked(cells, group_by: str, groups) -> None:
    scanpy.tl.rank_genes_groups(cells, group_by, groups=groups, method="wilcoxon", pts=True)


def seurat_layout(markers: pd.DataFrame) -> pd.DataFrame:
    """Scanpy's numbers under the names of Seurat's columns, rows named as R names repeated ones."""
    shares = markers[["pct_nz_group", "pct_nz_reference"]].round(3)
    table = pd.concat([markers[["pvals", "logfoldchanges"]], shares, markers[["pvals_adj", "group", "names"]]], axis=1)
    table.columns = SEURAT
    repeat = table.groupby("gene").cumcount()
    table.index = [gene if not n else f"{gene}.{n}" for gene, n in zip(table["gene"], repeat, strict=True)]
    return table


def csv_text(table: pd.DataFrame, **settings) -> str:
    buffer = io.StringIO()
    table.to_csv(buffer, lineterminator="\n", float_format="%.6g", **settings)
    return buffer.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    folder = parser.parse_args().output
    sets = pathways()
    write_text(folder / "pathways.gmt", "".join("\t".join(one) + "\n" for one in every_so_often(sets)))
    listed = next(one[2:] for one in sets if one[0] == LISTED)
    write_text(folder / "genes.txt", "".join(f"{gene}\n" for gene in ["gene", *listed]))
    write_text(folder / "mouse_genes.txt", "".join(f"{gene}\n" for gene in mouse_genes(listed)))
    cells = scanpy.datasets.pbmc68k_reduced()
    ranked(cells, "louvain", CLUSTERS)
    markers = scanpy.get.rank_genes_groups_df(cells, CLUSTERS)
    markers = markers.groupby("group", observed=True).head(MARKERS).reset_index(drop=True)
    columns = ["group", "names", "scores", "logfoldchanges", "pvals", "pvals_adj"]
    write_text(folder / "markers_scanpy.csv", csv_text(markers[columns], index=False))
    write_text(folder / "markers_seurat_layout.csv", csv_text(seurat_layout(markers), quoting=csv.QUOTE_NONNUMERIC))
    ranked(cells, "bulk_labels", [CELLS])
    one_group = scanpy.get.rank_genes_groups_df(cells, CELLS)
    write_text(folder / "monocytes_vs_rest.csv", csv_text(one_group[columns[1:]], index=False))


if __name__ == "__main__":
    main()
