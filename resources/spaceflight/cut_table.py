"""Make the table of this folder again from fGSEA's tables of each contrast.

python cut_table.py FOLDER    # with *_fgsea_reactome.csv.gz in it
"""

import gzip
import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
LARGEST_SET = 60  # genes: the leading edges of larger ones make most of the file
COLUMNS = ["pathway", "padj", "NES", "size", "leadingEdge_str", "tissue", "mission"]


def main() -> None:
    tables = [pd.read_csv(file) for file in sorted(Path(sys.argv[1]).glob("*_fgsea_reactome.csv.gz"))]
    table = pd.concat(tables)
    largest = table.groupby("pathway")["size"].transform("max")
    table = table.loc[largest <= LARGEST_SET, COLUMNS]
    table["padj"] = table["padj"].map("{:.3g}".format).replace("nan", "NA")
    table["NES"] = table["NES"].map("{:.3f}".format).replace("nan", "NA")
    text = table.to_csv(index=False, lineterminator="\n")
    (HERE / "mouse_reactome.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
