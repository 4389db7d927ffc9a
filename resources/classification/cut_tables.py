"""Make the tables of this folder again from the files named below.

python cut_tables.py FOLDER    # with gene_classes/ and molecules/ in it
"""

import gzip
import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent


def write(table: pd.DataFrame, name: str) -> None:
    """Write a table as gzipped TSV, equal bytes for equal tables."""
    text = table.to_csv(sep="\t", index=False, lineterminator="\n")
    (HERE / name).write_bytes(gzip.compress(text.encode(), mtime=0))


def main() -> None:
    folder = Path(sys.argv[1])
    genes = folder / "gene_classes"
    kinases = pd.read_csv(genes / "kinases.tsv", sep="\t", dtype=str).iloc[:, 1].dropna()
    phosphatases = pd.read_csv(genes / "phosphatases.tsv", sep="\t", dtype=str, header=None)[0]
    factors = pd.read_csv(genes / "transcription_factors.csv", dtype=str)["Symbol"]
    lists = {"kinase": kinases, "phosphatase": phosphatases, "transcription factor": factors}
    rows = [(symbol, label) for label, symbols in lists.items() for symbol in symbols]
    write(pd.DataFrame(rows, columns=["gene", "label"]).drop_duplicates(), "gene_classes.tsv.gz")
    molecules = folder / "molecules"
    esol = pd.read_csv(molecules / "delaney-processed.csv")
    measured, predicted = "measured log solubility in mols per litre", "ESOL predicted log solubility in mols per litre"
    esol = esol[["Compound ID", "smiles", measured, predicted]].assign(smiles=esol["smiles"].str.strip())
    esol.columns = ["compound", "smiles", "measured", "esol"]
    write(esol.drop(columns="esol"), "esol.tsv.gz")
    recorded = pd.DataFrame({"id": "solubility:" + esol["compound"], "answer": esol["esol"].round(3)})
    write(recorded, "esol_2004_answers.tsv.gz")
    write(pd.read_csv(molecules / "clintox.csv.gz", dtype=str), "clintox.tsv.gz")
    write(pd.read_csv(molecules / "tox21.csv.gz", dtype=str), "tox21.tsv.gz")


if __name__ == "__main__":
    main()
