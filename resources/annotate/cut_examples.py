"""Cut the examples of gene lists out of the demo's pathways, and compute tables of cells with Scanpy and R.

From the top folder of the project, in an environment that also has scanpy 1.11.5, and with R and Debian's packages
r-bioc-deseq2, r-bioc-edger, r-bioc-limma and r-cran-seurat:

    PYTHONPATH=scripts python resources/annotate/cut_examples.py --output resources/annotate

Scanpy's wheel brings the cells (scanpy/datasets/10x_pbmc68k_reduced.h5ad), so nothing is fetched.
"""

import argparse
import csv
import gzip
import io
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import scanpy

from reasonome.core.atomic import write_text

PATHWAYS = Path("resources/demo/ReactomePathways.gmt.gz")
ORTHOLOGUES = Path("resources/annotate/mouse_orthologues.tsv.gz")
SETS, SIZES = 20, range(15, 61)
LISTED = "Cholesterol biosynthesis"  # a pathway that most people know, as a list of genes
CLUSTERS, MARKERS = [str(number) for number in range(10)], 50
CELLS = "CD14+ Monocyte"
IN_R = Path("resources/annotate/cut_tables.R")
NORMALISED_TO = 1e4  # counts of a cell, in the values that Scanpy ships


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
    scanpy.tl.rank_genes_groups(cells, group_by, groups=groups, method="wilcoxon")


def counts(cells) -> pd.DataFrame:
    """Molecules counted, genes by cells, out of the logarithms that Scanpy ships.

    Those are rounded, so that a count comes out up to 0.09 from a whole number.
    """
    normalised = np.expm1(cells.raw.X.toarray().astype(float))
    counted = normalised * cells.obs["n_counts"].to_numpy()[:, None] / NORMALISED_TO
    if np.abs(counted - counted.round()).max() > 0.1:
        raise ValueError("these are no logarithms of counts per 10,000")
    return pd.DataFrame(counted.round().astype(int).T, index=cells.raw.var_names, columns=cells.obs_names)


def compute_in_r(cells, folder: Path) -> None:
    labels = cells.obs[["louvain", "bulk_labels"]].set_axis(["cluster", "label"], axis=1)
    with tempfile.TemporaryDirectory() as kept:
        counts(cells).to_csv(Path(kept, "counts.csv"))
        labels.to_csv(Path(kept, "cells.csv"), index_label="cell")
        subprocess.run(["Rscript", IN_R, Path(kept, "counts.csv"), Path(kept, "cells.csv"), folder], check=True)


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
    ranked(cells, "bulk_labels", [CELLS])
    one_group = scanpy.get.rank_genes_groups_df(cells, CELLS)
    write_text(folder / "monocytes_vs_rest.csv", csv_text(one_group[columns[1:]], index=False))
    compute_in_r(cells, folder)


if __name__ == "__main__":
    main()
